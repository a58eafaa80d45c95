/*
 * A Writ of the bench's own: its parts, a private folder, and a person at a terminal for what only
 * a person may do (`script` gives the terminal).
 */
#ifndef WRIT_BENCH_HOUSE_H
#define WRIT_BENCH_HOUSE_H

#include "load.h"

#include <stdint.h>

#define HOUSE_PROCESSES_MAX 64U

struct house {
    char writ[4096]; /* the command */
    char home[4096];
    struct load_door door;
    double ready_us; /* from starting it to its answering */
    pid_t pids[HOUSE_PROCESSES_MAX];
    size_t pid_count;
    pid_t keeper; /* the last of them */
};

/* Starts it on the folder, which becomes WRIT_HOME; HTTP on a port of its choice. */
void house_open(struct house *house, const char *writ, const char *home);
/* Reads again who runs. */
void house_look(struct house *house);
/* Ends it in order; a folder may be opened again. */
void house_close(struct house *house);
/* Ends all its processes in the middle of what they do. */
void house_kill(struct house *house);
/* The proportional set size of all its processes, in KiB. */
uint64_t house_pss_kib(const struct house *house);
/* CPU that its processes have used: the same on a machine that has other work too. */
double house_cpu_us(const struct house *house);
/* Of it, what those of one name have used; NULL: all. */
double house_cpu_of_us(const struct house *house, const char *name);
/* Bytes of log that were written, without what was prewritten. */
uint64_t house_log_bytes(const struct house *house);
/* Runs a program to its end; its exit code. What it says, in text if that is not NULL. */
int house_run(char *const *argv, char *text, size_t size);
/* `writ` and words of a shell, typed by a person; it must end well. */
void house_person(const struct house *house, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
