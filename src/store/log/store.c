/*
 * The small files beside the lines: VERSION, and log/head.
 *
 * log/head notes how far the log was known to be on disk: a sequence and the hash of its line,
 * with a check of its own. It is written in place without a sync of its own, and only after what
 * it says is true; so it may be old or unreadable, and never claims too much. With it, a log
 * that was cut or put back from an older copy is told from one that ends there.
 */
#include "store/log/internal.h"

#define HEAD_LEN (20U + 1U + LOG_HASH_LEN + 1U + LOG_HASH_LEN + 1U)

int log__file_get(struct disk *disk, const char *name, struct buf *text, size_t size)
{
    struct disk_file *file CLEANUP(disk_file_close) = NULL;
    size_t len;
    int r = disk_file_open(disk, name, DISK_OPEN_READ, &file);

    if (r != 0)
        return r < 0 ? TRACE(r) : r;
    r = disk_file_read(file, 0, buf_reserve(text, size), size, &len);
    if (r < 0)
        return TRACE(r);
    buf_commit(text, len);
    return 0;
}

static struct str version_text(struct arena *arena)
{
    return str_printf(arena, "writ %u", LOG_FORMAT);
}

int log__version_check(struct disk *disk, struct arena *arena, struct log_trouble *ret_trouble)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct str found;
    struct str number;
    uint64_t version;
    int r = log__file_get(disk, LOG__VERSION, &text, 256);

    if (r < 0)
        return TRACE(r);
    found = str_copy(arena, str_trim(buf_str(&text)));
    /* It is made before the first segment: torn or absent, there was none. */
    if (r == DISK_ABSENT || found.len == 0)
        return LOG_ABSENT;
    number = str_slice(found, 5, found.len);
    if (str_starts(found, STR("writ ")) && str_to_u64(number, &version) && version == LOG_FORMAT)
        return 0;
    *ret_trouble = (struct log_trouble){ .expected = version_text(arena), .found = found };
    if (str_starts(found, STR("writ ")) && str_to_u64(number, &version) && version > LOG_FORMAT)
        return LOG_NEWER;
    ret_trouble->segment = STR(LOG__VERSION);
    ret_trouble->line = 1;
    return LOG_DAMAGED;
}

int log__version_make(struct disk *disk)
{
    struct disk_file *file CLEANUP(disk_file_close) = NULL;
    int r = disk_file_open(disk, LOG__VERSION, DISK_OPEN_NEW, &file);

    if (r == DISK_EXISTS)
        r = disk_file_open(disk, LOG__VERSION, DISK_OPEN_WRITE, &file);
    if (r < 0)
        return TRACE(r);
    CHECK(r == 0 && LOG_FORMAT == 1);
    r = disk_file_write(file, 0, STR("writ 1\n"));
    if (r == 0)
        r = disk_file_sync(file);
    if (r == 0)
        r = disk_folder_sync(disk, "");
    return r < 0 ? TRACE(r) : 0;
}

/* 20 digits, the line's hash, the hash of both as a check. */
static void head_print(uint64_t seq, const struct log__hash *hash, char text[HEAD_LEN])
{
    struct digest check;

    for (size_t i = 20; i > 0; i--) {
        text[i - 1] = (char)('0' + seq % 10);
        seq /= 10;
    }
    text[20] = ' ';
    memcpy(text + 21, hash->text, LOG_HASH_LEN);
    text[21 + LOG_HASH_LEN] = ' ';
    check = digest_of(str_of(text, 21 + LOG_HASH_LEN));
    (void)base64_print_url(text + 22 + LOG_HASH_LEN, check.bytes, DIGEST_LEN);
    text[HEAD_LEN - 1] = '\n';
}

int log__head_read(struct disk *disk, uint64_t *ret_seq, struct log__hash *ret_hash)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    char again[HEAD_LEN];
    struct str digits;
    struct log__hash hash;
    uint64_t seq = 0;
    int r = log__file_get(disk, LOG__HEAD, &text, HEAD_LEN);

    if (r < 0)
        return TRACE(r);
    *ret_seq = 0;
    if (r == DISK_ABSENT || text.len < HEAD_LEN)
        return 0;
    digits = str_of(text.ptr, 20);
    while (digits.len > 1 && digits.ptr[0] == '0')
        digits = str_slice(digits, 1, digits.len);
    if (!str_to_u64(digits, &seq))
        return 0;
    memcpy(hash.text, text.ptr + 21, LOG_HASH_LEN);
    head_print(seq, &hash, again);
    if (memcmp(again, text.ptr, HEAD_LEN) != 0)
        return 0;
    *ret_seq = seq;
    *ret_hash = hash;
    return 0;
}

int log__head_write(struct disk_file *file, uint64_t seq, const struct log__hash *hash)
{
    char text[HEAD_LEN];
    int r;

    head_print(seq, hash, text);
    r = disk_file_write(file, 0, str_of(text, sizeof(text)));
    return r < 0 ? TRACE(r) : 0;
}
