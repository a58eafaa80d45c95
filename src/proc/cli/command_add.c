/*
 * writ sources add: two questions. First the exact command, before anything runs; then every tool
 * with its effect class and what looks strange about it, before anything is callable.
 *
 * A further connection (NAME@CONNECTION) is as the first one where nothing else is said: the
 * daemon fills that in, and what it will be is shown here before.
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

/* A member of body. A value that is null is typed where nobody sees it; false: there is none. */
static bool add_secret(struct cli *cli, struct str name, struct str value, struct buf *body)
{
    BUF_CLEANUP struct buf typed = BUF_INIT;

    if (!value.ptr &&
        tty_ask(str_printf(cli->arena, "%.*s: ", STR_ARG(name)).ptr, true, &typed) == 0) {
        value = str_copy(cli->arena, str_trim(buf_str(&typed)));
        explicit_bzero(typed.ptr, typed.len);
    }
    if (!value.len)
        return false;
    buf_add_json(body, name);
    buf_add_char(body, ':');
    buf_add_json(body, value);
    return true;
}

/* NAME=VALUE, or NAME alone. */
static int add_secret_variable(struct cli *cli, struct str value, struct buf *body)
{
    struct str name = str_split(&value, '=');

    if (!add_secret(cli, name, value, body))
        return cli_fail(cli, CLI_USAGE, "Type it at a terminal, or give NAME=VALUE.",
                        "--secret-env %.*s has no value", STR_ARG(text_clean(cli->arena, name)));
    return CLI_DONE;
}

/* Was the variable given, as a secret or not? */
static bool is_given(const struct args *args, struct str name)
{
    for (size_t i = 0; i < args->given_count; i++) {
        const char *option = args->given[i].option->name;
        struct str value = str_from(args->given[i].value);

        if ((strcmp(option, "env") == 0 || strcmp(option, "secret-env") == 0) &&
            str_equal(str_split(&value, '='), name))
            return true;
    }
    return false;
}

/* first: its secrets are not handed on, so those that were not given are asked for. */
static int add_secret_env(struct cli *cli, const struct json_value *first, struct buf *body)
{
    const struct args *args = &cli->args;
    struct json_iter iter = json_iter(json_get(first, "env"));
    const struct json_value *one;
    size_t count = 0;
    int r = CLI_DONE;

    for (size_t i = 0; r == CLI_DONE && i < args->given_count; i++) {
        if (strcmp(args->given[i].option->name, "secret-env") != 0)
            continue;
        buf_add_c(body, count++ == 0 ? ",\"secret_env\":{" : ",");
        r = add_secret_variable(cli, str_from(args->given[i].value), body);
    }
    while (r == CLI_DONE && (one = json_next(&iter))) {
        struct str value = json_str(one);
        struct str name = str_split(&value, '=');

        if (!str_starts(value, STR("{{secret:")) || is_given(args, name))
            continue;
        buf_add_c(body, count++ == 0 ? ",\"secret_env\":{" : ",");
        r = add_secret_variable(cli, name, body);
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

/* NAME: VALUE, or NAME alone. */
static int add_header(struct cli *cli, struct str given, struct buf *body)
{
    size_t colon = str_find_char(given, ':');
    struct str name = str_trim(str_slice(given, 0, colon));
    struct str value =
        colon == SIZE_MAX ? STR_NULL : str_trim(str_slice(given, colon + 1, given.len));

    if (!add_secret(cli, name, value, body))
        return cli_fail(cli, CLI_USAGE, "Type it at a terminal, or give 'NAME: VALUE'.",
                        "--header %.*s has no value", STR_ARG(text_clean(cli->arena, name)));
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
    json_out_member_str(out, name, str_from(text));
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
        r = add_secret_env(cli, NULL, body);
    if (r == CLI_DONE)
        r = add_folder(cli, body);
    buf_add_char(body, '}');
    return r;
}

/* A further connection, of which nothing is said but what is its own. */
static int add_further_body(struct cli *cli, const struct json_value *first, struct buf *body)
{
    struct json_out out = json_out(body);
    int r;

    json_out_object(&out);
    add_text(&out, "name", args_word(&cli->args, 0));
    add_text(&out, "kind", args_value(&cli->args, "kind"));
    add_text(&out, "base_url", args_value(&cli->args, "base-url"));
    json_out_key(&out, "partial");
    json_out_bool(&out, args_has(&cli->args, "partial"));
    add_allowed(cli, body);
    r = add_headers(cli, body);
    if (r == CLI_DONE)
        r = add_env(cli, body);
    if (r == CLI_DONE)
        r = add_secret_env(cli, first, body);
    if (r == CLI_DONE && args_has(&cli->args, "folder"))
        r = add_folder(cli, body);
    buf_add_char(body, '}');
    return r;
}

/* The first connection, where this is a further one of which no place is said; else NULL. */
static int add_first(struct cli *cli, const struct json_value **ret_first)
{
    struct str rest = str_from(args_word(&cli->args, 0));
    struct str name = str_split(&rest, '@');

    *ret_first = NULL;
    if (!rest.ptr || args_word(&cli->args, 1) || cli->args.rest_count > 0)
        return CLI_DONE;
    return client_get_kept(
        cli, str_printf(cli->arena, "/v1/sources/%.*s", STR_ARG(cli_percent(cli->arena, name))),
        ret_first);
}

/* Exactly this address is asked: shown before it is, with what it may reach and is given. */
static int add_confirm_url(struct cli *cli, const struct json_value *root,
                           const struct json_value *first)
{
    const struct json_value *place = first ? first : root;
    const struct json_value *allow = json_get(root, "allow");
    struct json_iter headers = json_iter(json_get(root, "headers"));
    BUF_CLEANUP struct buf shown = BUF_INIT;

    buf_add_c(&shown, "This address will be asked, and what is there decides what is offered:\n  ");
    text_add_clean(&shown,
                   json_get_str(json_get(root, "base_url") ? root : place,
                                json_get(root, "base_url") ? "base_url" : "url"),
                   false);
    if (!allow && !json_get(root, "base_url"))
        allow = json_get(place, "allow");
    if (json_count(allow) > 0) {
        buf_add_c(&shown, "\nand may be on this machine or in a private network: ");
        text_add_clean(&shown, json_text(cli->arena, allow), false);
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

/* What is no secret of the first is its further connections' too, where they say nothing else. */
static void add_show_env(struct cli *cli, const struct json_value *first, struct buf *shown)
{
    struct json_iter iter = json_iter(json_get(first, "env"));
    const struct json_value *one;

    while ((one = json_next(&iter))) {
        struct str value = json_str(one);
        struct str name = str_split(&value, '=');

        if (str_find(value, STR("{{secret:")) != SIZE_MAX || is_given(&cli->args, name))
            continue;
        buf_add_c(shown, "\nwith ");
        text_add_clean(shown, json_str(one), false);
    }
}

/* Exactly these words will run: shown before they do. first: where they are as of that. */
static int add_confirm(struct cli *cli, struct str body, const struct json_value *first)
{
    BUF_CLEANUP struct buf shown = BUF_INIT;
    struct json_error error;
    struct json_doc doc = { 0 };
    const struct json_value *place;

    if (json_parse(cli->arena, body, NULL, &error, &doc) != JSON_PARSED)
        return cli_fail(cli, CLI_USAGE, NULL, "these words are no UTF-8 text");
    place = first ? first : doc.root;
    if (json_get(place, "url"))
        return add_confirm_url(cli, doc.root, first);
    buf_add_c(&shown, "This will run, and only this:\n  ");
    text_add_clean(&shown, cli_words(cli, json_get(place, "command")), false);
    buf_add_c(&shown, "\nin ");
    text_add_clean(&shown, json_get_str(json_get(doc.root, "folder") ? doc.root : place, "folder"),
                   false);
    add_show_env(cli, first, &shown);
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

/* Nobody is asked to say what it offers: that was approved. */
static bool is_document(const struct json_value *first)
{
    struct str kind = json_get_str(first, "kind");

    return str_is(kind, "openapi") || str_is(kind, "graphql");
}

static int add_command(struct cli *cli, const struct json_value *first,
                       struct client_response *ret_response)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    int r = first ? add_further_body(cli, first, &body) : add_body(cli, &body);

    if (r == CLI_DONE && !is_document(first))
        r = add_confirm(cli, buf_str(&body), first);
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

/* It is not as it should be: why, and what to do about it. */
static int add_unconnected(struct cli *cli, const char *name, const struct json_value *source)
{
    bool auth = str_is(json_get_str(source, "state"), "auth_required");
    struct str told = cli_field(cli, source, "stderr");
    struct str state = cli_field(cli, source, "state");
    struct str reason;

    if (!str_is(told, "-"))
        cli_note(cli, told);
    reason = reason_first(cli, json_get_str(source, "reason"));
    return cli_fail(
        cli, CLI_FAILED,
        str_printf(cli->arena,
                   auth ? "`writ sources auth %s` gives it what it needs."
                        : "`writ sources remove %s` forgets it; added again it is replaced.",
                   name)
            .ptr,
        "%s is %.*s: %.*s", name, STR_ARG(state), STR_ARG(reason));
}

/* It was asked without a person at the terminal, as agents do. */
static int add_waits(struct cli *cli, const char *name, const struct json_value *execution)
{
    struct json_iter iter = json_iter(json_get(execution, "inputs"));
    const struct json_value *input;

    if (cli->json)
        cli_print_json(cli, execution);
    while ((input = json_next(&iter)))
        cli_say(cli, "waiting for a person: %.*s (%.*s)", STR_ARG(cli_field(cli, input, "title")),
                STR_ARG(cli_field(cli, input, "id")));
    return cli_fail(cli, CLI_WAITING,
                    str_printf(cli->arena,
                               "Answer with `writ inbox` in a terminal; `writ sources approve %s` "
                               "then makes its tools callable.",
                               name)
                        .ptr,
                    "%s waits for a person's yes", name);
}

int command_sources_add(struct cli *cli)
{
    const char *name = args_word(&cli->args, 0);
    const char *place = args_word(&cli->args, 1);
    bool document = place && !strstr(place, "://");
    struct client_response response = { 0 };
    const struct json_value *first;
    int r = add_first(cli, &first);

    if (r != CLI_DONE)
        return r;
    if (!first && !place == !cli->args.rest_count)
        return cli_fail(cli, CLI_USAGE, NULL,
                        "sources add needs one of a URL, a document, and a command after --");
    if (place && !document && strncmp(place, "http://", 7) != 0 &&
        strncmp(place, "https://", 8) != 0)
        return cli_fail(cli, CLI_USAGE, NULL,
                        "%s is no address that begins with https:// or http://", place);
    r = document ? add_document(cli, &response) : add_command(cli, first, &response);
    if (r != CLI_DONE)
        return r;
    if (response.status == 202)
        return add_waits(cli, name, response.body);
    add_say_secrets(cli, response.body);
    if (!str_is(json_get_str(response.body, "state"), "connected"))
        return add_unconnected(cli, name, response.body);
    if (!strchr(name, '@') || json_u64_or(json_get(response.body, "waiting_count"), 0) > 0)
        return cli_pins_approve(cli, name);
    if (cli->json)
        cli_print_json(cli, response.body);
    else
        cli_say(cli, "%s offers what was approved of %.*s: %.*s tools", name,
                (int)(strchr(name, '@') - name), name,
                STR_ARG(cli_field(cli, response.body, "tools_count")));
    return CLI_DONE;
}
