/* The world turns: the daemon and everyone it talks to, until nothing moves. */
#include "world.h"

#include "domain/core/core.h"
#include "format/json/json.h"
#include "store/log/log.h"
#include "sys/clock.h"
#include "sys/disk.h"

#include <stdarg.h>
#include <stdio.h>

#define WORLD_ROUNDS_MAX 4000
#define WORLD_STARTS_MAX 64U

void world_fail(struct world *world, const char *format, ...)
{
    char text[2048];
    va_list args;

    if (world->failed)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    world->failed = true;
    world->failure = str_copy(world->arena, str_from(text));
}

static uint64_t execution_number(struct world *world, uint64_t handle)
{
    uint64_t number = (uint64_t)(uintptr_t)map_find_u64(&world->executions, handle);

    if (number == 0) {
        number = world->executions.count + 1;
        (void)map_put_u64(&world->executions, handle, (void *)(uintptr_t)number);
    }
    return number;
}

/* The words that follow "call 1 waiting": the rule, the reason, the code. */
static struct str event_extra(struct world *world, const struct json_value *event)
{
    static const char *const names[] = { "rule", "reason", "answer", "kind", "state", "name" };
    struct str code = json_get_str(json_get(event, "error"), "code");
    struct str who = json_get_str(json_get(event, "who"), "actor");
    struct str extra = STR("");

    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        struct str text = json_get_str(event, names[i]);

        if (text.len)
            extra = str_printf(world->arena, "%.*s, %.*s", STR_ARG(extra), STR_ARG(text));
    }
    if (code.len)
        extra = str_printf(world->arena, "%.*s, %.*s", STR_ARG(extra), STR_ARG(code));
    if (who.len)
        extra = str_printf(world->arena, "%.*s by %.*s", STR_ARG(extra), STR_ARG(who));
    return extra;
}

static void on_trace(void *context, int64_t at_ms, struct str line)
{
    struct world *world = context;
    struct json_error error;
    struct json_doc doc;
    struct str type;
    uint64_t execution;
    uint64_t call;

    if (json_parse(world->arena, line, NULL, &error, &doc) != JSON_PARSED) {
        world_fail(world, "an event is no JSON: %.*s", STR_ARG(line));
        return;
    }
    type = json_get_str(doc.root, "type");
    execution = json_u64_or(json_get(doc.root, "execution"), 0);
    call = json_u64_or(json_get(doc.root, "call"), 0);
    if (str_starts(type, STR("call.")) && call)
        *VEC_PUSH(&world->trace) = str_printf(
            world->arena, "[%4lld] call %llu %.*s%.*s", (long long)(at_ms - world->start_ms),
            (unsigned long long)call, STR_ARG(str_slice(type, 5, type.len)),
            STR_ARG(event_extra(world, doc.root)));
    else if (str_starts(type, STR("execution.")))
        *VEC_PUSH(&world->trace) = str_printf(
            world->arena, "[%4lld] execution %llu %.*s%.*s", (long long)(at_ms - world->start_ms),
            (unsigned long long)execution_number(world, execution),
            STR_ARG(str_slice(type, 10, type.len)), STR_ARG(event_extra(world, doc.root)));
    else
        *VEC_PUSH(&world->trace) =
            str_printf(world->arena, "[%4lld] %.*s%.*s", (long long)(at_ms - world->start_ms),
                       STR_ARG(type), STR_ARG(event_extra(world, doc.root)));
}

struct world *world_new(uint64_t seed)
{
    struct arena *arena = arena_new(0);
    struct world *world = ARENA_NEW(arena, struct world);

    world->arena = arena;
    world->seed = seed;
    sim_new(seed);
    sim_env("WRIT_HOME", WORLD_DATA);
    if (loop_new(&world->loop) < 0)
        UNREACHABLE("no loop");
    return world;
}

static void daemon_drop(struct world *world)
{
    world_worker_drop(world);
    world_egress_drop(world);
    world->daemon = daemon_free(world->daemon);
    world->daemon_loop = loop_free(world->daemon_loop);
}

void world_free(struct world *world)
{
    for (size_t i = 0; i < world->clients.count; i++)
        world_client_close(world, world->clients.at[i]);
    daemon_drop(world);
    (void)loop_free(world->loop);
    VEC_FINI(&world->upstreams);
    for (size_t i = 0; i < world->tools.count; i++)
        VEC_FINI(&world->tools.at[i].held);
    VEC_FINI(&world->tools);
    VEC_FINI(&world->clients);
    VEC_FINI(&world->results);
    VEC_FINI(&world->trace);
    map_fini(&world->programs);
    map_fini(&world->executions);
    buf_fini(&world->heard);
    sim_end();
    (void)arena_free(world->arena);
}

/* One start. False: a planned crash came while it was starting. */
static bool daemon_start(struct world *world)
{
    const struct daemon_options options = {
        .build = STR(WRIT_VERSION),
        .data = WORLD_DATA,
        .run = WORLD_RUN,
        .socket = WORLD_SOCKET,
        .keeper_fd = -1,
        .trace = on_trace,
        .trace_context = world,
    };
    struct str sentence = STR("");
    int r;

    world->starts++;
    sim_disk_room(UINT64_MAX); /* Nothing starts on a full disk: somebody made room. */
    if (loop_new(&world->daemon_loop) < 0)
        UNREACHABLE("no loop");
    r = daemon_new(world->daemon_loop, &options, world->arena, &world->daemon, &sentence);
    if (r != 0) {
        if (!sim_crashed())
            world_fail(world, "the daemon does not start (%d): %.*s", r, STR_ARG(sentence));
        world->daemon_loop = loop_free(world->daemon_loop);
        return false;
    }
    world_worker_up(world);
    world_egress_up(world);
    return true;
}

static void parties_turn(struct world *world)
{
    struct loop_ready *ready;

    if (loop_run_once(world->loop, 0) < 0)
        return;
    while ((ready = loop_next(world->loop)))
        switch ((enum world_ready)ready->kind) {
        case WORLD_WORKER:
            world_worker_ready(world);
            break;
        case WORLD_EGRESS:
            world_egress_ready(world);
            break;
        case WORLD_STREAM:
            world_client_ready(world, container_of(ready, struct world_client, ready));
            break;
        case WORLD_LINK:
        case WORLD_API:
            break;
        }
    world_egress_tick(world);
    (void)!loop_run_once(world->loop, 0);
}

static void restart(struct world *world)
{
    /* What the kernel had taken before still reaches whoever reads. */
    parties_turn(world);
    do {
        sim_restart(world->power_cuts ? SIM_POWER_CUT : SIM_KILLED);
        sim_crash_at(0);
        world->crashes++;
    } while (!daemon_start(world) && !world->failed && world->starts < WORLD_STARTS_MAX);
    for (size_t i = 0; i < world->clients.count && !world->failed; i++)
        if (!world->clients.at[i]->gone)
            world_client_reconnect(world, world->clients.at[i]);
}

void world_crash(struct world *world, bool power)
{
    bool cuts = world->power_cuts;

    world->power_cuts = power;
    sim_crash();
    daemon_drop(world);
    restart(world);
    world->power_cuts = cuts;
    world_settle(world);
}

void world_settle(struct world *world)
{
    uint64_t before;
    int quiet = 0;

    for (int rounds = 0; quiet < 6 && !world->failed; rounds++) {
        before = world->activity + world->trace.count;
        if (!world->daemon || daemon_turn(world->daemon, 0) < 0 || sim_crashed()) {
            if (!sim_crashed()) {
                char trail[512];

                err_print(trail, sizeof(trail));
                world_fail(world, "the daemon ended by itself: %s", trail);
                return;
            }
            daemon_drop(world);
            restart(world);
        }
        parties_turn(world);
        quiet = before == world->activity + world->trace.count ? quiet + 1 : 0;
        if (rounds > WORLD_ROUNDS_MAX)
            world_fail(world, "the world does not come to rest");
    }
}

void world_advance(struct world *world, int64_t ms)
{
    int64_t longest = ms / 200 > 50 ? ms / 200 : 50;

    while (ms > 0 && !world->failed) {
        int64_t step = ms < longest ? ms : longest;

        sim_advance_ms(step);
        ms -= step;
        world_settle(world);
    }
}

static void source_add(struct world *world, struct str name)
{
    const struct catalog_source *source;
    char digest[DIGEST_HEX_LEN];

    world_api(world, true, "POST", STR("/v1/sources"),
              str_printf(world->arena,
                         "{\"name\":\"%.*s\",\"command\":[\"scripted\"],\"wait\":false}",
                         STR_ARG(name)));
    world_settle(world);
    source =
        world->daemon ? catalog_source_named(core_catalog(daemon_core(world->daemon)), name) : NULL;
    if (!source) {
        world_fail(world, "the source %.*s was not added: %.*s", STR_ARG(name),
                   STR_ARG(world->api_text));
        return;
    }
    digest_hex(&source->digest, digest);
    world_api(world, true, "POST",
              str_printf(world->arena, "/v1/sources/%.*s/approve", STR_ARG(name)),
              str_printf(world->arena, "{\"digest\":\"%.*s\"}", (int)DIGEST_HEX_LEN, digest));
    if (world->api_status != 200)
        world_fail(world, "the source %.*s was not approved: %.*s", STR_ARG(name),
                   STR_ARG(world->api_text));
}

void world_start(struct world *world)
{
    if (!daemon_start(world) || world->failed)
        return;
    world->start_ms = clock_now_ms();
    world_settle(world);
    for (size_t i = 0; i < world->tools.count && !world->failed; i++) {
        bool before = false;

        for (size_t j = 0; j < i; j++)
            before = before || str_equal(world->tools.at[j].source, world->tools.at[i].source);
        if (!before)
            source_add(world, world->tools.at[i].source);
    }
    if (world->policy.ptr && !world->failed)
        world_api(world, true, "POST", STR("/v1/policy"), world->policy);
    world->start_ms = clock_now_ms();
    world->trace.count = 0;
    world->operations_before = sim_disk_operations();
}

void world_replay(struct world *world, struct buf *out)
{
    struct core *core CLEANUP(core_free) = core_new();
    struct arena *turn CLEANUP(arena_free) = arena_new(0);
    struct disk *disk CLEANUP(disk_close) = NULL;
    struct log_reader *reader CLEANUP(log_reader_close) = NULL;
    struct log_trouble trouble = { 0 };
    struct log_line line;
    int r;

    if (disk_open(WORLD_DATA, DISK_READ, &disk) != 0 ||
        log_reader_open(disk, 1, world->arena, &reader, &trouble) != 0) {
        world_fail(world, "the log cannot be read");
        return;
    }
    while ((r = log_reader_next(reader, &line, &trouble)) == LOG_LINE) {
        if (!core_replay(core, line.seq, line.at_ms, line.events, turn)) {
            world_fail(world, "line %llu of the log cannot have happened",
                       (unsigned long long)line.seq);
            return;
        }
        core_sweep(core);
        arena_reset(turn);
    }
    if (r != LOG_END)
        world_fail(world, "the log is damaged");
    core_print(core, out);
}
