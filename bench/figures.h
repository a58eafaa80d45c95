/* The table that `make bench` prints: one line a figure, as it is measured. */
#ifndef WRIT_BENCH_FIGURES_H
#define WRIT_BENCH_FIGURES_H

#include "house.h"

struct figures {
    const char *writ;   /* the command, installed */
    const char *folder; /* ours, empty */
    const char *tools;  /* where our own helpers are */
    size_t cores;
    size_t missed;
    size_t count;
};

/* A figure in its unit: met where it is at most, or at least, the target; info has none. */
void figures_less(struct figures *figures, const char *name, double value, const char *unit,
                  double target);
void figures_more(struct figures *figures, const char *name, double value, const char *unit,
                  double target);
void figures_info(struct figures *figures, const char *name, double value, const char *unit);

/* The parts, in the order in which they run. */
void figures_size(struct figures *figures);
void figures_requests(struct figures *figures);
void figures_calls(struct figures *figures);
void figures_loops(struct figures *figures);
void figures_restart(struct figures *figures);
void figures_history(struct figures *figures);
void figures_sources(struct figures *figures);
void figures_waits(struct figures *figures);

/* Opens a Writ of its own for one part. */
void figures_open(struct figures *figures, struct house *house, const char *name);
/* Clients with a program each, the same but for a comment: equal ones would be joined. */
void figures_clients(struct house *house, struct load_client *clients, size_t count, bool http,
                     const char *code);

#endif
