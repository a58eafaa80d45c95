/* Headers and media types. */
#include "edge/out/http/internal.h"

#include <strings.h>

static bool same_name(struct str a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.ptr ? a.ptr : "", b, a.len) == 0;
}

struct str out_http_header_find(struct out_http_headers headers, const char *name)
{
    for (size_t i = 0; i < headers.count; i++)
        if (same_name(headers.at[i].name, name))
            return headers.at[i].value;
    return STR_NULL;
}

bool out_http_name_is_token(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (!word && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return name.len > 0;
}

bool out_http_value_is_safe(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

bool out_http_name_is_ours(struct str name)
{
    static const char *const names[] = { "host",       "content-length",   "transfer-encoding",
                                         "connection", "keep-alive",       "te",
                                         "trailer",    "upgrade",          "expect",
                                         "via",        "proxy-connection", "proxy-authorization",
                                         "forwarded",  "x-forwarded-for",  "x-forwarded-host" };

    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (same_name(name, names[i]))
            return true;
    return false;
}

static struct str lower(struct arena *turn, struct str text)
{
    char *copy = arena_alloc_raw(turn, text.len + 1);

    for (size_t i = 0; i < text.len; i++)
        copy[i] = (char)(text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? text.ptr[i] + 32 : text.ptr[i]);
    copy[text.len] = '\0';
    return str_of(copy, text.len);
}

struct str out_http_media_type(struct arena *turn, struct str value)
{
    struct str rest = value;

    return lower(turn, str_trim(value.ptr ? str_split(&rest, ';') : value));
}

/* A ';' inside quotes ends nothing. */
static struct str next_parameter(struct str *rest)
{
    struct str text = *rest;
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            quoted = !quoted;
        if (quoted && text.ptr[i] == '\\')
            i++;
        else if (!quoted && text.ptr[i] == ';') {
            *rest = str_slice(text, i + 1, text.len);
            return str_slice(text, 0, i);
        }
    }
    *rest = STR_NULL;
    return text;
}

static struct str unquoted(struct arena *turn, struct str value)
{
    char *copy;
    size_t len = 0;

    if (value.len < 2 || value.ptr[0] != '"' || value.ptr[value.len - 1] != '"')
        return value;
    copy = arena_alloc_raw(turn, value.len);
    for (size_t i = 1; i + 1 < value.len; i++) {
        if (value.ptr[i] == '\\' && i + 2 < value.len)
            i++;
        copy[len++] = value.ptr[i];
    }
    return str_of(copy, len);
}

struct str out_http_parameter(struct arena *turn, struct str value, const char *name)
{
    struct str rest = value;

    if (rest.ptr)
        (void)next_parameter(&rest);
    while (rest.ptr) {
        struct str part = next_parameter(&rest);
        size_t equals = str_find_char(part, '=');

        if (equals != SIZE_MAX && same_name(str_trim(str_slice(part, 0, equals)), name))
            return unquoted(turn, str_trim(str_slice(part, equals + 1, part.len)));
    }
    return STR_NULL;
}

bool out_http_media_is_json(struct str type)
{
    return str_is(type, "application/json") || str_is(type, "text/json") ||
           str_is(type, "application/x-json") || str_ends(type, STR("+json"));
}

bool out_http_media_is_text(struct str type)
{
    static const char *const types[] = {
        "application/xml",       "application/yaml",       "application/x-yaml",
        "application/graphql",   "application/javascript", "application/ecmascript",
        "application/x-ndjson",  "application/jsonl",      "application/x-www-form-urlencoded",
        "application/toml",      "application/sql",        "application/json-seq",
        "application/xhtml+xml", "application/x-sh",       "application/jwt",
    };

    if (str_starts(type, STR("text/")) || str_ends(type, STR("+xml")) ||
        str_ends(type, STR("+yaml")))
        return true;
    for (size_t i = 0; i < ARRAY_COUNT(types); i++)
        if (str_is(type, types[i]))
            return true;
    return false;
}
