/* writ tools: what can be called. */
#include "format/json/out.h"
#include "proc/cli/client.h"

/* Can it be called, and if not, why? */
static struct str callable(struct cli *cli, const struct json_value *tool)
{
    if (json_is_true(json_get(tool, "rejected")))
        return STR("rejected");
    if (json_is_true(json_get(tool, "waiting")))
        return STR("waiting");
    return json_get(tool, "unavailable") ? cli_field(cli, tool, "unavailable") : STR("yes");
}

static void tools_add(struct cli *cli, struct text_table *table, const struct json_value *tools)
{
    struct json_iter iter = json_iter(tools);
    const struct json_value *tool;

    while ((tool = json_next(&iter))) {
        struct str effect = cli_field(cli, tool, "effect"), state = callable(cli, tool);

        text_table_add(table, cli_field(cli, tool, "address"));
        text_table_add_color(table, effect, cli_effect_color(effect));
        text_table_add_color(table, state, str_is(state, "yes") ? TEXT_GREEN : TEXT_YELLOW);
        text_table_add(table, json_get_str(tool, "title").len > 0
                                  ? cli_field(cli, tool, "title")
                                  : cli_field(cli, tool, "description"));
    }
}

/* The members of the question that were given. */
static struct str question(struct cli *cli, const char *query)
{
    static const char *const names[] = { "source", "effect", "limit", "offset" };
    struct str text = str_printf(cli->arena, "/v1/tools?query=%.*s",
                                 STR_ARG(cli_percent(cli->arena, str_from(query))));

    if (!args_value(&cli->args, "limit"))
        text = str_printf(cli->arena, "%.*s&limit=20", STR_ARG(text));
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        const char *value = args_value(&cli->args, names[i]);

        if (value)
            text = str_printf(cli->arena, "%.*s&%s=%.*s", STR_ARG(text), names[i],
                              STR_ARG(cli_percent(cli->arena, str_from(value))));
    }
    return text;
}

static int tools_find(struct cli *cli, const char *query)
{
    struct client_response response;
    const struct json_value *found, *next;
    struct text_table table;
    int r = client_ask(cli, "GET", question(cli, query), STR_NULL, &response);

    if (r != CLI_DONE)
        return r;
    if (cli->json) {
        cli_print_json(cli, response.body);
        return CLI_DONE;
    }
    found = json_get(response.body, "found");
    next = json_get(found, "next");
    text_table_init(&table, cli->arena, "ADDRESS|EFFECT|CALLABLE|DESCRIPTION");
    tools_add(cli, &table, json_get(found, "items"));
    if (table.cell_count == 0)
        cli_say(cli, "nothing like that; `writ tools` lists all");
    else
        cli_print_table(cli, &table);
    if (json_is_number(next))
        cli_say(cli, "%llu in all; --offset %llu goes on",
                (unsigned long long)json_u64_or(json_get(found, "total"), 0),
                (unsigned long long)json_u64_or(next, 0));
    return CLI_DONE;
}

/* All, which come in pages. */
static int tools_list(struct cli *cli)
{
    struct json_out out = json_out(&cli->out);
    const struct json_value *tool, *next;
    struct client_response response = { 0 };
    struct text_table table;
    size_t begun = cli->out.len;
    struct json_iter iter;
    uint64_t from = 0;

    text_table_init(&table, cli->arena, "ADDRESS|EFFECT|CALLABLE|DESCRIPTION");
    if (cli->json) {
        json_out_object(&out);
        json_out_key(&out, "tools");
        json_out_array(&out);
    }
    do {
        int r = client_ask(
            cli, "GET",
            str_printf(cli->arena, "/v1/tools?limit=200&offset=%llu", (unsigned long long)from),
            STR_NULL, &response);

        if (r != CLI_DONE) {
            cli->out.len = begun; /* Half a document is none. */
            return r;
        }
        iter = json_iter(json_get(response.body, "tools"));
        while (cli->json && (tool = json_next(&iter)))
            json_out_value(&out, tool);
        if (!cli->json)
            tools_add(cli, &table, json_get(response.body, "tools"));
        next = json_get(response.body, "next");
        from = json_u64_or(next, 0);
    } while (from > 0);
    if (cli->json) {
        json_out_end(&out);
        json_out_end(&out);
        buf_add_char(&cli->out, '\n');
    } else if (table.cell_count == 0) {
        cli_say(cli, "no tools yet; `writ sources add` connects some");
    } else {
        cli_print_table(cli, &table);
    }
    return CLI_DONE;
}

int command_tools_search(struct cli *cli)
{
    const char *query = args_word(&cli->args, 0);

    return query ? tools_find(cli, query) : tools_list(cli);
}

static void tools_print_block(struct cli *cli, const struct json_value *tool, const char *member)
{
    struct str text = json_get_str(tool, member);

    if (text.len == 0)
        return;
    buf_add_char(&cli->out, '\n');
    text_add_clean(&cli->out, str_trim(text), true);
    buf_add_char(&cli->out, '\n');
}

int command_tools_describe(struct cli *cli)
{
    struct client_response response;
    struct str path =
        str_printf(cli->arena, "/v1/tools/%.*s",
                   STR_ARG(cli_percent(cli->arena, str_from(args_word(&cli->args, 0)))));
    const struct json_value *tool;
    int r = client_ask(cli, "GET", path, STR_NULL, &response);

    if (r != CLI_DONE)
        return r;
    tool = response.body;
    if (cli->json) {
        cli_print_json(cli, tool);
        return CLI_DONE;
    }
    buf_add_str(&cli->out, cli_field(cli, tool, "address"));
    buf_printf(&cli->out, "  %.*s%s\n", STR_ARG(cli_field(cli, tool, "effect")),
               json_is_true(json_get(tool, "rejected"))  ? ", rejected by a person"
               : json_is_true(json_get(tool, "waiting")) ? ", waits for approval"
                                                         : "");
    cli_print_findings(cli, tool, &cli->out);
    if (json_get_str(tool, "typescript").len > 0) {
        tools_print_block(cli, tool, "typescript");
        return CLI_DONE;
    }
    tools_print_block(cli, tool, "description");
    if (json_is_object(json_get(tool, "input"))) {
        BUF_CLEANUP struct buf schema = BUF_INIT;

        json_print_pretty(&schema, json_get(tool, "input"));
        buf_add_char(&cli->out, '\n');
        text_add_clean(&cli->out, buf_str(&schema), true);
        buf_add_char(&cli->out, '\n');
    }
    return CLI_DONE;
}
