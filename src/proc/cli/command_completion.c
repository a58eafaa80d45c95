/*
 * writ completion: scripts for shells, made from the table of commands, and the names that they
 * ask for while somebody types. Asking starts nothing: without a daemon there are no names.
 */
#include "proc/cli/client.h"

/* First words, once each. */
static void completion_firsts(struct cli *cli, struct buf *out)
{
    struct str before = STR_NULL;

    for (size_t i = 0; i < cli->table->count; i++) {
        struct str rest = str_from(cli->table->commands[i].name);
        struct str first = str_split(&rest, ' ');

        if (str_equal(first, before))
            continue;
        buf_printf(out, "%s%.*s", before.ptr ? " " : "", STR_ARG(first));
        before = first;
    }
}

/* What the words of a command are names of: "sources", "tools", or NULL. */
static const char *completion_names(const struct args_command *command)
{
    struct str words = str_from(command->words);

    if (str_starts(words, STR("ADDRESS")))
        return "tools";
    if (str_starts(words, STR("NAME")) && strncmp(command->name, "sources ", 8) == 0 &&
        strcmp(command->name, "sources add") != 0 && strcmp(command->name, "sources import") != 0)
        return "sources";
    return NULL;
}

/* Behind the name of a source come its tools. */
static bool completion_has_tools(const struct args_command *command)
{
    return strstr(command->words, "NAME [TOOL") == command->words;
}

/* What the value of an option may be: words, with spaces between, or a command's output. */
static const char *completion_values(const struct args_option *option)
{
    if (option->value && strcmp(option->value, "CLASS") == 0)
        return "read write destructive";
    if (option->value && strcmp(option->name, "source") == 0)
        return "(writ completion sources 2>/dev/null)";
    return NULL;
}

/* What the first word of a command may be, where that is a choice; with spaces between. */
static void completion_choices(struct cli *cli, const struct args_command *command, struct buf *out)
{
    struct str rest = str_from(command->words);

    if (strcmp(command->name, "help") == 0) {
        completion_firsts(cli, out);
    } else if (rest.len > 0 && strspn(command->words, "abcdefghijklmnopqrstuvwxyz|") == rest.len) {
        while (rest.len > 0) {
            struct str choice = str_split(&rest, '|');

            buf_printf(out, "%.*s%s", STR_ARG(choice), rest.len > 0 ? " " : "");
        }
    }
}

/* ---- bash and zsh ---- */

/* A case of these words begins: what may come second, and the options that all take. */
static void completion_case_open(struct cli *cli, struct str name, struct buf *out)
{
    buf_printf(out, "    \"%.*s\") words=\"", STR_ARG(name));
    for (size_t i = 0; i < cli->table->count; i++) {
        struct str second = str_from(cli->table->commands[i].name);
        struct str first = str_split(&second, ' ');

        if (str_equal(first, name) && second.ptr)
            buf_printf(out, "%.*s ", STR_ARG(second));
    }
    for (size_t i = 0; i < cli->table->everywhere_count; i++)
        buf_printf(out, "--%s ", cli->table->everywhere[i].name);
}

static void completion_case(struct cli *cli, const struct args_command *command, struct buf *out)
{
    const char *names = completion_names(command);

    completion_case_open(cli, str_from(command->name), out);
    for (size_t i = 0; i < command->option_count; i++)
        buf_printf(out, "--%s ", command->options[i].name);
    completion_choices(cli, command, out);
    if (completion_has_tools(command))
        buf_add_c(out, "$(if [ \"$COMP_CWORD\" -gt 3 ]; then writ completion tools | "
                       "grep \"^${COMP_WORDS[3]}[.@]\"; else writ completion sources; fi "
                       "2>/dev/null)");
    else if (names)
        buf_printf(out, "$(writ completion %s 2>/dev/null)", names);
    buf_add_c(out, "\" ;;\n");
}

/* What stands behind an option of a command of two words. */
static void completion_bash_values(const struct args_command *command, struct buf *out)
{
    for (size_t i = 0; i < command->option_count; i++) {
        const char *values = completion_values(&command->options[i]);

        if (values)
            buf_printf(out, "    \"%s --%s\") words=\"%s%s\" ;;\n", command->name,
                       command->options[i].name, values[0] == '(' ? "$" : "", values);
    }
}

/* Words that are no command alone: `audit`. A case that came before wins. */
static void completion_groups(struct cli *cli, struct buf *out)
{
    struct str before = STR_NULL;

    for (size_t i = 0; i < cli->table->count; i++) {
        struct str rest = str_from(cli->table->commands[i].name);
        struct str first = str_split(&rest, ' ');

        if (rest.ptr && !str_equal(first, before)) {
            completion_case_open(cli, first, out);
            buf_add_c(out, "\" ;;\n");
        }
        before = first;
    }
}

static void completion_bash(struct cli *cli)
{
    struct buf *out = &cli->out;

    buf_add_c(out, "_writ() {\n  local words name=\"${COMP_WORDS[1]}\"\n"
                   "  local word=\"${COMP_WORDS[COMP_CWORD]}\" two=\"${COMP_WORDS[2]}\"\n"
                   "  case \"$name $two ${COMP_WORDS[COMP_CWORD-1]}\" in\n");
    for (size_t i = 0; i < cli->table->count; i++)
        completion_bash_values(&cli->table->commands[i], out);
    buf_add_c(out, "  *) case \"$name $two\" in\n");
    for (size_t i = 0; i < cli->table->count; i++)
        if (strchr(cli->table->commands[i].name, ' '))
            completion_case(cli, &cli->table->commands[i], out);
    buf_add_c(out, "    *) case \"$name\" in\n");
    for (size_t i = 0; i < cli->table->count; i++)
        if (!strchr(cli->table->commands[i].name, ' '))
            completion_case(cli, &cli->table->commands[i], out);
    completion_groups(cli, out);
    buf_add_c(out, "    esac ;;\n  esac ;;\n  esac\n  [ \"$COMP_CWORD\" -eq 1 ] && words=\"");
    completion_firsts(cli, out);
    buf_add_c(out, "\"\n  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                   "  [ \"${#COMPREPLY[@]}\" -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n"
                   "}\ncomplete -F _writ writ\n");
}

/* As a function that zsh loads when it is first needed, it must also answer that first time. */
static void completion_zsh(struct cli *cli)
{
    buf_add_c(&cli->out, "#compdef writ\nautoload -U +X bashcompinit && bashcompinit\n");
    completion_bash(cli);
    buf_add_c(&cli->out, "[ -z \"$service\" ] || _bash_complete -F _writ\n");
}

/* ---- fish ---- */

static void fish_text(struct buf *out, const char *text)
{
    buf_add_char(out, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *text);
    }
    buf_add_char(out, '\'');
}

/* Where a command has been typed: its one word, or its two. */
static void fish_typed(struct buf *out, struct str name)
{
    struct str second = name;
    struct str first = str_split(&second, ' ');

    buf_printf(out, "complete -c writ -n '__fish_seen_subcommand_from %.*s", STR_ARG(first));
    if (second.ptr)
        buf_printf(out, "; and __fish_seen_subcommand_from %.*s", STR_ARG(second));
    buf_add_char(out, '\'');
}

static void fish_option(struct buf *out, struct str name, const struct args_option *option)
{
    const char *values = completion_values(option);

    fish_typed(out, name);
    buf_printf(out, " -l %s%s", option->name, option->value ? " -r" : "");
    if (values)
        buf_printf(out, " -f -a '%s'", values);
    if (option->letter)
        buf_printf(out, " -s %c", option->letter);
    buf_add_c(out, " -d ");
    fish_text(out, option->help);
    buf_add_char(out, '\n');
}

static void fish_command(struct cli *cli, const struct args_command *command)
{
    struct buf *out = &cli->out;
    struct str name = str_from(command->name), second = name;
    struct str first = str_split(&second, ' ');
    const char *names = completion_names(command);
    struct buf choices BUF_CLEANUP = BUF_INIT;

    if (second.ptr)
        buf_printf(out, "complete -c writ -n '__fish_seen_subcommand_from %.*s' -f -a %.*s -d ",
                   STR_ARG(first), STR_ARG(second));
    else
        buf_printf(out, "complete -c writ -n __fish_use_subcommand -f -a %.*s -d ", STR_ARG(first));
    fish_text(out, command->summary);
    buf_add_char(out, '\n');
    for (size_t i = 0; i < command->option_count; i++)
        fish_option(out, name, &command->options[i]);
    completion_choices(cli, command, &choices);
    if (names)
        buf_printf(&choices, "(writ completion %s 2>/dev/null%s)", names,
                   completion_has_tools(command) ? "; writ completion tools 2>/dev/null" : "");
    if (choices.len == 0)
        return;
    fish_typed(out, name);
    buf_printf(out, " -f -a '%.*s'\n", STR_ARG(buf_str(&choices)));
}

static void completion_fish(struct cli *cli)
{
    buf_add_c(&cli->out, "complete -c writ -n __fish_use_subcommand -f -a '");
    completion_firsts(cli, &cli->out);
    buf_add_c(&cli->out, "'\n");
    for (size_t i = 0; i < cli->table->count; i++)
        fish_command(cli, &cli->table->commands[i]);
    for (size_t i = 0; i < cli->table->everywhere_count; i++) {
        buf_printf(&cli->out, "complete -c writ -l %s -d ", cli->table->everywhere[i].name);
        fish_text(&cli->out, cli->table->everywhere[i].help);
        buf_add_char(&cli->out, '\n');
    }
}

/* ---- names ---- */

/* A name that a shell could take for something else is not offered. */
static bool is_plain(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-' || c == '.' || c == '@'))
            return false;
    }
    return name.len > 0;
}

static void names_print(struct cli *cli, const struct json_value *items, const char *member)
{
    struct json_iter iter = json_iter(items);
    const struct json_value *item;

    while ((item = json_next(&iter))) {
        struct str name = json_get_str(item, member);

        if (is_plain(name))
            buf_printf(&cli->out, "%.*s\n", STR_ARG(name));
    }
}

/* Tools come in pages. */
static int completion_list(struct cli *cli, const char *what)
{
    bool tools = strcmp(what, "tools") == 0;
    struct client_response response;
    uint64_t from = 0;
    int r = client_find(cli);

    if (r != CLI_DONE)
        return r;
    do {
        r = client_ask(cli, "GET",
                       tools ? str_printf(cli->arena, "/v1/tools?limit=200&offset=%llu",
                                          (unsigned long long)from)
                             : STR("/v1/sources"),
                       STR_NULL, &response);
        if (r != CLI_DONE)
            return r;
        names_print(cli, json_get(response.body, what), tools ? "address" : "name");
        from = json_u64_or(json_get(response.body, "next"), 0);
    } while (from > 0);
    return CLI_DONE;
}

int command_completion(struct cli *cli)
{
    static const char *const shells[] = { "bash", "zsh", "fish" };
    const char *what = args_word(&cli->args, 0);
    const char *near;

    if (strcmp(what, "sources") == 0 || strcmp(what, "tools") == 0)
        return completion_list(cli, what);
    if (strcmp(what, "bash") == 0) {
        completion_bash(cli);
    } else if (strcmp(what, "zsh") == 0) {
        completion_zsh(cli);
    } else if (strcmp(what, "fish") == 0) {
        completion_fish(cli);
    } else {
        near = args_nearest(str_from(what), shells, ARRAY_COUNT(shells));
        return cli_fail(cli, CLI_USAGE, NULL, "there are completions for bash, zsh and fish%s%s%s",
                        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
    return CLI_DONE;
}
