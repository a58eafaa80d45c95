/* writ tools: what can be called. */
#include "proc/cli/client.h"

int command_tools_search(struct cli *cli)
{
    const char *query = args_word(&cli->args, 0);
    struct client_response response;
    const struct json_value *tool;
    struct text_table table;
    struct json_iter iter;
    struct str path = STR("/v1/tools?limit=1000");
    int r;

    if (query)
        path = str_printf(cli->arena, "/v1/tools?limit=20&query=%.*s",
                          STR_ARG(cli_percent(cli->arena, str_from(query))));
    r = client_ask(cli, "GET", path, STR_NULL, &response);
    if (r != CLI_DONE)
        return r;
    if (cli->json) {
        cli_print_json(cli, response.body);
        return CLI_DONE;
    }
    iter = json_iter(query ? json_pointer(response.body, STR("/found/items"))
                           : json_get(response.body, "tools"));
    text_table_init(&table, cli->arena, "ADDRESS|EFFECT|CALLABLE|DESCRIPTION");
    while ((tool = json_next(&iter))) {
        bool waiting = json_is_true(json_get(tool, "waiting"));

        text_table_add(&table, cli_field(cli, tool, "address"));
        text_table_add(&table, cli_field(cli, tool, "effect"));
        text_table_add_color(&table, waiting ? STR("waiting") : STR("yes"),
                             waiting ? TEXT_YELLOW : TEXT_GREEN);
        text_table_add(&table, cli_field(cli, tool, "description"));
    }
    if (table.cell_count == 0)
        cli_say(cli, query ? "nothing like that; `writ tools` lists all" : "no tools yet");
    else
        cli_print_table(cli, &table);
    return CLI_DONE;
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
               json_is_true(json_get(tool, "waiting")) ? ", waits for approval" : "");
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
