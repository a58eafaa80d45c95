/*
 * vm - one JavaScript machine: a linear memory of its own and the code that all share.
 *
 * The only file that knows the names wasm2c gives. Guest addresses are u32 (0 is none); a value
 * of the program is known by the address of its box, which its holder frees. Everything that runs
 * guest code goes through worker__vm_enter, or a trap has nowhere to land.
 */
#ifndef WRIT_PROC_WORKER_VM_H
#define WRIT_PROC_WORKER_VM_H

#include "base/arena.h"
#include "base/base.h"
#include "base/str.h"

struct worker__vm;

/* What the machine asks of its owner (container_of the vm). */
struct worker__vm_owner {
    /* A host function was called: name is one letter; gives a box, or 0 having thrown. */
    uint32_t (*call)(struct worker__vm *vm, char name, const uint32_t *argv, uint32_t argc);
    /* Every 10,000 steps or so; true ends what runs, and nothing can catch it. */
    bool (*tick)(struct worker__vm *vm);
    /* A promise was rejected that nobody handles (handled false), or is handled after all. */
    void (*rejection)(struct worker__vm *vm, uint32_t promise, uint32_t reason, bool handled);
};

struct worker__vm {
    struct worker__vm_wasm *wasm; /* the instance; NULL: none */
    const struct worker__vm_owner *owner;
    const struct worker__image *image; /* what reset goes back to; NULL while it is being made */
    int64_t at_ms;                     /* what its clocks say */
    int trap;                          /* why worker__vm_enter said false */
};

/* What a machine looks like when it is clean: its data and heap; its stack is zero. */
struct worker__image {
    const uint8_t *bytes;
    size_t len; /* copied at each reset */
    uint32_t pages;
    uint32_t stack_pointer;
};

MUST int worker__vm_init(struct worker__vm *vm, const struct worker__vm_owner *owner);
/* A clean copy of the image's machine. */
MUST int worker__vm_init_from(struct worker__vm *vm, const struct worker__image *image,
                              const struct worker__vm_owner *owner);
void worker__vm_fini(struct worker__vm *vm);

/* Keeps what the machine is now. The machine must not be running and goes on as its first user. */
struct worker__image *worker__image_new(struct worker__vm *vm);
struct worker__image *worker__image_free(struct worker__image *image);

/* Makes the machine clean again; what grew goes back to the system. */
void worker__vm_reset(struct worker__vm *vm);
/* Gives back all memory of a clean machine: it must be reset before it runs again. */
void worker__vm_cool(struct worker__vm *vm);
/* True if the machine is in every byte what its image says. Slow: for tests. */
bool worker__vm_is_clean(const struct worker__vm *vm);

/* Heap bytes: linear memory without the machine's stack. Never shrinks until reset. */
uint64_t worker__vm_heap(const struct worker__vm *vm);
/* The heap may grow by this much over its image. */
void worker__vm_heap_max(struct worker__vm *vm, uint64_t bytes);
/* True if the heap is at its limit: the next growth fails, or has. */
bool worker__vm_heap_full(const struct worker__vm *vm);

/* Runs act, which may run guest code. False: it trapped, and the machine may only be ended. */
bool worker__vm_enter(struct worker__vm *vm, void (*act)(struct worker__vm *vm));

/* Everything below only inside worker__vm_enter (or a callback of the owner). */

/* Evaluates text as a script under a file name (boxed text from worker__vm_text). Gives a box. */
uint32_t worker__vm_eval(struct worker__vm *vm, struct str text, uint32_t name);
/* Runs what the build compiled: a prelude. Gives a box. Never with bytes from outside. */
uint32_t worker__vm_run(struct worker__vm *vm, struct str bytecode);
uint32_t worker__vm_call(struct worker__vm *vm, uint32_t function, const uint32_t *argv,
                         uint32_t argc);
bool worker__vm_is_exception(struct worker__vm *vm, uint32_t box);
/* The exception that was thrown last; the machine has none afterwards. */
uint32_t worker__vm_exception(struct worker__vm *vm);

/* Runs one pending job: 1 ran, 0 none pending, -1 it threw. */
int worker__vm_job(struct worker__vm *vm);

uint32_t worker__vm_undefined(struct worker__vm *vm);
uint32_t worker__vm_bool(struct worker__vm *vm, bool value);
uint32_t worker__vm_number(struct worker__vm *vm, double value);
/* 0: no memory for it. */
uint32_t worker__vm_string(struct worker__vm *vm, struct str text);
uint32_t worker__vm_bytes(struct worker__vm *vm, const uint8_t *bytes, size_t len);
uint32_t worker__vm_property(struct worker__vm *vm, uint32_t object, const char *name);
void worker__vm_free(struct worker__vm *vm, uint32_t box);
uint32_t worker__vm_dup(struct worker__vm *vm, uint32_t box);

double worker__vm_to_number(struct worker__vm *vm, uint32_t box);
bool worker__vm_to_bool(struct worker__vm *vm, uint32_t box);
/* A copy in the arena; null if it cannot be had (it threw, or no memory). */
struct str worker__vm_to_text(struct worker__vm *vm, uint32_t box, struct arena *arena);
/* Which object it is: equal for boxes of the same object. */
uint32_t worker__vm_identity(struct worker__vm *vm, uint32_t box);

/* Plain guest text with a NUL, for file names; lives until freed with the machine. 0: no memory. */
uint32_t worker__vm_text(struct worker__vm *vm, struct str text);
/* Sets a host function under its letter on the global object __host. */
void worker__vm_hosts(struct worker__vm *vm, const char *letters);
/* Throws an error of the program's world with this message; for owner->call to return 0 after. */
void worker__vm_throw(struct worker__vm *vm, const char *message);

/* Traps that are not the machine's own, beyond the runtime's numbers. */
enum worker__trap {
    WORKER__TRAP_FAULT = 100, /* the kernel stopped it: the C stack's end */
    WORKER__TRAP_WATCHDOG,    /* it ran too long without a tick */
};

/* For signal handlers: back to worker__vm_enter. Returns if no guest code runs at this moment. */
void worker__vm_land(enum worker__trap trap);

#endif
