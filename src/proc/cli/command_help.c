/* writ help, version, completion. */
#include "proc/cli/cli.h"

#define HELP_COLUMN 18

int command_version(struct cli *cli)
{
    if (cli->json)
        buf_printf(&cli->out, "{\"version\":\"%s\"}\n", WRIT_VERSION);
    else
        buf_printf(&cli->out, "writ %s\n", WRIT_VERSION);
    return CLI_DONE;
}

static int help_all(struct cli *cli)
{
    struct buf *out = &cli->out;

    buf_add_c(out, "writ stands between agents and everything they can do.\n\n");
    for (size_t i = 0; i < cli->table->count; i++) {
        const struct args_command *command = &cli->table->commands[i];

        buf_printf(out, "  %-*s %s\n", HELP_COLUMN, command->name, command->summary);
    }
    buf_add_c(out, "\n`writ help COMMAND` explains one; `man writ` has it all.\n");
    return CLI_DONE;
}

int command_help(struct cli *cli)
{
    const char *first = args_word(&cli->args, 0);
    const char *second = args_word(&cli->args, 1);
    const char *names[128];
    struct str asked;
    size_t count = 0;
    size_t shown = 0;

    if (!first)
        return help_all(cli);
    asked = second ? str_printf(cli->arena, "%s %s", first, second) : str_from(first);
    for (size_t i = 0; i < cli->table->count; i++) {
        const struct args_command *command = &cli->table->commands[i];
        struct str name = str_from(command->name);
        struct str group = str_printf(cli->arena, "%.*s ", STR_ARG(asked));

        if (count < ARRAY_COUNT(names))
            names[count++] = command->name;
        if (!str_equal(name, asked) && !str_starts(name, group))
            continue;
        if (shown++ > 0)
            buf_add_char(&cli->out, '\n');
        args_usage(&cli->out, cli->table, command);
    }
    if (shown == 0) {
        const char *near = args_nearest(asked, names, count);

        return cli_fail(cli, CLI_USAGE, "`writ help` lists all.", "there is no command %.*s%s%s%s",
                        STR_ARG(asked), near ? "; did you mean " : "", near ? near : "",
                        near ? "?" : "");
    }
    return CLI_DONE;
}

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

/* One case for each command: its second words and options. */
static void completion_case(const struct args_table *table, size_t index, struct buf *out)
{
    const struct args_command *command = &table->commands[index];
    struct str name = str_from(command->name);

    buf_printf(out, "    \"%s\") words=\"", command->name);
    for (size_t i = 0; i < table->count; i++) {
        struct str second = str_from(table->commands[i].name);
        struct str first = str_split(&second, ' ');

        if (str_equal(first, name) && second.ptr)
            buf_printf(out, "%.*s ", STR_ARG(second));
    }
    for (size_t i = 0; i < command->option_count; i++)
        buf_printf(out, "--%s ", command->options[i].name);
    for (size_t i = 0; i < table->everywhere_count; i++)
        buf_printf(out, "--%s ", table->everywhere[i].name);
    buf_add_c(out, "\" ;;\n");
}

int command_completion(struct cli *cli)
{
    static const char *const shells[] = { "bash", "zsh" };
    const char *shell = args_word(&cli->args, 0);
    struct buf *out = &cli->out;
    const char *near;

    if (strcmp(shell, "bash") != 0 && strcmp(shell, "zsh") != 0) {
        near = args_nearest(str_from(shell), shells, ARRAY_COUNT(shells));
        return cli_fail(cli, CLI_USAGE, NULL, "there are completions for bash and zsh%s%s%s",
                        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
    if (strcmp(shell, "zsh") == 0)
        buf_add_c(out, "autoload -U +X bashcompinit && bashcompinit\n");
    buf_add_c(out, "_writ() {\n  local words name=\"${COMP_WORDS[1]}\"\n"
                   "  local word=\"${COMP_WORDS[COMP_CWORD]}\" two=\"${COMP_WORDS[2]}\"\n"
                   "  case \"$name $two\" in\n");
    for (size_t i = 0; i < cli->table->count; i++)
        if (strchr(cli->table->commands[i].name, ' '))
            completion_case(cli->table, i, out);
    buf_add_c(out, "    *) case \"$name\" in\n");
    for (size_t i = 0; i < cli->table->count; i++)
        if (!strchr(cli->table->commands[i].name, ' '))
            completion_case(cli->table, i, out);
    buf_add_c(out, "    esac ;;\n  esac\n  [ \"$COMP_CWORD\" -eq 1 ] && words=\"");
    completion_firsts(cli, out);
    buf_add_c(out, "\"\n  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                   "  [ \"${#COMPREPLY[@]}\" -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n"
                   "}\ncomplete -F _writ writ\n");
    return CLI_DONE;
}
