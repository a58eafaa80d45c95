/*
 * writ sources: adding is two questions. First the exact command, before anything runs; then
 * every tool with its effect class and what looks strange about it, before anything is callable.
 */
#include "format/json/out.h"
#include "proc/cli/client.h"
#include "proc/cli/document.h"
#include "proc/cli/pins.h"
#include "sys/tty.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

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

static enum text_color sources_effect_color(struct str effect)
{
    if (str_is(effect, "destructive"))
        return TEXT_RED;
    return str_is(effect, "write") ? TEXT_YELLOW : TEXT_GREEN;
}

/* A command as one could type it: words with anything unusual are quoted. */
static struct str sources_command(struct cli *cli, const struct json_value *words)
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

int command_sources_list(struct cli *cli)
{
    struct client_response response;
    const struct json_value *source;
    struct text_table table;
    struct json_iter iter;
    int r = client_ask(cli, "GET", STR("/v1/sources"), STR_NULL, &response);

    if (r != CLI_DONE)
        return r;
    if (cli->json) {
        cli_print_json(cli, response.body);
        return CLI_DONE;
    }
    iter = json_iter(json_get(response.body, "sources"));
    text_table_init(&table, cli->arena, "NAME|STATE|KIND|>TOOLS|>WAITING|FROM");
    while ((source = json_next(&iter))) {
        struct str state = cli_field(cli, source, "state");

        text_table_add(&table, cli_field(cli, source, "name"));
        text_table_add_color(&table, state, sources_color(state));
        text_table_add(&table, cli_field(cli, source, "kind"));
        text_table_add(&table, cli_field(cli, source, "tools_count"));
        text_table_add(&table, cli_field(cli, source, "waiting_count"));
        text_table_add(&table, json_get(source, "url")
                                   ? cli_field(cli, source, "url")
                                   : sources_command(cli, json_get(source, "command")));
    }
    if (table.cell_count == 0)
        cli_say(cli, "no sources; add one with `writ sources add NAME -- COMMAND ARGS...`");
    else
        cli_print_table(cli, &table);
    sources_print_reasons(cli, json_get(response.body, "sources"));
    return CLI_DONE;
}

static void sources_print_findings(struct cli *cli, const struct json_value *tools, struct buf *out)
{
    struct json_iter iter = json_iter(tools);
    const struct json_value *tool, *finding;

    while ((tool = json_next(&iter))) {
        struct json_iter findings = json_iter(json_get(tool, "findings"));

        while ((finding = json_next(&findings)))
            buf_printf(out, "! %.*s: %.*s (%.*s)\n", STR_ARG(cli_field(cli, tool, "address")),
                       STR_ARG(cli_field(cli, finding, "sentence")),
                       STR_ARG(cli_field(cli, finding, "rule")));
    }
}

/* Tools as a table, with what looks strange below. */
static void sources_print_tools(struct cli *cli, const struct json_value *tools, struct buf *out)
{
    struct json_iter iter = json_iter(tools);
    const struct json_value *tool;
    struct text_table table;

    text_table_init(&table, cli->arena, "TOOL|EFFECT|CHANGE|DESCRIPTION");
    while ((tool = json_next(&iter))) {
        struct str effect = cli_field(cli, tool, "effect");

        text_table_add(&table, cli_field(cli, tool, "address"));
        text_table_add_color(&table, effect, sources_effect_color(effect));
        text_table_add(&table, json_is_true(json_get(tool, "rejected"))
                                   ? STR("rejected")
                                   : cli_field(cli, tool, "change"));
        text_table_add(&table, cli_field(cli, tool, "description"));
    }
    table.width = out == &cli->out ? cli->width : cli->err_width;
    table.color = out == &cli->out ? cli->color : cli->err_color;
    if (table.cell_count > 0)
        text_table_print(&table, out);
    sources_print_findings(cli, tools, out);
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
        text_add_clean(out, sources_command(cli, json_get(source, "command")), false);
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

/* One source with all its tools, which come in pieces; each piece is a list. */
static int sources_print_whole(struct cli *cli, const char *name)
{
    struct client_response response;
    const struct json_value *next = NULL;
    struct str query = STR("");
    int r;

    do {
        r = client_ask(cli, "GET",
                       str_printf(cli->arena, "%.*s%.*s", STR_ARG(sources_path(cli, name, "")),
                                  STR_ARG(query)),
                       STR_NULL, &response);
        if (r != CLI_DONE)
            return r;
        if (!next)
            sources_print_one(cli, response.body);
        sources_print_tools(cli, json_get(response.body, "tools"), &cli->out);
        next = json_get(response.body, "tools_next");
        query = str_printf(cli->arena, "?from=%llu", (unsigned long long)json_u64_or(next, 0));
    } while (next && !json_is_null(next));
    return CLI_DONE;
}

int command_sources_show(struct cli *cli)
{
    const char *name = args_word(&cli->args, 0);
    struct client_response response;
    int r;

    if (!cli->json)
        return sources_print_whole(cli, name);
    r = client_ask(cli, "GET", sources_path(cli, name, ""), STR_NULL, &response);
    if (r == CLI_DONE)
        cli_print_json(cli, response.body);
    return r;
}

int command_sources_remove(struct cli *cli)
{
    const char *name = args_word(&cli->args, 0);
    struct client_response response;
    int r = client_ask(cli, "DELETE", sources_path(cli, name, ""), STR_NULL, &response);

    if (r != CLI_DONE)
        return r;
    if (cli->json)
        cli_print_json(cli, response.body);
    else
        cli_say(cli, "%s is removed", name);
    return CLI_DONE;
}

static int add_env(struct cli *cli, struct buf *body)
{
    const struct args *args = &cli->args;
    size_t count = 0;

    for (size_t i = 0; i < args->given_count; i++) {
        struct str value = str_from(args->given[i].value);
        struct str name;

        if (strcmp(args->given[i].option->name, "env") != 0)
            continue;
        name = str_split(&value, '=');
        if (!value.ptr)
            return cli_fail(cli, CLI_USAGE, NULL, "--env takes NAME=VALUE; this is %.*s",
                            STR_ARG(name));
        buf_add_c(body, count++ == 0 ? ",\"env\":{" : ",");
        buf_add_json(body, name);
        buf_add_char(body, ':');
        buf_add_json(body, value);
    }
    if (count > 0)
        buf_add_char(body, '}');
    return CLI_DONE;
}

/* NAME=VALUE, or NAME alone: then the value is typed where nobody sees it. */
static int add_secret_variable(struct cli *cli, struct str value, struct buf *body)
{
    struct str name = str_split(&value, '=');
    BUF_CLEANUP struct buf typed = BUF_INIT;

    if (!value.ptr &&
        tty_ask(str_printf(cli->arena, "%.*s: ", STR_ARG(name)).ptr, true, &typed) == 0) {
        value = str_copy(cli->arena, str_trim(buf_str(&typed)));
        explicit_bzero(typed.ptr, typed.len);
    }
    if (!value.len)
        return cli_fail(cli, CLI_USAGE, "Type it at a terminal, or give NAME=VALUE.",
                        "--secret-env %.*s has no value", STR_ARG(name));
    buf_add_json(body, name);
    buf_add_char(body, ':');
    buf_add_json(body, value);
    return CLI_DONE;
}

static int add_secret_env(struct cli *cli, struct buf *body)
{
    const struct args *args = &cli->args;
    size_t count = 0;
    int r = CLI_DONE;

    for (size_t i = 0; r == CLI_DONE && i < args->given_count; i++) {
        if (strcmp(args->given[i].option->name, "secret-env") != 0)
            continue;
        buf_add_c(body, count++ == 0 ? ",\"secret_env\":{" : ",");
        r = add_secret_variable(cli, str_from(args->given[i].value), body);
    }
    if (count > 0)
        buf_add_char(body, '}');
    return r;
}

/* Which of its variables are kept as secrets, also where nobody said so. */
static void add_say_secrets(struct cli *cli, const struct json_value *source)
{
    struct json_iter iter = json_iter(json_get(source, "env"));
    struct str names = STR("");
    const struct json_value *one;

    while ((one = json_next(&iter))) {
        struct str value = json_str(one);
        struct str name = str_split(&value, '=');

        if (str_starts(value, STR("{{secret:")))
            names = str_printf(cli->arena, "%.*s%s%.*s", STR_ARG(names), names.len ? ", " : "",
                               STR_ARG(name));
    }
    if (names.len)
        cli_note(cli, str_printf(cli->arena, "kept as a secret: %.*s", STR_ARG(names)));
}

/* The working folder as an absolute path: the daemon's own is another. */
static int add_folder(struct cli *cli, struct buf *body)
{
    const char *given = args_value(&cli->args, "folder");
    char folder[PATH_MAX];

    if (!given)
        given = ".";
    if (!realpath(given, folder))
        return cli_fail(cli, CLI_USAGE, NULL, "%s: %s", given, strerror(errno));
    buf_add_c(body, ",\"folder\":");
    buf_add_json(body, str_from(folder));
    return CLI_DONE;
}

/* NAME: VALUE, or NAME alone: then the value is typed where nobody sees it. */
static int add_header(struct cli *cli, struct str given, struct buf *body)
{
    size_t colon = str_find_char(given, ':');
    struct str name = str_trim(str_slice(given, 0, colon));
    BUF_CLEANUP struct buf typed = BUF_INIT;
    struct str value = STR_NULL;

    if (colon != SIZE_MAX) {
        value = str_trim(str_slice(given, colon + 1, given.len));
    } else if (tty_ask(str_printf(cli->arena, "%.*s: ", STR_ARG(name)).ptr, true, &typed) == 0) {
        value = str_copy(cli->arena, str_trim(buf_str(&typed)));
        explicit_bzero(typed.ptr, typed.len);
    }
    if (!value.len)
        return cli_fail(cli, CLI_USAGE, "Type it at a terminal, or give 'NAME: VALUE'.",
                        "--header %.*s has no value", STR_ARG(name));
    buf_add_json(body, name);
    buf_add_char(body, ':');
    buf_add_json(body, value);
    return CLI_DONE;
}

static int add_headers(struct cli *cli, struct buf *body)
{
    const struct args *args = &cli->args;
    size_t count = 0;
    int r = CLI_DONE;

    for (size_t i = 0; r == CLI_DONE && i < args->given_count; i++) {
        if (strcmp(args->given[i].option->name, "header") != 0)
            continue;
        buf_add_c(body, count++ == 0 ? ",\"headers\":{" : ",");
        r = add_header(cli, str_from(args->given[i].value), body);
    }
    if (count > 0)
        buf_add_char(body, '}');
    return r;
}

static void add_allowed(struct cli *cli, struct buf *body)
{
    const struct args *args = &cli->args;
    size_t count = 0;

    for (size_t i = 0; i < args->given_count; i++) {
        if (strcmp(args->given[i].option->name, "allow-host") != 0)
            continue;
        buf_add_c(body, count++ == 0 ? ",\"allow\":[" : ",");
        buf_add_json(body, str_from(args->given[i].value));
    }
    if (count > 0)
        buf_add_char(body, ']');
}

static void add_text(struct json_out *out, const char *name, const char *text)
{
    if (!text)
        return;
    json_out_key(out, name);
    json_out_str(out, str_from(text));
}

static int add_url_body(struct cli *cli, const char *url, struct buf *body)
{
    struct json_out out = json_out(body);
    int r;

    json_out_object(&out);
    add_text(&out, "name", args_word(&cli->args, 0));
    add_text(&out, "url", url);
    add_text(&out, "kind", args_value(&cli->args, "kind"));
    add_text(&out, "base_url", args_value(&cli->args, "base-url"));
    json_out_key(&out, "partial");
    json_out_bool(&out, args_has(&cli->args, "partial"));
    add_allowed(cli, body);
    r = add_headers(cli, body);
    buf_add_char(body, '}');
    return r;
}

static int add_body(struct cli *cli, struct buf *body)
{
    const char *url = args_word(&cli->args, 1);
    int r;

    if (url)
        return add_url_body(cli, url, body);
    buf_add_c(body, "{\"name\":");
    buf_add_json(body, str_from(args_word(&cli->args, 0)));
    buf_add_c(body, ",\"command\":[");
    for (size_t i = 0; i < cli->args.rest_count; i++) {
        if (i > 0)
            buf_add_char(body, ',');
        buf_add_json(body, str_from(cli->args.rest[i]));
    }
    buf_add_char(body, ']');
    r = add_env(cli, body);
    if (r == CLI_DONE)
        r = add_secret_env(cli, body);
    if (r == CLI_DONE)
        r = add_folder(cli, body);
    buf_add_char(body, '}');
    return r;
}

/* Exactly this address is asked: shown before it is, with what it may reach and is given. */
static int add_confirm_url(struct cli *cli, const struct json_value *root)
{
    struct json_iter headers = json_iter(json_get(root, "headers"));
    BUF_CLEANUP struct buf shown = BUF_INIT;

    buf_add_c(&shown, "This address will be asked, and what is there decides what is offered:\n  ");
    text_add_clean(&shown, json_get_str(root, "url"), false);
    if (json_get(root, "allow")) {
        buf_add_c(&shown, "\nand may be on this machine or in a private network: ");
        text_add_clean(&shown, json_text(cli->arena, json_get(root, "allow")), false);
    }
    while (json_next(&headers)) {
        buf_add_c(&shown, "\nwith the header ");
        text_add_clean(&shown, headers.key, false);
        buf_add_c(&shown, ", which is kept as a secret");
    }
    cli_note(cli, buf_str(&shown));
    if (args_has(&cli->args, "yes") || cli_confirm(cli, "Ask it? [y/N] "))
        return CLI_DONE;
    return cli_fail(cli, CLI_REFUSED, "With --yes it is not asked.", "nothing was sent");
}

static void add_show_names(const struct json_value *secrets, struct buf *shown)
{
    struct json_iter iter = json_iter(secrets);

    while (json_next(&iter)) {
        buf_add_c(shown, "\nwith ");
        text_add_clean(shown, iter.key, false);
        buf_add_c(shown, ", which is kept as a secret");
    }
}

/* Exactly these words will run: shown before they do. */
static int add_confirm(struct cli *cli, struct str body)
{
    BUF_CLEANUP struct buf shown = BUF_INIT;
    struct json_error error;
    struct json_doc doc = { 0 };

    if (json_parse(cli->arena, body, NULL, &error, &doc) != JSON_PARSED)
        return cli_fail(cli, CLI_USAGE, NULL, "these words are no UTF-8 text");
    if (json_get(doc.root, "url"))
        return add_confirm_url(cli, doc.root);
    buf_add_c(&shown, "This will run, and only this:\n  ");
    text_add_clean(&shown, sources_command(cli, json_get(doc.root, "command")), false);
    buf_add_c(&shown, "\nin ");
    text_add_clean(&shown, json_get_str(doc.root, "folder"), false);
    if (json_get(doc.root, "secret_env"))
        add_show_names(json_get(doc.root, "secret_env"), &shown);
    if (json_get(doc.root, "env")) {
        buf_add_c(&shown, "\nwith ");
        text_add_clean(&shown, json_text(cli->arena, json_get(doc.root, "env")), false);
    }
    cli_note(cli, buf_str(&shown));
    if (args_has(&cli->args, "yes") || cli_confirm(cli, "Run it? [y/N] "))
        return CLI_DONE;
    return cli_fail(cli, CLI_REFUSED, "With --yes it is not asked.", "nothing was run");
}

static int add_command(struct cli *cli, struct client_response *ret_response)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    int r = add_body(cli, &body);

    if (r == CLI_DONE)
        r = add_confirm(cli, buf_str(&body));
    if (r == CLI_DONE)
        r = client_ask(cli, "POST", STR("/v1/sources"), buf_str(&body), ret_response);
    return r;
}

/* A document goes as a descriptor: nobody but the process that reads it looks into it. */
static int add_document(struct cli *cli, struct client_response *ret_response)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    struct json_out out = json_out(&body);
    char path[PATH_MAX];
    struct cli_document document = { .path = path, .name = args_word(&cli->args, 0) };
    int r;

    if (!realpath(args_word(&cli->args, 1), path))
        return cli_fail(cli, CLI_USAGE, NULL, "%s: %s", args_word(&cli->args, 1), strerror(errno));
    json_out_object(&out);
    add_text(&out, "name", document.name);
    add_text(&out, "document", str_printf(cli->arena, "file://%s", path).ptr);
    add_text(&out, "kind", args_value(&cli->args, "kind"));
    add_text(&out, "base_url", args_value(&cli->args, "base-url"));
    json_out_key(&out, "partial");
    json_out_bool(&out, args_has(&cli->args, "partial"));
    json_out_key(&out, "further");
    json_out_bool(&out, true);
    add_allowed(cli, &body);
    r = add_headers(cli, &body);
    buf_add_char(&body, '}');
    if (r != CLI_DONE)
        return r;
    return cli_document_post(cli, &document, STR("/v1/sources"), buf_str(&body), ret_response);
}

/* Of a reason of several lines the first is the error's own; the rest is said before it. */
static struct str reason_first(struct cli *cli, struct str reason)
{
    struct str first = str_split(&reason, '\n');

    while (reason.ptr)
        cli_note(cli, text_clean(cli->arena, str_split(&reason, '\n')));
    return first.len > 0 ? text_clean(cli->arena, first) : STR("-");
}

int command_sources_add(struct cli *cli)
{
    const char *name = args_word(&cli->args, 0);
    const char *place = args_word(&cli->args, 1);
    bool document = place && !strstr(place, "://");
    struct client_response response = { 0 };
    int r;

    if (!place == !cli->args.rest_count)
        return cli_fail(cli, CLI_USAGE, NULL,
                        "sources add needs one of a URL, a document, and a command after --");
    r = document ? add_document(cli, &response) : add_command(cli, &response);
    if (r != CLI_DONE)
        return r;
    add_say_secrets(cli, response.body);
    if (!str_is(json_get_str(response.body, "state"), "connected")) {
        struct str told = cli_field(cli, response.body, "stderr");

        if (!str_is(told, "-"))
            cli_note(cli, told);
        return cli_fail(
            cli, CLI_FAILED,
            str_printf(cli->arena, "`writ sources remove %s` forgets it; then add it again.", name)
                .ptr,
            "%s is %.*s: %.*s", name, STR_ARG(cli_field(cli, response.body, "state")),
            STR_ARG(reason_first(cli, json_get_str(response.body, "reason"))));
    }
    return cli_pins_approve(cli, name);
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
    add_text(&out, "document", str_printf(cli->arena, "file://%s", path).ptr);
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
    else
        refresh_say(cli, name, response.body, before);
    if (str_is(json_get_str(response.body, "state"), "connected"))
        return CLI_DONE;
    return cli_fail(cli, CLI_FAILED, NULL, "%s is %.*s: %.*s", name,
                    STR_ARG(cli_field(cli, response.body, "state")),
                    STR_ARG(cli_field(cli, response.body, "reason")));
}
