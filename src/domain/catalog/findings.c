/*
 * What a person should know before approving a tool: text that people do not see and models do,
 * and text that speaks to the model about more than this tool.
 *
 * Looked at are the name, the title, the description, every text of both schemas and of the hints,
 * and of the definitions that the schemas refer to. Each rule speaks once for each of those places
 * and quotes what it found, with all that cannot be seen written as U+XXXX. A finding refuses
 * nothing: it is for the person.
 */
#include "base/vec.h"
#include "domain/catalog/internal.h"
#include "format/json/json.h"

#define QUOTE_MAX    80U
#define FINDINGS_MAX 64U
#define FAR_BLANKS   100U
#define ENCODED_RUN  160U

struct finding_vec VEC(struct catalog_finding);

struct looking {
    struct arena *arena;
    struct finding_vec found;
    const char *place;
    unsigned said; /* rules that spoke for this place already */
    struct catalog__phrases phrases;
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
    uint32_t before = 0;
    size_t at = 0;

    while (at < text.len) {
        size_t from = at;
        uint32_t c = (unsigned char)text.ptr[at];

        if (c >= ' ' && c <= '~') {
            at++;
        } else {
            c = catalog__code_next(text, &at);
            if (!catalog__code_is_joint(before, c))
                code_look(looking, text, from, c);
        }
        before = c;
    }
}

static void phrases_look(struct looking *looking, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        enum catalog__phrase phrase = catalog__phrase_at(&looking->phrases, text, i);

        if (phrase == CATALOG__MARKUP)
            say(looking, RULE_MARKUP,
                str_printf(looking->arena, "The %s has markup that is meant for a model: %.*s",
                           looking->place, STR_ARG(quote(looking, text, i))));
        else if (phrase == CATALOG__INSTRUCTIONS)
            say(looking, RULE_INSTRUCTIONS,
                str_printf(looking->arena, "The %s gives instructions beyond this tool: %.*s",
                           looking->place, STR_ARG(quote(looking, text, i))));
    }
}

/* ---- runs ---- */

/* A run of what base64, base32 or hexadecimal is written with. */
struct run {
    size_t len;
    size_t small, large, digits, dashes;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What pictures and keys that are shown as examples begin with: bytes of a form that is known. */
static bool is_known(struct str text)
{
    static const char *const begins[] = { "iVBORw0KGgo", "/9j/4", "R0lGOD", "AAAAB3NzaC1" };

    for (size_t i = 0; i < ARRAY_COUNT(begins); i++) {
        if (str_starts(text, str_from(begins[i])))
            return true;
    }
    return false;
}

static void run_add(struct run *run, char c)
{
    bool small = c >= 'a' && c <= 'z', large = c >= 'A' && c <= 'Z', digit = c >= '0' && c <= '9';

    if (!small && !large && !digit && !(c && strchr("+/=_-", c))) {
        *run = (struct run){ .len = 0 };
        return;
    }
    run->len++;
    run->small += small;
    run->large += large;
    run->digits += digit;
    run->dashes += c == '-';
}

/* Addresses, names in capitals and lists with dashes are no code: bytes have digits among letters.
 */
static bool run_is_encoded(const struct run *run)
{
    size_t letters = run->small + run->large;

    return run->len >= ENCODED_RUN && run->digits * 20 >= run->len && letters * 32 >= run->len &&
           run->dashes * 16 <= run->len &&
           (run->large == 0 || run->small == 0 || run->large * 6 >= run->len);
}

/* A row of a table is wide because its cells are. */
static bool is_cell(struct str text)
{
    return text.len == 0 || text.ptr[0] == '|';
}

static void far_say(struct looking *looking, struct str text, size_t at)
{
    struct str far = str_trim(str_slice(text, at, text.len));

    if (!is_cell(far))
        say(looking, RULE_FAR,
            str_printf(looking->arena,
                       "The %s has text far out of sight, behind 100 blanks or more: %.*s",
                       looking->place, STR_ARG(quote(looking, far, 0))));
}

static void runs_look(struct looking *looking, struct str text)
{
    struct run run = { .len = 0 };
    size_t blank = 0;

    if (text.len < FAR_BLANKS)
        return;
    for (size_t i = 0; i < text.len; i++) {
        blank = is_blank(text.ptr[i]) ? blank + 1 : 0;
        if (blank == FAR_BLANKS)
            far_say(looking, text, i);
        run_add(&run, text.ptr[i]);
        if (run_is_encoded(&run) && !is_known(str_slice(text, i + 1 - run.len, text.len)))
            say(looking, RULE_ENCODED,
                str_printf(looking->arena,
                           "The %s has a long run of letters that is no language: %.*s",
                           looking->place, STR_ARG(quote(looking, text, i - 100))));
    }
}

static void text_look(struct looking *looking, struct str text)
{
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

/* What a definition is marked with, once it was looked at: many tools may need it. */
enum { MARK_NEW, MARK_CLEAN, MARK_FOUND };

static void definition_look(struct looking *looking, struct listing_def def, uint8_t *mark)
{
    size_t before = looking->found.count;
    struct str place;

    if (*mark == MARK_CLEAN)
        return;
    place = str_printf(looking->arena, "definition %.*s", STR_ARG(quote(looking, def.name, 0)));
    json_look(looking, place.ptr, def.text);
    *mark = looking->found.count > before ? MARK_FOUND : MARK_CLEAN;
}

static void definitions_look(struct looking *looking, const struct catalog_tool *tool)
{
    const struct catalog__artifact *artifact;
    struct listing_tool held;

    if (!tool->listing)
        return;
    artifact = container_of(tool->listing, struct catalog__artifact, listing);
    held = listing_tool_at(tool->listing, tool->index);
    for (uint32_t i = 0; i < held.needs_count && looking->found.count < FINDINGS_MAX; i++)
        definition_look(looking, listing_need(tool->listing, &held, i),
                        &artifact->marks[listing_need_index(tool->listing, &held, i)]);
}

size_t catalog_findings(const struct catalog_tool *tool, struct arena *arena,
                        struct catalog_finding **ret_findings)
{
    struct looking looking = { .arena = arena };

    catalog__phrases_init(&looking.phrases);
    hint_look(&looking, tool);
    name_look(&looking, tool->name);
    place_look(&looking, "title", tool->title);
    place_look(&looking, "description", tool->description);
    json_look(&looking, "argument schema", tool->input);
    json_look(&looking, "result schema", tool->output);
    json_look(&looking, "list of hints", tool->hints);
    definitions_look(&looking, tool);
    size_t count = looking.found.count;
    *ret_findings = ARENA_ARRAY(arena, struct catalog_finding, count);
    if (count > 0)
        memcpy(*ret_findings, looking.found.at, count * sizeof(struct catalog_finding));
    VEC_FINI(&looking.found);
    return count;
}
