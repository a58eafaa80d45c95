/* API requests become commands or views; answers go back the way they came. */
#include "proc/daemon/answer.h"
#include "proc/daemon/internal.h"
#include "proc/daemon/view.h"

/* Of an answer in one frame. */
#define DAEMON_PIECE_MAX (900U << 10)

/* Tools in one answer, which is made in a turn. */
#define DAEMON_TOOLS_LISTED 200U

#define DAEMON_SOURCE_WAIT_MS 90000

static struct daemon_client *daemon_request_client(const struct daemon *daemon,
                                                   const struct daemon_request *request)
{
    return map_find_u64(&daemon->clients, request->client);
}

static void daemon_http_head(struct daemon *daemon, struct daemon_request *request, unsigned status,
                             struct str body, bool more)
{
    static const struct msg_header json = { { "content-type", 12 }, { "application/json", 16 } };
    static const struct msg_header sse = { { "content-type", 12 }, { "text/event-stream", 17 } };
    struct msg_http_response response = {
        .status = status, .headers_count = 1, .body = body, .more = more
    };

    response.headers = ARENA_NEW(daemon->turn, struct msg_header);
    response.headers[0] = more ? sse : json;
    daemon__http_response(daemon, request->key, &response);
}

static void daemon_http_part(struct daemon *daemon, struct daemon_request *request, struct str body,
                             bool last)
{
    daemon__http_chunk(daemon, request->key,
                       str_printf(daemon->turn, "data: %.*s\n\n", STR_ARG(body)), last);
}

/* What is too long for a frame goes in pieces of status 0, which the next frame continues. */
static void daemon_api_frames(struct daemon_client *client, uint64_t frame,
                              struct msg_api_response *response)
{
    struct str rest = response->body;
    BUF_CLEANUP struct buf payload = BUF_INIT;

    while (rest.len > DAEMON_PIECE_MAX) {
        const struct msg_api_response piece = { .body = str_slice(rest, 0, DAEMON_PIECE_MAX),
                                                .more = true };

        buf_clear(&payload);
        msg_api_response_encode(&piece, &payload);
        daemon__send(&client->peer, MSG_API_RESPONSE, frame, buf_str(&payload));
        rest = str_slice(rest, DAEMON_PIECE_MAX, rest.len);
    }
    response->body = rest;
    buf_clear(&payload);
    msg_api_response_encode(response, &payload);
    daemon__send(&client->peer, MSG_API_RESPONSE, frame, buf_str(&payload));
}

/* Sends one answer; without more it is the last, and the request is over. */
void daemon__api_respond(struct daemon *daemon, struct daemon_request *request, unsigned status,
                         struct str body, bool more)
{
    struct daemon_client *client;
    struct msg_api_response response = { .status = status, .body = body, .more = more };

    if (request->asker == DAEMON_ASKER_HTTP) {
        if (request->head_sent) {
            daemon_http_part(daemon, request, body, !more);
        } else if (more) {
            request->head_sent = true;
            daemon_http_head(daemon, request, status, STR(""), true);
            daemon_http_part(daemon, request, body, false);
        } else {
            daemon_http_head(daemon, request, status, body, false);
        }
    } else {
        client = daemon_request_client(daemon, request);
        if (client)
            daemon_api_frames(client, request->frame, &response);
    }
    if (!more)
        daemon__request_free(daemon, request);
}

void daemon__api_stream(struct daemon *daemon, struct daemon_request *request, const char *name,
                        struct str data)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    api_print_event(&text, name, data);
    daemon__api_respond(daemon, request, 200, buf_str(&text), true);
}

void daemon__api_fail(struct daemon *daemon, struct daemon_request *request,
                      const struct msg_error *error)
{
    struct api_error view = { .code = error->code,
                              .message = error->message,
                              .line = error->line,
                              .column = error->column,
                              .stack = error->stack,
                              .data = error->data };
    struct buf text BUF_CLEANUP = BUF_INIT;

    api_print_error(&text, &view);
    daemon__api_respond(daemon, request, api_error_status(error->code), buf_str(&text), false);
}

void daemon__api_fail_code(struct daemon *daemon, struct daemon_request *request, const char *code,
                           struct str message)
{
    struct msg_error error = { .code = str_from(code), .message = message };

    daemon__api_fail(daemon, request, &error);
}

/* An execution that ended, or waits, or whose asker waits no longer. */
void daemon__api_execution(struct daemon *daemon, struct daemon_request *request,
                           const struct execution *execution)
{
    struct buf text BUF_CLEANUP = BUF_INIT;
    bool ended = execution->state != EVENT_EXECUTION_STATE_RUNNING;
    uint64_t handle = execution->handle;
    bool effects = execution->effects;
    struct daemon_handed owed = { .execution = handle, .client = request->client };
    unsigned status = ended ? 200 : 202;

    if (ended && execution->state != EVENT_EXECUTION_STATE_DONE)
        status = api_error_status(execution->error.code);
    daemon__view_execution(daemon, execution, true, &text);
    daemon__api_respond(daemon, request, status, buf_str(&text), false);
    if (ended && effects)
        daemon__handed(daemon, &owed);
}

void daemon__api_source(struct daemon *daemon, struct daemon_request *request)
{
    const struct catalog_source *source =
        catalog_source_find(core_catalog(daemon->core), request->source);
    const struct daemon_source *held = map_find_u64(&daemon->sources, request->source);
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (!source) {
        daemon__api_fail_code(daemon, request, "invalid", STR("the source was removed"));
        return;
    }
    if (request->kind == API_SOURCE_REFRESH && held && held->unread) {
        daemon__api_fail_code(daemon, request, "upstream", source->reason);
        return;
    }
    daemon__view_source_tools(daemon, source, 0, &text);
    daemon__api_respond(daemon, request, request->kind == API_SOURCE_ADD ? 201 : 200,
                        buf_str(&text), false);
}

static const struct execution *daemon_api_find(struct daemon *daemon,
                                               struct daemon_request *request, struct str text)
{
    const struct execution *execution = NULL;
    struct id id;

    if (id_parse(text, "exe", &id))
        execution = core_execution_by_id(daemon->core, id);
    if (!execution)
        daemon__api_fail_code(daemon, request, "invalid",
                              STR("there is no such execution here now; `writ log show` has those "
                                  "that ended"));
    return execution;
}

void daemon__api_execute(struct daemon *daemon, struct daemon_request *request,
                         const struct api_execution_start *start)
{
    struct command command = { .type = COMMAND_EXECUTE, .token = request->number };
    struct msg_error error;

    if (daemon__closed(daemon, &request->who, &error)) {
        daemon__api_fail(daemon, request, &error);
        return;
    }
    request->wait = start->wait;
    request->follow = start->follow;
    request->until_ms = daemon->now_ms + (start->timeout_ms ? start->timeout_ms : API_WAIT_MS_MAX);
    command.as.execute.who = request->who;
    command.as.execute.code = start->code;
    command.as.execute.input = start->input;
    command.as.execute.key = start->key;
    command.as.execute.preview = start->preview;
    command.as.execute.engine = daemon->engine;
    command.as.execute.full = log_is_full(daemon->log);
    daemon__step(daemon, &command);
}

static void daemon_api_execution_show(struct daemon *daemon, struct daemon_request *request,
                                      const struct api_execution_show *show)
{
    const struct execution *execution = daemon_api_find(daemon, request, show->id);

    if (!execution)
        return;
    if (execution->state != EVENT_EXECUTION_STATE_RUNNING ||
        (show->wait_ms == 0 && !show->follow) ||
        (!show->follow && daemon__waits_for_person(daemon, execution))) {
        daemon__api_execution(daemon, request, execution);
        return;
    }
    request->wait = true;
    request->follow = show->follow;
    request->until_ms = daemon->now_ms + (show->wait_ms ? show->wait_ms : API_WAIT_MS_MAX);
    daemon__wait_for(daemon, request, execution->handle);
}

static void daemon_api_execution_list(struct daemon *daemon, struct daemon_request *request,
                                      struct str state)
{
    const struct execution *execution;
    struct buf text BUF_CLEANUP = BUF_INIT;

    api_list_begin(&text, "executions");
    for (size_t at = 0; (execution = core_execution_next(daemon->core, &at));) {
        if (state.ptr && !str_equal(state, event_execution_state_name(execution->state)))
            continue;
        api_list_item(&text);
        daemon__view_execution(daemon, execution, false, &text);
    }
    api_list_end(&text);
    daemon__api_respond(daemon, request, 200, buf_str(&text), false);
}

static void daemon_api_cancel(struct daemon *daemon, struct daemon_request *request, struct str id)
{
    const struct execution *execution = daemon_api_find(daemon, request, id);
    struct command command = { .type = COMMAND_CANCEL, .token = request->number };

    if (!execution)
        return;
    if (!str_starts(request->who.actor, STR("person:")) &&
        !str_equal(request->who.actor, execution->who.actor)) {
        daemon__api_fail_code(daemon, request, "refused",
                              STR("this execution is somebody else's; a person may cancel it, in a "
                                  "terminal of their own"));
        return;
    }
    command.as.cancel.execution = execution->handle;
    command.as.cancel.reason =
        str_printf(daemon->turn, "%.*s cancelled it", STR_ARG(request->who.actor));
    daemon__step(daemon, &command);
}

/* Whatever a header says to a source is a secret: its record has a reference. */
static struct str *daemon_api_headers(struct daemon *daemon, const struct api_words *headers)
{
    struct str *kept = ARENA_ARRAY(daemon->turn, struct str, headers->count + 1);

    for (size_t i = 0; i < headers->count; i++) {
        size_t colon = str_find_char(headers->at[i], ':');
        struct str value = str_trim(str_slice(headers->at[i], colon + 1, headers->at[i].len));
        struct str reference = daemon__door_give(daemon, value);

        kept[i] = str_printf(daemon->turn, "%.*s: %.*s",
                             STR_ARG(str_slice(headers->at[i], 0, colon)), STR_ARG(reference));
    }
    return kept;
}

/* What was said it is; of a document what it says itself. False: that cannot be. */
static bool daemon_api_source_kind(const struct api_source_add *add, enum msg_source_kind *ret_kind)
{
    *ret_kind =
        add->document.ptr || add->url.ptr ? MSG_SOURCE_KIND_UNKNOWN : MSG_SOURCE_KIND_MCP_STDIO;
    if (!add->kind.ptr)
        return true;
    if (!msg_source_kind_parse(add->kind, ret_kind) || *ret_kind == MSG_SOURCE_KIND_UNKNOWN)
        return false;
    if (add->document.ptr)
        return *ret_kind == MSG_SOURCE_KIND_OPENAPI || *ret_kind == MSG_SOURCE_KIND_GRAPHQL;
    return add->url.ptr ? *ret_kind != MSG_SOURCE_KIND_MCP_STDIO
                        : *ret_kind == MSG_SOURCE_KIND_MCP_STDIO;
}

static void daemon_api_source_of(struct daemon *daemon, const struct api_source_add *add,
                                 struct event_source_added *added)
{
    added->name = add->name;
    added->url = add->document.ptr ? add->document : add->url;
    added->base_url = add->base_url;
    added->partial = add->partial;
    added->headers = daemon_api_headers(daemon, &add->headers);
    added->headers_count = add->headers.count;
    added->allow = add->allow.at;
    added->allow_count = add->allow.count;
    added->argv = add->command.at;
    added->argv_count = add->command.count;
    added->env = daemon__given_variables(daemon, add, &added->env_count);
    added->folder = add->folder;
}

static void daemon_api_source_add(struct daemon *daemon, struct daemon_request *request,
                                  const struct api_source_add *add)
{
    struct command command = { .type = COMMAND_SOURCE_ADD, .token = request->number };
    struct event_source_added *added = &command.as.source_add;
    const struct catalog_source *source;
    uint64_t before;

    if (!str_starts(request->who.actor, STR("person:"))) {
        daemon__api_source_ask(daemon, request, add);
        return;
    }
    if (add->document.ptr && daemon->given_fd < 0) {
        daemon__api_fail_code(daemon, request, "invalid",
                              STR("a document comes as a descriptor over the local socket"));
        return;
    }
    request->wait = add->wait;
    request->further = add->further;
    request->until_ms = daemon->now_ms + DAEMON_SOURCE_WAIT_MS;
    if (!daemon_api_source_kind(add, &added->kind)) {
        daemon__api_fail_code(daemon, request, "invalid",
                              STR("the kind is mcp_stdio of a command, mcp_http, mcp_sse, openapi "
                                  "or graphql of a url, openapi or graphql of a document"));
        return;
    }
    daemon_api_source_of(daemon, add, added);
    added->who = request->who;
    source = catalog_source_named(core_catalog(daemon->core), add->name);
    before = source ? source->source : 0;
    daemon__step(daemon, &command);
    /* Its effects leave when it is durable: until then the document is here. */
    source = catalog_source_named(core_catalog(daemon->core), add->name);
    if (!source || source->source == before || !add->document.ptr)
        return;
    daemon__compile_give(
        daemon, source,
        &(struct daemon_given){ .fd = daemon->given_fd, .uri = source->url, .kind = source->kind });
    daemon->given_fd = -1;
}

static void daemon_api_source_list(struct daemon *daemon, struct daemon_request *request)
{
    const struct catalog_source *source;
    struct buf text BUF_CLEANUP = BUF_INIT;

    api_list_begin(&text, "sources");
    for (size_t at = 0; (source = catalog_source_next(core_catalog(daemon->core), &at));) {
        api_list_item(&text);
        daemon__view_source(daemon, source, &text);
    }
    api_list_end(&text);
    daemon__api_respond(daemon, request, 200, buf_str(&text), false);
}

static void daemon_api_source_remove(struct daemon *daemon, struct daemon_request *request,
                                     struct str name)
{
    const struct catalog_source *source = daemon__api_source_named(daemon, request, name);
    struct command command = { .type = COMMAND_SOURCE_REMOVE, .token = request->number };

    if (!source)
        return;
    request->source = source->source;
    command.as.source_remove.name = name;
    command.as.source_remove.who = request->who;
    daemon__step(daemon, &command);
}

static void daemon_api_policy_apply(struct daemon *daemon, struct daemon_request *request,
                                    struct str rules)
{
    struct command command = { .type = COMMAND_POLICY_APPLY, .token = request->number };
    struct report *report = ARENA_NEW(daemon->turn, struct report);
    struct event_rule *list;
    struct buf text BUF_CLEANUP = BUF_INIT;
    size_t count;
    unsigned status;
    int r;

    report_init(report, daemon->turn);
    r = policy_parse(rules, daemon->turn, &list, &count, report);
    if (r != POLICY_PARSED) {
        status = api_print_rejected(&text, API_INVALID, report);
        daemon__api_respond(daemon, request, status, buf_str(&text), false);
        return;
    }
    command.as.policy_apply.rules = list;
    command.as.policy_apply.count = count;
    command.as.policy_apply.who = request->who;
    daemon__step(daemon, &command);
}

static void daemon_api_policy_why(struct daemon *daemon, struct daemon_request *request,
                                  const struct api_policy_why *why)
{
    struct policy_request question = {
        .address = why->address,
        .channel = request->who.channel,
        .agent = why->agent.ptr ? why->agent : STR("agent"),
        .actor = STR("agent:agent"),
        .args = why->args,
        .effect = EVENT_EFFECT_WRITE,
    };
    const struct catalog_tool *tool = NULL;
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (catalog_find(core_catalog(daemon->core), why->address, &tool) != CATALOG_UNKNOWN) {
        question.address = tool->address;
        question.effect = tool->effect;
    } else if (!why->effect.ptr) {
        daemon__api_fail_code(daemon, request, "unknown_tool",
                              str_printf(daemon->turn,
                                         "there is no tool %.*s; name an effect class to ask about "
                                         "an address that is not there",
                                         STR_ARG(why->address)));
        return;
    }
    (void)!event_effect_parse(why->effect, &question.effect);
    (void)!event_channel_parse(why->channel, &question.channel);
    if (question.channel == EVENT_CHANNEL_CLI && !why->channel.ptr)
        question.channel = EVENT_CHANNEL_MCP;
    policy_print_why(core_policy(daemon->core), &question, &text);
    daemon__api_respond(daemon, request, 200, buf_str(&text), false);
}

static void daemon_api_input_list(struct daemon *daemon, struct daemon_request *request,
                                  struct str execution)
{
    const struct input *input;
    struct buf text BUF_CLEANUP = BUF_INIT;
    const struct execution *only = NULL;
    struct id id;

    if (execution.ptr && id_parse(execution, "exe", &id))
        only = core_execution_by_id(daemon->core, id);
    api_list_begin(&text, "inputs");
    for (size_t at = 0; (input = core_input_next(daemon->core, &at));) {
        if ((execution.ptr && (!only || only->handle != input->execution)) ||
            input->kind == EVENT_INPUT_KIND_MODEL) /* No person answers it. */
            continue;
        api_list_item(&text);
        daemon__view_input(daemon, input, &text);
    }
    api_list_end(&text);
    daemon__api_respond(daemon, request, 200, buf_str(&text), false);
}

static void daemon_api_input_show(struct daemon *daemon, struct daemon_request *request,
                                  struct str text)
{
    const struct input *input = NULL;
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct id id;

    if (id_parse(text, "inp", &id))
        input = core_input(daemon->core, id);
    if (!input) {
        daemon__api_fail_code(daemon, request, "invalid",
                              STR("this input is not open; `writ inbox` shows what is"));
        return;
    }
    daemon__view_input(daemon, input, &out);
    daemon__api_respond(daemon, request, 200, buf_str(&out), false);
}

static void daemon_api_input_answer(struct daemon *daemon, struct daemon_request *request,
                                    const struct api_input_answer *said)
{
    struct command command = { .type = COMMAND_INPUT_ANSWER, .token = request->number };
    struct command_answer *answer = &command.as.answer;

    if (!id_parse(said->id, "inp", &answer->input) ||
        !event_answer_parse(said->answer, &answer->answer)) {
        daemon__api_fail_code(
            daemon, request, "invalid",
            STR("an answer names an input (inp_...) and is approve, deny, submit, "
                "done, not_done or again"));
        return;
    }
    answer->value = said->value;
    answer->who = request->who;
    answer->via = said->via.ptr ? said->via : STR("cli");
    daemon__step(daemon, &command);
}

void daemon__api_search(struct daemon *daemon, struct daemon_request *request,
                        const struct api_tool_list *list)
{
    struct catalog_query query = {
        .text = list->query, .source = list->source, .limit = list->limit, .offset = list->offset
    };
    struct buf text BUF_CLEANUP = BUF_INIT;

    query.effect_given = event_effect_parse(list->effect, &query.effect);
    buf_add_c(&text, "{\"found\":");
    catalog_search(core_catalog(daemon->core), &query, &text);
    buf_add_char(&text, '}');
    daemon__api_respond(daemon, request, 200, buf_str(&text), false);
}

static void daemon_api_tools(struct daemon *daemon, struct daemon_request *request,
                             const struct api_tool_list *list)
{
    const struct catalog *catalog = core_catalog(daemon->core);
    struct buf text BUF_CLEANUP = BUF_INIT;
    const struct catalog_source *source =
        list->source.ptr ? catalog_source_named(catalog, list->source) : NULL;

    if (list->source.ptr && !daemon__api_source_named(daemon, request, list->source))
        return;
    if (list->query.ptr) {
        if (!daemon__search_request(daemon, request, list))
            daemon__api_search(daemon, request, list);
        return;
    }
    const struct catalog_page page = { .source = source,
                                       .from = list->offset,
                                       .limit = list->limit < DAEMON_TOOLS_LISTED
                                                    ? list->limit
                                                    : DAEMON_TOOLS_LISTED };
    size_t next;

    buf_add_c(&text, "{\"tools\":");
    next = catalog_print_tools(catalog, &page, &text);
    buf_add_c(&text, ",\"next\":");
    if (next > 0)
        buf_printf(&text, "%zu", next);
    else
        buf_add_c(&text, "null");
    buf_add_char(&text, '}');
    daemon__api_respond(daemon, request, 200, buf_str(&text), false);
}

static void daemon_api_tool(struct daemon *daemon, struct daemon_request *request,
                            struct str address)
{
    const struct catalog_tool *tool = NULL;
    struct str near[3];
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct buf typescript BUF_CLEANUP = BUF_INIT;
    struct str names = STR("");

    if (catalog_find(core_catalog(daemon->core), address, &tool) == CATALOG_UNKNOWN) {
        size_t count = catalog_nearest(core_catalog(daemon->core), address, near, 3);

        if (catalog_source_named(core_catalog(daemon->core), address))
            names = STR("; it is a source: `writ sources show` lists its tools");
        else
            for (size_t i = 0; i < count; i++)
                names = str_printf(daemon->turn, "%.*s%s%.*s", STR_ARG(names),
                                   i ? ", " : "; near it: ", STR_ARG(near[i]));
        daemon__api_fail_code(daemon, request, "unknown_tool",
                              str_printf(daemon->turn, "there is no tool %.*s%.*s",
                                         STR_ARG(address), STR_ARG(names)));
        return;
    }
    catalog_describe(tool, &typescript);
    struct api_tool view = daemon__tool_view(
        daemon, catalog_source_find(core_catalog(daemon->core), tool->source), tool);

    view.input = tool->input;
    view.output = tool->output;
    view.typescript = buf_str(&typescript);
    api_print_tool(&text, &view);
    daemon__api_respond(daemon, request, 200, buf_str(&text), false);
}

static void daemon_api_shutdown(struct daemon *daemon, struct daemon_request *request,
                                struct str reason)
{
    struct msg_shutdown shutdown = { .reason = reason.ptr ? reason : STR("asked to") };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (!str_starts(request->who.actor, STR("person:"))) {
        daemon__api_fail_code(daemon, request, "refused",
                              STR("only a person may end Writ; do it in a terminal of your own"));
        return;
    }
    daemon__api_respond(daemon, request, 200, STR("{\"stopping\":true}"), false);
    msg_shutdown_encode(&shutdown, &payload);
    daemon__send(&daemon->keeper, MSG_SHUTDOWN, 0, buf_str(&payload));
    daemon_stop(daemon, shutdown.reason);
}

static void daemon_api_view(struct daemon *daemon, struct daemon_request *request,
                            void (*view)(struct daemon *, struct buf *))
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    view(daemon, &text);
    daemon__api_respond(daemon, request, 200, buf_str(&text), false);
}

static void daemon_api_source_call(struct daemon *daemon, struct daemon_request *request,
                                   const struct api_call *call)
{
    switch ((int)call->kind) {
    case API_SOURCE_LIST:
        daemon_api_source_list(daemon, request);
        return;
    case API_SOURCE_ADD:
        daemon_api_source_add(daemon, request, &call->of.source_add);
        return;
    case API_SOURCE_SHOW:
        daemon__api_source_show(daemon, request, &call->of.source_page);
        return;
    case API_SOURCE_REMOVE:
        daemon_api_source_remove(daemon, request, call->of.source);
        return;
    case API_SOURCE_APPROVE:
        daemon__api_source_pin(daemon, request, COMMAND_SOURCE_APPROVE, &call->of.source_pin);
        return;
    case API_SOURCE_REJECT:
        daemon__api_source_pin(daemon, request, COMMAND_SOURCE_REJECT, &call->of.source_pin);
        return;
    case API_SOURCE_DIFF:
        daemon__api_source_diff(daemon, request, &call->of.source_page);
        return;
    case API_SOURCE_REFRESH:
        daemon__api_source_refresh(daemon, request, &call->of.source_refresh);
        return;
    case API_SOURCE_DOCUMENT:
        daemon__api_source_document(daemon, request, &call->of.source_document);
        return;
    default:
        UNREACHABLE("a call about something else than sources");
    }
}

static void daemon_api_call(struct daemon *daemon, struct daemon_request *request,
                            const struct api_call *call)
{
    switch (call->kind) {
    case API_STATUS:
        daemon_api_view(daemon, request, daemon__view_status);
        return;
    case API_SHUTDOWN:
        daemon_api_shutdown(daemon, request, call->of.reason);
        return;
    case API_EVENTS:
        request->follow = true;
        return;
    case API_EXECUTION_START:
        daemon__api_execute(daemon, request, &call->of.execution_start);
        return;
    case API_EXECUTION_LIST:
        daemon_api_execution_list(daemon, request, call->of.execution);
        return;
    case API_EXECUTION_SHOW:
        daemon_api_execution_show(daemon, request, &call->of.execution_show);
        return;
    case API_EXECUTION_CANCEL:
        daemon_api_cancel(daemon, request, call->of.execution);
        return;
    case API_SOURCE_LIST:
    case API_SOURCE_ADD:
    case API_SOURCE_SHOW:
    case API_SOURCE_REMOVE:
    case API_SOURCE_APPROVE:
    case API_SOURCE_REFRESH:
    case API_SOURCE_DOCUMENT:
    case API_SOURCE_REJECT:
    case API_SOURCE_DIFF:
        daemon_api_source_call(daemon, request, call);
        return;
    case API_SOURCE_AUTH:
        daemon__api_auth(daemon, request, &call->of.source_auth);
        return;
    case API_TOOL_LIST:
        daemon_api_tools(daemon, request, &call->of.tool_list);
        return;
    case API_TOOL_SHOW:
        daemon_api_tool(daemon, request, call->of.tool);
        return;
    case API_POLICY_SHOW:
        daemon_api_view(daemon, request, daemon__view_policy);
        return;
    case API_POLICY_APPLY:
        daemon_api_policy_apply(daemon, request, call->of.policy_rules);
        return;
    case API_POLICY_WHY:
        daemon_api_policy_why(daemon, request, &call->of.policy_why);
        return;
    case API_INPUT_LIST:
        daemon_api_input_list(daemon, request, call->of.input);
        return;
    case API_INPUT_SHOW:
        daemon_api_input_show(daemon, request, call->of.input);
        return;
    case API_INPUT_ANSWER:
        daemon_api_input_answer(daemon, request, &call->of.input_answer);
        return;
    case API_KIND_COUNT:
        break;
    }
    UNREACHABLE("an API call outside its enum");
}

void daemon__api(struct daemon *daemon, struct daemon_request *request, struct str method,
                 struct str path, struct str body)
{
    struct report *report = ARENA_NEW(daemon->turn, struct report);
    const struct api_request asked = { method, path, body };
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct api_call call;
    unsigned status;
    int r;

    report_init(report, daemon->turn);
    r = api_parse(&asked, daemon->turn, &call, report);
    if (r == API_PARSED) {
        request->kind = call.kind;
        daemon_api_call(daemon, request, &call);
        return;
    }
    status = api_print_rejected(&text, (enum api_answer)r, report);
    daemon__api_respond(daemon, request, status, buf_str(&text), false);
}

/* The core's answer to a command that was asked for through the API. */
void daemon__api_reply(struct daemon *daemon, struct daemon_request *request,
                       const struct core_effect *effect)
{
    const struct execution *execution;

    if (effect->error.code.ptr) {
        daemon__api_fail(daemon, request, &effect->error);
        return;
    }
    switch ((int)request->kind) {
    case API_SOURCE_ADD:
        request->source = effect->source;
        if (!request->wait)
            daemon__api_source(daemon, request);
        return;
    case API_SOURCE_AUTH:
        daemon__given_use(daemon, request->source);
        if (!request->wait)
            daemon__api_source(daemon, request);
        return;
    case API_SOURCE_APPROVE:
    case API_SOURCE_REJECT:
        daemon__api_source(daemon, request);
        return;
    case API_EXECUTION_CANCEL:
        execution = core_execution(daemon->core, effect->execution);
        if (execution) {
            daemon__api_execution(daemon, request, execution);
            return;
        }
        break;
    case API_POLICY_APPLY:
        daemon_api_view(daemon, request, daemon__view_policy);
        return;
    default:
        break;
    }
    daemon__api_respond(daemon, request, 200, STR("{}"), false);
}
