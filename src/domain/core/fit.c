/*
 * Do arguments fit, does an answer conform? Schemas are compiled when first needed and kept by
 * the digest of their tool; a schema that cannot be compiled refuses arguments by saying so, and
 * leaves answers unchecked.
 */
#include "domain/catalog/reference.h"
#include "domain/core/internal.h"
#include "format/json/out.h"
#include "format/json/swap.h"
#include "format/schema/schema.h"

/* Compiled schemas kept; beyond it all are dropped and made anew as needed. */
#define CORE_FITS_MAX  4096U
#define CORE_STEPS_MAX 200000U
/* Bytes of problems, in a sentence and as data. */
#define CORE_SAID_MAX 8192U
#define CORE_TOLD_MAX 32768U

struct core_fit {
    struct arena *arena;
    char key[DIGEST_LEN + 1];
    const struct schema *schema; /* NULL: it cannot be compiled */
    struct str problem;
};

static void core_fits_clear(struct core *core)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&core->fits, &at));)
        (void)arena_free(((struct core_fit *)entry->value)->arena);
    map_fini(&core->fits);
}

void core__fits_free(struct core *core)
{
    core_fits_clear(core);
    core->validator = schema_validator_free(core->validator);
}

static void core_fit_compile(struct core_fit *fit, struct str text)
{
    struct arena *scratch CLEANUP(arena_free) = arena_new(0);
    struct report *report = ARENA_NEW(scratch, struct report);
    struct json_error error;
    struct json_doc doc;

    report_init(report, scratch);
    if (json_parse(scratch, text, NULL, &error, &doc) != JSON_PARSED)
        fit->problem = str_copy(fit->arena, str_from(error.sentence));
    else if (schema_compile(fit->arena, doc.root, NULL, report, &fit->schema) != SCHEMA_COMPILED)
        fit->problem = str_printf(fit->arena, "%.*s %.*s", STR_ARG(report->problems[0].path),
                                  STR_ARG(report->problems[0].sentence));
}

static const struct core_fit *core_fit(struct core *core, const struct catalog_tool *tool,
                                       bool output)
{
    struct core_fit *fit;
    struct arena *arena;
    char key[DIGEST_LEN + 1];

    memcpy(key, tool->digest.bytes, DIGEST_LEN);
    key[DIGEST_LEN] = output ? 'o' : 'i';
    fit = map_find(&core->fits, str_of(key, sizeof(key)));
    if (fit)
        return fit;
    if (core->fits.count >= CORE_FITS_MAX)
        core_fits_clear(core);
    arena = arena_new(0);
    fit = ARENA_NEW(arena, struct core_fit);
    fit->arena = arena;
    memcpy(fit->key, key, sizeof(key));
    struct buf text BUF_CLEANUP = BUF_INIT;
    catalog_schema_print(tool, output, &text);
    core_fit_compile(fit, buf_str(&text));
    (void)map_put(&core->fits, str_of(fit->key, sizeof(fit->key)), fit);
    return fit;
}

/* report: NULL where only yes or no is asked. */
static enum core_fits core_check(struct core *core, struct arena *turn, const struct core_fit *fit,
                                 struct str text, struct report *report)
{
    struct json_error error;
    struct json_doc doc;

    if (!core->validator) {
        core->validator = schema_validator_new();
        schema_validator_steps(core->validator, CORE_STEPS_MAX);
    }
    if (json_parse(turn, text, NULL, &error, &doc) != JSON_PARSED) {
        if (report)
            report_add(report, STR(""), "syntax", "is no JSON: %s", error.sentence);
        return CORE_FITS_NOT;
    }
    if (!fit->schema)
        return CORE_FITS_UNCHECKED;
    switch ((enum schema_answer)schema_validate(core->validator, fit->schema, doc.root, report)) {
    case SCHEMA_VALID:
        return CORE_FITS;
    case SCHEMA_INVALID:
        return CORE_FITS_NOT;
    case SCHEMA_TOO_COSTLY:
        break;
    }
    if (report)
        report_add(report, STR(""), "limit", "is too costly to check against its schema");
    return CORE_FITS_UNCHECKED;
}

/*
 * The arguments with a text for each artifact that they name: for those that say $as, or else, of
 * a tool of MCP, for all. Null: there is none.
 */
static struct str core_texts(const struct catalog_tool *tool, struct str args, struct arena *turn,
                             bool *ret_said)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    const struct json_value *at = NULL;
    struct core_swaps VEC(struct json_swap) swaps = { 0 };
    struct json_error error;
    struct json_doc doc;

    *ret_said = false;
    if (core_is_own(tool->address) || str_find(args, STR("$artifact")) == SIZE_MAX ||
        json_parse(turn, args, NULL, &error, &doc) != JSON_PARSED)
        return STR_NULL;
    *ret_said = catalog_says_text(doc.root);
    if (!*ret_said && tool->plan.ptr)
        return STR_NULL;
    while ((at = catalog_reference_next(doc.root, *ret_said, at)))
        *VEC_PUSH(&swaps) = (struct json_swap){ at, STR("AAAA") };
    json_print_swapped(&text, doc.root, swaps.at, swaps.count);
    VEC_FINI(&swaps);
    return str_copy(turn, buf_str(&text));
}

bool core__args_are_texts(struct core *core, const struct catalog_tool *tool, struct str args,
                          struct arena *turn)
{
    bool said = false;
    struct str texts = tool->input.ptr ? core_texts(tool, args, turn, &said) : STR_NULL;
    const struct core_fit *fit = texts.ptr && !said ? core_fit(core, tool, false) : NULL;

    return fit && core_check(core, turn, fit, args, NULL) == CORE_FITS_NOT &&
           core_check(core, turn, fit, texts, NULL) == CORE_FITS;
}

/*
 * With the texts that are said, or as it is. What does not fit as it is may fit with texts; else
 * what is wrong beside that is said.
 */
enum core_fits core__args_fit(struct core_turn *turn, const struct catalog_tool *tool,
                              struct str args, struct report *report)
{
    struct arena *arena = turn->update->turn;
    const struct core_fit *fit;
    enum core_fits fits;
    struct str texts;
    bool said;

    if (!tool->input.ptr)
        return CORE_FITS;
    args = args.ptr ? args : STR("{}");
    texts = core_texts(tool, args, arena, &said);
    fit = core_fit(turn->core, tool, false);
    fits =
        core_check(turn->core, arena, fit, said ? texts : args, texts.ptr && !said ? NULL : report);
    if (fits != CORE_FITS && texts.ptr && !said)
        fits = core_check(turn->core, arena, fit, texts, report);
    if (fits == CORE_FITS_UNCHECKED && !fit->schema)
        report_add(report, STR(""), "schema",
                   "cannot be checked, the tool's own schema is wrong: %.*s",
                   STR_ARG(fit->problem));
    return fits;
}

enum core_fits core__result_fits(struct core_turn *turn, const struct catalog_tool *tool,
                                 struct str value, struct report *report)
{
    if (!tool || !tool->output.ptr || !value.ptr)
        return CORE_FITS_UNCHECKED;
    return core_check(turn->core, turn->update->turn, core_fit(turn->core, tool, true), value,
                      report);
}

/* ---- what does not fit, told ---- */

struct str core__problems_say(struct arena *arena, const struct report *report, const char *whole)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    size_t left = report->count + report->dropped;

    for (size_t i = 0; i < report->count && out.len < CORE_SAID_MAX; i++, left--) {
        const struct problem *problem = &report->problems[i];

        buf_printf(&out, "%s%.*s %.*s (%.*s)", i ? "; " : "",
                   STR_ARG(problem->path.len ? problem->path : str_from(whole)),
                   STR_ARG(problem->sentence), STR_ARG(problem->rule));
    }
    if (left > 0)
        buf_printf(&out, "; and %zu more", left);
    return str_copy(arena, buf_str(&out));
}

struct str core__problems_print(struct arena *arena, const struct report *report)
{
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct json_out out = json_out(&text);
    size_t left = report->count + report->dropped;

    json_out_object(&out);
    json_out_key(&out, "problems");
    json_out_array(&out);
    for (size_t i = 0; i < report->count && text.len < CORE_TOLD_MAX; i++, left--) {
        json_out_object(&out);
        json_out_member_str(&out, "path", report->problems[i].path);
        json_out_member_str(&out, "keyword", report->problems[i].rule);
        json_out_member_str(&out, "message", report->problems[i].sentence);
        json_out_end(&out);
    }
    json_out_end(&out);
    if (left > 0) {
        json_out_key(&out, "more");
        json_out_u64(&out, left);
    }
    json_out_end(&out);
    return str_copy(arena, buf_str(&text));
}
