/*
 * What test/openapi/requests.test.mjs asks of us, on standard input and output, a line each:
 *
 *     operations FILE        the tools of a document: { path, name, input, plan }
 *     requests               { plan, args, credentials } becomes { method, url, headers, body }
 *                            (base64) or { fault }
 */
#include "base/base64.h"
#include "edge/out/openapi/openapi.h"
#include "format/json/out.h"
#include "format/openapi/openapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct str read_all(struct arena *arena, FILE *file)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    size_t len;

    while ((len = fread(buf_reserve(&text, 1U << 20), 1, 1U << 20, file)) > 0)
        buf_commit(&text, len);
    return str_copy(arena, buf_str(&text));
}

static void print_line(struct buf *text)
{
    buf_add_char(text, '\n');
    CHECK(fwrite(text->ptr, 1, text->len, stdout) == text->len);
    buf_clear(text);
}

/* --- Operations -------------------------------------------------------------------------- */

/* The schema with all that it needs. */
static void add_input(struct json_out *out, const struct openapi_result *result,
                      const struct openapi_tool *tool)
{
    json_out_object(out);
    json_out_key(out, "schema");
    json_out_raw(out, tool->input);
    json_out_key(out, "defs");
    json_out_object(out);
    for (size_t i = 0; i < tool->defs_count; i++) {
        json_out_key_str(out, result->defs[tool->defs[i]].name);
        json_out_raw(out, result->defs[tool->defs[i]].text);
    }
    json_out_end(out);
    json_out_end(out);
}

static int print_operations(struct arena *arena, const char *path)
{
    const struct openapi_options options = { .partial = true };
    CLEANUP(openapi_free) struct openapi *run = openapi_new(&options);
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct openapi_result result;
    FILE *file = fopen(path, "rb");

    CHECK(file != NULL);
    openapi_add(run, STR_NULL, read_all(arena, file));
    (void)fclose(file);
    if (openapi_compile(run, &result) != OPENAPI_COMPILED)
        return 1;
    for (size_t i = 0; i < result.tools_count; i++) {
        struct json_out out = json_out(&text);

        json_out_object(&out);
        json_out_key(&out, "path");
        json_out_str(&out, result.tools[i].path);
        json_out_key(&out, "name");
        json_out_str(&out, result.tools[i].name);
        json_out_key(&out, "input");
        add_input(&out, &result, &result.tools[i]);
        json_out_key(&out, "plan");
        json_out_raw(&out, result.tools[i].plan);
        json_out_end(&out);
        print_line(&text);
    }
    return 0;
}

/* --- Requests ---------------------------------------------------------------------------- */

#define CREDENTIALS_MAX 32

static size_t read_credentials(const struct json_value *object,
                               struct out_http_credential credentials[CREDENTIALS_MAX])
{
    struct json_iter iter = json_iter(object);
    const struct json_value *value;
    size_t count = 0;

    while (count < CREDENTIALS_MAX && (value = json_next(&iter)))
        credentials[count++] = (struct out_http_credential){ iter.key, json_str(value) };
    return count;
}

static void add_request(struct json_out *out, const struct out_http_request *request)
{
    BUF_CLEANUP struct buf body = BUF_INIT;

    json_out_key(out, "method");
    json_out_str(out, request->method);
    json_out_key(out, "url");
    json_out_str(out, request->url);
    json_out_key(out, "headers");
    json_out_array(out);
    for (size_t i = 0; i < request->headers.count; i++) {
        json_out_array(out);
        json_out_str(out, request->headers.at[i].name);
        json_out_str(out, request->headers.at[i].value);
        json_out_end(out);
    }
    json_out_end(out);
    if (!request->body.ptr)
        return;
    base64_encode(&body, request->body);
    json_out_key(out, "body");
    json_out_str(out, buf_str(&body));
}

static void print_request(struct str line)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_out out = json_out(&text);
    struct out_http_credential credentials[CREDENTIALS_MAX];
    struct out_openapi_call call = { .credentials = credentials, .key = STR("key") };
    struct out_http_request request;
    struct json_error error;
    struct json_doc doc;
    struct str fault;

    CHECK(json_parse(arena, line, NULL, &error, &doc) == JSON_PARSED);
    call.plan = json_get(doc.root, "plan");
    call.args = json_get(doc.root, "args");
    call.credential_count = read_credentials(json_get(doc.root, "credentials"), credentials);
    json_out_object(&out);
    if (out_openapi_request(arena, &call, &request, &fault) == OUT_OPENAPI_BUILT) {
        add_request(&out, &request);
    } else {
        json_out_key(&out, "fault");
        json_out_str(&out, fault);
    }
    json_out_end(&out);
    print_line(&text);
}

int main(int argc, char **argv)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct str rest;

    if (argc == 3 && strcmp(argv[1], "operations") == 0)
        return print_operations(arena, argv[2]);
    rest = read_all(arena, stdin);
    while (rest.ptr) {
        struct str line = str_split(&rest, '\n');

        if (line.len)
            print_request(line);
    }
    return 0;
}
