/* Plan and arguments to a POST (GraphQL over HTTP, section 5.4). */
#include "edge/out/graphql/graphql.h"
#include "format/graphql/graphql.h"
#include "format/json/out.h"

static int invalid(struct arena *turn, struct str *ret_text, const char *why, struct str of)
{
    *ret_text = str_printf(turn, "%s%.*s", why, STR_ARG(of));
    return OUT_GRAPHQL_INVALID;
}

static size_t variables_of(const struct json_value *plan,
                           struct str variables[OUT_GRAPHQL_VARIABLES_MAX])
{
    struct json_iter iter = json_iter(json_get(plan, "variables"));
    const struct json_value *name;
    size_t count = 0;

    while (count < OUT_GRAPHQL_VARIABLES_MAX && (name = json_next(&iter)))
        variables[count++] = json_str(name);
    return count;
}

/* The operation, with another selection in its place if the arguments have one. */
static int document_of(struct arena *turn, const struct out_graphql_call *call,
                       const struct graphql_select *given, struct str *ret_text)
{
    const struct json_value *select = json_get(call->plan, "select");
    struct str document = json_get_str(call->plan, "document");
    struct str own = json_str(json_find(call->args, json_get_str(select, "arg")));
    uint64_t from = json_u64_or(json_get(select, "from"), 0);
    uint64_t to = json_u64_or(json_get(select, "to"), 0);
    struct str text;

    if (!select || !own.len) {
        *ret_text = document;
        return OUT_GRAPHQL_BUILT;
    }
    if (from > to || to > document.len)
        return invalid(turn, ret_text, "its plan is damaged", STR_NULL);
    if (graphql_select(turn, own, given, &text) != GRAPHQL_SELECTED)
        return invalid(turn, ret_text, "select: ", text);
    *ret_text = str_printf(turn, "%.*s%.*s%.*s", (int)from, document.ptr, STR_ARG(text),
                           (int)(document.len - to), document.ptr + to);
    return OUT_GRAPHQL_BUILT;
}

static struct str body_of(struct arena *turn, const struct out_graphql_call *call,
                          struct str document, const struct graphql_select *given)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_out out = json_out(&text);

    json_out_object(&out);
    json_out_key(&out, "query");
    json_out_str(&out, document);
    json_out_key(&out, "variables");
    json_out_object(&out);
    for (size_t i = 0; i < given->variable_count; i++) {
        const struct json_value *value = json_find(call->args, given->variables[i]);

        if (!value)
            continue; /* Its default is the service's. */
        json_out_key_str(&out, given->variables[i]);
        json_out_value(&out, value);
    }
    json_out_end(&out);
    json_out_end(&out);
    return str_copy(turn, buf_str(&text));
}

static int headers_of(struct arena *turn, const struct out_graphql_call *call,
                      struct out_http_headers *ret_headers, struct str *ret_text)
{
    size_t most = OUT_GRAPHQL_HEADERS_MAX - 2;
    struct out_http_header *headers =
        ARENA_ARRAY(turn, struct out_http_header, OUT_GRAPHQL_HEADERS_MAX);
    size_t count = 0;

    headers[count++] =
        (struct out_http_header){ STR("Content-Type"), STR("application/json"), false };
    headers[count++] = (struct out_http_header){
        STR("Accept"), STR("application/graphql-response+json, application/json;q=0.9"), false
    };
    for (size_t i = 0; i < call->credential_count && i < most; i++) {
        const struct out_http_credential *one = &call->credentials[i];

        if (!out_http_name_is_token(one->scheme) || out_http_name_is_ours(one->scheme) ||
            !out_http_value_is_safe(one->value))
            return invalid(turn, ret_text, "a credential cannot be sent as the header ",
                           one->scheme);
        headers[count++] = (struct out_http_header){ one->scheme, one->value, true };
    }
    *ret_headers = (struct out_http_headers){ headers, count };
    return OUT_GRAPHQL_BUILT;
}

static bool url_is_good(struct str url)
{
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || (unsigned char)url.ptr[i] >= 0x7f)
            return false;
    return url.len <= OUT_HTTP_URL_MAX &&
           (str_starts(url, STR("https://")) || str_starts(url, STR("http://")));
}

int out_graphql_request(struct arena *turn, const struct out_graphql_call *call,
                        struct out_http_request *ret_request, struct str *ret_text)
{
    struct str variables[OUT_GRAPHQL_VARIABLES_MAX];
    const struct graphql_select given = { variables, variables_of(call->plan, variables) };
    struct out_http_request request = { .method = STR("POST"),
                                        .url = json_get_str(call->plan, "url"),
                                        .json = true };
    struct str document;

    if (!url_is_good(request.url))
        return invalid(turn, ret_text, "its plan has no address", STR_NULL);
    if (document_of(turn, call, &given, &document) != OUT_GRAPHQL_BUILT ||
        headers_of(turn, call, &request.headers, &document) != OUT_GRAPHQL_BUILT) {
        *ret_text = document;
        return OUT_GRAPHQL_INVALID;
    }
    request.reads = str_is(json_get_str(call->plan, "operation"), "query");
    request.body = body_of(turn, call, document, &given);
    if (request.body.len > OUT_HTTP_BODY_MAX)
        return invalid(turn, ret_text, "its arguments are too large", STR_NULL);
    *ret_request = request;
    return OUT_GRAPHQL_BUILT;
}
