/*
 * What a person should know before approving a tool: text that people do not see and models do,
 * and text that speaks to the model about more than this tool.
 *
 * Looked at are the name, the title, the description and every text of both schemas and of the
 * hints. Each rule speaks once for each of those places and quotes what it found, with all that
 * cannot be seen written as U+XXXX. A finding refuses nothing: it is for the person.
 */
#include "base/vec.h"
#include "domain/catalog/internal.h"
#include "format/json/json.h"

#define QUOTE_MAX    80U
#define FINDINGS_MAX 64U

struct finding_vec VEC(struct catalog_finding);

struct looking {
    struct arena *arena;
    struct finding_vec found;
    const char *place;
    unsigned said; /* rules that spoke for this place already */
};

enum rule {
    RULE_HIDDEN,
    RULE_TAGS,
    RULE_BIDI,
    RULE_CONTROL,
    RULE_SCRIPT,
    RULE_MARKUP,
    RULE_INSTRUCTIONS,
    RULE_FAR,
    RULE_ENCODED,
};

static const char *const rule_names[] = {
    "hidden_text", "hidden_text",  "bidi_text", "control_text", "mixed_script",
    "markup",      "instructions", "far_text",  "encoded_text",
};

/* The text around a place, printable. */
static struct str quote(struct looking *looking, struct str text, size_t at)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    size_t from = at > 20 ? at - 20 : 0;

    while (from > 0 && ((unsigned char)text.ptr[from] & 0xC0) == 0x80)
        from--;
    for (size_t i = from; i < text.len && out.len < QUOTE_MAX; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c >= ' ' && c < 0x7f)
            buf_add_char(&out, (char)c);
        else if (c == '\n' || c == '\t' || c == '\r')
            buf_add_char(&out, ' ');
        else if (c < 0x80)
            buf_printf(&out, "<U+%04X>", c);
        else if (c >= 0xC0)
            buf_add_c(&out, "<?>");
    }
    return str_copy(looking->arena, buf_str(&out));
}

static void say(struct looking *looking, enum rule rule, struct str sentence)
{
    if (looking->said & 1U << rule || looking->found.count >= FINDINGS_MAX)
        return;
    looking->said |= 1U << rule;
    *VEC_PUSH(&looking->found) =
        (struct catalog_finding){ .rule = str_from(rule_names[rule]), .sentence = sentence };
}

/* Tags, U+E0000 and on, spell ASCII that nobody sees: shown as what they spell. */
static struct str tags_read(struct looking *looking, struct str text)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    size_t at = 0;

    while (at < text.len && out.len < QUOTE_MAX) {
        uint32_t c = catalog__code_next(text, &at);

        if (c >= 0xE0020 && c < 0xE007F)
            buf_add_char(&out, (char)(c - 0xE0000));
    }
    return str_copy(looking->arena, buf_str(&out));
}

static void code_look(struct looking *looking, struct str text, size_t at, uint32_t c)
{
    struct arena *arena = looking->arena;

    if (c >= 0xE0000 && c <= 0xE007F)
        say(looking, RULE_TAGS,
            str_printf(arena, "The %s has text that cannot be seen, which spells: %.*s",
                       looking->place, STR_ARG(tags_read(looking, text))));
    else if (catalog__code_is_hidden(c))
        say(looking, RULE_HIDDEN,
            str_printf(arena, "The %s has characters that cannot be seen (U+%04X): %.*s",
                       looking->place, c, STR_ARG(quote(looking, text, at))));
    else if (catalog__code_is_bidi(c))
        say(looking, RULE_BIDI,
            str_printf(arena, "The %s turns the direction of its text (U+%04X): %.*s",
                       looking->place, c, STR_ARG(quote(looking, text, at))));
    else if (catalog__code_is_control(c))
        say(looking, RULE_CONTROL,
            str_printf(arena, "The %s has control characters (U+%04X): %.*s", looking->place, c,
                       STR_ARG(quote(looking, text, at))));
}

static void codes_look(struct looking *looking, struct str text)
{
    size_t at = 0;

    while (at < text.len) {
        size_t from = at;

        code_look(looking, text, from, catalog__code_next(text, &at));
    }
}

/* ---- phrases ---- */

static const char *const markup[] = {
    "<!--",   "<important",    "<system",    "<secret",      "<instruction", "<hidden",
    "[inst]", "<|im_start",    "<|system",   "### system",   "<tool_call",   "<function_call",
    "</tool", "system prompt", "<assistant", "begin system",
};

static const char *const phrases[] = {
    "ignore previous",
    "ignore all previous",
    "ignore the previous",
    "ignore any previous",
    "ignore all other",
    "disregard",
    "forget everything",
    "do not tell the user",
    "don't tell the user",
    "do not inform",
    "do not mention",
    "don't mention",
    "without telling",
    "without informing",
    "hide this from",
    "not visible to the user",
    "before using this tool",
    "before you use any",
    "you must first",
    "you must always",
    "you must call",
    "you must read",
    "always call this",
    "always use this tool",
    "must be called before",
    "instead of any other",
    "instead of the other",
    "do not use any other",
    "never use any other",
    "pass its contents",
    "pass the contents",
    "exfiltrate",
    "id_rsa",
    "/.ssh",
    "~/.aws",
    ".env file",
    "mcp.json",
    "api key of the user",
    "user's password",
    "private key of",
    "credentials of the user",
    "previous messages",
    "conversation history",
    "chat history",
    "full conversation",
    "override your",
    "new instructions",
    "important instructions",
    "as an ai",
    "you are now",
};

/* Lower case, white space runs as one blank: what phrases are looked for in. */
static struct str plain(struct looking *looking, struct str text)
{
    struct buf out BUF_CLEANUP = BUF_INIT;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c == '\n' || c == '\t' || c == '\r')
            c = ' ';
        if (c == ' ' && out.len > 0 && out.ptr[out.len - 1] == ' ')
            continue;
        buf_add_char(&out, c);
    }
    return str_copy(looking->arena, buf_str(&out));
}

static void phrases_look(struct looking *looking, struct str text)
{
    struct str low = plain(looking, text);

    for (size_t i = 0; i < ARRAY_COUNT(markup); i++) {
        size_t at = str_find(low, str_from(markup[i]));

        if (at != SIZE_MAX)
            say(looking, RULE_MARKUP,
                str_printf(looking->arena, "The %s has markup that is meant for a model: %.*s",
                           looking->place, STR_ARG(quote(looking, low, at))));
    }
    for (size_t i = 0; i < ARRAY_COUNT(phrases); i++) {
        size_t at = str_find(low, str_from(phrases[i]));

        if (at != SIZE_MAX)
            say(looking, RULE_INSTRUCTIONS,
                str_printf(looking->arena, "The %s gives instructions beyond this tool: %.*s",
                           looking->place, STR_ARG(quote(looking, low, at))));
    }
}

/* ---- runs ---- */

static bool is_encoded(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '=' || c == '_' || c == '-';
}

static void runs_look(struct looking *looking, struct str text)
{
    size_t blank = 0, encoded = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        blank = c == ' ' || c == '\t' || c == '\n' || c == '\r' ? blank + 1 : 0;
        encoded = is_encoded(c) ? encoded + 1 : 0;
        if (blank == 100)
            say(looking, RULE_FAR,
                str_printf(looking->arena, "The %s has text far out of sight, behind %s: %.*s",
                           looking->place, "100 blanks or more",
                           STR_ARG(quote(looking, str_trim(str_slice(text, i, text.len)), 0))));
        if (encoded == 160)
            say(looking, RULE_ENCODED,
                str_printf(looking->arena,
                           "The %s has a long run of letters that is no language: %.*s",
                           looking->place, STR_ARG(quote(looking, text, i - 100))));
    }
}

static void text_look(struct looking *looking, struct str text)
{
    if (text.len == 0)
        return;
    codes_look(looking, text);
    phrases_look(looking, text);
    runs_look(looking, text);
}

static void place_look(struct looking *looking, const char *place, struct str text)
{
    looking->place = place;
    looking->said = 0;
    text_look(looking, text);
}

/* Keys and texts of a document, wherever they stand. */
static void json_look(struct looking *looking, const char *place, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    looking->place = place;
    looking->said = 0;
    if (text.len == 0 || json_parse(looking->arena, text, NULL, &error, &doc) != JSON_PARSED)
        return;
    for (size_t i = 0; i < doc.count; i++) {
        if (json_is_string(&doc.root[i]))
            text_look(looking, json_str(&doc.root[i]));
    }
}

static void name_look(struct looking *looking, struct str name)
{
    place_look(looking, "name", name);
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.ptr[i] >= 0x80)
            say(looking, RULE_SCRIPT,
                str_printf(looking->arena, "The name has letters that may look like others: %.*s",
                           STR_ARG(quote(looking, name, 0))));
    }
}

static void hint_look(struct looking *looking, const struct catalog_tool *tool)
{
    struct json_error error;
    struct json_doc doc;

    if (tool->effect == EVENT_EFFECT_READ || tool->hints.len == 0 ||
        json_parse(looking->arena, tool->hints, NULL, &error, &doc) != JSON_PARSED ||
        !json_is_true(json_get(doc.root, "readOnlyHint")))
        return;
    *VEC_PUSH(&looking->found) = (struct catalog_finding){
        .rule = STR("lying_hint"),
        .sentence = str_printf(looking->arena,
                               "It says that it only reads; its name or description says that it "
                               "does more. It counts as %.*s.",
                               STR_ARG(event_effect_name(tool->effect)))
    };
}

size_t catalog_findings(const struct catalog_tool *tool, struct arena *arena,
                        struct catalog_finding **ret_findings)
{
    struct looking looking = { .arena = arena };

    hint_look(&looking, tool);
    name_look(&looking, tool->name);
    place_look(&looking, "title", tool->title);
    place_look(&looking, "description", tool->description);
    json_look(&looking, "argument schema", tool->input);
    json_look(&looking, "result schema", tool->output);
    json_look(&looking, "hints", tool->hints);
    size_t count = looking.found.count;
    *ret_findings = ARENA_ARRAY(arena, struct catalog_finding, count);
    if (count > 0)
        memcpy(*ret_findings, looking.found.at, count * sizeof(struct catalog_finding));
    VEC_FINI(&looking.found);
    return count;
}
