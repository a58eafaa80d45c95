/*
 * writ sources import: what other programs here are configured with, shown, and added if wanted.
 * What is to be typed is asked for last, and not shown where it is a password.
 */
#include "format/json/out.h"
#include "proc/cli/client.h"
#include "proc/cli/import.h"
#include "sys/tty.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *variable(const char *name)
{
    return getenv(name);
}

/* A file that is there is read; one that is not is no matter. */
static int file_look(struct cli *cli, struct import_list *list, struct import_file file)
{
    struct str path = str_printf(cli->arena, "%.*s%c", STR_ARG(file.path), 0);
    struct stat facts;
    int r;

    if (stat(path.ptr, &facts) != 0 || !S_ISREG(facts.st_mode))
        return CLI_DONE;
    r = cli_read_file(cli, path.ptr, IMPORT_BYTES_MAX, &file.text);
    if (r == CLI_DONE)
        import_file_take(list, &file, variable);
    return r;
}

static int files_look(struct cli *cli, struct import_list *list)
{
    const struct {
        const char *from;
        enum import_form form;
        struct str folder;
        const char *path;
    } places[] = {
        { "Claude Code", IMPORT_CLAUDE, list->home, ".claude.json" },
        { "Claude Code", IMPORT_SERVERS, list->here, ".mcp.json" },
        { "Cursor", IMPORT_SERVERS, list->home, ".cursor/mcp.json" },
        { "Cursor", IMPORT_SERVERS, list->here, ".cursor/mcp.json" },
        { "VS Code", IMPORT_VSCODE, list->here, ".vscode/mcp.json" },
        { "VS Code", IMPORT_VSCODE, list->home, ".config/Code/User/mcp.json" },
        { "VS Code", IMPORT_VSCODE, list->home, ".vscode-server/data/User/mcp.json" },
        { "VS Code", IMPORT_SETTINGS, list->home, ".config/Code/User/settings.json" },
        { "Codex", IMPORT_CODEX, list->codex, "config.toml" },
        { "Codex", IMPORT_CODEX, list->here, ".codex/config.toml" },
    };
    int r = CLI_DONE;

    for (size_t i = 0; i < ARRAY_COUNT(places) && r == CLI_DONE; i++) {
        struct import_file file = { .from = places[i].from, .form = places[i].form };

        if (i > 0 && str_equal(list->home, list->here) && str_equal(places[i].folder, list->here) &&
            str_equal(places[i - 1].folder, list->home) &&
            strcmp(places[i].path, places[i - 1].path) == 0)
            continue; /* the same file */
        file.path = str_printf(cli->arena, "%.*s/%s", STR_ARG(places[i].folder), places[i].path);
        r = file_look(cli, list, file);
    }
    return r;
}

static int list_make(struct cli *cli, struct import_list *list)
{
    const char *home = getenv("HOME"), *codex = getenv("CODEX_HOME");
    char here[PATH_MAX];

    if (!home || !home[0])
        return cli_fail(cli, CLI_USAGE, NULL, "HOME says no folder: there is nowhere to look");
    if (!realpath(".", here))
        return cli_fail(cli, CLI_USAGE, NULL, "this folder is gone");
    list->arena = cli->arena;
    list->home = str_from(home);
    list->here = str_copy(cli->arena, str_from(here));
    list->codex = codex && codex[0] ? str_from(codex) : str_printf(cli->arena, "%s/.codex", home);
    return files_look(cli, list);
}

/* Is it among the names that were typed? All are where none was. */
static bool is_chosen(const struct cli *cli, const struct import_one *one)
{
    for (size_t i = 0; i < cli->args.word_count; i++) {
        if (str_is(one->name, args_word(&cli->args, i)))
            return true;
    }
    return cli->args.word_count == 0;
}

static bool can_come(const struct cli *cli, const struct import_one *one)
{
    return !one->problem.ptr && is_chosen(cli, one);
}

/* ---- what is on this machine, or near it ---- */

/* The host of an address, without its port. */
static struct str host_of(struct str url)
{
    struct str rest = str_slice(url, str_find(url, STR("://")) + 3, url.len);
    size_t end = 0;

    if (str_starts(rest, STR("[")))
        return str_slice(rest, 1, str_find_char(rest, ']'));
    while (end < rest.len && !strchr("/?#:", rest.ptr[end]))
        end++;
    return str_slice(rest, 0, end);
}

/* Only as a help: what an address is, is judged when it is dialled. */
static bool is_near(struct str host)
{
    static const char *const starts[] = { "127.", "10.", "192.168.", "169.254.", "fd", "fe80:" };

    if (str_is(host, "localhost") || str_ends(host, STR(".localhost")) || str_is(host, "::1") ||
        str_is(host, "0.0.0.0"))
        return true;
    for (size_t i = 0; i < ARRAY_COUNT(starts); i++) {
        bool name = starts[i][0] == 'f' && str_find_char(host, ':') == SIZE_MAX;

        if (!name && str_starts(host, str_from(starts[i])))
            return true;
    }
    return false;
}

static bool is_allowed(const struct cli *cli, struct str host)
{
    for (size_t i = 0; i < cli->args.given_count; i++) {
        if (strcmp(cli->args.given[i].option->name, "allow-host") == 0 &&
            str_is(host, cli->args.given[i].value))
            return true;
    }
    return false;
}

/* What nobody allowed is not asked, and it is said how. */
static void hosts_judge(struct cli *cli, struct import_list *list)
{
    for (size_t i = 0; i < list->ones.count; i++) {
        struct import_one *one = &list->ones.at[i];
        struct str host = one->url.ptr ? host_of(one->url) : STR_NULL;

        if (!one->problem.ptr && host.len > 0 && is_near(host) && !is_allowed(cli, host))
            one->problem = str_printf(cli->arena,
                                      "it is on this machine or in a private network: "
                                      "--allow-host %.*s",
                                      STR_ARG(host));
    }
}

/* Of those that would be added, one that the daemon would refuse for the name of another. */
static void names_judge(struct cli *cli, struct import_list *list)
{
    for (size_t i = 0; i < list->ones.count; i++) {
        struct import_one *one = &list->ones.at[i];

        for (size_t j = 0; j < i && can_come(cli, one); j++) {
            const struct import_one *other = &list->ones.at[j];

            if (can_come(cli, other) && import_is_same_name(other->name, one->name))
                one->problem =
                    str_printf(cli->arena, "as a name it is the same as %.*s, which came before",
                               STR_ARG(other->name));
        }
    }
}

/* ---- shown ---- */

static struct str clean(struct cli *cli, struct str text)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    text_add_clean(&out, text, false);
    return str_copy(cli->arena, buf_str(&out));
}

/* The names of what goes along; secret: of what is sealed. */
static struct str names_of(struct cli *cli, const struct import_one *one, bool secret)
{
    struct str names = STR("");

    for (size_t i = 0; i < one->pairs_count; i++) {
        if (one->pairs[i].secret == secret)
            names = str_printf(cli->arena, "%.*s%s%.*s", STR_ARG(names), names.len ? ", " : "",
                               STR_ARG(one->pairs[i].name));
    }
    return names;
}

static struct str note_of(struct cli *cli, const struct import_one *one)
{
    struct str plain = names_of(cli, one, false), secret = names_of(cli, one, true);
    BUF_CLEANUP struct buf note = BUF_INIT;

    if (one->problem.ptr)
        return one->problem;
    if (plain.len > 0)
        buf_printf(&note, "with %.*s", STR_ARG(plain));
    if (secret.len > 0)
        buf_printf(&note, "%s%.*s kept as a secret", note.len > 0 ? "; " : "with ",
                   STR_ARG(secret));
    if (one->left.len > 0)
        buf_printf(&note, "%swithout %.*s", note.len > 0 ? "; " : "", STR_ARG(one->left));
    return str_copy(cli->arena, buf_str(&note));
}

static void list_show(struct cli *cli, const struct import_list *list)
{
    BUF_CLEANUP struct buf shown = BUF_INIT;
    struct text_table table;

    text_table_init(&table, cli->arena, "NAME|FROM|RUNS OR ASKS|NOTE");
    for (size_t i = 0; i < list->ones.count; i++) {
        const struct import_one *one = &list->ones.at[i];

        if (!is_chosen(cli, one))
            continue;
        text_table_add(&table, one->name);
        text_table_add(&table, clean(cli, one->file));
        text_table_add(&table, clean(cli, one->url.ptr ? one->url : one->words));
        text_table_add_color(&table, clean(cli, note_of(cli, one)),
                             one->problem.ptr ? TEXT_YELLOW : TEXT_GREEN);
    }
    table.width = cli->err_width;
    table.color = cli->err_color;
    text_table_print(&table, &shown);
    cli_note(cli, str_trim(buf_str(&shown)));
}

static void names_print(struct json_out *out, const struct import_one *one, bool secret)
{
    json_out_array(out);
    for (size_t i = 0; i < one->pairs_count; i++) {
        if (one->pairs[i].secret == secret)
            json_out_str(out, one->pairs[i].name);
    }
    json_out_end(out);
}

static void one_print(struct json_out *out, const struct import_one *one)
{
    json_out_object(out);
    json_out_member_str(out, "name", one->name);
    json_out_member_str(out, "from", one->from);
    json_out_member_str(out, "file", one->file);
    json_out_key(out, "command");
    json_out_raw(out, one->words);
    json_out_member_str(out, "url", one->url);
    json_out_key(out, one->url.ptr ? "headers" : "env");
    names_print(out, one, false);
    json_out_key(out, "secrets");
    names_print(out, one, true);
    json_out_member_str(out, "left_out", one->left);
    json_out_member_str(out, "problem", one->problem);
    json_out_end(out);
}

static void list_print(struct cli *cli, const struct import_list *list)
{
    struct json_out out = json_out(&cli->out);

    json_out_object(&out);
    json_out_key(&out, "found");
    json_out_array(&out);
    for (size_t i = 0; i < list->ones.count; i++)
        one_print(&out, &list->ones.at[i]);
    json_out_end(&out);
    json_out_end(&out);
    buf_add_char(&cli->out, '\n');
}

/* ---- typed ---- */

/* "GitHub token (github-token): ", once for all servers that ask for it. */
static int input_ask(struct cli *cli, struct import_input *input)
{
    BUF_CLEANUP struct buf typed = BUF_INIT;
    struct str fallback =
        input->fallback.len > 0 && !input->hidden
            ? str_printf(cli->arena, " [%.*s]", STR_ARG(clean(cli, input->fallback)))
            : STR("");
    struct str question =
        str_printf(cli->arena, "%.*s (%.*s)%.*s: %c", STR_ARG(clean(cli, input->description)),
                   STR_ARG(clean(cli, input->id)), STR_ARG(fallback), 0);

    if (tty_ask(question.ptr, input->hidden, &typed) != 0)
        return cli_fail(cli, CLI_USAGE, "Type it at a terminal, or choose others by NAME.",
                        "%.*s asks for %.*s", STR_ARG(clean(cli, input->file)),
                        STR_ARG(clean(cli, input->id)));
    input->typed = str_copy(cli->arena, str_trim(buf_str(&typed)));
    explicit_bzero(typed.ptr, typed.len);
    if (input->typed.len == 0)
        input->typed = input->fallback.ptr ? input->fallback : STR("");
    return CLI_DONE;
}

static int inputs_ask(struct cli *cli, const struct import_list *list, const struct import_one *one)
{
    for (size_t i = 0; i < one->pairs_count; i++) {
        struct import_input *input;
        size_t at = 0;

        while ((input = import_input_next(list, one, one->pairs[i].value, &at))) {
            int r = input->typed.ptr ? CLI_DONE : input_ask(cli, input);

            if (r != CLI_DONE)
                return r;
        }
    }
    return CLI_DONE;
}

/* ---- added ---- */

static void pairs_print(struct json_out *out, const struct import_list *list,
                        const struct import_one *one, bool secret)
{
    json_out_object(out);
    for (size_t i = 0; i < one->pairs_count; i++) {
        if (one->url.ptr || one->pairs[i].secret == secret) {
            json_out_key_str(out, one->pairs[i].name);
            json_out_str(out, import_value(list, one, one->pairs[i].value));
        }
    }
    json_out_end(out);
}

/* Every header is kept as a secret by whoever gets it. */
static void url_print(struct cli *cli, struct json_out *out, const struct import_list *list,
                      const struct import_one *one)
{
    json_out_member_str(out, "url", one->url);
    json_out_member_str(out, "kind", STR("mcp_http"));
    if (one->pairs_count > 0) {
        json_out_key(out, "headers");
        pairs_print(out, list, one, true);
    }
    if (!is_allowed(cli, host_of(one->url)))
        return;
    json_out_key(out, "allow");
    json_out_array(out);
    json_out_str(out, host_of(one->url));
    json_out_end(out);
}

static void command_print(struct json_out *out, const struct import_list *list,
                          const struct import_one *one)
{
    json_out_key(out, "command");
    json_out_raw(out, one->words);
    json_out_key(out, "env");
    pairs_print(out, list, one, false);
    json_out_key(out, "secret_env");
    pairs_print(out, list, one, true);
    json_out_member_str(out, "folder", one->folder);
}

static int one_add(struct cli *cli, const struct import_list *list, const struct import_one *one)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    struct json_out out = json_out(&body);
    struct client_response response;
    int r = inputs_ask(cli, list, one);

    if (r != CLI_DONE)
        return r;
    json_out_object(&out);
    json_out_member_str(&out, "name", one->name);
    if (one->url.ptr)
        url_print(cli, &out, list, one);
    else
        command_print(&out, list, one);
    json_out_key(&out, "wait");
    json_out_bool(&out, false);
    json_out_end(&out);
    r = client_ask(cli, "POST", STR("/v1/sources"), buf_str(&body), &response);
    explicit_bzero(body.ptr, body.len);
    if (r == CLI_DONE)
        cli_say(cli, "%.*s is added; `writ sources approve %.*s` shows its tools",
                STR_ARG(one->name), STR_ARG(one->name));
    if (r == CLI_DONE && one->left.len > 0)
        cli_note(cli, str_printf(cli->arena, "%.*s is without %.*s", STR_ARG(one->name),
                                 STR_ARG(one->left)));
    return r;
}

static int list_add(struct cli *cli, const struct import_list *list)
{
    int worst = CLI_DONE;

    for (size_t i = 0; i < list->ones.count; i++) {
        if (!can_come(cli, &list->ones.at[i]))
            continue;
        int r = one_add(cli, list, &list->ones.at[i]);

        if (r != CLI_DONE)
            worst = r;
        if (r == CLI_NO_DAEMON || r == CLI_REFUSED || r == CLI_USAGE)
            break;
    }
    return worst;
}

static const char *question_of(struct cli *cli, size_t commands, size_t addresses)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    if (commands > 0)
        buf_printf(&text, "Run %s%zu command%s", commands > 1 ? "these " : "this ", commands,
                   commands > 1 ? "s" : "");
    if (addresses > 0)
        buf_printf(&text, "%s %s%zu address%s", commands > 0 ? ", ask" : "Ask",
                   addresses > 1 ? "these " : "this ", addresses, addresses > 1 ? "es" : "");
    buf_add_c(&text, ", and add them as sources? [y/N] ");
    return str_c(cli->arena, buf_str(&text));
}

static int list_import(struct cli *cli, const struct import_list *list)
{
    size_t count = 0, addresses = 0;

    for (size_t i = 0; i < list->notes.count; i++)
        cli_note(cli, clean(cli, list->notes.at[i]));
    for (size_t i = 0; i < list->ones.count; i++) {
        count += can_come(cli, &list->ones.at[i]);
        addresses += can_come(cli, &list->ones.at[i]) && list->ones.at[i].url.ptr;
    }
    if (cli->json)
        list_print(cli, list);
    else if (list->ones.count > 0)
        list_show(cli, list);
    if (count == 0) {
        cli_say(cli, "nothing to import");
        return CLI_DONE;
    }
    if (args_has(&cli->args, "dry-run"))
        return CLI_DONE;
    if (!args_has(&cli->args, "yes") &&
        !cli_confirm(cli, question_of(cli, count - addresses, addresses)))
        return cli_fail(cli, CLI_REFUSED, "With --yes it is not asked; NAMES choose some.",
                        "nothing was added");
    return list_add(cli, list);
}

int command_sources_import(struct cli *cli)
{
    struct import_list list = { .arena = NULL };
    int r = list_make(cli, &list);

    if (r == CLI_DONE) {
        hosts_judge(cli, &list);
        names_judge(cli, &list);
        r = list_import(cli, &list);
    }
    VEC_FINI(&list.ones);
    VEC_FINI(&list.inputs);
    VEC_FINI(&list.notes);
    return r;
}
