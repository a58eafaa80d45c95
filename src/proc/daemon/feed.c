/* What a worker is sent: a program and its journal so far, then what is delivered. */
#include "base/base64.h"
#include "proc/daemon/internal.h"

/* Deliveries in one frame stay well below the longest frame. */
#define DAEMON_FRAME_BYTES (768U * 1024U)
/* A worker that has so much to read gets the rest of a long journal after its next report. */
#define DAEMON_UNREAD_MAX (LINK_QUEUED_MAX / 2)

static void daemon_sent(struct daemon *daemon, struct daemon_slot *slot, bool start)
{
    if (slot->worker->queue.count == 0)
        slot->worker->since_ms = daemon->now_ms;
    *VEC_PUSH(&slot->worker->queue) =
        (struct daemon_sent){ .run = slot->run, .execution = slot->execution, .start = start };
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

void daemon__feed_start(struct daemon *daemon, struct daemon_slot *slot,
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
    daemon__send(&slot->worker->peer, MSG_PROGRAM_START, slot->run, buf_str(&payload));
    daemon_sent(daemon, slot, start.deliveries_count == 0);
}

void daemon__feed_deliveries(struct daemon *daemon, struct daemon_slot *slot,
                             const struct execution *execution)
{
    while (slot->fed < execution->deliveries.count) {
        struct buf payload BUF_CLEANUP = BUF_INIT;
        struct msg_program_deliver deliver = { .execution = execution->handle };

        if (link_queued(slot->worker->peer.link) > DAEMON_UNREAD_MAX) {
            slot->worker->behind = true;
            return;
        }
        deliver.deliveries_count =
            daemon_batch(daemon, execution, slot->fed, 0, &deliver.deliveries);
        slot->fed += deliver.deliveries_count;
        msg_program_deliver_encode(&deliver, &payload);
        daemon__send(&slot->worker->peer, MSG_PROGRAM_DELIVER, slot->run, buf_str(&payload));
        daemon_sent(daemon, slot, false);
    }
}
