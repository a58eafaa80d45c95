/*
 * Blanking a body in place: its digest, and spaces up to where the body ended. Offsets stay, and
 * so does the chain, which knows the body by its digest alone. No body is shorter than that.
 */
#include "store/log/internal.h"

static int erase_at(struct disk *disk, const struct log_line *line)
{
    BUF_CLEANUP struct buf blank = BUF_INIT;
    struct disk_file *file CLEANUP(disk_file_close) = NULL;
    char name[LOG__NAME_LEN + 1] = { 0 };
    size_t before = (size_t)(line->body.ptr - line->header.ptr) + 1;
    struct log__hash digest = log__body_digest(&line->body, 1);
    size_t rest;
    int r;

    CHECK(line->segment.len <= LOG__NAME_LEN && line->body.len >= LOG_HASH_LEN + 2);
    memcpy(name, line->segment.ptr, line->segment.len);
    buf_add_char(&blank, '"');
    buf_add(&blank, digest.text, LOG_HASH_LEN);
    buf_add_char(&blank, '"');
    rest = line->body.len - blank.len;
    memset(buf_reserve(&blank, rest), ' ', rest);
    buf_commit(&blank, rest);
    r = disk_file_open(disk, name, DISK_OPEN_WRITE, &file);
    if (r < 0)
        return TRACE(r);
    CHECK(r == 0);
    r = disk_file_write(file, line->offset + before, buf_str(&blank));
    if (r == 0)
        r = disk_file_sync(file);
    return r < 0 ? TRACE(r) : 0;
}

int log_erase(struct log *log, uint64_t seq)
{
    struct log_reader *reader CLEANUP(log_reader_close) = NULL;
    struct log_trouble trouble;
    struct log_line line = { 0 };
    int r;

    if (seq == 0 || seq > log->durable)
        return LOG_ABSENT;
    r = log_reader_open(log->disk, seq, log->arena, &reader, &trouble);
    if (r == 0)
        r = log_reader_next(reader, &line, &trouble);
    if (r < 0)
        return TRACE(r);
    if (r != LOG_LINE || line.seq != seq)
        return LOG_ABSENT;
    if (!line.erased)
        r = erase_at(log->disk, &line);
    else
        r = 0;
    return r < 0 ? TRACE(r) : 0;
}
