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

        buf_printf(out, "  %-*s ", HELP_COLUMN, command->name);
        text_add_wrapped(out, str_from(command->summary), HELP_COLUMN + 3);
        buf_add_char(out, '\n');
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
