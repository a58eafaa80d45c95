/* The person's terminal. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "sys/tty.h"

#define TTY_LINE_MAX 4096U

bool tty_is(int fd)
{
    return isatty(fd) == 1;
}

unsigned int tty_width(int fd)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

static int tty_line(int fd, struct buf *line)
{
    size_t began = line->len;

    for (;;) {
        char c;
        ssize_t got = read(fd, &c, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return RAISE(-errno);
        if (got == 0)
            return line->len == began ? TTY_END : 0;
        if (c == '\n')
            return 0;
        if (line->len - began < TTY_LINE_MAX)
            buf_add_char(line, c);
    }
}

int tty_ask(const char *question, bool hidden, struct buf *ret_line)
{
    struct termios was;
    struct termios quiet;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    int r;

    if (fd < 0)
        return TTY_NONE;
    hidden = hidden && tcgetattr(fd, &was) == 0;
    if (hidden) { /* before the question: who answers at once is neither shown nor flushed */
        quiet = was;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(fd, TCSAFLUSH, &quiet);
    }
    r = write(fd, question, strlen(question)) < 0 ? TTY_NONE : tty_line(fd, ret_line);
    if (hidden) {
        (void)tcsetattr(fd, TCSAFLUSH, &was);
        (void)!write(fd, "\n", 1); /* Cosmetic. */
    }
    (void)close(fd);
    return r;
}
