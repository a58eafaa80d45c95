/*
 * engine - runs programs: code and deliveries in, reports out.
 *
 * A program is the text that an agent sent, run as the body of an async function in a JavaScript
 * virtual machine with a linear memory of its own. It is given one delivery at a time; after each
 * all its jobs run dry, and what it did since is the report. Deterministic: the same text, input,
 * seed, times, limits and deliveries give byte-identical reports. No clock, randomness,
 * descriptor, thread or signal is used, so it runs in a simulation as it runs in the worker.
 *
 * Easy to get wrong:
 * - A report and all it names live in its program, until the next call with that program.
 * - report->worn and trapped mean that this process has run something that may have left it
 *   unwell: reply, then end the process. In a simulation ignore them.
 * - The stack that calls in here must have WORKER_STACK_BYTES left, or deep recursion in a
 *   program ends the process instead of throwing.
 * - One thread only: a trap finds its way back through one static landing place.
 */
#ifndef WRIT_PROC_WORKER_ENGINE_H
#define WRIT_PROC_WORKER_ENGINE_H

#include "base/base.h"
#include "base/digest.h"
#include "base/str.h"

#define WORKER_HEAP_WORN         (8U << 20)
#define WORKER_STACK_BYTES       (7U << 20)
#define WORKER_REPORT_BYTES_MAX  (800U << 10) /* calls, emits, result between two deliveries */
#define WORKER_ERROR_BYTES_MAX   (16U << 10)  /* of message and stack each, of data four times */
#define WORKER_CODE_BYTES_MAX    (1U << 20)
#define WORKER_ADDRESS_BYTES_MAX 512U
#define WORKER_CONSOLE_BYTES_MAX (64U << 10) /* beyond it lines are dropped, and that is said */
#define WORKER_TIMERS_MAX        1024U       /* waiting at once */
#define WORKER_SEED_LEN          16U

struct worker_engine;
struct worker_program;

/* A machine that the build has booted: the same in every byte, at no cost (image_main.c). */
struct worker_engine_made;
extern const struct worker_engine_made worker_engine_made;

struct worker_engine_config {
    uint32_t warm_count;                   /* clean machines kept ready; 0 is 1 */
    const struct worker_engine_made *made; /* NULL: one is booted */
};

struct worker_limits {
    uint32_t calls_max;
    uint64_t ticks_max; /* interrupt ticks of the engine, about 10,000 steps each */
    uint64_t memory_bytes_max;
    uint64_t output_bytes_max; /* result and emits together; the console has its own limit */
};

struct worker_spec {
    uint64_t execution;
    struct str code;  /* as the agent sent it */
    struct str input; /* JSON: the value of `input` in the program; empty is null */
    uint8_t seed[WORKER_SEED_LEN];
    int64_t at_ms; /* what Date.now() is until the first delivery */
    struct worker_limits limits;
};

enum worker_delivery_kind {
    WORKER_DELIVERY_RESULT, /* call is answered with value */
    WORKER_DELIVERY_ERROR,  /* call is rejected; value is {code,message,data,retryable} */
    WORKER_DELIVERY_TIMER,  /* timer fell due */
    WORKER_DELIVERY_CANCEL, /* call is rejected as cancelled; call 0: the program ends */
};

struct worker_delivery {
    uint64_t index; /* 1, 2, 3... */
    int64_t at_ms;  /* what Date.now() is from here on */
    enum worker_delivery_kind kind;
    uint32_t call;
    uint32_t timer;
    struct str value; /* JSON */
    struct str meta;  /* JSON: what stood beside a result; null: nothing */
};

enum worker_state {
    WORKER_WAITING, /* for a call or a timer */
    WORKER_DONE,
    WORKER_FAILED,
};

struct worker_call {
    uint32_t call; /* 1, 2, 3... in the order the program made them */
    struct str address;
    struct str args; /* JSON; {} when the program gave none */
    bool preview;
};

struct worker_timer {
    uint32_t timer; /* 1, 2, 3... in the order the program set them */
    int64_t due_ms;
    bool cleared; /* no longer wanted */
};

struct worker_console {
    struct str level; /* log info warn error debug */
    struct str text;
};

struct worker_error {
    struct str code; /* a name of schemas/errors.json */
    struct str message;
    bool retryable;
    uint32_t line;   /* in the program's own text, from 1; 0 is unknown */
    uint32_t column; /* from 1; 0 is unknown */
    struct str stack;
    struct str data; /* JSON, or empty */
};

struct worker_report {
    enum worker_state state;
    uint64_t delivered; /* index of the last delivery taken in */
    const struct worker_call *calls;
    size_t calls_count;
    const struct worker_timer *timers;
    size_t timers_count;
    const struct str *emits; /* JSON */
    size_t emits_count;
    uint64_t emits_from;                  /* values emitted before these */
    const struct worker_console *console; /* everything since the start */
    size_t console_count;
    size_t console_from;       /* lines that were in the report before */
    struct str result;         /* JSON, when done */
    struct worker_error error; /* when failed */
    uint64_t ticks;            /* since the start */
    size_t bytes;              /* about how long calls, timers, emits and result are */
    uint64_t memory_bytes;     /* the most the program's memory has been */
    struct str ran;            /* the text that ran, where types were removed; else null */
    struct digest ran_digest;  /* its digest */
    bool worn;    /* it ended, and its heap was larger than WORKER_HEAP_WORN, or it trapped */
    bool trapped; /* its machine is gone */
};

/*
 * Takes the image that every program starts from, or makes it: instantiates the machine and runs
 * the prelude.
 * Gives -EBADMSG when the prelude does not run. Ends the process when 8 GiB of address space, of
 * which almost nothing is used, cannot be had for a machine.
 */
MUST int worker_engine_new(const struct worker_engine_config *config,
                           struct worker_engine **ret_engine);
struct worker_engine *worker_engine_free(struct worker_engine *engine);
CLEANUP_DEFINE(struct worker_engine, worker_engine_free)

/* Keeps one clean machine of those that are kept ready, and gives all memory back. */
void worker_engine_trim(struct worker_engine *engine);

/* Of the engine and its prelude: programs replay only where this is equal. */
struct digest worker_engine_digest(const struct worker_engine *engine);

/*
 * Runs a program until it waits or ends. Never fails for what the text says: a program that
 * cannot even be parsed has failed, and the report says why. Borrows everything; free the program
 * whatever its state. A program lives no longer than its engine.
 */
MUST int worker_program_start(struct worker_engine *engine, const struct worker_spec *spec,
                              struct worker_program **ret_program,
                              const struct worker_report **ret_report);

/*
 * For a process with signal handlers (installed with SA_NODEFER, SIGSEGV's on a stack of its
 * own): leaves what runs, so that the program fails and the report says worn. Return if no
 * program's own code runs at this moment.
 */
void worker_engine_fault(void);
void worker_engine_watchdog(void);

/*
 * Gives a waiting program its next delivery and runs it until it waits or ends. A delivery for a
 * call or timer that does not wait any more changes nothing but the time. A program that has
 * ended takes nothing in and reports its end again.
 */
MUST int worker_program_deliver(struct worker_program *program,
                                const struct worker_delivery *delivery,
                                const struct worker_report **ret_report);

/* As deliver, but what the last report said is still in the report, before what is new. */
MUST int worker_program_feed(struct worker_program *program, const struct worker_delivery *delivery,
                             const struct worker_report **ret_report);

uint64_t worker_program_execution(const struct worker_program *program);

/* Makes its machine new again, and keeps it for the next program. NULL is nothing. */
struct worker_program *worker_program_free(struct worker_program *program);
CLEANUP_DEFINE(struct worker_program, worker_program_free)

#endif
