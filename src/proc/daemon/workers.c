/*
 * The workers: what they say, how many there are, and how each ends.
 *
 * There are as many as the keeper was started with. When each of them is busy one more is asked
 * for, so that whoever comes next finds one; a spare one that has nothing to do is ended. One
 * that is worn, or in which a program runs that nobody waits for, is ended too.
 *
 *     a worker that dies: its programs run again elsewhere; the one it died over, at most twice
 */
#include "proc/daemon/internal.h"

/* Calls of one report that make one line of the log, which has an end (LOG_LINE_MAX). */
#define DAEMON_CALLS_AT_ONCE 512U

void daemon__worker_up(struct daemon *daemon, struct daemon_worker *worker)
{
    worker->since_ms = daemon->now_ms;
    worker->depth = DAEMON_QUEUE_MAX;
    daemon->more_asked = false;
}

/* ---- reports ---- */

/* A report of very many calls is several: each of them makes more of the line than it is long. */
static void daemon_report_step(struct daemon *daemon, const struct msg_program_report *report)
{
    struct msg_program_report rest = *report;
    struct command command = { .type = COMMAND_REPORT };

    while (rest.calls_count > DAEMON_CALLS_AT_ONCE) {
        command.as.report = (struct msg_program_report){
            .execution = rest.execution,
            .delivered = rest.delivered,
            .state = MSG_REPORT_STATE_WAITING,
            .calls = rest.calls,
            .calls_count = DAEMON_CALLS_AT_ONCE,
            .emits = rest.emits,
            .emits_count = rest.emits_count,
            .more = true,
        };
        daemon__step(daemon, &command);
        rest.emits_count = 0; /* shown before its calls, as ever */
        rest.calls += DAEMON_CALLS_AT_ONCE;
        rest.calls_count -= DAEMON_CALLS_AT_ONCE;
    }
    command.as.report = rest;
    daemon__step(daemon, &command);
}

/* The head of the queue was answered: the next has its turn. False: nothing was asked so. */
static bool daemon_queue_next(struct daemon *daemon, struct daemon_worker *worker, uint64_t run)
{
    if (worker->queue.count == 0 || worker->queue.at[0].run != run)
        return false;
    worker->queue.count--;
    memmove(&worker->queue.at[0], &worker->queue.at[1],
            worker->queue.count * sizeof(*worker->queue.at));
    if (daemon->now_ms - worker->since_ms >= DAEMON_BEHIND_MS)
        worker->depth = 1;
    else if (worker->depth < DAEMON_QUEUE_MAX)
        worker->depth *= 2;
    worker->since_ms = daemon->now_ms;
    worker->busy = false;
    return true;
}

/* The rest of long journals. */
static void daemon_feed_rest(struct daemon *daemon, struct daemon_worker *worker)
{
    struct map_entry *entry;

    worker->behind = false;
    for (size_t at = 0; (entry = map_next(&daemon->slots, &at));) {
        struct daemon_slot *slot = entry->value;
        const struct execution *execution = core_execution(daemon->core, slot->execution);

        if (slot->worker == worker && !slot->ended && execution)
            daemon__feed_deliveries(daemon, slot, execution);
    }
}

void daemon__report_take(struct daemon *daemon, uint64_t run,
                         const struct msg_program_report *report)
{
    struct daemon_slot *slot = daemon__slot_find(daemon, report->execution);

    /* It was sent elsewhere since, or put away: what is said of that run is old. */
    if (!slot || slot->run != run || slot->owed == 0)
        return;
    slot->owed -= !report->more;
    slot->ended = report->state != MSG_REPORT_STATE_WAITING && !report->more;
    slot->deaths = 0;
    slot->round = 0; /* This was its turn. */
    daemon_report_step(daemon, report);
}

static bool daemon_report(struct daemon *daemon, struct daemon_worker *worker,
                          const struct wire_frame *frame, const struct msg_program_report *report)
{
    if (!report->more && !daemon_queue_next(daemon, worker, frame->id))
        return false;
    if (!daemon__search_report(daemon, frame, report))
        daemon__report_take(daemon, frame->id, report);
    if (worker->behind)
        daemon_feed_rest(daemon, worker);
    return true;
}

/* ---- the end of a worker ---- */

/* Its programs run again elsewhere; one that only waited, when something is given to it. */
static void daemon_worker_free(struct daemon *daemon, struct daemon_worker *worker,
                               uint64_t suspect)
{
    struct map_entry *entry;

    for (size_t i = 0; i < daemon->workers.count; i++)
        if (daemon->workers.at[i] == worker) {
            daemon->workers.at[i] = daemon->workers.at[--daemon->workers.count];
            break;
        }
    for (size_t at = 0; (entry = map_next(&daemon->slots, &at));) {
        struct daemon_slot *slot = entry->value;
        bool owed = slot->owed > 0;

        if (slot->worker != worker)
            continue;
        daemon__slot_leave(slot, false);
        if (slot->execution == suspect && ++slot->deaths >= DAEMON_DEATHS_MAX)
            continue;
        if (owed)
            daemon__line_add(daemon, slot);
    }
    worker->peer.link = link_free(worker->peer.link);
    VEC_FINI(&worker->queue);
    (void)heap_free(worker);
}

static void daemon_lost(struct daemon *daemon, uint64_t execution)
{
    struct command command = { .type = COMMAND_LOST };

    command.as.lost.execution = execution;
    command.as.lost.error = (struct msg_error){
        .code = STR("limit"),
        .message = STR("the program took its sandbox down twice: it ran out of time in one "
                       "built-in, or out of what a process may have; do less at once"),
    };
    daemon__step(daemon, &command);
}

static void daemon_worker_gone(struct daemon *daemon, struct daemon_worker *worker)
{
    struct daemon_sent head =
        worker->queue.count > 0 ? worker->queue.at[0] : (struct daemon_sent){ 0 };
    struct daemon_slot *slot = head.run ? daemon__slot_find(daemon, head.execution) : NULL;
    uint64_t suspect = slot && slot->run == head.run ? head.execution : 0;

    daemon_worker_free(daemon, worker, suspect);
    slot = suspect ? daemon__slot_find(daemon, suspect) : NULL;
    if (slot && slot->deaths >= DAEMON_DEATHS_MAX)
        daemon_lost(daemon, suspect);
}

static void daemon_keeper_more(struct daemon *daemon, int32_t pid)
{
    struct msg_worker_more more = { .pid = pid };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_worker_more_encode(&more, &payload);
    daemon__send(&daemon->keeper, MSG_WORKER_MORE, 0, buf_str(&payload));
}

void daemon__worker_end(struct daemon *daemon, struct daemon_worker *worker)
{
    daemon_keeper_more(daemon, worker->peer.pid);
    daemon_worker_free(daemon, worker, 0);
}

/* ---- what it says ---- */

static void daemon_busy(struct daemon *daemon, struct daemon_worker *worker, uint64_t run,
                        const struct msg_worker_busy *busy)
{
    struct daemon_slot *slot;

    if (worker->queue.count == 0 || worker->queue.at[0].run != run)
        return; /* It answered meanwhile. */
    worker->busy = true;
    worker->worn = worker->worn || busy->worn;
    slot = daemon__slot_find(daemon, worker->queue.at[0].execution);
    if (slot && slot->run == run)
        slot->heavy = slot->heavy || busy->worn;
}

/* LINK_NONE, or why the conversation ends. */
static int daemon_worker_frame(struct daemon *daemon, struct daemon_worker *worker,
                               const struct wire_frame *frame)
{
    struct msg_program_report report;
    struct msg_worker_ready ready;
    struct msg_worker_busy busy;

    if (frame->type == MSG_PROGRAM_REPORT &&
        msg_program_report_decode(frame->payload, daemon->turn, &report))
        return daemon_report(daemon, worker, frame, &report) ? LINK_NONE : LINK_BROKEN;
    if (frame->type == MSG_WORKER_BUSY &&
        msg_worker_busy_decode(frame->payload, daemon->turn, &busy)) {
        daemon_busy(daemon, worker, frame->id, &busy);
        return LINK_NONE;
    }
    if (frame->type == MSG_WORKER_READY &&
        msg_worker_ready_decode(frame->payload, daemon->turn, &ready)) {
        worker->warm = true;
        daemon->engine = ready.engine;
        daemon__look_ready(daemon);
        return LINK_NONE;
    }
    return LINK_BROKEN;
}

void daemon__worker_ready(struct daemon *daemon, struct daemon_worker *worker)
{
    struct wire_frame frame;
    int r;

    while ((r = link_next(worker->peer.link, &frame)) == LINK_FRAME) {
        r = daemon_worker_frame(daemon, worker, &frame);
        if (r != LINK_NONE)
            break;
    }
    if (r == LINK_CLOSED || r == LINK_BROKEN)
        daemon_worker_gone(daemon, worker);
}

/* ---- how many ---- */

/* What is at its head was cancelled, or went elsewhere, and it does not come to an end. */
static bool daemon_is_lost_in(const struct daemon *daemon, const struct daemon_worker *worker)
{
    const struct daemon_slot *slot;

    if (!worker->busy || worker->queue.count == 0)
        return false;
    slot = daemon__slot_find(daemon, worker->queue.at[0].execution);
    return !slot || slot->run != worker->queue.at[0].run;
}

static bool daemon_is_over(const struct daemon *daemon, const struct daemon_worker *worker)
{
    bool idle = worker->queue.count == 0 && worker->residents == 0;

    if (daemon_is_lost_in(daemon, worker))
        return true;
    if (!idle || !(worker->worn || worker->extra))
        return false;
    return worker->worn || daemon->now_ms - worker->since_ms > DAEMON_SPARE_MS;
}

/* Heavy programs beyond what may run at once are taken back, and wait. */
static bool daemon_is_too_many(const struct daemon_worker *worker, size_t worn)
{
    return worker->worn && worker->busy && worn > DAEMON_HEAVY_MAX;
}

static bool daemon_is_stuck(const struct daemon *daemon, const struct daemon_worker *worker)
{
    return worker->busy ||
           (worker->queue.count > 0 && daemon->now_ms - worker->since_ms > DAEMON_STUCK_MS);
}

void daemon__workers_tend(struct daemon *daemon)
{
    size_t worn = 0;
    size_t always = 0; /* that the keeper starts again */
    size_t light = 0;
    bool free = false;

    for (size_t i = 0; i < daemon->workers.count; i++)
        worn += daemon->workers.at[i]->worn;
    for (size_t i = daemon->workers.count; i-- > 0;) {
        struct daemon_worker *worker = daemon->workers.at[i];

        if (daemon_is_over(daemon, worker) || daemon_is_too_many(worker, worn)) {
            worn -= worker->worn;
            daemon__worker_end(daemon, worker);
            continue;
        }
        always += !worker->extra;
        light += !worker->worn;
        free = free || (!worker->worn && !daemon_is_stuck(daemon, worker));
    }
    if (free || daemon->more_asked || always == 0 || light >= always + DAEMON_SPARE_MAX ||
        daemon->workers.count >= DAEMON_WORKERS_MAX)
        return;
    daemon->more_asked = true;
    daemon_keeper_more(daemon, 0);
}
