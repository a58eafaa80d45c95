/* The worker's part: frames to the real engine and back. */
#include "world.h"

#include "sys/clock.h"

static struct worker_engine *world_engine; /* one for all worlds: making it is what takes time */

static struct worker_engine *engine(void)
{
    const struct worker_engine_config config = { .warm_count = 1 };

    if (!world_engine && worker_engine_new(&config, &world_engine) < 0)
        UNREACHABLE("the engine does not start");
    return world_engine;
}

/* What a program did over several deliveries, as one report. Texts are copied. */
static void report_add(struct world *world, struct msg_program_report *to,
                       const struct worker_report *from)
{
    struct arena *arena = world->arena;
    struct msg_program_call *calls =
        ARENA_ARRAY(arena, struct msg_program_call, to->calls_count + from->calls_count);
    struct msg_program_timer *timers =
        ARENA_ARRAY(arena, struct msg_program_timer, to->timers_count + from->timers_count);

    for (size_t i = 0; i < to->calls_count; i++)
        calls[i] = to->calls[i];
    for (size_t i = 0; i < from->calls_count; i++)
        calls[to->calls_count++] = (struct msg_program_call){
            .call = from->calls[i].call,
            .address = str_copy(arena, from->calls[i].address),
            .args = str_copy(arena, from->calls[i].args),
            .preview = from->calls[i].preview,
        };
    to->calls = calls;
    for (size_t i = 0; i < to->timers_count; i++)
        timers[i] = to->timers[i];
    for (size_t i = 0; i < from->timers_count; i++)
        timers[to->timers_count++] = (struct msg_program_timer){
            .timer = from->timers[i].timer,
            .due_ms = from->timers[i].due_ms,
            .cleared = from->timers[i].cleared,
        };
    to->timers = timers;
}

static void report_send(struct world *world, uint64_t run, const struct msg_program_report *report)
{
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct wire_frame frame = { .type = MSG_PROGRAM_REPORT, .id = run };

    msg_program_report_encode(report, &payload);
    frame.payload = buf_str(&payload);
    world_crossed(world, WIRE_WORKER_DAEMON, payload.len);
    (void)!link_send(world->worker, &frame);
    world->activity++;
}

static void report_end(struct world *world, uint64_t run, struct msg_program_report *report,
                       const struct worker_report *from)
{

    report->delivered = from->delivered;
    report->state = (enum msg_report_state)from->state;
    report->result = from->state == WORKER_DONE ? from->result : STR_NULL;
    report->ticks = from->ticks;
    report->memory_bytes = from->memory_bytes;
    report->console = ARENA_ARRAY(world->arena, struct msg_console_line, from->console_count);
    for (; report->console_count < from->console_count; report->console_count++)
        report->console[report->console_count] = (struct msg_console_line){
            .level = from->console[report->console_count].level,
            .text = from->console[report->console_count].text,
        };
    if (from->state == WORKER_FAILED)
        report->error = (struct msg_error){
            .code = from->error.code,
            .message = from->error.message,
            .retryable = from->error.retryable,
            .line = from->error.line,
            .column = from->error.column,
        };
    report_send(world, run, report);
}

static void program_drop(struct world *world, uint64_t execution)
{
    struct world_program *program = map_take_u64(&world->programs, execution);

    if (!program)
        return;
    (void)worker_program_free(program->program);
    (void)heap_free(program);
}

void world_worker_drop(struct world *world)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&world->programs, &at));)
        program_drop(world, entry->number);
    world->worker = link_free(world->worker);
}

static void deliver(struct world *world, struct world_program *program,
                    const struct msg_program_deliver *given, struct msg_program_report *report,
                    const struct worker_report *last)
{
    for (size_t i = 0; i < given->deliveries_count; i++) {
        const struct msg_delivery *one = &given->deliveries[i];
        const struct worker_delivery delivery = {
            .index = one->index,
            .at_ms = one->at_ms,
            .kind = (enum worker_delivery_kind)one->kind,
            .call = one->call,
            .timer = one->timer,
            .value = one->value,
        };

        if (worker_program_deliver(program->program, &delivery, &last) < 0)
            UNREACHABLE("the engine gave a fault");
        report_add(world, report, last);
    }
    if (last)
        report_end(world, program->run, report, last);
}

static void on_start(struct world *world, uint64_t run, const struct msg_program_start *start)
{
    struct worker_spec spec = {
        .execution = start->execution,
        .code = start->code,
        .input = start->args.ptr ? start->args : STR("null"),
        .at_ms = start->at_ms,
        .limits = { .calls_max = start->limits.calls_max,
                    .ticks_max = start->limits.ticks_max,
                    .memory_bytes_max = start->limits.memory_bytes_max,
                    .output_bytes_max = start->limits.output_bytes_max },
    };
    struct world_program *program = heap_alloc(sizeof(*program));
    struct msg_program_report report = { .execution = start->execution };
    const struct msg_program_deliver given = { .execution = start->execution,
                                               .deliveries = start->deliveries,
                                               .deliveries_count = start->deliveries_count };
    const struct worker_report *first;

    memcpy(spec.seed, start->seed.ptr, start->seed.len < 16 ? start->seed.len : 16);
    program->run = run;
    program_drop(world, start->execution);
    if (worker_program_start(engine(), &spec, &program->program, &first) < 0)
        UNREACHABLE("a program could not be started");
    (void)map_put_u64(&world->programs, start->execution, program);
    report_add(world, &report, first);
    deliver(world, program, &given, &report, first);
}

static void on_deliver(struct world *world, uint64_t run, const struct msg_program_deliver *given)
{
    struct world_program *program = map_find_u64(&world->programs, given->execution);
    struct msg_program_report report = { .execution = given->execution };

    if (program)
        deliver(world, program, given, &report, NULL);
    else
        report_send(world, run, &report);
}

static void worker_say_ready(struct world *world)
{
    struct msg_worker_ready ready = { .build = STR(WRIT_VERSION) };
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct wire_frame frame = { .type = MSG_WORKER_READY };

    msg_worker_ready_encode(&ready, &payload);
    frame.payload = buf_str(&payload);
    (void)!link_send(world->worker, &frame);
}

void world_worker_up(struct world *world)
{
    int fds[2];

    world->worker = link_free(world->worker);
    world->worker_ready.kind = WORLD_WORKER;
    if (link_pair(fds) < 0 ||
        link_new(world->loop, fds[0], &world->worker_ready, &world->worker) < 0)
        UNREACHABLE("no link");
    if (daemon_link(world->daemon, MSG_PROCESS_KIND_WORKER, 100, fds[1]) < 0)
        return;
    worker_say_ready(world);
}

void world_worker_ready(struct world *world)
{
    struct wire_frame frame;

    while (world->worker && link_next(world->worker, &frame) == LINK_FRAME) {
        struct msg_program_start start;
        struct msg_program_deliver given;
        struct msg_program_drop drop;

        world->activity++;
        world_crossed(world, WIRE_DAEMON_WORKER, frame.payload.len);
        if (frame.type == MSG_PROGRAM_START &&
            msg_program_start_decode(frame.payload, world->arena, &start))
            on_start(world, frame.id, &start);
        else if (frame.type == MSG_PROGRAM_DELIVER &&
                 msg_program_deliver_decode(frame.payload, world->arena, &given))
            on_deliver(world, frame.id, &given);
        else if (frame.type == MSG_PROGRAM_DROP &&
                 msg_program_drop_decode(frame.payload, world->arena, &drop))
            program_drop(world, drop.execution);
        else
            UNREACHABLE("the daemon said what no worker understands");
    }
}
