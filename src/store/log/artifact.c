/* Artifacts: kept by the helper thread, named by what they hold. */
#include "store/log/internal.h"

#include <stdio.h>

static struct log_artifact *artifact_keep(struct log *log, struct log_artifact *artifact)
{
    memcpy(artifact->job.name, LOG__KEPT, sizeof(LOG__KEPT));
    log->keeping++;
    disk_job_add(log->disk, &artifact->job);
    return artifact;
}

struct log_artifact *log_artifact_keep(struct log *log, int fd, struct str bytes, uint64_t len_max,
                                       uint64_t tag)
{
    struct log_artifact *artifact = heap_alloc(sizeof(*artifact));

    *artifact = (struct log_artifact){ .tag = tag };
    artifact->job =
        (struct disk_job){ .kind = DISK_JOB_KEEP, .len = len_max, .fd = fd, .bytes = bytes };
    return artifact_keep(log, artifact);
}

struct log_artifact *log_artifact_keep_part(struct log *log, int fd, uint64_t offset, uint64_t len,
                                            uint64_t tag)
{
    struct log_artifact *artifact = heap_alloc(sizeof(*artifact));

    *artifact = (struct log_artifact){ .tag = tag };
    artifact->job = (struct disk_job){
        .kind = DISK_JOB_KEEP, .offset = offset, .len = len, .part = true, .fd = fd
    };
    return artifact_keep(log, artifact);
}

void log__artifact_ended(struct log *log, struct disk_job *job)
{
    struct log_artifact *artifact = container_of(job, struct log_artifact, job);

    CHECK(job->kind == DISK_JOB_KEEP && log->keeping > 0);
    log->keeping--;
    if (log->kept_last)
        log->kept_last->next = artifact;
    else
        log->kept_first = artifact;
    log->kept_last = artifact;
}

struct log_artifact *log_artifact_next(struct log *log)
{
    struct log_artifact *artifact = log->kept_first;

    if (!artifact)
        return NULL;
    log->kept_first = artifact->next;
    if (!log->kept_first)
        log->kept_last = NULL;
    artifact->next = NULL;
    return artifact;
}

struct log_artifact *log_artifact_free(struct log_artifact *artifact)
{
    return heap_free(artifact);
}

struct log_artifact_facts log_artifact_facts_get(const struct log_artifact *artifact)
{
    return (struct log_artifact_facts){ .tag = artifact->tag,
                                        .digest = artifact->job.digest,
                                        .len = artifact->job.len,
                                        .fault = artifact->job.fault };
}

static int artifact_open(struct disk *disk, const struct digest *digest,
                         struct disk_file **ret_file)
{
    char name[sizeof(LOG__KEPT) + 1 + DIGEST_HEX_LEN] = LOG__KEPT "/";
    int r;

    digest_hex(digest, name + sizeof(LOG__KEPT));
    name[sizeof(name) - 1] = '\0';
    r = disk_file_open(disk, name, DISK_OPEN_READ, ret_file);
    if (r < 0)
        return TRACE(r);
    return r == DISK_ABSENT ? LOG_ABSENT : 0;
}

int log_artifact_lend(struct disk *disk, const struct digest *digest, int *ret_fd)
{
    struct disk_file *file CLEANUP(disk_file_close) = NULL;
    int r = artifact_open(disk, digest, &file);

    if (r != 0)
        return r;
    r = disk_file_lend(file);
    if (r < 0)
        return TRACE(r);
    *ret_fd = r;
    return 0;
}

int log_artifact_size(struct disk *disk, const struct digest *digest, uint64_t *ret_size)
{
    struct disk_file *file CLEANUP(disk_file_close) = NULL;
    int r = artifact_open(disk, digest, &file);

    if (r != 0)
        return r;
    r = disk_file_size(file, ret_size);
    return r < 0 ? TRACE(r) : 0;
}

int log_artifact_copy(struct disk *disk, const struct digest *digest, struct arena *arena,
                      size_t len, struct str *ret_bytes)
{
    struct disk_file *file CLEANUP(disk_file_close) = NULL;
    char *bytes;
    size_t got;
    int r = artifact_open(disk, digest, &file);

    if (r != 0)
        return r;
    bytes = arena_alloc_raw(arena, len + 1);
    r = disk_file_read(file, 0, bytes, len, &got);
    if (r < 0)
        return TRACE(r);
    *ret_bytes = str_of(bytes, got);
    return 0;
}

int log_artifact_read(struct disk *disk, const struct digest *digest, uint64_t offset, size_t len,
                      struct buf *ret_bytes)
{
    struct disk_file *file CLEANUP(disk_file_close) = NULL;
    size_t got = 0;
    int r = artifact_open(disk, digest, &file);

    if (r != 0)
        return r;
    r = disk_file_read(file, offset, buf_reserve(ret_bytes, len), len, &got);
    if (r < 0)
        return TRACE(r);
    buf_commit(ret_bytes, got);
    return 0;
}
