/*
 * Starting keeper. Happy path: the parts' folder is found, keeper is started with the writing
 * end of a pipe, it writes "ready" there when everybody is up, and goes on in a session of its
 * own. Instead of "ready" it may write why not, in one line; if it writes nothing it died.
 */
#include "proc/cli/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PARTS_READY_MS   30000
#define PARTS_READY_FD   3
#define PARTS_ARGS_MAX   12U
#define PARTS_REASON_MAX 4096U

/* The keeper's file, or NULL after saying where it was looked for. */
static const char *parts_keeper(struct cli *cli)
{
    const char *given = paths_env("WRIT_PARTS");
    const char *self = NULL;
    const char *tries[2];
    int r;

    if (given) {
        tries[0] = str_printf(cli->arena, "%s/keeper", given).ptr;
        tries[1] = tries[0];
    } else {
        r = paths_self(cli->arena, &self);
        if (r < 0) {
            (void)cli_fault(cli, r, "finding this program's folder");
            return NULL;
        }
        tries[0] = str_printf(cli->arena, "%s/libexec/writ/keeper", self).ptr;
        tries[1] = str_printf(cli->arena, "%s/../libexec/writ/keeper", self).ptr;
    }
    for (size_t i = 0; i < ARRAY_COUNT(tries); i++)
        if (access(tries[i], X_OK) == 0)
            return tries[i];
    (void)cli_fail(cli, CLI_NO_DAEMON, "Install Writ again, or set WRIT_PARTS to their folder.",
                   "Writ's other programs are missing: there is no %s", tries[0]);
    return NULL;
}

static void parts_args(const char **argv, const char *keeper, const struct parts_plan *plan)
{
    size_t count = 0;

    argv[count++] = keeper;
    if (!plan->foreground) {
        argv[count++] = "--detach";
        argv[count++] = "--ready-fd";
        argv[count++] = "3";
    }
    if (plan->http) {
        argv[count++] = "--http";
        argv[count++] = plan->http;
    }
    if (plan->workers) {
        argv[count++] = "--workers";
        argv[count++] = plan->workers;
    }
    argv[count] = NULL;
    CHECK(count < PARTS_ARGS_MAX);
}

static int parts_spawn(const char *keeper, const char *const *argv, int ready, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    int r = posix_spawn_file_actions_init(&actions);

    if (r != 0)
        return RAISE(-r);
    r = posix_spawn_file_actions_adddup2(&actions, ready, PARTS_READY_FD);
    if (r == 0)
        r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    /* Standard output belongs to the answer: an agent's client may be reading it. */
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    if (r == 0)
        r = posix_spawn(ret_pid, keeper, &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return r == 0 ? 0 : RAISE(-r);
}

/* Reads until a newline or the end; false if the time is over before. */
static bool parts_hear(int fd, struct buf *text)
{
    struct pollfd wait = { .fd = fd, .events = POLLIN };

    while (text->len < PARTS_REASON_MAX && str_find_char(buf_str(text), '\n') == SIZE_MAX) {
        ssize_t n;

        if (poll(&wait, 1, PARTS_READY_MS) <= 0)
            return false;
        n = read(fd, buf_reserve(text, 512), 512);
        if (n <= 0)
            return true;
        buf_commit(text, (size_t)n);
    }
    return true;
}

/* Exit codes that keeper passes on from what stopped it. */
static int parts_failed(struct cli *cli, struct str reason, int status)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : CLI_INTERNAL;
    /* Who says why says the way out too. */
    const char *way_out = "`writ up --foreground` shows all it says.";

    if (code == CLI_DONE)
        code = CLI_NO_DAEMON;
    if (reason.len > 0 && code != CLI_INTERNAL)
        way_out = NULL;
    if (reason.len == 0)
        reason = STR("the parts did not come up");
    return cli_fail(cli, (enum cli_exit)code, way_out, "%.*s",
                    STR_ARG(text_clean(cli->arena, reason)));
}

static int parts_foreground(struct cli *cli, const char *keeper, const char *const *argv)
{
    cli_flush(cli);
    (void)execv(keeper, (char *const *)(uintptr_t)argv);
    return cli_fail(cli, CLI_NO_DAEMON, NULL, "%s: %s", keeper, strerror(errno));
}

int parts_start(struct cli *cli, const struct parts_plan *plan)
{
    const char *argv[PARTS_ARGS_MAX];
    const char *keeper = parts_keeper(cli);
    BUF_CLEANUP struct buf heard = BUF_INIT;
    bool heard_end = false;
    struct str reason;
    int ends[2];
    int status = 0;
    pid_t pid = -1;
    int r;

    if (!keeper)
        return CLI_NO_DAEMON;
    parts_args(argv, keeper, plan);
    if (plan->foreground)
        return parts_foreground(cli, keeper, argv);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return cli_fault(cli, RAISE(-errno), "a pipe");
    r = parts_spawn(keeper, argv, ends[1], &pid);
    (void)close(ends[1]);
    if (r == 0)
        heard_end = parts_hear(ends[0], &heard);
    (void)close(ends[0]);
    if (r < 0)
        return cli_fault(cli, r, keeper);
    reason = str_trim(buf_str(&heard));
    /* What we started ends before it writes its line: the one that stays is its child. */
    (void)waitpid(pid, &status, heard_end ? 0 : WNOHANG);
    return str_is(reason, "ready") ? CLI_DONE : parts_failed(cli, reason, status);
}
