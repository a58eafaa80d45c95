/*
 * keeper: the first process, started by writ. It may fork, execute and signal; it reads no file
 * but what /proc says about its own children, and parses nothing but frames of the daemon.
 *
 *     keeper [--home DIR] [--http HOST:PORT] [--workers N] [--detach] [--ready-fd N]
 */
#include "proc/keeper/internal.h"

#include "sys/paths.h"
#include "sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORKERS_MIN 2

/* What a security reviewer reads. What descends from us comes back to us, and we see its end. */
static int give_up_rights(void)
{
    (void)umask(077);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        return RAISE(-errno);
    return sandbox_enter("stdio proc rpath sendfd recvfd");
}

struct arguments {
    struct keeper_options options;
    const char *home;
};

static bool number_of(const char *text, uint64_t most, uint64_t *ret_number)
{
    return text && str_to_u64(str_from(text), ret_number) && *ret_number <= most;
}

static bool parse(int argc, char **argv, struct arguments *args)
{
    uint64_t number;

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--detach") == 0) {
            args->options.detached = true;
            continue;
        }
        if (strcmp(argv[i], "--home") == 0 && value)
            args->home = value;
        else if (strcmp(argv[i], "--http") == 0 && value)
            args->options.http = value;
        else if (strcmp(argv[i], "--workers") == 0 &&
                 number_of(value, KEEPER_WORKERS_MAX, &number) && number > 0)
            args->options.workers = (uint32_t)number;
        else if (strcmp(argv[i], "--ready-fd") == 0 && number_of(value, 1023, &number))
            args->options.ready_fd = (int)number;
        else
            return false;
        i++;
    }
    return true;
}

static int usage(void)
{
    (void)fprintf(stderr, "usage: keeper [--home DIR] [--http HOST:PORT] [--workers N] "
                          "[--detach] [--ready-fd N]\n");
    return 2;
}

/*
 * Whoever started us may have left us descriptors: a lock, a pipe that somebody waits at. We live
 * on when it has ended, and must not hold them.
 */
static void drop_descriptors(int kept)
{
    if (kept > 3)
        (void)close_range(3, (unsigned int)kept - 1, 0);
    (void)close_range(kept < 3 ? 3 : (unsigned int)kept + 1, UINT_MAX, 0);
}

/* Why there can be no daemon: said where somebody waits for it. */
static int refuse(const struct arguments *args, enum keeper_exit code, const char *sentence,
                  const char *what)
{
    char line[1024];
    int n = snprintf(line, sizeof(line), "%s%s%s\n", what ? what : "", what ? " " : "", sentence);

    (void)fprintf(stderr, "keeper: %s", line);
    if (args->options.ready_fd >= 0)
        (void)!write(args->options.ready_fd, line, (size_t)n);
    return (int)code;
}

static int refuse_fault(const struct arguments *args, int fault, const char *what)
{
    bool full = fault == -ENOSPC || fault == -EDQUOT;
    char sentence[512];

    (void)snprintf(
        sentence, sizeof(sentence), "cannot be made or written: %s; %s", strerror(-fault),
        full ? "make room on its disk, then try again"
             : "set WRIT_HOME, or XDG_DATA_HOME and XDG_RUNTIME_DIR, to folders of yours");
    return refuse(args, full ? KEEPER_EXIT_AGAIN : KEEPER_EXIT_USAGE, sentence, what);
}

static int folders(struct arena *arena, struct arguments *args, struct paths *ret_paths)
{
    static const char *const sentences[] = {
        [PATHS_EXPOSED] = "can be read or written by others: `chmod 700` it",
        [PATHS_FOREIGN] = "belongs to somebody else, or is no folder; set WRIT_HOME to another",
        [PATHS_NETWORK] = ("is on a network file system, where a log is not safe; set "
                           "WRIT_HOME to a local folder"),
        [PATHS_LONG] = "the path of the socket is too long: set WRIT_HOME to a shorter one",
        [PATHS_NOWHERE] = "neither WRIT_HOME nor HOME is set",
    };
    const char *which = NULL;
    int r;

    if (args->home && setenv("WRIT_HOME", args->home, 1) < 0)
        return refuse(args, KEEPER_EXIT_INTERNAL, "there is no memory", NULL);
    r = paths_find(arena, ret_paths);
    if (r == 0)
        r = paths_make(ret_paths, &which);
    if (r > 0)
        return refuse(args, KEEPER_EXIT_USAGE, sentences[r], which);
    if (r < 0)
        return refuse_fault(args, r, which);
    r = paths_self(arena, &args->options.folder);
    return r < 0 ? refuse(args, KEEPER_EXIT_INTERNAL, "cannot tell where it is itself", NULL) : 0;
}

/*
 * Held while we live, and by nobody we start: so that who finds a socket without a daemon knows
 * whether there will be one again.
 */
static void hold(const char *file)
{
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0)
        (void)flock(fd, LOCK_EX | LOCK_NB); /* Another keeper: the daemon will be told so. */
}

static uint32_t workers_of(uint32_t asked)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (asked)
        return asked;
    if (cores < WORKERS_MIN)
        return WORKERS_MIN;
    return cores > (long)KEEPER_WORKERS_MAX ? KEEPER_WORKERS_MAX : (uint32_t)cores;
}

int main(int argc, char **argv)
{
    struct arguments args = { .options.ready_fd = -1 };
    struct keeper_detach detach = { .first = -1, .alive = -1 };
    struct arena *arena = arena_new(0);
    struct keeper keeper = { .daemon_ready.kind = KEEPER_READY_DAEMON,
                             .egress_ready.kind = KEEPER_READY_EGRESS,
                             .vault_ready.kind = KEEPER_READY_VAULT,
                             .net_ready.kind = KEEPER_READY_NET,
                             .term_ready.kind = KEEPER_READY_TERM,
                             .int_ready.kind = KEEPER_READY_INT,
                             .orphan_ready.kind = KEEPER_READY_ORPHAN,
                             .grace_ready.kind = KEEPER_READY_GRACE,
                             .rest_ready.kind = KEEPER_READY_REST };
    struct paths paths;
    char trail[1024];
    int code;
    int r;

    sandbox_undumpable();
    if (!parse(argc, argv, &args)) {
        arena_free(arena);
        return usage();
    }
    if (args.options.ready_fd >= 0)
        (void)fcntl(args.options.ready_fd, F_SETFD, FD_CLOEXEC);
    drop_descriptors(args.options.ready_fd);
    r = folders(arena, &args, &paths);
    if (r != 0) {
        arena_free(arena);
        return r;
    }
    args.options.data = paths.data;
    args.options.workers = workers_of(args.options.workers);
    hold(str_printf(arena, "%s/keeper.lock", paths.run).ptr);
    if (args.options.detached)
        r = keeper__detach(str_printf(arena, "%s/keeper.log", paths.run).ptr, &detach);
    if (r == 0)
        r = give_up_rights();
    keeper.options = &args.options;
    keeper.detach = &detach;
    keeper.turn = arena_new(0);
    if (r == 0)
        r = keeper__run(&keeper);
    arena_free(keeper.turn);
    arena_free(arena);
    if (r == 0)
        return keeper.exit;
    err_print(trail, sizeof(trail));
    (void)fprintf(stderr, "keeper: %s\n", trail);
    code = keeper.told ? KEEPER_EXIT_INTERNAL : refuse_fault(&args, r, paths.run);
    keeper__detach_end(&detach, code);
    return code;
}
