/*
 * Any plan and any arguments: two JSON texts, one a line, then credentials "scheme=value". What
 * is built is a request that no argument can break out of.
 */
#include "edge/out/openapi/openapi.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define CREDENTIALS_MAX 4

static const struct json_value *read_json(struct arena *arena, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    return json_parse(arena, text, NULL, &error, &doc) == JSON_PARSED ? doc.root : NULL;
}

/* Nothing in it ends a line or an address, and its path leads nowhere else. */
static bool is_address(struct str url)
{
    struct str path = str_slice(url, 0, str_find_char(url, '?'));

    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || (unsigned char)url.ptr[i] >= 0x7f ||
            url.ptr[i] == '#')
            return false;
    return str_find(path, STR("/../")) == SIZE_MAX && !str_ends(path, STR("/.."));
}

static void check(const struct out_http_request *request, struct str server)
{
    CHECK(request->method.len > 0 && request->url.len <= OUT_HTTP_URL_MAX);
    CHECK(is_address(request->url));
    CHECK(str_starts(request->url, str_slice(server, 0, 8)));
    CHECK(request->headers.count <= OUT_HTTP_HEADERS_MAX);
    CHECK(request->body.len <= OUT_HTTP_BODY_MAX);
    for (size_t i = 0; i < request->headers.count; i++) {
        CHECK(out_http_name_is_token(request->headers.at[i].name));
        CHECK(out_http_value_is_safe(request->headers.at[i].value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct str rest = str_of((const char *)bytes, len);
    struct out_http_credential credentials[CREDENTIALS_MAX];
    const struct out_openapi_artifact artifact = { STR("abc"), STR("bytes") };
    struct out_openapi_call call = {
        .credentials = credentials, .artifacts = &artifact, .artifact_count = 1, .key = STR("key")
    };
    struct out_http_request request;
    struct str text = STR_NULL;

    call.plan = read_json(arena, str_split(&rest, '\n'));
    call.args = rest.ptr ? read_json(arena, str_split(&rest, '\n')) : NULL;
    while (rest.ptr && call.credential_count < CREDENTIALS_MAX) {
        struct str scheme = str_split(&rest, '=');

        credentials[call.credential_count++] =
            (struct out_http_credential){ .scheme = scheme,
                                          .value = rest.ptr ? str_split(&rest, '\n') : STR_NULL };
    }
    if (out_openapi_request(arena, &call, &request, &text) == OUT_OPENAPI_BUILT)
        check(&request, json_get_str(call.plan, "server"));
    else
        CHECK(text.len > 0);
    return 0;
}
