/*
 * URLs and headers that go out. libcurl's own parser takes a URL apart, so that what is judged is
 * what is dialled: the host of 0x7f.1 or 017700000001 comes back as 127.0.0.1.
 */
#include "proc/egress/http_internal.h"

#include <string.h>

static bool url_part(CURLU *handle, CURLUPart which, struct arena *arena, struct str *ret_part)
{
    char *text = NULL;

    if (curl_url_get(handle, which, &text, which == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0) != 0)
        return false;
    *ret_part = str_copy(arena, str_from(text));
    curl_free(text);
    return true;
}

void egress__http_lower(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z')
            ((char *)(uintptr_t)text.ptr)[i] = (char)(text.ptr[i] | 0x20);
}

/* What curl takes for a number of IPv4 (0x7f.1, 017700000001) it gives back in its usual form. */
static bool url_parse(CURLU *handle, struct arena *arena, struct egress__http_url *ret_parts)
{
    struct str user = STR_NULL;

    if (!url_part(handle, CURLUPART_URL, arena, &ret_parts->url) ||
        !url_part(handle, CURLUPART_SCHEME, arena, &ret_parts->scheme) ||
        !url_part(handle, CURLUPART_HOST, arena, &ret_parts->host) ||
        !url_part(handle, CURLUPART_PORT, arena, &ret_parts->port))
        return false;
    egress__http_lower(ret_parts->host);
    if (ret_parts->host.len > 2 && ret_parts->host.ptr[0] == '[')
        ret_parts->host = str_copy(arena, str_slice(ret_parts->host, 1, ret_parts->host.len - 1));
    if (ret_parts->host.len > 1 && ret_parts->host.ptr[ret_parts->host.len - 1] == '.')
        return false; /* Another spelling of the same name: the rules would see another host. */
    return !url_part(handle, CURLUPART_USER, arena, &user) &&
           (str_is(ret_parts->scheme, "http") || str_is(ret_parts->scheme, "https"));
}

bool egress__http_url_read(struct str base, struct str text, struct arena *arena,
                           struct egress__http_url *ret_parts)
{
    CURLU *handle = curl_url();
    bool read;

    CHECK(handle);
    read = (!base.len || curl_url_set(handle, CURLUPART_URL, str_c(arena, base), 0) == 0) &&
           curl_url_set(handle, CURLUPART_URL, str_c(arena, text), 0) == 0 &&
           curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0) == 0 &&
           url_parse(handle, arena, ret_parts);
    curl_url_cleanup(handle);
    return read;
}

struct str egress__http_url_origin(const struct egress__http_url *parts, struct arena *arena)
{
    return str_printf(arena, "%.*s://%.*s:%.*s", STR_ARG(parts->scheme), STR_ARG(parts->host),
                      STR_ARG(parts->port));
}

struct str http_origin(struct str url, struct arena *arena)
{
    struct egress__http_url parts;

    return egress__http_url_read(STR_NULL, url, arena, &parts)
               ? egress__http_url_origin(&parts, arena)
               : STR_NULL;
}

struct str http_resolve(struct str base, struct str relative, struct arena *arena)
{
    struct egress__http_url parts;

    return egress__http_url_read(base, relative, arena, &parts) ? parts.url : STR_NULL;
}

bool egress__http_is_token(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= 0x20 || (unsigned char)name.ptr[i] >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", name.ptr[i]))
            return false;
    return name.len > 0;
}

bool http_header_is_fit(struct str name, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return egress__http_is_token(name);
}
