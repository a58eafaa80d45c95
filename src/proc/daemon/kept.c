/*
 * Results that came in a descriptor: a value that is too long for a line of the log, and the
 * bytes that a value names. Each becomes an artifact, synced and linked before the line that
 * names it.
 *
 *     descriptor   value, if `artifact` is set | bytes of blobs[0] | bytes of blobs[1] | ...
 *
 * One part is kept after the other, as they were given; the last one ends the attempt. Bytes must
 * be those that were named; if one part is not, or cannot be kept, the answer cannot be used.
 */
#include "proc/daemon/internal.h"

struct daemon_kept {
    struct msg_call_outcome outcome;
    struct arena *arena;
    int fd;
    size_t parts;
    size_t ended;
    bool fault;
};

static bool is_long(const struct msg_call_outcome *outcome)
{
    static const struct digest none;

    return !digest_equal(&outcome->artifact, &none);
}

/* A failure stays one; what it names is not there. */
static void spoil(struct msg_call_outcome *outcome)
{
    if (outcome->status == MSG_OUTCOME_STATUS_FAILED) {
        outcome->error.data = STR_NULL;
        outcome->blobs_count = 0;
        return;
    }
    outcome->status = MSG_OUTCOME_STATUS_UNREADABLE;
    outcome->error =
        (struct msg_error){ .code = STR("limit"),
                            .message = STR("the result could not be kept: it is too large, or "
                                           "the disk is full") };
}

/* Egress counts and measures before it says so; whoever speaks in its place may not. */
static bool is_sane(const struct msg_call_outcome *outcome, int fd)
{
    if (fd < 0 || outcome->blobs_count > LIMIT_VALUE_BLOBS ||
        (is_long(outcome) && outcome->size > LIMIT_VALUE_BYTES))
        return false;
    for (size_t i = 0; i < outcome->blobs_count; i++)
        if (outcome->blobs[i].size > LIMIT_VALUE_BYTES)
            return false;
    return true;
}

static struct msg_error error_copy(const struct msg_error *error, struct arena *arena)
{
    struct msg_error copy = *error;

    copy.code = str_copy(arena, error->code);
    copy.message = str_copy(arena, error->message);
    copy.data = error->data.ptr ? str_copy(arena, error->data) : STR_NULL;
    return copy;
}

/* Of an answer little but numbers and names outlives the frame. */
static struct daemon_kept *kept_new(const struct msg_call_outcome *outcome, int fd)
{
    struct arena *arena = arena_new(0);
    struct daemon_kept *kept = ARENA_NEW(arena, struct daemon_kept);

    kept->arena = arena;
    kept->fd = fd;
    kept->parts = outcome->blobs_count + (is_long(outcome) ? 1 : 0);
    kept->outcome = (struct msg_call_outcome){
        .execution = outcome->execution,
        .call = outcome->call,
        .attempt = outcome->attempt,
        .sent = outcome->sent,
        .status = outcome->status,
        .secrets = outcome->secrets,
        .error = error_copy(&outcome->error, arena),
        .meta = outcome->meta.ptr ? str_copy(arena, outcome->meta) : STR_NULL,
        .value = outcome->value.ptr ? str_copy(arena, outcome->value) : STR_NULL,
        .artifact = outcome->artifact,
        .size = outcome->size,
        .blobs_count = outcome->blobs_count,
        .blobs = ARENA_ARRAY(arena, struct msg_blob, outcome->blobs_count + 1),
    };
    for (size_t i = 0; i < outcome->blobs_count; i++)
        kept->outcome.blobs[i] = outcome->blobs[i];
    return kept;
}

void daemon__outcome(struct daemon *daemon, const struct msg_call_outcome *outcome, int fd)
{
    struct command command = { .type = COMMAND_OUTCOME, .as.outcome = *outcome };
    uint64_t tag, offset = 0;

    if ((!is_long(outcome) && outcome->blobs_count == 0) || !is_sane(outcome, fd)) {
        if (is_long(outcome) || outcome->blobs_count > 0)
            spoil(&command.as.outcome);
        if (fd >= 0)
            link_fd_close(fd);
        daemon__step(daemon, &command);
        return;
    }
    tag = ++daemon->numbers;
    (void)map_put_u64(&daemon->outcomes, tag, kept_new(outcome, fd));
    if (is_long(outcome)) {
        (void)log_artifact_keep_part(daemon->log, fd, offset, outcome->size, tag);
        offset += outcome->size;
    }
    for (size_t i = 0; i < outcome->blobs_count; i++) {
        (void)log_artifact_keep_part(daemon->log, fd, offset, outcome->blobs[i].size, tag);
        offset += outcome->blobs[i].size;
    }
}

static const struct digest *kept_name(const struct daemon_kept *kept)
{
    size_t at = kept->ended;

    if (!is_long(&kept->outcome))
        return &kept->outcome.blobs[at].digest;
    return at == 0 ? &kept->outcome.artifact : &kept->outcome.blobs[at - 1].digest;
}

/* True: that was the last part. */
static bool kept_part(struct daemon_kept *kept, const struct log_artifact_facts *facts)
{
    CHECK(kept->ended < kept->parts);
    if (facts->fault < 0 || !digest_equal(&facts->digest, kept_name(kept)))
        kept->fault = true;
    return ++kept->ended == kept->parts;
}

/* What is not too long to be looked into goes along to be checked; the line names the artifact. */
static void value_read(struct daemon *daemon, struct msg_call_outcome *outcome)
{
    struct str value;

    if (outcome->status == MSG_OUTCOME_STATUS_ANSWERED && is_long(outcome) &&
        outcome->size <= LIMIT_VALUE_CHECKED_BYTES &&
        log_artifact_copy(daemon->disk, &outcome->artifact, daemon->turn, outcome->size, &value) ==
            0)
        outcome->value = value;
}

void daemon__artifacts(struct daemon *daemon)
{
    struct log_artifact *artifact;

    while ((artifact = log_artifact_next(daemon->log))) {
        struct log_artifact_facts facts = log_artifact_facts_get(artifact);
        struct daemon_kept *kept = map_find_u64(&daemon->outcomes, facts.tag);
        struct command command = { .type = COMMAND_OUTCOME };

        (void)log_artifact_free(artifact);
        if (daemon__compile_kept(daemon, &facts) || !kept || !kept_part(kept, &facts))
            continue;
        (void)map_take_u64(&daemon->outcomes, facts.tag);
        if (kept->fault)
            spoil(&kept->outcome);
        command.as.outcome = kept->outcome;
        value_read(daemon, &command.as.outcome);
        daemon__step(daemon, &command);
        link_fd_close(kept->fd);
        (void)arena_free(kept->arena);
    }
}

void daemon__outcomes_free(struct daemon *daemon)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&daemon->outcomes, &at));)
        (void)arena_free(((struct daemon_kept *)entry->value)->arena);
    map_fini(&daemon->outcomes);
}
