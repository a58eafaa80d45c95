/* writ sources import: what other programs here are configured with, shown, and added if wanted. */
#include "proc/cli/client.h"
#include "proc/cli/import.h"

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

/* ---- shown ---- */

static struct str clean(struct cli *cli, struct str text)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    text_add_clean(&out, text, false);
    return str_copy(cli->arena, buf_str(&out));
}

static struct str note_of(struct cli *cli, const struct import_one *one)
{
    if (one->problem.ptr)
        return one->problem;
    if (one->left.len > 0)
        return str_printf(cli->arena, "without %.*s: a secret of a shape that is not known",
                          STR_ARG(one->left));
    return one->names.len > 0 ? str_printf(cli->arena, "with %.*s", STR_ARG(one->names)) : STR("");
}

static void list_show(struct cli *cli, const struct import_list *list)
{
    BUF_CLEANUP struct buf shown = BUF_INIT;
    struct text_table table;

    text_table_init(&table, cli->arena, "NAME|FROM|RUNS|NOTE");
    for (size_t i = 0; i < list->ones.count; i++) {
        const struct import_one *one = &list->ones.at[i];

        if (!is_chosen(cli, one))
            continue;
        text_table_add(&table, one->name);
        text_table_add(&table, clean(cli, one->file));
        text_table_add(&table, clean(cli, one->words));
        text_table_add_color(&table, clean(cli, note_of(cli, one)),
                             one->problem.ptr ? TEXT_YELLOW : TEXT_GREEN);
    }
    table.width = cli->err_width;
    table.color = cli->err_color;
    text_table_print(&table, &shown);
    cli_note(cli, str_trim(buf_str(&shown)));
}

static void member_add(struct buf *out, const char *name, struct str text)
{
    if (!text.ptr)
        return;
    buf_printf(out, "%s\"%s\":", out->ptr[out->len - 1] == '{' ? "" : ",", name);
    buf_add_json(out, text);
}

static void list_print(struct cli *cli, const struct import_list *list)
{
    buf_add_c(&cli->out, "{\"found\":[");
    for (size_t i = 0; i < list->ones.count; i++) {
        const struct import_one *one = &list->ones.at[i];

        buf_add_c(&cli->out, i ? ",{" : "{");
        member_add(&cli->out, "name", one->name);
        member_add(&cli->out, "from", one->from);
        member_add(&cli->out, "file", one->file);
        buf_add_c(&cli->out, ",\"command\":");
        buf_add_str(&cli->out, one->words);
        member_add(&cli->out, "env", one->names);
        member_add(&cli->out, "left_out", one->left);
        member_add(&cli->out, "problem", one->problem);
        buf_add_char(&cli->out, '}');
    }
    buf_add_c(&cli->out, "]}\n");
}

/* ---- added ---- */

static int one_add(struct cli *cli, const struct import_one *one)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    struct client_response response;
    int r;

    buf_add_c(&body, "{\"name\":");
    buf_add_json(&body, one->name);
    buf_add_c(&body, ",\"command\":");
    buf_add_str(&body, one->words);
    if (one->names.len > 0) {
        buf_add_c(&body, ",\"env\":");
        buf_add_str(&body, one->env);
    }
    buf_add_c(&body, ",\"folder\":");
    buf_add_json(&body, one->folder);
    buf_add_c(&body, ",\"wait\":false}");
    r = client_ask(cli, "POST", STR("/v1/sources"), buf_str(&body), &response);
    if (r == CLI_DONE)
        cli_say(cli, "%.*s is added; `writ sources approve %.*s` shows its tools",
                STR_ARG(one->name), STR_ARG(one->name));
    if (r == CLI_DONE && one->left.len > 0)
        cli_note(cli, str_printf(cli->arena,
                                 "%.*s has no %.*s, which may be a secret: `writ sources remove "
                                 "%.*s`, then add it with `--secret-env NAME`, which asks for it",
                                 STR_ARG(one->name), STR_ARG(one->left), STR_ARG(one->name)));
    return r;
}

static int list_add(struct cli *cli, const struct import_list *list)
{
    int worst = CLI_DONE;

    for (size_t i = 0; i < list->ones.count; i++) {
        if (!can_come(cli, &list->ones.at[i]))
            continue;
        int r = one_add(cli, &list->ones.at[i]);

        if (r != CLI_DONE)
            worst = r;
        if (r == CLI_NO_DAEMON || r == CLI_REFUSED)
            break;
    }
    return worst;
}

static int list_import(struct cli *cli, const struct import_list *list)
{
    size_t count = 0;

    for (size_t i = 0; i < list->notes.count; i++)
        cli_note(cli, clean(cli, list->notes.at[i]));
    for (size_t i = 0; i < list->ones.count; i++)
        count += can_come(cli, &list->ones.at[i]);
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
        !cli_confirm(cli, str_printf(cli->arena,
                                     "Run these %zu commands, and add them as sources? [y/N] %c",
                                     count, 0)
                              .ptr))
        return cli_fail(cli, CLI_REFUSED, "With --yes it is not asked; NAMES choose some.",
                        "nothing was added");
    return list_add(cli, list);
}

int command_sources_import(struct cli *cli)
{
    struct import_list list = { .arena = NULL };
    int r = list_make(cli, &list);

    if (r == CLI_DONE)
        r = list_import(cli, &list);
    VEC_FINI(&list.ones);
    VEC_FINI(&list.notes);
    return r;
}
