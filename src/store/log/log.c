/*
 * Taking the store: lock, VERSION, replay, and the cut of a torn tail.
 *
 * Replay is log_next until it answers LOG_END. Then the current segment is opened for writing,
 * and what is torn in it is overwritten with NULs, which are synced before the first new line.
 * What replay has shown need not be on disk: it was written, but its sync may never have ended.
 * The helper's first job makes it so, and no sync is asked for before that has ended; so
 * whatever waits for a sequence, old or new, waits for all of it. Two crashes leave no current
 * segment (between the two renames of a roll, and before the very first): the spare becomes it,
 * or a new one.
 */
#include "store/log/internal.h"

#define LOG_FIRST_FILL (64U << 10) /* prewritten at once when a segment is made by hand */

static int log_take(struct log *log, const struct log_options *options,
                    struct log_trouble *ret_trouble)
{
    struct disk_owner owner;
    int r = disk_lock(log->disk, LOG__LOCK, options->holder, log->arena, &owner);

    if (r < 0)
        return TRACE(r);
    if (r == DISK_OWNED) {
        ret_trouble->holder = owner.holder;
        return LOG_OWNED;
    }
    log->recovery.epoch = owner.epoch;
    r = disk_folder(log->disk, LOG__FOLDER);
    if (r == 0)
        r = disk_folder(log->disk, LOG__KEPT);
    if (r < 0)
        return TRACE(r);
    r = log__version_check(log->disk, log->arena, ret_trouble);
    return r < 0 ? TRACE(r) : r;
}

/* Without a VERSION there must be no lines either: it was written before the first. */
static int log_begin(struct log *log, struct log_trouble *ret_trouble)
{
    if (log->scan.count > 0) {
        *ret_trouble = (struct log_trouble){
            .segment = STR(LOG__VERSION),
            .line = 1,
            .expected = str_printf(log->arena, "writ %u", LOG_FORMAT),
            .found = STR("nothing, beside a log"),
        };
        return LOG_DAMAGED;
    }
    return log__version_make(log->disk);
}

int log_open(struct disk *disk, const struct log_options *options, struct arena *core,
             struct log **ret_log, struct log_trouble *ret_trouble)
{
    struct log *log CLEANUP(log_close) = heap_alloc(sizeof(*log));
    int version;
    int r;

    *log = (struct log){ .disk = disk,
                         .arena = core,
                         .unsynced_ns = -1,
                         .retry_ns = -1,
                         .segment_len = options->segment_len ? options->segment_len : LOG_SEGMENT };
    version = log_take(log, options, ret_trouble);
    if (version < 0)
        return TRACE(version);
    if (version != 0 && version != LOG_ABSENT)
        return version;
    r = log__scan_init(&log->scan, disk, core, 1);
    if (r == 0 && version == LOG_ABSENT)
        r = log_begin(log, ret_trouble);
    if (r != 0)
        return r < 0 ? TRACE(r) : r;
    *ret_log = log;
    log = NULL;
    return 0;
}

static bool log_has_jobs(const struct log *log)
{
    return log->settled == LOG__SETTLING || log->filling || log->sparing || log->keeping;
}

/* The jobs under way lie in our memory: they must have ended, however they end. */
static void log_end_jobs(struct log *log)
{
    if (!log_has_jobs(log))
        return;
    (void)!disk_drain(log->disk); /* Its fault is of lines, which we leave. */
    while (log_has_jobs(log))
        (void)!log__collect(log, 0); /* Stops at a job that failed, which is then done with. */
}

struct log *log_close(struct log *log)
{
    if (!log)
        return NULL;
    log_end_jobs(log);
    while (log->kept_first) {
        struct log_artifact *artifact = log_artifact_next(log);

        (void)log_artifact_free(artifact);
    }
    log->file = disk_file_close(log->file);
    log->head_file = disk_file_close(log->head_file);
    log__scan_fini(&log->scan);
    buf_fini(&log->out);
    return heap_free(log);
}

/* --- The end of replay --- */

static int log_zero(struct disk_file *file, uint64_t from, uint64_t len)
{
    static char nothing[65536]; /* Not const: it would be bytes of the program. */

    while (len) {
        size_t piece = len < sizeof(nothing) ? (size_t)len : sizeof(nothing);
        int r = disk_file_write(file, from, str_of(nothing, piece));

        if (r < 0)
            return TRACE(r);
        from += piece;
        len -= piece;
    }
    return 0;
}

/* Gives the current segment, which is whole and synced, its number. */
int log__seal(struct log *log)
{
    struct str name =
        str_printf(log->arena, "log/events-%020llu.jsonl", (unsigned long long)log->first_seq);
    int r = disk_rename(log->disk, LOG__CURRENT, name.ptr);

    if (r < 0)
        return TRACE(r);
    CHECK(r == 0 && name.len == LOG__NAME_LEN);
    return 0;
}

/* There is no current segment: the spare, or a new one. */
int log__current_make(struct log *log)
{
    int r = disk_rename(log->disk, LOG__SPARE, LOG__CURRENT);

    if (r == DISK_ABSENT)
        r = disk_file_open(log->disk, LOG__CURRENT, DISK_OPEN_NEW, &log->file);
    else if (r == 0)
        r = disk_file_open(log->disk, LOG__CURRENT, DISK_OPEN_WRITE, &log->file);
    if (r < 0)
        return TRACE(r);
    CHECK(r == 0);
    log->end = 0;
    log->first_seq = 0;
    log->has_spare = false;
    r = disk_file_size(log->file, &log->ready);
    if (r == 0 && log->ready < LOG_FIRST_FILL && !disk_copies_on_write(log->disk)) {
        r = log_zero(log->file, 0, LOG_FIRST_FILL);
        log->ready = LOG_FIRST_FILL;
    }
    if (r == 0)
        r = disk_file_sync(log->file);
    if (r == 0)
        r = disk_folder_sync(log->disk, LOG__FOLDER);
    return r < 0 ? TRACE(r) : 0;
}

static int log_open_current(struct log *log, uint64_t tail)
{
    int r = disk_file_open(log->disk, LOG__CURRENT, DISK_OPEN_WRITE, &log->file);

    if (r == DISK_ABSENT) {
        r = log__current_make(log);
        return r < 0 ? TRACE(r) : 0;
    }
    if (r == 0)
        r = disk_file_size(log->file, &log->ready);
    if (r < 0)
        return TRACE(r);
    log->end = log->scan.offset;
    if (tail == 0)
        return 0;
    r = log_zero(log->file, log->end, tail);
    if (r == 0)
        r = disk_file_sync(log->file);
    return r < 0 ? TRACE(r) : 0;
}

static int log_open_head(struct log *log)
{
    int r = disk_file_open(log->disk, LOG__HEAD, DISK_OPEN_NEW, &log->head_file);

    if (r == DISK_EXISTS)
        r = disk_file_open(log->disk, LOG__HEAD, DISK_OPEN_WRITE, &log->head_file);
    if (r < 0)
        return TRACE(r);
    CHECK(r == 0);
    return 0;
}

static int log_look_for_spare(struct log *log)
{
    struct disk_file *spare CLEANUP(disk_file_close) = NULL;
    uint64_t size = 0;
    int r = disk_file_open(log->disk, LOG__SPARE, DISK_OPEN_READ, &spare);

    if (r == 0)
        r = disk_file_size(spare, &size);
    if (r < 0)
        return TRACE(r);
    log->has_spare = size == LOG_SPARE;
    return 0;
}

static int log_settle(struct log *log, uint64_t tail)
{
    struct log__scan *scan = &log->scan;
    bool current = scan->count && scan->segments[scan->count - 1].first_seq == 0;
    int r;

    log->first_seq = current ? scan->first : 0;
    scan->file = disk_file_close(scan->file);
    r = log_open_current(log, current ? tail : 0);
    if (r == 0)
        r = log_open_head(log);
    if (r == 0)
        r = log_look_for_spare(log);
    if (r < 0)
        return TRACE(r);
    log->seq = log->written = log->asked = log->settle_seq = scan->seq;
    log->durable = scan->durable > scan->noted_seq ? scan->durable : scan->noted_seq;
    log->noted = scan->noted_seq;
    log->at_ms = scan->at_ms;
    log->head = scan->head;
    log->recovery.seq = scan->seq;
    log->recovery.at_ms = scan->at_ms;
    log->recovery.torn_bytes = tail;
    log->recovery.torn_offset = tail ? log->end : 0;
    log->open = true;
    buf_fini(&scan->in);
    return 0;
}

int log_next(struct log *log, struct log_line *ret_line, struct log_trouble *ret_trouble)
{
    uint64_t tail = 0;
    int r;

    if (log->open)
        return LOG_END;
    r = log__scan_next(&log->scan, ret_line);
    if (r == LOG__SCAN_LINE) {
        log->recovery.lines++;
        return LOG_LINE;
    }
    if (r >= 0)
        r = log__scan_judge(&log->scan, ret_trouble, &tail);
    if (r == 0)
        r = log_settle(log, tail);
    return r < 0 ? TRACE(r) : r;
}

struct log_recovery log_recovery_get(const struct log *log)
{
    return log->recovery;
}
