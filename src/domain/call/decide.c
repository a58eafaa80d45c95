/* What follows an attempt, and what an approval is bound to. */
#include "domain/call/call.h"

#define CALL_RETRY_FIRST_MS  200
#define CALL_RETRY_SHIFT_MAX 6U

bool call_had_effect(const struct call *call)
{
    return call->effect != EVENT_EFFECT_READ && call->attempt > 0;
}

/*
 * A call that is not a read, was or may have been sent and has no answer is UNKNOWN: by timeout,
 * reset, cancel, crash and an answer that nobody can read alike.
 */
enum call_then call_outcome_decide(const struct call *call, enum msg_outcome_status status,
                                   enum msg_sent sent, uint32_t attempts_max)
{
    bool reads = call->effect == EVENT_EFFECT_READ;

    switch (status) {
    case MSG_OUTCOME_STATUS_ANSWERED:
        return CALL_THEN_CONFORM;
    case MSG_OUTCOME_STATUS_FAILED:
        return CALL_THEN_FAIL;
    case MSG_OUTCOME_STATUS_UNREADABLE: /* Asked again, it would say the same. */
        return reads ? CALL_THEN_FAIL : CALL_THEN_UNKNOWN;
    case MSG_OUTCOME_STATUS_CANCELLED:
        return reads || sent == MSG_SENT_NO ? CALL_THEN_CANCEL : CALL_THEN_UNKNOWN;
    case MSG_OUTCOME_STATUS_UNREACHABLE:
    case MSG_OUTCOME_STATUS_TIMEOUT:
        if (reads && call->attempt < attempts_max)
            return CALL_THEN_RETRY;
        return reads || sent == MSG_SENT_NO ? CALL_THEN_FAIL : CALL_THEN_UNKNOWN;
    }
    UNREACHABLE("an outcome outside its enum");
}

int64_t call_retry_at(const struct call *call)
{
    uint32_t shift = call->attempt > 0 ? call->attempt - 1 : 0;
    int64_t wait_ms;

    if (shift > CALL_RETRY_SHIFT_MAX)
        shift = CALL_RETRY_SHIFT_MAX;
    wait_ms = (int64_t)CALL_RETRY_FIRST_MS << shift;
    return call->attempted_ms + (wait_ms > call->retry_ms ? wait_ms : call->retry_ms);
}

struct digest call_binding(const struct call *call, struct str actor, const struct digest *args)
{
    const struct str parts[] = {
        actor,
        STR("\n"),
        call->rule,
        STR("\n"),
        str_of((const char *)call->capability.bytes, DIGEST_LEN),
        str_of((const char *)args->bytes, DIGEST_LEN),
    };

    return digest_of_parts(parts, ARRAY_COUNT(parts));
}

void call_error_print(const struct call *call, struct buf *out)
{
    buf_add_c(out, "{\"code\":");
    buf_add_json(out, call->error.code);
    buf_add_c(out, ",\"message\":");
    buf_add_json(out, call->error.message);
    buf_add_c(out, call->error.retryable ? ",\"retryable\":true" : ",\"retryable\":false");
    buf_add_c(out, ",\"address\":");
    buf_add_json(out, call->address);
    if (call->error.data.ptr) {
        buf_add_c(out, ",\"data\":");
        buf_add_str(out, call->error.data);
    }
    buf_add_char(out, '}');
}
