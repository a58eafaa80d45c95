/*
 * What the files of this room share: a program's state, the engine's, and who may say that a
 * program failed. A program is the machine it runs in (vm) and what the machine cannot be asked
 * for: calls, timers and limits are counted here, not in JavaScript.
 */
#ifndef WRIT_PROC_WORKER_INTERNAL_H
#define WRIT_PROC_WORKER_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "proc/worker/engine.h"
#include "proc/worker/text.h"
#include "proc/worker/vm.h"

/* The preludes, bundled and compiled by the build. */
extern const struct str worker__prelude;
extern const struct str worker__strip;

#define WORKER__CALLS_AT_ONCE 4096U /* waiting for an answer */
#define WORKER__REJECTED_MAX  64U   /* kept to be told about; more are forgotten */
#define WORKER__JOBS_PER_TICK 64U
#define WORKER__ITEM_BYTES    48U /* what a call, timer, emit or line adds to its texts */

/* Boxes that the image holds for every program. */
struct worker__handles {
    uint32_t program_name; /* guest text: what stack traces call the program */
    uint32_t start;
    uint32_t answered;
    uint32_t rejected;
    uint32_t fire;
    uint32_t fail;
    uint32_t unhandled;
    uint32_t empty; /* "" */
    uint32_t yes;
    uint32_t no;
};

/* A booted machine, as the build keeps it (image_main.c). */
struct worker_engine_made {
    struct worker__image image;
    struct worker__handles handles;
    struct digest digest;
};

struct worker__strip_machine;

struct worker_engine {
    const struct worker__image *image;
    struct worker__image *booted; /* the image, where it is our own */
    struct worker__handles handles;
    struct digest digest;
    struct worker_program *idle; /* clean, linked by next */
    uint32_t idle_count;
    uint32_t idle_max;
    struct worker__strip_machine *strip; /* NULL until types were removed once */
};

/* Why a program must stop; what runs then is interrupted and cannot catch it. */
enum worker__stop {
    WORKER__GO,
    WORKER__STOP_TICKS,
    WORKER__STOP_CALLS,
    WORKER__STOP_AT_ONCE,
    WORKER__STOP_TIMERS,
    WORKER__STOP_OUTPUT,
    WORKER__STOP_REPORT,
};

struct worker__timer_state {
    int64_t due_ms;
    bool open;
    bool at_once; /* without delay: falls due by itself when the jobs have run dry */
};

struct worker__rejection {
    uint32_t promise; /* identity */
    uint32_t reason;  /* box */
};

/* What is being run, for positions in errors. */
struct worker__source {
    struct str sent; /* the program as it was sent, blanks for what was around it */
    struct str ran;  /* the same lines as they ran */
    uint32_t prefix; /* characters before it on line 1 of what the machine was given */
    bool expression;
    bool stripped;
};

struct worker_program {
    struct worker__vm vm;
    struct worker_engine *engine;
    struct worker_program *next; /* of idle ones */
    bool cold;                   /* clean, and its memory given back */
    struct arena *life;          /* until free */
    struct arena *slice;         /* until the next report */
    uint64_t execution;
    struct worker_limits limits;
    uint8_t seed[WORKER_SEED_LEN];
    uint64_t random_count;
    int64_t started_ms;
    struct worker__source source;

    enum worker__stop stop;
    bool ended;
    bool returned; /* without a value; what it has started goes on */
    uint64_t jobs; /* run since the start */
    bool syntax;   /* the attempt did not parse; report.error says why */
    uint64_t output_bytes;
    uint64_t slice_bytes; /* since the last delivery */
    uint64_t console_bytes;
    bool console_closed;

    struct VEC(bool) calls_open; /* by number - 1 */
    size_t calls_open_count;
    struct VEC(struct worker__timer_state) timers_set; /* by number - 1 */
    size_t timers_open_count;
    size_t timers_at_once;
    size_t timers_from; /* no open timer without delay is before this index */
    struct VEC(struct worker__rejection) rejections;

    struct VEC(struct worker_call) calls;
    struct VEC(struct worker_timer) timers;
    struct VEC(struct str) emits;
    struct VEC(struct worker_console) console;
    struct worker_report report;

    /* What the machine is entered for. */
    struct str wrapped;
    struct str input;
    const struct worker_delivery *delivery;
};

/* engine.c: a clean program, kept or new. */
MUST int worker__program_take(struct worker_engine *engine, struct worker_program **ret_program);

/* host.c: what programs ask for. */
extern const struct worker__vm_owner worker__host;

/* Calls a handle; an exception of it is the program's failure. */
void worker__call(struct worker_program *program, uint32_t handle, const uint32_t *argv,
                  uint32_t argc);

/* said.c: failures in words. All set report.error and end the program, once. */
void worker__fail(struct worker_program *program, const char *code, const char *format, ...)
    PRINTF_LIKE(3, 4);
void worker__fail_thrown(struct worker_program *program, const struct worker_error *thrown);
void worker__fail_stop(struct worker_program *program);
void worker__fail_trap(struct worker_program *program);
void worker__fail_memory(struct worker_program *program);
/* The exception of an evaluation: the attempt's syntax error, or the program's failure. */
void worker__fail_eval(struct worker_program *program);
void worker__said_console(struct worker_program *program, struct str level, struct str text);

/* strip.c: TypeScript to JavaScript, remembered by content. */
struct worker__stripped {
    struct str text; /* null: it could not be done, because */
    struct str message;
    uint32_t line;
    uint32_t column;
};

/* Borrowed until the next call. */
const struct worker__stripped *worker__strip_types(struct worker_engine *engine, struct str text);
struct worker__strip_machine *worker__strip_free(struct worker__strip_machine *machine);

#endif
