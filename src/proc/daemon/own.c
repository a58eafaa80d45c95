/* Writ's own tools, as far as they need what only the daemon has: artifacts, and egress. */
#include "proc/daemon/own.h"
#include "domain/core/page.h"
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
