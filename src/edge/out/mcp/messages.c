/*
 * Messages one by one, for a transport that sends each in a request of its own, and what became
 * of those that have no answer.
 *
 *     discover    no server there, or it wants to know who asks: over; any other no: initialize
 *     initialize  over
 *     tools/list  the list failed
 *     listen      asked for again, a little later; ever later, where it ends at once each time
 *     a call      its outcome; of one that became a task it is asked again how far it is
 */
#include "edge/out/mcp/params.h"
#include "edge/out/mcp/tasks.h"

#define LISTEN_AGAIN_MS 2000

void out_mcp__message_end(struct out_mcp *session, size_t at, uint64_t id, struct str method)
{
    struct out_mcp__note *note;

    if (!session->messages) {
        buf_add_char(&session->out, '\n');
        session->out_total += session->out.len - at;
        return;
    }
    note = VEC_PUSH(&session->notes);
    note->id = id;
    note->method = method;
    buf_add(&note->body, session->out.ptr + at, session->out.len - at);
    buf_cut(&session->out, at);
}

void out_mcp__message_about(struct out_mcp *session, struct str name)
{
    struct out_mcp__note *note;

    if (!session->messages || !session->modern)
        return;
    note = &session->notes.at[session->notes.count - 1];
    if (!note->arena)
        note->arena = arena_new(0);
    note->name = out_mcp__header_value(note->arena, name);
}

void out_mcp__message_params(struct out_mcp *session, struct str tool, struct str args)
{
    const struct out_mcp__params *params =
        session->messages && session->modern ? map_find(&session->params, tool) : NULL;
    struct out_mcp_param *values;
    struct out_mcp__note *note;

    if (!params)
        return;
    note = &session->notes.at[session->notes.count - 1];
    values = ARENA_ARRAY(note->arena, struct out_mcp_param, params->count);
    note->param_count = out_mcp__params_fill(params, args, note->arena, values);
    note->params = values;
}

static void note_free(struct out_mcp__note *note)
{
    if (note->body.len)
        explicit_bzero(note->body.ptr, note->body.len); /* Arguments may hold a secret. */
    buf_fini(&note->body);
    arena_free(note->arena);
    *note = (struct out_mcp__note){ 0 };
}

void out_mcp__message_unwrite(struct out_mcp *session, uint64_t id)
{
    for (size_t i = session->notes_at; i < session->notes.count; i++) {
        if (session->notes.at[i].id != id)
            continue;
        note_free(&session->notes.at[i]);
        memmove(&session->notes.at[i], &session->notes.at[i + 1],
                (session->notes.count - i - 1) * sizeof(*session->notes.at));
        session->notes.count--;
        return;
    }
}

bool out_mcp_message_next(struct out_mcp *session, struct out_mcp_message *ret_message)
{
    note_free(&session->taken);
    if (session->notes_at == session->notes.count) {
        VEC_CLEAR(&session->notes);
        session->notes_at = 0;
        return false;
    }
    session->taken = session->notes.at[session->notes_at++];
    *ret_message = (struct out_mcp_message){
        .id = session->taken.id,
        .method = session->taken.method,
        .name = session->taken.name,
        .params = session->taken.params,
        .param_count = session->taken.param_count,
        .body = buf_str(&session->taken.body),
    };
    return true;
}

bool out_mcp_dropped_next(struct out_mcp *session, uint64_t *ret_id)
{
    if (!session->dropped.count)
        return false;
    *ret_id = session->dropped.at[--session->dropped.count];
    return true;
}

bool out_mcp_is_waiting(const struct out_mcp *session, uint64_t id)
{
    return map_find_u64(&session->pending, id);
}

bool out_mcp_is_modern(const struct out_mcp *session)
{
    return session->modern;
}

struct str out_mcp_protocol(const struct out_mcp *session)
{
    return session->protocol;
}

void out_mcp_message_sent(struct out_mcp *session, uint64_t id, enum msg_sent sent)
{
    struct out_mcp__pending *pending = map_find_u64(&session->pending, id);

    if (pending)
        pending->sent = sent;
}

void out_mcp_failed(struct out_mcp *session, const struct out_mcp_failure *failure)
{
    struct out_mcp__failed *failed = VEC_PUSH(&session->failures);

    failed->arena = arena_new(0);
    failed->failure = *failure;
    failed->failure.body = str_copy(failed->arena, failure->body);
    failed->failure.text = str_copy(failed->arena, failure->text);
}

/* --- What a failure means ------------------------------------------------------------------ */

static bool wants_auth(const struct out_mcp_failure *failure)
{
    return failure->http == 401;
}

/* Whoever asks so is not let in, and another way of asking would change nothing. */
static bool is_forbidden(const struct out_mcp_failure *failure)
{
    return failure->http == 403;
}

static void over(struct out_mcp *session, const struct out_mcp_failure *failure)
{
    session->auth = wants_auth(failure);
    if (session->auth)
        out_mcp__fail(session, STR("it wants to know who asks: it answers 401"));
    else if (is_forbidden(failure))
        out_mcp__fail(session, STR("it answers 403: it does not let in whoever asks so; `writ "
                                   "sources auth NAME` gives it another credential"));
    else
        out_mcp__fail(session, failure->text);
}

static void discover_failed(struct out_mcp *session, const struct out_mcp_failure *failure)
{
    if (failure->http == 0 || wants_auth(failure) || is_forbidden(failure))
        over(session, failure);
    else
        out_mcp__begin_legacy(session);
}

static struct str code_of(const struct out_mcp_failure *failure)
{
    if (wants_auth(failure))
        return STR("auth_required");
    if (failure->too_long)
        return STR("limit");
    if (failure->status == MSG_OUTCOME_STATUS_FAILED ||
        failure->status == MSG_OUTCOME_STATUS_UNREADABLE)
        return STR("upstream");
    return STR("unreachable");
}

static bool call_failed(struct out_mcp *session, const struct out_mcp_failure *failure,
                        const struct out_mcp__pending *pending, struct out_mcp_event *ret_event)
{
    *ret_event = (struct out_mcp_event){
        .kind = OUT_MCP_OUTCOME,
        .handle = pending->handle,
        .sent = out_mcp__sent(session, pending),
        .status = failure->status,
        .code = code_of(failure),
        .text = str_copy(session->turn, failure->text),
    };
    if (failure->http)
        ret_event->data = str_printf(session->turn, "{\"status\":%u}", failure->http);
    return true;
}

static void listen_ended(struct out_mcp *session, int64_t now_ms)
{
    bool held = now_ms - session->listen_at_ms > session->listen_every_ms;
    int64_t every_ms = held ? 0 : session->listen_every_ms * 2;

    every_ms = every_ms > LISTEN_AGAIN_MS ? every_ms : LISTEN_AGAIN_MS;
    session->listen_every_ms = every_ms < OUT_MCP_LIST_REST_MS ? every_ms : OUT_MCP_LIST_REST_MS;
    session->listen_after_ms = now_ms + session->listen_every_ms;
    session->changed = true; /* What was said meanwhile was not heard. */
}

static bool failed(struct out_mcp *session, const struct out_mcp_failure *failure,
                   struct out_mcp__pending *pending, int64_t now_ms,
                   struct out_mcp_event *ret_event)
{
    enum out_mcp__asked asked = pending->asked;
    bool told = false;

    switch (asked) {
    case OUT_MCP__DISCOVER:
        discover_failed(session, failure);
        break;
    case OUT_MCP__INITIALIZE:
        over(session, failure);
        break;
    case OUT_MCP__LIST:
        if (!session->listed && wants_auth(failure))
            over(session, failure);
        else
            told = out_mcp__list_failed(session, failure->text, ret_event);
        break;
    case OUT_MCP__LISTEN:
        listen_ended(session, now_ms);
        break;
    case OUT_MCP__ASIDE:
        break;
    case OUT_MCP__CALL:
        if (!wants_auth(failure) && out_mcp__task_failed(session, pending, now_ms))
            return false;
        told = call_failed(session, failure, pending, ret_event);
        break;
    }
    out_mcp__pending_drop(session, pending);
    return told;
}

bool out_mcp__failure_next(struct out_mcp *session, int64_t now_ms, struct out_mcp_event *ret_event,
                           bool *ret_more)
{
    struct out_mcp__failed *one;
    struct out_mcp__pending *pending;
    struct rpc_parsed parsed;
    bool told = false;

    *ret_more = session->failures_at < session->failures.count;
    if (!*ret_more) {
        VEC_CLEAR(&session->failures);
        session->failures_at = 0;
        return false;
    }
    one = &session->failures.at[session->failures_at++];
    pending = map_find_u64(&session->pending, one->failure.id);
    arena_reset(session->turn);
    if (pending && one->failure.body.len &&
        rpc_parse(session->turn, one->failure.body, &parsed) == RPC_SINGLE &&
        parsed.message.kind == RPC_ERROR)
        told = out_mcp__answered(session, pending, &parsed.message, now_ms, ret_event);
    else if (pending)
        told = failed(session, &one->failure, pending, now_ms, ret_event);
    one->arena = arena_free(one->arena);
    return told;
}

void out_mcp__messages_free(struct out_mcp *session)
{
    note_free(&session->taken);
    for (size_t i = session->notes_at; i < session->notes.count; i++)
        note_free(&session->notes.at[i]);
    for (size_t i = session->failures_at; i < session->failures.count; i++)
        arena_free(session->failures.at[i].arena);
    VEC_FINI(&session->notes);
    VEC_FINI(&session->dropped);
    VEC_FINI(&session->failures);
    map_fini(&session->params);
    map_fini(&session->task_tools);
}
