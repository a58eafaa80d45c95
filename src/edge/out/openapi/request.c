/*
 * The request, in steps: path, query, headers and cookies of the parameters; body; credentials;
 * what is left of the headers. What cannot be said safely is refused with the argument's name:
 * a line break in a header, an empty path parameter, '..' as a segment of a path.
 */
#include "edge/out/openapi/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#define ACCEPT_MAX 8U

bool out_openapi__invalid(struct out_openapi__build *build, const char *format, ...)
{
    char text[512];
    va_list list;

    if (build->answer != OUT_OPENAPI_BUILT)
        return false;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    build->answer = OUT_OPENAPI_INVALID;
    build->text = str_copy(build->turn, str_from(text));
    return false;
}

bool out_openapi__header_set(struct out_openapi__build *build, struct str name, struct str value)
{
    if (!out_http_name_is_token(name) || out_http_name_is_ours(name))
        return out_openapi__invalid(build, "\"%.*s\" is no header that may be set", STR_ARG(name));
    if (!out_http_value_is_safe(value))
        return out_openapi__invalid(build,
                                    "header \"%.*s\": a line break or another control "
                                    "character may not stand in it",
                                    STR_ARG(name));
    if (value.len > OUT_HTTP_VALUE_MAX)
        return out_openapi__invalid(build, "header \"%.*s\" is longer than %u bytes", STR_ARG(name),
                                    OUT_HTTP_VALUE_MAX);
    for (size_t i = 0; i < build->headers.count; i++) {
        struct out_http_header *header = &build->headers.at[i];

        if (header->name.len == name.len &&
            strncasecmp(header->name.ptr, name.ptr, name.len) == 0) {
            header->value = value;
            header->secret = header->secret || build->secret;
            return true;
        }
    }
    if (build->headers.count == OUT_HTTP_HEADERS_MAX)
        return out_openapi__invalid(build, "more than %u headers", OUT_HTTP_HEADERS_MAX);
    *VEC_PUSH(&build->headers) =
        (struct out_http_header){ .name = name, .value = value, .secret = build->secret };
    return true;
}

void out_openapi__join(struct buf *out, const char *between)
{
    if (out->len)
        buf_add_c(out, between);
}

/* --- One parameter ----------------------------------------------------------------------- */

struct param {
    const struct json_value *plan;
    struct str arg;
    struct str name;
    struct str in;
    const struct json_value *value; /* NULL: not given */
};

static bool param_read(struct out_openapi__build *build, const struct json_value *plan,
                       struct param *ret_param)
{
    struct param param = { .plan = plan,
                           .arg = json_get_str(plan, "arg"),
                           .name = json_get_str(plan, "name"),
                           .in = json_get_str(plan, "in") };

    param.value = json_find(build->call->args, param.arg);
    if (json_is_null(param.value))
        param.value = NULL;
    *ret_param = param;
    if (!param.value && json_is_true(json_get(plan, "required")))
        return out_openapi__invalid(build, "the argument \"%.*s\" is required", STR_ARG(param.arg));
    return true;
}

static const struct out_openapi__style *style_of(const struct param *param, const char *usual)
{
    struct str name = json_get_str(param->plan, "style");
    const struct out_openapi__style *style = out_openapi__style_find(name);

    return style ? style : out_openapi__style_find(str_from(usual));
}

/* A parameter with content is the text of that media type; null: it is spread by a style. */
static struct str content_of(struct out_openapi__build *build, const struct param *param)
{
    struct str type = json_get_str(param->plan, "content");

    if (!type.ptr)
        return STR_NULL;
    if (out_http_media_is_json(out_http_media_type(build->turn, type)))
        return json_text(build->turn, param->value);
    return out_openapi__text(build->turn, param->value);
}

static bool spread_param(struct out_openapi__build *build, const struct param *param,
                         struct out_openapi__pieces *pieces)
{
    struct str content = content_of(build, param);

    if (!content.ptr)
        return out_openapi__spread(build, pieces, param->name, param->value);
    if (pieces->style->named) {
        out_openapi__encode(pieces->out, param->name, pieces->names);
        buf_add_char(pieces->out, '=');
    }
    out_openapi__encode(pieces->out, content, pieces->values);
    return true;
}

static bool add_query(struct out_openapi__build *build, const struct param *param)
{
    bool reserved = json_is_true(json_get(param->plan, "reserved"));
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct out_openapi__pieces pieces = {
        .out = &text,
        .style = style_of(param, "form"),
        .names = OUT_OPENAPI__NAME,
        .values = reserved ? OUT_OPENAPI__QUERY : OUT_OPENAPI__PLAIN,
        .explode = json_is_true(json_get(param->plan, "explode")),
    };
    bool deep = str_is(json_get_str(param->plan, "style"), "deepObject");

    if (deep ? !out_openapi__deep(build, &pieces, param->name, param->value)
             : !spread_param(build, param, &pieces))
        return false;
    if (text.len)
        out_openapi__join(&build->query, "&");
    buf_add_str(&build->query, buf_str(&text));
    return true;
}

static bool add_cookie(struct out_openapi__build *build, const struct param *param)
{
    static const struct out_openapi__style cookie = { "cookie", "", "; ", ",", true, "=" };
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct out_openapi__pieces pieces = {
        .out = &text,
        .style = &cookie,
        .names = OUT_OPENAPI__PLAIN,
        .values = OUT_OPENAPI__PLAIN,
        .explode = json_is_true(json_get(param->plan, "explode")),
    };

    if (!spread_param(build, param, &pieces))
        return false;
    if (text.len)
        out_openapi__join(&build->cookies, "; ");
    buf_add_str(&build->cookies, buf_str(&text));
    return true;
}

static bool add_header(struct out_openapi__build *build, const struct param *param)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct out_openapi__pieces pieces = {
        .out = &text,
        .style = out_openapi__style_find(STR("simple")),
        .names = OUT_OPENAPI__RAW,
        .values = OUT_OPENAPI__RAW,
        .explode = json_is_true(json_get(param->plan, "explode")),
    };

    return spread_param(build, param, &pieces) &&
           out_openapi__header_set(build, param->name,
                                   str_trim(str_copy(build->turn, buf_str(&text))));
}

/* All but those of the path, which has its own order. */
static bool add_params(struct out_openapi__build *build)
{
    struct json_iter iter = json_iter(json_get(build->call->plan, "params"));
    const struct json_value *plan;

    while ((plan = json_next(&iter))) {
        struct param param;
        bool good = true;

        if (!param_read(build, plan, &param))
            return false;
        if (!param.value)
            continue;
        if (str_is(param.in, "query"))
            good = add_query(build, &param);
        else if (str_is(param.in, "header"))
            good = add_header(build, &param);
        else if (str_is(param.in, "cookie"))
            good = add_cookie(build, &param);
        if (!good)
            return false;
    }
    return true;
}

/* --- The path ---------------------------------------------------------------------------- */

/* {name}, and what documents make of it: {+name} and {name+} hold slashes, {name*} is exploded. */
static struct str bare_name(struct str name)
{
    if (name.len && name.ptr[0] == '+')
        return str_slice(name, 1, name.len);
    if (name.len && (name.ptr[name.len - 1] == '+' || name.ptr[name.len - 1] == '*'))
        return str_slice(name, 0, name.len - 1);
    return name;
}

static const struct json_value *path_param_find(const struct json_value *params, struct str name)
{
    struct json_iter iter = json_iter(params);
    const struct json_value *plan;

    while ((plan = json_next(&iter)))
        if (str_is(json_get_str(plan, "in"), "path") && str_equal(json_get_str(plan, "name"), name))
            return plan;
    return NULL;
}

static bool expand(struct out_openapi__build *build, struct str name, struct buf *out)
{
    const struct json_value *params = json_get(build->call->plan, "params");
    const struct json_value *plan = path_param_find(params, name);
    bool wide = !plan && name.len && (name.ptr[0] == '+' || name.ptr[name.len - 1] == '+');
    size_t before = out->len;
    struct param param;
    struct out_openapi__pieces pieces = { .out = out };

    if (!plan)
        plan = path_param_find(params, bare_name(name));
    if (!plan)
        return out_openapi__invalid(build, "nothing fills {%.*s} of its path", STR_ARG(name));
    if (!param_read(build, plan, &param))
        return false;
    pieces.style = style_of(&param, "simple");
    pieces.explode = json_is_true(json_get(plan, "explode"));
    pieces.names = OUT_OPENAPI__PLAIN;
    pieces.values =
        wide || json_is_true(json_get(plan, "reserved")) ? OUT_OPENAPI__PATH : OUT_OPENAPI__PLAIN;
    if (param.value && !spread_param(build, &param, &pieces))
        return false;
    if (out->len == before)
        return out_openapi__invalid(build,
                                    "the argument \"%.*s\" is part of the path and may not "
                                    "be empty",
                                    STR_ARG(param.arg));
    return true;
}

static bool expand_template(struct out_openapi__build *build, struct str template, struct buf *out)
{
    size_t at = 0;

    while (at < template.len) {
        struct str rest = str_slice(template, at, template.len);
        size_t open = str_find_char(rest, '{');
        size_t end = str_find_char(rest, '}');

        if (open == SIZE_MAX || end == SIZE_MAX || end < open)
            open = end = rest.len;
        out_openapi__encode(out, str_slice(rest, 0, open), OUT_OPENAPI__TEMPLATE);
        if (open < rest.len && !expand(build, str_slice(rest, open + 1, end), out))
            return false;
        at += end < rest.len ? end + 1 : rest.len;
    }
    return true;
}

/* As a server reads a segment: %2e is a dot. */
static bool is_dots(struct str segment)
{
    size_t dots = 0;

    while (segment.len) {
        size_t len = segment.ptr[0] == '.' ? 1 : 3;

        if (len == 3 && (segment.len < 3 || strncasecmp(segment.ptr, "%2e", 3) != 0))
            return false;
        dots++;
        segment = str_slice(segment, len, segment.len);
    }
    return dots == 1 || dots == 2;
}

static bool path_is_straight(struct out_openapi__build *build, struct str path)
{
    while (path.ptr) {
        if (is_dots(str_split(&path, '/')))
            return out_openapi__invalid(build,
                                        "an argument would make a '.' or '..' segment of the "
                                        "path, which leads to another place");
    }
    return true;
}

/* A fragment is never sent; a query in a path comes before the parameters'. */
static bool add_path(struct out_openapi__build *build)
{
    struct str rest = json_get_str(build->call->plan, "path");
    struct str template = rest.ptr ? str_split(&rest, '#') : STR("");
    size_t query = str_find_char(template, '?');
    struct str path = query == SIZE_MAX ? template : str_slice(template, 0, query);

    if (!expand_template(build, path, &build->path) ||
        !path_is_straight(build, buf_str(&build->path)))
        return false;
    return query == SIZE_MAX ||
           expand_template(build, str_slice(template, query + 1, template.len), &build->query);
}

/* --- All of it --------------------------------------------------------------------------- */

static bool is_method(struct str method)
{
    for (size_t i = 0; i < method.len; i++)
        if (method.ptr[i] < 'A' || method.ptr[i] > 'Z')
            return false;
    return method.len > 0 && method.len < 16 && !str_is(method, "CONNECT");
}

static bool server_is_good(struct str server)
{
    for (size_t i = 0; i < server.len; i++)
        if ((unsigned char)server.ptr[i] <= ' ' || (unsigned char)server.ptr[i] >= 0x7f ||
            strchr("\"<>\\^`{|}#", server.ptr[i]))
            return false;
    return str_starts(server, STR("https://")) || str_starts(server, STR("http://"));
}

static bool plan_is_good(struct out_openapi__build *build)
{
    const struct json_value *plan = build->call->plan;

    if (!is_method(json_get_str(plan, "method")))
        return out_openapi__invalid(build, "its plan has no method");
    if (!server_is_good(json_get_str(plan, "server")))
        return out_openapi__invalid(build, "its source has no server address: give one with "
                                           "--base-url");
    return true;
}

static struct str url_of(struct out_openapi__build *build)
{
    BUF_CLEANUP struct buf url = BUF_INIT;
    struct str rest = json_get_str(build->call->plan, "server");
    struct str server = str_split(&rest, '?');
    struct str path = buf_str(&build->path);

    while (str_ends(server, STR("/")))
        server.len--;
    buf_add_str(&url, server);
    if (!str_starts(path, STR("/")))
        buf_add_char(&url, '/');
    buf_add_str(&url, path);
    if (rest.len || build->query.len)
        buf_add_char(&url, '?');
    buf_add_str(&url, rest);
    if (rest.len && build->query.len)
        buf_add_char(&url, '&');
    buf_add_str(&url, buf_str(&build->query));
    return str_copy(build->turn, buf_str(&url));
}

static bool has_header(const struct out_openapi__build *build, const char *name)
{
    const struct out_http_headers headers = { build->headers.at, build->headers.count };

    return out_http_header_find(headers, name).ptr != NULL;
}

static bool accepts_json(struct arena *turn, const struct json_value *accept)
{
    struct json_iter iter = json_iter(accept);
    const struct json_value *type;

    while ((type = json_next(&iter)))
        if (!out_http_media_is_json(out_http_media_type(turn, json_str(type))))
            return false;
    return json_count(accept) > 0;
}

static bool add_accept(struct out_openapi__build *build)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_iter iter = json_iter(json_get(build->call->plan, "accept"));
    const struct json_value *type;

    if (has_header(build, "accept"))
        return true;
    for (size_t i = 0; i < ACCEPT_MAX && (type = json_next(&iter)); i++) {
        out_openapi__join(&text, ", ");
        buf_add_str(&text, json_str(type));
    }
    return out_openapi__header_set(build, STR("Accept"),
                                   text.len ? str_copy(build->turn, buf_str(&text)) : STR("*/*"));
}

static bool add_rest(struct out_openapi__build *build)
{
    struct str keyed = json_get_str(build->call->plan, "idempotency");
    const char *name = keyed.len ? str_c(build->turn, keyed) : NULL;

    build->secret = build->secret_cookies;
    if (build->cookies.len &&
        !out_openapi__header_set(build, STR("Cookie"),
                                 str_copy(build->turn, buf_str(&build->cookies))))
        return false;
    build->secret = false;
    if (build->type.len && !out_openapi__header_set(build, STR("Content-Type"), build->type))
        return false;
    if (name && build->call->key.len && !has_header(build, name) &&
        !out_openapi__header_set(build, keyed, build->call->key))
        return false;
    return add_accept(build);
}

static void build_finish(struct out_openapi__build *build, struct out_http_request *ret_request)
{
    const struct json_value *plan = build->call->plan;
    struct str method = json_get_str(plan, "method");
    struct str keyed = json_get_str(plan, "idempotency");
    struct out_http_header *headers =
        ARENA_ARRAY(build->turn, struct out_http_header, build->headers.count + 1);

    memcpy(headers, build->headers.at, build->headers.count * sizeof(*headers));
    *ret_request = (struct out_http_request){
        .method = method,
        .url = url_of(build),
        .headers = { headers, build->headers.count },
        .body = build->body,
        .reads = str_is(method, "GET") || str_is(method, "HEAD") || str_is(method, "OPTIONS"),
        .keyed = keyed.len && has_header(build, str_c(build->turn, keyed)),
        .json = accepts_json(build->turn, json_get(plan, "accept")),
    };
    if (ret_request->url.len > OUT_HTTP_URL_MAX)
        (void)out_openapi__invalid(build, "the address would be longer than %u bytes",
                                   OUT_HTTP_URL_MAX);
}

int out_openapi_request(struct arena *turn, const struct out_openapi_call *call,
                        struct out_http_request *ret_request, struct str *ret_text)
{
    struct out_openapi__build build = { .turn = turn, .call = call };
    struct out_http_request request = { 0 };

    if (plan_is_good(&build) && add_path(&build) && add_params(&build) &&
        out_openapi__body(&build) && out_openapi__security(&build) && add_rest(&build))
        build_finish(&build, &request);
    if (build.answer == OUT_OPENAPI_BUILT)
        *ret_request = request;
    else
        *ret_text = build.text;
    buf_fini(&build.path);
    buf_fini(&build.query);
    buf_fini(&build.cookies);
    VEC_FINI(&build.headers);
    return build.answer;
}
