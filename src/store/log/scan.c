/*
 * Lines out of segments.
 *
 * Happy path: read a piece, find a newline, parse, compare the sequence and the hash, give the
 * line. A segment ends where its file does, or where NULs begin; then comes the next one.
 *
 * Anything else is a break. log__scan_judge looks past it for marks: if anything says that what
 * should stand here was durable, it is damage; otherwise it is a torn tail, which only the
 * current segment can have (a segment is synced before it is sealed).
 */
#include "store/log/internal.h"

#include <errno.h>

#define SCAN_PIECE  (1U << 20)
#define SCAN_FIRST  (1U << 15) /* of a file: a short log touches no more memory than it has */
#define SCAN_NULS   (1U << 14) /* what is prewritten is read in pieces that stay in the cache */
#define SCAN_SEALED "events-"
#define SCAN_SHOWN  80U /* bytes of a broken line that are shown */
#define SCAN_LISTS  8U  /* times that a folder is listed until it stands still */

/* --- Segments --- */

static bool scan_is_sealed(struct str name, uint64_t *ret_first)
{
    struct str digits;

    if (!str_starts(name, STR(SCAN_SEALED)) || !str_ends(name, STR(".jsonl")))
        return false;
    digits = str_slice(name, sizeof(SCAN_SEALED) - 1, name.len - 6);
    if (digits.len != 20)
        return false;
    while (digits.len > 1 && digits.ptr[0] == '0')
        digits = str_slice(digits, 1, digits.len);
    return str_to_u64(digits, ret_first) && *ret_first > 0;
}

static void scan_segment(struct log__scan *scan, struct str name, uint64_t first_seq)
{
    struct log__segment *segment = &scan->segments[scan->count++];

    CHECK(name.len + 4 <= LOG__NAME_LEN);
    *segment = (struct log__segment){ .first_seq = first_seq };
    memcpy(segment->name, LOG__FOLDER "/", 4);
    memcpy(segment->name + 4, name.ptr, name.len);
}

/* Names sort as sequences do, and "events.jsonl" comes after "events-...". */
static int scan_list(struct log__scan *scan)
{
    struct str *names;
    size_t count;
    uint64_t first_seq;
    int r;

    arena_reset(scan->listing);
    r = disk_list(scan->disk, LOG__FOLDER, scan->listing, &names, &count);
    if (r < 0)
        return TRACE(r);
    scan->segments = ARENA_ARRAY(scan->listing, struct log__segment, count + 1);
    scan->count = 0;
    for (size_t i = 0; i < count; i++)
        if (scan_is_sealed(names[i], &first_seq))
            scan_segment(scan, names[i], first_seq);
    for (size_t i = 0; i < count; i++)
        if (str_is(names[i], "events.jsonl"))
            scan_segment(scan, names[i], 0);
    return 0;
}

static int scan_open_at(struct log__scan *scan, size_t index)
{
    int r = disk_file_open(scan->disk, scan->segments[index].name, DISK_OPEN_READ, &scan->file);

    return r < 0 ? TRACE(r) : r;
}

/*
 * Who begins at a segment in the middle takes the hash before it from the end of the one before:
 * it is sealed, cut to its last line. 1: there it is; 0: that is no end of a line.
 */
static int scan_hash_before(struct log__scan *scan)
{
    char end[LOG__TRAILER_LEN];
    uint64_t size = 0;
    size_t len = 0;
    int r = scan_open_at(scan, scan->index - 1);

    if (r == 0)
        r = disk_file_size(scan->file, &size);
    if (r == 0 && size > sizeof(end))
        r = disk_file_read(scan->file, size - sizeof(end), end, sizeof(end), &len);
    scan->file = disk_file_close(scan->file);
    if (r < 0)
        return TRACE(r);
    if (len != sizeof(end) || memcmp(end, ",\"", 2) != 0 ||
        memcmp(end + sizeof(end) - 3, "\"]\n", 3) != 0)
        return 0;
    memcpy(scan->head.text, end + 2, LOG_HASH_LEN);
    return 1;
}

int log__scan_init(struct log__scan *scan, struct disk *disk, struct arena *arena,
                   uint64_t from_seq)
{
    int r;

    *scan = (struct log__scan){ .disk = disk, .arena = arena, .line = 1, .head = log__hash_none() };
    scan->listing = arena_new(0);
    r = scan_list(scan);
    if (r == 0)
        r = log__head_read(disk, &scan->noted_seq, &scan->noted);
    while (r == 0 && scan->index + 1 < scan->count &&
           scan->segments[scan->index + 1].first_seq > 0 &&
           scan->segments[scan->index + 1].first_seq <= from_seq)
        scan->index++;
    /* A segment whose end is broken is read, so that the break is found and named. */
    while (r == 0 && scan->index > 0 && (r = scan_hash_before(scan)) == 0)
        scan->index--;
    if (r < 0) {
        log__scan_fini(scan);
        return TRACE(r);
    }
    if (scan->index > 0)
        scan->seq = scan->segments[scan->index].first_seq - 1;
    return 0;
}

void log__scan_fini(struct log__scan *scan)
{
    scan->file = disk_file_close(scan->file);
    scan->listing = arena_free(scan->listing);
    buf_fini(&scan->in);
}

void log__scan_refresh(struct log__scan *scan)
{
    buf_clear(&scan->in);
    scan->position = 0;
    scan->at_end = false;
}

static bool scan_is_listed(const struct log__scan *scan, const char *names, size_t count)
{
    if (scan->count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (memcmp(names + i * LOG__NAME_LEN, scan->segments[i].name, LOG__NAME_LEN) != 0)
            return false;
    return true;
}

static void scan_names(const struct log__scan *scan, struct buf *names)
{
    buf_clear(names);
    for (size_t i = 0; i < scan->count; i++)
        buf_add(names, scan->segments[i].name, LOG__NAME_LEN);
}

/*
 * Lists until two lists are the same: a rename while a folder is being listed can show a file
 * twice or not at all. 1: it is another list than before.
 */
static int scan_list_twice(struct log__scan *scan)
{
    BUF_CLEANUP struct buf names = BUF_INIT;
    bool same = true;

    for (unsigned i = 0; i < SCAN_LISTS; i++) {
        size_t count = scan->count;
        int r;

        scan_names(scan, &names);
        r = scan_list(scan);
        if (r < 0)
            return TRACE(r);
        if (scan_is_listed(scan, names.ptr, count) && i > 0)
            break;
        same = same && scan_is_listed(scan, names.ptr, count);
    }
    return !same;
}

/* Finds the segment that is being read, or comes next, in a new list. */
static void scan_place(struct log__scan *scan)
{
    uint64_t first = scan->first ? scan->first : scan->seq + 1;

    for (size_t i = 0; i < scan->count; i++)
        if (scan->segments[i].first_seq == first)
            scan->index = i;
    if (scan->index >= scan->count && scan->count)
        scan->index = scan->count - 1;
}

int log__scan_relist(struct log__scan *scan)
{
    int changed = scan_list_twice(scan);

    if (changed < 0)
        return TRACE(changed);
    log__scan_refresh(scan);
    /* Opened by a name that may have been given to another file since. */
    if (scan->first == 0)
        scan->file = disk_file_close(scan->file);
    scan_place(scan);
    return changed;
}

/* 0, or DISK_ABSENT: sealed between listing and opening; now it is under its other name. */
static int scan_open(struct log__scan *scan)
{
    int r;

    if (scan->file)
        return 0;
    r = scan_open_at(scan, scan->index);
    return r < 0 ? TRACE(r) : r;
}

static void scan_advance(struct log__scan *scan)
{
    scan->file = disk_file_close(scan->file);
    log__scan_refresh(scan);
    scan->index++;
    scan->offset = 0;
    scan->line = 1;
    scan->first = 0;
}

/* --- Bytes --- */

static size_t scan_piece(uint64_t from)
{
    if (from < SCAN_FIRST)
        return SCAN_FIRST;
    return from < SCAN_PIECE ? (size_t)from : SCAN_PIECE;
}

/* More of the file behind what is there. */
static int scan_read(struct log__scan *scan)
{
    uint64_t from;
    size_t piece;
    size_t len;
    int r;

    buf_drop(&scan->in, scan->position);
    scan->position = 0;
    from = scan->offset + scan->in.len;
    piece = scan_piece(from);
    r = disk_file_read(scan->file, from, buf_reserve(&scan->in, piece), piece, &len);
    if (r < 0)
        return TRACE(r);
    buf_commit(&scan->in, len);
    scan->at_end = len < piece;
    return 0;
}

static struct str scan_ahead(const struct log__scan *scan)
{
    return str_of(scan->in.ptr + scan->position, scan->in.len - scan->position);
}

/* The next bytes up to a newline. LINE; END (nothing, or NULs); BREAK. */
static int scan_text(struct log__scan *scan, struct str *ret_text)
{
    size_t known = 0;

    for (;;) {
        struct str ahead = scan_ahead(scan);
        const char *end = NULL;
        int r;

        if (ahead.len && ahead.ptr[0] == '\0')
            return LOG__SCAN_END;
        if (ahead.len > known)
            end = memchr(ahead.ptr + known, '\n', ahead.len - known);
        if (end && (size_t)(end - ahead.ptr) < LOG_LINE_MAX) {
            *ret_text = str_of(ahead.ptr, (size_t)(end - ahead.ptr));
            return LOG__SCAN_LINE;
        }
        known = ahead.len;
        if (scan->at_end || known > LOG_LINE_MAX) {
            *ret_text = ahead;
            return ahead.len ? LOG__SCAN_BREAK : LOG__SCAN_END;
        }
        r = scan_read(scan);
        if (r < 0)
            return TRACE(r);
    }
}

/* The length of text without the NULs at its end. */
static size_t scan_nuls_cut(struct str text)
{
    size_t len = text.len;

    /* All of them, as nearly always: equal to its neighbour, each of them. */
    if (len && text.ptr[0] == '\0' && memcmp(text.ptr, text.ptr + 1, len - 1) == 0)
        return 0;
    while (len && text.ptr[len - 1] == '\0')
        len--;
    return len;
}

/* How many bytes lie between here and the last one that is not NUL. Reads ahead of the scan. */
static int scan_tail(struct log__scan *scan, uint64_t *ret_len)
{
    BUF_CLEANUP struct buf piece = BUF_INIT;
    uint64_t at = scan->offset;
    uint64_t last = scan->offset;
    size_t len;

    do {
        size_t filled;
        int r = disk_file_read(scan->file, at, buf_reserve(&piece, SCAN_NULS), SCAN_NULS, &len);

        if (r < 0)
            return TRACE(r);
        filled = scan_nuls_cut(str_of(piece.ptr, len));
        if (filled)
            last = at + filled;
        at += len;
    } while (len == SCAN_NULS);
    *ret_len = last - scan->offset;
    return 0;
}

/* --- Lines --- */

static int scan_broken(struct log__scan *scan, enum log__break_why why, struct str found)
{
    scan->why = why;
    scan->found = found;
    return LOG__SCAN_BREAK;
}

static int scan_verify(struct log__scan *scan, struct str text, struct log_line *ret_line)
{
    struct log__line line;
    struct log__hash hash;

    if (!log__line_parse(text, &line))
        return scan_broken(scan, LOG__NO_LINE, text);
    scan->header = line.header;
    if (line.header.seq != scan->seq + 1)
        return scan_broken(scan, LOG__SEQ, line.text);
    hash = log__line_prove(&scan->head, &line);
    if (!log__hash_is(&hash, line.hash))
        return scan_broken(scan, LOG__HASH, line.hash);
    if (line.header.seq == scan->noted_seq && !log__hash_is(&scan->noted, line.hash))
        return scan_broken(scan, LOG__HISTORY, line.hash);
    scan->head = hash;
    *ret_line = (struct log_line){
        .seq = line.header.seq,
        .at_ms = line.header.at_ms,
        .type = line.header.type,
        .durable = line.header.durable,
        .header = line.text,
        .body = line.body,
        .events = line.events,
        .text = text,
        .erased = line.events.ptr == NULL,
        .segment = str_from(scan->segments[scan->index].name),
        .offset = scan->offset,
        .len = text.len + 1,
    };
    return LOG__SCAN_LINE;
}

static void scan_accept(struct log__scan *scan, const struct log_line *line)
{
    if (scan->first == 0)
        scan->first = line->seq;
    scan->seq = line->seq;
    scan->at_ms = line->at_ms;
    if (line->durable > scan->durable)
        scan->durable = line->durable;
    scan->position += line->len;
    scan->offset += line->len;
    scan->line++;
}

/* At the end of a segment: 1 there is another one, 0 there is none; BREAK: bytes follow NULs. */
static int scan_ended(struct log__scan *scan)
{
    uint64_t tail = 0;
    uint64_t next;
    int r = scan_tail(scan, &tail);

    if (r < 0)
        return TRACE(r);
    if (tail)
        return scan_broken(scan, LOG__NO_LINE, STR_NULL);
    scan->why = LOG__WHOLE;
    if (scan->index + 1 == scan->count)
        return 0;
    next = scan->segments[scan->index + 1].first_seq;
    if (next && next != scan->seq + 1)
        return scan_broken(scan, LOG__SHORT, STR_NULL);
    return 1;
}

int log__scan_next(struct log__scan *scan, struct log_line *ret_line)
{
    while (scan->index < scan->count) {
        struct str text = STR_NULL;
        int r = scan_open(scan);

        if (r == DISK_ABSENT)
            return scan_broken(scan, LOG__GONE, STR_NULL);
        if (r == 0)
            r = scan_text(scan, &text);
        if (r < 0)
            return TRACE(r);
        if (r == LOG__SCAN_BREAK)
            return scan_broken(scan, LOG__NO_END, text);
        if (r == LOG__SCAN_LINE) {
            r = scan_verify(scan, text, ret_line);
            if (r == LOG__SCAN_LINE)
                scan_accept(scan, ret_line);
            return r;
        }
        r = scan_ended(scan);
        if (r != 1)
            return r < 0 ? TRACE(r) : r;
        scan_advance(scan);
    }
    return LOG__SCAN_END;
}

/* --- Judging a break --- */

/*
 * A line in all its form, wherever it stands. Its hash is not looked at: it may hang on what is
 * broken. Nothing but a line that was written has this form, since before it there were NULs.
 */
static bool scan_is_line(struct str text, struct log__header *ret_header)
{
    struct log__line line;

    if (!log__line_parse(text, &line) || line.header.durable >= line.header.seq)
        return false;
    *ret_header = line.header;
    return true;
}

/* Takes the bytes up to the next newline, whatever they are. False at the end of the file. */
static int scan_skip(struct log__scan *scan, struct str *ret_text)
{
    for (;;) {
        struct str ahead = scan_ahead(scan);
        const char *end = ahead.len ? memchr(ahead.ptr, '\n', ahead.len) : NULL;
        size_t len = end ? (size_t)(end - ahead.ptr) + 1 : ahead.len;
        int r;

        if (end || ahead.len > 2 * LOG_LINE_MAX) {
            *ret_text = str_of(ahead.ptr, len - (end ? 1 : 0));
            scan->position += len;
            scan->offset += len;
            return 1;
        }
        if (scan->at_end)
            return 0;
        r = scan_read(scan);
        if (r < 0)
            return TRACE(r);
    }
}

/* NULs before a line are a write that did not arrive. */
static struct str scan_without_nuls(struct str text)
{
    size_t at = 0;

    while (at < text.len && text.ptr[at] == '\0')
        at++;
    return str_slice(text, at, text.len);
}

/* The highest mark behind the break, in this segment and all that follow. */
static int scan_marks_beyond(struct log__scan *past, uint64_t expected, uint64_t *mark)
{
    for (; past->index < past->count; scan_advance(past)) {
        struct log__header header;
        struct str text = STR_NULL;
        int r = scan_open(past);

        if (r == DISK_ABSENT)
            return 0;
        if (r < 0)
            return TRACE(r);
        while ((r = scan_skip(past, &text)) == 1)
            if (scan_is_line(scan_without_nuls(text), &header) && header.seq > expected &&
                header.durable > *mark)
                *mark = header.durable;
        if (r < 0)
            return TRACE(r);
    }
    return 0;
}

static int scan_highest_mark(struct log__scan *scan, uint64_t expected, uint64_t *ret_mark)
{
    struct log__scan past = {
        .disk = scan->disk,
        .arena = scan->arena,
        .segments = scan->segments,
        .count = scan->count,
        .index = scan->index,
        .offset = scan->offset,
    };
    uint64_t mark = scan->durable > scan->noted_seq ? scan->durable : scan->noted_seq;
    int r = 0;

    if (scan->why != LOG__WHOLE)
        r = scan_marks_beyond(&past, expected, &mark);
    log__scan_fini(&past);
    if (r < 0)
        return TRACE(r);
    /* A segment is sealed when all of it is on disk: nothing can be torn there. */
    if (scan->why != LOG__WHOLE && scan->index + 1 < scan->count && mark < expected)
        mark = expected;
    *ret_mark = mark;
    return 0;
}

static struct str scan_show(struct arena *arena, struct str text)
{
    struct str shown = str_copy(arena, str_slice(text, 0, SCAN_SHOWN));
    char *at = (char *)(uintptr_t)shown.ptr;

    for (size_t i = 0; i < shown.len; i++)
        if (at[i] < ' ' || at[i] > '~')
            at[i] = '?';
    return shown;
}

static struct str scan_show_hash(struct arena *arena, const struct log__hash *hash)
{
    return str_printf(arena, "a line with hash %.*s", (int)LOG_HASH_LEN, hash->text);
}

/* What the hash of the line at the break should be. */
static struct str scan_show_expected(struct log__scan *scan)
{
    struct str text = STR_NULL;
    struct log__line line;
    struct log__hash hash;

    if (scan_text(scan, &text) != LOG__SCAN_LINE || !log__line_parse(text, &line))
        return STR("the line that was written there");
    hash = log__line_prove(&scan->head, &line);
    return scan_show_hash(scan->arena, &hash);
}

static void scan_describe(struct log__scan *scan, uint64_t expected, struct log_trouble *trouble)
{
    struct arena *arena = scan->arena;

    trouble->found = scan_show(arena, scan->found);
    switch (scan->why) {
    case LOG__WHOLE:
        trouble->expected = str_printf(arena, "a line with sequence %llu, which was on disk",
                                       (unsigned long long)expected);
        trouble->found = STR("the end of the log");
        return;
    case LOG__SHORT:
        trouble->expected =
            str_printf(arena, "a line with sequence %llu", (unsigned long long)expected);
        trouble->found = STR("the end of the segment");
        return;
    case LOG__GONE:
        trouble->expected =
            str_printf(arena, "a line with sequence %llu", (unsigned long long)expected);
        trouble->found = STR("no file of that name");
        return;
    case LOG__NO_LINE:
    case LOG__NO_END:
        trouble->expected =
            str_printf(arena, "a line with sequence %llu", (unsigned long long)expected);
        if (scan->found.len == 0)
            trouble->found = STR("NULs, with lines behind them");
        return;
    case LOG__SEQ:
        trouble->expected = str_printf(arena, "sequence %llu", (unsigned long long)expected);
        trouble->found = str_printf(arena, "sequence %llu", (unsigned long long)scan->header.seq);
        return;
    case LOG__HASH:
        trouble->expected = scan_show_expected(scan);
        return;
    case LOG__HISTORY:
        trouble->expected = scan_show_hash(arena, &scan->noted);
        return;
    }
    UNREACHABLE("a break without a reason");
}

int log__scan_judge(struct log__scan *scan, struct log_trouble *ret_trouble, uint64_t *ret_tail)
{
    struct log_trouble trouble = { 0 };
    uint64_t expected;
    uint64_t tail = 0;
    int r = 0;

    if (scan->count == 0) {
        expected = 1;
        trouble.durable = scan->noted_seq;
        trouble.segment = STR(LOG__CURRENT);
    } else {
        expected = scan->seq + 1;
        r = scan_open(scan);
        /* Where all was read to its end, nothing stands behind it. */
        if (r == 0 && scan->why != LOG__WHOLE)
            r = scan_tail(scan, &tail);
        if (r == 0 || r == DISK_ABSENT)
            r = scan_highest_mark(scan, expected, &trouble.durable);
        if (r < 0)
            return TRACE(r);
        trouble.segment = str_copy(scan->arena, str_from(scan->segments[scan->index].name));
    }
    *ret_tail = tail;
    if (trouble.durable < expected && scan->why != LOG__HISTORY)
        return 0;
    trouble.seq = expected;
    trouble.line = scan->line;
    trouble.offset = scan->offset;
    scan_describe(scan, expected, &trouble);
    *ret_trouble = trouble;
    return LOG_DAMAGED;
}
