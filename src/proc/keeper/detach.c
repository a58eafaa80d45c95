/*
 * Leaving the terminal. The first process forks, and stays until the second says how it went: so
 * whoever started it has an exit code, and the line on --ready-fd comes after it.
 */
#include "proc/keeper/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static NORETURN void first(int code_fd)
{
    unsigned char code = 70; /* It died without a word. */
    ssize_t n;

    do
        n = read(code_fd, &code, 1);
    while (n < 0 && errno == EINTR);
    _exit(code);
}

static int standard_streams(const char *log)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int out = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (nothing < 0 || out < 0)
        return RAISE(-errno);
    if (dup2(nothing, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        return RAISE(-errno);
    (void)close(nothing);
    (void)close(out);
    return 0;
}

int keeper__detach(const char *log, struct keeper_detach *ret_detach)
{
    int code[2];
    int alive[2];
    pid_t pid;

    if (pipe2(code, O_CLOEXEC) < 0 || pipe2(alive, O_CLOEXEC) < 0)
        return RAISE(-errno);
    pid = fork();
    if (pid < 0)
        return RAISE(-errno);
    if (pid > 0) {
        (void)close(code[1]);
        (void)close(alive[0]);
        first(code[0]); /* Our end of alive closes with us. */
    }
    (void)close(code[0]);
    (void)close(alive[1]);
    *ret_detach = (struct keeper_detach){ .first = code[1], .alive = alive[0] };
    if (setsid() < 0)
        return RAISE(-errno);
    return standard_streams(log);
}

void keeper__detach_end(struct keeper_detach *detach, int code)
{
    unsigned char byte = (unsigned char)code;

    if (detach->first < 0)
        return;
    (void)!write(detach->first, &byte, 1); /* Nobody there: nobody to wait for. */
    (void)close(detach->first);
    while (read(detach->alive, &byte, 1) < 0 && errno == EINTR)
        ;
    (void)close(detach->alive);
    detach->first = -1;
}
