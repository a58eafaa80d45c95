/* Reference resolution: RFC 3986, section 5.2. */
#include "base/uri.h"

#include "base/arena.h"
#include "base/buf.h"

struct uri_parts {
    struct str scheme;    /* without ':'; null: none */
    struct str authority; /* without "//"; null: none */
    struct str path;
    struct str query; /* without '?'; null: none */
};

struct str uri_split(struct str uri, struct str *ret_fragment)
{
    struct str rest = uri;
    struct str before = str_split(&rest, '#');

    *ret_fragment = rest;
    return before;
}

static size_t uri_scheme_len(struct str uri)
{
    for (size_t i = 0; i < uri.len; i++) {
        char c = uri.ptr[i];
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';

        if (c == ':')
            return i;
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || strchr("+-.", c))))
            return 0;
    }
    return 0;
}

static struct uri_parts uri_take_apart(struct str uri)
{
    struct uri_parts parts = { 0 };
    size_t scheme = uri_scheme_len(uri);
    size_t end;

    if (scheme) {
        parts.scheme = str_slice(uri, 0, scheme);
        uri = str_slice(uri, scheme + 1, uri.len);
    }
    if (str_starts(uri, STR("//"))) {
        end = 2;
        while (end < uri.len && uri.ptr[end] != '/' && uri.ptr[end] != '?')
            end++;
        parts.authority = str_slice(uri, 2, end);
        uri = str_slice(uri, end, uri.len);
    }
    end = str_find_char(uri, '?');
    parts.path = str_slice(uri, 0, end);
    if (end != SIZE_MAX)
        parts.query = str_slice(uri, end + 1, uri.len);
    return parts;
}

/* Removes the last segment of what was written, with its '/'. */
static void uri_drop_segment(struct buf *out, size_t from)
{
    while (out->len > from && out->ptr[out->len - 1] != '/')
        out->len--;
    if (out->len > from)
        out->len--;
}

/* Section 5.2.4: "." and ".." are followed away. */
static void uri_add_path(struct buf *out, struct str path)
{
    bool absolute = path.len && path.ptr[0] == '/';
    size_t from = out->len;
    struct str rest = str_slice(path, absolute, path.len);

    while (rest.ptr) {
        struct str segment = str_split(&rest, '/');
        bool up = str_is(segment, "..");

        if (up)
            uri_drop_segment(out, from);
        if (up || str_is(segment, ".")) {
            if (!rest.ptr && (absolute || out->len > from))
                buf_add_char(out, '/');
            continue;
        }
        if (absolute || out->len > from)
            buf_add_char(out, '/');
        buf_add_str(out, segment);
    }
}

/* Section 5.2.3: the reference's path in the place of the base's last segment. */
static void uri_add_merged(struct arena *arena, struct buf *out, const struct uri_parts *base,
                           struct str path)
{
    size_t slash = base->path.len;

    while (slash && base->path.ptr[slash - 1] != '/')
        slash--;
    if (base->authority.ptr && base->path.len == 0)
        uri_add_path(out, str_printf(arena, "/%.*s", STR_ARG(path)));
    else
        uri_add_path(out, str_printf(arena, "%.*s%.*s", (int)slash,
                                     base->path.ptr ? base->path.ptr : "", STR_ARG(path)));
}

struct str uri_resolve(struct arena *arena, struct str base, struct str reference)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct uri_parts from = uri_take_apart(base);
    struct uri_parts to = uri_take_apart(reference);
    const struct uri_parts *authority = to.scheme.ptr || to.authority.ptr ? &to : &from;
    struct str scheme = to.scheme.ptr ? to.scheme : from.scheme;
    struct str query = to.query;

    if (reference.len == 0)
        return base;
    if (scheme.ptr)
        buf_printf(&out, "%.*s:", STR_ARG(scheme));
    if (authority->authority.ptr)
        buf_printf(&out, "//%.*s", STR_ARG(authority->authority));
    if (authority == &to || (to.path.len && to.path.ptr[0] == '/')) {
        uri_add_path(&out, to.path);
    } else if (to.path.len == 0) {
        buf_add_str(&out, from.path);
        query = to.query.ptr ? to.query : from.query;
    } else {
        uri_add_merged(arena, &out, &from, to.path);
    }
    if (query.ptr)
        buf_printf(&out, "?%.*s", STR_ARG(query));
    return str_copy(arena, buf_str(&out));
}

static int uri_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
        return (c | 32) - 'a' + 10;
    return -1;
}

struct str uri_decode(struct arena *arena, struct str text)
{
    size_t len = 0;
    char *out;

    if (str_find_char(text, '%') == SIZE_MAX)
        return text;
    out = arena_alloc(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        bool escaped = text.ptr[i] == '%' && i + 2 < text.len && uri_hex(text.ptr[i + 1]) >= 0 &&
                       uri_hex(text.ptr[i + 2]) >= 0;

        out[len++] = (char)(escaped ? uri_hex(text.ptr[i + 1]) << 4 | uri_hex(text.ptr[i + 2])
                                    : text.ptr[i]);
        i += escaped ? 2 : 0;
    }
    return str_of(out, len);
}

static struct str uri_lower(struct arena *arena, struct str text)
{
    char *lower = arena_alloc_raw(arena, text.len + 1);

    for (size_t i = 0; i < text.len; i++)
        lower[i] =
            text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? (char)(text.ptr[i] | 32) : text.ptr[i];
    return str_of(lower, text.len);
}

struct str uri_origin(struct arena *arena, struct str uri)
{
    struct uri_parts parts = uri_take_apart(uri);
    struct str scheme = uri_lower(arena, parts.scheme);
    struct str host = parts.authority;
    struct str port = str_is(scheme, "https") ? STR("443") : STR("80");
    size_t close = host.len && host.ptr[0] == '[' ? str_find_char(host, ']') : 0;
    size_t colon;

    if ((!str_is(scheme, "https") && !str_is(scheme, "http")) || close == SIZE_MAX ||
        str_find_char(host, '@') != SIZE_MAX)
        return STR_NULL;
    colon = str_find_char(str_slice(host, close, host.len), ':');
    if (colon != SIZE_MAX && close + colon + 1 < host.len)
        port = str_slice(host, close + colon + 1, host.len);
    host = close ? str_slice(host, 1, close) : str_slice(host, 0, colon);
    if (!host.len)
        return STR_NULL;
    return str_printf(arena, "%.*s://%.*s:%.*s", STR_ARG(scheme), STR_ARG(uri_lower(arena, host)),
                      STR_ARG(port));
}
