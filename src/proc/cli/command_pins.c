/*
 * writ sources diff, approve, reject: what a source offers against what was approved.
 *
 * The daemon gives the differences in parts; they are put together here, and read here: which
 * member of which schema changed is found in this process, not in the daemon's turn.
 */
#include "base/map.h"
#include "base/vec.h"
#include "format/json/out.h"
#include "proc/cli/client.h"
#include "proc/cli/compare.h"
#include "proc/cli/pins.h"

/* What a list needs is much less than all of it. */
#define BRIEF "&brief=true"
#define WHOLE ""
/* More tools than that are shown as how many of each kind there are, and the first of them. */
#define WHOLE_MAX  60U
#define FIRST_MAX  20U
#define GROUPS_MAX 40U

struct changes {
    struct list VEC(const struct json_value *) all;
    struct str digest;
};

static struct str pins_path(struct cli *cli, const char *name, const char *what)
{
    return str_printf(cli->arena, "/v1/sources/%.*s/%s",
                      STR_ARG(cli_percent(cli->arena, str_from(name))), what);
}

/* tool: NULL is all. how: what else the daemon is asked. */
static int changes_get(struct cli *cli, const char *name, const char *tool, const char *how,
                       struct changes *changes)
{
    const struct json_value *root = NULL, *change;
    struct str path = pins_path(cli, name, "diff"), query = STR("?from=0");

    if (tool)
        query =
            str_printf(cli->arena, "?tool=%.*s", STR_ARG(cli_percent(cli->arena, str_from(tool))));
    do {
        int r = client_get_kept(
            cli, str_printf(cli->arena, "%.*s%.*s%s", STR_ARG(path), STR_ARG(query), how), &root);
        struct json_iter iter = json_iter(json_get(root, "changes"));

        if (r != CLI_DONE)
            return r;
        while ((change = json_next(&iter)))
            *VEC_PUSH(&changes->all) = change;
        changes->digest = json_get_str(root, "digest");
        query = str_printf(cli->arena, "?from=%llu",
                           (unsigned long long)json_u64_or(json_get(root, "next"), 0));
    } while (json_is_number(json_get(root, "next")));
    return CLI_DONE;
}

/* named: exactly those that the person named. */
static int changes_asked(struct cli *cli, const char *name, bool named, const char *how,
                         struct changes *changes)
{
    const char *tool;
    int r = CLI_DONE;

    if (!named)
        return changes_get(cli, name, NULL, how, changes);
    for (size_t i = 1; r == CLI_DONE && (tool = args_word(&cli->args, i)); i++)
        r = changes_get(cli, name, tool, how, changes);
    return r;
}

static bool is_rejected(const struct json_value *change)
{
    return json_is_true(json_get(change, "rejected"));
}

static bool is_gone(const struct json_value *change)
{
    return str_is(json_get_str(change, "change"), "gone");
}

/* Can it be approved, and does it wait for that? */
static bool is_waiting(const struct json_value *change)
{
    return !is_gone(change) && !is_rejected(change);
}

/* ---- what differs, for people ---- */

static void finding_show(struct cli *cli, const struct json_value *change, struct str others,
                         const struct json_value *finding, struct buf *out)
{
    buf_printf(out, "! %.*s%.*s: %.*s (%.*s)\n", STR_ARG(cli_field(cli, change, "address")),
               STR_ARG(others), STR_ARG(cli_field(cli, finding, "sentence")),
               STR_ARG(cli_field(cli, finding, "rule")));
}

static void findings_show(struct cli *cli, const struct json_value *change, struct buf *out)
{
    struct json_iter iter = json_iter(json_get(change, "findings"));
    const struct json_value *finding;

    while ((finding = json_next(&iter)))
        finding_show(cli, change, STR_NULL, finding, out);
}

/* How many tools each sentence is said of. */
static void findings_count(struct cli *cli, const struct json_value *change, struct map *counts)
{
    struct json_iter iter = json_iter(json_get(change, "findings"));
    const struct json_value *finding;

    while ((finding = json_next(&iter))) {
        struct str sentence = json_get_str(finding, "sentence");
        size_t *count = map_find(counts, sentence);

        if (!count) {
            count = ARENA_NEW(cli->arena, size_t);
            (void)map_put(counts, sentence, count);
        }
        (*count)++;
    }
}

/* What is said of many, as of a definition that they share, is said once. */
static void findings_show_once(struct cli *cli, const struct json_value *change, struct map *counts,
                               struct buf *out)
{
    struct json_iter iter = json_iter(json_get(change, "findings"));
    const struct json_value *finding;

    while ((finding = json_next(&iter))) {
        size_t *count = map_find(counts, json_get_str(finding, "sentence"));

        if (!count || *count == 0)
            continue;
        finding_show(cli, change,
                     *count > 1 ? str_printf(cli->arena, " and %zu more", *count - 1) : STR_NULL,
                     finding, out);
        *count = 0;
    }
}

static void block_show(struct buf *out, struct str text)
{
    while (text.ptr) {
        buf_add_c(out, "    ");
        text_add_clean(out, str_split(&text, '\n'), false);
        buf_add_char(out, '\n');
    }
}

static void field_show(struct cli *cli, const struct json_value *field,
                       const struct compare *compare)
{
    const struct json_value *before = json_get(field, "before"), *after = json_get(field, "after");

    buf_add_c(compare->out, "  ");
    buf_add_str(compare->out, cli_field(cli, field, "field"));
    if (json_get(field, "name")) {
        buf_add_char(compare->out, ' ');
        buf_add_str(compare->out, cli_field(cli, field, "name"));
    }
    buf_add_char(compare->out, '\n');
    if ((!before || json_is_string(before)) && (!after || json_is_string(after)))
        compare_text(compare, json_get_str(field, "before"), json_get_str(field, "after"));
    else
        compare_json(compare, before, after);
}

static void change_show(struct cli *cli, const struct json_value *change,
                        const struct compare *compare)
{
    struct buf *out = compare->out;
    struct json_iter fields = json_iter(json_get(change, "fields"));
    const struct json_value *field;

    buf_add_str(out, cli_field(cli, change, "address"));
    buf_printf(out, "  %.*s%s, ", STR_ARG(cli_field(cli, change, "change")),
               is_rejected(change) ? ", rejected" : "");
    buf_add_str(out, cli_field(cli, change, "effect"));
    buf_add_char(out, '\n');
    if (json_get(change, "typescript"))
        block_show(out, str_trim(json_get_str(change, "typescript")));
    while ((field = json_next(&fields)))
        field_show(cli, field, compare);
    findings_show(cli, change, out);
}

/* Those that were rejected are a line each, unless they were asked for. */
static void changes_show(struct cli *cli, const struct changes *changes, bool whole,
                         const struct compare *compare)
{
    for (size_t i = 0; i < changes->all.count; i++) {
        const struct json_value *change = changes->all.at[i];

        if (whole || !is_rejected(change))
            change_show(cli, change, compare);
        else
            buf_printf(compare->out, "%.*s  rejected\n",
                       STR_ARG(cli_field(cli, change, "address")));
    }
}

static void changes_print_json(struct cli *cli, const char *name, const struct changes *changes)
{
    struct json_out out = json_out(&cli->out);

    json_out_object(&out);
    json_out_key(&out, "source");
    json_out_str(&out, str_from(name));
    json_out_key(&out, "digest");
    json_out_str(&out, changes->digest);
    json_out_key(&out, "changes");
    json_out_array(&out);
    for (size_t i = 0; i < changes->all.count; i++)
        json_out_value(&out, changes->all.at[i]);
    json_out_end(&out);
    json_out_end(&out);
    buf_add_char(&cli->out, '\n');
}

int command_sources_diff(struct cli *cli)
{
    const char *name = args_word(&cli->args, 0), *tool = args_word(&cli->args, 1);
    const struct compare compare = { cli->arena, &cli->out, cli->color };
    struct changes changes = { 0 };
    int r = changes_get(cli, name, tool, WHOLE, &changes);

    if (r == CLI_DONE && cli->json)
        changes_print_json(cli, name, &changes);
    else if (r == CLI_DONE && changes.all.count == 0)
        cli_say(cli,
                tool ? "%s waits for nothing: it is as it was approved, or not offered"
                     : "nothing of %s waits: every tool is as it was approved",
                tool ? tool : name);
    else if (r == CLI_DONE)
        changes_show(cli, &changes, tool != NULL, &compare);
    VEC_FINI(&changes.all);
    return r;
}

/* ---- approving ---- */

/* Does a person mean this tool? By its address, its path, or its name upstream. */
static bool is_called(const struct json_value *change, struct str tool)
{
    struct str path = json_get_str(change, "address");

    if (str_equal(tool, path) || str_equal(tool, json_get_str(change, "name")))
        return true;
    (void)str_split(&path, '.');
    return str_equal(tool, path);
}

/* The class that --effect TOOL=CLASS gives to the tool; null: none. */
static struct str effect_given(const struct cli *cli, const struct json_value *change)
{
    for (size_t i = 0; i < cli->args.given_count; i++) {
        struct str effect = str_from(cli->args.given[i].value);
        struct str tool;

        if (strcmp(cli->args.given[i].option->name, "effect") != 0)
            continue;
        tool = str_split(&effect, '=');
        if (is_called(change, tool))
            return effect;
    }
    return STR_NULL;
}

struct counts {
    size_t tools, reads, writes, destructive, findings;
};

static void count_add(struct counts *counts, struct str effect, const struct json_value *change)
{
    counts->tools++;
    counts->reads += str_is(effect, "read");
    counts->writes += str_is(effect, "write");
    counts->destructive += str_is(effect, "destructive");
    counts->findings += json_count(json_get(change, "findings"));
}

static void counts_show(const struct counts *counts, struct buf *out)
{
    buf_printf(out, "%zu tools: %zu read, %zu write, %zu destructive", counts->tools, counts->reads,
               counts->writes, counts->destructive);
    if (counts->findings > 0)
        buf_printf(out, "; %zu findings, marked with !", counts->findings);
    buf_add_char(out, '\n');
}

static void table_show(struct cli *cli, struct text_table *table, struct buf *out)
{
    table->width = cli->err_width;
    table->color = cli->err_color;
    if (table->cell_count > 0)
        text_table_print(table, out);
}

/* source.first.* of source.first.second */
static struct str prefix_of(struct cli *cli, struct str address)
{
    size_t source = str_find_char(address, '.');
    size_t first = source == SIZE_MAX
                       ? SIZE_MAX
                       : str_find_char(str_slice(address, source + 1, address.len), '.');
    size_t len = first == SIZE_MAX ? source : source + 1 + first;

    return str_printf(cli->arena, "%.*s.*", STR_ARG(str_slice(address, 0, len)));
}

/* How many of which class stand under which beginning. */
static void groups_show(struct cli *cli, const struct map *groups, struct buf *out)
{
    struct map_entry *entry;
    struct text_table table;
    size_t shown = 0;

    text_table_init(&table, cli->arena, "UNDER|>READ|>WRITE|>DESTRUCTIVE");
    for (size_t at = 0; shown < GROUPS_MAX && (entry = map_next(groups, &at)); shown++) {
        const struct counts *counts = entry->value;

        text_table_add(&table, entry->key);
        text_table_add(&table, str_printf(cli->arena, "%zu", counts->reads));
        text_table_add(&table, str_printf(cli->arena, "%zu", counts->writes));
        text_table_add(&table, str_printf(cli->arena, "%zu", counts->destructive));
    }
    table_show(cli, &table, out);
    if (groups->count > shown)
        buf_printf(out, "and under %zu more\n", groups->count - shown);
}

static struct str effect_of(const struct cli *cli, const struct json_value *change)
{
    struct str given = effect_given(cli, change);

    return given.ptr ? given : json_get_str(change, "effect");
}

static bool is_shown(const struct json_value *change, bool named)
{
    return !is_gone(change) && (named || !is_rejected(change));
}

/* All of them are counted; so many are in the table. */
static void rows_show(struct cli *cli, const struct changes *changes, bool named, size_t most,
                      struct buf *out)
{
    struct text_table table;

    text_table_init(&table, cli->arena, "TOOL|EFFECT|CHANGE|DESCRIPTION");
    for (size_t i = 0; i < changes->all.count && most > 0; i++) {
        const struct json_value *change = changes->all.at[i];
        struct str effect = effect_of(cli, change);

        if (!is_shown(change, named))
            continue;
        text_table_add(&table, cli_field(cli, change, "address"));
        text_table_add_color(&table, effect, cli_effect_color(effect));
        text_table_add(&table, cli_field(cli, change, "change"));
        text_table_add(&table, cli_field(cli, change, "description"));
        most--;
    }
    table_show(cli, &table, out);
}

static struct counts counts_get(struct cli *cli, const struct changes *changes, bool named,
                                struct map *groups)
{
    struct counts all = { 0 };

    for (size_t i = 0; i < changes->all.count; i++) {
        const struct json_value *change = changes->all.at[i];
        struct str prefix = prefix_of(cli, json_get_str(change, "address"));
        struct counts *group = map_find(groups, prefix);

        if (!is_shown(change, named))
            continue;
        if (!group) {
            group = ARENA_NEW(cli->arena, struct counts);
            (void)map_put(groups, prefix, group);
        }
        count_add(&all, effect_of(cli, change), change);
        count_add(group, effect_of(cli, change), change);
    }
    return all;
}

/* What would be approved, with what looks strange below: as a table, or, where that is long, as
 * its beginning and how many there are of each kind. */
static size_t approval_show(struct cli *cli, const char *name, const struct changes *changes,
                            bool named, struct buf *out)
{
    struct map groups = MAP_INIT, told = MAP_INIT;
    struct counts counts = counts_get(cli, changes, named, &groups);
    bool whole = counts.tools <= WHOLE_MAX;

    rows_show(cli, changes, named, whole ? counts.tools : FIRST_MAX, out);
    if (!whole) {
        buf_printf(out,
                   "and %zu more; `writ sources show %s` lists all, `writ sources diff %s` shows "
                   "them whole,\nonce approved `writ tools search --source %s` finds them\n\n",
                   counts.tools - FIRST_MAX, name, name, name);
        groups_show(cli, &groups, out);
    }
    map_fini(&groups);
    for (size_t i = 0; i < changes->all.count; i++) {
        if (named || is_waiting(changes->all.at[i]))
            findings_count(cli, changes->all.at[i], &told);
    }
    for (size_t i = 0; i < changes->all.count; i++) {
        if (named || is_waiting(changes->all.at[i]))
            findings_show_once(cli, changes->all.at[i], &told, out);
    }
    map_fini(&told);
    if (counts.tools > 1)
        counts_show(&counts, out);
    return counts.tools;
}

static bool effect_next(struct cli *cli, size_t *at, struct str *ret_tool, struct str *ret_effect)
{
    for (; *at < cli->args.given_count; (*at)++) {
        if (strcmp(cli->args.given[*at].option->name, "effect") != 0)
            continue;
        *ret_effect = str_from(cli->args.given[(*at)++].value);
        *ret_tool = str_split(ret_effect, '=');
        return true;
    }
    return false;
}

/* Classes given to tools that wait for nothing. */
static bool effects_show(struct cli *cli, const struct changes *changes, struct buf *out)
{
    struct str tool, effect;
    bool any = false;

    for (size_t at = 0; effect_next(cli, &at, &tool, &effect);) {
        bool shown = false;

        for (size_t j = 0; j < changes->all.count; j++)
            shown = shown || is_called(changes->all.at[j], tool);
        if (!shown)
            buf_printf(out, "%.*s becomes %.*s\n", STR_ARG(text_clean(cli->arena, tool)),
                       STR_ARG(text_clean(cli->arena, effect)));
        any = true;
    }
    return any;
}

static void diff_note(struct cli *cli, const char *name, bool named)
{
    BUF_CLEANUP struct buf shown = BUF_INIT;
    const struct compare compare = { cli->arena, &shown, cli->err_color };
    struct changes whole = { 0 };

    if (changes_asked(cli, name, named, WHOLE, &whole) == CLI_DONE) {
        changes_show(cli, &whole, named, &compare);
        cli_note(cli, str_trim(buf_str(&shown)));
    }
    VEC_FINI(&whole.all);
}

/* Whether what is shown may be called; shows all of it to who wants to see it. */
static bool approval_confirm(struct cli *cli, const char *name, bool named, size_t count)
{
    const char *question = count == 1
                               ? "Make this tool callable as shown? [y/N], [s]how all of it: "
                               : "Make these tools callable as shown? [y/N], [s]how all of it: ";
    struct str answer;

    while (cli_ask(cli, question, &answer)) {
        if (str_is(answer, "y") || str_is(answer, "yes"))
            return true;
        if (!str_is(answer, "s") && !str_is(answer, "show"))
            return false;
        diff_note(cli, name, named);
    }
    return false;
}

static void words_print(struct cli *cli, size_t from, struct json_out *out)
{
    json_out_key(out, "tools");
    json_out_array(out);
    for (size_t i = from; args_word(&cli->args, i); i++)
        json_out_str(out, str_from(args_word(&cli->args, i)));
    json_out_end(out);
}

/* Before anything is shown of them. */
static int effects_check(struct cli *cli)
{
    struct str tool, effect;

    for (size_t at = 0; effect_next(cli, &at, &tool, &effect);)
        if (!str_is(effect, "read") && !str_is(effect, "write") && !str_is(effect, "destructive"))
            return cli_fail(cli, CLI_USAGE, NULL,
                            "--effect takes TOOL=read, TOOL=write or TOOL=destructive; this is %s",
                            cli->args.given[at - 1].value);
    return CLI_DONE;
}

static void effects_print(struct cli *cli, struct json_out *out)
{
    struct str tool, effect;

    json_out_key(out, "effects");
    json_out_object(out);
    for (size_t at = 0; effect_next(cli, &at, &tool, &effect);) {
        json_out_key_str(out, tool);
        json_out_str(out, effect);
    }
    json_out_end(out);
}

static int say_send(struct cli *cli, const char *name, struct str digest, const char *what,
                    struct client_response *ret)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    struct json_out out = json_out(&body);
    bool approve = strcmp(what, "approve") == 0;
    bool named = cli->args.command && strstr(cli->args.command->name, what);

    json_out_object(&out);
    json_out_key(&out, "digest");
    json_out_str(&out, digest);
    /* The words of `sources add` are no tools. */
    if (named)
        words_print(cli, 1, &out);
    if (named && approve)
        effects_print(cli, &out);
    json_out_end(&out);
    return client_ask(cli, "POST", pins_path(cli, name, what), buf_str(&body), ret);
}

static int approved_say(struct cli *cli, const char *name, size_t count, struct str digest,
                        const struct client_response *response)
{
    uint64_t waiting = json_u64_or(json_get(response->body, "waiting_count"), 0);

    if (cli->json) {
        cli_print_json(cli, response->body);
        return CLI_DONE;
    }
    cli_say(cli, "%s: %zu tool%s approved at %.12s", name, count, count == 1 ? "" : "s",
            digest.ptr ? digest.ptr : "");
    if (waiting > 0)
        cli_say(cli, "%llu more wait; `writ sources diff %s` shows them",
                (unsigned long long)waiting, name);
    return CLI_DONE;
}

/* named: exactly these were asked for, also where they were rejected before. */
static int approve(struct cli *cli, const char *name, const struct changes *changes, bool named)
{
    BUF_CLEANUP struct buf shown = BUF_INIT;
    struct client_response response;
    size_t count = approval_show(cli, name, changes, named, &shown);

    bool chosen = effects_show(cli, changes, &shown);
    int r;

    if (count == 0 && !chosen && !named) {
        cli_say(cli, "nothing waits: every tool is as it was approved, or was rejected");
        return CLI_DONE;
    }
    if (shown.len > 0)
        cli_note(cli, str_trim(buf_str(&shown)));
    if ((count > 0 || chosen) && !args_has(&cli->args, "yes") &&
        !approval_confirm(cli, name, named, count))
        return cli_fail(
            cli, CLI_WAITING,
            str_printf(cli->arena, "`writ sources approve %s` makes them callable.", name).ptr,
            "not approved: none of them is callable");
    r = say_send(cli, name, changes->digest, "approve", &response);
    return r == CLI_DONE ? approved_say(cli, name, count, changes->digest, &response) : r;
}

/* named: those of the words after the source's name; else all that waits. */
static int approve_asked(struct cli *cli, const char *name, bool named)
{
    struct changes changes = { 0 };
    int r = changes_asked(cli, name, named, BRIEF, &changes);

    if (r == CLI_DONE)
        r = approve(cli, name, &changes, named);
    VEC_FINI(&changes.all);
    return r;
}

int cli_pins_approve(struct cli *cli, const char *name)
{
    return approve_asked(cli, name, false);
}

int command_sources_approve(struct cli *cli)
{
    int r = effects_check(cli);

    return r == CLI_DONE ? approve_asked(cli, args_word(&cli->args, 0), args_word(&cli->args, 1))
                         : r;
}

int command_sources_reject(struct cli *cli)
{
    const char *name = args_word(&cli->args, 0);
    const struct json_value *root = NULL;
    struct client_response response;
    uint64_t rejected;
    int r = client_get_kept(cli, pins_path(cli, name, "diff?tool=-"), &root);

    if (r == CLI_DONE)
        r = say_send(cli, name, json_get_str(root, "digest"), "reject", &response);
    if (r != CLI_DONE)
        return r;
    rejected = json_u64_or(json_get(response.body, "rejected_count"), 0);
    if (cli->json)
        cli_print_json(cli, response.body);
    else if (rejected == 0)
        cli_say(cli, "nothing waits, so nothing was rejected; name a tool to reject what is "
                     "approved");
    else
        cli_say(cli,
                "%s: %llu rejected: nobody can call them, and they are not asked for "
                "again as they are",
                name, (unsigned long long)rejected);
    return CLI_DONE;
}
