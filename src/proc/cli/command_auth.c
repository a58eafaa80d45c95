/*
 * writ sources auth: a person types what lets a source be used. It is asked for at the terminal
 * without echo, or read from standard input, and never taken from the command line, which other
 * processes and the shell's history see.
 */
#include "format/json/out.h"
#include "proc/cli/client.h"
#include "sys/tty.h"

#define AUTH_VALUE_MAX 8192U

static const struct json_value *scheme_find(const struct json_value *source, struct str name)
{
    const struct json_value *schemes = json_get(source, "schemes");
    struct json_iter iter = json_iter(schemes);
    const struct json_value *one;

    if (!name.ptr)
        return json_count(schemes) == 1 ? json_at(schemes, 0) : NULL;
    while ((one = json_next(&iter)))
        if (str_equal(json_get_str(one, "scheme"), name))
            return one;
    return NULL;
}

void cli_print_schemes(struct cli *cli, const struct json_value *source, struct buf *out)
{
    struct json_iter iter = json_iter(json_get(source, "schemes"));
    const struct json_value *one;

    while ((one = json_next(&iter))) {
        struct str bound = cli_field(cli, one, "bound");
        bool given = json_is_true(json_get(one, "given"));

        buf_printf(out, "%-10s", "auth");
        text_add_clean(out, json_get_str(one, "scheme"), false);
        buf_add_c(out, " (");
        text_add_clean(out, json_get_str(one, "means"), false);
        buf_add_c(out, given ? "): given" : "): none");
        if (given && !str_is(bound, "-")) {
            buf_add_c(out, ", for ");
            buf_add_str(out, bound);
        }
        buf_add_char(out, '\n');
    }
}

/* Several ways in, and none was named: which there are. */
static int say_which(struct cli *cli, const struct json_value *source)
{
    BUF_CLEANUP struct buf list = BUF_INIT;

    cli_print_schemes(cli, source, &list);
    cli_note(cli, str_trim(buf_str(&list)));
    return cli_fail(cli, CLI_USAGE, "`writ sources auth NAME SCHEME` names it.",
                    "it has several ways in: say for which one this is");
}

/* From where nobody sees it. The text is cleared by whoever asked. */
static int read_value(struct cli *cli, const struct json_value *scheme, struct str name,
                      struct buf *value)
{
    struct str means = json_get_str(scheme, "means");
    struct str prompt = str_printf(cli->arena, "%.*s%s%.*s%s: ", STR_ARG(name),
                                   means.len ? " (" : "", STR_ARG(means), means.len ? ")" : "");
    int r = tty_ask(str_c(cli->arena, prompt), true, value);

    if (r == 0)
        return CLI_DONE;
    return cli_fail(cli, CLI_USAGE, "Type it at a terminal, or give it on standard input: `... -`.",
                    "there is no value");
}

static int read_input(struct cli *cli, struct buf *value)
{
    struct str text;
    int r = cli_read_file(cli, "-", AUTH_VALUE_MAX + 2, &text);

    if (r != CLI_DONE)
        return r;
    buf_add_str(value, text);
    explicit_bzero((char *)(uintptr_t)text.ptr, text.len);
    return CLI_DONE;
}

static int send(struct cli *cli, struct str scheme, struct str value,
                struct client_response *ret_response)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    struct json_out out = json_out(&body);
    struct str path =
        str_printf(cli->arena, "/v1/sources/%.*s/auth",
                   STR_ARG(cli_percent(cli->arena, str_from(args_word(&cli->args, 0)))));
    int r;

    json_out_object(&out);
    if (scheme.ptr) {
        json_out_key(&out, "scheme");
        json_out_str(&out, scheme);
    }
    if (value.ptr) {
        json_out_key(&out, "value");
        json_out_str(&out, value);
    }
    json_out_end(&out);
    r = client_ask(cli, "POST", path, buf_str(&body), ret_response);
    explicit_bzero(body.ptr, body.len);
    return r;
}

static int give(struct cli *cli, const struct json_value *source, struct str scheme, bool input,
                struct client_response *ret_response)
{
    BUF_CLEANUP struct buf value = BUF_INIT;
    const struct json_value *way = scheme_find(source, scheme);
    int r;

    if (!scheme.ptr && !way && json_count(json_get(source, "schemes")) > 1)
        return say_which(cli, source);
    if (!scheme.ptr)
        scheme = str_copy(cli->arena, json_get_str(way, "scheme"));
    r = input ? read_input(cli, &value) : read_value(cli, way, scheme, &value);
    if (r == CLI_DONE && !str_trim(buf_str(&value)).len)
        r = cli_fail(cli, CLI_USAGE, "`--remove` takes one away.", "an empty value is none");
    if (r == CLI_DONE)
        r = send(cli, scheme.len ? scheme : STR_NULL, str_trim(buf_str(&value)), ret_response);
    if (value.len)
        explicit_bzero(value.ptr, value.len);
    return r;
}

/* Whether it lets us in now, where that is known at once. */
static int say_given(struct cli *cli, const struct json_value *source)
{
    const char *name = args_word(&cli->args, 0);
    struct str state = cli_field(cli, source, "state");
    BUF_CLEANUP struct buf list = BUF_INIT;

    if (cli->json) {
        cli_print_json(cli, source);
        return CLI_DONE;
    }
    cli_print_schemes(cli, source, &list);
    buf_add_str(&cli->out, buf_str(&list));
    if (!str_is(state, "connected") && !args_has(&cli->args, "remove"))
        return cli_fail(cli, CLI_FAILED, NULL, "%s is %.*s: %.*s", name, STR_ARG(state),
                        STR_ARG(cli_field(cli, source, "reason")));
    if (json_u64_or(json_get(source, "waiting_count"), 0) > 0)
        cli_say(cli, "its tools wait for you: `writ sources approve %s`", name);
    return CLI_DONE;
}

int command_sources_auth(struct cli *cli)
{
    const char *name = args_word(&cli->args, 0);
    const char *second = args_word(&cli->args, 1);
    const char *third = args_word(&cli->args, 2);
    bool input = (second && strcmp(second, "-") == 0) || (third && strcmp(third, "-") == 0);
    struct str scheme = second && strcmp(second, "-") != 0 ? str_from(second) : STR_NULL;
    struct client_response response;
    int r;

    if (third && strcmp(third, "-") != 0)
        return cli_fail(cli, CLI_USAGE,
                        "A value on the command line is seen by others: type it when asked.",
                        "sources auth takes NAME, a SCHEME, and - for standard input");
    r = client_ask(cli, "GET",
                   str_printf(cli->arena, "/v1/sources/%.*s",
                              STR_ARG(cli_percent(cli->arena, str_from(name)))),
                   STR_NULL, &response);
    if (r != CLI_DONE)
        return r;
    if (args_has(&cli->args, "remove"))
        r = send(cli, scheme, STR_NULL, &response);
    else
        r = give(cli, response.body, scheme, input, &response);
    return r == CLI_DONE ? say_given(cli, response.body) : r;
}
