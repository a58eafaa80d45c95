/*
 * worker: what it may do, what it accepts, and its loop.
 *
 * Rights: one socket pair, descriptor 3, to the daemon; memory that is never executable.
 *
 * A blocking loop: read what there is, serve every whole frame, write all answers at once, and
 * only then make used machines new. Each program_start and program_deliver is answered by
 * program_reports, of which the last has no `more`, also where it was dropped before it began.
 * Where programs take long, answers leave and drops are heard between two of them; a clock of
 * CPU time sees to it within one. It ends when the daemon hangs up, when it hears what it does
 * not know, and after a program that left it worn.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "format/wire/wire.h"
#include "model/limit.h"
#include "model/msg.h"
#include "proc/worker/engine.h"
#include "sys/clock.h"
#include "sys/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#define DAEMON_FD   3
#define STACK_BYTES (64U << 20) /* deep recursion in a program ends in a RangeError */
#if defined(__SANITIZE_ADDRESS__)
#define DATA_BYTES RLIM_INFINITY /* the shadow counts as data */
#else
#define DATA_BYTES (1U << 30) /* all programs together */
#endif
#define SIGNAL_STACK  (64U << 10)
#define WATCH_MS      5 /* of CPU between two looks of the watchdog */
#define WATCH_MAX     (LIMIT_WORKER_SLICE_MS / WATCH_MS)
#define WATCH_GRACE   (2000 / WATCH_MS)
#define BUSY_MS       10 /* of CPU: the daemon is told */
#define WORN_MS       50 /* of CPU: from here on at the lowest priority */
#define WORN_PRIORITY 19
#define BREATH_NS     1000000     /* a batch that takes longer is answered in parts */
#define PROGRAMS_MAX  256U        /* the daemon keeps 32 here; so many are a mistake */
#define REPORT_MORE   (64U << 10) /* a report as long as this leaves before the next delivery */
#define MACHINES_WARM 8U          /* kept clean while there is work; none when there was none for */
#define IDLE_MS       1000        /* this long */
#define USED_MAX      2U          /* used machines in a batch before they are made new */
#define READ_BYTES    (64U << 10)
#define EXIT_WATCHDOG 71
#define EXIT_PROTOCOL 76

struct worker {
    struct worker_engine *engine;
    struct map programs;                                /* by execution */
    struct programs VEC(struct worker_program *) ended; /* to be made new after the answers left */
    struct buf in;
    struct buf out;
    struct wire_reader reader;
    struct arena *turn;
    struct dropped VEC(uint64_t) dropped; /* runs that are not to begin; their drops lie ahead */
    int64_t breath_ns;                    /* when answers last left */
    uint64_t run;                         /* id of the frame that is served */
    bool used;                            /* since it was trimmed */
    bool worn;
    bool trapped;
};

/* What the watchdog sees. While it is running, nobody else touches the answers. */
static struct worker *watch_worker;
static volatile sig_atomic_t watch_running;
static volatile sig_atomic_t watch_count; /* since the last delivery */
static volatile sig_atomic_t watch_frame; /* since the frame began to be served */
static volatile sig_atomic_t watch_told;  /* of this frame: 1 busy, 2 worn */
static volatile sig_atomic_t watch_telling;

static void on_fault(int number)
{
    worker_engine_fault();
    /* It is our own: end as if nobody had looked. */
    (void)sigaction(number, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
}

static void watch_begin(void)
{
    watch_count = 0;
    atomic_signal_fence(memory_order_seq_cst);
    watch_running = 1;
}

static void watch_end(void)
{
    watch_running = 0;
    atomic_signal_fence(memory_order_seq_cst);
}

static int write_all(struct worker *worker)
{
    size_t at = 0;
    while (at < worker->out.len) {
        ssize_t len = write(DAEMON_FD, worker->out.ptr + at, worker->out.len - at);
        if (len < 0 && errno != EINTR)
            return -errno; /* Not raised: a signal may be what wrote. */
        at += len > 0 ? (size_t)len : 0;
    }
    buf_clear(&worker->out);
    return 0;
}

/* Within a signal: the buffer has room, so that nothing is allocated. */
static void say_busy(struct worker *worker, uint32_t cpu_ms, bool worn)
{
    const struct wire_frame header = { .type = MSG_WORKER_BUSY, .id = worker->run };
    const struct msg_worker_busy busy = { .cpu_ms = cpu_ms, .worn = worn };
    size_t began = wire_begin(&worker->out, &header);
    msg_worker_busy_encode(&busy, &worker->out);
    if (wire_end(&worker->out, began))
        (void)!write_all(worker); /* A daemon that is gone is seen where it is read. */
}

/* From here on whoever else wakes goes first. There is no way back. */
static void yield_to_all(void)
{
    const struct sched_param none = { 0 };
    (void)setpriority(PRIO_PROCESS, 0, WORN_PRIORITY); /* where the other is not allowed */
    (void)sched_setscheduler(0, SCHED_IDLE, &none);
}

/* What the daemon should know of a program that takes long. */
static void watch_tell(struct worker *worker)
{
    if (worker->out.len > 0)
        (void)!write_all(worker);
    if (watch_frame > BUSY_MS / WATCH_MS && watch_told == 0) {
        watch_told = 1;
        say_busy(worker, BUSY_MS, false);
    }
    if (watch_frame > WORN_MS / WATCH_MS && watch_told == 1) {
        watch_told = 2;
        yield_to_all();
        say_busy(worker, WORN_MS, true);
    }
}

static void on_watch(int number)
{
    int saved = errno;
    (void)number;
    if (!watch_running)
        return;
    watch_count++;
    watch_frame++;
    /* Writing much takes time too: the next look may come meanwhile. */
    if (!watch_telling) {
        watch_telling = 1;
        watch_tell(watch_worker);
        watch_telling = 0;
    }
    errno = saved;
    if (watch_count < WATCH_MAX || watch_telling)
        return;
    worker_engine_watchdog();
    if (watch_count > WATCH_MAX + WATCH_GRACE)
        _exit(EXIT_WATCHDOG);
}

static int catch_signals(void)
{
    static uint8_t stack[SIGNAL_STACK];
    const stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
    const struct sigaction fault = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK | SA_NODEFER };
    const struct sigaction watch = { .sa_handler = on_watch, .sa_flags = SA_RESTART | SA_NODEFER };
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    const struct itimerval every = { { 0, WATCH_MS * 1000 }, { 0, WATCH_MS * 1000 } };

    if (sigaltstack(&other, NULL) < 0 || sigaction(SIGSEGV, &fault, NULL) < 0 ||
        sigaction(SIGBUS, &fault, NULL) < 0 || sigaction(SIGPROF, &watch, NULL) < 0 ||
        sigaction(SIGPIPE, &ignore, NULL) < 0 || setitimer(ITIMER_PROF, &every, NULL) < 0)
        return RAISE(-errno);
    return 0;
}

/* What a security reviewer reads: before anything from outside is looked at. */
static int rights(void)
{
    struct rlimit stack;
    const struct rlimit none = { 0, 0 };
    const struct rlimit data = { DATA_BYTES, DATA_BYTES };
    const struct rlimit files = { 16, 16 };

    sandbox_undumpable();
    if (getrlimit(RLIMIT_STACK, &stack) < 0)
        return RAISE(-errno);
    stack.rlim_cur = stack.rlim_max < STACK_BYTES ? stack.rlim_max : STACK_BYTES;
    if (setrlimit(RLIMIT_STACK, &stack) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
        setrlimit(RLIMIT_DATA, &data) < 0 || setrlimit(RLIMIT_FSIZE, &none) < 0 ||
        setrlimit(RLIMIT_NPROC, &none) < 0 || setrlimit(RLIMIT_NOFILE, &files) < 0)
        return RAISE(-errno);
    int r = catch_signals();
    return r < 0 ? TRACE(r) : sandbox_enter("worker");
}

/* ---- reports ---- */

static struct msg_program_call *calls_of(struct worker *worker, const struct worker_report *report)
{
    struct msg_program_call *calls =
        ARENA_ARRAY(worker->turn, struct msg_program_call, report->calls_count);
    for (size_t i = 0; i < report->calls_count; i++) {
        const struct worker_call *call = &report->calls[i];
        calls[i].call = call->call;
        calls[i].address = call->address;
        calls[i].args = call->args;
        calls[i].preview = call->preview;
    }
    return calls;
}

static struct msg_program_timer *timers_of(struct worker *worker,
                                           const struct worker_report *report)
{
    struct msg_program_timer *timers =
        ARENA_ARRAY(worker->turn, struct msg_program_timer, report->timers_count);
    for (size_t i = 0; i < report->timers_count; i++) {
        timers[i].timer = report->timers[i].timer;
        timers[i].due_ms = report->timers[i].due_ms;
        timers[i].cleared = report->timers[i].cleared;
    }
    return timers;
}

static struct str *emits_of(struct worker *worker, const struct worker_report *report)
{
    struct str *emits = ARENA_ARRAY(worker->turn, struct str, report->emits_count);
    for (size_t i = 0; i < report->emits_count; i++)
        emits[i] = report->emits[i];
    return emits;
}

/* What is new, to be told at once; with the end of the program all of it, to be kept. */
static void console_add(struct worker *worker, const struct worker_report *report,
                        struct msg_program_report *ret_message)
{
    size_t from = report->state == WORKER_WAITING ? report->console_from : 0;
    size_t count = report->console_count - from;
    ret_message->console_from = from;
    ret_message->console_count = count;
    ret_message->console = ARENA_ARRAY(worker->turn, struct msg_console_line, count);
    for (size_t i = 0; i < count; i++) {
        ret_message->console[i].level = report->console[from + i].level;
        ret_message->console[i].text = report->console[from + i].text;
    }
}

static struct msg_error error_of(const struct worker_error *error)
{
    return (struct msg_error){
        .code = error->code,
        .message = error->message,
        .retryable = error->retryable,
        .line = error->line,
        .column = error->column,
        .stack = error->stack,
        .data = error->data.len ? error->data : STR_NULL,
    };
}

static enum msg_report_state state_of(enum worker_state state)
{
    switch (state) {
    case WORKER_WAITING:
        return MSG_REPORT_STATE_WAITING;
    case WORKER_DONE:
        return MSG_REPORT_STATE_DONE;
    case WORKER_FAILED:
        return MSG_REPORT_STATE_FAILED;
    }
    UNREACHABLE("a state outside its enum");
}

static void report_add(struct worker *worker, uint64_t execution,
                       const struct worker_report *report, bool more)
{
    struct msg_program_report message = {
        .execution = execution,
        .delivered = report->delivered,
        .state = state_of(report->state),
        .calls = calls_of(worker, report),
        .calls_count = report->calls_count,
        .timers = timers_of(worker, report),
        .timers_count = report->timers_count,
        .emits = emits_of(worker, report),
        .emits_count = report->emits_count,
        .emits_from = report->emits_from,
        .result = report->result,
        .ticks = report->ticks,
        .memory_bytes = report->memory_bytes,
        .more = more,
    };
    const struct wire_frame header = { .type = MSG_PROGRAM_REPORT, .id = worker->run };

    console_add(worker, report, &message);
    if (report->state == WORKER_FAILED)
        message.error = error_of(&report->error);
    if (report->ran.ptr)
        message.code_ran = report->ran_digest;
    size_t began = wire_begin(&worker->out, &header);
    msg_program_report_encode(&message, &worker->out);
    bool fits = wire_end(&worker->out, began);
    CHECK(fits); /* WORKER_REPORT_BYTES_MAX sees to it. */
}

/* What was dropped before it began is answered all the same: every frame is. */
static void report_nothing(struct worker *worker, uint64_t execution)
{
    const struct wire_frame header = { .type = MSG_PROGRAM_REPORT, .id = worker->run };
    const struct msg_program_report message = { .execution = execution,
                                                .state = MSG_REPORT_STATE_WAITING };
    size_t began = wire_begin(&worker->out, &header);
    msg_program_report_encode(&message, &worker->out);
    bool fits = wire_end(&worker->out, began);
    CHECK(fits);
}

/* ---- programs ---- */

static struct worker_delivery delivery_of(const struct msg_delivery *delivery)
{
    static const enum worker_delivery_kind kinds[] = {
        [MSG_DELIVERY_KIND_RESULT] = WORKER_DELIVERY_RESULT,
        [MSG_DELIVERY_KIND_ERROR] = WORKER_DELIVERY_ERROR,
        [MSG_DELIVERY_KIND_TIMER] = WORKER_DELIVERY_TIMER,
        [MSG_DELIVERY_KIND_CANCEL] = WORKER_DELIVERY_CANCEL,
    };
    return (struct worker_delivery){
        .index = delivery->index,
        .at_ms = delivery->at_ms,
        .kind = kinds[delivery->kind],
        .call = delivery->call,
        .timer = delivery->timer,
        .value = delivery->value,
        .meta = delivery->meta,
    };
}

/*
 * Gives deliveries one after another; what they bring about is one report, or several where it
 * would be too long for a frame. report: what was not sent yet, or NULL.
 */
static int give(struct worker *worker, struct worker_program *program,
                const struct worker_report *report, const struct msg_delivery *deliveries,
                size_t count)
{
    uint64_t execution = worker_program_execution(program);
    for (size_t i = 0; i < count && (!report || report->state == WORKER_WAITING); i++) {
        struct worker_delivery delivery = delivery_of(&deliveries[i]);
        bool fresh = !report || report->bytes > REPORT_MORE;
        if (report && fresh)
            report_add(worker, execution, report, true);
        watch_begin();
        int r = fresh ? worker_program_deliver(program, &delivery, &report)
                      : worker_program_feed(program, &delivery, &report);
        watch_end();
        if (r < 0)
            return TRACE(r);
    }
    if (!report)
        return 0;
    report_add(worker, execution, report, false);
    worker->worn = worker->worn || report->worn;
    worker->trapped = worker->trapped || report->trapped;
    if (report->state != WORKER_WAITING) {
        (void)map_take_u64(&worker->programs, execution);
        *VEC_PUSH(&worker->ended) = program;
    }
    return 0;
}

/* The place of a run in the list of what is not to begin, or SIZE_MAX. */
static size_t dropped_find(const struct worker *worker, uint64_t run)
{
    for (size_t i = 0; i < worker->dropped.count; i++)
        if (worker->dropped.at[i] == run)
            return i;
    return SIZE_MAX;
}

static void program_drop(struct worker *worker, uint64_t execution)
{
    struct worker_program *program = map_take_u64(&worker->programs, execution);
    if (program)
        *VEC_PUSH(&worker->ended) = program;
}

static int on_start(struct worker *worker, const struct wire_frame *frame)
{
    struct msg_program_start start;
    struct worker_program *program;
    const struct worker_report *report;
    if (!msg_program_start_decode(frame->payload, worker->turn, &start) ||
        start.seed.len != WORKER_SEED_LEN || worker->programs.count >= PROGRAMS_MAX)
        return RAISE(-EPROTO);
    struct worker_spec spec = {
        .execution = start.execution,
        .code = start.code,
        .input = start.args,
        .at_ms = start.at_ms,
        .limits = {
            .calls_max = start.limits.calls_max,
            .ticks_max = start.limits.ticks_max,
            .memory_bytes_max = start.limits.memory_bytes_max,
            .output_bytes_max = start.limits.output_bytes_max,
        },
    };
    memcpy(spec.seed, start.seed.ptr, WORKER_SEED_LEN);
    program_drop(worker, start.execution);
    if (dropped_find(worker, frame->id) != SIZE_MAX) {
        report_nothing(worker, start.execution);
        return 0;
    }
    watch_begin();
    int r = worker_program_start(worker->engine, &spec, &program, &report);
    watch_end();
    if (r < 0)
        return TRACE(r);
    (void)map_put_u64(&worker->programs, start.execution, program);
    return give(worker, program, report, start.deliveries, start.deliveries_count);
}

static int on_deliver(struct worker *worker, const struct wire_frame *frame)
{
    struct msg_program_deliver deliver;
    if (!msg_program_deliver_decode(frame->payload, worker->turn, &deliver))
        return RAISE(-EPROTO);
    struct worker_program *program = map_find_u64(&worker->programs, deliver.execution);
    /* It has ended meanwhile, and its end is on the way; or nobody waits for it any more. */
    if (!program || dropped_find(worker, frame->id) != SIZE_MAX) {
        report_nothing(worker, deliver.execution);
        return 0;
    }
    return give(worker, program, NULL, deliver.deliveries, deliver.deliveries_count);
}

static int on_drop(struct worker *worker, const struct wire_frame *frame)
{
    struct msg_program_drop drop;
    if (!msg_program_drop_decode(frame->payload, worker->turn, &drop))
        return RAISE(-EPROTO);
    size_t at = dropped_find(worker, frame->id);
    if (at != SIZE_MAX)
        worker->dropped.at[at] = worker->dropped.at[--worker->dropped.count];
    program_drop(worker, drop.execution);
    return 0;
}

/* ---- what it accepts ---- */

static const struct {
    uint16_t type;
    int (*handle)(struct worker *worker, const struct wire_frame *frame);
} accepts[] = {
    { MSG_PROGRAM_START, on_start },
    { MSG_PROGRAM_DELIVER, on_deliver },
    { MSG_PROGRAM_DROP, on_drop },
};

static void make_new(struct worker *worker)
{
    for (size_t i = 0; i < worker->ended.count; i++)
        worker_program_free(worker->ended.at[i]);
    VEC_CLEAR(&worker->ended);
}

static int serve_frame(struct worker *worker, const struct wire_frame *frame)
{
    for (size_t i = 0; i < ARRAY_COUNT(accepts); i++) {
        if (accepts[i].type == frame->type && wire_fd_count(frame) == 0) {
            worker->run = frame->id;
            watch_frame = 0;
            watch_told = 0;
            int r = accepts[i].handle(worker, frame);
            arena_reset(worker->turn);
            /* In a long batch a used machine is made new sooner than another one is made. */
            if (worker->ended.count >= USED_MAX)
                make_new(worker);
            return r < 0 ? TRACE(r) : 0;
        }
    }
    return RAISE(-EPROTO);
}

/* ---- the loop ---- */

/* True if frames, or the end, come within so many milliseconds. */
static bool has_more(int timeout_ms)
{
    struct pollfd daemon = { .fd = DAEMON_FD, .events = POLLIN };
    int r;
    do
        r = poll(&daemon, 1, timeout_ms);
    while (r < 0 && errno == EINTR);
    return r != 0;
}

static int read_once(struct worker *worker)
{
    for (;;) {
        ssize_t len = read(DAEMON_FD, buf_reserve(&worker->in, READ_BYTES), READ_BYTES);
        if (len > 0)
            buf_commit(&worker->in, (size_t)len);
        if (len >= 0)
            return len > 0;
        if (errno != EINTR)
            return RAISE(-errno);
    }
}

/* 1 read, 0 the daemon hung up. */
static int read_more(struct worker *worker)
{
    if (worker->used && !has_more(IDLE_MS)) {
        worker_engine_trim(worker->engine);
        worker->used = false;
    }
    int r = read_once(worker);
    worker->breath_ns = clock_mono_ns();
    return r < 0 ? TRACE(r) : r;
}

/* What is ahead and is not to begin. */
static void look_ahead(struct worker *worker)
{
    struct wire_reader ahead = worker->reader;
    struct wire_frame frame;
    while (wire_next(&ahead, &frame) == WIRE_FRAME)
        if (frame.type == MSG_PROGRAM_DROP && dropped_find(worker, frame.id) == SIZE_MAX)
            *VEC_PUSH(&worker->dropped) = frame.id;
}

/* Between two frames of a batch: whoever waits for the ones that are done does so no longer. */
static int breathe(struct worker *worker)
{
    int64_t now_ns = clock_mono_ns();
    if (now_ns - worker->breath_ns < BREATH_NS)
        return 0;
    worker->breath_ns = now_ns;
    int r = write_all(worker);
    if (r == 0 && has_more(0)) {
        r = read_once(worker);
        look_ahead(worker);
    }
    return r < 0 ? TRACE(r) : 0;
}

static int serve(struct worker *worker)
{
    struct wire_frame frame;
    int r;
    while ((r = wire_next(&worker->reader, &frame)) == WIRE_FRAME) {
        r = serve_frame(worker, &frame);
        if (r == 0)
            r = breathe(worker);
        if (r < 0)
            return TRACE(r);
    }
    wire_compact(&worker->reader);
    if (r == WIRE_BROKEN)
        return RAISE(-EPROTO);
    r = write_all(worker);
    return r < 0 ? TRACE(r) : 0;
}

/* A trap is reason to end at once; a heap that was large can wait until nobody waits here. */
static bool should_end(const struct worker *worker)
{
    return worker->trapped || (worker->worn && worker->programs.count == 0);
}

static int run(struct worker *worker)
{
    for (;;) {
        int r = read_more(worker);
        if (r <= 0)
            return r < 0 ? TRACE(r) : 0;
        worker->used = true;
        r = serve(worker);
        if (r < 0)
            return TRACE(r);
        if (should_end(worker) && !has_more(0))
            return 0;
        make_new(worker);
    }
}

static void say_ready(struct worker *worker)
{
    const struct wire_frame header = { .type = MSG_WORKER_READY };
    const struct msg_worker_ready ready = { .build = STR(WRIT_VERSION),
                                            .engine = worker_engine_digest(worker->engine) };
    size_t began = wire_begin(&worker->out, &header);
    msg_worker_ready_encode(&ready, &worker->out);
    bool fits = wire_end(&worker->out, began);
    CHECK(fits);
}

/* Without stdio, which looks at its descriptors first. */
static void tell_fault(void)
{
    char why[1024];
    struct buf text BUF_CLEANUP = BUF_INIT;
    err_print(why, sizeof(why));
    buf_printf(&text, "worker: %s\n", why);
    ssize_t written = write(STDERR_FILENO, text.ptr, text.len);
    (void)written; /* Nobody is left to hear that nobody hears. */
}

int main(void)
{
    int r = rights();
    struct worker worker = { .programs = MAP_INIT };
    if (r == 0) {
        watch_worker = &worker;
        (void)buf_reserve(&worker.out, READ_BYTES);
        worker.turn = arena_new(0);
        worker.reader = WIRE_READER(&worker.in);
        r = worker_engine_new(&(struct worker_engine_config){ .warm_count = MACHINES_WARM,
                                                              .made = &worker_engine_made },
                              &worker.engine);
    }
    if (r == 0) {
        say_ready(&worker);
        r = write_all(&worker);
    }
    if (r == 0)
        r = run(&worker);
    /* The daemon went first: there is nobody left to tell. */
    if (r == 0 || r == -EPIPE || r == -ECONNRESET)
        return EXIT_SUCCESS;
    tell_fault();
    return r == -EPROTO ? EXIT_PROTOCOL : EXIT_FAILURE;
}
