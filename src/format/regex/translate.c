/*
 * From ECMA-262 to PCRE2, in one pass over the pattern: every character is printed as PCRE2
 * cannot misread it, and every construct only if both know it and mean the same.
 */
#include "format/regex/internal.h"

#include <stdarg.h>
#include <stdio.h>

#define TRANSLATE_REPEAT_MAX 65535U

bool regex__fail(struct regex__translator *t, size_t offset, const char *format, ...)
{
    va_list args;

    if (t->failed)
        return false;
    t->failed = true;
    t->error->offset = offset;
    va_start(args, format);
    (void)vsnprintf(t->error->sentence, sizeof(t->error->sentence), format, args);
    va_end(args);
    return false;
}

/* Decodes one character; gives how many bytes it has. The pattern is UTF-8. */
static size_t translate_decode(struct str text, size_t at, uint32_t *ret_char)
{
    static const uint8_t masks[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    unsigned char first = (unsigned char)text.ptr[at];
    size_t len = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    uint32_t c = first & masks[len];

    for (size_t i = 1; i < len && at + i < text.len; i++)
        c = c << 6 | ((unsigned char)text.ptr[at + i] & 0x3F);
    *ret_char = c;
    return len;
}

uint32_t regex__peek(const struct regex__translator *t)
{
    uint32_t c;

    if (t->at >= t->pattern.len)
        return REGEX__END;
    (void)translate_decode(t->pattern, t->at, &c);
    return c;
}

uint32_t regex__take(struct regex__translator *t)
{
    uint32_t c;

    if (t->at >= t->pattern.len)
        return REGEX__END;
    t->at += translate_decode(t->pattern, t->at, &c);
    return c;
}

bool regex__take_if(struct regex__translator *t, char c)
{
    if (t->at >= t->pattern.len || t->pattern.ptr[t->at] != c)
        return false;
    t->at++;
    return true;
}

void regex__emit(struct regex__translator *t, uint32_t c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        buf_add_char(t->out, (char)c);
    else
        buf_printf(t->out, "\\x{%x}", c);
}

static void translate_literal(struct regex__translator *t, uint32_t c)
{
    if (c >= 0xD800 && c <= 0xDFFF)
        buf_add_c(t->out, REGEX__NOTHING);
    else
        regex__emit(t, c);
    t->quantifiable = true;
}

/* The name of a group, from after its '<'; leaves the position after its '>'. */
static struct str translate_name(struct regex__translator *t)
{
    struct str rest = str_slice(t->pattern, t->at, t->pattern.len);
    size_t end = str_find_char(rest, '>');
    struct str name = str_slice(rest, 0, end == SIZE_MAX ? 0 : end);

    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        bool digit = c >= '0' && c <= '9';

        if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(digit && i) && c != '_' && c != '$' &&
            c < 0x80)
            return STR_NULL;
    }
    if (name.len)
        t->at += name.len + 1;
    return name.len ? name : STR_NULL;
}

static bool translate_note_name(struct regex__translator *t)
{
    size_t from = t->at;
    struct str name = translate_name(t);

    if (!name.ptr)
        return regex__fail(t, from, "a group needs a name between < and >");
    for (size_t i = 0; i < t->names_count; i++)
        if (str_equal(t->names[i], name))
            return regex__fail(t, from, "two groups have this name");
    if (t->names_count == REGEX__NAMES_MAX)
        return regex__fail(t, from, "more than %u named groups", REGEX__NAMES_MAX);
    t->names[t->names_count] = name;
    t->name_groups[t->names_count++] = t->groups;
    return true;
}

/* Counts and names the groups beforehand: a reference may stand before its group. */
static bool translate_groups(struct regex__translator *t)
{
    bool in_class = false;

    while (t->at < t->pattern.len) {
        char c = t->pattern.ptr[t->at++];

        if (c == '\\')
            t->at++;
        else if (c == '[')
            in_class = true;
        else if (c == ']')
            in_class = false;
        if (c != '(' || in_class)
            continue;
        if (!str_starts(str_slice(t->pattern, t->at, t->pattern.len), STR("?"))) {
            t->groups++;
        } else if (str_starts(str_slice(t->pattern, t->at, t->pattern.len), STR("?<")) &&
                   t->at + 2 < t->pattern.len && !strchr("=!", t->pattern.ptr[t->at + 2])) {
            t->groups++;
            t->at += 2;
            if (!translate_note_name(t))
                return false;
        }
    }
    t->at = 0;
    return true;
}

/* After '(': what kind of group, printed. */
static bool translate_open(struct regex__translator *t)
{
    static const struct {
        const char *text;
        enum regex__group group;
    } kinds[] = {
        { "?:", REGEX__GROUP },       { "?=", REGEX__LOOKAHEAD },   { "?!", REGEX__LOOKAHEAD },
        { "?<=", REGEX__LOOKBEHIND }, { "?<!", REGEX__LOOKBEHIND },
    };
    struct str rest = str_slice(t->pattern, t->at, t->pattern.len);
    enum regex__group group = REGEX__GROUP;

    if (t->depth == REGEX_DEPTH_MAX)
        return regex__fail(t, t->at, "groups are nested more than %u deep", REGEX_DEPTH_MAX);
    buf_add_char(t->out, '(');
    if (rest.len && rest.ptr[0] == '?') {
        size_t i = 0;

        while (i < ARRAY_COUNT(kinds) && !str_starts(rest, str_from(kinds[i].text)))
            i++;
        if (i < ARRAY_COUNT(kinds)) {
            buf_add_c(t->out, kinds[i].text);
            t->at += strlen(kinds[i].text);
            group = kinds[i].group;
        } else if (rest.len > 1 && rest.ptr[1] == '<') {
            t->at += 2;
            if (!translate_name(t).ptr)
                return regex__fail(t, t->at, "a group needs a name between < and >");
        } else {
            return regex__fail(t, t->at, "ECMA-262 has no such group");
        }
    }
    t->open[t->depth++] = group;
    t->quantifiable = false;
    return true;
}

static bool translate_close(struct regex__translator *t)
{
    if (t->depth == 0)
        return regex__fail(t, t->at - 1, "this ) closes nothing");
    buf_add_char(t->out, ')');
    t->depth--;
    t->quantifiable =
        t->open[t->depth] == REGEX__GROUP || (t->open[t->depth] == REGEX__LOOKAHEAD && !t->unicode);
    return true;
}

static bool translate_number(struct regex__translator *t, uint64_t *ret_number)
{
    size_t from = t->at;
    uint64_t number = 0;

    while (regex__peek(t) >= '0' && regex__peek(t) <= '9') {
        uint64_t digit = regex__take(t) - '0';

        number = number > TRANSLATE_REPEAT_MAX ? number : number * 10 + digit;
    }
    *ret_number = number;
    return t->at > from;
}

enum translate_braces {
    TRANSLATE_NO_BRACES, /* nothing taken */
    TRANSLATE_BRACES,
};

/* After '{': n} or n,} or n,m}. */
static enum translate_braces translate_braces(struct regex__translator *t, uint64_t *ret_min,
                                              uint64_t *ret_max)
{
    size_t from = t->at;

    if (!translate_number(t, ret_min))
        return TRANSLATE_NO_BRACES;
    *ret_max = *ret_min;
    if (regex__take_if(t, ',') && !translate_number(t, ret_max))
        *ret_max = UINT64_MAX;
    if (regex__take_if(t, '}'))
        return TRANSLATE_BRACES;
    t->at = from;
    return TRANSLATE_NO_BRACES;
}

static bool translate_repeat(struct regex__translator *t, size_t from, uint64_t min, uint64_t max)
{
    if (max < min)
        return regex__fail(t, from, "this range runs backwards");
    if (min > TRANSLATE_REPEAT_MAX || (max > TRANSLATE_REPEAT_MAX && max != UINT64_MAX))
        return regex__fail(t, from, "more than %u repeats", TRANSLATE_REPEAT_MAX);
    buf_printf(t->out, "{%u,", (unsigned)min);
    if (max != UINT64_MAX)
        buf_printf(t->out, "%u", (unsigned)max);
    buf_add_char(t->out, '}');
    return true;
}

/* c is one of * + ? { and is taken. */
static bool translate_quantifier(struct regex__translator *t, char c)
{
    size_t from = t->at - 1;
    uint64_t min = 0;
    uint64_t max = 0;

    if (c == '{' && translate_braces(t, &min, &max) == TRANSLATE_NO_BRACES) {
        if (t->unicode)
            return regex__fail(t, from, "a lone { must be escaped");
        translate_literal(t, '{');
        return true;
    }
    if (!t->quantifiable)
        return regex__fail(t, from, "there is nothing to repeat");
    if (c != '{')
        buf_add_char(t->out, c);
    else if (!translate_repeat(t, from, min, max))
        return false;
    if (regex__take_if(t, '?'))
        buf_add_char(t->out, '?');
    t->quantifiable = false;
    return true;
}

static bool translate_escape(struct regex__translator *t)
{
    uint32_t c;

    switch (regex__escape(t, false, &c)) {
    case REGEX__FAILED:
        return false;
    case REGEX__CHARACTER:
        translate_literal(t, c);
        return true;
    case REGEX__SET:
    case REGEX__REFERENCE:
        t->quantifiable = true;
        return true;
    case REGEX__BOUNDARY:
        t->quantifiable = false;
        return true;
    }
    UNREACHABLE("an escape of no kind");
}

static bool translate_bracket(struct regex__translator *t, char c)
{
    if (t->unicode)
        return regex__fail(t, t->at - 1, "a lone %c must be escaped", c);
    translate_literal(t, (uint32_t)c);
    return true;
}

static bool translate_one(struct regex__translator *t, uint32_t c)
{
    switch (c) {
    case '^':
    case '$':
    case '|':
        buf_add_char(t->out, (char)c);
        t->quantifiable = false;
        return true;
    case '(':
        return translate_open(t);
    case ')':
        return translate_close(t);
    case '*':
    case '+':
    case '?':
    case '{':
        return translate_quantifier(t, (char)c);
    case '}':
    case ']':
        return translate_bracket(t, (char)c);
    case '.':
        buf_add_c(t->out, "[^\\x{a}\\x{d}\\x{2028}\\x{2029}]");
        t->quantifiable = true;
        return true;
    case '[':
        t->quantifiable = true;
        return regex__class(t);
    case '\\':
        return translate_escape(t);
    default:
        translate_literal(t, c);
        return true;
    }
}

bool regex__translate(struct str pattern, bool unicode, struct buf *out, struct regex_error *error)
{
    struct regex__translator t = {
        .pattern = pattern, .unicode = unicode, .out = out, .error = error
    };

    if (pattern.len > REGEX_PATTERN_MAX)
        return regex__fail(&t, REGEX_PATTERN_MAX, "longer than %u bytes", REGEX_PATTERN_MAX);
    if (!translate_groups(&t))
        return false;
    while (t.at < pattern.len)
        if (!translate_one(&t, regex__take(&t)))
            return false;
    if (t.depth)
        return regex__fail(&t, pattern.len, "a group is not closed");
    return true;
}
