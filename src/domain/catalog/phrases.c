/*
 * Phrases that a description of a tool has no use for: markup that is meant for a model, and
 * instructions that are about more than the tool.
 *
 * Each is looked for where a word begins, in one pass over the text: a blank of a phrase is any
 * white space, a percent sign white space or nothing, a star up to PHRASE_GAP bytes of one
 * sentence; case, and characters that nobody sees, make no difference. test/field counts what real
 * specifications say of them: a phrase that honest documentation uses makes people blind for the
 * rest.
 */
#include "domain/catalog/internal.h"

#define PHRASE_GAP 40U

struct phrase {
    const char *words;
    const char *unless; /* what it is the begin of, where it is honest */
};

static const struct phrase markup[] = {
    { "<!--", NULL },          { "<important>", "<important>%<" },
    { "<system", NULL },       { "<secret>", NULL },
    { "<instruction>", NULL }, { "<instructions>", NULL },
    { "<hidden", NULL },       { "<assistant", NULL },
    { "<tool_call", NULL },    { "<function_call", NULL },
    { "</tool", NULL },        { "[inst]", NULL },
    { "<|im_start", NULL },    { "<|system", NULL },
    { "### system:", NULL },   { "system prompt", NULL },
    { "begin system", NULL },
};

static const struct phrase instructions[] = {
    /* what it was told before does not count */
    { "ignore *previous", NULL },
    { "ignore *instructions", NULL },
    { "ignore *other tools", NULL },
    { "disregard *previous", NULL },
    { "disregard *instructions", NULL },
    { "disregard *above", NULL },
    { "forget everything", NULL },
    { "forget *instructions", NULL },
    { "override your", NULL },
    { "new instructions", NULL },
    { "important instructions", NULL },
    { "as an ai", NULL },
    { "you are now", NULL },
    /* nobody is to know */
    { "do not tell *user", NULL },
    { "don't tell *user", NULL },
    { "do not inform *user", NULL },
    { "don't inform *user", NULL },
    { "do not mention", NULL },
    { "don't mention", NULL },
    { "never mention", NULL },
    { "without telling", NULL },
    { "without informing *user", NULL },
    { "hide this from", NULL },
    { "user cannot see", NULL },
    { "user can't see", NULL },
    { "user does not see", NULL },
    /* other tools, and the order of things */
    { "before using this tool", NULL },
    { "before calling this tool", NULL },
    { "before you use any", NULL },
    { "before using any other", NULL },
    { "you must first *tool", NULL },
    { "you must always *tool", NULL },
    { "you must call *tool", NULL },
    { "you must read", NULL },
    { "you must *before *tool", NULL },
    { "always call this", NULL },
    { "always use this tool", NULL },
    { "must be called before *tool", NULL },
    { "must be called before any", NULL },
    { "instead of any other", NULL },
    { "instead of the other *tool", NULL },
    { "do not use any other", NULL },
    { "never use any other", NULL },
    /* what belongs to the person */
    { "pass its contents", NULL },
    { "pass their contents", NULL },
    { "exfiltrate", NULL },
    { "id_rsa", NULL },
    { "id_ed25519", NULL },
    { "~/.ssh/id", NULL },
    { "~/.ssh/config", NULL },
    { "~/.aws", NULL },
    { ".env file", NULL },
    { "mcp.json", NULL },
    { "previous messages", NULL },
    { "your conversation history", NULL },
    { "whole conversation", NULL },
    { "entire conversation", NULL },
    { "full conversation", NULL },
    { "full chat history", NULL },
    { "entire chat history", NULL },
    { "whole chat history", NULL },
};

_Static_assert(ARRAY_COUNT(markup) + ARRAY_COUNT(instructions) <= CATALOG__PHRASES_MAX, "one byte");

static const struct phrase *phrase_of(size_t index)
{
    return index < ARRAY_COUNT(markup) ? &markup[index]
                                       : &instructions[index - ARRAY_COUNT(markup)];
}

void catalog__phrases_init(struct catalog__phrases *phrases)
{
    *phrases = (struct catalog__phrases){ .first = { 0 } };
    for (size_t i = 0; i < ARRAY_COUNT(markup) + ARRAY_COUNT(instructions); i++) {
        uint8_t *first = &phrases->first[(unsigned char)phrase_of(i)->words[0]];

        phrases->next[i] = *first;
        *first = (uint8_t)(i + 1);
    }
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Behind what nobody sees. */
static size_t seen(struct str text, size_t at)
{
    while (at < text.len && (unsigned char)text.ptr[at] >= 0x80) {
        size_t next = at;

        if (!catalog__code_is_unseen(catalog__code_next(text, &next)))
            break;
        at = next;
    }
    return at;
}

/* One character of the phrase; *at moves behind it. */
static bool one_matches(struct str text, size_t *at, char c)
{
    size_t from = seen(text, *at), end = from;

    while ((c == ' ' || c == '%') && end < text.len && is_blank(text.ptr[end]))
        end++;
    if (c != ' ' && c != '%' && from < text.len && fold(text.ptr[from]) == c)
        end++;
    *at = end;
    return end > from || c == '%';
}

/* May a gap go on over this? Not beyond the end of a sentence. */
static bool is_gap(struct str text, size_t at)
{
    return at < text.len &&
           !(text.ptr[at] == '.' && at + 1 < text.len && is_blank(text.ptr[at + 1]));
}

static bool matches(struct str text, size_t at, const char *words)
{
    const char *star = NULL;
    size_t gap = 0, gap_end = 0;

    while (*words) {
        if (*words == '*') {
            star = ++words;
            gap = at;
            gap_end = at + PHRASE_GAP;
        } else if (one_matches(text, &at, *words)) {
            words++;
        } else if (star && gap < gap_end && is_gap(text, gap)) {
            words = star;
            at = ++gap;
        } else {
            return false;
        }
    }
    return at >= text.len || !is_letter(words[-1]) || !is_letter(text.ptr[at]);
}

enum catalog__phrase catalog__phrase_at(const struct catalog__phrases *phrases, struct str text,
                                        size_t at)
{
    unsigned char c = (unsigned char)fold(text.ptr[at]);

    if (c >= ARRAY_COUNT(phrases->first) ||
        (at > 0 && is_letter((char)c) && is_letter(text.ptr[at - 1])))
        return CATALOG__NO_PHRASE;
    for (size_t i = phrases->first[c]; i > 0; i = phrases->next[i - 1]) {
        const struct phrase *phrase = phrase_of(i - 1);

        if (matches(text, at, phrase->words) &&
            !(phrase->unless && matches(text, at, phrase->unless)))
            return i <= ARRAY_COUNT(markup) ? CATALOG__MARKUP : CATALOG__INSTRUCTIONS;
    }
    return CATALOG__NO_PHRASE;
}
