/* Writ's own tools, as far as they need what only the daemon has: artifacts, and egress. */
#include "proc/daemon/own.h"
#include "domain/core/page.h"
#include "proc/daemon/internal.h"

/* Of artifacts that were paged through it is known what they are: a page reads no more than it
 * shows. */
#define OWN_SEEN_MAX    16U
#define OWN_PIECE_BYTES (256U << 10)

struct daemon_seen {
    size_t next; /* place of the oldest */
    struct own_facts {
        struct digest artifact;
        uint64_t total; /* 0: nothing is there */
        bool is_text;
    } at[OWN_SEEN_MAX];
};

/* Piece by piece, each up to its last whole character. False: it is not there. */
static bool facts_read(struct daemon *daemon, struct own_facts *facts)
{
    struct buf piece BUF_CLEANUP = BUF_INIT;
    uint64_t at = 0;

    if (log_artifact_size(daemon->disk, &facts->artifact, &facts->total) != 0)
        return false;
    facts->is_text = true;
    while (facts->is_text && at < facts->total) {
        struct str text;

        buf_clear(&piece);
        if (log_artifact_read(daemon->disk, &facts->artifact, at, OWN_PIECE_BYTES, &piece) != 0 ||
            piece.len == 0)
            return false;
        text = buf_str(&piece);
        if (at + text.len < facts->total)
            text = str_slice(text, 0, str_utf8_cut(text, text.len - 1));
        facts->is_text = str_is_utf8(text) && text.len > 0;
        at += text.len;
    }
    return true;
}

static const struct own_facts *facts_of(struct daemon *daemon, const struct digest *artifact)
{
    struct daemon_seen *seen = daemon->seen;
    struct own_facts facts = { .artifact = *artifact };

    if (!seen)
        seen = daemon->seen = heap_alloc(sizeof(*seen));
    for (size_t i = 0; i < OWN_SEEN_MAX; i++)
        if (seen->at[i].total > 0 && digest_equal(&seen->at[i].artifact, artifact))
            return &seen->at[i];
    if (!facts_read(daemon, &facts))
        return NULL;
    seen->at[seen->next] = facts;
    seen->next = (seen->next + 1) % OWN_SEEN_MAX;
    return &seen->at[(seen->next + OWN_SEEN_MAX - 1) % OWN_SEEN_MAX];
}

static bool own_result_read(struct daemon *daemon, struct str args, struct buf *out,
                            struct msg_error *ret_error)
{
    struct buf text BUF_CLEANUP = BUF_INIT;
    const struct own_facts *facts = NULL;
    struct core_page_bytes bytes;
    struct core_page page;

    if (core_page_read(args, daemon->turn, &page))
        facts = facts_of(daemon, &page.artifact);
    if (facts && page.whole) {
        page.from = 0;
        page.len = LIMIT_VALUE_BYTES;
    }
    if (!facts ||
        log_artifact_read(daemon->disk, &page.artifact, page.from, page.len, &text) != 0) {
        *ret_error = (struct msg_error){ .code = STR("invalid"),
                                         .message = STR("this result is not kept any more") };
        return false;
    }
    bytes = (struct core_page_bytes){ .bytes = buf_str(&text),
                                      .from = page.from < facts->total ? page.from : facts->total,
                                      .total = facts->total,
                                      .is_text = facts->is_text };
    return core_page_print(args, &bytes, daemon->turn, out, ret_error);
}

void daemon__own_send(struct daemon *daemon, const struct core_effect *effect,
                      const struct call *call)
{
    struct command command = { .type = COMMAND_OUTCOME };
    struct msg_call_outcome *outcome = &command.as.outcome;
    struct buf out BUF_CLEANUP = BUF_INIT;

    outcome->execution = effect->execution;
    outcome->call = effect->call;
    outcome->attempt = effect->attempt;
    outcome->sent = MSG_SENT_YES;
    outcome->status = MSG_OUTCOME_STATUS_FAILED;
    if (own_result_read(daemon, call->args, &out, &outcome->error)) {
        outcome->status = MSG_OUTCOME_STATUS_ANSWERED;
        outcome->value = str_copy(daemon->turn, buf_str(&out));
    }
    daemon__step(daemon, &command);
}
