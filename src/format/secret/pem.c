/*
 * Private key blocks (RFC 7468), of which only the label says so. In JSON text the line ends are
 * \n; anything else behind a backslash, and a quote, end the block, so that a string literal is
 * never cut in the middle of an escape.
 */
#include "format/secret/internal.h"

#define PEM_LABEL_MAX 100U
#define PEM_BODY_MIN  32U

/* Position behind the dashes that end the label, or 0. */
static size_t label_end(struct str text, size_t at)
{
    size_t to = at;
    size_t key;

    while (to < text.len && to - at < PEM_LABEL_MAX && text.ptr[to] != '-' && text.ptr[to] != '"')
        to++;
    key = str_find(str_slice(text, at, to), STR("PRIVATE KEY"));
    if (key == SIZE_MAX || !str_starts(str_slice(text, to, text.len), STR("-----")))
        return 0;
    return to + 5;
}

/* End of what may be the body: before a quote, a strange escape or five dashes. */
static size_t body_end(struct str text, size_t at)
{
    size_t to = at;

    while (to < text.len && to - at < SECRET_PEM_MAX) {
        char c = text.ptr[to];

        if (c == '"' || (c == '-' && str_starts(str_slice(text, to, text.len), STR("-----"))))
            return to;
        if (c == '\\') {
            if (to + 1 >= text.len || !memchr("nrt/", text.ptr[to + 1], 4))
                return to;
            to++;
        }
        to++;
    }
    return to;
}

bool secret__pem_find(struct str text, size_t at, struct secret_span *ret_span)
{
    size_t start = at - 11;
    size_t body;
    size_t end;

    if (memcmp(text.ptr + start, "-----BEGIN ", 11) != 0)
        return false;
    body = label_end(text, at);
    if (body == 0)
        return false;
    end = body_end(text, body);
    if (end > text.len)
        end = text.len;
    if (end - body < PEM_BODY_MIN)
        return false;
    if (str_starts(str_slice(text, end, text.len), STR("-----END "))) {
        size_t last = label_end(text, end + 9);

        if (last)
            end = last;
    }
    *ret_span = (struct secret_span){ start, end, "private_key" };
    return true;
}
