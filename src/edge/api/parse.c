/*
 * From a request to an api_call: the path is cut into decoded segments and parameters, a route is
 * found in the table, the body is parsed, names that the route does not know are refused, and the
 * route's own function reads the rest.
 */
#include "edge/api/internal.h"

#include <stdio.h>

#define API_LIMIT_DEFAULT 50U
#define API_LIMIT_MAX     1000U

struct api_route {
    const char *method;
    const char *path; /* segments; * is any one */
    enum api_kind kind;
    const char *query;   /* names known there, separated by spaces */
    const char *members; /* of the body; NULL: a body is not read */
    void (*read)(struct api__request *request, struct api_call *call);
};

static void read_nothing(struct api__request *request, struct api_call *call)
{
    (void)request;
    (void)call;
}

static void read_shutdown(struct api__request *request, struct api_call *call)
{
    api__text(request, "reason", &call->of.reason);
}

static void read_run(struct api__request *request, struct api_execution_start *start)
{
    start->wait = true;
    start->timeout_ms = API_WAIT_MS_MAX;
    api__text(request, "idempotency_key", &start->key);
    api__bool(request, "preview", &start->preview);
    api__bool(request, "wait", &start->wait);
    api__bool(request, "follow", &start->follow);
    api__ms(request, "timeout_ms", &start->timeout_ms);
}

static void read_execution_start(struct api__request *request, struct api_call *call)
{
    struct api_execution_start *start = &call->of.execution_start;

    api__text_required(request, "code", &start->code);
    api__json(request, "input", &start->input);
    read_run(request, start);
}

/* A call of one tool is the program that makes it: one gate for all. */
static void read_tool_call(struct api__request *request, struct api_call *call)
{
    struct api_execution_start *start = &call->of.execution_start;
    struct str rest = request->name;
    BUF_CLEANUP struct buf code = BUF_INIT;

    buf_add_c(&code, "return await tools");
    while (rest.ptr) {
        buf_add_char(&code, '[');
        buf_add_json(&code, str_split(&rest, '.'));
        buf_add_char(&code, ']');
    }
    buf_add_c(&code, "(input)");
    start->code = str_copy(request->arena, buf_str(&code));
    start->input = STR("{}");
    api__json(request, "args", &start->input);
    read_run(request, start);
}

static void read_execution_list(struct api__request *request, struct api_call *call)
{
    call->of.execution = api__query(request, "state");
}

static void read_execution_show(struct api__request *request, struct api_call *call)
{
    uint64_t wait_ms = 0;

    call->of.execution_show.id = request->name;
    api__query_number(request, "wait_ms", API_WAIT_MS_MAX, &wait_ms);
    api__query_bool(request, "follow", &call->of.execution_show.follow);
    call->of.execution_show.wait_ms = (int64_t)wait_ms;
}

static void read_execution_cancel(struct api__request *request, struct api_call *call)
{
    call->of.execution = request->name;
}

/* What it offers, and so what it is, is of the first connection. */
static void read_connection(struct api__request *request, const struct api_source_add *add)
{
    const struct {
        const char *path;
        bool said;
    } of_first[] = { { "/kind", add->kind.ptr },
                     { "/document", add->document.ptr },
                     { "/partial", add->partial } };

    for (size_t i = 0; i < ARRAY_COUNT(of_first); i++)
        if (of_first[i].said)
            report_add(request->report, str_from(of_first[i].path), "first",
                       "a further connection is of the kind of the first, and has its definitions");
}

static void read_web_url(struct api__request *request, const char *key, struct str *ret_url)
{
    api__text(request, key, ret_url);
    if (ret_url->ptr && !str_starts(*ret_url, STR("https://")) &&
        !str_starts(*ret_url, STR("http://")))
        report_add(request->report, str_printf(request->arena, "/%s", key), "url",
                   "%.*s does not begin with https:// or http://", STR_ARG(*ret_url));
}

static void read_source_add(struct api__request *request, struct api_call *call)
{
    struct api_source_add *add = &call->of.source_add;
    bool further;

    add->wait = true;
    api__text_required(request, "name", &add->name);
    further = str_find_char(add->name, '@') != SIZE_MAX;
    read_web_url(request, "url", &add->url);
    api__text(request, "document", &add->document);
    if (add->url.ptr || add->document.ptr || further)
        api__words_if(request, "command", &add->command);
    else
        api__words(request, "command", &add->command);
    if (add->url.ptr && add->command.count)
        report_add(request->report, STR("/url"), "one", "a source is a command or a url, not both");
    api__variables(request, "env", &add->env);
    api__variables(request, "secret_env", &add->secret_env);
    api__text(request, "kind", &add->kind);
    api__headers(request, "headers", &add->headers);
    api__words_if(request, "allow", &add->allow);
    api__text(request, "folder", &add->folder);
    read_web_url(request, "base_url", &add->base_url);
    api__bool(request, "partial", &add->partial);
    api__bool(request, "further", &add->further);
    api__bool(request, "wait", &add->wait);
    if (further)
        read_connection(request, add);
}

static void read_source(struct api__request *request, struct api_call *call)
{
    call->of.source = request->name;
}

static void read_source_approve(struct api__request *request, struct api_call *call)
{
    struct api_source_pin *pin = &call->of.source_pin;

    pin->name = request->name;
    api__text_required(request, "digest", &pin->digest);
    api__words_if(request, "tools", &pin->tools);
    api__effects(request, "effects", &pin->effects);
}

static void read_source_reject(struct api__request *request, struct api_call *call)
{
    struct api_source_pin *pin = &call->of.source_pin;

    pin->name = request->name;
    api__text_required(request, "digest", &pin->digest);
    api__words_if(request, "tools", &pin->tools);
}

static void read_source_page(struct api__request *request, struct api_call *call)
{
    struct api_source_page *page = &call->of.source_page;

    page->name = request->name;
    page->tool = api__query(request, "tool");
    api__query_number(request, "from", UINT32_MAX, &page->from);
    api__query_bool(request, "brief", &page->brief);
}

static void read_source_refresh(struct api__request *request, struct api_call *call)
{
    call->of.source_refresh.name = request->name;
    api__text(request, "document", &call->of.source_refresh.document);
    api__bool(request, "further", &call->of.source_refresh.further);
}

static void read_source_document(struct api__request *request, struct api_call *call)
{
    call->of.source_document.name = request->name;
    api__text_required(request, "uri", &call->of.source_document.uri);
}

/* What is wrong with it is said without it. */
static void read_source_auth(struct api__request *request, struct api_call *call)
{
    struct api_source_auth *auth = &call->of.source_auth;

    auth->name = request->name;
    api__text(request, "scheme", &auth->scheme);
    api__text(request, "value", &auth->value);
    if (auth->scheme.ptr && (auth->scheme.len == 0 || auth->scheme.len > 256))
        report_add(request->report, STR("/scheme"), "length", "scheme has 1 to 256 bytes");
    if (auth->value.ptr &&
        (auth->value.len > API_CREDENTIAL_MAX || !api_header_is_fit(STR("x"), auth->value)))
        report_add(request->report, STR("/value"), "credential",
                   "a credential is one line of 1 to %u bytes without control characters",
                   API_CREDENTIAL_MAX);
}

static void read_tool_list(struct api__request *request, struct api_call *call)
{
    struct api_tool_list *list = &call->of.tool_list;

    list->query = api__query(request, "query");
    list->source = api__query(request, "source");
    list->effect = api__query(request, "effect");
    list->limit = API_LIMIT_DEFAULT;
    api__query_number(request, "limit", API_LIMIT_MAX, &list->limit);
    api__query_number(request, "offset", UINT32_MAX, &list->offset);
    if (list->effect.ptr && !api__is_effect(list->effect))
        report_add(request->report, STR("?effect"), "enum",
                   "effect must be read, write or destructive; this is %.*s",
                   STR_ARG(list->effect));
    if (list->effect.ptr && !list->query.ptr)
        report_add(request->report, STR("?effect"), "unexpected", "effect goes with a query");
}

static void read_tool(struct api__request *request, struct api_call *call)
{
    call->of.tool = request->name;
}

static void read_policy_apply(struct api__request *request, struct api_call *call)
{
    if (!json_is_array(json_get(request->body, "rules")))
        report_add(request->report, STR("/rules"), "type", "rules must be a list of rules");
    api__json(request, "rules", &call->of.policy_rules);
}

static void read_policy_why(struct api__request *request, struct api_call *call)
{
    struct api_policy_why *why = &call->of.policy_why;
    struct json_error error;
    struct json_doc doc;

    why->address = api__query(request, "address");
    why->effect = api__query(request, "effect");
    why->channel = api__query(request, "channel");
    why->agent = api__query(request, "agent");
    why->args = api__query(request, "args");
    if (why->address.len == 0)
        report_add(request->report, STR("?address"), "required", "address is missing");
    if (why->effect.ptr && !api__is_effect(why->effect))
        report_add(request->report, STR("?effect"), "enum",
                   "effect must be read, write or destructive; this is %.*s", STR_ARG(why->effect));
    if (why->args.ptr && json_parse(request->arena, why->args, NULL, &error, &doc) != JSON_PARSED)
        report_add(request->report, STR("?args"), "syntax", "args must be JSON: %s",
                   error.sentence);
}

static void read_input_list(struct api__request *request, struct api_call *call)
{
    call->of.input = api__query(request, "execution");
}

static void read_input(struct api__request *request, struct api_call *call)
{
    call->of.input = request->name;
}

static void read_input_answer(struct api__request *request, struct api_call *call)
{
    static const char *const known[] = { "approve", "deny", "done", "not_done", "again", "submit" };
    struct api_input_answer *answer = &call->of.input_answer;
    bool found = false;

    answer->id = request->name;
    answer->via = STR("api");
    api__text_required(request, "answer", &answer->answer);
    api__json(request, "value", &answer->value);
    api__text(request, "via", &answer->via);
    if (!answer->answer.ptr)
        return;
    for (size_t i = 0; i < ARRAY_COUNT(known); i++)
        found = found || str_is(answer->answer, known[i]);
    if (!found)
        report_add(request->report, STR("/answer"), "enum",
                   "answer must be approve, deny, submit, done, not_done or again; this is %.*s",
                   STR_ARG(answer->answer));
    if (answer->value.ptr && !str_is(answer->answer, "done") && !str_is(answer->answer, "submit"))
        report_add(request->report, STR("/value"), "unexpected",
                   "a value goes with the answers done and submit only");
}

#define RUN_MEMBERS " idempotency_key preview wait follow timeout_ms"

static const struct api_route routes[] = {
    { "GET", "/v1/status", API_STATUS, "", NULL, read_nothing },
    { "POST", "/v1/shutdown", API_SHUTDOWN, "", "reason", read_shutdown },
    { "GET", "/v1/events", API_EVENTS, "follow", NULL, read_nothing },
    { "POST", "/v1/executions", API_EXECUTION_START, "", "code input" RUN_MEMBERS,
      read_execution_start },
    { "GET", "/v1/executions", API_EXECUTION_LIST, "state", NULL, read_execution_list },
    { "GET", "/v1/executions/*", API_EXECUTION_SHOW, "wait_ms follow", NULL, read_execution_show },
    { "POST", "/v1/executions/*/cancel", API_EXECUTION_CANCEL, "", "", read_execution_cancel },
    { "GET", "/v1/sources", API_SOURCE_LIST, "", NULL, read_nothing },
    { "POST", "/v1/sources", API_SOURCE_ADD, "",
      "name command env secret_env folder url kind headers allow document base_url partial "
      "further wait",
      read_source_add },
    { "GET", "/v1/sources/*", API_SOURCE_SHOW, "from", NULL, read_source_page },
    { "DELETE", "/v1/sources/*", API_SOURCE_REMOVE, "", NULL, read_source },
    { "GET", "/v1/sources/*/diff", API_SOURCE_DIFF, "tool from brief", NULL, read_source_page },
    { "POST", "/v1/sources/*/approve", API_SOURCE_APPROVE, "", "digest tools effects",
      read_source_approve },
    { "POST", "/v1/sources/*/reject", API_SOURCE_REJECT, "", "digest tools", read_source_reject },
    { "POST", "/v1/sources/*/refresh", API_SOURCE_REFRESH, "", "document further",
      read_source_refresh },
    { "POST", "/v1/sources/*/document", API_SOURCE_DOCUMENT, "", "uri", read_source_document },
    { "POST", "/v1/sources/*/auth", API_SOURCE_AUTH, "", "scheme value", read_source_auth },
    { "GET", "/v1/tools", API_TOOL_LIST, "query source effect limit offset", NULL, read_tool_list },
    { "GET", "/v1/tools/*", API_TOOL_SHOW, "", NULL, read_tool },
    { "POST", "/v1/tools/*/call", API_EXECUTION_START, "", "args" RUN_MEMBERS, read_tool_call },
    { "GET", "/v1/policy", API_POLICY_SHOW, "", NULL, read_nothing },
    { "POST", "/v1/policy", API_POLICY_APPLY, "", "rules", read_policy_apply },
    { "GET", "/v1/policy/why", API_POLICY_WHY, "address effect channel agent args", NULL,
      read_policy_why },
    { "GET", "/v1/inputs", API_INPUT_LIST, "execution", NULL, read_input_list },
    { "GET", "/v1/inputs/*", API_INPUT_SHOW, "", NULL, read_input },
    { "POST", "/v1/inputs/*/answer", API_INPUT_ANSWER, "", "answer value via", read_input_answer },
};

static int parse_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Percent-decodes; null if the text is malformed, no UTF-8, or holds a NUL. */
static struct str parse_decode(struct arena *arena, struct str text)
{
    char *out = arena_alloc_raw(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '%') {
            int high = i + 1 < text.len ? parse_hex(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? parse_hex(text.ptr[i + 2]) : -1;

            if (high < 0 || low < 0)
                return STR_NULL;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0')
            return STR_NULL;
        out[len++] = c;
    }
    out[len] = '\0';
    return str_is_utf8(str_of(out, len)) ? str_of(out, len) : STR_NULL;
}

static void parse_malformed(struct report *report, struct str what)
{
    report_add(report, STR(""), "path", "%.*s is not well percent-encoded UTF-8", STR_ARG(what));
}

static bool parse_segments(struct api__request *request, struct str path)
{
    struct str rest = path;

    if (path.len == 0 || path.ptr[0] != '/')
        return false;
    rest = str_slice(path, 1, path.len);
    while (rest.ptr) {
        struct str part = str_split(&rest, '/');

        if (request->segment_count == API__SEGMENTS_MAX || part.len == 0)
            return false;
        part = parse_decode(request->arena, part);
        if (!part.ptr) {
            parse_malformed(request->report, path);
            return false;
        }
        request->segments[request->segment_count++] = part;
    }
    return true;
}

static void parse_query(struct api__request *request, struct str query)
{
    while (query.ptr) {
        struct str whole = str_split(&query, '&');
        struct str value = whole;
        struct str name;

        if (whole.len == 0)
            continue;
        if (request->query_count == API__QUERY_MAX) {
            report_add(request->report, STR("?"), "limit", "more than %u parameters",
                       API__QUERY_MAX);
            return;
        }
        name = str_split(&value, '=');
        name = parse_decode(request->arena, name);
        value = value.ptr ? parse_decode(request->arena, value) : STR("");
        if (!name.ptr || !value.ptr) {
            parse_malformed(request->report, whole);
            return;
        }
        request->query_names[request->query_count] = name;
        request->query_values[request->query_count++] = value;
    }
}

static bool parse_matches(struct api__request *request, const char *path)
{
    struct str rest = str_from(path + 1);
    struct str name = STR_NULL;
    size_t index = 0;

    while (rest.ptr) {
        struct str part = str_split(&rest, '/');

        if (index == request->segment_count)
            return false;
        if (str_is(part, "*"))
            name = request->segments[index];
        else if (!str_equal(part, request->segments[index]))
            return false;
        index++;
    }
    if (index != request->segment_count)
        return false;
    request->name = name;
    return true;
}

/* The route, or NULL and *ret_answer says why. */
static const struct api_route *parse_route(struct api__request *request, struct str method,
                                           enum api_answer *ret_answer)
{
    char there[64] = "";
    size_t used = 0;

    for (size_t i = 0; i < ARRAY_COUNT(routes); i++) {
        if (!parse_matches(request, routes[i].path))
            continue;
        if (str_is(method, routes[i].method))
            return &routes[i];
        used += (size_t)snprintf(there + used, sizeof(there) - used, "%s%s", used ? ", " : "",
                                 routes[i].method);
    }
    *ret_answer = used ? API_NO_METHOD : API_UNKNOWN;
    if (used)
        report_add(request->report, STR(""), "method", "%.*s is not for this path; it has %s",
                   STR_ARG(method), there);
    return NULL;
}

static bool parse_is_named(const char *names, struct str name)
{
    struct str rest = str_from(names);

    while (rest.ptr)
        if (str_equal(str_split(&rest, ' '), name))
            return true;
    return false;
}

/* Names that the route does not know are a mistake of the caller, never ignored. */
static void parse_names(struct api__request *request, const struct api_route *route)
{
    struct json_iter iter = json_iter(request->body);

    for (size_t i = 0; i < request->query_count; i++)
        if (!parse_is_named(route->query, request->query_names[i]))
            report_add(request->report, STR("?"), "unknown", "%.*s is no parameter here%s%s",
                       STR_ARG(request->query_names[i]), route->query[0] ? "; there are: " : "",
                       route->query);
    while (json_is_object(request->body) && json_next(&iter))
        if (!parse_is_named(route->members, iter.key))
            report_add(request->report, str_printf(request->arena, "/%.*s", STR_ARG(iter.key)),
                       "unknown", "%.*s is no member here%s%s", STR_ARG(iter.key),
                       route->members[0] ? "; there are: " : "", route->members);
}

static int parse_body(struct api__request *request, const struct api_route *route, struct str body)
{
    struct json_error error;
    struct json_doc doc;
    int r;

    if (!route->members) {
        if (str_trim(body).len > 0)
            report_add(request->report, STR(""), "body", "this request has no body");
        return 0;
    }
    if (str_trim(body).len == 0)
        body = STR("{}");
    if (body.len > API_BODY_MAX) {
        report_add(request->report, STR(""), "limit", "a body has at most %u bytes; this has %zu",
                   API_BODY_MAX, body.len);
        return 0;
    }
    r = json_parse(request->arena, body, NULL, &error, &doc);
    if (r < 0)
        return TRACE(r);
    if (r == JSON_MALFORMED) {
        report_add(request->report, str_printf(request->arena, "%zu:%zu", error.line, error.column),
                   "syntax", "the body is no JSON: %s", error.sentence);
        return 0;
    }
    if (!json_is_object(doc.root)) {
        report_add(request->report, STR(""), "type", "the body must be an object; this is %s",
                   json_type_name(json_type(doc.root)));
        return 0;
    }
    request->body = doc.root;
    return 0;
}

static enum api_answer parse_unknown(struct api__request *request, struct str path)
{
    if (request->report->count == 0)
        report_add(request->report, STR(""), "path",
                   "there is no %.*s; what there is begins with /v1/ and status, executions, "
                   "sources, tools, policy, inputs or events",
                   STR_ARG(path));
    return API_UNKNOWN;
}

int api_parse(const struct api_request *request, struct arena *arena, struct api_call *ret_call,
              struct report *report)
{
    struct api__request apart = { .arena = arena, .report = report };
    enum api_answer answer = API_UNKNOWN;
    const struct api_route *route = NULL;
    struct api_call call = { 0 };
    struct str query = request->path;
    struct str plain = str_split(&query, '?');
    size_t before = report->count + report->dropped;
    int r;

    if (request->path.len > API_PATH_MAX) {
        report_add(report, STR(""), "limit", "a path has at most %u bytes", API_PATH_MAX);
        return API_INVALID;
    }
    if (parse_segments(&apart, plain))
        route = parse_route(&apart, request->method, &answer);
    if (!route)
        return answer == API_NO_METHOD ? API_NO_METHOD : (int)parse_unknown(&apart, plain);
    parse_query(&apart, query);
    r = parse_body(&apart, route, request->body);
    if (r < 0)
        return TRACE(r);
    if (report->count + report->dropped > before)
        return API_INVALID;
    parse_names(&apart, route);
    call.kind = route->kind;
    route->read(&apart, &call);
    if (report->count + report->dropped > before)
        return API_INVALID;
    *ret_call = call;
    return API_PARSED;
}
