/*
 * Which worker has which program.
 *
 * A program is pure: run twice it does the same, and only the core decides what its calls do. So
 * a program that waits behind a long one is simply sent to another worker as well, and what the
 * first one says of it later is not listened to.
 *
 *     happy path: program_start -> program_report -> program_deliver -> ... -> ended
 *     a worker that dies: its programs run again elsewhere; the one it died over, at most twice
 */
#include "base/base64.h"
#include "proc/daemon/internal.h"

/* Deliveries in one frame stay well below the longest frame. */
#define DAEMON_FRAME_BYTES (768U * 1024U)
/* Calls of one report that make one line of the log, which has an end (LOG_LINE_MAX). */
#define DAEMON_CALLS_AT_ONCE 512U

static struct daemon_slot *daemon_slot(struct daemon *daemon, uint64_t execution)
{
    return map_find_u64(&daemon->slots, execution);
}

static void daemon_queue_take(struct daemon *daemon, struct daemon_worker *worker,
                              uint64_t execution)
{
    for (size_t i = 0; i < worker->queue.count; i++)
        if (worker->queue.at[i] == execution) {
            memmove(&worker->queue.at[i], &worker->queue.at[i + 1],
                    (worker->queue.count - i - 1) * sizeof(uint64_t));
            worker->queue.count--;
            if (i == 0)
                worker->since_ms = daemon->now_ms;
            return;
        }
}

static void daemon_queue_add(struct daemon *daemon, struct daemon_slot *slot)
{
    if (slot->worker->queue.count == 0)
        slot->worker->since_ms = daemon->now_ms;
    *VEC_PUSH(&slot->worker->queue) = slot->execution;
    slot->owed++;
}

/*
 * A result that was kept as an artifact is given whole where it fits into a frame; otherwise the
 * program gets its name, its size and its beginning.
 */
static void daemon_value_read(struct daemon *daemon, struct msg_delivery *delivery)
{
    static const struct digest none;
    char name[DIGEST_HEX_LEN];
    struct buf bytes BUF_CLEANUP = BUF_INIT;
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (digest_equal(&delivery->artifact, &none))
        return;
    if (log_artifact_read(daemon->disk, &delivery->artifact, 0, DAEMON_FRAME_BYTES, &bytes) != 0)
        buf_clear(&bytes);
    if (bytes.len > 0 && bytes.len < DAEMON_FRAME_BYTES) {
        delivery->value = str_copy(daemon->turn, buf_str(&bytes));
        delivery->artifact = none;
        return;
    }
    digest_hex(&delivery->artifact, name);
    buf_add_c(&text, "{\"artifact\":");
    buf_add_json(&text, str_of(name, DIGEST_HEX_LEN));
    buf_add_c(&text, ",\"read\":\"tools.writ.results.read({artifact, offset, limit, pointer})\"");
    buf_add_c(&text, ",\"head\":");
    buf_add_json(&text, str_slice(buf_str(&bytes), 0, 4096));
    buf_add_char(&text, '}');
    delivery->value = str_copy(daemon->turn, buf_str(&text));
    delivery->artifact = none;
}

/*
 * How many deliveries fit into one frame that has so many bytes already: at least one into an
 * empty one.
 */
static size_t daemon_batch(struct daemon *daemon, const struct execution *execution, uint64_t from,
                           size_t bytes, struct msg_delivery **ret_deliveries)
{
    size_t left = execution->deliveries.count - (size_t)from;
    struct msg_delivery *list = ARENA_ARRAY(daemon->turn, struct msg_delivery, left);
    bool empty = bytes == 0;
    size_t count = 0;

    while (count < left && bytes < DAEMON_FRAME_BYTES) {
        core_delivery_print(execution, from + count + 1, daemon->turn, &list[count]);
        daemon_value_read(daemon, &list[count]);
        bytes += list[count].value.len + 64;
        if ((count > 0 || !empty) && bytes > DAEMON_FRAME_BYTES)
            break;
        count++;
    }
    *ret_deliveries = list;
    return count;
}

/* 16 bytes from 22 base64url letters, as the record has them; of anything else, zeros. */
static struct str daemon_seed(struct daemon *daemon, struct str text)
{
    struct buf seed BUF_CLEANUP = BUF_INIT;
    char *bytes = arena_alloc(daemon->turn, 16);

    if (base64_decode(&seed, text) && seed.len == 16)
        memcpy(bytes, seed.ptr, 16);
    return str_of(bytes, 16);
}

static void daemon_send_start(struct daemon *daemon, struct daemon_slot *slot,
                              const struct execution *execution)
{
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct msg_program_start start = {
        .execution = execution->handle,
        .code = execution->code,
        .args = execution->input,
        .seed = daemon_seed(daemon, execution->seed),
        .at_ms = execution->received_ms,
        .limits = {
            .calls_max = LIMIT_PROGRAM_CALLS,
            .ticks_max = LIMIT_PROGRAM_TICKS,
            .memory_bytes_max = LIMIT_PROGRAM_MEMORY_BYTES,
            .output_bytes_max = LIMIT_PROGRAM_OUTPUT_BYTES,
        },
    };

    start.deliveries_count = daemon_batch(
        daemon, execution, 0, execution->code.len + execution->input.len, &start.deliveries);
    slot->fed = start.deliveries_count;
    msg_program_start_encode(&start, &payload);
    daemon__send(&slot->worker->peer, MSG_PROGRAM_START, execution->handle, buf_str(&payload));
    daemon_queue_add(daemon, slot);
}

static void daemon_send_deliveries(struct daemon *daemon, struct daemon_slot *slot,
                                   const struct execution *execution)
{
    while (slot->fed < execution->deliveries.count) {
        struct buf payload BUF_CLEANUP = BUF_INIT;
        struct msg_program_deliver deliver = { .execution = execution->handle };

        deliver.deliveries_count =
            daemon_batch(daemon, execution, slot->fed, 0, &deliver.deliveries);
        slot->fed += deliver.deliveries_count;
        msg_program_deliver_encode(&deliver, &payload);
        daemon__send(&slot->worker->peer, MSG_PROGRAM_DELIVER, execution->handle,
                     buf_str(&payload));
        daemon_queue_add(daemon, slot);
    }
}

static bool daemon_is_slow(const struct daemon *daemon, const struct daemon_worker *worker)
{
    return worker->queue.count > 0 && daemon->now_ms - worker->since_ms > DAEMON_SLOW_MS;
}

/* The worker with the least before it, or NULL when all are full, slow or cold. */
static struct daemon_worker *daemon_worker_pick(const struct daemon *daemon)
{
    struct daemon_worker *best = NULL;

    for (size_t i = 0; i < daemon->workers.count; i++) {
        struct daemon_worker *worker = daemon->workers.at[i];

        if (!worker->warm || worker->queue.count >= DAEMON_QUEUE_MAX ||
            daemon_is_slow(daemon, worker))
            continue;
        if (!best || worker->queue.count < best->queue.count ||
            (worker->queue.count == best->queue.count && worker->residents < best->residents))
            best = worker;
    }
    return best;
}

static void daemon_slot_leave(struct daemon *daemon, struct daemon_slot *slot, bool tell)
{
    struct msg_program_drop drop = { .execution = slot->execution };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (!slot->worker)
        return;
    if (tell && !slot->ended) {
        msg_program_drop_encode(&drop, &payload);
        daemon__send(&slot->worker->peer, MSG_PROGRAM_DROP, slot->execution, buf_str(&payload));
    }
    while (slot->owed > 0) {
        daemon_queue_take(daemon, slot->worker, slot->execution);
        slot->owed--;
    }
    slot->worker->residents--;
    slot->worker = NULL;
    slot->fed = 0;
}

static void daemon_line_add(struct daemon *daemon, struct daemon_slot *slot)
{
    if (slot->waiting)
        return;
    slot->waiting = true;
    *VEC_PUSH(&daemon->line) = slot->execution;
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
            daemon_slot_leave(daemon, slot, true);
            return;
        }
    }
}

static bool daemon_place(struct daemon *daemon, struct daemon_slot *slot)
{
    const struct execution *execution = core_execution(daemon->core, slot->execution);
    struct daemon_worker *worker = daemon_worker_pick(daemon);

    if (!execution || execution->state != EVENT_EXECUTION_STATE_RUNNING)
        return true;
    if (!worker)
        return false;
    daemon_make_room(daemon, worker);
    slot->worker = worker;
    slot->fed = 0;
    slot->ended = false;
    worker->residents++;
    daemon_send_start(daemon, slot, execution);
    daemon_send_deliveries(daemon, slot, execution);
    return true;
}

void daemon__pool_run(struct daemon *daemon, uint64_t handle)
{
    const struct execution *execution = core_execution(daemon->core, handle);
    struct daemon_slot *slot = daemon_slot(daemon, handle);

    if (!execution || execution->state != EVENT_EXECUTION_STATE_RUNNING)
        return;
    if (!slot) {
        slot = heap_alloc(sizeof(*slot));
        slot->execution = handle;
        (void)map_put_u64(&daemon->slots, handle, slot);
    }
    if (slot->worker)
        daemon_send_deliveries(daemon, slot, execution);
    else if (slot->waiting || !daemon_place(daemon, slot))
        daemon_line_add(daemon, slot);
}

void daemon__pool_drop(struct daemon *daemon, uint64_t handle)
{
    struct daemon_slot *slot = map_take_u64(&daemon->slots, handle);

    if (!slot)
        return;
    daemon_slot_leave(daemon, slot, true);
    (void)heap_free(slot);
}

static void daemon_line_serve(struct daemon *daemon)
{
    size_t at = 0;

    for (; at < daemon->line.count; at++) {
        struct daemon_slot *slot = daemon_slot(daemon, daemon->line.at[at]);

        if (!slot || !slot->waiting || slot->worker)
            continue;
        if (!daemon_place(daemon, slot))
            break;
        slot->waiting = false;
    }
    if (at == 0)
        return;
    daemon->line.count -= at;
    memmove(daemon->line.at, daemon->line.at + at, daemon->line.count * sizeof(uint64_t));
}

/* What waits behind a program that takes long is sent elsewhere too. */
static void daemon_unblock(struct daemon *daemon, struct daemon_worker *worker)
{
    uint64_t head = worker->queue.at[0];

    for (size_t i = worker->queue.count; i-- > 1;) {
        struct daemon_slot *slot = daemon_slot(daemon, worker->queue.at[i]);

        if (i >= worker->queue.count || worker->queue.at[i] == head || !slot)
            continue;
        daemon_slot_leave(daemon, slot, true);
        daemon_line_add(daemon, slot);
    }
}

static void daemon_ask_more(struct daemon *daemon)
{
    struct msg_worker_more more = { 0 };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (daemon->more_asked || daemon->workers.count >= DAEMON_WORKERS_MAX)
        return;
    daemon->more_asked = true;
    msg_worker_more_encode(&more, &payload);
    daemon__send(&daemon->keeper, MSG_WORKER_MORE, 0, buf_str(&payload));
}

void daemon__pool_tick(struct daemon *daemon)
{
    bool free = daemon->workers.count == 0;

    for (size_t i = 0; i < daemon->workers.count; i++) {
        struct daemon_worker *worker = daemon->workers.at[i];

        if (!daemon_is_slow(daemon, worker))
            free = true;
        else if (worker->queue.count > 1)
            daemon_unblock(daemon, worker);
    }
    if (!free)
        daemon_ask_more(daemon);
    daemon_line_serve(daemon);
}

int64_t daemon__pool_due_ms(const struct daemon *daemon)
{
    int64_t due_ms = INT64_MAX;

    for (size_t i = 0; i < daemon->workers.count; i++) {
        const struct daemon_worker *worker = daemon->workers.at[i];
        int64_t slow_ms = worker->since_ms + DAEMON_SLOW_MS + 1;

        if (worker->queue.count > 0 && slow_ms > daemon->now_ms && slow_ms < due_ms)
            due_ms = slow_ms;
    }
    return due_ms;
}

void daemon__worker_up(struct daemon *daemon, struct daemon_worker *worker)
{
    worker->since_ms = daemon->now_ms;
    daemon->more_asked = false;
}

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

static void daemon_report(struct daemon *daemon, struct daemon_worker *worker,
                          const struct msg_program_report *report)
{
    struct daemon_slot *slot = daemon_slot(daemon, report->execution);

    /* It was sent elsewhere since, or put away: what this worker says of it is old. */
    if (!slot || slot->worker != worker || slot->owed == 0)
        return;
    if (!report->more) {
        daemon_queue_take(daemon, worker, report->execution);
        slot->owed--;
    }
    slot->ended = report->state != MSG_REPORT_STATE_WAITING && !report->more;
    slot->deaths = 0;
    daemon_report_step(daemon, report);
}

void daemon__worker_ready(struct daemon *daemon, struct daemon_worker *worker)
{
    struct wire_frame frame;
    int r;

    while ((r = link_next(worker->peer.link, &frame)) == LINK_FRAME) {
        struct msg_program_report report;
        struct msg_worker_ready ready;

        if (frame.type == MSG_PROGRAM_REPORT &&
            msg_program_report_decode(frame.payload, daemon->turn, &report)) {
            daemon_report(daemon, worker, &report);
        } else if (frame.type == MSG_WORKER_READY &&
                   msg_worker_ready_decode(frame.payload, daemon->turn, &ready)) {
            worker->warm = true;
            daemon->engine = ready.engine;
            daemon__look_ready(daemon);
        } else {
            r = LINK_BROKEN;
            break;
        }
    }
    if (r == LINK_CLOSED || r == LINK_BROKEN)
        daemon__worker_gone(daemon, worker);
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

void daemon__worker_gone(struct daemon *daemon, struct daemon_worker *worker)
{
    uint64_t suspect = worker->queue.count > 0 ? worker->queue.at[0] : 0;
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
        daemon_slot_leave(daemon, slot, false);
        if (slot->execution == suspect && ++slot->deaths >= DAEMON_DEATHS_MAX)
            continue;
        /* One that only waited runs again when something is given to it. */
        if (owed)
            daemon_line_add(daemon, slot);
    }
    worker->peer.link = link_free(worker->peer.link);
    VEC_FINI(&worker->queue);
    (void)heap_free(worker);
    if (suspect) {
        struct daemon_slot *slot = daemon_slot(daemon, suspect);

        if (slot && slot->deaths >= DAEMON_DEATHS_MAX)
            daemon_lost(daemon, suspect);
    }
}
