/*
 * daemon: descriptor 3 is the keeper's link; the data and runtime folders; the local socket.
 * Everything else comes over links. It parses no stranger's document and opens no connection.
 */
#include "base/arena.h"
#include "model/msg.h"
#include "proc/daemon/daemon.h"
#include "sys/link.h"
#include "sys/loop.h"
#include "sys/paths.h"
#include "sys/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define KEEPER_FD 3

/* What a security reviewer reads: after it, two folders, one socket, and what is passed in. */
static int give_up_rights(const struct paths *paths)
{
    int r;

    sandbox_undumpable();
    (void)umask(077);
    sandbox_folder(paths->data, true);
    sandbox_folder(paths->run, true);
    sandbox_folder("/proc", false); /* who is at the socket */
    r = sandbox_enter("stdio sendfd recvfd thread unix rpath wpath ps");
    return r < 0 ? TRACE(r) : 0;
}

static int exit_code(int answer)
{
    switch ((enum daemon_answer)answer) {
    case DAEMON_OPEN:
        return 0;
    case DAEMON_OWNED:
        return 7;
    case DAEMON_DAMAGED:
    case DAEMON_NEWER:
        return 6;
    case DAEMON_REFUSED:
        return 2;
    }
    return 70;
}

/* --http HOST:PORT; HOST must be a loopback address. */
static bool parse_http(struct str text, struct daemon_options *options)
{
    size_t colon = str_find_char(text, ':');
    uint64_t port;

    if (colon == SIZE_MAX || !str_to_u64(str_slice(text, colon + 1, text.len), &port) ||
        port > 65535)
        return false;
    options->http_host = str_slice(text, 0, colon);
    options->http_port = (uint32_t)port;
    return str_is(options->http_host, "127.0.0.1") || str_is(options->http_host, "localhost");
}

/* The keeper is told why there will be no daemon, and passes it on to whoever started it. */
static void say_why(const char *sentence, int code)
{
    struct msg_daemon_ready ready = { .error = str_from(sentence), .exit = code };
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct wire_frame head = { .type = MSG_DAEMON_READY };
    struct loop *loop = NULL;
    struct link *link = NULL;
    struct loop_ready waiting = { 0 };

    msg_daemon_ready_encode(&ready, &payload);
    head.payload = buf_str(&payload);
    if (loop_new(&loop) == 0 && link_new(loop, KEEPER_FD, &waiting, &link) == 0) {
        (void)!link_send(link, &head);
        link_flush(link);
    }
    (void)fprintf(stderr, "writ: %s\n", sentence);
    (void)link_free(link);
    (void)loop_free(loop);
}

/* The store could not be opened, and not because of what is in it. */
static int say_fault(struct arena *arena, const struct daemon_options *options, int fault)
{
    bool full = fault == -ENOSPC || fault == -EDQUOT;
    bool closed = fault == -EROFS || fault == -EACCES || fault == -EPERM;
    int code = full ? 75 : closed ? 2 : 70;
    const char *way_out = full     ? "make room on its disk, then try again"
                          : closed ? "set WRIT_HOME to a folder that can be written"
                                   : "`writ up --foreground` shows all it says";

    say_why(str_printf(arena, "the data folder %s cannot be opened: %s; %s", options->data,
                       strerror(-fault), way_out)
                .ptr,
            code);
    return code;
}

static int run(struct loop *loop, struct daemon_options *options, struct arena *arena)
{
    struct daemon *daemon = NULL;
    struct str sentence = STR("");
    char trail[1024];
    int code = 70;
    int r = daemon_new(loop, options, arena, &daemon, &sentence);

    if (r > 0) {
        say_why(str_c(arena, sentence), exit_code(r));
        return exit_code(r);
    }
    if (r < 0)
        code = say_fault(arena, options, r);
    while (r == 0 && !daemon_ended(daemon))
        r = daemon_turn(daemon, -1);
    if (r == 0)
        r = loop_run_once(loop, 0); /* The last answers are written. */
    if (r < 0) {
        err_print(trail, sizeof(trail));
        (void)fprintf(stderr, "writ: the daemon ends: %s: %s\n", strerror(-r), trail);
    }
    (void)daemon_free(daemon);
    return r < 0 ? code : 0;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new(0);
    struct loop *loop = NULL;
    struct paths paths;
    struct daemon_options options = { .keeper_fd = KEEPER_FD, .build = STR(WRIT_VERSION) };
    const char *which = NULL;
    int code = 70;

    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], "--http") == 0 && !parse_http(str_from(argv[i + 1]), &options)) {
            say_why("--http takes 127.0.0.1:PORT; only loopback is listened on", 2);
            return 2;
        }
    if (paths_find(arena, &paths) != 0 || paths_make(&paths, &which) != 0) {
        say_why("the data folder cannot be used: it must be yours alone (0700) and local; set "
                "WRIT_HOME to another",
                2);
        return 2;
    }
    if (give_up_rights(&paths) < 0)
        return code;
    options.data = paths.data;
    options.run = paths.run;
    options.socket = paths.socket;
    if (loop_new(&loop) == 0)
        code = run(loop, &options, arena);
    (void)loop_free(loop);
    (void)arena_free(arena);
    return code;
}
