/* Sources that are listed again later. */
#ifndef WRIT_PROC_DAEMON_AGAIN_H
#define WRIT_PROC_DAEMON_AGAIN_H

#include <stdbool.h>
#include <stdint.h>

struct daemon;

/* Of one source. */
struct daemon_again {
    int64_t at_ms;      /* listed again then; 0: not by itself */
    int64_t refresh_ms; /* a program has it listed again no earlier */
    int64_t refresh_every_ms;
    bool refresh_owed; /* one wants it */
};

/* Lists its tools anew, as a program wants it, which may want it too often: then it is later. */
void daemon__source_refresh_soon(struct daemon *daemon, uint64_t source);
/* Lists it anew after that time, if it is still open then. */
void daemon__source_later(struct daemon *daemon, uint64_t source, int64_t wait_ms);
/* Those whose time has come. */
void daemon__sources_again(struct daemon *daemon);

#endif
