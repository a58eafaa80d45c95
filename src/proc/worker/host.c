/*
 * host - what a program asks of us, one function a letter (prelude/src/host.ts has their other
 * side). Everything given here is data of a stranger: counted before it is kept.
 */
#include "proc/worker/internal.h"

static struct worker_program *program_of(struct worker__vm *vm)
{
    return container_of(vm, struct worker_program, vm);
}

static uint32_t host_stop(struct worker_program *program, enum worker__stop why)
{
    if (program->stop == WORKER__GO)
        program->stop = why;
    worker__vm_throw(&program->vm, "limit");
    return 0;
}

/* What a line that a full console drops counts as output. */
#define WORKER__DROPPED_LINE_BYTES 64U

/* Counts what goes into the report. False: it is too much, and the program stops. */
static bool fits(struct worker_program *program, size_t len)
{
    program->slice_bytes += len + WORKER__ITEM_BYTES;
    program->report.bytes += len + WORKER__ITEM_BYTES;
    if (program->slice_bytes > WORKER_REPORT_BYTES_MAX)
        (void)host_stop(program, WORKER__STOP_REPORT);
    return program->slice_bytes <= WORKER_REPORT_BYTES_MAX;
}

static bool fits_output(struct worker_program *program, size_t len)
{
    program->output_bytes += len;
    if (program->output_bytes > program->limits.output_bytes_max) {
        (void)host_stop(program, WORKER__STOP_OUTPUT);
        return false;
    }
    return fits(program, len);
}

/* Text of an argument; null if there is none or it cannot be had. */
static struct str text_of(struct worker_program *program, uint32_t box)
{
    return box ? worker__vm_to_text(&program->vm, box, program->slice) : STR_NULL;
}

static uint32_t host_call(struct worker_program *program, const uint32_t *argv)
{
    if (program->calls_open.count >= program->limits.calls_max)
        return host_stop(program, WORKER__STOP_CALLS);
    if (program->calls_open_count >= WORKER__CALLS_AT_ONCE)
        return host_stop(program, WORKER__STOP_AT_ONCE);
    struct str address = text_of(program, argv[0]);
    struct str args = text_of(program, argv[1]);
    if (!address.ptr || !args.ptr)
        return 0;
    if (!fits(program, address.len + args.len))
        return 0;
    *VEC_PUSH(&program->calls_open) = true;
    program->calls_open_count++;
    uint32_t number = (uint32_t)program->calls_open.count;
    *VEC_PUSH(&program->calls) =
        (struct worker_call){ number, address, args, worker__vm_to_bool(&program->vm, argv[2]) };
    return worker__vm_number(&program->vm, number);
}

static uint32_t host_timer(struct worker_program *program, const uint32_t *argv)
{
    if (program->timers_open_count >= WORKER_TIMERS_MAX)
        return host_stop(program, WORKER__STOP_TIMERS);
    double delay = worker__vm_to_number(&program->vm, argv[0]);
    bool at_once = !(delay >= 1);
    if (!at_once && !fits(program, 0))
        return 0;
    int64_t due_ms = program->vm.at_ms + (at_once ? 0 : (int64_t)delay);
    *VEC_PUSH(&program->timers_set) = (struct worker__timer_state){ due_ms, true, at_once };
    program->timers_open_count++;
    uint32_t number = (uint32_t)program->timers_set.count;
    if (at_once)
        program->timers_at_once++;
    else
        *VEC_PUSH(&program->timers) = (struct worker_timer){ number, due_ms, false };
    return worker__vm_number(&program->vm, number);
}

static uint32_t host_clear(struct worker_program *program, const uint32_t *argv)
{
    double number = worker__vm_to_number(&program->vm, argv[0]);
    if (number >= 1 && number <= (double)program->timers_set.count) {
        struct worker__timer_state *timer = &program->timers_set.at[(size_t)number - 1];
        if (timer->open) {
            timer->open = false;
            program->timers_open_count--;
            if (timer->at_once)
                program->timers_at_once--;
            else
                *VEC_PUSH(&program->timers) =
                    (struct worker_timer){ (uint32_t)number, timer->due_ms, true };
        }
    }
    return worker__vm_undefined(&program->vm);
}

static uint32_t host_emit(struct worker_program *program, const uint32_t *argv)
{
    struct str value = text_of(program, argv[0]);
    if (!value.ptr)
        return 0;
    program->output_bytes += WORKER__ITEM_BYTES; /* Each is told by itself. */
    if (!fits_output(program, value.len))
        return 0;
    *VEC_PUSH(&program->emits) = value;
    return worker__vm_undefined(&program->vm);
}

static uint32_t host_line(struct worker_program *program, const uint32_t *argv)
{
    if (!program->console_closed) {
        struct str level = worker__vm_to_text(&program->vm, argv[0], program->life);
        struct str text = worker__vm_to_text(&program->vm, argv[1], program->life);
        if (!level.ptr || !text.ptr)
            return 0;
        worker__said_console(program, level, text);
    } else {
        /* A loop that only talks ends here, not at the end of its time. */
        program->output_bytes += WORKER__DROPPED_LINE_BYTES;
        if (program->output_bytes > program->limits.output_bytes_max)
            return host_stop(program, WORKER__STOP_OUTPUT);
    }
    return worker__vm_undefined(&program->vm);
}

static uint32_t host_done(struct worker_program *program, const uint32_t *argv)
{
    struct str value = text_of(program, argv[0]);
    if (!value.ptr)
        return 0;
    if (program->ended)
        return worker__vm_undefined(&program->vm);
    if (!fits_output(program, value.len))
        return 0;
    if (!worker__vm_to_bool(&program->vm, argv[1])) {
        program->returned = true; /* It has ended when nothing is left to be done. */
        return worker__vm_undefined(&program->vm);
    }
    program->ended = true;
    program->report.state = WORKER_DONE;
    program->report.result = value;
    return worker__vm_undefined(&program->vm);
}

static uint32_t host_fail(struct worker_program *program, const uint32_t *argv)
{
    struct worker_error error = {
        .code = text_of(program, argv[0]),
        .message = text_of(program, argv[1]),
        .retryable = worker__vm_to_bool(&program->vm, argv[2]),
        .stack = text_of(program, argv[3]),
        .data = text_of(program, argv[4]),
    };
    worker__fail_thrown(program, &error);
    return worker__vm_undefined(&program->vm);
}

/* Bytes that follow from the seed: SHA-256 of seed and a counter. */
static uint32_t host_random(struct worker_program *program, const uint32_t *argv)
{
    double wanted = worker__vm_to_number(&program->vm, argv[0]);
    size_t len = wanted >= 0 && wanted <= 65536 ? (size_t)wanted : 0;
    uint8_t *bytes = arena_alloc_raw(program->slice, len + DIGEST_LEN);
    for (size_t at = 0; at < len; at += DIGEST_LEN) {
        const struct str parts[] = {
            { (const char *)program->seed, WORKER_SEED_LEN },
            { (const char *)&program->random_count, sizeof(program->random_count) },
        };
        struct digest block = digest_of_parts(parts, ARRAY_COUNT(parts));
        memcpy(bytes + at, block.bytes, DIGEST_LEN);
        program->random_count++;
    }
    return worker__vm_bytes(&program->vm, bytes, len);
}

static uint32_t host_called(struct worker__vm *vm, char name, const uint32_t *argv, uint32_t argc)
{
    struct worker_program *program = program_of(vm);
    (void)argc; /* Missing arguments are box 0. */
    if (program->stop != WORKER__GO)
        return host_stop(program, program->stop);
    switch (name) {
    case 'c':
        return host_call(program, argv);
    case 't':
        return host_timer(program, argv);
    case 'x':
        return host_clear(program, argv);
    case 'e':
        return host_emit(program, argv);
    case 'l':
        return host_line(program, argv);
    case 'd':
        return host_done(program, argv);
    case 'f':
        return host_fail(program, argv);
    case 'r':
        return host_random(program, argv);
    case 'o':
        return worker__vm_number(vm, (double)program->started_ms);
    default:
        return 0;
    }
}

static bool host_tick(struct worker__vm *vm)
{
    struct worker_program *program = program_of(vm);
    program->report.ticks++;
    if (program->stop == WORKER__GO && program->report.ticks > program->limits.ticks_max)
        program->stop = WORKER__STOP_TICKS;
    return program->stop != WORKER__GO;
}

static void host_rejection(struct worker__vm *vm, uint32_t promise, uint32_t reason, bool handled)
{
    struct worker_program *program = program_of(vm);
    uint32_t identity = worker__vm_identity(vm, promise);
    if (!handled) {
        if (program->rejections.count < WORKER__REJECTED_MAX)
            *VEC_PUSH(&program->rejections) =
                (struct worker__rejection){ identity, worker__vm_dup(vm, reason) };
        return;
    }
    for (size_t i = 0; i < program->rejections.count; i++) {
        struct worker__rejection *at = &program->rejections.at[i];
        if (at->promise == identity) {
            worker__vm_free(vm, at->reason);
            *at = program->rejections.at[--program->rejections.count];
            return;
        }
    }
}

const struct worker__vm_owner worker__host = { host_called, host_tick, host_rejection };
