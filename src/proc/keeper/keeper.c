/*
 * The keeper's turn, and its end.
 *
 * Ending, in order: the daemon is told, finishes its log and ends; then the children and all
 * other processes are ended; then we end. Whoever does not end in time is killed.
 */
#include "proc/keeper/internal.h"

#include "sys/clock.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

void keeper__send(struct link *link, uint16_t type, uint64_t id, struct str payload)
{
    const struct wire_frame frame = { .type = type, .id = id, .payload = payload };

    if (link)
        (void)!link_send(link, &frame); /* A closed link is seen where it is read. */
}

void keeper__tell(struct keeper *keeper, struct str line)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    if (keeper->told)
        return;
    keeper->told = true;
    if (keeper->detach)
        keeper__detach_end(keeper->detach, keeper->exit);
    if (!str_is(line, "ready"))
        (void)fprintf(stderr, "keeper: %.*s\n", STR_ARG(line));
    if (keeper->options->ready_fd < 0)
        return;
    buf_add_str(&text, line);
    buf_add_char(&text, '\n');
    (void)!write(keeper->options->ready_fd, text.ptr, text.len); /* Nobody waits any more. */
    (void)close(keeper->options->ready_fd);
}

void keeper__stop(struct keeper *keeper, struct str reason)
{
    const struct msg_shutdown shutdown = { .reason = reason };
    BUF_CLEANUP struct buf payload = BUF_INIT;

    if (keeper->stopping) { /* Asked again: at once. */
        keeper->over = true;
        return;
    }
    keeper->stopping = true;
    if (!keeper->daemon || !keeper__daemon_part(keeper)->proc) {
        keeper->over = true;
        return;
    }
    msg_shutdown_encode(&shutdown, &payload);
    keeper__send(keeper->daemon, MSG_SHUTDOWN, 0, buf_str(&payload));
    keeper->grace = loop_timer_new(keeper->loop, &keeper->grace_ready);
    loop_timer_set(keeper->grace, clock_mono_ns() + KEEPER_GRACE_MS * 1000000LL);
}

/* --- What it accepts --------------------------------------------------------------------- */

static bool on_child_start(struct keeper *keeper, const struct wire_frame *frame)
{
    struct msg_child_start start;

    if (!msg_child_start_decode(frame->payload, keeper->turn, &start))
        return false;
    keeper__child_start(keeper, &start);
    return true;
}

static bool on_child_stop(struct keeper *keeper, const struct wire_frame *frame)
{
    struct msg_child_stop stop;

    if (!msg_child_stop_decode(frame->payload, keeper->turn, &stop))
        return false;
    keeper__child_stop(keeper, stop.child);
    return true;
}

static bool on_shutdown(struct keeper *keeper, const struct wire_frame *frame)
{
    struct msg_shutdown shutdown;

    if (!msg_shutdown_decode(frame->payload, keeper->turn, &shutdown))
        return false;
    if (!keeper->stopping)
        keeper__stop(keeper, shutdown.reason);
    return true;
}

static bool on_worker_more(struct keeper *keeper, const struct wire_frame *frame)
{
    struct msg_worker_more more;

    if (!msg_worker_more_decode(frame->payload, keeper->turn, &more))
        return false;
    if (more.pid)
        keeper__worker_end(keeper, (int32_t)more.pid);
    else
        keeper__worker_more(keeper);
    return true;
}

static bool on_process_want(struct keeper *keeper, const struct wire_frame *frame)
{
    struct msg_process_want want;

    return msg_process_want_decode(frame->payload, keeper->turn, &want) &&
           keeper__part_want(keeper, want.kind);
}

static void start_rest(struct keeper *keeper)
{
    if (!keeper->daemon)
        return; /* They start when the next one is ready. */
    keeper__rest_start(keeper);
    keeper__strays();
}

static bool on_daemon_ready(struct keeper *keeper, const struct wire_frame *frame)
{
    struct msg_daemon_ready ready;

    if (!msg_daemon_ready_decode(frame->payload, keeper->turn, &ready))
        return false;
    if (ready.error.len) {
        /* Once it ran, what may pass by itself is tried again, ever later. */
        if (keeper->told && ready.exit == KEEPER_EXIT_AGAIN)
            return true;
        keeper->exit = ready.exit ? (int)ready.exit : KEEPER_EXIT_INTERNAL;
        keeper__tell(keeper, ready.error);
    } else if (keeper->told) {
        start_rest(keeper);
    } else {
        keeper__tell(keeper, STR("ready"));
        loop_timer_set(keeper->rest, clock_mono_ns() + KEEPER_REST_MS * 1000000LL);
    }
    return true;
}

static const struct accepted {
    uint16_t type;
    bool (*handle)(struct keeper *keeper, const struct wire_frame *frame);
} accepted_of_daemon[] = {
    { MSG_CHILD_START, on_child_start },   { MSG_CHILD_STOP, on_child_stop },
    { MSG_SHUTDOWN, on_shutdown },         { MSG_WORKER_MORE, on_worker_more },
    { MSG_DAEMON_READY, on_daemon_ready }, { MSG_PROCESS_WANT, on_process_want },
};

/* A daemon that says what is not accepted is ended like one that died. */
void keeper__daemon_drain(struct keeper *keeper)
{
    struct wire_frame frame;

    while (keeper->daemon && link_next(keeper->daemon, &frame) == LINK_FRAME) {
        bool taken = false;

        for (size_t i = 0; i < ARRAY_COUNT(accepted_of_daemon); i++)
            if (accepted_of_daemon[i].type == frame.type)
                taken = accepted_of_daemon[i].handle(keeper, &frame);
        if (!taken && keeper__daemon_part(keeper)->proc) {
            (void)fprintf(stderr, "keeper: message %u of the daemon is not accepted\n", frame.type);
            proc_kill(keeper__daemon_part(keeper)->proc, SIGKILL);
            return;
        }
    }
}

/* Its end is seen by its process. */
static void drain_egress(struct keeper *keeper)
{
    struct msg_child_again again;
    struct wire_frame frame;

    while (keeper->egress && link_next(keeper->egress, &frame) == LINK_FRAME) {
        if (frame.type == MSG_CHILD_AGAIN &&
            msg_child_again_decode(frame.payload, keeper->turn, &again))
            keeper__child_again(keeper, again.child);
        else
            (void)fprintf(stderr, "keeper: message %u of egress is not accepted\n", frame.type);
    }
}

/* It has nothing to say to us. Its end is seen by its process. */
static void drain_net(struct keeper *keeper)
{
    struct wire_frame frame;

    while (keeper->net && link_next(keeper->net, &frame) == LINK_FRAME)
        (void)fprintf(stderr, "keeper: message %u of egress-net is not accepted\n", frame.type);
}

static void drain_vault(struct keeper *keeper)
{
    struct msg_vault_opened opened;
    struct wire_frame frame;

    while (keeper->vault && link_next(keeper->vault, &frame) == LINK_FRAME)
        if (frame.type == MSG_VAULT_OPENED &&
            msg_vault_opened_decode(frame.payload, keeper->turn, &opened))
            keeper__secret_opened(keeper, frame.id, &opened);
}

/* --- The turn ---------------------------------------------------------------------------- */

static void on_ready(struct keeper *keeper, struct loop_ready *ready)
{
    switch ((enum keeper_ready)ready->kind) {
    case KEEPER_READY_DAEMON:
        keeper__daemon_drain(keeper);
        break;
    case KEEPER_READY_EGRESS:
        drain_egress(keeper);
        break;
    case KEEPER_READY_VAULT:
        drain_vault(keeper);
        break;
    case KEEPER_READY_NET:
        drain_net(keeper);
        break;
    case KEEPER_READY_PART:
        keeper__part_ended(keeper, container_of(ready, struct keeper_part, ready));
        break;
    case KEEPER_READY_PART_TIMER:
        keeper__part_again(keeper, container_of(ready, struct keeper_part, timer_ready));
        break;
    case KEEPER_READY_CHILD:
        keeper__child_ended(keeper, container_of(ready, struct keeper_child, ready));
        break;
    case KEEPER_READY_CHILD_TIMER:
        keeper__child_overdue(container_of(ready, struct keeper_child, timer_ready));
        break;
    case KEEPER_READY_TERM:
        keeper__stop(keeper, STR("SIGTERM"));
        break;
    case KEEPER_READY_INT:
        keeper__stop(keeper, STR("SIGINT"));
        break;
    case KEEPER_READY_ORPHAN:
        keeper__orphans(keeper);
        break;
    case KEEPER_READY_GRACE:
        keeper->over = true;
        break;
    case KEEPER_READY_REST:
        start_rest(keeper);
        break;
    }
}

static int start(struct keeper *keeper)
{
    int r = loop_new(&keeper->loop);

    if (r == 0)
        r = loop_signal(keeper->loop, SIGTERM, &keeper->term_ready);
    if (r == 0)
        r = loop_signal(keeper->loop, SIGINT, &keeper->int_ready);
    if (r == 0)
        r = loop_signal(keeper->loop, SIGCHLD, &keeper->orphan_ready);
    if (r < 0)
        return TRACE(r);
    keeper->rest = loop_timer_new(keeper->loop, &keeper->rest_ready);
    keeper__parts_init(keeper);
    keeper__parts_start(keeper);
    return 0;
}

/* The daemon has ended, or its time is over. What children there are get theirs. */
static int finish(struct keeper *keeper)
{
    int64_t until_ns = clock_mono_ns() + KEEPER_CHILD_GRACE_MS * 1000000LL;

    keeper->stopping = true;
    keeper__children_stop(keeper);
    keeper__parts_free(keeper);
    while (keeper->children.count && clock_mono_ns() < until_ns) {
        struct loop_ready *ready;
        int r = loop_run_once(keeper->loop, 100);

        if (r < 0)
            return TRACE(r);
        while ((ready = loop_next(keeper->loop)))
            if (ready->kind == KEEPER_READY_CHILD)
                keeper__child_ended(keeper, container_of(ready, struct keeper_child, ready));
    }
    keeper__children_kill(keeper);
    map_fini(&keeper->children);
    map_fini(&keeper->waiting);
    keeper__plans_free(keeper);
    keeper->grace = loop_timer_free(keeper->grace);
    keeper->rest = loop_timer_free(keeper->rest);
    keeper->loop = loop_free(keeper->loop);
    return 0;
}

int keeper__run(struct keeper *keeper)
{
    int r = start(keeper);

    while (r == 0 && !keeper->over) {
        struct loop_ready *ready;

        r = loop_run_once(keeper->loop, -1);
        if (r < 0)
            return TRACE(r);
        arena_reset(keeper->turn);
        while (!keeper->over && (ready = loop_next(keeper->loop)))
            on_ready(keeper, ready);
    }
    if (r == 0)
        r = finish(keeper);
    return r < 0 ? TRACE(r) : 0;
}
