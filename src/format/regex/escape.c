/* What follows a backslash: ECMA-262 22.2.1 (with u) and B.1.2 (without). */
#include "format/regex/internal.h"

#include <stdio.h>

/* General categories: ECMA-262 also knows them by name, PCRE2 by letters only. */
static const char *const escape_categories[][2] = {
    { "Letter", "L" },
    { "Cased_Letter", "L&" },
    { "LC", "L&" },
    { "Uppercase_Letter", "Lu" },
    { "Lowercase_Letter", "Ll" },
    { "Titlecase_Letter", "Lt" },
    { "Modifier_Letter", "Lm" },
    { "Other_Letter", "Lo" },
    { "Mark", "M" },
    { "Combining_Mark", "M" },
    { "Nonspacing_Mark", "Mn" },
    { "Spacing_Mark", "Mc" },
    { "Enclosing_Mark", "Me" },
    { "Number", "N" },
    { "Decimal_Number", "Nd" },
    { "digit", "Nd" },
    { "Letter_Number", "Nl" },
    { "Other_Number", "No" },
    { "Punctuation", "P" },
    { "punct", "P" },
    { "Connector_Punctuation", "Pc" },
    { "Dash_Punctuation", "Pd" },
    { "Open_Punctuation", "Ps" },
    { "Close_Punctuation", "Pe" },
    { "Initial_Punctuation", "Pi" },
    { "Final_Punctuation", "Pf" },
    { "Other_Punctuation", "Po" },
    { "Symbol", "S" },
    { "Math_Symbol", "Sm" },
    { "Currency_Symbol", "Sc" },
    { "Modifier_Symbol", "Sk" },
    { "Other_Symbol", "So" },
    { "Separator", "Z" },
    { "Space_Separator", "Zs" },
    { "Line_Separator", "Zl" },
    { "Paragraph_Separator", "Zp" },
    { "Other", "C" },
    { "Control", "Cc" },
    { "cntrl", "Cc" },
    { "Format", "Cf" },
    { "Surrogate", "Cs" },
    { "Private_Use", "Co" },
    { "Unassigned", "Cn" },
};

/* White space and line ends of ECMA-262 (table 35 and 36), and everything else. */
static const char escape_space[] = "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}"
                                   "\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
static const char escape_no_space[] =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"
    "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"
    "\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}";

static int escape_hex(uint32_t c)
{
    if (c >= '0' && c <= '9')
        return (int)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (int)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (int)(c - 'A') + 10;
    return -1;
}

/* Exactly count hexadecimal digits; nothing is taken where they are not there. */
static bool escape_digits(struct regex__translator *t, size_t count, uint32_t *ret_value)
{
    size_t from = t->at;
    uint32_t value = 0;

    for (size_t i = 0; i < count; i++) {
        int digit = escape_hex(regex__peek(t));

        if (digit < 0) {
            t->at = from;
            return false;
        }
        value = value * 16 + (uint32_t)digit;
        t->at++;
    }
    *ret_value = value;
    return true;
}

/* After \u{ : digits up to the brace. */
static bool escape_braced(struct regex__translator *t, uint32_t *ret_value)
{
    uint32_t value = 0;
    size_t from = t->at;

    while (escape_hex(regex__peek(t)) >= 0) {
        value = value * 16 + (uint32_t)escape_hex(regex__take(t));
        if (value > 0x10FFFF)
            return regex__fail(t, from, "\\u{...} is beyond the last character");
    }
    if (t->at == from || !regex__take_if(t, '}'))
        return regex__fail(t, from, "\\u{...} needs hexadecimal digits");
    *ret_value = value;
    return true;
}

static enum regex__escape escape_unicode(struct regex__translator *t, uint32_t *ret_char)
{
    uint32_t high;
    uint32_t low;
    size_t from = t->at;

    if (t->unicode && regex__take_if(t, '{'))
        return escape_braced(t, ret_char) ? REGEX__CHARACTER : REGEX__FAILED;
    if (!escape_digits(t, 4, &high)) {
        *ret_char = 'u';
        if (t->unicode)
            (void)regex__fail(t, from, "\\u needs four hexadecimal digits");
        return t->unicode ? REGEX__FAILED : REGEX__CHARACTER;
    }
    *ret_char = high;
    from = t->at;
    if (high < 0xD800 || high > 0xDBFF)
        return REGEX__CHARACTER;
    if (regex__take_if(t, '\\') && regex__take_if(t, 'u') && escape_digits(t, 4, &low) &&
        low >= 0xDC00 && low <= 0xDFFF)
        *ret_char = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    else
        t->at = from;
    return REGEX__CHARACTER;
}

/* The name between braces as PCRE2 spells it. */
static struct str escape_property_name(struct str name)
{
    size_t equals = str_find_char(name, '=');

    if (equals != SIZE_MAX) {
        struct str kind = str_slice(name, 0, equals);

        if (!str_is(kind, "gc") && !str_is(kind, "General_Category"))
            return name;
        name = str_slice(name, equals + 1, name.len);
    }
    for (size_t i = 0; i < ARRAY_COUNT(escape_categories); i++)
        if (str_is(name, escape_categories[i][0]))
            return str_from(escape_categories[i][1]);
    return name;
}

static enum regex__escape escape_property(struct regex__translator *t, char letter)
{
    struct str rest = str_slice(t->pattern, t->at, t->pattern.len);
    size_t end = str_find_char(rest, '}');
    struct str name = str_slice(rest, 1, end == SIZE_MAX ? 1 : end);

    if (rest.len == 0 || rest.ptr[0] != '{' || name.len == 0) {
        (void)regex__fail(t, t->at, "\\%c needs a property in braces", letter);
        return REGEX__FAILED;
    }
    for (size_t i = 0; i < name.len; i++)
        if (!((name.ptr[i] | 32) >= 'a' && (name.ptr[i] | 32) <= 'z') &&
            !(name.ptr[i] >= '0' && name.ptr[i] <= '9') && name.ptr[i] != '_' &&
            name.ptr[i] != '=') {
            (void)regex__fail(t, t->at, "\\%c{...} names no property", letter);
            return REGEX__FAILED;
        }
    t->at += end + 1;
    name = escape_property_name(name);
    buf_printf(t->out, "\\%c{%.*s}", letter, STR_ARG(name));
    return REGEX__SET;
}

/* \c: a control letter; in Annex B anything else leaves the backslash as it is. */
static enum regex__escape escape_control(struct regex__translator *t, bool in_class,
                                         uint32_t *ret_char)
{
    uint32_t c = regex__peek(t);
    bool letter = (c | 32) >= 'a' && (c | 32) <= 'z' && c < 128;

    if (letter || (!t->unicode && in_class && ((c >= '0' && c <= '9') || c == '_'))) {
        *ret_char = regex__take(t) % 32;
        return REGEX__CHARACTER;
    }
    if (t->unicode) {
        (void)regex__fail(t, t->at, "\\c needs a letter");
        return REGEX__FAILED;
    }
    t->at--;
    *ret_char = '\\';
    return REGEX__CHARACTER;
}

/* Annex B: up to three octal digits, at most 0377; the first is at the position. */
static uint32_t escape_octal(struct regex__translator *t)
{
    uint32_t value = 0;

    for (int i = 0; i < 3; i++) {
        uint32_t c = regex__peek(t);

        if (c < '0' || c > '7' || value * 8 + (c - '0') > 255)
            break;
        value = value * 8 + (c - '0');
        t->at++;
    }
    return value;
}

/* A digit follows: a back-reference, a NUL, or in Annex B an octal number or the digit itself. */
static enum regex__escape escape_number(struct regex__translator *t, bool in_class,
                                        uint32_t *ret_char)
{
    size_t from = t->at;
    uint64_t number = 0;

    while (regex__peek(t) >= '0' && regex__peek(t) <= '9' && number < 100000)
        number = number * 10 + (regex__take(t) - '0');
    if (number == 0 && t->at == from + 1) {
        *ret_char = 0;
        return REGEX__CHARACTER;
    }
    if (number != 0 && !in_class && number <= t->groups && t->pattern.ptr[from] != '0') {
        buf_printf(t->out, "\\g{%u}", (unsigned)number);
        return REGEX__REFERENCE;
    }
    if (t->unicode) {
        (void)regex__fail(t, from, "there is no group %u", (unsigned)number);
        return REGEX__FAILED;
    }
    t->at = from;
    *ret_char = regex__peek(t) <= '7' ? escape_octal(t) : regex__take(t);
    return REGEX__CHARACTER;
}

static enum regex__escape escape_name(struct regex__translator *t, uint32_t *ret_char)
{
    struct str rest = str_slice(t->pattern, t->at, t->pattern.len);
    size_t end = str_find_char(rest, '>');

    if (!t->unicode && t->names_count == 0) {
        *ret_char = 'k';
        return REGEX__CHARACTER;
    }
    if (rest.len == 0 || rest.ptr[0] != '<' || end == SIZE_MAX) {
        (void)regex__fail(t, t->at, "\\k needs a group name");
        return REGEX__FAILED;
    }
    for (size_t i = 0; i < t->names_count; i++)
        if (str_equal(t->names[i], str_slice(rest, 1, end))) {
            t->at += end + 1;
            buf_printf(t->out, "\\g{%zu}", t->name_groups[i]);
            return REGEX__REFERENCE;
        }
    (void)regex__fail(t, t->at, "\\k names no group");
    return REGEX__FAILED;
}

/* A letter or sign that stands for itself after a backslash, if it may. */
static enum regex__escape escape_identity(struct regex__translator *t, bool in_class, uint32_t c,
                                          uint32_t *ret_char)
{
    *ret_char = c;
    if (c < 128 && c != 0 && strchr("^$\\.*+?()[]{}|/", (int)c))
        return REGEX__CHARACTER;
    if ((in_class && c == '-') || !t->unicode)
        return REGEX__CHARACTER;
    (void)regex__fail(t, t->at - 1, "this is no escape in ECMA-262");
    return REGEX__FAILED;
}

static enum regex__escape escape_set(struct regex__translator *t, bool in_class, uint32_t c)
{
    if (c != 's' && c != 'S')
        buf_printf(t->out, "\\%c", (char)c);
    else if (in_class)
        buf_add_c(t->out, c == 's' ? escape_space : escape_no_space);
    else
        buf_printf(t->out, "[%s]", c == 's' ? escape_space : escape_no_space);
    return REGEX__SET;
}

static bool escape_simple(uint32_t c, uint32_t *ret_char)
{
    static const char letters[] = "fnrtv";
    static const uint8_t characters[] = { 0x0C, 0x0A, 0x0D, 0x09, 0x0B };

    for (size_t i = 0; i < sizeof(characters); i++)
        if ((uint32_t)letters[i] == c) {
            *ret_char = characters[i];
            return true;
        }
    return false;
}

static enum regex__escape escape_boundary(struct regex__translator *t, bool in_class, uint32_t c,
                                          uint32_t *ret_char)
{
    if (!in_class) {
        buf_printf(t->out, "\\%c", (char)c);
        return REGEX__BOUNDARY;
    }
    *ret_char = 8;
    return c == 'b' ? REGEX__CHARACTER : escape_identity(t, in_class, c, ret_char);
}

static enum regex__escape escape_byte(struct regex__translator *t, uint32_t *ret_char)
{
    if (escape_digits(t, 2, ret_char))
        return REGEX__CHARACTER;
    *ret_char = 'x';
    if (t->unicode)
        (void)regex__fail(t, t->at, "\\x needs two hexadecimal digits");
    return t->unicode ? REGEX__FAILED : REGEX__CHARACTER;
}

enum regex__escape regex__escape(struct regex__translator *t, bool in_class, uint32_t *ret_char)
{
    uint32_t c = regex__peek(t);

    if (c == REGEX__END) {
        (void)regex__fail(t, t->at, "a backslash at the end");
        return REGEX__FAILED;
    }
    if (c >= '0' && c <= '9')
        return escape_number(t, in_class, ret_char);
    (void)regex__take(t);
    if (escape_simple(c, ret_char))
        return REGEX__CHARACTER;
    if (c < 128 && c != 0 && strchr("dDwWsS", (int)c))
        return escape_set(t, in_class, c);
    if (c == 'b' || c == 'B')
        return escape_boundary(t, in_class, c, ret_char);
    if (c == 'c')
        return escape_control(t, in_class, ret_char);
    if (c == 'x')
        return escape_byte(t, ret_char);
    if (c == 'u')
        return escape_unicode(t, ret_char);
    if ((c == 'p' || c == 'P') && t->unicode)
        return escape_property(t, (char)c);
    if (c == 'k' && !in_class)
        return escape_name(t, ret_char);
    return escape_identity(t, in_class, c, ret_char);
}
