/*
 * Calls of programs: what they add to the server that answers them, and what a record that is on
 * disk before the call costs, beside the bare disk.
 */
#include "figures.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CALLS_ROUNDS   101U
#define CALLS_PROGRAM  20
#define CALLS_STEPS    2000
#define CALLS_MANY     10000
#define CALLS_PROGRAMS 32U
#define CALLS_EACH     100
#define CALLS_LINE     600U
#define CALLS_FILE     (16U << 20)

/* ---- the bare disk ---- */

/* Lines into a prewritten file, so many to a sync: lines a second. */
static double calls_bare(const struct figures *figures, size_t lines, double seconds)
{
    static char text[CALLS_LINE * CALLS_PROGRAMS];
    static char zeros[1U << 20];
    char path[4200];
    double began_us;
    size_t count = 0;
    off_t at = 0;
    int fd;

    (void)snprintf(path, sizeof(path), "%s/bare", figures->folder);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (size_t i = 0; fd >= 0 && i < CALLS_FILE / sizeof(zeros); i++)
        if (write(fd, zeros, sizeof(zeros)) != (ssize_t)sizeof(zeros))
            load_fail("%s: %s", path, strerror(errno));
    if (fd < 0 || fsync(fd) < 0)
        load_fail("%s: %s", path, strerror(errno));
    memset(text, 'x', sizeof(text));
    began_us = bench_now_us();
    while (bench_now_us() - began_us < seconds * 1e6) {
        if ((size_t)at + sizeof(text) > CALLS_FILE)
            at = 0;
        if (pwrite(fd, text, CALLS_LINE * lines, at) < 0 || fdatasync(fd) < 0)
            load_fail("%s: %s", path, strerror(errno));
        at += (off_t)(CALLS_LINE * lines);
        count += lines;
    }
    began_us = bench_now_us() - began_us;
    (void)close(fd);
    (void)unlink(path);
    return (double)count * 1e6 / began_us;
}

/* ---- added over a direct call ---- */

static double calls_median(struct load_client *client)
{
    static double times[CALLS_ROUNDS];

    for (size_t i = 0; i < CALLS_ROUNDS; i++)
        times[i] = load_once(client);
    qsort(times, CALLS_ROUNDS, sizeof(*times), bench_compare);
    return times[CALLS_ROUNDS / 2];
}

static void calls_loop(struct load_client *client, const char *tool, int count)
{
    char code[256];

    (void)snprintf(code, sizeof(code),
                   "for (let i = 0; i < %d; i++) await tools.peer.%s({ i }); return %d", count,
                   tool, count);
    load_set_program(client, NULL, code);
}

/* One more call in a program that makes some already: start and end of the program fall away. */
static double calls_inside(struct load_client *client, const char *tool)
{
    double few_us;

    calls_loop(client, tool, 1);
    few_us = calls_median(client);
    calls_loop(client, tool, 1 + CALLS_PROGRAM);
    return (calls_median(client) - few_us) / CALLS_PROGRAM;
}

static void calls_added(struct figures *figures, struct house *house)
{
    char echo[4200];
    char *argv[] = { echo, NULL };
    struct load_client direct;
    struct load_client client;
    double direct_us;

    (void)snprintf(echo, sizeof(echo), "%s/echo", figures->tools);
    load_open_command(&direct, argv);
    load_set_tool(&direct, "read", "{\"i\":1}");
    direct_us = calls_median(&direct);
    load_close(&direct);
    load_open_stdio(&client, house->writ);
    figures_info(figures, "the server called directly, p50", direct_us / 1e3, "ms");
    figures_less(figures, "a read in a program, added to that, p50",
                 (calls_inside(&client, "read") - direct_us) / 1e3, "ms", 0.10);
    figures_less(figures, "a durable write in a program, added to that, p50",
                 (calls_inside(&client, "write") - direct_us) / 1e3, "ms", 0.30);
    load_close(&client);
}

/* ---- steps a second, and their bytes ---- */

static double calls_bytes(struct house *house, struct load_client *client, int count)
{
    uint64_t before;

    calls_loop(client, "write", count);
    before = house_log_bytes(house);
    (void)load_once(client);
    return (double)(house_log_bytes(house) - before) / count;
}

static void calls_steps(struct figures *figures, struct house *house)
{
    struct load_client client;
    double bare = calls_bare(figures, 1, 1);
    double rate;

    load_open_stdio(&client, house->writ);
    calls_loop(&client, "write", CALLS_STEPS);
    rate = CALLS_STEPS * 1e6 / load_once(&client);
    bare = (bare + calls_bare(figures, 1, 1)) / 2;
    figures_info(figures, "durable writes one after another, a second", rate, "");
    figures_info(figures, " a bare prewritten journal, a second", bare, "");
    figures_more(figures, " of bare", rate / bare, "times", 0.6);
    figures_less(figures, "bytes of log a step, program of 10", calls_bytes(house, &client, 10),
                 "B", 1024);
    figures_less(figures, "bytes of log a step, program of 10,000",
                 calls_bytes(house, &client, CALLS_MANY), "B", 1024);
    load_close(&client);
}

static void calls_at_once(struct figures *figures, struct house *house)
{
    static struct load_client clients[CALLS_PROGRAMS];
    double bare = calls_bare(figures, CALLS_PROGRAMS, 1);
    double began_us;
    double rate;

    for (size_t i = 0; i < CALLS_PROGRAMS; i++) {
        char code[256];

        load_open_stdio(&clients[i], house->writ);
        (void)snprintf(code, sizeof(code),
                       "for (let i = 0; i < %d; i++) await tools.peer.write({ i }); return %zu",
                       CALLS_EACH, i);
        load_set_program(&clients[i], NULL, code);
    }
    began_us = bench_now_us();
    for (size_t i = 0; i < CALLS_PROGRAMS; i++)
        load_ask(&clients[i]);
    for (size_t i = 0; i < CALLS_PROGRAMS; i++)
        load_wait(&clients[i]);
    rate = CALLS_PROGRAMS * CALLS_EACH * 1e6 / (bench_now_us() - began_us);
    bare = (bare + calls_bare(figures, CALLS_PROGRAMS, 1)) / 2;
    figures_info(figures, "32 programs of durable writes, steps a second", rate, "");
    figures_info(figures, " bare group commit of 32, a second", bare, "");
    figures_more(figures, " of bare", rate / bare, "times", 0.5);
    for (size_t i = 0; i < CALLS_PROGRAMS; i++)
        load_close(&clients[i]);
}

/* A person adds the server, and allows what it writes. */
static void calls_peer(struct figures *figures, struct house *house)
{
    static const char rules[] = "rules:\n  - name: bench\n    match: peer.**\n"
                                "    verdict: allow\n    reason: it is ours\n";
    char path[4200];
    FILE *file;

    house_person(house, "sources add peer --yes -- %s/echo", figures->tools);
    (void)snprintf(path, sizeof(path), "%s/rules.yaml", figures->folder);
    file = fopen(path, "w");
    if (!file || fputs(rules, file) < 0 || fclose(file) != 0)
        load_fail("%s: %s", path, strerror(errno));
    house_person(house, "policy apply %s", path);
}

void figures_calls(struct figures *figures)
{
    struct house house;

    figures_open(figures, &house, "calls");
    calls_peer(figures, &house);
    calls_added(figures, &house);
    calls_steps(figures, &house);
    calls_at_once(figures, &house);
    house_close(&house);
}
