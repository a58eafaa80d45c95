/* Makes events true: one small function per event, found by its type. */
#include "domain/call/call.h"

static struct msg_error call_error_copy(struct arena *arena, const struct msg_error *error)
{
    struct msg_error copy = *error;

    copy.code = str_copy(arena, error->code);
    copy.message = str_copy(arena, error->message);
    if (error->stack.ptr)
        copy.stack = str_copy(arena, error->stack);
    if (error->data.ptr)
        copy.data = str_copy(arena, error->data);
    return copy;
}

/* The value goes with what is wrong in it; of a long one its name, by which it is read. */
static void call_apply_nonconforming(struct call *call, const struct event_call_nonconforming *said,
                                     struct arena *arena)
{
    static const struct digest none;
    struct msg_error error = said->error;
    struct str told = error.data.len > 2 ? str_slice(error.data, 0, error.data.len - 1) : STR("{");
    const char *comma = told.len > 1 ? "," : "";
    char name[DIGEST_HEX_LEN];

    digest_hex(&said->artifact, name);
    if (said->value.ptr)
        error.data = str_printf(arena, "%.*s%s\"value\":%.*s}", STR_ARG(told), comma,
                                STR_ARG(said->value));
    else if (!digest_equal(&said->artifact, &none))
        error.data =
            str_printf(arena,
                       "%.*s%s\"artifact\":\"%.*s\",\"read\":\"tools.writ.results.read("
                       "{artifact, offset, limit, pointer})\"}",
                       STR_ARG(told), comma, (int)sizeof(name), name);
    call->error = call_error_copy(arena, &error);
}

static struct msg_error call_error_of(const char *code, struct str message, bool retryable)
{
    return (struct msg_error){ .code = str_from(code), .message = message, .retryable = retryable };
}

static void call_apply_frozen(struct call *call, const struct event_call_frozen *frozen,
                              struct arena *arena)
{
    call->writ = frozen->writ;
    call->rule = str_copy(arena, frozen->rule);
    call->capability = frozen->capability;
}

static void call_apply_done(struct call *call, const struct event_call_done *done,
                            struct arena *arena)
{
    call->artifact = done->artifact;
    call->value = done->value.ptr ? str_copy(arena, done->value) : STR_NULL;
    call->meta = done->meta.ptr ? str_copy(arena, done->meta) : STR_NULL;
}

static void call_apply_running(struct call *call, uint32_t attempt, int64_t at_ms)
{
    call->attempt = attempt;
    call->attempting = true;
    call->attempted_ms = at_ms;
}

static void call_apply_attempted(struct call *call, int64_t retry_ms, int64_t at_ms)
{
    call->attempted_ms = at_ms;
    call->retry_ms = retry_ms;
}

static void call_apply_waiting(struct call *call, const struct event_call_waiting *waiting,
                               struct arena *arena)
{
    call->input = waiting->input;
    call->rule = str_copy(arena, waiting->rule);
}

/* The rest of the record after its state has moved. */
static void call_apply_detail(struct call *call, const struct event *event, int64_t at_ms,
                              struct arena *arena)
{
    if (event->type == EVENT_CALL_WAITING)
        call_apply_waiting(call, &event->as.call_waiting, arena);
    else if (event->type == EVENT_CALL_FROZEN)
        call_apply_frozen(call, &event->as.call_frozen, arena);
    else if (event->type == EVENT_CALL_RUNNING)
        call_apply_running(call, event->as.call_running.attempt, at_ms);
    else if (event->type == EVENT_CALL_ATTEMPTED)
        call_apply_attempted(call, event->as.call_attempted.retry_ms, at_ms);
    else if (event->type == EVENT_CALL_UNKNOWN)
        call->input = event->as.call_unknown.input;
    else if (event->type == EVENT_CALL_DONE)
        call_apply_done(call, &event->as.call_done, arena);
    else if (event->type == EVENT_CALL_REFUSED)
        call->error = call_error_copy(arena, &event->as.call_refused.error);
    else if (event->type == EVENT_CALL_FAILED)
        call->error = call_error_copy(arena, &event->as.call_failed.error);
    else if (event->type == EVENT_CALL_NONCONFORMING)
        call_apply_nonconforming(call, &event->as.call_nonconforming, arena);
    else if (event->type == EVENT_CALL_EXPIRED)
        call->error = call_error_of("expired", STR("nobody answered in time"), true);
    else if (event->type == EVENT_CALL_CANCELLED)
        call->error =
            call_error_of("cancelled", str_copy(arena, event->as.call_cancelled.reason), true);
}

bool call_apply(struct call *call, const struct event *event, int64_t at_ms,
                struct arena *execution)
{
    enum call_state to;

    if (!call_next(call->state, event->type, &to))
        return false;
    call->state = to;
    if (event->type != EVENT_CALL_RUNNING)
        call->attempting = false;
    call_apply_detail(call, event, at_ms, execution);
    return true;
}
