/* writ inbox: what waits for a person. Alone at a terminal it asks one after another. */
#include "edge/api/api.h"
#include "proc/cli/ask.h"
#include "proc/cli/client.h"
#include "sys/clock.h"

static int inbox_get(struct cli *cli, struct client_response *ret)
{
    return client_ask(cli, "GET", STR("/v1/inputs"), STR_NULL, ret);
}

static struct str inbox_left(struct cli *cli, const struct json_value *input, const char *member,
                             int sign)
{
    int64_t at_ms;

    if (!api_time_parse(json_get_str(input, member), &at_ms))
        return STR("-");
    return text_span(cli->arena, sign * (at_ms - clock_now_ms()));
}

static int inbox_table(struct cli *cli, const struct json_value *inputs)
{
    struct json_iter iter = json_iter(inputs);
    const struct json_value *input;
    struct text_table table;

    text_table_init(&table, cli->arena, "INPUT|KIND|>SINCE|>EXPIRES|WHAT");
    while ((input = json_next(&iter))) {
        text_table_add(&table, cli_field(cli, input, "id"));
        text_table_add(&table, cli_field(cli, input, "kind"));
        text_table_add(&table, inbox_left(cli, input, "opened_at", -1));
        text_table_add(&table, inbox_left(cli, input, "expires_at", 1));
        text_table_add(&table, cli_field(cli, input, "title"));
    }
    if (table.cell_count == 0)
        cli_say(cli, "nothing waits for you");
    else
        cli_print_table(cli, &table);
    return CLI_DONE;
}

int command_inbox_list(struct cli *cli)
{
    struct client_response response;
    int r = inbox_get(cli, &response);

    if (r != CLI_DONE)
        return r;
    if (!cli->json)
        return inbox_table(cli, json_get(response.body, "inputs"));
    cli_print_json(cli, response.body);
    return CLI_DONE;
}

int command_inbox_show(struct cli *cli)
{
    struct client_response response;
    struct str path =
        str_printf(cli->arena, "/v1/inputs/%.*s",
                   STR_ARG(cli_percent(cli->arena, str_from(args_word(&cli->args, 0)))));
    int r = client_ask(cli, "GET", path, STR_NULL, &response);

    if (r != CLI_DONE)
        return r;
    if (cli->json)
        cli_print_json(cli, response.body);
    else
        ask_print(cli, response.body, true, &cli->out);
    return CLI_DONE;
}

int command_inbox_answer(struct cli *cli)
{
    static const char *const known[] = { "approve", "deny", "done", "not-done", "again", "submit" };
    const char *id = args_word(&cli->args, 0);
    const char *answer = args_word(&cli->args, 1);
    const char *value = args_word(&cli->args, 2);
    struct json_error error;
    struct json_doc doc;
    bool found = false;
    int r;

    if (strcmp(answer, "not_done") == 0) /* As the API and the records spell it. */
        answer = "not-done";
    for (size_t i = 0; i < ARRAY_COUNT(known); i++)
        found = found || strcmp(answer, known[i]) == 0;
    if (!found) {
        const char *near = args_nearest(str_from(answer), known, ARRAY_COUNT(known));

        return cli_fail(cli, CLI_USAGE, NULL,
                        "an answer is approve, deny, submit, done, not-done or again%s%s%s",
                        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
    if (value && strcmp(answer, "done") != 0 && strcmp(answer, "submit") != 0)
        return cli_fail(cli, CLI_USAGE, NULL, "a value goes with done and submit only");
    if (value && json_parse(cli->arena, str_from(value), NULL, &error, &doc) != JSON_PARSED)
        return cli_fail(cli, CLI_USAGE, NULL, "the value is no JSON: %s", error.sentence);
    if (strcmp(answer, "not-done") == 0)
        answer = "not_done";
    r = ask_send(cli, str_from(id), answer, str_from(value), "cli");
    if (r == CLI_DONE)
        cli_say(cli, "answered");
    return r;
}

static int inbox_ask_value(struct cli *cli, struct str *ret_value)
{
    struct json_error error;
    struct json_doc doc;
    struct str typed;

    while (cli_ask(cli, "  What did it give, as JSON? (nothing: null) ", &typed)) {
        if (typed.len == 0)
            return CLI_DONE;
        if (json_parse(cli->arena, typed, NULL, &error, &doc) == JSON_PARSED) {
            *ret_value = typed;
            return CLI_DONE;
        }
        cli_say(cli, "that is no JSON: %s", error.sentence);
    }
    return CLI_WAITING;
}

/* Asks about one; ASK_LATER leaves it open. */
static int inbox_ask(struct cli *cli, const struct json_value *input)
{
    enum ask_choice choice = ASK_NOTHING;
    struct str value = STR_NULL;
    struct str typed;
    bool whole = false;
    int r;

    while (choice == ASK_NOTHING || choice == ASK_SHOW) {
        BUF_CLEANUP struct buf shown = BUF_INIT;

        if (choice == ASK_SHOW || !whole) {
            ask_print(cli, input, choice == ASK_SHOW, &shown);
            cli_note(cli, buf_str(&shown));
            whole = true;
        }
        if (!cli_ask(cli, ask_question(input), &typed))
            return CLI_WAITING;
        choice = ask_understand(input, typed);
    }
    if (choice == ASK_LATER)
        return CLI_DONE;
    if (choice == ASK_FILL && !ask_form(cli, input, &value))
        return CLI_WAITING;
    if (choice == ASK_DONE && inbox_ask_value(cli, &value) != CLI_DONE)
        return CLI_WAITING;
    r = ask_send(cli, json_get_str(input, "id"), ask_answer(choice), value, "cli");
    if (r == CLI_DONE)
        cli_say(cli, "answered");
    return r == CLI_FAILED ? CLI_DONE : r; /* Somebody else was first: said, and no harm. */
}

/* All that are open now. */
static int inbox_ask_all(struct cli *cli)
{
    struct client_response response;
    const struct json_value *input;
    struct json_iter iter;
    struct json_error error;
    struct json_doc doc;
    int r = inbox_get(cli, &response);

    if (r != CLI_DONE)
        return r;
    /* A copy: answering is another request, which takes the response away. */
    if (json_parse(cli->arena, response.text, NULL, &error, &doc) != JSON_PARSED)
        return cli_fail(cli, CLI_INTERNAL, NULL, "the daemon's answer is no JSON");
    iter = json_iter(json_get(doc.root, "inputs"));
    if (iter.left == 0)
        cli_say(cli, "nothing waits for you");
    while (r == CLI_DONE && (input = json_next(&iter)))
        r = inbox_ask(cli, input);
    return r;
}

/* Then each as it opens. The stream is there first, so that nothing falls between. */
static int inbox_follow(struct cli *cli)
{
    struct client_response response;
    struct client *stream = NULL;
    int r = client_need(cli);

    if (r == CLI_DONE)
        r = client_beside(cli, &stream);
    if (r != CLI_DONE)
        return r;
    r = client_send(stream, "GET", STR("/v1/events?follow=true"), STR_NULL);
    if (r == 0)
        r = inbox_ask_all(cli);
    while (r == CLI_DONE && (r = client_next(stream, -1, &response)) == CLIENT_RESPONSE) {
        r = CLI_DONE;
        if (str_is(json_get_str(response.body, "event"), "input"))
            r = inbox_ask(cli, json_get(response.body, "data"));
    }
    (void)client_free(stream);
    return r == CLIENT_GONE ? cli_fail(cli, CLI_NO_DAEMON, NULL, "the daemon ended") : r;
}

int command_inbox(struct cli *cli)
{
    if (cli->json || !cli->out_tty || !cli_can_ask())
        return command_inbox_list(cli);
    return args_has(&cli->args, "follow") ? inbox_follow(cli) : inbox_ask_all(cli);
}
