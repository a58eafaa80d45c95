/* Formats by name, and the short ones. */
#include "format/schema/format.h"

struct schema__format {
    const char *name;
    uint32_t dialects;
    bool (*holds)(struct str text);
};

static const struct schema__format format_all[] = {
    { "date-time", KW__ALL, schema__format_date_time },
    { "date", KW__ALL & ~(KW__04 | KW__06), schema__format_date },
    { "time", KW__ALL & ~(KW__04 | KW__06), schema__format_time },
    { "duration", KW__NEW, schema__format_duration },
    { "email", KW__ALL, schema__format_email },
    { "idn-email", KW__NEW | KW__07, schema__format_idn_email },
    { "hostname", KW__ALL, schema__format_hostname },
    { "idn-hostname", KW__NEW | KW__07, schema__format_idn_hostname },
    { "ipv4", KW__ALL, schema__format_ipv4 },
    { "ipv6", KW__ALL, schema__format_ipv6 },
    { "uri", KW__ALL, schema__format_uri },
    { "uri-reference", KW__ALL & ~KW__04, schema__format_uri_reference },
    { "iri", KW__NEW | KW__07, schema__format_iri },
    { "iri-reference", KW__NEW | KW__07, schema__format_iri_reference },
    { "uri-template", KW__ALL & ~KW__04, schema__format_uri_template },
    { "uuid", KW__NEW, schema__format_uuid },
    { "json-pointer", KW__ALL & ~KW__04, schema__format_json_pointer },
    { "relative-json-pointer", KW__NEW | KW__07, schema__format_relative_json_pointer },
    { "regex", KW__ALL & ~(KW__04 | KW__06), schema__format_regex },
};

const struct schema__format *schema__format_find(struct str name, enum schema_dialect dialect)
{
    for (size_t i = 0; i < ARRAY_COUNT(format_all); i++)
        if (str_is(name, format_all[i].name) && (format_all[i].dialects >> dialect & 1))
            return &format_all[i];
    return NULL;
}

bool schema__format_holds(const struct schema__format *format, struct str text)
{
    return format->holds(text);
}

const char *schema__format_name(const struct schema__format *format)
{
    return format->name;
}

bool schema__format_take(struct str *text, const char *prefix)
{
    if (!str_starts(*text, str_from(prefix)))
        return false;
    *text = str_slice(*text, strlen(prefix), text->len);
    return true;
}

bool schema__format_take_digits(struct str *text, size_t count, unsigned *ret_number)
{
    unsigned number = 0;

    if (text->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9')
            return false;
        number = number * 10 + (unsigned)(text->ptr[i] - '0');
    }
    *text = str_slice(*text, count, text->len);
    *ret_number = number;
    return true;
}

static bool format_is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

bool schema__format_uuid(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text.ptr[i] != '-' : !format_is_hex(text.ptr[i]))
            return false;
    }
    return text.len == 36;
}

bool schema__format_json_pointer(struct str text)
{
    if (text.len && text.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '~' &&
            (i + 1 == text.len || (text.ptr[i + 1] != '0' && text.ptr[i + 1] != '1')))
            return false;
    return true;
}

bool schema__format_relative_json_pointer(struct str text)
{
    size_t digits = 0;

    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    if (digits == 0 || (digits > 1 && text.ptr[0] == '0'))
        return false;
    text = str_slice(text, digits, text.len);
    return str_is(text, "#") || schema__format_json_pointer(text);
}

bool schema__format_regex(struct str text)
{
    struct regex_error error;

    return regex_check(text, &error) == REGEX_COMPILED;
}
