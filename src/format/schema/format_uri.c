/* URIs and IRIs (RFC 3986, 3987) and URI templates (RFC 6570), by their grammars. */
#include "format/schema/format.h"

enum uri_kind {
    URI_PLAIN,
    URI_RELATIVE,
    URI_IRI,
    URI_IRI_RELATIVE,
};

static bool uri_is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool uri_is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Every character is allowed: unreserved, escaped, beyond ASCII in an IRI, or among the others. */
static bool uri_made_of(struct str text, const char *others, bool iri)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '%') {
            if (i + 2 >= text.len || !uri_is_hex(text.ptr[i + 1]) || !uri_is_hex(text.ptr[i + 2]))
                return false;
            i += 2;
        } else if ((unsigned char)c >= 0x80) {
            if (!iri)
                return false;
        } else if (!uri_is_alnum(c) && (c == '\0' || !strchr("-._~", c)) &&
                   (c == '\0' || !strchr(others, c))) {
            return false;
        }
    }
    return true;
}

/* What stands in brackets: an IPv6 address, or v and a version and an address of the future. */
static bool uri_literal(struct str text)
{
    size_t dot = str_find_char(text, '.');

    if (text.len == 0 || (text.ptr[0] | 32) != 'v')
        return schema__format_ipv6(text);
    if (dot == SIZE_MAX || dot < 2 || dot + 1 == text.len)
        return false;
    for (size_t i = 1; i < dot; i++)
        if (!uri_is_hex(text.ptr[i]))
            return false;
    return str_find_char(text, '%') == SIZE_MAX &&
           uri_made_of(str_slice(text, dot + 1, text.len), "!$&'()*+,;=:", false);
}

static bool uri_authority(struct str text, bool iri)
{
    size_t at = str_find_char(text, '@');
    size_t colon;

    if (at != SIZE_MAX) {
        if (!uri_made_of(str_slice(text, 0, at), "!$&'()*+,;=:", iri))
            return false;
        text = str_slice(text, at + 1, text.len);
    }
    if (text.len && text.ptr[0] == '[') {
        size_t end = str_find_char(text, ']');

        if (end == SIZE_MAX || !uri_literal(str_slice(text, 1, end)))
            return false;
        text = str_slice(text, end + 1, text.len);
        if (text.len && text.ptr[0] != ':')
            return false;
    }
    colon = str_find_char(text, ':');
    for (size_t i = colon == SIZE_MAX ? text.len : colon + 1; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return uri_made_of(str_slice(text, 0, colon), "!$&'()*+,;=", iri);
}

/* Everything after the scheme; of a relative reference the first segment has no colon. */
static bool uri_rest(struct str text, enum uri_kind kind)
{
    bool iri = kind == URI_IRI || kind == URI_IRI_RELATIVE;
    bool relative = kind == URI_RELATIVE || kind == URI_IRI_RELATIVE;
    size_t hash = str_find_char(text, '#');
    struct str fragment = hash == SIZE_MAX ? STR_NULL : str_slice(text, hash + 1, text.len);
    struct str before = str_slice(text, 0, hash);
    size_t mark = str_find_char(before, '?');
    struct str query = mark == SIZE_MAX ? STR_NULL : str_slice(before, mark + 1, before.len);
    struct str path = str_slice(before, 0, mark);

    if (schema__format_take(&path, "//")) {
        size_t slash = str_find_char(path, '/');

        if (!uri_authority(str_slice(path, 0, slash), iri))
            return false;
        path = str_slice(path, slash == SIZE_MAX ? path.len : slash, path.len);
    } else if (relative && str_find_char(path, ':') < str_find_char(path, '/')) {
        return false;
    }
    return uri_made_of(path, "!$&'()*+,;=:@/", iri) && uri_made_of(query, "!$&'()*+,;=:@/?", iri) &&
           uri_made_of(fragment, "!$&'()*+,;=:@/?", iri);
}

/* The length of the scheme, or 0. */
static size_t uri_scheme(struct str text)
{
    size_t colon = str_find_char(text, ':');

    if (colon == SIZE_MAX || colon == 0 || (text.ptr[0] | 32) < 'a' || (text.ptr[0] | 32) > 'z')
        return 0;
    for (size_t i = 1; i < colon; i++)
        if (!uri_is_alnum(text.ptr[i]) && (!text.ptr[i] || !strchr("+-.", text.ptr[i])))
            return 0;
    return colon;
}

static bool uri_absolute(struct str text, bool iri)
{
    size_t scheme = uri_scheme(text);

    return scheme && uri_rest(str_slice(text, scheme + 1, text.len), iri ? URI_IRI : URI_PLAIN);
}

bool schema__format_uri(struct str text)
{
    return uri_absolute(text, false);
}

bool schema__format_iri(struct str text)
{
    return uri_absolute(text, true);
}

bool schema__format_uri_reference(struct str text)
{
    return uri_absolute(text, false) || uri_rest(text, URI_RELATIVE);
}

bool schema__format_iri_reference(struct str text)
{
    return uri_absolute(text, true) || uri_rest(text, URI_IRI_RELATIVE);
}

/* name, name*, name:3 */
static bool uri_template_variable(struct str text)
{
    size_t colon = str_find_char(text, ':');
    struct str name = str_slice(text, 0, colon);

    if (colon != SIZE_MAX) {
        struct str digits = str_slice(text, colon + 1, text.len);

        if (digits.len == 0 || digits.len > 4 || digits.ptr[0] == '0')
            return false;
        for (size_t i = 0; i < digits.len; i++)
            if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
                return false;
    } else if (name.len && name.ptr[name.len - 1] == '*') {
        name.len--;
    }
    if (name.len == 0 || name.ptr[0] == '.' || name.ptr[name.len - 1] == '.')
        return false;
    return str_find_char(name, '-') == SIZE_MAX && str_find_char(name, '~') == SIZE_MAX &&
           str_find(name, STR("..")) == SIZE_MAX && uri_made_of(name, "", false);
}

static bool uri_template_expression(struct str text)
{
    if (text.len && text.ptr[0] && strchr("+#./;?&=,!@|", text.ptr[0]))
        text = str_slice(text, 1, text.len);
    if (text.len == 0)
        return false;
    while (text.ptr)
        if (!uri_template_variable(str_split(&text, ',')))
            return false;
    return true;
}

bool schema__format_uri_template(struct str text)
{
    while (text.len) {
        size_t open = str_find_char(text, '{');
        struct str literal = str_slice(text, 0, open);
        size_t close;

        for (size_t i = 0; i < literal.len; i++)
            if ((unsigned char)literal.ptr[i] <= 0x20 || strchr("\"<>\\^`|}\x7F", literal.ptr[i]))
                return false;
        if (open == SIZE_MAX)
            return true;
        close = str_find_char(text, '}');
        if (close == SIZE_MAX || close < open ||
            !uri_template_expression(str_slice(text, open + 1, close)))
            return false;
        text = str_slice(text, close + 1, text.len);
    }
    return true;
}
