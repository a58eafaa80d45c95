/* What a long past costs: executions that wait over a restart, and a log of a million events. */
#include "figures.h"

#include <string.h>
#include <sys/stat.h>

#define PAST_WAITING 500
#define PAST_CLIENTS 25
#define PAST_EVENTS  1000000

/* ---- a restart in the middle of much ---- */

void figures_restart(struct figures *figures)
{
    struct house house;
    static struct load_client clients[PAST_CLIENTS];
    struct load_client client;
    double began_us;
    double first_us;

    figures_open(figures, &house, "restart");
    house_person(&house, "sources add peer --yes -- %s/echo", figures->tools);
    /* Nothing allows it: each waits for a person. */
    load_quiet(true);
    for (int i = 0; i < PAST_WAITING; i++) {
        struct load_client *asker = &clients[i % PAST_CLIENTS];
        char code[128];

        if (i < PAST_CLIENTS)
            load_open_stdio(asker, house.writ);
        (void)snprintf(code, sizeof(code), "return await tools.peer.write({ i: %d })", i);
        load_set_program(asker, NULL, code);
        load_ask(asker);
    }
    for (size_t i = 0; i < PAST_CLIENTS; i++) {
        load_set_program(&clients[i], NULL, "return 1+1");
        (void)load_once(&clients[i]);
    }
    load_quiet(false);
    house_kill(&house);
    for (size_t i = 0; i < PAST_CLIENTS; i++)
        load_close(&clients[i]);

    began_us = bench_now_us();
    load_open_stdio(&client, house.writ);
    load_set_program(&client, NULL, "return 1+1");
    (void)load_once(&client);
    first_us = bench_now_us() - began_us;
    figures_less(figures, "killed with 500 unfinished executions, to the first step",
                 first_us / 1e3, "ms", 25);
    load_close(&client);
    house_person(&house, "down");
}

/* ---- a million events ---- */

void figures_history(struct figures *figures)
{
    struct house house;
    char home[4096];
    char made[4200];
    char events[32];
    char *make[] = { made, home, events, NULL };
    char audit[] = "audit", verify[] = "verify";
    char *check[] = { house.writ, audit, verify, NULL };
    char said[4096];
    double began_us;

    (void)snprintf(home, sizeof(home), "%s/history", figures->folder);
    (void)snprintf(made, sizeof(made), "%s/history", figures->tools);
    (void)snprintf(events, sizeof(events), "%d", PAST_EVENTS);
    if (mkdir(home, 0700) < 0 || house_run(make, NULL, 0) != 0)
        load_fail("%s %s %s failed", made, home, events);
    house_open(&house, figures->writ, home);
    figures_less(figures, "start on a log of 1,000,000 events: replay of all", house.ready_us / 1e6,
                 "s", 1.5);
    house_close(&house);
    began_us = bench_now_us();
    if (house_run(check, said, sizeof(said)) != 0)
        load_fail("writ audit verify: %s", said);
    figures_less(figures, "writ audit verify of it", (bench_now_us() - began_us) / 1e6, "s", 1.5);
}
