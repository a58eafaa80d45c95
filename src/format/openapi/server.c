/* Where requests go: the nearest server, its variables filled in, relative to the document. */
#include "base/uri.h"
#include "format/openapi/internal.h"

static bool is_absolute(struct str url)
{
    return str_starts(url, STR("http://")) || str_starts(url, STR("https://"));
}

static struct str without_slash(struct str url)
{
    while (url.len > 0 && url.ptr[url.len - 1] == '/')
        url.len--;
    return url;
}

/* "{name}" becomes the variable's default, or the first of its enum. */
static struct str variables_fill(struct openapi *run, const struct json_value *server)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct str rest = json_get_str(server, "url");

    for (;;) {
        size_t open = str_find_char(rest, '{');
        struct str after = str_slice(rest, open, rest.len);
        size_t close = str_find_char(after, '}');

        if (open == SIZE_MAX || close == SIZE_MAX)
            break;
        struct str name = str_slice(after, 1, close);
        const struct json_value *variable = json_find(json_get(server, "variables"), name);
        const struct json_value *value = json_get(variable, "default");

        if (!value)
            value = json_at(json_get(variable, "enum"), 0);
        if (!value)
            return STR_NULL;
        buf_add_str(&out, str_slice(rest, 0, open));
        if (json_is_string(value))
            buf_add_str(&out, json_str(value));
        else
            json_print(&out, value);
        rest = str_slice(after, close + 1, after.len);
    }
    buf_add_str(&out, rest);
    return str_copy(run->arena, str_trim(buf_str(&out)));
}

/* Against the address of the document; the null text where that has none. */
static struct str absolute(struct openapi *run, struct str url)
{
    struct str base = run->docs.at[0]->uri;

    if (str_starts(url, STR("//")))
        return str_printf(run->arena, "https:%.*s", STR_ARG(url));
    if (!is_absolute(url) && is_absolute(base))
        url = uri_resolve(run->arena, base, url);
    /* "api.example.com/v1": people forget the scheme. */
    if (!is_absolute(url) && url.len > 0 && url.ptr[0] != '/' && url.ptr[0] != '.' &&
        str_find(url, STR("://")) == SIZE_MAX &&
        str_find_char(str_slice(url, 0, str_find_char(url, '/')), '.') != SIZE_MAX)
        url = str_printf(run->arena, "https://%.*s", STR_ARG(url));
    return is_absolute(url) ? without_slash(url) : STR_NULL;
}

static struct str server_30(struct openapi *run, const struct openapi__operation *operation)
{
    const struct json_value *owners[] = { operation->value, operation->item, run->root };
    struct str url = STR("/");

    for (size_t i = 0; i < ARRAY_COUNT(owners); i++) {
        struct json_iter servers = json_iter(json_get(owners[i], "servers"));
        const struct json_value *server;
        struct str found = STR_NULL;

        /* The first that can be reached; one of several may have a variable without a default. */
        while ((server = json_next(&servers)) && !found.ptr) {
            url = variables_fill(run, server);
            found = url.ptr ? absolute(run, url) : STR_NULL;
        }
        if (found.ptr)
            return found;
        if (json_count(json_get(owners[i], "servers")) > 0)
            return STR_NULL;
    }
    return absolute(run, url);
}

static struct str scheme_20(const struct json_value *schemes)
{
    struct json_iter iter = json_iter(schemes);
    const struct json_value *each;
    struct str found = STR_NULL;

    while ((each = json_next(&iter))) {
        if (str_is(json_str(each), "https"))
            return json_str(each);
        if (str_is(json_str(each), "http"))
            found = json_str(each);
    }
    return found.ptr ? found : STR("https");
}

static struct str server_20(struct openapi *run, const struct openapi__operation *operation)
{
    struct str host = json_get_str(run->root, "host");
    struct str path = json_get_str(run->root, "basePath");
    const struct json_value *schemes = json_get(operation->value, "schemes");

    if (!json_is_array(schemes))
        schemes = json_get(run->root, "schemes");
    if (host.len == 0)
        return absolute(run, path.len > 0 ? path : STR("/"));
    return without_slash(str_printf(run->arena, "%.*s://%.*s%s%.*s", STR_ARG(scheme_20(schemes)),
                                    STR_ARG(without_slash(host)),
                                    path.len > 0 && path.ptr[0] != '/' ? "/" : "", STR_ARG(path)));
}

struct str openapi__server(struct openapi *run, const struct openapi__operation *operation)
{
    struct str url;

    if (run->options.base_url.len > 0)
        return without_slash(run->options.base_url);
    url = run->version == OPENAPI__20 ? server_20(run, operation) : server_30(run, operation);
    if (!url.ptr)
        openapi__error(run, json_get(run->root, "servers"), "server",
                       "the document does not say where its server is (an absolute URL); say it "
                       "with --base-url");
    return url;
}
