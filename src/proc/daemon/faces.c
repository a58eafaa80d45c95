/* MCP's actions become commands, and what became of them becomes MCP again. HTTP likewise. */
#include "edge/mcp/admit.h"
#include "format/json/json.h"
#include "proc/daemon/answer.h"
#include "proc/daemon/internal.h"
#include "proc/daemon/shown.h"

/* Refusals at the HTTP door that are recorded in a minute: they cost nobody a token. */
#define DAEMON_REFUSED_MAX 60U

static struct event_who daemon_mcp_who(struct daemon *daemon, const struct mcp_client *client)
{
    struct event_who who = { .channel = EVENT_CHANNEL_MCP, .actor = client->principal };

    who.agent = str_starts(who.actor, STR("agent:")) ? str_slice(who.actor, 6, who.actor.len)
                                                     : client->name;
    who.client =
        str_printf(daemon->turn, "%.*s %.*s", STR_ARG(client->name), STR_ARG(client->version));
    return who;
}

static struct daemon_request *daemon_mcp_request(struct daemon *daemon,
                                                 const struct mcp_action *action,
                                                 const struct event_who *who)
{
    struct daemon_request *request = daemon__request_new(daemon, DAEMON_ASKER_MCP, who);

    request->key = action->key;
    (void)map_put_u64(&daemon->keys, request->key, request);
    return request;
}

static struct str daemon_trace_id(struct str traceparent)
{
    /* version-traceid-parent-flags, W3C Trace Context section 3.2.2 */
    return traceparent.len >= 55 ? str_slice(traceparent, 3, 35) : STR_NULL;
}

static void daemon_mcp_execute(struct daemon *daemon, const struct mcp_action *action)
{
    const struct mcp_execute *execute = &action->execute;
    struct event_who who = daemon_mcp_who(daemon, &execute->client);
    struct daemon_request *request = daemon_mcp_request(daemon, action, &who);
    struct command command = { .type = COMMAND_EXECUTE, .token = request->number };
    struct msg_error error;

    if (daemon__closed(daemon, &who, &error)) {
        daemon__mcp_ended(daemon, request, NULL, &error);
        return;
    }
    command.as.execute.who = who;
    command.as.execute.code = execute->code;
    command.as.execute.input = execute->input;
    command.as.execute.key = execute->idempotency_key;
    command.as.execute.trace = daemon_trace_id(execute->traceparent);
    command.as.execute.engine = daemon->engine;
    command.as.execute.full = log_is_full(daemon->log);
    daemon__step(daemon, &command);
}

static void daemon_mcp_attach(struct daemon *daemon, const struct mcp_action *action)
{
    struct event_who who = daemon_mcp_who(daemon, &action->attach.client);
    struct daemon_request *request = daemon_mcp_request(daemon, action, &who);
    const struct execution *execution = NULL;
    const struct input *input;
    struct id id;

    if (id_parse(action->attach.execution, "exe", &id))
        execution = core_execution_by_id(daemon->core, id);
    /* One of another principal is told the same as one that is not there. */
    if (!execution || !str_equal(execution->who.actor, who.actor)) {
        struct msg_error error = { .code = STR("invalid"),
                                   .message = STR("there is no such execution of yours") };

        daemon__mcp_ended(daemon, request, NULL, &error);
        return;
    }
    if (execution->state != EVENT_EXECUTION_STATE_RUNNING) {
        daemon__mcp_ended(daemon, request, execution, NULL);
        return;
    }
    daemon__wait_for(daemon, request, execution->handle);
    for (size_t at = 0; (input = core_input_next(daemon->core, &at));)
        if (input->execution == execution->handle)
            daemon__mcp_input(daemon, request, input);
}

static void daemon_mcp_answer(struct daemon *daemon, const struct mcp_action *action)
{
    struct command command = { .type = COMMAND_INPUT_ANSWER };
    struct command_answer *answer = &command.as.answer;
    struct event_who who = daemon_mcp_who(daemon, &action->answer.client);
    const struct input *input;

    /*
     * A person answered through the agent's own client: it is taken for one, and recorded as
     * unverified, which destructive calls do not accept. A model is the agent's own.
     */
    if (!id_parse(action->answer.input, "inp", &answer->input))
        return;
    input = core_input(daemon->core, answer->input);
    if (!input || input->kind != EVENT_INPUT_KIND_MODEL)
        who.actor = str_printf(daemon->turn, "person:%.*s", STR_ARG(who.actor));
    who.verified = false;
    /* A form may well have a field that is called decision. */
    if (input && input->kind == EVENT_INPUT_KIND_FORM && action->answer.content.ptr)
        answer->answer = EVENT_ANSWER_SUBMIT;
    else if (!event_answer_parse(action->answer.answer, &answer->answer))
        return;
    if (answer->answer == EVENT_ANSWER_SUBMIT || (input && input->kind == EVENT_INPUT_KIND_MODEL))
        answer->value = action->answer.content;
    answer->who = who;
    answer->via =
        input && input->kind == EVENT_INPUT_KIND_MODEL ? STR("sampling") : STR("elicitation");
    daemon__step(daemon, &command);
}

/*
 * Over HTTP a stream that closes is a cancellation (2026-07-28). Where the request has an
 * idempotency key its client means to come back, and finds the execution that it left.
 */
static bool daemon_comes_back(const struct daemon *daemon, const struct daemon_request *request)
{
    const struct execution *execution = core_execution(daemon->core, request->execution);

    return execution && execution->key.ptr && str_starts(request->who.actor, STR("token:"));
}

static void daemon_mcp_cancel(struct daemon *daemon, const struct mcp_action *action)
{
    struct daemon_request *request = map_find_u64(&daemon->keys, action->key);
    struct command command = { .type = COMMAND_CANCEL };
    uint64_t execution;
    bool back;

    if (!request)
        return;
    execution = request->execution;
    back = daemon_comes_back(daemon, request);
    daemon__request_free(daemon, request);
    /* Whoever joined it meanwhile still wants it. */
    if (!execution || map_find_u64(&daemon->waiters, execution))
        return;
    command.type = back ? COMMAND_LEAVE : COMMAND_CANCEL;
    if (back) {
        command.as.execution = execution;
    } else {
        command.as.cancel.execution = execution;
        command.as.cancel.reason = STR("the client cancelled it");
    }
    daemon__step(daemon, &command);
}

static void daemon_mcp_detach(struct daemon *daemon, const struct mcp_action *action)
{
    struct daemon_request *request = map_find_u64(&daemon->keys, action->key);
    struct command command = { .type = COMMAND_LEAVE };

    if (!request)
        return;
    command.as.execution = request->execution;
    daemon__request_free(daemon, request);
    if (command.as.execution && !map_find_u64(&daemon->waiters, command.as.execution))
        daemon__step(daemon, &command);
}

static void daemon_mcp_write(struct daemon *daemon, const struct mcp_action *action)
{
    struct daemon_stdio *stdio = map_find_u64(&daemon->stdios, action->to);

    if (stdio && stream_write(stdio->stream, action->write.text) != 0)
        daemon__stdio_close(daemon, stdio, "the client does not read");
}

static void daemon_http_respond(struct daemon *daemon, const struct mcp_action *action)
{
    struct msg_http_response response = {
        .status = action->respond.status,
        .headers_count = action->respond.headers_count,
        .body = action->respond.body.ptr ? action->respond.body : STR(""),
        .more = action->respond.more,
    };

    response.headers = ARENA_ARRAY(daemon->turn, struct msg_header, action->respond.headers_count);
    for (size_t i = 0; i < action->respond.headers_count; i++)
        response.headers[i] = action->respond.headers[i];
    daemon__http_response(daemon, action->to, &response);
}

static void daemon_mcp_action(struct daemon *daemon, const struct mcp_action *action)
{
    struct daemon_stdio *stdio;

    switch (action->kind) {
    case MCP_WRITE:
        daemon_mcp_write(daemon, action);
        return;
    case MCP_RESPOND:
        daemon_http_respond(daemon, action);
        return;
    case MCP_CHUNK:
        daemon__http_chunk(daemon, action->to, action->chunk.body, action->chunk.last);
        return;
    case MCP_EXECUTE:
        daemon_mcp_execute(daemon, action);
        return;
    case MCP_ATTACH:
        daemon_mcp_attach(daemon, action);
        return;
    case MCP_FETCH:
        daemon__fetch(daemon, daemon_mcp_who(daemon, &action->fetch.client).actor, action);
        return;
    case MCP_ANSWER:
        daemon_mcp_answer(daemon, action);
        return;
    case MCP_CANCEL:
        daemon_mcp_cancel(daemon, action);
        return;
    case MCP_DETACH:
        daemon_mcp_detach(daemon, action);
        return;
    case MCP_CLOSE:
        stdio = map_find_u64(&daemon->stdios, action->to);
        if (stdio)
            daemon__stdio_close(daemon, stdio, "ended");
        return;
    }
    UNREACHABLE("an action outside its enum");
}

/* Actions may add actions (an execution that could not be started is answered at once). */
void daemon__mcp_actions(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->actions.list.count; i++) {
        struct mcp_action action = daemon->actions.list.at[i];

        daemon->actions.list.at[i].kind = MCP_DETACH;
        daemon->actions.list.at[i].key = 0;
        daemon_mcp_action(daemon, &action);
    }
    VEC_CLEAR(&daemon->actions.list);
}

static struct mcp_error daemon_mcp_error(const struct msg_error *error)
{
    struct mcp_error out = {
        .code = error->code,
        .message = error->message,
        .retryable = error->retryable,
        .line = error->line,
        .column = error->column,
        .stack = error->stack,
        .data = error->data,
    };
    enum error_code known;

    if (error_parse(error->code, &known))
        out.way_out = error_info(known)->way_out;
    return out;
}

/* With an execution: how it ended. Without: why there is none. */
void daemon__mcp_ended(struct daemon *daemon, struct daemon_request *request,
                       const struct execution *execution, const struct msg_error *error)
{
    struct mcp_outcome outcome = { .state = MCP_FAILED };
    struct mcp_console *console = NULL;
    bool handed;

    if (execution) {
        console = ARENA_ARRAY(daemon->turn, struct mcp_console, execution->console_count);
        for (size_t i = 0; i < execution->console_count; i++)
            console[i] = (struct mcp_console){ .level = execution->console[i].level,
                                               .text = execution->console[i].text };
        outcome.execution = daemon__id(daemon, execution->id, "exe");
        outcome.result = execution->result;
        outcome.console = console;
        outcome.console_count = execution->console_count;
        error = &execution->error;
    }
    CHECK(error != NULL);
    if (execution && execution->state == EVENT_EXECUTION_STATE_DONE) {
        outcome.state = MCP_DONE;
        daemon__shown(daemon, execution, request->who.actor, &outcome);
    } else
        outcome.error = daemon_mcp_error(error);
    handed = mcp_ended(daemon->mcp, request->key, &outcome, &daemon->actions);
    daemon__request_free(daemon, request);
    if (execution && execution->effects && !handed) {
        struct command command = { .type = COMMAND_LEAVE };

        command.as.execution = execution->handle;
        daemon__step(daemon, &command);
    } else if (execution && execution->effects) {
        struct daemon_handed owed = { .execution = execution->handle };
        size_t last = daemon->actions.list.count;

        if (last > 0 && daemon->actions.list.at[last - 1].kind == MCP_WRITE)
            owed.stdio = daemon->actions.list.at[last - 1].to;
        daemon__handed(daemon, &owed);
    }
}

/* What a source asks: its form, and its words without the rest. */
static void daemon_mcp_ask(struct daemon *daemon, const struct input *input,
                           struct mcp_input *asked)
{
    struct json_error error;
    struct json_doc doc;
    struct str url;

    if (json_parse(daemon->turn, input->detail, NULL, &error, &doc) != JSON_PARSED)
        UNREACHABLE("a detail that the core wrote is no JSON");
    url = json_get_str(doc.root, "url");
    asked->detail = json_get_str(doc.root, "message");
    if (url.len)
        asked->detail =
            str_printf(daemon->turn, "%.*s\n%.*s", STR_ARG(asked->detail), STR_ARG(url));
    asked->kind = event_input_kind_name(input->kind);
    if (input->kind == EVENT_INPUT_KIND_FORM)
        asked->schema = json_text(daemon->turn, json_get(doc.root, "schema"));
    if (input->kind == EVENT_INPUT_KIND_MODEL)
        asked->schema = json_text(daemon->turn, json_get(doc.root, "request"));
    /* It may be another agent's. */
    asked->elsewhere = asked->elsewhere || json_is_true(json_get(doc.root, "shared"));
}

void daemon__mcp_input(struct daemon *daemon, const struct daemon_request *request,
                       const struct input *input)
{
    static const struct str unknown_options[] = { { "done", 4 },
                                                  { "not_done", 8 },
                                                  { "again", 5 } };
    const struct execution *execution = core_execution(daemon->core, input->execution);
    struct mcp_input asked = {
        .id = daemon__id(daemon, input->id, "inp"),
        .execution = execution ? daemon__id(daemon, execution->id, "exe") : STR(""),
        .kind = STR("approval"),
        .title = input->title,
        .detail = input->detail,
        .expires_ms = input->expires_ms,
        .elsewhere = input->effect == EVENT_EFFECT_DESTRUCTIVE, /* as input_answer_decide has it */
    };

    if (input->ask)
        daemon_mcp_ask(daemon, input, &asked);
    if (input->kind == EVENT_INPUT_KIND_UNKNOWN) {
        asked.kind = STR("confirm");
        asked.options = unknown_options;
        asked.options_count = ARRAY_COUNT(unknown_options);
    }
    mcp_input_opened(daemon->mcp, request->key, &asked, daemon->now_ms, &daemon->actions);
}

/* Anybody on this machine may knock: what that writes has a limit. */
static bool daemon_refusal_is_recorded(struct daemon *daemon)
{
    if (daemon->now_ms - daemon->refused_ms > 60000) {
        daemon->refused_ms = daemon->now_ms;
        daemon->refused = 0;
    }
    return daemon->refused++ < DAEMON_REFUSED_MAX;
}

static void daemon_http_request(struct daemon *daemon, uint64_t exchange,
                                const struct msg_http_request *http)
{
    const struct mcp_admission admission = { .port = (uint32_t)daemon->http_port,
                                             .token = str_of(daemon->token, DIGEST_HEX_LEN) };
    int admit = mcp_http_admit(&admission, http);
    const struct mcp_exchange arrived = {
        .id = exchange, .request = http, .principal = STR("token:local"), .now_ms = daemon->now_ms
    };
    struct str path = http->path;
    struct event_who who = { .channel = EVENT_CHANNEL_API, .actor = STR("token:local") };
    struct daemon_request *request;

    if (admit != MCP_ADMIT) {
        struct command command = { .type = COMMAND_REFUSE };

        mcp_http_refuse((enum mcp_admit_answer)admit, exchange, &daemon->actions);
        command.as.refuse.who = (struct event_who){ .channel = EVENT_CHANNEL_WEB,
                                                    .actor = STR("anonymous"),
                                                    .client = http->peer };
        command.as.refuse.what = str_slice(path, 0, 200);
        command.as.refuse.error =
            (struct msg_error){ .code = STR("unauthorized"),
                                .message = admit == MCP_ADMIT_TOKEN
                                               ? STR("no or a wrong token")
                                               : STR("a foreign Host or Origin") };
        if (daemon_refusal_is_recorded(daemon))
            daemon__step(daemon, &command);
        daemon__mcp_actions(daemon);
        return;
    }
    if (str_is(path, "/mcp") || str_starts(path, STR("/mcp?"))) {
        mcp_http(daemon->mcp, &arrived, &daemon->actions);
        daemon__mcp_actions(daemon);
        return;
    }
    request = daemon__request_new(daemon, DAEMON_ASKER_HTTP, &who);
    request->key = exchange;
    daemon__api(daemon, request, http->method, path, http->body);
}

/* exchange: the one that hung up; 0: web died, and all did. */
static void daemon_http_gone(struct daemon *daemon, uint64_t exchange)
{
    struct map_entry *entry;

    if (exchange == 0)
        mcp_gone_all(daemon->mcp, &daemon->actions);
    else
        mcp_gone(daemon->mcp, exchange, &daemon->actions);
    daemon__mcp_actions(daemon);
    for (size_t at = 0; (entry = map_next(&daemon->requests, &at));) {
        struct daemon_request *request = entry->value;
        struct command command = { .type = COMMAND_LEAVE };

        if (request->asker != DAEMON_ASKER_HTTP || (exchange != 0 && request->key != exchange))
            continue;
        command.as.execution = request->execution;
        daemon__request_free(daemon, request);
        if (command.as.execution)
            daemon__step(daemon, &command);
    }
}

static bool daemon_can_run(const struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->workers.count; i++)
        if (daemon->workers.at[i]->warm)
            return true;
    return false;
}

/* The keeper hears once that everything answers, or why HTTP does not, and programs can run. */
void daemon__look_ready(struct daemon *daemon)
{
    struct msg_daemon_ready ready = { .http_port = (uint32_t)daemon->http_port,
                                      .socket = str_from(daemon->options.socket) };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (daemon->ready_said || !daemon_can_run(daemon) ||
        (daemon->options.http_host.ptr && !daemon->http_port && !daemon->http_error.ptr))
        return;
    daemon->ready_said = true;
    msg_daemon_ready_encode(&ready, &payload);
    daemon__send(&daemon->keeper, MSG_DAEMON_READY, 0, buf_str(&payload));
}

/* Clients who ask for more than is taken wait for it: an answer is never dropped. */
static int daemon_web_next(struct daemon *daemon, struct wire_frame *frame)
{
    struct link *link = daemon->web.link;

    daemon->web_waits = !link_is_closed(link) && link_queued(link) > LINK_QUEUED_MAX / 2;
    return daemon->web_waits ? LINK_NONE : link_next(link, frame);
}

void daemon__web_ready(struct daemon *daemon)
{
    struct wire_frame frame;
    int r;

    while ((r = daemon_web_next(daemon, &frame)) == LINK_FRAME) {
        struct msg_http_request request;
        struct msg_web_ready ready;

        if (frame.type == MSG_HTTP_REQUEST &&
            msg_http_request_decode(frame.payload, daemon->turn, &request)) {
            request.body = daemon__door(daemon, request.path, request.body);
            daemon_http_request(daemon, frame.id, &request);
        } else if (frame.type == MSG_HTTP_GONE) {
            daemon_http_gone(daemon, frame.id);
        } else if (frame.type == MSG_WEB_READY &&
                   msg_web_ready_decode(frame.payload, daemon->turn, &ready)) {
            daemon->http_port = ready.port;
            if (ready.port) /* A web that is started anew listens at the same place. */
                daemon->options.http_port = ready.port;
            daemon->http_error =
                ready.error.ptr ? str_copy(daemon->core_arena, ready.error) : STR_NULL;
            daemon__look_ready(daemon);
        } else {
            r = LINK_BROKEN;
            break;
        }
    }
    if (r == LINK_CLOSED || r == LINK_BROKEN) {
        daemon->web.link = link_free(daemon->web.link);
        daemon->http_port = 0;
        daemon_http_gone(daemon, 0);
    }
}
