/*
 * One attempt of one call.
 *
 *     call_send -> (secrets) -> held -> sent -> outcome
 *
 * Whatever happens it has one outcome: from the session once it was sent, from here before.
 */
#include "proc/egress/internal.h"

static void key_make(char key[12], uint64_t execution, uint32_t call)
{
    memcpy(key, &execution, sizeof(execution));
    memcpy(key + sizeof(execution), &call, sizeof(call));
}

static struct egress_call *call_free(struct egress_call *call)
{
    /* Arguments may hold a secret that was put back. */
    for (size_t i = 0; i < call->secrets.count; i++)
        if (call->secrets.at[i].value.ptr)
            explicit_bzero((char *)(uintptr_t)call->secrets.at[i].value.ptr,
                           call->secrets.at[i].value.len);
    for (size_t i = 0; i < call->send.files_count; i++)
        if (call->files[i] >= 0)
            link_fd_close(call->files[i]);
    VEC_FINI(&call->secrets);
    VEC_FINI(&call->sayings);
    arena_free(call->arena);
    return heap_free(call);
}

static void call_drop(struct egress *egress, struct egress_call *call)
{
    (void)map_take_u64(&egress->calls, call->handle);
    (void)map_take(&egress->keys, str_of(call->key, sizeof(call->key)));
    (void)call_free(call);
}

static struct egress_call *call_new(struct egress *egress, uint64_t frame,
                                    const struct msg_call_send *send)
{
    struct egress_call *call = heap_alloc(sizeof(*call));

    *call = (struct egress_call){ .state = EGRESS_CALL_SECRETS,
                                  .handle = egress->handle_next++,
                                  .frame = frame,
                                  .send = *send,
                                  .arena = arena_new(0) };
    call->send.tool = str_copy(call->arena, send->tool);
    call->send.args = str_copy(call->arena, send->args);
    call->send.plan = str_copy(call->arena, send->plan);
    call->send.key = str_copy(call->arena, send->key);
    if (send->traceparent.ptr)
        call->send.traceparent = str_copy(call->arena, send->traceparent);
    call->send.files = ARENA_ARRAY(call->arena, struct digest, send->files_count + 1);
    for (size_t i = 0; i < send->files_count; i++) {
        call->send.files[i] = send->files[i];
        call->files[i] = link_fd_take(egress->daemon, i);
    }
    key_make(call->key, send->execution, send->call);
    return call;
}

static bool has_writ(const struct msg_call_send *send)
{
    static const struct id none;

    return !id_equal(send->writ, none);
}

/* It was not sent, and never will be. */
void egress__call_fail(struct egress *egress, struct egress_call *call, struct str code,
                       struct str reason)
{
    struct out_mcp_event event = {
        .kind = OUT_MCP_OUTCOME,
        .sent = MSG_SENT_NO,
        .status = MSG_OUTCOME_STATUS_UNREACHABLE,
        .code = code,
        .text = reason,
    };

    if (str_is(code, "cancelled"))
        event.status = MSG_OUTCOME_STATUS_CANCELLED;
    else if (str_is(code, "refused") || str_is(code, "invalid"))
        event.status = MSG_OUTCOME_STATUS_FAILED; /* Asked again, it is refused again. */
    egress__report_outcome(egress, call, &event);
    call_drop(egress, call);
}

void egress__call_answer(struct egress *egress, struct egress_call *call, enum msg_sent sent,
                         const struct out_http_outcome *outcome)
{
    egress__report_answer(egress, call, sent, outcome);
    call_drop(egress, call);
}

void egress__call_start(struct egress *egress, const struct wire_frame *frame,
                        const struct msg_call_send *send)
{
    struct egress_call *call = call_new(egress, frame->id, send);
    struct str key = str_of(call->key, sizeof(call->key));
    bool twice = map_find(&egress->keys, key);

    (void)map_put_u64(&egress->calls, call->handle, call);
    call->source = egress__source_find(egress, send->source);
    if (!twice)
        (void)map_put(&egress->keys, key, call);
    else
        call->key[11] = (char)0xff; /* Not to be found, nor to take the first one's place. */
    if (twice)
        egress__call_fail(egress, call, STR("conflict"), STR("this call is under way already"));
    else if (!has_writ(send))
        egress__call_fail(egress, call, STR("refused"), STR("it has no writ"));
    else if (!call->source || !call->source->opened)
        egress__call_fail(egress, call, STR("unreachable"), STR("its source is not open"));
    else if (!egress__door_ask(egress, call))
        egress__call_go(egress, call);
}

/* What was approved is what is offered now, also after a restart of its server. */
static bool is_as_approved(const struct egress_call *call)
{
    static const struct digest none;
    const struct digest *offered = map_find(&call->source->offered, call->send.tool);

    if (digest_equal(&call->send.definition, &none))
        return true;
    return offered && digest_equal(offered, &call->send.definition);
}

/* What it offers may be another thing by now: that is looked at first. */
static bool is_listed(struct egress *egress, struct egress_call *call)
{
    const struct out_mcp *session = call->source->session;
    int64_t pause_ms = out_mcp_list_pause_ms(session, egress->now_ms);

    if (!call->listing)
        call->listing = out_mcp_listing(session);
    if (out_mcp_listed(session) >= call->listing && !out_mcp_unlisted(session).ptr)
        return true;
    if (out_mcp_listed(session) >= call->listing)
        egress__call_fail(
            egress, call, STR("refused"),
            str_printf(egress->turn,
                       "its server says that its tools changed, and does not say to what: %.*s",
                       STR_ARG(out_mcp_unlisted(session))));
    else if (pause_ms > EGRESS_LISTING_MS)
        egress__call_fail(egress, call, STR("busy"),
                          str_printf(egress->turn,
                                     "its server changes what it offers all the time; it is looked "
                                     "at again in %lld seconds",
                                     (long long)(pause_ms / 1000)));
    return false;
}

void egress__call_go(struct egress *egress, struct egress_call *call)
{
    struct out_mcp_call one = { .handle = call->handle,
                                .tool = call->send.tool,
                                .traceparent = call->send.traceparent,
                                .timeout_ms = call->send.timeout_ms,
                                .owner = call->send.execution,
                                .samples = call->send.samples };
    struct str fault;
    struct out_mcp *session = call->source->session;

    call->state = EGRESS_CALL_HELD;
    if (call->source->direct) {
        egress__wire_call(egress, call);
        return;
    }
    if (!session || call->source->closing_ms || out_mcp_state(session) != OUT_MCP_READY)
        return;
    if (!is_listed(egress, call))
        return;
    if (!is_as_approved(call)) {
        egress__call_fail(egress, call, STR("refused"),
                          STR("its server offers it differently now than it was approved; look "
                              "with `writ sources diff`"));
        return;
    }
    if (!egress__files_fill(call, egress->turn, &one.args, &fault)) {
        egress__call_fail(egress, call, STR("invalid"), fault);
        return;
    }
    switch ((enum out_mcp_answer)out_mcp_call(session, &one, egress->now_ms)) {
    case OUT_MCP_ACCEPTED:
        call->state = EGRESS_CALL_SENT;
        call->source->touched = true;
        return;
    case OUT_MCP_NOT_READY:
        return;
    case OUT_MCP_FULL:
        egress__call_fail(egress, call, STR("busy"), STR("its source takes no more calls now"));
        return;
    }
}

void egress__calls_go(struct egress *egress, const struct egress_source *source)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&egress->calls, &position))) {
        struct egress_call *call = entry->value;

        if (call->source == source && call->state == EGRESS_CALL_HELD)
            egress__call_go(egress, call);
    }
}

void egress__calls_anew(struct egress *egress, const struct egress_source *source)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&egress->calls, &position))) {
        struct egress_call *call = entry->value;

        if (call->source == source && call->state == EGRESS_CALL_HELD)
            call->listing = 0;
    }
}

void egress__calls_fail(struct egress *egress, const struct egress_source *source,
                        struct str reason)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&egress->calls, &position))) {
        struct egress_call *call = entry->value;

        if (call->source == source && call->state != EGRESS_CALL_SENT)
            egress__call_fail(egress, call, STR("unreachable"), reason);
    }
}

void egress__call_cancel(struct egress *egress, const struct msg_call_cancel *cancel)
{
    struct egress_call *call;
    char key[12];

    key_make(key, cancel->execution, cancel->call);
    call = map_find(&egress->keys, str_of(key, sizeof(key)));
    if (!call)
        return; /* Its outcome crossed the cancel on the way. */
    if (cancel->unsent) {
        if (call->state != EGRESS_CALL_SENT)
            egress__call_fail(egress, call, STR("refused"), cancel->reason);
        return;
    }
    if (call->state != EGRESS_CALL_SENT) {
        egress__call_fail(egress, call, STR("cancelled"), STR("the call was cancelled"));
        return;
    }
    if (call->source->direct) {
        egress__wire_call_cancel(egress, call);
        return;
    }
    egress__wire_sent(call->source);
    out_mcp_cancel(call->source->session, call->handle, cancel->reason);
    call->source->touched = true;
}

void egress__call_said(struct egress *egress, const struct msg_call_said *said)
{
    struct egress_call *call;
    char key[12];
    bool asked;

    key_make(key, said->execution, said->call);
    call = map_find(&egress->keys, str_of(key, sizeof(key)));
    if (!call || call->send.attempt != said->attempt || call->state != EGRESS_CALL_SENT ||
        call->source->direct)
        return; /* Its outcome crossed the answer on the way. */
    *VEC_PUSH(&call->sayings) =
        (struct egress_saying){ .ask = said->ask,
                                .action = said->action,
                                .content = said->content.ptr ? str_copy(call->arena, said->content)
                                                             : STR_NULL };
    asked = egress__door_ask_text(egress, call, said->content);
    egress__call_say(egress, call, !asked);
}

/* What did not open is asked for again where it is named again. */
static void secrets_forget_closed(struct egress_secrets *secrets)
{
    size_t kept = 0;

    for (size_t i = 0; i < secrets->count; i++)
        if (secrets->at[i].value.ptr)
            secrets->at[kept++] = secrets->at[i];
    secrets->count = kept;
}

void egress__call_say(struct egress *egress, struct egress_call *call, bool closed)
{
    size_t kept = 0;

    for (size_t i = 0; i < call->sayings.count; i++) {
        struct egress_saying saying = call->sayings.at[i];
        struct out_mcp_saying said = { .handle = call->handle,
                                       .ask = saying.ask,
                                       .action = saying.action };
        bool open = egress__door_is_open(call, saying.content);

        if (!open && !closed) {
            call->sayings.at[kept++] = saying;
            continue;
        }
        if (open && saying.content.ptr)
            said.content = egress__door_fill(call->arena, &call->secrets, saying.content, true);
        else if (!open)
            said.action = MSG_ASK_ACTION_CANCEL;
        out_mcp_said(call->source->session, &said, egress->now_ms);
        if (said.content.len)
            explicit_bzero((char *)(uintptr_t)said.content.ptr, said.content.len);
    }
    call->sayings.count = kept;
    if (closed)
        secrets_forget_closed(&call->secrets);
    call->source->touched = true;
}

void egress__call_event(struct egress *egress, const struct out_mcp_event *event)
{
    struct egress_call *call = map_find_u64(&egress->calls, event->handle);

    CHECK(call);
    if (event->kind == OUT_MCP_OUTCOME) {
        egress__report_outcome(egress, call, event);
        call_drop(egress, call);
        return;
    }
    if (event->kind == OUT_MCP_ASK) {
        egress__report_ask(egress, call, event);
        return;
    }
    if (egress->now_ms - call->progress_ms < EGRESS_PROGRESS_MS)
        return;
    call->progress_ms = egress->now_ms;
    egress__report_progress(egress, call, event);
}

void egress__calls_free(struct egress *egress)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&egress->calls, &position)))
        (void)call_free(entry->value);
    map_fini(&egress->calls);
    map_fini(&egress->keys);
}
