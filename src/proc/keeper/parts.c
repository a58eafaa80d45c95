/*
 * Our own processes: how each is started, what becomes of its links, and what its death means.
 *
 *     daemon   everybody else is ended, and all are started again
 *     egress   the vault and all children are ended with it; egress and vault are started again
 *     vault    is started again; daemon and egress get new links
 *     web, worker   is started again; the daemon gets a new link
 *     egress_net    is started again once it was wanted; daemon and vault get new links
 *     compile       is started when it is wanted, and not again
 */
#include "proc/keeper/internal.h"

#include "sys/clock.h"
#include "sys/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORKER_FIRST MSG_PROCESS_KIND_COUNT

static struct keeper_part *part_of(struct keeper *keeper, enum msg_process_kind kind)
{
    CHECK(kind != MSG_PROCESS_KIND_WORKER);
    return &keeper->parts[kind];
}

static bool is_on_demand(enum msg_process_kind kind)
{
    return kind == MSG_PROCESS_KIND_EGRESS_NET || kind == MSG_PROCESS_KIND_COMPILE;
}

struct keeper_part *keeper__daemon_part(struct keeper *keeper)
{
    return part_of(keeper, MSG_PROCESS_KIND_DAEMON);
}

void keeper__parts_init(struct keeper *keeper)
{
    for (size_t i = 0; i < KEEPER_PARTS; i++) {
        struct keeper_part *part = &keeper->parts[i];

        part->kind = i < WORKER_FIRST ? (enum msg_process_kind)i : MSG_PROCESS_KIND_WORKER;
        part->ready.kind = KEEPER_READY_PART;
        part->timer_ready.kind = KEEPER_READY_PART_TIMER;
        part->timer = loop_timer_new(keeper->loop, &part->timer_ready);
        part->extra = i >= WORKER_FIRST + keeper->options->workers;
        part->wanted = i < WORKER_FIRST
                           ? part->kind != MSG_PROCESS_KIND_WORKER && !is_on_demand(part->kind)
                           : !part->extra;
    }
}

/* --- Starting ---------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    return clock_mono_ns() / 1000000;
}

static const char *env_copy(struct keeper *keeper, const char *name)
{
    const char *value = paths_env(name);

    return value ? str_printf(keeper->turn, "%s=%s", name, value).ptr : NULL;
}

/* The daemon finds its folders by these; nobody else gets any. */
static const char *const *part_env(struct keeper *keeper, const struct keeper_part *part)
{
    static const char *const names[] = { "WRIT_HOME", "HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
                                         "XDG_CONFIG_HOME" };
    const char **env = ARENA_ARRAY(keeper->turn, const char *, ARRAY_COUNT(names) + 1);
    size_t count = 0;

    for (size_t i = 0; part->kind == MSG_PROCESS_KIND_DAEMON && i < ARRAY_COUNT(names); i++) {
        const char *one = env_copy(keeper, names[i]);

        if (one)
            env[count++] = one;
    }
    return env;
}

static const char *const *part_argv(struct keeper *keeper, const struct keeper_part *part)
{
    const char **argv = ARENA_ARRAY(keeper->turn, const char *, 8);
    struct str name = msg_process_kind_name(part->kind);
    size_t count = 0;

    argv[count++] = str_printf(keeper->turn, "writ-%.*s", STR_ARG(name)).ptr;
    if (part->kind == MSG_PROCESS_KIND_DAEMON) {
        if (keeper->options->http) {
            argv[count++] = "--http";
            argv[count++] = keeper->options->http;
        }
        if (part->restarts) {
            argv[count++] = "--restarts";
            argv[count++] = str_printf(keeper->turn, "%u", part->restarts).ptr;
        }
    }
    if (part->kind == MSG_PROCESS_KIND_VAULT) {
        argv[count++] = "--folder";
        argv[count++] = str_printf(keeper->turn, "%s/vault", keeper->options->data).ptr;
    }
    return argv;
}

/* The file beside us: egress_net is egress-net. */
static const char *part_file(struct keeper *keeper, const struct keeper_part *part)
{
    struct str name = str_copy(keeper->turn, msg_process_kind_name(part->kind));

    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] == '_')
            ((char *)(uintptr_t)name.ptr)[i] = '-';
    return str_printf(keeper->turn, "%s/%.*s", keeper->options->folder, STR_ARG(name)).ptr;
}

/* fds: what it gets as descriptors 3, 4 and 5; borrowed. */
static int part_spawn(struct keeper *keeper, struct keeper_part *part, const int *fds, size_t count)
{
    struct proc_fd given[5] = { { 2, 2 }, { 2, 1 } };
    struct proc_plan plan = {
        .file = part_file(keeper, part),
        .argv = part_argv(keeper, part),
        .env = part_env(keeper, part),
        .folder = "/",
        .fds = given,
        .fd_count = 2 + count,
        /* One each costs 2 ms, priorities may count only within one, and ours has no terminal. */
        .terminal = keeper->options->detached,
    };
    int r;

    for (size_t i = 0; i < count; i++)
        given[2 + i] = (struct proc_fd){ fds[i], (int)(3 + i) };
    part->started_ms = now_ms();
    part->number++;
    r = proc_spawn(keeper->loop, &plan, &part->ready, &part->proc);
    if (r < 0)
        (void)fprintf(stderr, "keeper: cannot start %s: %s\n", plan.file, strerror(-r));
    return r;
}

/* Tells one process of another: the descriptor, which is taken, is their link. */
static void introduce(struct link *to, const struct keeper_part *part, int fd)
{
    const struct msg_process_started started = {
        .kind = part->kind,
        .pid = part->proc ? proc_pid(part->proc) : 0,
        .number = part->number,
        .extra = part->extra,
    };
    BUF_CLEANUP struct buf payload = BUF_INIT;
    struct wire_frame frame = { .type = MSG_PROCESS_STARTED };

    msg_process_started_encode(&started, &payload);
    frame.payload = buf_str(&payload);
    if (to) {
        (void)!link_send_fds(to, &frame, &fd, 1); /* A closed link is seen where it is read. */
        link_flush(to); /* They get to know each other while we start the next. */
    }
    (void)close(fd);
}

/* A part with the daemon on 3: web, worker, compile. */
static int start_simple(struct keeper *keeper, struct keeper_part *part)
{
    int ends[2];
    int r = link_pair(ends);

    if (r < 0)
        return TRACE(r);
    r = part_spawn(keeper, part, &ends[1], 1);
    (void)close(ends[1]);
    if (r < 0)
        (void)close(ends[0]);
    else
        introduce(keeper->daemon, part, ends[0]);
    return r;
}

/* Tells two parts of each other. Nothing if either has no link with us. */
static int join(struct keeper_part *one, struct link *to_one, struct keeper_part *other,
                struct link *to_other)
{
    int ends[2];
    int r;

    if (!to_one || !to_other)
        return 0;
    r = link_pair(ends);
    if (r < 0)
        return TRACE(r);
    introduce(to_one, other, ends[0]);
    introduce(to_other, one, ends[1]);
    return 0;
}

static int join_net_with_vault(struct keeper *keeper)
{
    return join(part_of(keeper, MSG_PROCESS_KIND_EGRESS_NET), keeper->net,
                part_of(keeper, MSG_PROCESS_KIND_VAULT), keeper->vault);
}

#define VAULT_LINKS 3U

static int start_vault(struct keeper *keeper, struct keeper_part *part)
{
    int ours[VAULT_LINKS] = { -1, -1, -1 };
    int its[VAULT_LINKS] = { -1, -1, -1 };
    size_t made;
    int r = 0;

    keeper->vault = link_free(keeper->vault);
    for (made = 0; made < VAULT_LINKS && r == 0; made++) {
        int ends[2];

        r = link_pair(ends);
        if (r < 0)
            break;
        ours[made] = ends[0];
        its[made] = ends[1];
    }
    if (r == 0)
        r = part_spawn(keeper, part, its, VAULT_LINKS);
    for (size_t i = 0; i < made; i++) {
        (void)close(its[i]);
        if (r < 0)
            (void)close(ours[i]);
    }
    if (r < 0)
        return r;
    introduce(keeper->daemon, part, ours[0]);
    introduce(keeper->egress, part, ours[1]);
    r = link_new(keeper->loop, ours[2], &keeper->vault_ready, &keeper->vault);
    return r == 0 ? join_net_with_vault(keeper) : r;
}

/* A part with us on 3: daemon, egress, egress_net. */
static int start_linked(struct keeper *keeper, struct keeper_part *part, struct loop_ready *ready,
                        struct link **link)
{
    int ends[2];
    int r = link_pair(ends);

    *link = link_free(*link);
    if (r < 0)
        return TRACE(r);
    r = part_spawn(keeper, part, &ends[1], 1);
    (void)close(ends[1]);
    if (r == 0)
        r = link_new(keeper->loop, ends[0], ready, link);
    else
        (void)close(ends[0]);
    return r;
}

static int start_egress(struct keeper *keeper, struct keeper_part *part)
{
    int r = start_linked(keeper, part, &keeper->egress_ready, &keeper->egress);

    if (r < 0)
        return r;
    return join(part, keeper->egress, keeper__daemon_part(keeper), keeper->daemon);
}

static int start_net(struct keeper *keeper, struct keeper_part *part)
{
    int r = start_linked(keeper, part, &keeper->net_ready, &keeper->net);

    if (r == 0)
        r = join(part, keeper->net, keeper__daemon_part(keeper), keeper->daemon);
    return r == 0 ? join_net_with_vault(keeper) : r;
}

static void tell_ended(struct keeper *keeper, const struct keeper_part *part, int32_t pid,
                       struct proc_end end)
{
    const struct msg_process_ended ended = {
        .kind = part->kind,
        .pid = pid,
        .status = end.signal ? end.signal : end.code << 8,
        .restarts = part->restarts,
    };
    BUF_CLEANUP struct buf payload = BUF_INIT;

    msg_process_ended_encode(&ended, &payload);
    keeper__send(keeper->daemon, MSG_PROCESS_ENDED, 0, buf_str(&payload));
}

static void part_later(struct keeper *keeper, struct keeper_part *part)
{
    int64_t delay_ms = 0;

    (void)keeper;
    for (uint32_t i = 1; i < part->restarts && delay_ms < KEEPER_DELAY_MAX; i++)
        delay_ms = delay_ms ? delay_ms * 2 : KEEPER_DELAY_MS;
    if (delay_ms > KEEPER_DELAY_MAX)
        delay_ms = KEEPER_DELAY_MAX;
    loop_timer_set(part->timer, clock_mono_ns() + delay_ms * 1000000);
}

static int part_try(struct keeper *keeper, struct keeper_part *part)
{
    switch (part->kind) {
    case MSG_PROCESS_KIND_DAEMON:
        return start_linked(keeper, part, &keeper->daemon_ready, &keeper->daemon);
    case MSG_PROCESS_KIND_EGRESS:
        return start_egress(keeper, part);
    case MSG_PROCESS_KIND_EGRESS_NET:
        return start_net(keeper, part);
    case MSG_PROCESS_KIND_VAULT:
        return start_vault(keeper, part);
    case MSG_PROCESS_KIND_WEB:
    case MSG_PROCESS_KIND_WORKER:
    case MSG_PROCESS_KIND_COMPILE:
        return start_simple(keeper, part);
    }
    UNREACHABLE("a part outside its enum");
}

/* Nothing was ever ready, and nothing will be. */
static void give_up(struct keeper *keeper, enum keeper_exit code, struct str sentence)
{
    keeper->exit = (int)code;
    keeper__tell(keeper, sentence);
    keeper->over = true;
}

/* It could not even be executed. A file that is not there will not come by waiting. */
static void part_failed(struct keeper *keeper, struct keeper_part *part, int fault)
{
    struct str name = msg_process_kind_name(part->kind);
    bool missing = fault == -ENOENT || fault == -EACCES || fault == -ENOEXEC;

    part->restarts++;
    part_later(keeper, part);
    if (!keeper->told && missing)
        give_up(keeper, KEEPER_EXIT_NO_DAEMON,
                str_printf(keeper->turn,
                           "one of Writ's programs is missing or cannot be run: %s/%.*s: %s; "
                           "install Writ again",
                           keeper->options->folder, STR_ARG(name), strerror(-fault)));
    else if (!keeper->told && part->restarts >= KEEPER_FIRST_DEATHS_MAX)
        give_up(keeper, KEEPER_EXIT_INTERNAL,
                str_printf(keeper->turn, "the part %.*s cannot be started: %s", STR_ARG(name),
                           strerror(-fault)));
}

static void part_start(struct keeper *keeper, struct keeper_part *part)
{
    int r;

    if (!part->wanted || part->proc || keeper->stopping)
        return;
    r = part_try(keeper, part);
    if (r < 0 && !part->proc && is_on_demand(part->kind)) {
        /* Whoever wanted it hears so, and may want it again. */
        part->wanted = false;
        tell_ended(keeper, part, 0, (struct proc_end){ .ended = true, .code = 127 });
        return;
    }
    if (r < 0 && !part->proc)
        part_failed(keeper, part, r);
}

static void workers_start(struct keeper *keeper)
{
    for (size_t i = WORKER_FIRST; i < KEEPER_PARTS; i++)
        part_start(keeper, &keeper->parts[i]);
}

void keeper__parts_start(struct keeper *keeper)
{
    part_start(keeper, part_of(keeper, MSG_PROCESS_KIND_DAEMON));
    if (!keeper->daemon)
        return;
    part_start(keeper, part_of(keeper, MSG_PROCESS_KIND_WEB));
    part_start(keeper, &keeper->parts[WORKER_FIRST]);
    if (keeper->told)
        workers_start(keeper); /* Before that they would be in the way of who is waited for. */
}

void keeper__rest_start(struct keeper *keeper)
{
    part_start(keeper, part_of(keeper, MSG_PROCESS_KIND_EGRESS));
    part_start(keeper, part_of(keeper, MSG_PROCESS_KIND_VAULT));
    workers_start(keeper);
}

/* --- Ending ------------------------------------------------------------------------------ */

static void vault_gone(struct keeper *keeper)
{
    keeper->vault = link_free(keeper->vault);
    keeper__secret_lost(keeper);
}

static void part_kill(struct keeper_part *part)
{
    if (is_on_demand(part->kind))
        part->wanted = part->again = false; /* A new daemon asks for itself. */
    part->proc = proc_free(part->proc);
    loop_timer_stop(part->timer);
}

void keeper__parts_kill(struct keeper *keeper)
{
    for (size_t i = 0; i < KEEPER_PARTS; i++)
        if (keeper->parts[i].kind != MSG_PROCESS_KIND_DAEMON)
            part_kill(&keeper->parts[i]);
    keeper->egress = link_free(keeper->egress);
    keeper->net = link_free(keeper->net);
    vault_gone(keeper);
}

void keeper__parts_free(struct keeper *keeper)
{
    keeper__parts_kill(keeper);
    part_kill(keeper__daemon_part(keeper));
    keeper->daemon = link_free(keeper->daemon);
    for (size_t i = 0; i < KEEPER_PARTS; i++)
        keeper->parts[i].timer = loop_timer_free(keeper->parts[i].timer);
}

static void daemon_ended(struct keeper *keeper, struct keeper_part *part)
{
    keeper__daemon_drain(keeper); /* It may have said why. */
    keeper->daemon = link_free(keeper->daemon);
    keeper__children_kill(keeper);
    keeper__parts_kill(keeper);
    if (keeper->stopping || (keeper->told && keeper->exit)) {
        keeper->over = true;
        return;
    }
    if (!keeper->told && part->restarts >= KEEPER_FIRST_DEATHS_MAX)
        give_up(keeper, KEEPER_EXIT_INTERNAL, STR("the part daemon ends before it is ready"));
    else
        part_later(keeper, part);
}

static void egress_ended(struct keeper *keeper, struct keeper_part *part)
{
    keeper->egress = link_free(keeper->egress);
    keeper__children_kill(keeper);
    vault_gone(keeper);
    part_kill(part_of(keeper, MSG_PROCESS_KIND_VAULT));
    part_later(keeper, part);
}

void keeper__part_ended(struct keeper *keeper, struct keeper_part *part)
{
    struct proc_end end = proc_end_get(part->proc);
    int32_t pid = proc_pid(part->proc);

    if (!end.ended)
        return;
    part->restarts = now_ms() - part->started_ms > KEEPER_SETTLED_MS ? 1 : part->restarts + 1;
    /* A worker that ends by itself, or is asked to, was used up: that is no fault of it. */
    if (part->kind == MSG_PROCESS_KIND_WORKER && (part->asked || end.code == 0))
        part->restarts = 0;
    part->proc = proc_free(part->proc);
    if (!keeper->stopping && !part->asked &&
        (end.code != 0 || part->kind == MSG_PROCESS_KIND_DAEMON))
        (void)fprintf(
            stderr, "keeper: %.*s ended, %s %d\n", STR_ARG(msg_process_kind_name(part->kind)),
            end.signal ? "by signal" : "with exit code", end.signal ? end.signal : end.code);
    if (part->kind == MSG_PROCESS_KIND_DAEMON) {
        daemon_ended(keeper, part);
        return;
    }
    part->asked = false;
    tell_ended(keeper, part, pid, end);
    if (part->kind == MSG_PROCESS_KIND_VAULT)
        vault_gone(keeper);
    if (part->kind == MSG_PROCESS_KIND_EGRESS_NET)
        keeper->net = link_free(keeper->net);
    if (part->kind == MSG_PROCESS_KIND_COMPILE) {
        part->wanted = part->again;
        part->again = false;
    }
    if (keeper->stopping || !part->wanted)
        return;
    if (!keeper->told && part->restarts >= KEEPER_FIRST_DEATHS_MAX)
        give_up(keeper, KEEPER_EXIT_INTERNAL,
                str_printf(keeper->turn, "the part %.*s ends before it is ready",
                           STR_ARG(msg_process_kind_name(part->kind))));
    else if (part->kind == MSG_PROCESS_KIND_EGRESS)
        egress_ended(keeper, part);
    else
        part_later(keeper, part);
}

void keeper__part_again(struct keeper *keeper, struct keeper_part *part)
{
    if (part->kind == MSG_PROCESS_KIND_DAEMON) {
        keeper__parts_start(keeper);
        return;
    }
    if (!keeper->daemon)
        return; /* It starts with the daemon. */
    part_start(keeper, part);
    if (part->kind == MSG_PROCESS_KIND_EGRESS)
        part_start(keeper, part_of(keeper, MSG_PROCESS_KIND_VAULT));
}

bool keeper__part_want(struct keeper *keeper, enum msg_process_kind kind)
{
    struct keeper_part *part;

    if (!is_on_demand(kind))
        return false;
    part = part_of(keeper, kind);
    part->again = part->proc;
    part->wanted = true;
    part_start(keeper, part);
    return true;
}

void keeper__worker_more(struct keeper *keeper)
{
    for (size_t i = WORKER_FIRST; i < KEEPER_PARTS; i++)
        if (!keeper->parts[i].wanted && !keeper->parts[i].proc) {
            keeper->parts[i].wanted = true;
            part_start(keeper, &keeper->parts[i]);
            return;
        }
}

void keeper__worker_end(struct keeper *keeper, int32_t pid)
{
    for (size_t i = WORKER_FIRST; i < KEEPER_PARTS; i++) {
        struct keeper_part *part = &keeper->parts[i];

        if (!part->proc || proc_pid(part->proc) != pid)
            continue;
        part->wanted = !part->extra;
        part->asked = true;
        proc_kill(part->proc, 9);
    }
}
