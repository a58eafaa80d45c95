/*
 * Which worker gets which program.
 *
 *     happy path: program_start -> program_report -> program_deliver -> ... -> ended
 *
 * A program is pure: run twice it does the same, and only the core decides what its calls do. So
 * what waits behind one that takes long is taken back and runs elsewhere; if it had begun after
 * all, what is said of that run is not listened to.
 *
 * Programs that find no worker wait in the line, in turn by actor. A program over 50 ms of CPU is
 * heavy: it stays where it is, at the lowest priority; that worker gets no other and is ended
 * after it. So many heavy ones run at once that others always find a worker; the rest wait.
 */
#include "proc/daemon/internal.h"

struct daemon_slot *daemon__slot_find(const struct daemon *daemon, uint64_t execution)
{
    return map_find_u64(&daemon->slots, execution);
}

/* ---- which worker ---- */

static bool daemon_is_behind(const struct daemon *daemon, const struct daemon_worker *worker)
{
    return worker->busy ||
           (worker->queue.count > 0 && daemon->now_ms - worker->since_ms > DAEMON_BEHIND_MS);
}

static bool daemon_is_open(const struct daemon *daemon, const struct daemon_worker *worker)
{
    return worker->warm && worker->queue.count < worker->depth &&
           !daemon_is_behind(daemon, worker) &&
           link_queued(worker->peer.link) < LINK_QUEUED_MAX / 4;
}

static bool daemon_is_better(const struct daemon_worker *worker, const struct daemon_worker *best)
{
    if (!best || worker->queue.count != best->queue.count)
        return !best || worker->queue.count < best->queue.count;
    return worker->residents < best->residents;
}

/* The worker with the least before it, or NULL when all have enough, are behind or cold. */
static struct daemon_worker *daemon_worker_light(const struct daemon *daemon)
{
    struct daemon_worker *best = NULL;

    for (size_t i = 0; i < daemon->workers.count; i++) {
        struct daemon_worker *worker = daemon->workers.at[i];

        if (!worker->worn && daemon_is_open(daemon, worker) && daemon_is_better(worker, best))
            best = worker;
    }
    return best;
}

/* For a heavy program: a worn worker that has nothing to do, or one more worker to wear. */
static struct daemon_worker *daemon_worker_heavy(const struct daemon *daemon)
{
    size_t worn = 0;

    for (size_t i = 0; i < daemon->workers.count; i++) {
        struct daemon_worker *worker = daemon->workers.at[i];

        if (worker->worn && worker->queue.count == 0)
            return worker;
        worn += worker->worn;
    }
    return worn < DAEMON_HEAVY_MAX ? daemon_worker_light(daemon) : NULL;
}

/* ---- the line ---- */

static uint64_t daemon_actor_hash(struct str actor)
{
    uint64_t hash = 14695981039346656037ULL; /* FNV-1a */

    for (size_t i = 0; i < actor.len; i++)
        hash = (hash ^ (uint8_t)actor.ptr[i]) * 1099511628211ULL;
    return hash | 1;
}

/* The round in which it is the actor's turn again. */
static uint64_t daemon_round(struct daemon *daemon, struct str actor)
{
    uint64_t hash = daemon_actor_hash(actor);
    uint64_t last = (uint64_t)(uintptr_t)map_find_u64(&daemon->rounds, hash);
    uint64_t round = last > daemon->round ? last + 1 : daemon->round + 1;

    (void)map_put_u64(&daemon->rounds, hash, (void *)(uintptr_t)round);
    return round;
}

/* How many in the line come before a program of this round that joins it now. */
static size_t daemon_line_before(const struct daemon *daemon, uint64_t round)
{
    size_t low = 0;
    size_t high = daemon->line.count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (daemon->line.at[middle].round <= round)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void daemon__line_add(struct daemon *daemon, struct daemon_slot *slot)
{
    const struct execution *execution = core_execution(daemon->core, slot->execution);
    size_t at;

    if (slot->waiting || !execution)
        return;
    slot->waiting = true;
    if (slot->round == 0)
        slot->round = daemon_round(daemon, execution->who.actor);
    at = daemon_line_before(daemon, slot->round);
    (void)VEC_PUSH(&daemon->line);
    memmove(&daemon->line.at[at + 1], &daemon->line.at[at],
            (daemon->line.count - 1 - at) * sizeof(*daemon->line.at));
    daemon->line.at[at] =
        (struct daemon_waiter){ .execution = slot->execution, .round = slot->round };
}

/* ---- a program and its worker ---- */

void daemon__slot_leave(struct daemon_slot *slot, bool tell)
{
    struct msg_program_drop drop = { .execution = slot->execution };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (!slot->worker)
        return;
    if (tell && !slot->ended) {
        msg_program_drop_encode(&drop, &payload);
        daemon__send(&slot->worker->peer, MSG_PROGRAM_DROP, slot->run, buf_str(&payload));
    }
    slot->worker->residents--;
    slot->worker = NULL;
    slot->run = 0;
    slot->owed = 0;
    slot->fed = 0;
}

/* A program that only waits makes room; it runs again when something is given to it. */
static void daemon_make_room(struct daemon *daemon, struct daemon_worker *worker)
{
    struct map_entry *entry;

    if (worker->residents < DAEMON_RESIDENTS_MAX)
        return;
    for (size_t at = 0; (entry = map_next(&daemon->slots, &at));) {
        struct daemon_slot *slot = entry->value;

        if (slot->worker == worker && slot->owed == 0) {
            daemon__slot_leave(slot, true);
            return;
        }
    }
}

/* False: there is no worker for it now. */
static bool daemon_place(struct daemon *daemon, struct daemon_slot *slot)
{
    const struct execution *execution = core_execution(daemon->core, slot->execution);
    struct daemon_worker *worker;

    if (!execution || execution->state != EVENT_EXECUTION_STATE_RUNNING)
        return true;
    worker = slot->heavy ? daemon_worker_heavy(daemon) : daemon_worker_light(daemon);
    if (!worker)
        return false;
    daemon_make_room(daemon, worker);
    slot->worker = worker;
    slot->run = ++daemon->numbers;
    slot->fed = 0;
    slot->ended = false;
    worker->residents++;
    daemon__feed_start(daemon, slot, execution);
    daemon__feed_deliveries(daemon, slot, execution);
    return true;
}

/* True if it is out of the line: it has a worker, or needs none any more. */
static bool daemon_line_place(struct daemon *daemon, const struct daemon_waiter *waiter)
{
    struct daemon_slot *slot = daemon__slot_find(daemon, waiter->execution);

    if (!slot || !slot->waiting || slot->round != waiter->round)
        return true;
    if (!daemon_place(daemon, slot))
        return false;
    slot->waiting = false;
    daemon->round = waiter->round;
    return true;
}

static void daemon_line_serve(struct daemon *daemon)
{
    bool light = true; /* there may still be a worker for one that is not heavy */
    bool heavy = true;
    size_t kept = 0;
    size_t i = 0;

    for (; i < daemon->line.count && light; i++) {
        struct daemon_waiter waiter = daemon->line.at[i];
        const struct daemon_slot *slot = daemon__slot_find(daemon, waiter.execution);
        bool is_heavy = slot && slot->heavy;

        if ((is_heavy && !heavy) || !daemon_line_place(daemon, &waiter)) {
            daemon->line.at[kept++] = waiter;
            light = light && is_heavy;
            heavy = heavy && !is_heavy;
        }
    }
    if (i == kept)
        return;
    memmove(daemon->line.at + kept, daemon->line.at + i,
            (daemon->line.count - i) * sizeof(*daemon->line.at));
    daemon->line.count -= i - kept;
    if (daemon->line.count == 0)
        map_fini(&daemon->rounds);
}

/* Deliveries to a program follow it, unless another one has its worker now. */
static bool daemon_may_stay(const struct daemon_slot *slot)
{
    const struct daemon_worker *worker = slot->worker;

    if (slot->owed > 0 || slot->heavy)
        return true;
    return !worker->worn && !(worker->busy && worker->queue.count > 0);
}

void daemon__pool_run(struct daemon *daemon, uint64_t handle)
{
    const struct execution *execution = core_execution(daemon->core, handle);
    struct daemon_slot *slot = daemon__slot_find(daemon, handle);

    if (!execution || execution->state != EVENT_EXECUTION_STATE_RUNNING)
        return;
    if (!slot) {
        slot = heap_alloc(sizeof(*slot));
        slot->execution = handle;
        (void)map_put_u64(&daemon->slots, handle, slot);
    }
    if (slot->worker && daemon_may_stay(slot)) {
        daemon__feed_deliveries(daemon, slot, execution);
        return;
    }
    daemon__slot_leave(slot, true);
    if (slot->waiting || (daemon->line.count == 0 && daemon_place(daemon, slot)))
        return;
    daemon__line_add(daemon, slot);
    daemon_line_serve(daemon); /* Others may wait for what this one does not need. */
}

void daemon__pool_drop(struct daemon *daemon, uint64_t handle)
{
    struct daemon_slot *slot = map_take_u64(&daemon->slots, handle);

    if (!slot)
        return;
    daemon__slot_leave(slot, true);
    (void)heap_free(slot);
}

/* ---- the tick ---- */

/*
 * What waits behind a program that takes long goes elsewhere: what has not begun anyway as soon
 * as it waits, what must be run again from its journal when the one before it is busy.
 */
static void daemon_unblock(struct daemon *daemon, struct daemon_worker *worker)
{
    uint64_t head = worker->queue.at[0].run;

    for (size_t i = 1; i < worker->queue.count; i++) {
        struct daemon_sent sent = worker->queue.at[i];
        struct daemon_slot *slot = daemon__slot_find(daemon, sent.execution);

        if (!slot || slot->run != sent.run || sent.run == head || (!sent.start && !worker->busy))
            continue;
        daemon__slot_leave(slot, true);
        daemon__line_add(daemon, slot);
    }
    worker->depth = 1;
}

void daemon__pool_tick(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->workers.count; i++) {
        struct daemon_worker *worker = daemon->workers.at[i];

        if (worker->queue.count > 1 && daemon_is_behind(daemon, worker))
            daemon_unblock(daemon, worker);
    }
    daemon__workers_tend(daemon);
    if (daemon->line.count > 0)
        daemon_line_serve(daemon);
}

int64_t daemon__pool_due_ms(const struct daemon *daemon)
{
    int64_t due_ms = INT64_MAX;

    for (size_t i = 0; i < daemon->workers.count; i++) {
        const struct daemon_worker *worker = daemon->workers.at[i];
        int64_t behind_ms = worker->since_ms + DAEMON_BEHIND_MS + 1;
        int64_t stuck_ms = worker->since_ms + DAEMON_STUCK_MS + 1;

        if (worker->queue.count == 0)
            continue;
        if ((worker->queue.count > 1 || daemon->line.count > 0) && behind_ms > daemon->now_ms &&
            behind_ms < due_ms)
            due_ms = behind_ms;
        if (stuck_ms > daemon->now_ms && stuck_ms < due_ms)
            due_ms = stuck_ms;
    }
    return due_ms;
}
