/*
 * Lines out of segments.
 *
 * Happy path: read a piece, find a newline, parse, compare sequence, the hash of the header
 * before and the hash of the body, give the line. A segment ends where its file does, or where
 * NULs begin; then comes the next one.
 *
 * Anything else is a break. log__scan_judge looks past it for marks: if anything says that what
 * should stand here was durable, it is damage; otherwise it is a torn tail, which only the
 * current segment can have (a segment is synced before it is sealed).
 */
#include "store/log/internal.h"

#include <errno.h>

#define SCAN_PIECE  (1U << 20)
#define SCAN_SEALED "events-"
#define SCAN_SHOWN  80U /* bytes of a broken line that are shown */

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

int log__scan_init(struct log__scan *scan, struct disk *disk, struct arena *arena,
                   uint64_t from_seq)
{
    int r;

    *scan = (struct log__scan){ .disk = disk, .arena = arena, .line = 1 };
    scan->listing = arena_new(0);
    r = scan_list(scan);
    if (r == 0)
        r = log__head_read(disk, &scan->noted_seq, &scan->noted);
    if (r < 0) {
        log__scan_fini(scan);
        return TRACE(r);
    }
    while (scan->index + 1 < scan->count && scan->segments[scan->index + 1].first_seq > 0 &&
           scan->segments[scan->index + 1].first_seq <= from_seq)
        scan->index++;
    scan->begins = 1;
    if (from_seq > 1 && scan->count && scan->segments[scan->index].first_seq)
        scan->begins = scan->segments[scan->index].first_seq;
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

int log__scan_relist(struct log__scan *scan)
{
    size_t count = scan->count;
    int r = scan_list(scan);

    if (r < 0)
        return TRACE(r);
    log__scan_refresh(scan);
    return scan->count > count;
}

static int scan_open(struct log__scan *scan)
{
    int r;

    if (scan->file)
        return 0;
    r = disk_file_open(scan->disk, scan->segments[scan->index].name, DISK_OPEN_READ, &scan->file);
    if (r == DISK_ABSENT && scan->listing) {
        /* Sealed between listing and opening: now it is under its other name. */
        r = scan_list(scan);
        if (r == 0 && scan->index < scan->count)
            r = disk_file_open(scan->disk, scan->segments[scan->index].name, DISK_OPEN_READ,
                               &scan->file);
    }
    if (r < 0)
        return TRACE(r);
    return r == DISK_ABSENT ? RAISE(-ENOENT) : 0;
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

/* More of the file behind what is there. */
static int scan_read(struct log__scan *scan)
{
    uint64_t from;
    size_t len;
    int r;

    buf_drop(&scan->in, scan->position);
    scan->position = 0;
    from = scan->offset + scan->in.len;
    r = disk_file_read(scan->file, from, buf_reserve(&scan->in, SCAN_PIECE), SCAN_PIECE, &len);
    if (r < 0)
        return TRACE(r);
    buf_commit(&scan->in, len);
    scan->at_end = len < SCAN_PIECE;
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

        if (ahead.len > known)
            end = memchr(ahead.ptr + known, '\n', ahead.len - known);
        if (end && (size_t)(end - ahead.ptr) < LOG_LINE_MAX) {
            *ret_text = str_of(ahead.ptr, (size_t)(end - ahead.ptr));
            return LOG__SCAN_LINE;
        }
        if (ahead.len && ahead.ptr[0] == '\0')
            return LOG__SCAN_END;
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

/* How many bytes lie between here and the last one that is not NUL. Reads ahead of the scan. */
static int scan_tail(struct log__scan *scan, uint64_t *ret_len)
{
    BUF_CLEANUP struct buf piece = BUF_INIT;
    uint64_t at = scan->offset;
    uint64_t last = scan->offset;
    size_t len;

    do {
        int r = disk_file_read(scan->file, at, buf_reserve(&piece, SCAN_PIECE), SCAN_PIECE, &len);

        if (r < 0)
            return TRACE(r);
        for (size_t i = len; i > 0; i--)
            if (piece.ptr[i - 1] != '\0') {
                last = at + i;
                break;
            }
        at += len;
    } while (len == SCAN_PIECE);
    *ret_len = last - scan->offset;
    return 0;
}

/* --- Lines --- */

static bool scan_hash_is(const struct digest *digest, struct str hex)
{
    char text[DIGEST_HEX_LEN];

    digest_hex(digest, text);
    return memcmp(text, hex.ptr, DIGEST_HEX_LEN) == 0;
}

static int scan_broken(struct log__scan *scan, enum log__break_why why, struct str found)
{
    scan->why = why;
    scan->found = found;
    return LOG__SCAN_BREAK;
}

static bool scan_follows(const struct log__scan *scan, const struct log__header *header)
{
    static const struct digest nothing;

    if (scan->follows)
        return scan_hash_is(&scan->head, header->prev);
    /* Who begins in the middle believes the first line; the very first follows nothing. */
    return header->seq != 1 || scan_hash_is(&nothing, header->prev);
}

static uint64_t scan_expected(const struct log__scan *scan)
{
    return scan->follows ? scan->seq + 1 : scan->begins;
}

static int scan_verify(struct log__scan *scan, struct str text, struct log_line *ret_line)
{
    struct log_line line = { 0 };
    struct log__header header;
    struct digest digest;

    if (!log__line_parse(text, &header, &line.header, &line.body) ||
        !log__body_events(line.body, &line.events))
        return scan_broken(scan, LOG__NO_LINE, text);
    scan->header = header;
    if (header.seq != scan_expected(scan))
        return scan_broken(scan, LOG__SEQ, line.header);
    if (!scan_follows(scan, &header))
        return scan_broken(scan, LOG__PREV, header.prev);
    line.erased = line.events.ptr == NULL;
    if (!line.erased) {
        digest = digest_of(line.body);
        if (!scan_hash_is(&digest, header.body))
            return scan_broken(scan, LOG__BODY, header.body);
    }
    digest = digest_of(line.header);
    if (header.seq == scan->noted_seq && !digest_equal(&digest, &scan->noted))
        return scan_broken(scan, LOG__HISTORY, line.header);

    line.seq = header.seq;
    line.at_ms = header.at_ms;
    line.type = header.type;
    line.durable = header.durable;
    line.segment = str_from(scan->segments[scan->index].name);
    line.offset = scan->offset;
    line.len = text.len + 1;
    scan->head = digest;
    *ret_line = line;
    return LOG__SCAN_LINE;
}

static void scan_accept(struct log__scan *scan, const struct log_line *line)
{
    scan->follows = true;
    if (scan->first == 0)
        scan->first = line->seq;
    scan->seq = line->seq;
    scan->at_ms = line->at_ms;
    if (line->durable > scan->durable)
        scan->durable = line->durable;
    scan->before = scan->offset;
    scan->position += line->len;
    scan->offset += line->len;
    scan->line++;
}

/* At the end of a segment: 1 there is another one, 0 there is none; BREAK: bytes follow NULs. */
static int scan_ended(struct log__scan *scan)
{
    uint64_t tail;
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
    if (next && next != scan_expected(scan))
        return scan_broken(scan, LOG__SHORT, STR_NULL);
    return 1;
}

int log__scan_next(struct log__scan *scan, struct log_line *ret_line)
{
    while (scan->index < scan->count) {
        struct str text = STR_NULL;
        int r = scan_open(scan);

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

/* A line that hangs together by itself, wherever it stands. */
static bool scan_is_sound(struct str text, struct log__header *ret_header)
{
    struct str header;
    struct str body;
    struct str events;
    struct digest digest;

    if (!log__line_parse(text, ret_header, &header, &body) || !log__body_events(body, &events) ||
        ret_header->durable >= ret_header->seq)
        return false;
    digest = digest_of(body);
    return events.ptr == NULL || scan_hash_is(&digest, ret_header->body);
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

        if (r < 0)
            return TRACE(r);
        while ((r = scan_skip(past, &text)) == 1)
            if (scan_is_sound(scan_without_nuls(text), &header) && header.seq > expected &&
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
    int r = scan_marks_beyond(&past, expected, &mark);

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

static struct str scan_show_hash(struct arena *arena, const struct digest *digest)
{
    char hex[DIGEST_HEX_LEN];

    digest_hex(digest, hex);
    return str_copy(arena, str_of(hex, sizeof(hex)));
}

static void scan_describe(struct log__scan *scan, uint64_t expected, struct log_trouble *trouble)
{
    static const struct digest nothing;
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
    case LOG__PREV:
        trouble->expected = scan_show_hash(arena, scan->follows ? &scan->head : &nothing);
        return;
    case LOG__BODY:
        trouble->expected = str_printf(arena, "a body with SHA-256 %.*s", STR_ARG(scan->found));
        trouble->found = STR("another body");
        return;
    case LOG__HISTORY:
        trouble->expected = scan_show_hash(arena, &scan->noted);
        return;
    }
    UNREACHABLE("a break without a reason");
}

/*
 * A line that does not follow from the one before: which of the two was changed? If the line
 * after it knows its header, it is the one before.
 */
static int scan_blames_before(struct log__scan *scan, bool *ret_before)
{
    struct log__header header;
    struct str broken = STR_NULL;
    struct str after = STR_NULL;
    struct str text;
    struct str body;
    struct digest digest;
    uint64_t offset = scan->offset;
    int r = scan_text(scan, &broken);

    *ret_before = false;
    if (r != LOG__SCAN_LINE || !log__line_parse(broken, &header, &text, &body))
        return r < 0 ? TRACE(r) : 0;
    digest = digest_of(text);
    scan->position += broken.len + 1;
    scan->offset += broken.len + 1;
    r = scan_text(scan, &after);
    if (r == LOG__SCAN_LINE && log__line_parse(after, &header, &text, &body))
        *ret_before = scan_hash_is(&digest, header.prev);
    scan->offset = offset;
    log__scan_refresh(scan);
    return r < 0 ? TRACE(r) : 0;
}

static int scan_locate(struct log__scan *scan, uint64_t expected, struct log_trouble *trouble)
{
    bool before = false;
    int r = 0;

    trouble->seq = expected;
    trouble->line = scan->line;
    trouble->offset = scan->offset;
    if (scan->why == LOG__PREV && scan->line > 1)
        r = scan_blames_before(scan, &before);
    if (before) {
        trouble->seq--;
        trouble->line--;
        trouble->offset = scan->before;
    }
    return r < 0 ? TRACE(r) : 0;
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
        expected = scan_expected(scan);
        r = scan_open(scan);
        if (r == 0)
            r = scan_tail(scan, &tail);
        if (r == 0)
            r = scan_highest_mark(scan, expected, &trouble.durable);
        if (r < 0)
            return TRACE(r);
        trouble.segment = str_copy(scan->arena, str_from(scan->segments[scan->index].name));
    }
    *ret_tail = tail;
    if (trouble.durable < expected && scan->why != LOG__HISTORY)
        return 0;
    scan_describe(scan, expected, &trouble);
    r = scan_locate(scan, expected, &trouble);
    if (r < 0)
        return TRACE(r);
    *ret_trouble = trouble;
    return LOG_DAMAGED;
}
