/*
 * Sources without a session: OpenAPI and GraphQL. A call is one request, made of the plan that
 * came with it, of its arguments, and of the credentials that its source was given (their names
 * are the schemes, or the headers, that the plan speaks of).
 *
 *     call -> plan -> request -> http.h -> answer -> outcome
 *
 * Nothing is sent of a call that no request can be made of. What was sent when its source goes
 * is told as far as it had come.
 */
#include "proc/egress/net.h"

#include "edge/out/graphql/graphql.h"
#include "edge/out/openapi/openapi.h"
#include "sys/clock.h"

bool egress__direct_speaks(enum msg_source_kind kind)
{
    return kind == MSG_SOURCE_KIND_OPENAPI || kind == MSG_SOURCE_KIND_GRAPHQL;
}

/* --- The request ------------------------------------------------------------------------- */

struct made {
    const struct json_value *plan;
    struct out_http_request request;
    struct str fault; /* null: it was made */
    bool auth;        /* for want of a credential */
};

static const struct json_value *parsed(struct arena *turn, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    if (text.len && json_parse(turn, text, NULL, &error, &doc) == JSON_PARSED)
        return doc.root;
    return NULL;
}

static const struct out_http_credential *credentials_of(const struct egress_line *line,
                                                        struct arena *turn)
{
    const struct line_given *given = line->given;
    struct out_http_credential *list =
        ARENA_ARRAY(turn, struct out_http_credential, given->count + 1);

    for (size_t i = 0; i < given->count; i++)
        list[i] = (struct out_http_credential){ given->headers[i].name, given->headers[i].value };
    return list;
}

static void make_openapi(struct arena *turn, const struct egress_call *call,
                         const struct json_value *args, struct made *made)
{
    const struct egress_line *line = call->source->line;
    struct out_openapi_artifact files[WIRE_FDS_MAX];
    const struct out_openapi_call one = { .plan = made->plan,
                                          .args = args,
                                          .artifacts = files,
                                          .artifact_count = call->send.files_count,
                                          .credentials = credentials_of(line, turn),
                                          .credential_count = line->given->count,
                                          .source = line->name,
                                          .key = call->send.key };

    if (!egress__files_read(call, turn, files, &made->fault))
        return;
    switch (
        (enum out_openapi_answer)out_openapi_request(turn, &one, &made->request, &made->fault)) {
    case OUT_OPENAPI_BUILT:
    case OUT_OPENAPI_INVALID:
        return;
    case OUT_OPENAPI_AUTH_REQUIRED:
        made->auth = true;
        return;
    }
}

static void make_graphql(struct arena *turn, const struct egress_call *call,
                         const struct json_value *args, struct made *made)
{
    const struct egress_line *line = call->source->line;
    const struct out_graphql_call one = { .plan = made->plan,
                                          .args = args,
                                          .credentials = credentials_of(line, turn),
                                          .credential_count = line->given->count };

    (void)!out_graphql_request(turn, &one, &made->request, &made->fault);
}

static struct made make(struct arena *turn, const struct egress_call *call)
{
    struct made made = { .plan = parsed(turn, call->send.plan) };
    struct str kind = json_get_str(made.plan, "kind");
    const struct json_value *args;
    struct str text;

    if (!egress__files_fill(call, turn, &text, &made.fault))
        return made;
    args = parsed(turn, text);
    if (call->source->line->kind == MSG_SOURCE_KIND_OPENAPI && str_is(kind, "openapi"))
        make_openapi(turn, call, args, &made);
    else if (call->source->line->kind == MSG_SOURCE_KIND_GRAPHQL && str_is(kind, "graphql"))
        make_graphql(turn, call, args, &made);
    else
        made.fault = STR("it came without a plan for sources of this kind");
    return made;
}

/* What it is seen to be: let in, or not. The daemon hears of it when that changes. */
static void source_seen(struct egress_call *call, bool let_in, struct str reason)
{
    struct egress_source *source = call->source;
    struct egress *egress = source->line->egress;

    if (source->unlet != let_in)
        return;
    source->unlet = !let_in;
    egress__report(egress, source,
                   let_in ? MSG_SOURCE_STATE_CONNECTED : MSG_SOURCE_STATE_AUTH_REQUIRED, reason);
}

/* An end without an answer. */
static void end(struct egress *egress, struct egress_call *call, enum msg_sent sent,
                const struct out_http_outcome *outcome)
{
    egress->replaced = 0;
    egress__call_answer(egress, call, sent, outcome);
}

/* Not sent, and saying it again would change nothing. */
static void refuse(struct egress_call *call, const char *code, struct str reason)
{
    const struct out_http_outcome outcome = {
        .status = MSG_OUTCOME_STATUS_FAILED, .code = str_from(code), .text = reason, .retry_ms = -1
    };

    end(call->source->line->egress, call, MSG_SENT_NO, &outcome);
}

/* The engine keeps credentials from other origins: they are given apart. */
static void split_headers(struct arena *turn, const struct out_http_request *made,
                          struct http_request *request)
{
    struct http_header *plain = ARENA_ARRAY(turn, struct http_header, made->headers.count + 1);
    struct http_header *secret = ARENA_ARRAY(turn, struct http_header, made->headers.count + 1);

    for (size_t i = 0; i < made->headers.count; i++) {
        const struct out_http_header *header = &made->headers.at[i];

        if (header->secret)
            secret[request->secret_count++] = (struct http_header){ header->name, header->value };
        else
            plain[request->header_count++] = (struct http_header){ header->name, header->value };
    }
    request->headers = plain;
    request->secrets = secret;
}

static void start(struct egress_call *call, const struct out_http_request *made)
{
    struct egress_line *line = call->source->line;
    struct line_exchange *exchange = heap_alloc(sizeof(*exchange));
    struct http_request request = {
        .method = made->method,
        .url = made->url,
        .body = made->body,
        .has_body = made->body.ptr != NULL,
        .repeatable = made->reads && call->send.reads,
        .redirects = made->reads && call->send.reads,
        .timeout_ms = call->send.timeout_ms,
        .owner = exchange,
    };
    struct str reason = STR_NULL;

    *exchange = (struct line_exchange){ .line = line,
                                        .number = call->handle,
                                        .reads = made->reads && call->send.reads,
                                        .keyed = made->keyed,
                                        .json = made->json };
    split_headers(line->egress->turn, made, &request);
    /* A document says where each request goes; what was given is for one place. */
    if (line->given->count &&
        !str_equal(http_origin(made->url, line->egress->turn), line->origin)) {
        (void)heap_free(exchange);
        refuse(call, "refused",
               str_printf(line->egress->turn,
                          "it goes elsewhere than to %.*s, for which the credentials of its "
                          "source are; `--base-url` says where all of it goes",
                          STR_ARG(line->origin)));
        return;
    }
    if (http_start(line->pool, &request, &exchange->http, &reason) != HTTP_STARTED) {
        (void)heap_free(exchange);
        refuse(call, "refused", reason);
        return;
    }
    (void)map_put_u64(&line->exchanges, exchange->number, exchange);
    call->state = EGRESS_CALL_SENT;
}

void egress__wire_call(struct egress *egress, struct egress_call *call)
{
    struct egress_line *line = call->source->line;
    struct made made;

    if (!line || !line->ready)
        return;
    made = make(egress->turn, call);
    if (made.auth)
        source_seen(call, false, made.fault);
    if (made.fault.ptr)
        refuse(call, made.auth ? "auth_required" : "invalid", made.fault);
    else
        start(call, &made.request);
}

/* --- The answer -------------------------------------------------------------------------- */

static struct out_http_response response_of(struct arena *turn, const struct http_event *event,
                                            struct str body)
{
    struct out_http_header *headers =
        ARENA_ARRAY(turn, struct out_http_header, event->header_count + 1);

    for (size_t i = 0; i < event->header_count; i++)
        headers[i] =
            (struct out_http_header){ event->headers[i].name, event->headers[i].value, false };
    return (struct out_http_response){ .status = event->status,
                                       .headers = { headers, event->header_count },
                                       .body = body,
                                       .now_ms = clock_now_ms() };
}

static void outcome_of(const struct egress_call *call, const struct line_exchange *exchange,
                       const struct out_http_response *response, struct out_http_outcome *outcome)
{
    struct arena *turn = exchange->line->egress->turn;
    const struct json_value *plan = parsed(turn, call->send.plan);
    const struct out_http_request request = {
        .method = exchange->line->kind == MSG_SOURCE_KIND_OPENAPI ? json_get_str(plan, "method")
                                                                  : STR("POST"),
        .reads = exchange->reads,
        .keyed = exchange->keyed,
        .json = exchange->json,
    };

    if (exchange->line->kind == MSG_SOURCE_KIND_GRAPHQL)
        out_graphql_outcome_of(turn, plan, &request, response, outcome);
    else
        out_http_outcome_of(turn, &request, response, outcome);
}

/*
 * 401 is about who asks, and so of all of the source; 403 is about this one request (RFC 9110,
 * sections 15.5.2 and 15.5.4). What to do about it is said with them.
 */
static void look_let_in(struct egress_call *call, const struct http_event *event,
                        struct out_http_outcome *outcome)
{
    const struct egress_line *line = call->source->line;
    bool forbidden = event->status == 403;

    if (forbidden || str_is(outcome->code, "auth_required")) {
        outcome->text = str_printf(
            line->egress->turn, "%.*s (%s`writ sources auth %.*s` gives it %s)",
            STR_ARG(outcome->text),
            !forbidden           ? ""
            : line->given->count ? "what it was given is not enough for this; "
                                 : "it was given none; ",
            STR_ARG(line->name), line->given->count ? "another credential" : "a credential");
        if (!forbidden)
            source_seen(call, false, outcome->text);
    } else if (event->status < 400) {
        source_seen(call, true, STR_NULL);
    }
}

/* Bytes that hold a secret become an artifact without it. */
static void answered(struct egress_call *call, const struct line_exchange *exchange,
                     const struct http_event *event)
{
    struct egress *egress = exchange->line->egress;
    struct out_http_response response = response_of(egress->turn, event, event->body);
    struct out_http_outcome outcome;

    egress->replaced = 0;
    outcome_of(call, exchange, &response, &outcome);
    if (outcome.blob.len) {
        response.body = egress__door_in(egress, &egress->plain, event->body, call->send.source,
                                        call->send.execution);
        if (response.body.ptr != event->body.ptr)
            outcome_of(call, exchange, &response, &outcome);
    }
    look_let_in(call, event, &outcome);
    egress__call_answer(egress, call, MSG_SENT_YES, &outcome);
}

static void unanswered(struct egress_call *call, const struct line_exchange *exchange,
                       const struct http_event *event)
{
    struct out_http_outcome outcome = { .code = STR("unreachable"),
                                        .text = event->text,
                                        .retry_ms = -1 };

    switch (event->end) {
    case HTTP_ANSWERED:
    case HTTP_UNREACHABLE:
        outcome.status = MSG_OUTCOME_STATUS_UNREACHABLE;
        break;
    case HTTP_FORBIDDEN:
        outcome.status =
            event->sent == MSG_SENT_NO ? MSG_OUTCOME_STATUS_FAILED : MSG_OUTCOME_STATUS_UNREADABLE;
        outcome.code = STR("refused");
        break;
    case HTTP_TOO_LONG:
        outcome.status = MSG_OUTCOME_STATUS_UNREADABLE;
        outcome.code = STR("limit");
        break;
    case HTTP_TIMEOUT:
        outcome.status = MSG_OUTCOME_STATUS_TIMEOUT;
        break;
    }
    end(exchange->line->egress, call, event->sent, &outcome);
}

void egress__direct_event(struct line_exchange *exchange, const struct http_event *event)
{
    struct egress_line *line = exchange->line;
    struct egress_call *call = map_find_u64(&line->egress->calls, exchange->number);

    if (event->kind != HTTP_END)
        return;
    (void)map_take_u64(&line->exchanges, exchange->number);
    CHECK(call != NULL);
    if (event->end == HTTP_ANSWERED)
        answered(call, exchange, event);
    else
        unanswered(call, exchange, event);
    (void)heap_free(exchange);
}

/* --- Endings ----------------------------------------------------------------------------- */

static void give_up(struct egress *egress, struct egress_call *call, enum msg_sent sent,
                    enum msg_outcome_status status)
{
    bool cancelled = status == MSG_OUTCOME_STATUS_CANCELLED;
    const struct out_http_outcome outcome = {
        .status = status,
        .code = cancelled ? STR("cancelled") : STR("unreachable"),
        .text = cancelled ? STR("the call was cancelled") : STR("its source was closed"),
        .retry_ms = -1,
    };

    end(egress, call, sent, &outcome);
}

void egress__wire_call_cancel(struct egress *egress, struct egress_call *call)
{
    struct line_exchange *exchange = map_take_u64(&call->source->line->exchanges, call->handle);
    enum msg_sent sent;

    CHECK(exchange != NULL);
    sent = http_sent(exchange->http);
    http_drop(exchange->http);
    (void)heap_free(exchange);
    give_up(egress, call, sent, MSG_OUTCOME_STATUS_CANCELLED);
}

void egress__direct_end(struct egress_line *line)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&line->exchanges, &at));) {
        const struct line_exchange *exchange = entry->value;
        struct egress_call *call = map_find_u64(&line->egress->calls, exchange->number);

        if (call)
            give_up(line->egress, call, http_sent(exchange->http), MSG_OUTCOME_STATUS_UNREACHABLE);
    }
}
