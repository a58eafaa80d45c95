/*
 * store/log/internal - a line, the files it lies in, and the scan that every reader shares.
 */
#ifndef WRIT_STORE_LOG_INTERNAL_H
#define WRIT_STORE_LOG_INTERNAL_H

#include "base/arena.h"
#include "base/base.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include "store/log/log.h"
#include "sys/disk.h"

#define LOG__VERSION "VERSION"
#define LOG__LOCK    "lock"
#define LOG__FOLDER  "log"
#define LOG__CURRENT "log/events.jsonl"
#define LOG__SPARE   "log/spare"
#define LOG__HEAD    "log/head"
#define LOG__KEPT    "artifacts"

/* "log/events-" 20 digits ".jsonl" */
#define LOG__NAME_LEN 37U

/* --- line.c: one line and its text. Pure. --- */

#define LOG__SALT_TEXT_LEN BASE64_LEN(LOG_SALT_LEN)
#define LOG__HEADER_MAX    (160U + LOG_TYPE_MAX)
/* What stands behind the body: ,"HASH"] and a newline. */
#define LOG__TRAILER_LEN (LOG_HASH_LEN + 5U)

/* A hash as it stands in a line. */
struct log__hash {
    char text[LOG_HASH_LEN];
};

/* What a header says. */
struct log__header {
    uint64_t seq;
    int64_t at_ms;
    struct str type;
    uint64_t durable;
};

/* A line taken apart; views into its text. */
struct log__line {
    struct log__header header;
    struct str text; /* of the header */
    struct str body;
    struct str events; /* null: the body is erased */
    struct str erased; /* the digest that stands for an erased body, LOG_HASH_LEN */
    struct str hash;   /* LOG_HASH_LEN */
};

/* Prints the header object into text of LOG__HEADER_MAX; gives its length. */
size_t log__header_print(const struct log__header *header, char *text);
/*
 * Parses a line without its newline. False if it is none. Nothing is verified but the form.
 */
bool log__line_parse(struct str text, struct log__line *ret_line);
/* Of the line before the very first. */
struct log__hash log__hash_none(void);
/* The digest of a body, given in parts. */
struct log__hash log__body_digest(const struct str *parts, size_t count);
/* What chains a line: of the line before, the header, and the body's digest. */
struct log__hash log__line_hash(const struct log__hash *before, struct str header,
                                const struct log__hash *body);
/* What the hash of a line that stands there must be. */
struct log__hash log__line_prove(const struct log__hash *before, const struct log__line *line);
bool log__hash_is(const struct log__hash *hash, struct str text);
/* Lower-case letters, digits, dots, underscores; at most LOG_TYPE_MAX. */
bool log__type_is_good(struct str type);

/* --- scan.c: lines out of segments, each verified against the one before --- */

struct log__segment {
    char name[LOG__NAME_LEN + 1];
    uint64_t first_seq; /* 0: the current one, which has no number in its name */
};

enum log__break_why {
    LOG__WHOLE,   /* not broken: lines end, only NULs or nothing follow */
    LOG__NO_LINE, /* bytes that are no line */
    LOG__NO_END,  /* a line that does not end */
    LOG__SEQ,     /* another sequence than the next */
    LOG__HASH,    /* header, body, or the line before it are not what its hash knows */
    LOG__SHORT,   /* a segment that ends before the next one begins */
    LOG__GONE,    /* a segment that was listed and is not there */
    LOG__HISTORY, /* another line than the one that was noted at this sequence */
};

struct log__scan {
    struct disk *disk;
    struct arena *arena;   /* for trouble */
    struct arena *listing; /* for segments; owned */
    struct log__segment *segments;
    size_t count;
    size_t index;
    struct disk_file *file; /* of segments[index]; NULL: not open yet */
    struct buf in;
    size_t position; /* of the next line within in */
    uint64_t offset; /* of the next line within the file */
    uint64_t line;   /* its number within the file, from 1 */
    uint64_t first;  /* sequence of the file's first line; 0: none was given yet */
    bool at_end;     /* in holds all there is of the file */
    uint64_t seq;    /* of the last line given, or of the one before the first */
    int64_t at_ms;
    struct log__hash head; /* its hash */
    uint64_t durable;      /* the highest mark given */
    uint64_t noted_seq;    /* what log/head says, 0 nothing */
    struct log__hash noted;
    struct log__header header; /* of the last line read */
    enum log__break_why why;
    struct str found; /* what stands there, borrowed */
};

enum log__scan_answer {
    LOG__SCAN_END = 0, /* all segments are read */
    LOG__SCAN_LINE = 1,
    LOG__SCAN_BREAK = 2, /* why says what is wrong at segments[index], offset */
};

/* Lists the segments; reads log/head. Starts at the segment that has from_seq. */
MUST int log__scan_init(struct log__scan *scan, struct disk *disk, struct arena *arena,
                        uint64_t from_seq);
void log__scan_fini(struct log__scan *scan);
MUST int log__scan_next(struct log__scan *scan, struct log_line *ret_line);
/* Forgets what was read ahead, so that the next look reads the file again. */
void log__scan_refresh(struct log__scan *scan);
/* Lists again, and finds its place in it; reads the file again. 1: the list has changed. */
MUST int log__scan_relist(struct log__scan *scan);
/*
 * After SCAN_BREAK or SCAN_END: 0 if what was read is all that is known to have been durable,
 * or LOG_DAMAGED with the trouble. *ret_tail: bytes from the break to the last that is not NUL.
 */
MUST int log__scan_judge(struct log__scan *scan, struct log_trouble *ret_trouble,
                         uint64_t *ret_tail);

/* --- store.c: VERSION and the noted head --- */

/* 0, LOG_NEWER, LOG_DAMAGED, or LOG_ABSENT: there is none yet. */
MUST int log__version_check(struct disk *disk, struct arena *arena,
                            struct log_trouble *ret_trouble);
MUST int log__version_make(struct disk *disk);
/* *ret_seq 0: nothing (readable) is noted. */
MUST int log__head_read(struct disk *disk, uint64_t *ret_seq, struct log__hash *ret_hash);
MUST int log__head_write(struct disk_file *file, uint64_t seq, const struct log__hash *hash);
/* A whole small file, at most size bytes. 0 or DISK_ABSENT. */
MUST int log__file_get(struct disk *disk, const char *name, struct buf *text, size_t size);

/* --- the owner --- */

struct log_artifact {
    struct disk_job job;
    uint64_t tag;
    struct log_artifact *next;
};

enum log__settled {
    LOG__UNSETTLED,
    LOG__SETTLING,
    LOG__SETTLED,
};

struct log {
    struct disk *disk;
    struct arena *arena;
    struct log__scan scan;
    struct log_recovery recovery;
    uint64_t segment_len;
    bool open; /* recovered: may be appended to */

    struct disk_file *file; /* the current segment */
    struct disk_file *head_file;
    uint64_t first_seq; /* of the current segment; 0: it is empty */
    uint64_t end;       /* where the next line goes */
    uint64_t ready;     /* bytes of the file that are prewritten */
    struct buf out;     /* appended, not written */
    uint64_t seq;       /* of the last line appended */
    uint64_t written;   /* ... written */
    uint64_t asked;     /* ... that a sync was asked for */
    uint64_t durable;   /* ... that is on disk */
    uint64_t noted;     /* ... in log/head */
    int64_t at_ms;
    struct log__hash head; /* of the last line appended */
    int64_t unsynced_ns;   /* when the first line was written that no sync was asked for; -1 */
    int64_t quiet_ns;      /* when the last line was written */
    int64_t retry_ns;      /* full: when to try again; -1 */

    /* What replay has shown, and that the store is ours, becomes durable beside the loop. */
    enum log__settled settled;
    struct disk_job settle;
    uint64_t settle_seq; /* of the last line that replay has shown */
    bool wished;         /* a sync, before it was settled */

    struct disk_job fill;
    bool filling;
    struct disk_job spare;
    bool sparing;
    bool has_spare;
    bool full;

    struct log_artifact *kept_first; /* ended, not yet given */
    struct log_artifact *kept_last;
    uint64_t keeping; /* jobs under way */
};

/* log.c */
MUST int log__seal(struct log *log);
MUST int log__current_make(struct log *log);

/* append.c */
MUST int log__collect(struct log *log, int64_t mono_ns);
void log__artifact_ended(struct log *log, struct disk_job *job);

#endif
