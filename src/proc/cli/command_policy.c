/* writ policy: what holds, why, and putting a file of rules in force. */
#include "format/yaml/yaml.h"
#include "proc/cli/client.h"

#define POLICY_FILE_MAX (1024U * 1024U)

/* What a rule is limited to, beside its pattern: "write, over mcp, agent claude". */
static struct str policy_when(struct cli *cli, const struct json_value *rule)
{
    static const struct {
        const char *member;
        const char *before;
    } limits[] = { { "effect", "" }, { "channel", "over " }, { "agent", "agent " } };
    BUF_CLEANUP struct buf out = BUF_INIT;

    for (size_t i = 0; i < ARRAY_COUNT(limits); i++) {
        struct str value = cli_field(cli, rule, limits[i].member);

        if (!str_is(value, "-"))
            buf_printf(&out, "%s%s%.*s", out.len > 0 ? ", " : "", limits[i].before, STR_ARG(value));
    }
    return out.len > 0 ? str_copy(cli->arena, buf_str(&out)) : STR("always");
}

int command_policy_show(struct cli *cli)
{
    struct client_response response;
    const struct json_value *layer, *rule;
    struct text_table table;
    struct json_iter layers;
    int r = client_ask(cli, "GET", STR("/v1/policy"), STR_NULL, &response);

    if (r != CLI_DONE)
        return r;
    if (cli->json) {
        cli_print_json(cli, response.body);
        return CLI_DONE;
    }
    text_table_init(&table, cli->arena, "LAYER|RULE|MATCH|WHEN|VERDICT|REASON");
    layers = json_iter(json_get(response.body, "layers"));
    while ((layer = json_next(&layers))) {
        struct json_iter rules = json_iter(json_get(layer, "rules"));

        while ((rule = json_next(&rules))) {
            text_table_add(&table, cli_field(cli, layer, "layer"));
            text_table_add(&table, cli_field(cli, rule, "name"));
            text_table_add(&table, cli_field(cli, rule, "match"));
            text_table_add(&table, policy_when(cli, rule));
            text_table_add(&table, cli_field(cli, rule, "verdict"));
            text_table_add(&table, cli_field(cli, rule, "reason"));
        }
    }
    if (table.cell_count == 0)
        cli_say(cli,
                "no rules: an agent's reads are allowed, its writes and destructive calls ask");
    else
        cli_print_table(cli, &table);
    return CLI_DONE;
}

/* The file's rules as JSON: a list of them, or an object that has it as rules. */
static int policy_read(struct cli *cli, const char *file, const struct json_value **ret_rules)
{
    const char *format = "writ-policy(5) has the format.";
    struct yaml_error wrong;
    struct json_error error;
    struct json_doc doc;
    struct str text, json;
    int r = cli_read_file(cli, file, POLICY_FILE_MAX, &text);

    if (r != CLI_DONE)
        return r;
    r = yaml_to_json(text, cli->arena, &wrong, &json);
    if (r < 0)
        return cli_fault(cli, r, file);
    if (r == YAML_MALFORMED)
        return cli_fail(cli, CLI_USAGE, format, "%s:%zu:%zu: %s", file, wrong.line, wrong.column,
                        wrong.sentence);
    if (json_parse(cli->arena, json, NULL, &error, &doc) != JSON_PARSED)
        return cli_fail(cli, CLI_USAGE, format, "%s: %s", file, error.sentence);
    *ret_rules = json_is_array(doc.root) ? doc.root : json_get(doc.root, "rules");
    if (!json_is_array(*ret_rules))
        return cli_fail(cli, CLI_USAGE, format, "%s holds no list of rules", file);
    return CLI_DONE;
}

int command_policy_apply(struct cli *cli)
{
    struct client_response response;
    BUF_CLEANUP struct buf body = BUF_INIT;
    const struct json_value *rules = NULL;
    int r = policy_read(cli, args_word(&cli->args, 0), &rules);

    if (r != CLI_DONE)
        return r;
    buf_add_c(&body, "{\"rules\":");
    json_print(&body, rules);
    buf_add_char(&body, '}');
    r = client_ask(cli, "POST", STR("/v1/policy"), buf_str(&body), &response);
    if (r != CLI_DONE)
        return r;
    if (cli->json)
        cli_print_json(cli, response.body);
    else
        cli_say(cli, "%zu rules hold; `writ policy` shows them", json_count(rules));
    return CLI_DONE;
}

static void why_add(struct cli *cli, struct buf *path, const char *option)
{
    const char *value = args_value(&cli->args, option);

    if (value)
        buf_printf(path, "&%s=%.*s", option, STR_ARG(cli_percent(cli->arena, str_from(value))));
}

int command_policy_why(struct cli *cli)
{
    struct client_response response;
    BUF_CLEANUP struct buf path = BUF_INIT;
    int r;

    buf_printf(&path, "/v1/policy/why?address=%.*s",
               STR_ARG(cli_percent(cli->arena, str_from(args_word(&cli->args, 0)))));
    why_add(cli, &path, "effect");
    why_add(cli, &path, "channel");
    why_add(cli, &path, "agent");
    why_add(cli, &path, "args");
    r = client_ask(cli, "GET", buf_str(&path), STR_NULL, &response);
    if (r != CLI_DONE)
        return r;
    if (cli->json) {
        cli_print_json(cli, response.body);
        return CLI_DONE;
    }
    buf_printf(&cli->out, "%.*s: %.*s (%.*s), by rule %.*s of layer %.*s\n",
               STR_ARG(cli_field(cli, response.body, "verdict")),
               STR_ARG(cli_field(cli, response.body, "address")),
               STR_ARG(cli_field(cli, response.body, "effect")),
               STR_ARG(cli_field(cli, response.body, "rule")),
               STR_ARG(cli_field(cli, response.body, "layer")));
    if (json_get_str(response.body, "reason").len > 0)
        buf_printf(&cli->out, "  %.*s\n", STR_ARG(cli_field(cli, response.body, "reason")));
    return CLI_DONE;
}
