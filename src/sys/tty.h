/*
 * sys/tty - the person's terminal. Only cli uses it.
 */
#ifndef WRIT_SYS_TTY_H
#define WRIT_SYS_TTY_H

#include "base/base.h"
#include "base/buf.h"

#include <stdbool.h>

bool tty_is(int fd);
/* Columns; 80 where nobody knows. */
unsigned int tty_width(int fd);

enum tty_answer {
    TTY_NONE = 1, /* no terminal to ask at */
    TTY_END = 2,  /* the person ended it (Ctrl-D) */
};
/*
 * Writes the question to /dev/tty, whatever standard input is, and adds one line of answer, at
 * most 4096 bytes, without its newline, to ret_line. hidden: what is typed is not shown.
 */
MUST int tty_ask(const char *question, bool hidden, struct buf *ret_line);

#endif
