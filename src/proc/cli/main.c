/*
 * writ - the command line. Its rights are those of whoever typed it: it enters no sandbox, holds
 * no secret, listens nowhere. It speaks to the daemon over its socket, reads the log, and starts
 * the other programs (parts.c).
 */
#include "proc/cli/cli.h"
#include "proc/cli/client.h"
#include "sys/tty.h"

#include <signal.h>
#include <unistd.h>

static void main_terminals(struct cli *cli)
{
    const char *plain = paths_env("NO_COLOR");
    const char *terminal = paths_env("TERM");
    bool color = !(plain && plain[0]) && !(terminal && strcmp(terminal, "dumb") == 0);

    cli->out_tty = tty_is(STDOUT_FILENO);
    cli->err_tty = tty_is(STDERR_FILENO);
    cli->color = cli->out_tty && color;
    cli->err_color = cli->err_tty && color;
    cli->width = cli->out_tty ? tty_width(STDOUT_FILENO) : 0;
    cli->err_width = cli->err_tty ? tty_width(STDERR_FILENO) : 0;
}

/* "writ --help" and "writ --version" are what everybody tries first. */
static void main_first(char **argv)
{
    static char help[] = "help";
    static char version[] = "version";

    if (!argv[0])
        return;
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
        argv[0] = help;
    if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0)
        argv[0] = version;
}

static const char *main_way_out(const struct cli *cli)
{
    const struct args_command *command = cli->args.command;

    return command ? str_printf(cli->arena, "`writ help %s` explains it.", command->name).ptr
                   : "`writ help` lists all commands.";
}

static int main_run(struct cli *cli, char **argv)
{
    BUF_CLEANUP struct buf problem = BUF_INIT;

    if (!argv[0])
        return command_help(cli);
    if (args_parse(cli->table, argv, cli->arena, &cli->args, &problem) != ARGS_OK)
        return cli_fail(cli, CLI_USAGE, main_way_out(cli), "%.*s",
                        STR_ARG(text_clean(cli->arena, buf_str(&problem))));
    cli->json = args_has(&cli->args, "json");
    if (cli->args.help) {
        args_usage(&cli->out, cli->table, cli->args.command);
        return CLI_DONE;
    }
    return cli->args.command->run(cli);
}

int main(int argc, char **argv)
{
    struct cli cli = { .arena = arena_new(0), .table = &cli_table, .out = BUF_INIT };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    int code;

    (void)sigaction(SIGPIPE, &ignore,
                    NULL); /* Writing to nobody is an error of write, not an end. */
    main_terminals(&cli);
    if (argc > 0)
        main_first(argv + 1);
    code = main_run(&cli, argv + (argc > 0));
    cli_flush(&cli);
    cli.client = client_free(cli.client);
    buf_fini(&cli.out);
    cli.arena = arena_free(cli.arena);
    return code;
}
