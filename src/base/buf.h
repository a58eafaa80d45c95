/*
 * buf - bytes that grow. Owned heap memory: init in place, fini when done.
 *
 * Easy to get wrong: buf_str() looks into the buffer and is gone with the next write to it.
 */
#ifndef WRIT_BASE_BUF_H
#define WRIT_BASE_BUF_H

#include "base/base.h"
#include "base/str.h"

struct buf {
    char *ptr;
    size_t len;
    size_t cap;
};

#define BUF_INIT ((struct buf){ NULL, 0, 0 })

void buf_fini(struct buf *buf);
/* For CLEANUP on a struct in place: __attribute__((cleanup(buf_fini))) is BUF_CLEANUP. */
#define BUF_CLEANUP __attribute__((cleanup(buf_fini)))

static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){ buf->ptr, buf->len };
}

/* Room for len more bytes; gives the place to write them. Follow with buf_commit. */
char *buf_reserve(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);

void buf_clear(struct buf *buf);
/* Drops len bytes from the front. */
void buf_drop(struct buf *buf, size_t len);
/* Shortens to len. */
void buf_cut(struct buf *buf, size_t len);

void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_str(struct buf *buf, struct str text);
void buf_add_c(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_add_u64(struct buf *buf, uint64_t value);
void buf_add_i64(struct buf *buf, int64_t value);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Text as a JSON string, quotes included. Invalid UTF-8 bytes become U+FFFD. */
void buf_add_json(struct buf *buf, struct str text);

#endif
