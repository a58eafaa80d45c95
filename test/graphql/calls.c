/*
 * What test/graphql/calls.test.mjs asks of us, on standard input and output, a line each:
 *
 *     introspection      what to POST to be told what a service has
 *     tools              a document becomes tools: { path, name, effect, input, output, plan }
 *     requests           { plan, args, credentials } becomes { method, url, headers, body } or
 *                        { fault }
 *     outcomes           { plan, reads, status, type, body } becomes { status, value, code, text,
 *                        data }
 */
#include "edge/out/graphql/graphql.h"
#include "format/graphql/graphql.h"
#include "format/json/out.h"

#include <stdio.h>
#include <string.h>

#define CREDENTIALS_MAX 8

static struct str read_all(struct arena *arena)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    size_t len;

    while ((len = fread(buf_reserve(&text, 1U << 20), 1, 1U << 20, stdin)) > 0)
        buf_commit(&text, len);
    return str_copy(arena, buf_str(&text));
}

static void print_line(struct buf *text)
{
    buf_add_char(text, '\n');
    CHECK(fwrite(text->ptr, 1, text->len, stdout) == text->len);
    buf_clear(text);
}

static void add(struct json_out *out, const char *key, struct str text)
{
    json_out_key(out, key);
    if (text.ptr)
        json_out_str(out, text);
    else
        json_out_null(out);
}

/* --- Tools ------------------------------------------------------------------------------- */

static void add_tool(struct json_out *out, const struct graphql_result *result,
                     const struct graphql_tool *tool)
{
    static const char *const effects[] = { "read", "write", "destructive" };

    json_out_object(out);
    add(out, "path", tool->path);
    add(out, "name", tool->name);
    add(out, "effect", str_from(effects[tool->effect]));
    json_out_key(out, "input");
    json_out_raw(out, tool->input);
    json_out_key(out, "output");
    json_out_raw(out, tool->output);
    json_out_key(out, "defs");
    json_out_object(out);
    for (size_t i = 0; i < tool->defs_count; i++) {
        json_out_key_str(out, result->defs[tool->defs[i]].name);
        json_out_raw(out, result->defs[tool->defs[i]].text);
    }
    json_out_end(out);
    json_out_key(out, "plan");
    json_out_raw(out, tool->plan);
    json_out_end(out);
}

static int print_tools(struct arena *arena, struct str document, const char *url)
{
    struct report *report = ARENA_NEW(arena, struct report);
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct graphql_result result;

    report_init(report, arena);
    if (!graphql_detect(document) ||
        graphql_compile(arena, document, str_from(url), report, &result) != GRAPHQL_COMPILED) {
        (void)fprintf(stderr, "%.*s\n", STR_ARG(report->problems[0].sentence));
        return 1;
    }
    for (size_t i = 0; i < result.tools_count; i++) {
        struct json_out out = json_out(&text);

        add_tool(&out, &result, &result.tools[i]);
        print_line(&text);
    }
    return 0;
}

/* --- Calls ------------------------------------------------------------------------------- */

static void add_request(struct arena *arena, struct json_out *out, const struct json_value *asked)
{
    struct out_http_credential credentials[CREDENTIALS_MAX];
    struct out_graphql_call call = { .plan = json_get(asked, "plan"),
                                     .args = json_get(asked, "args"),
                                     .credentials = credentials };
    struct json_iter iter = json_iter(json_get(asked, "credentials"));
    const struct json_value *value;
    struct out_http_request request;
    struct str fault;

    while (call.credential_count < CREDENTIALS_MAX && (value = json_next(&iter)))
        credentials[call.credential_count++] =
            (struct out_http_credential){ iter.key, json_str(value) };
    if (out_graphql_request(arena, &call, &request, &fault) != OUT_GRAPHQL_BUILT) {
        add(out, "fault", fault);
        return;
    }
    add(out, "method", request.method);
    add(out, "url", request.url);
    json_out_key(out, "headers");
    json_out_object(out);
    for (size_t i = 0; i < request.headers.count; i++) {
        json_out_key_str(out, request.headers.at[i].name);
        json_out_str(out, request.headers.at[i].value);
    }
    json_out_end(out);
    add(out, "body", request.body);
}

static void add_outcome(struct arena *arena, struct json_out *out, const struct json_value *told)
{
    static const char *const statuses[] = { "answered", "failed",    "unreachable",
                                            "timeout",  "cancelled", "unreadable" };
    const struct out_http_header type = { STR("content-type"), json_get_str(told, "type"), false };
    const struct out_http_request request = { .method = STR("POST"),
                                              .reads = json_is_true(json_get(told, "reads")),
                                              .json = true };
    const struct out_http_response response = {
        .status = (unsigned int)json_u64_or(json_get(told, "status"), 0),
        .headers = { &type, 1 },
        .body = json_get_str(told, "body"),
    };
    struct out_http_outcome outcome;

    out_graphql_outcome_of(arena, json_get(told, "plan"), &request, &response, &outcome);
    add(out, "status", str_from(statuses[outcome.status]));
    add(out, "value", outcome.value);
    add(out, "code", outcome.code);
    add(out, "text", outcome.text);
    add(out, "data", outcome.data);
}

static void print_answer(struct str line, bool request)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_out out = json_out(&text);
    struct json_error error;
    struct json_doc doc;

    CHECK(json_parse(arena, line, NULL, &error, &doc) == JSON_PARSED);
    json_out_object(&out);
    if (request)
        add_request(arena, &out, doc.root);
    else
        add_outcome(arena, &out, doc.root);
    json_out_end(&out);
    print_line(&text);
}

int main(int argc, char **argv)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct str rest;

    CHECK(argc >= 2);
    if (strcmp(argv[1], "introspection") == 0) {
        (void)puts(graphql_introspection_body);
        return 0;
    }
    rest = read_all(arena);
    if (strcmp(argv[1], "tools") == 0)
        return print_tools(arena, rest, argc > 2 ? argv[2] : "https://example.com/graphql");
    while (rest.ptr) {
        struct str line = str_split(&rest, '\n');

        if (line.len)
            print_answer(line, strcmp(argv[1], "requests") == 0);
    }
    return 0;
}
