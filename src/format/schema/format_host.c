/* Addresses of hosts and mailboxes: RFC 1123, 2673, 4291, 5321, 5890. */
#include "format/schema/format.h"

static bool host_is_letter_or_digit(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z' && c < 0x80);
}

static bool host_take_octet(struct str *text)
{
    unsigned number = 0;
    unsigned digit;
    size_t count = 0;
    bool zero = text->len && text->ptr[0] == '0';

    while (count < 3 && schema__format_take_digits(text, 1, &digit)) {
        number = number * 10 + digit;
        count++;
    }
    return count && number <= 255 && !(zero && count > 1);
}

bool schema__format_ipv4(struct str text)
{
    for (int i = 0; i < 4; i++) {
        if (i && !schema__format_take(&text, "."))
            return false;
        if (!host_take_octet(&text))
            return false;
    }
    return text.len == 0;
}

/* Takes one to four hexadecimal digits. */
static bool host_take_group(struct str *text)
{
    size_t count = 0;

    while (count < text->len && count < 5 && text->ptr[count] &&
           strchr("0123456789abcdefABCDEF", text->ptr[count]))
        count++;
    *text = str_slice(*text, count, text->len);
    return count >= 1 && count <= 4;
}

bool schema__format_ipv6(struct str text)
{
    bool gap = schema__format_take(&text, "::");
    size_t groups = 0;

    while (text.len) {
        if (groups <= 6 && schema__format_ipv4(text)) {
            groups += 2;
            break;
        }
        if (!host_take_group(&text))
            return false;
        groups++;
        if (text.len == 0)
            break;
        if (schema__format_take(&text, "::")) {
            if (gap)
                return false;
            gap = true;
        } else if (!schema__format_take(&text, ":") || text.len == 0) {
            return false;
        }
    }
    return gap ? groups <= 7 : groups == 8;
}

static bool host_label(struct str label)
{
    if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!host_is_letter_or_digit((unsigned char)label.ptr[i]) && label.ptr[i] != '-')
            return false;
    return true;
}

bool schema__format_hostname(struct str text)
{
    struct str rest = text;

    if (text.len == 0 || text.len > 253)
        return false;
    while (rest.ptr) {
        struct str label = str_split(&rest, '.');

        if (!host_label(label))
            return false;
    }
    return true;
}

/* The characters of an unquoted local part: RFC 5321, atext. */
static bool host_is_local(unsigned char c, bool international)
{
    return host_is_letter_or_digit(c) || (c && c < 0x80 && strchr("!#$%&'*+-/=?^_`{|}~", c)) ||
           (international && c >= 0x80);
}

static bool host_local(struct str local, bool international)
{
    bool quoted = local.len >= 2 && local.ptr[0] == '"' && local.ptr[local.len - 1] == '"';

    if (local.len == 0 || local.len > 64)
        return false;
    for (size_t i = quoted; i < local.len - quoted; i++) {
        unsigned char c = (unsigned char)local.ptr[i];

        if (quoted) {
            if (c == '\\')
                i++;
            if (c < 0x20 || c == '"' || c == 0x7F || (c >= 0x80 && !international))
                return false;
        } else if (c == '.') {
            if (i == 0 || i + 1 == local.len || local.ptr[i - 1] == '.')
                return false;
        } else if (!host_is_local(c, international)) {
            return false;
        }
    }
    return true;
}

static bool host_literal(struct str domain)
{
    struct str inside = str_slice(domain, 1, domain.len - 1);

    if (schema__format_take(&inside, "IPv6:"))
        return schema__format_ipv6(inside);
    return schema__format_ipv4(inside);
}

static bool host_email(struct str text, bool international)
{
    size_t at = text.len;
    struct str domain;

    while (at && text.ptr[at - 1] != '@')
        at--;
    if (at == 0)
        return false;
    domain = str_slice(text, at, text.len);
    if (!host_local(str_slice(text, 0, at - 1), international))
        return false;
    if (domain.len > 2 && domain.ptr[0] == '[' && domain.ptr[domain.len - 1] == ']')
        return host_literal(domain);
    return international ? schema__format_idn_hostname(domain) : schema__format_hostname(domain);
}

bool schema__format_email(struct str text)
{
    return host_email(text, false);
}

bool schema__format_idn_email(struct str text)
{
    return host_email(text, true);
}
