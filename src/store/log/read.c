/*
 * The reader's side: lines without the lock, beside a running owner, and the proof of the chain.
 *
 * The owner may be in the middle of a write or of a roll, and goes on while we look. So whatever
 * looks like an end or a break is read once more, with the segments listed again; and what is
 * judged to be damage by what was read after it, is looked at once more after that.
 */
#include "store/log/internal.h"

#define READ_LOOKS_MAX 100U

struct log_reader {
    struct log__scan scan;
    uint64_t from_seq;
};

/* 0; LOG_ABSENT: no log; LOG_NEWER; LOG_DAMAGED. */
static int read_begin(struct log__scan *scan, struct disk *disk, uint64_t from_seq,
                      struct arena *arena, struct log_trouble *ret_trouble)
{
    int r = log__version_check(disk, arena, ret_trouble);

    if (r != 0)
        return r < 0 ? TRACE(r) : r;
    r = log__scan_init(scan, disk, arena, from_seq);
    return r < 0 ? TRACE(r) : 0;
}

/*
 * The next line: LOG_LINE, LOG_END or LOG_DAMAGED. What says that a line should stand here may
 * have been written after the look that did not find it. So damage is believed when that was
 * known before a look, and the segments did not change around it.
 */
static int read_line(struct log__scan *scan, struct log_line *ret_line,
                     struct log_trouble *ret_trouble, uint64_t *ret_tail)
{
    int r = log__scan_next(scan, ret_line);

    for (unsigned damaged = 0, look = 0; r >= 0 && r != LOG__SCAN_LINE; look++) {
        int changed = log__scan_relist(scan);

        if (changed < 0)
            return TRACE(changed);
        if (damaged >= 2 && (!changed || look >= READ_LOOKS_MAX))
            return LOG_DAMAGED;
        r = log__scan_next(scan, ret_line);
        if (r < 0 || r == LOG__SCAN_LINE)
            break;
        r = log__scan_judge(scan, ret_trouble, ret_tail);
        if (r != LOG_DAMAGED)
            return r < 0 ? TRACE(r) : (int)LOG_END;
        damaged = changed ? 1 : damaged + 1;
    }
    return r < 0 ? TRACE(r) : (int)LOG_LINE;
}

int log_reader_open(struct disk *disk, uint64_t from_seq, struct arena *arena,
                    struct log_reader **ret_reader, struct log_trouble *ret_trouble)
{
    struct log_reader *reader = heap_alloc(sizeof(*reader));
    int r;

    *reader = (struct log_reader){ .from_seq = from_seq };
    r = read_begin(&reader->scan, disk, from_seq, arena, ret_trouble);
    if (r != 0) {
        (void)heap_free(reader);
        return r < 0 ? TRACE(r) : r;
    }
    *ret_reader = reader;
    return 0;
}

struct log_reader *log_reader_close(struct log_reader *reader)
{
    if (!reader)
        return NULL;
    log__scan_fini(&reader->scan);
    return heap_free(reader);
}

int log_reader_next(struct log_reader *reader, struct log_line *ret_line,
                    struct log_trouble *ret_trouble)
{
    struct log_line line = { 0 };
    uint64_t tail;
    int r;

    do
        r = read_line(&reader->scan, &line, ret_trouble, &tail);
    while (r == LOG_LINE && line.seq < reader->from_seq);
    if (r == LOG_LINE)
        *ret_line = line;
    else
        log__scan_refresh(&reader->scan);
    return r < 0 ? TRACE(r) : r;
}

static void verify_note(struct log_proof *proof, const struct log_line *line)
{
    if (proof->lines == 0) {
        proof->first_seq = line->seq;
        proof->first_at_ms = line->at_ms;
    }
    proof->lines++;
    proof->last_seq = line->seq;
    proof->last_at_ms = line->at_ms;
    proof->bytes += line->len;
    proof->erased += line->erased;
}

int log_verify(struct disk *disk, struct arena *arena, struct log_proof *ret_proof,
               struct log_trouble *ret_trouble)
{
    struct log__scan scan;
    struct log_proof proof = { 0 };
    struct log_line line;
    int r = read_begin(&scan, disk, 1, arena, ret_trouble);

    if (r == LOG_ABSENT) {
        *ret_proof = proof;
        return LOG_END;
    }
    if (r != 0)
        return r < 0 ? TRACE(r) : r;
    while ((r = read_line(&scan, &line, ret_trouble, &proof.torn_bytes)) == LOG_LINE)
        verify_note(&proof, &line);
    proof.durable = scan.durable > scan.noted_seq ? scan.durable : scan.noted_seq;
    proof.segments = scan.count;
    memcpy(proof.head, scan.head.text, LOG_HASH_LEN);
    log__scan_fini(&scan);
    if (r < 0)
        return TRACE(r);
    *ret_proof = proof;
    return r;
}
