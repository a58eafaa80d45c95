/*
 * Appending.
 *
 *     log_append   a line's text and hashes, into memory
 *     log_write    one write of them all; asks the helper for a sync if something waits for it
 *     log_gather   what the helper has done since; the idle sync; the note in log/head
 *
 * Room: the segment is prewritten ahead of the end by the helper, in pieces, so that a sync
 * has no metadata to commit. The writer never passes the prewritten part while a fill is under
 * way (the fill would write NULs over the line).
 *
 * Ways to fail: a write or sync that fails is a fault, and the process ends. A fill or spare
 * that finds the disk full is no fault: log_is_full says so, and the rest of the segment, then
 * the spare, are there for refusals and shutdown.
 */
#include "store/log/internal.h"

#include <errno.h>

#define LOG_FILL_LEN (512U << 10) /* one piece: syncs go between two */
#define LOG_FILL_MIN (256U << 10) /* prewritten ahead, at least */
#define LOG_FILL_MAX (4U << 20)   /* and at most */
#define LOG_RETRY_NS (1000 * INT64_C(1000000))
#define LOG_IDLE_NS  (LOG_IDLE_MS * INT64_C(1000000))

static bool log_events_are_good(struct str events)
{
    return events.len >= 2 && events.len < LOG_LINE_MAX - 1024 && events.ptr[0] == '[' &&
           events.ptr[events.len - 1] == ']' && !memchr(events.ptr, '\n', events.len) &&
           !memchr(events.ptr, '\0', events.len);
}

uint64_t log_append(struct log *log, struct str type, struct str events, int64_t at_ms,
                    const uint8_t salt[LOG_SALT_LEN])
{
    char salt_text[LOG__SALT_TEXT_LEN];
    char header[LOG__HEADER_MAX];
    const struct str body[] = { STR("{\"salt\":\""),
                                { salt_text, sizeof(salt_text) },
                                STR("\",\"events\":"),
                                events,
                                STR("}") };
    struct log__hash digest;
    size_t len;

    CHECK(log->open && log__type_is_good(type) && log_events_are_good(events));
    if (at_ms > log->at_ms)
        log->at_ms = at_ms;
    CHECK(base64_print_url(salt_text, salt, LOG_SALT_LEN) == sizeof(salt_text));
    digest = log__body_digest(body, ARRAY_COUNT(body));
    len = log__header_print(
        &(struct log__header){
            .seq = ++log->seq, .at_ms = log->at_ms, .type = type, .durable = log->durable },
        header);
    log->head = log__line_hash(&log->head, str_of(header, len), &digest);

    (void)buf_reserve(&log->out, len + events.len + 160);
    buf_add_char(&log->out, '[');
    buf_add(&log->out, header, len);
    buf_add_char(&log->out, ',');
    for (size_t i = 0; i < ARRAY_COUNT(body); i++)
        buf_add_str(&log->out, body[i]);
    buf_add(&log->out, ",\"", 2);
    buf_add(&log->out, log->head.text, LOG_HASH_LEN);
    buf_add(&log->out, "\"]\n", 3);
    return log->seq;
}

uint64_t log_seq_next(const struct log *log)
{
    return log->seq + 1;
}

/* --- Room --- */

static void log_set_full(struct log *log, int fault, int64_t mono_ns)
{
    log->full = fault == -ENOSPC || fault == -EDQUOT;
    log->retry_ns = log->full ? mono_ns + LOG_RETRY_NS : -1;
}

static uint64_t log_fill_ahead(const struct log *log)
{
    if (log->end < LOG_FILL_MIN)
        return LOG_FILL_MIN;
    return log->end < LOG_FILL_MAX ? log->end : LOG_FILL_MAX;
}

static void log_fill(struct log *log, uint64_t len)
{
    log->fill = (struct disk_job){
        .kind = DISK_JOB_FILL, .file = log->file, .offset = log->ready, .len = len, .fd = -1
    };
    log->filling = true;
    disk_job_add(log->disk, &log->fill);
}

/* Keeps room ahead of the end, and a spare. */
static void log_provide(struct log *log)
{
    /* Where writing copies, what was written before reserves nothing. */
    if (log->full || disk_copies_on_write(log->disk))
        return;
    if (!log->filling && log->ready < log->end + log_fill_ahead(log) &&
        log->ready < log->segment_len)
        log_fill(log, LOG_FILL_LEN);
    if (!log->sparing && !log->has_spare) {
        log->spare = (struct disk_job){ .kind = DISK_JOB_SPARE, .len = LOG_SPARE, .fd = -1 };
        memcpy(log->spare.name, LOG__SPARE, sizeof(LOG__SPARE));
        log->sparing = true;
        disk_job_add(log->disk, &log->spare);
    }
}

static int log_fill_ended(struct log *log, int64_t mono_ns)
{
    log->filling = false;
    log_set_full(log, log->fill.fault, mono_ns);
    if (log->fill.fault == 0)
        log->ready = log->fill.offset + log->fill.len;
    return log->fill.fault && !log->full ? RAISE(log->fill.fault) : 0;
}

static int log_spare_ended(struct log *log, int64_t mono_ns)
{
    log->sparing = false;
    log->has_spare = log->spare.fault == 0;
    if (log->spare.fault)
        log_set_full(log, log->spare.fault, mono_ns);
    return log->spare.fault && !log->full ? RAISE(log->spare.fault) : 0;
}

/* Before any other job: see log.c. */
static void log_settle_begin(struct log *log)
{
    if (log->settled != LOG__UNSETTLED)
        return;
    log->settle =
        (struct disk_job){ .kind = DISK_JOB_SETTLE, .file = log->file, .name = LOG__FOLDER };
    log->settled = LOG__SETTLING;
    disk_job_add(log->disk, &log->settle);
}

static int log_settle_ended(struct log *log)
{
    log->settled = LOG__SETTLED;
    if (log->settle.fault)
        return RAISE(log->settle.fault);
    if (log->settle_seq > log->durable)
        log->durable = log->settle_seq;
    return 0;
}

/* Takes back the jobs that have ended. */
int log__collect(struct log *log, int64_t mono_ns)
{
    struct disk_job *job;
    int r = 0;

    while (r == 0 && (job = disk_next(log->disk))) {
        if (job == &log->settle)
            r = log_settle_ended(log);
        else if (job == &log->fill)
            r = log_fill_ended(log, mono_ns);
        else if (job == &log->spare)
            r = log_spare_ended(log, mono_ns);
        else
            log__artifact_ended(log, job);
    }
    return r < 0 ? TRACE(r) : 0;
}

static int log_drain(struct log *log, int64_t mono_ns)
{
    int r = disk_drain(log->disk);

    if (r == 0)
        r = log__collect(log, mono_ns);
    return r < 0 ? TRACE(r) : 0;
}

/*
 * Seals the current segment and goes on in the spare. Waits for the disk: log_gather does it
 * when idle, log_write only when it must.
 */
static int log_roll(struct log *log, int64_t mono_ns)
{
    int r = log_drain(log, mono_ns);

    CHECK(log->first_seq > 0 && !log->filling && !log->sparing);
    if (r == 0)
        r = disk_file_resize(log->file, log->end);
    if (r == 0)
        r = disk_file_sync(log->file);
    if (r < 0)
        return TRACE(r);
    log->file = disk_file_close(log->file);
    log->durable = log->asked = log->written;
    log->unsynced_ns = -1;
    log->wished = false;
    r = log__seal(log);
    if (r == 0)
        r = log__current_make(log);
    return r < 0 ? TRACE(r) : 0;
}

/* Makes sure that len bytes fit at the end. */
static int log_make_room(struct log *log, uint64_t len, int64_t mono_ns)
{
    int r = 0;

    if (log->end + len <= log->ready)
        return 0;
    if (log->filling)
        r = log_drain(log, mono_ns);
    if (r < 0)
        return TRACE(r);
    if (disk_copies_on_write(log->disk) || log->end + len <= log->ready)
        return 0;
    if (!log->full) {
        log_fill(log, len + LOG_FILL_MIN);
        r = log_drain(log, mono_ns);
        if (r < 0)
            return TRACE(r);
    }
    if (log->end + len > log->ready && log->full && log->has_spare && log->first_seq > 0) {
        r = log_roll(log, mono_ns);
        if (r < 0)
            return TRACE(r);
    }
    return 0;
}

static void log_ask(struct log *log)
{
    log->asked = log->written;
    log->unsynced_ns = -1;
    log->wished = log->settled != LOG__SETTLED;
    if (!log->wished)
        disk_sync(log->disk, log->file, log->written);
}

static int log_put(struct log *log, int64_t mono_ns)
{
    int r = 0;

    if (log->end >= 2 * log->segment_len && log->first_seq > 0)
        r = log_roll(log, mono_ns);
    if (r == 0)
        r = log_make_room(log, log->out.len, mono_ns);
    if (r == 0)
        r = disk_file_write(log->file, log->end, buf_str(&log->out));
    if (r < 0)
        return TRACE(r);
    if (log->first_seq == 0)
        log->first_seq = log->written + 1;
    log->end += log->out.len;
    if (log->ready < log->end)
        log->ready = log->end;
    log->written = log->seq;
    log->quiet_ns = mono_ns;
    if (log->unsynced_ns < 0)
        log->unsynced_ns = mono_ns;
    buf_clear(&log->out);
    return 0;
}

int log_write(struct log *log, bool sync, int64_t mono_ns)
{
    int r;

    log_settle_begin(log);
    if (log->out.len) {
        r = log_put(log, mono_ns);
        if (r < 0)
            return TRACE(r);
        log_provide(log);
    }
    if (sync && log->asked < log->written)
        log_ask(log);
    return 0;
}

int log_sync_here(struct log *log)
{
    int r;

    CHECK(log->out.len == 0);
    if (log->asked == log->written)
        return 0;
    r = disk_sync_here(log->disk, log->file, log->written);
    if (r < 0)
        return TRACE(r);
    if (r == DISK_BUSY) {
        log_ask(log);
        return 0;
    }
    log->durable = log->asked = log->written;
    log->unsynced_ns = -1;
    return 0;
}

/* --- Between writes --- */

static bool log_is_quiet(const struct log *log, int64_t mono_ns)
{
    return log->durable == log->seq && mono_ns - log->quiet_ns >= LOG_IDLE_NS;
}

static bool log_has_quiet_work(const struct log *log)
{
    return log->noted < log->durable || (log->end >= log->segment_len && log->first_seq > 0);
}

/* The note saves reading later; the lines themselves are on disk. So a full disk is no fault. */
static int log_note(struct log *log, int64_t mono_ns)
{
    int r = log__head_write(log->head_file, log->durable, &log->head);

    if (r == -ENOSPC || r == -EDQUOT) {
        log_set_full(log, r, mono_ns);
        log->quiet_ns = mono_ns;
        return 0;
    }
    if (r < 0)
        return TRACE(r);
    log->noted = log->durable;
    return 0;
}

static int log_quiet_work(struct log *log, int64_t mono_ns)
{
    int r = 0;

    if (log->end >= log->segment_len && log->first_seq > 0)
        r = log_roll(log, mono_ns);
    if (r == 0 && log->noted < log->durable)
        r = log_note(log, mono_ns);
    return r < 0 ? TRACE(r) : 0;
}

int log_gather(struct log *log, int64_t mono_ns)
{
    uint64_t synced;
    int r;

    log_settle_begin(log);
    r = disk_synced(log->disk, &synced);
    if (r == 0)
        r = log__collect(log, mono_ns);
    if (r < 0)
        return TRACE(r);
    if (synced > log->durable)
        log->durable = synced;
    if ((log->wished && log->settled == LOG__SETTLED) ||
        (log->unsynced_ns >= 0 && mono_ns - log->unsynced_ns >= LOG_IDLE_NS))
        log_ask(log);
    if (log->full && mono_ns >= log->retry_ns)
        log->full = false;
    log_provide(log);
    if (log_is_quiet(log, mono_ns) && log_has_quiet_work(log))
        r = log_quiet_work(log, mono_ns);
    return r < 0 ? TRACE(r) : 0;
}

uint64_t log_durable(const struct log *log)
{
    return log->durable;
}

static int64_t log_sooner(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

int64_t log_due_ns(const struct log *log)
{
    int64_t due_ns = -1;

    if (log->unsynced_ns >= 0)
        due_ns = log->unsynced_ns + LOG_IDLE_NS;
    if (log->full)
        due_ns = log_sooner(due_ns, log->retry_ns);
    if (log->durable == log->seq && log_has_quiet_work(log))
        due_ns = log_sooner(due_ns, log->quiet_ns + LOG_IDLE_NS);
    return due_ns;
}

bool log_is_full(const struct log *log)
{
    return log->full;
}

uint64_t log_room(const struct log *log)
{
    uint64_t left = log->ready > log->end ? log->ready - log->end : 0;

    return left + (log->has_spare ? LOG_SPARE : 0);
}

int log_finish(struct log *log)
{
    int r = log_write(log, true, log->quiet_ns);

    if (r == 0)
        r = log_drain(log, log->quiet_ns);
    if (r == 0)
        r = disk_file_sync(log->file);
    if (r < 0)
        return TRACE(r);
    log->durable = log->asked = log->written;
    log->unsynced_ns = -1;
    log->wished = false;
    if (log->seq == 0)
        return 0;
    r = log_note(log, log->quiet_ns);
    if (r == 0 && log->noted == log->durable)
        r = disk_file_sync(log->head_file);
    return r < 0 ? TRACE(r) : 0;
}
