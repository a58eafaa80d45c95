/* writ sources: where tools come from is listed, shown, asked again, removed. */
#include "format/json/out.h"
#include "proc/cli/client.h"
#include "proc/cli/document.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static struct str sources_path(struct cli *cli, const char *name, const char *what)
{
    return str_printf(cli->arena, "/v1/sources/%.*s%s",
                      STR_ARG(cli_percent(cli->arena, str_from(name))), what);
}

static enum text_color sources_color(struct str state)
{
    if (str_is(state, "connected"))
        return TEXT_GREEN;
    if (str_is(state, "error"))
        return TEXT_RED;
    return TEXT_YELLOW;
}

struct str cli_words(struct cli *cli, const struct json_value *words)
{
    static const char plain[] = "-_./:=@%+,";
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct json_iter iter = json_iter(words);
    const struct json_value *value;

    while ((value = json_next(&iter))) {
        struct str word = json_str(value);
        bool quoted = word.len == 0;

        for (size_t i = 0; i < word.len; i++) {
            char c = word.ptr[i];

            quoted = quoted || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                 (c >= 'A' && c <= 'Z') || (c && strchr(plain, c)));
        }
        if (out.len > 0)
            buf_add_char(&out, ' ');
        if (quoted)
            buf_add_json(&out, word);
        else
            buf_add_str(&out, word);
    }
    return str_copy(cli->arena, buf_str(&out));
}

/* Why one is not as it should be: its first line; `sources show` has all. */
static void sources_print_reasons(struct cli *cli, const struct json_value *sources)
{
    struct json_iter iter = json_iter(sources);
    const struct json_value *source;

    while ((source = json_next(&iter))) {
        struct str reason = json_get_str(source, "reason");

        if (reason.len == 0)
            continue;
        buf_printf(&cli->out, "%.*s: ", STR_ARG(cli_field(cli, source, "name")));
        text_add_clean(&cli->out, str_split(&reason, '\n'), false);
        buf_add_char(&cli->out, '\n');
    }
}

static void list_one(struct cli *cli, const struct json_value *source, struct text_table *table)
{
    struct str state = cli_field(cli, source, "state");

    text_table_add(table, cli_field(cli, source, "name"));
    text_table_add_color(table, state, sources_color(state));
    text_table_add(table, cli_field(cli, source, "kind"));
    text_table_add(table, cli_field(cli, source, "tools_count"));
    text_table_add(table, cli_field(cli, source, "waiting_count"));
    text_table_add(table, json_get(source, "url") ? cli_field(cli, source, "url")
                                                  : cli_words(cli, json_get(source, "command")));
}

/* The further connections of a source stand below it. */
static void list_all(struct cli *cli, const struct json_value *sources, struct text_table *table)
{
    struct json_iter iter = json_iter(sources);
    const struct json_value *source, *other;

    while ((source = json_next(&iter))) {
        struct str name = json_get_str(source, "name");
        struct json_iter others = json_iter(json_get(source, "connections") ? sources : NULL);

        if (str_find_char(name, '@') != SIZE_MAX)
            continue;
        list_one(cli, source, table);
        while ((other = json_next(&others))) {
            struct str rest = json_get_str(other, "name");
            struct str first = str_split(&rest, '@');

            if (rest.ptr && str_equal(first, name))
                list_one(cli, other, table);
        }
    }
}

int command_sources_list(struct cli *cli)
{
    struct client_response response;
    struct text_table table;
    int r = client_ask(cli, "GET", STR("/v1/sources"), STR_NULL, &response);

    if (r != CLI_DONE)
        return r;
    if (cli->json) {
        cli_print_json(cli, response.body);
        return CLI_DONE;
    }
    text_table_init(&table, cli->arena, "NAME|STATE|KIND|>TOOLS|>WAITING|FROM");
    list_all(cli, json_get(response.body, "sources"), &table);
    if (table.cell_count == 0)
        cli_say(cli, "no sources; add one: `writ sources add NAME URL|FILE|-- COMMAND...`");
    else
        cli_print_table(cli, &table);
    sources_print_reasons(cli, json_get(response.body, "sources"));
    return CLI_DONE;
}

/* Tools as a table, with what looks strange below. */
static void sources_print_tools(struct cli *cli, const struct json_value *tools)
{
    struct json_iter iter = json_iter(tools);
    const struct json_value *tool;
    struct text_table table;

    text_table_init(&table, cli->arena, "TOOL|EFFECT|CHANGE|DESCRIPTION");
    while ((tool = json_next(&iter))) {
        struct str effect = cli_field(cli, tool, "effect");

        text_table_add(&table, cli_field(cli, tool, "address"));
        text_table_add_color(&table, effect, cli_effect_color(effect));
        text_table_add(&table, json_is_true(json_get(tool, "rejected"))
                                   ? STR("rejected")
                                   : cli_field(cli, tool, "change"));
        text_table_add(
            &table, cli_field(cli, tool,
                              json_get_str(tool, "description").len > 0 ? "description" : "title"));
    }
    if (table.cell_count > 0)
        cli_print_table(cli, &table);
    for (iter = json_iter(tools); (tool = json_next(&iter));)
        cli_print_findings(cli, tool, &cli->out);
}

static void sources_print_one(struct cli *cli, const struct json_value *source)
{
    static const char *const facts[] = { "state",  "reason", "kind",   "url",      "base_url",
                                         "server", "folder", "digest", "approved", "stderr" };
    struct buf *out = &cli->out;

    buf_printf(out, "%-10s", "name");
    buf_add_str(out, cli_field(cli, source, "name"));
    if (!json_get(source, "url")) {
        buf_printf(out, "\n%-10s", "command");
        text_add_clean(out, cli_words(cli, json_get(source, "command")), false);
    }
    buf_add_char(out, '\n');
    for (size_t i = 0; i < ARRAY_COUNT(facts); i++) {
        struct str value = cli_field(cli, source, facts[i]);

        if (str_is(value, "-"))
            continue;
        buf_printf(out, "%-10s", facts[i]);
        buf_add_str(out, value);
        buf_add_char(out, '\n');
    }
    cli_print_schemes(cli, source, out);
}

/* What is in each piece alike, once. */
static void sources_json_begin(const struct json_value *source, struct json_out *out)
{
    struct json_iter iter = json_iter(source);
    const struct json_value *value;

    json_out_object(out);
    while ((value = json_next(&iter))) {
        if (str_is(iter.key, "tools") || str_is(iter.key, "tools_next"))
            continue;
        json_out_key_str(out, iter.key);
        json_out_value(out, value);
    }
    json_out_key(out, "tools");
    json_out_array(out);
}

static void sources_json_add(const struct json_value *tools, struct json_out *out)
{
    struct json_iter iter = json_iter(tools);
    const struct json_value *tool;

    while ((tool = json_next(&iter)))
        json_out_value(out, tool);
}

static int sources_json_end(struct cli *cli, struct json_out *out)
{
    struct json_error error;
    struct json_doc doc;

    json_out_end(out);
    json_out_key(out, "tools_next");
    json_out_null(out);
    json_out_end(out);
    if (json_parse(cli->arena, buf_str(out->buf), NULL, &error, &doc) != JSON_PARSED)
        return cli_fail(cli, CLI_INTERNAL, NULL, "the answer is no JSON");
    cli_print_json(cli, doc.root);
    return CLI_DONE;
}

/* One source with all its tools, which come in pieces: as lists, or as one text. */
static int sources_print_whole(struct cli *cli, const char *name)
{
    struct client_response response;
    const struct json_value *next = NULL;
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_out out = json_out(&text);
    struct str query = STR("");
    int r;

    do {
        r = client_ask(cli, "GET",
                       str_printf(cli->arena, "%.*s%.*s", STR_ARG(sources_path(cli, name, "")),
                                  STR_ARG(query)),
                       STR_NULL, &response);
        if (r != CLI_DONE)
            return r;
        if (!next && cli->json)
            sources_json_begin(response.body, &out);
        else if (!next)
            sources_print_one(cli, response.body);
        if (cli->json)
            sources_json_add(json_get(response.body, "tools"), &out);
        else
            sources_print_tools(cli, json_get(response.body, "tools"));
        next = json_get(response.body, "tools_next");
        query = str_printf(cli->arena, "?from=%llu", (unsigned long long)json_u64_or(next, 0));
    } while (next && !json_is_null(next));
    return cli->json ? sources_json_end(cli, &out) : CLI_DONE;
}

int command_sources_show(struct cli *cli)
{
    return sources_print_whole(cli, args_word(&cli->args, 0));
}

static struct str names_of(struct cli *cli, const struct json_value *words)
{
    struct json_iter iter = json_iter(words);
    struct str names = STR("");
    const struct json_value *one;

    while ((one = json_next(&iter)))
        names = str_printf(cli->arena, "%.*s%s%.*s", STR_ARG(names), names.len ? ", " : "",
                           STR_ARG(json_str(one)));
    return names;
}

int command_sources_remove(struct cli *cli)
{
    const char *name = args_word(&cli->args, 0);
    struct client_response response;
    int r = client_ask(cli, "GET", sources_path(cli, name, ""), STR_NULL, &response);
    struct str others;

    if (r != CLI_DONE)
        return r;
    others = names_of(cli, json_get(response.body, "connections"));
    if (others.len)
        cli_note(cli, str_printf(cli->arena, "with %s go its further connections: %.*s", name,
                                 STR_ARG(others)));
    if (others.len && !args_has(&cli->args, "yes") && !cli_confirm(cli, "Remove them all? [y/N] "))
        return cli_fail(cli, CLI_REFUSED, "With --yes it is not asked.", "nothing was removed");
    r = client_ask(cli, "DELETE", sources_path(cli, name, ""), STR_NULL, &response);
    if (r != CLI_DONE)
        return r;
    if (cli->json)
        cli_print_json(cli, response.body);
    else
        cli_say(cli, "%s is removed%s%.*s", name, others.len ? ", and with it " : "",
                STR_ARG(others));
    return CLI_DONE;
}

static int sources_get(struct cli *cli, const char *name, struct client_response *ret)
{
    return client_ask(cli, "GET", sources_path(cli, name, ""), STR_NULL, ret);
}

/* A file that was given is read again from where it was, or from where it is now. */
static int refresh_document(struct cli *cli, const char *name, const char *file,
                            struct client_response *ret)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    struct json_out out = json_out(&body);
    char path[PATH_MAX];
    struct cli_document document = { .path = path, .name = name };

    if (!realpath(file, path))
        return cli_fail(cli, CLI_USAGE, "`writ sources refresh NAME FILE` reads another file.",
                        "%s: %s", file, strerror(errno));
    json_out_object(&out);
    json_out_key(&out, "document");
    json_out_str(&out, str_printf(cli->arena, "file://%s", path));
    json_out_key(&out, "further");
    json_out_bool(&out, true);
    json_out_end(&out);
    return cli_document_post(cli, &document, sources_path(cli, name, "/refresh"), buf_str(&body),
                             ret);
}

static void refresh_say(struct cli *cli, const char *name, const struct json_value *source,
                        struct str before)
{
    uint64_t waiting = json_u64_or(json_get(source, "waiting_count"), 0);

    if (str_equal(json_get_str(source, "digest"), before))
        cli_say(cli, "%s offers what it offered before", name);
    else
        cli_say(cli, "%s offers something else now", name);
    if (waiting > 0)
        cli_say(cli,
                "%llu of its tools wait: `writ sources diff %s` shows them, `writ sources approve "
                "%s` makes them callable",
                (unsigned long long)waiting, name, name);
}

int command_sources_refresh(struct cli *cli)
{
    const char *name = args_word(&cli->args, 0);
    const char *file = args_word(&cli->args, 1);
    struct client_response response;
    int r = sources_get(cli, name, &response);
    struct str before, url;

    if (r != CLI_DONE)
        return r;
    before = str_copy(cli->arena, json_get_str(response.body, "digest"));
    url = str_copy(cli->arena, json_get_str(response.body, "url"));
    if (!file && str_starts(url, STR("file://")))
        file = str_c(cli->arena, str_slice(url, 7, url.len));
    r = file ? refresh_document(cli, name, file, &response)
             : client_ask(cli, "POST", sources_path(cli, name, "/refresh"), STR("{}"), &response);
    if (r != CLI_DONE)
        return r;
    if (cli->json)
        cli_print_json(cli, response.body);
    else if (str_is(json_get_str(response.body, "state"), "connected"))
        refresh_say(cli, name, response.body, before);
    if (str_is(json_get_str(response.body, "state"), "connected"))
        return CLI_DONE;
    return cli_fail(cli, CLI_FAILED, NULL, "%s is %.*s: %.*s", name,
                    STR_ARG(cli_field(cli, response.body, "state")),
                    STR_ARG(cli_field(cli, response.body, "reason")));
}
