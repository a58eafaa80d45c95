/*
 * Patterns on dotted addresses. Both levels use the same walk: on a mismatch after a wildcard,
 * the wildcard takes one more and the walk goes on from there, so nothing is tried twice and no
 * pattern takes more than names times parts.
 */
#include "domain/policy/internal.h"

void policy__parts_split(struct str address, struct policy__parts *ret_parts)
{
    struct str rest = address;

    ret_parts->count = 0;
    while (rest.ptr && ret_parts->count < POLICY__ADDRESS_PARTS_MAX - 1)
        ret_parts->at[ret_parts->count++] = str_split(&rest, '.');
    if (rest.ptr)
        ret_parts->at[ret_parts->count++] = rest;
}

static bool is_rest(struct str part)
{
    return str_is(part, "**");
}

static bool is_plain(struct str part)
{
    return str_find_char(part, '*') == SIZE_MAX;
}

struct policy__pattern policy__pattern_parse(struct str text, struct arena *arena)
{
    struct policy__pattern pattern = { 0 };
    struct policy__parts parts;

    policy__parts_split(text, &parts);
    struct str *copies = ARENA_ARRAY(arena, struct str, parts.count);
    pattern.literal = true;
    for (size_t i = 0; i < parts.count; i++) {
        copies[i] = str_copy(arena, parts.at[i]);
        if (!is_plain(copies[i]))
            pattern.literal = false;
        else if (pattern.literal)
            pattern.prefix++;
    }
    pattern.parts = copies;
    pattern.count = parts.count;
    pattern.ends_plain = parts.count > 0 && is_plain(copies[parts.count - 1]);
    return pattern;
}

bool policy__name_match(struct str pattern, struct str name)
{
    size_t p = 0, n = 0;
    size_t star = SIZE_MAX, taken = 0;

    while (n < name.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            taken = n;
        } else if (p < pattern.len && pattern.ptr[p] == name.ptr[n]) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

/* The first name also goes without its connection: github.** matches github@work.x. */
static bool part_match(struct str pattern, const struct policy__question *question, size_t index)
{
    if (policy__name_match(pattern, question->parts.at[index]))
        return true;
    return index == 0 && question->source.ptr && str_find_char(pattern, '@') == SIZE_MAX &&
           policy__name_match(pattern, question->source);
}

bool policy__pattern_match(const struct policy__pattern *pattern,
                           const struct policy__question *question)
{
    size_t p = 0, n = 0;
    size_t rest = SIZE_MAX, taken = 0;

    while (n < question->parts.count) {
        if (p < pattern->count && is_rest(pattern->parts[p])) {
            rest = p++;
            taken = n;
        } else if (p < pattern->count && part_match(pattern->parts[p], question, n)) {
            p++;
            n++;
        } else if (rest != SIZE_MAX) {
            p = rest + 1;
            n = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern->count && is_rest(pattern->parts[p]))
        p++;
    return p == pattern->count;
}

uint64_t policy__pattern_weight(const struct policy__pattern *pattern)
{
    uint64_t plain = 0, letters = 0, rests = 0;

    for (size_t i = 0; i < pattern->count; i++) {
        struct str part = pattern->parts[i];

        if (is_rest(part))
            rests++;
        else if (is_plain(part))
            plain++;
        for (size_t j = 0; j < part.len; j++)
            letters += part.ptr[j] != '*';
    }
    return plain << 24 | letters << 8 | (POLICY__ADDRESS_PARTS_MAX - rests);
}
