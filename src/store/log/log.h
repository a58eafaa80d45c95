/*
 * store/log - the one truth: append, sync, read back, cut a torn tail.
 *
 * A line is a header, a body and a hash, one update of the core:
 *
 *     [{"seq":7,"at_ms":..,"type":"call.frozen","durable":5},
 *      {"salt":"...","events":[...]},
 *      "<hash>"]\n                                                       (on one line)
 *
 * The hash is SHA-256 of the hash of the line before, the header, and the digest of the body: a
 * chain, in which a body can be blanked (log_erase leaves its digest) without breaking it.
 * durable is the highest sequence that was known to be on disk when the line was written: what
 * breaks at or before the highest such mark is damage and stops the start; what breaks after it
 * is a torn tail and is cut. docs/protocol/log.md has the format byte by byte.
 *
 * A turn: log_gather, then log_append for each update, then log_write once, then effects whose
 * sequence log_durable has reached.
 *
 * Easy to get wrong: a fault of log_write, log_gather or log_append ends the process. Nothing
 * is known about the file afterwards, and the next start reads what is there.
 */
#ifndef WRIT_STORE_LOG_LOG_H
#define WRIT_STORE_LOG_LOG_H

#include "base/base.h"
#include "base/digest.h"
#include "base/str.h"

#include <stdbool.h>

struct arena;
struct disk;
struct buf;
struct disk_job;
struct log;
struct log_reader;

#define LOG_FORMAT   1U         /* VERSION holds "writ 1" */
#define LOG_LINE_MAX (8U << 20) /* bytes of a line */
#define LOG_TYPE_MAX 63U        /* bytes of a type */
#define LOG_SALT_LEN 16U
#define LOG_HASH_LEN 43U         /* letters of a hash: base64 for URLs, without padding */
#define LOG_SEGMENT  (64U << 20) /* a segment is sealed when it has grown past this */
#define LOG_SPARE    (1U << 20)  /* kept back for refusals and shutdown on a full disk */
#define LOG_IDLE_MS  50          /* nothing stays unsynced longer */

enum log_answer {
    LOG_END = 0,     /* no further line (now) */
    LOG_LINE = 1,    /* a line was given */
    LOG_DAMAGED = 2, /* durable lines are broken: see the trouble */
    LOG_OWNED = 3,   /* another process has the store: trouble.holder */
    LOG_NEWER = 4,   /* written by a newer version: trouble.found */
    LOG_ABSENT = 5,  /* no such line, artifact or log */
};

/* Why a store cannot be used. Texts are in the arena that was given to log_open. */
struct log_trouble {
    struct str holder;   /* LOG_OWNED */
    struct str segment;  /* LOG_DAMAGED: file in the data folder */
    uint64_t line;       /* of that file, from 1 */
    uint64_t offset;     /* of its first byte in that file */
    uint64_t seq;        /* that should stand there */
    uint64_t durable;    /* the mark that says it was on disk */
    struct str expected; /* LOG_DAMAGED, LOG_NEWER */
    struct str found;
};

/* One line. Texts are borrowed until the next call for a line. */
struct log_line {
    uint64_t seq;
    int64_t at_ms;
    struct str type;
    uint64_t durable;
    struct str header; /* the JSON object as it stands */
    struct str body;   /* {"salt":...,"events":[...]}, or a digest and spaces when erased */
    struct str events; /* the JSON array; null view when erased */
    struct str text;   /* all of it, without its newline */
    bool erased;
    struct str segment; /* file in the data folder */
    uint64_t offset;    /* of the line in that file */
    size_t len;         /* with its newline */
};

/* --- The owner's side --------------------------------------------------------------------- */

struct log_options {
    struct str holder;    /* who we are, for a second daemon: "writ 0.1.0, pid 77, since ..." */
    uint64_t segment_len; /* 0: LOG_SEGMENT */
};

/*
 * Takes the store (its lock, VERSION, folders) and gets ready to read. Borrows the disk, whose
 * helper runs by the time anything is appended, and the arena (for trouble) until log_close.
 * 0, LOG_OWNED, LOG_NEWER or LOG_DAMAGED. Then log_next until it answers LOG_END.
 */
MUST int log_open(struct disk *disk, const struct log_options *options, struct arena *core,
                  struct log **ret_log, struct log_trouble *ret_trouble);
/* Writes nothing: append and sync what must survive first. */
struct log *log_close(struct log *log);
CLEANUP_DEFINE(struct log, log_close)

/*
 * The next line to replay, each verified. LOG_LINE; LOG_END: all read, a torn tail has been cut
 * and cleared, and appending may begin; LOG_DAMAGED.
 */
MUST int log_next(struct log *log, struct log_line *ret_line, struct log_trouble *ret_trouble);

/* What log_next found and did at the end. */
struct log_recovery {
    uint64_t lines;
    uint64_t seq;         /* of the last line */
    int64_t at_ms;        /* its time */
    uint64_t epoch;       /* of this ownership */
    uint64_t torn_bytes;  /* cut from the tail; 0: it was clean */
    uint64_t torn_offset; /* in the current segment */
};
struct log_recovery log_recovery_get(const struct log *log);

/*
 * Adds one update to what log_write will write; gives its sequence. type: lower-case letters,
 * digits, dots and underscores; events: a JSON array without raw newlines; salt: 16 random
 * bytes. CHECKs its arguments. Times never go back: an older at_ms is raised to the last.
 */
uint64_t log_append(struct log *log, struct str type, struct str events, int64_t at_ms,
                    const uint8_t salt[LOG_SALT_LEN]);
/* The sequence that the next log_append will give. */
uint64_t log_seq_next(const struct log *log);

/*
 * One write of everything appended since the last, at the end of a turn. sync: some of it must
 * become durable (an effect waits for it); without, it is synced when idle. Nothing appended
 * is fine.
 */
MUST int log_write(struct log *log, bool sync, int64_t mono_ns);

/*
 * Makes all that was written durable before it returns, if the disk has nothing else to do and
 * was quick of late; otherwise it is asked for as by log_write. For a turn that has nothing else
 * to do: it saves waking the helper, and being woken by it.
 */
MUST int log_sync_here(struct log *log);

/* Looks what the helper thread has done: call it in every turn, before log_durable. */
MUST int log_gather(struct log *log, int64_t mono_ns);
/* Everything up to and including this sequence is on disk. */
uint64_t log_durable(const struct log *log);
/* When log_gather wants to be called again though nothing happened (idle sync); -1: never. */
int64_t log_due_ns(const struct log *log);

/* The disk is full: what is left is for refusals and shutdown. Admit nothing new. */
bool log_is_full(const struct log *log);
/* Bytes that are there for lines whatever happens: what is prewritten, and the spare. */
uint64_t log_room(const struct log *log);

/* Waits until everything appended is durable: for shutdown only. */
MUST int log_finish(struct log *log);

/*
 * Blanks the body of a durable line: its digest and spaces. The record that says who and why must
 * be durable before. 0 or LOG_ABSENT.
 */
MUST int log_erase(struct log *log, uint64_t seq);

/* --- Artifacts: files named by their SHA-256, durable before a line names them --------------- */

/*
 * One value to keep. Set fd (borrowed: a memfd, read from its start) or bytes (borrowed), and
 * len to the most it may have. Afterwards digest and len say what was kept.
 */
struct log_artifact;
struct log_artifact *log_artifact_keep(struct log *log, int fd, struct str bytes, uint64_t len_max,
                                       uint64_t tag);
/* The same of a part of fd: exactly the len bytes at offset. */
struct log_artifact *log_artifact_keep_part(struct log *log, int fd, uint64_t offset, uint64_t len,
                                            uint64_t tag);
/* The next one that has ended, or NULL: kept or not. Free it with log_artifact_free. */
struct log_artifact *log_artifact_next(struct log *log);
struct log_artifact *log_artifact_free(struct log_artifact *artifact);
CLEANUP_DEFINE(struct log_artifact, log_artifact_free)
struct log_artifact_facts {
    uint64_t tag; /* the caller's own */
    struct digest digest;
    uint64_t len;
    int fault; /* 0; -EFBIG: longer than len_max; -ENOSPC */
};
struct log_artifact_facts log_artifact_facts_get(const struct log_artifact *artifact);

/* A descriptor of an artifact, to pass on: yours to close. 0 or LOG_ABSENT. */
MUST int log_artifact_lend(struct disk *disk, const struct digest *digest, int *ret_fd);
/* Up to len bytes of its beginning, in the arena. 0 or LOG_ABSENT. */
MUST int log_artifact_copy(struct disk *disk, const struct digest *digest, struct arena *arena,
                           size_t len, struct str *ret_bytes);
/* How many bytes it has. 0 or LOG_ABSENT. */
MUST int log_artifact_size(struct disk *disk, const struct digest *digest, uint64_t *ret_size);
/* Adds up to len bytes of an artifact from offset; none at its end. 0 or LOG_ABSENT. */
MUST int log_artifact_read(struct disk *disk, const struct digest *digest, uint64_t offset,
                           size_t len, struct buf *ret_bytes);

/* --- The reader's side: any process that may read the folder, no lock ----------------------- */

/*
 * Reads lines from sequence from_seq (1: all). Each is verified against the one before. The
 * disk is borrowed. 0; LOG_ABSENT: there is no log here; LOG_NEWER; LOG_DAMAGED.
 */
MUST int log_reader_open(struct disk *disk, uint64_t from_seq, struct arena *arena,
                         struct log_reader **ret_reader, struct log_trouble *ret_trouble);
struct log_reader *log_reader_close(struct log_reader *reader);
CLEANUP_DEFINE(struct log_reader, log_reader_close)
/* LOG_LINE; LOG_END: no more now, ask again to follow; LOG_DAMAGED. */
MUST int log_reader_next(struct log_reader *reader, struct log_line *ret_line,
                         struct log_trouble *ret_trouble);

/* What a proof of the whole chain found. */
struct log_proof {
    uint64_t lines;
    uint64_t first_seq;
    uint64_t last_seq;
    int64_t first_at_ms;
    int64_t last_at_ms;
    uint64_t durable; /* highest mark found */
    uint64_t erased;  /* bodies that are blanked */
    uint64_t segments;
    uint64_t bytes;
    uint64_t torn_bytes;     /* after the last whole line; a running daemon may still be writing */
    char head[LOG_HASH_LEN]; /* of the last line: tell it to somebody, and nothing up to it can
                                change unseen */
};
/* LOG_END: the chain holds. LOG_DAMAGED, LOG_NEWER. An empty folder holds. */
MUST int log_verify(struct disk *disk, struct arena *arena, struct log_proof *ret_proof,
                    struct log_trouble *ret_trouble);

#endif
