/* Writ's own tools, as far as they need what only the daemon has: artifacts, and egress. */
#include "proc/daemon/own.h"
#include "proc/daemon/internal.h"

static bool own_result_read(struct daemon *daemon, struct str args, struct buf *out,
                            struct msg_error *ret_error)
{
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct digest digest;

    if (!core_page_artifact(args, daemon->turn, &digest) ||
        log_artifact_read(daemon->disk, &digest, 0, LIMIT_VALUE_BYTES, &text) != 0) {
        *ret_error = (struct msg_error){ .code = STR("invalid"),
                                         .message = STR("this result is not kept any more") };
        return false;
    }
    return core_page_print(args, buf_str(&text), daemon->turn, out, ret_error);
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

void daemon__source_refresh(struct daemon *daemon, uint64_t handle)
{
    const struct catalog_source *source = catalog_source_find(core_catalog(daemon->core), handle);
    struct daemon_source *held = daemon__source_find(daemon, handle);
    struct msg_source_open open = { .source = handle };
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct daemon_peer *peer;

    if (!source)
        return;
    peer = source->kind == MSG_SOURCE_KIND_MCP_STDIO ? &daemon->egress : &daemon->net;
    /* Over the network it is opened anew, with all that it was given. */
    if (peer == &daemon->net)
        held->open = false;
    if (!held->open) {
        daemon__source_start(daemon, handle);
        return;
    }
    open.name = source->name;
    open.kind = source->kind;
    open.url = source->url;
    msg_source_open_encode(&open, &payload);
    daemon__send(peer, MSG_SOURCE_OPEN, handle, buf_str(&payload));
}
