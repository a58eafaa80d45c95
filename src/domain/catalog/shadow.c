/*
 * Tools that speak of others: of another source's tools, or of Writ's own. A description that
 * says how somebody else's tool is to be used is how one source reaches into another.
 */
#include "domain/catalog/internal.h"

#define LOOKED_MAX (64U * 1024U) /* bytes of each text */
#define TOKEN_MIN  6U            /* shorter names alone say nothing */

struct shadows {
    const struct catalog *catalog;
    const struct catalog_tool *tool;
    struct arena *arena;
    struct catalog_finding *found;
    size_t count;
    size_t max;
};

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '$' || c == '/' || c == '@';
}

static void shadow_say(struct shadows *shadows, const char *rule, struct str sentence)
{
    for (size_t i = 0; i < shadows->count; i++) {
        if (str_equal(shadows->found[i].sentence, sentence))
            return;
    }
    if (shadows->count < shadows->max)
        shadows->found[shadows->count++] =
            (struct catalog_finding){ .rule = str_from(rule), .sentence = sentence };
}

/* The tool of another source that a word names: by its address, or by a name of several words. */
static const struct catalog_tool *named(const struct shadows *shadows, struct str token)
{
    const struct catalog_tool *tool = NULL;
    const struct catalog_source *source;
    size_t position = 0;
    bool several = str_find_char(token, '_') != SIZE_MAX || str_find_char(token, '-') != SIZE_MAX ||
                   str_find_char(token, '/') != SIZE_MAX;

    if (catalog_find(shadows->catalog, token, &tool) != CATALOG_UNKNOWN)
        return tool->source == shadows->tool->source ? NULL : tool;
    source = catalog_source_find(shadows->catalog, shadows->tool->source);
    if (!several || token.len < TOKEN_MIN || (source && catalog_offered(source, token)))
        return NULL;
    while ((source = catalog_source_next(shadows->catalog, &position))) {
        if (source->source != shadows->tool->source && source->approved &&
            (tool = catalog_offered(source, token)))
            return tool;
    }
    return NULL;
}

static void token_look(struct shadows *shadows, struct str token)
{
    const struct catalog_tool *other;

    while (token.len > 0 && (token.ptr[token.len - 1] == '.' || token.ptr[token.len - 1] == '/'))
        token.len--;
    if (token.len > 0 && token.ptr[0] == '@')
        token = str_slice(token, 1, token.len);
    if (str_starts(token, STR("tools.")))
        token = str_slice(token, 6, token.len);
    if (str_starts(token, STR("writ."))) {
        shadow_say(shadows, "own_tools",
                   str_printf(shadows->arena, "It speaks of Writ's own tools: %.*s",
                              STR_ARG(str_slice(token, 0, 80))));
        return;
    }
    other = named(shadows, token);
    if (other)
        shadow_say(shadows, "other_source",
                   str_printf(shadows->arena, "It speaks of a tool of another source: %.*s",
                              STR_ARG(other->address)));
}

static void text_look(struct shadows *shadows, struct str text)
{
    size_t from = 0;

    text = str_slice(text, 0, LOOKED_MAX);
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && is_token(text.ptr[i]))
            continue;
        if (i > from)
            token_look(shadows, str_slice(text, from, i));
        from = i + 1;
    }
}

size_t catalog_shadows(const struct catalog *catalog, const struct catalog_tool *tool,
                       struct arena *arena, struct catalog_finding *ret_findings, size_t max)
{
    struct shadows shadows = {
        .catalog = catalog, .tool = tool, .arena = arena, .found = ret_findings, .max = max
    };

    text_look(&shadows, tool->title);
    text_look(&shadows, tool->description);
    text_look(&shadows, tool->input);
    return shadows.count;
}
