/*
 * Compiling and matching. Compiled code lives in the arena; what a match needs lives in the
 * scratch. PCRE2 counts its steps anew at every starting position.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "format/regex/regex.h"

#include "format/regex/internal.h"

#include <pcre2.h>
#include <stdio.h>

/* Steps of the first stage, and how much more each further one has. */
#define REGEX_STAGE_FIRST  64U
#define REGEX_STAGE_FACTOR 32U

/* Patterns that need no engine. */
enum regex_kind {
    REGEX_KIND_CODE,
    REGEX_KIND_ALL,      /* matches every text */
    REGEX_KIND_PREFIX,   /* ^literal */
    REGEX_KIND_WHOLE,    /* ^literal$ */
    REGEX_KIND_SOMEWHERE /* literal */
};

struct regex {
    enum regex_kind kind;
    bool anchored;
    struct str literal;
    pcre2_code *code;
};

struct regex_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static void *regex_arena_malloc(PCRE2_SIZE size, void *arena)
{
    return arena_alloc_raw(arena, size);
}

static void regex_arena_free(void *memory UNUSED, void *arena UNUSED)
{
}

/* The literal that the pattern is, between an optional ^ and an optional $. */
static bool regex_literal(struct arena *arena, struct str pattern, struct regex *regex)
{
    bool from_start = pattern.len && pattern.ptr[0] == '^';
    struct str body = str_slice(pattern, from_start, pattern.len);
    bool to_end = body.len && body.ptr[body.len - 1] == '$';
    char *text;
    size_t len = 0;

    if (str_is(pattern, ".*") || pattern.len == 0) {
        regex->kind = REGEX_KIND_ALL;
        return true;
    }
    body = str_slice(body, 0, body.len - to_end);
    if (to_end && !from_start)
        return false;
    text = arena_alloc(arena, body.len + 1);
    for (size_t i = 0; i < body.len; i++) {
        bool escaped = body.ptr[i] == '\\';

        if (escaped && (++i == body.len || !strchr("^$\\.*+?()[]{}|/", body.ptr[i])))
            return false;
        if (body.ptr[i] == '\0' || (!escaped && strchr("^$\\.*+?()[]{}|", body.ptr[i])))
            return false;
        text[len++] = body.ptr[i];
    }
    regex->literal = str_of(text, len);
    regex->kind = !from_start ? REGEX_KIND_SOMEWHERE
                  : to_end    ? REGEX_KIND_WHOLE
                              : REGEX_KIND_PREFIX;
    return true;
}

static pcre2_code *regex_code(struct arena *arena, struct str text, struct regex_error *ret_error)
{
    static const uint32_t options =
        PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C;
    pcre2_general_context *general =
        pcre2_general_context_create(regex_arena_malloc, regex_arena_free, arena);
    pcre2_compile_context *context = pcre2_compile_context_create(general);
    PCRE2_UCHAR sentence[sizeof(ret_error->sentence)];
    pcre2_code *code;
    size_t offset;
    int error;

    (void)pcre2_set_parens_nest_limit(context, REGEX_DEPTH_MAX + 1);
    code = pcre2_compile((PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, options, &error, &offset,
                         context);
    if (code)
        return code;
    (void)pcre2_get_error_message(error, sentence, sizeof(sentence));
    (void)snprintf(ret_error->sentence, sizeof(ret_error->sentence), "%s", (const char *)sentence);
    ret_error->offset = 0;
    return NULL;
}

int regex_compile(struct arena *arena, struct str pattern, struct regex_error *ret_error,
                  const struct regex **ret_regex)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct regex *regex = ARENA_NEW(arena, struct regex);
    struct regex_error second;
    uint32_t options = 0;

    *ret_error = (struct regex_error){ 0 };
    if (pattern.len <= REGEX_PATTERN_MAX && regex_literal(arena, pattern, regex)) {
        *ret_regex = regex;
        return REGEX_COMPILED;
    }
    if (!regex__translate(pattern, true, &text, ret_error)) {
        buf_clear(&text);
        if (!regex__translate(pattern, false, &text, &second))
            return REGEX_REFUSED;
    }
    regex->kind = REGEX_KIND_CODE;
    regex->code = regex_code(arena, buf_str(&text), ret_error);
    if (!regex->code)
        return REGEX_REFUSED;
    (void)pcre2_pattern_info(regex->code, PCRE2_INFO_ALLOPTIONS, &options);
    regex->anchored = (options & PCRE2_ANCHORED) != 0;
    *ret_regex = regex;
    return REGEX_COMPILED;
}

int regex_check(struct str pattern, struct regex_error *ret_error)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    *ret_error = (struct regex_error){ 0 };
    return regex__translate(pattern, true, &text, ret_error) ? REGEX_COMPILED : REGEX_REFUSED;
}

struct regex_scratch *regex_scratch_new(void)
{
    struct regex_scratch *scratch = heap_alloc(sizeof(*scratch));

    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    CHECK(scratch->data != NULL && scratch->context != NULL);
    (void)pcre2_set_heap_limit(scratch->context, REGEX_HEAP_MAX_KIB);
    return scratch;
}

struct regex_scratch *regex_scratch_free(struct regex_scratch *scratch)
{
    if (!scratch)
        return NULL;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    return heap_free(scratch);
}

/* One try with that many steps, for each starting position if there are several. */
static int regex_try(const struct regex *regex, struct str text, struct regex_scratch *scratch,
                     uint32_t steps)
{
    (void)pcre2_set_match_limit(scratch->context, steps);
    return pcre2_match(regex->code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, 0,
                       PCRE2_NO_UTF_CHECK, scratch->data, scratch->context);
}

/*
 * PCRE2 does not say what a match has cost, so the limit rises by stages and each stage costs
 * what it allows; the first, which is enough for plain patterns, costs what it takes to read.
 */
static int regex_match_code(const struct regex *regex, struct str text,
                            struct regex_scratch *scratch, uint64_t *steps)
{
    uint64_t positions = regex->anchored ? 1 : text.len + 1;
    uint64_t limit = regex->anchored ? REGEX_STAGE_FIRST + 4 * text.len : REGEX_STAGE_FIRST;
    uint64_t cost = text.len / 8 + 1;

    if (text.len > REGEX_TEXT_MAX)
        return REGEX_TOO_COSTLY;
    for (;;) {
        int r;

        if (cost > *steps)
            return REGEX_TOO_COSTLY;
        *steps -= cost;
        r = regex_try(regex, text, scratch, (uint32_t)limit);
        if (r >= 0)
            return REGEX_FOUND;
        if (r == PCRE2_ERROR_NOMATCH)
            return REGEX_NOT_FOUND;
        if (r != PCRE2_ERROR_MATCHLIMIT || limit >= REGEX_STEPS_MAX)
            return REGEX_TOO_COSTLY;
        limit *= REGEX_STAGE_FACTOR;
        if (limit > REGEX_STEPS_MAX)
            limit = REGEX_STEPS_MAX;
        cost = limit * positions;
    }
}

int regex_match_within(const struct regex *regex, struct str text, struct regex_scratch *scratch,
                       uint64_t *steps)
{
    bool found = false;

    switch (regex->kind) {
    case REGEX_KIND_CODE:
        return regex_match_code(regex, text, scratch, steps);
    case REGEX_KIND_ALL:
        return REGEX_FOUND;
    case REGEX_KIND_PREFIX:
        found = str_starts(text, regex->literal);
        break;
    case REGEX_KIND_WHOLE:
        found = str_equal(text, regex->literal);
        break;
    case REGEX_KIND_SOMEWHERE:
        found = str_find(text, regex->literal) != SIZE_MAX;
        break;
    }
    return found ? REGEX_FOUND : REGEX_NOT_FOUND;
}

int regex_match(const struct regex *regex, struct str text, struct regex_scratch *scratch)
{
    uint64_t steps = REGEX_STEPS_MAX;

    return regex_match_within(regex, text, scratch, &steps);
}
