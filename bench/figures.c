/*
 * The figures of the whole program, each against its target and, where one is named, against a
 * baseline that is measured beside it.
 *
 * Usage: bench_figures WRIT FOLDER TOOLS [PART...]
 */
#include "figures.h"

#include <string.h>
#include <unistd.h>

#define FIGURES_STARTS   9
#define FIGURES_VERSIONS 101
#define FIGURES_CLIENTS  16U
#define FIGURES_RUN_S    2.0

static void figures_print(struct figures *figures, const char *sense, double target, bool met)
{
    (void)printf(" %s %10.3f  %s\n", sense, target, met ? "met" : "NOT MET");
    (void)fflush(stdout);
    figures->count++;
    figures->missed += !met;
}

static void figures_begin(const char *name, double value, const char *unit)
{
    (void)printf("%-58s %12.3f %-6s", name, value, unit);
}

void figures_less(struct figures *figures, const char *name, double value, const char *unit,
                  double target)
{
    figures_begin(name, value, unit);
    figures_print(figures, "<=", target, value <= target);
}

void figures_more(struct figures *figures, const char *name, double value, const char *unit,
                  double target)
{
    figures_begin(name, value, unit);
    figures_print(figures, ">=", target, value >= target);
}

void figures_info(struct figures *figures, const char *name, double value, const char *unit)
{
    (void)figures;
    figures_begin(name, value, unit);
    (void)printf("\n");
}

void figures_open(struct figures *figures, struct house *house, const char *name)
{
    char home[4096];

    (void)snprintf(home, sizeof(home), "%s/%s", figures->folder, name);
    house_open(house, figures->writ, home);
}

void figures_clients(struct house *house, struct load_client *clients, size_t count, bool http,
                     const char *code)
{
    for (size_t i = 0; i < count; i++) {
        char text[4096];

        if (http)
            load_open_http(&clients[i], &house->door);
        else
            load_open_stdio(&clients[i], house->writ);
        (void)snprintf(text, sizeof(text), "%s /* %zu */", code, i);
        load_set_program(&clients[i], &house->door, text);
        (void)load_once(&clients[i]);
    }
}

/* ---- size and start ---- */

static void figures_version(struct figures *figures)
{
    double times[FIGURES_VERSIONS];
    char writ[4096];
    char version[] = "version";
    char *argv[] = { writ, version, NULL };

    (void)snprintf(writ, sizeof(writ), "%s", figures->writ);
    for (size_t i = 0; i < FIGURES_VERSIONS; i++) {
        double began_us = bench_now_us();

        if (house_run(argv, NULL, 0) != 0)
            load_fail("writ version failed");
        times[i] = bench_now_us() - began_us;
    }
    qsort(times, FIGURES_VERSIONS, sizeof(*times), bench_compare);
    figures_less(figures, "writ version, p50", times[FIGURES_VERSIONS / 2] / 1e3, "ms", 2);
}

static void figures_start(struct figures *figures)
{
    double times[FIGURES_STARTS];
    struct house house;

    for (size_t i = 0; i < FIGURES_STARTS; i++) {
        figures_open(figures, &house, "start");
        times[i] = house.ready_us;
        if (i + 1 < FIGURES_STARTS)
            house_close(&house);
    }
    qsort(times, FIGURES_STARTS, sizeof(*times), bench_compare);
    figures_less(figures, "start to ready (writ up --http), p50", times[FIGURES_STARTS / 2] / 1e3,
                 "ms", 15);
    (void)sleep(1);
    house_look(&house);
    figures_less(figures, "idle, PSS of all processes", (double)house_pss_kib(&house) / 1024, "MiB",
                 12);
    figures_info(figures, " processes", (double)house.pid_count, "");
    house_close(&house);
}

static void figures_installed(struct figures *figures)
{
    char text[256];
    char root[4096];
    char du[] = "du", bytes[] = "-sb";
    char *argv[] = { du, bytes, root, NULL };
    char *end = NULL;

    /* PREFIX/bin/writ */
    (void)snprintf(root, sizeof(root), "%s", figures->writ);
    for (int i = 0; i < 2; i++)
        if ((end = strrchr(root, '/')))
            *end = 0;
    if (house_run(argv, text, sizeof(text)) != 0)
        load_fail("du %s", root);
    figures_less(figures, "installed, stripped", strtod(text, NULL) / (1024 * 1024), "MiB", 8);
}

void figures_size(struct figures *figures)
{
    figures_installed(figures);
    figures_version(figures);
    figures_start(figures);
}

/* ---- requests ---- */

static void figures_face(struct figures *figures, struct house *house, bool http)
{
    static const size_t counts[] = { 1, 4, FIGURES_CLIENTS };
    struct load_client clients[FIGURES_CLIENTS];
    const char *face = http ? "HTTP" : "stdio";

    figures_clients(house, clients, FIGURES_CLIENTS, http, "return 1+1");
    (void)load_run(clients, FIGURES_CLIENTS, 0.5);
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        double cpu_us = house_cpu_us(house);
        struct load_result result = load_run(clients, counts[i], FIGURES_RUN_S);
        char name[128];

        cpu_us = (house_cpu_us(house) - cpu_us) / (double)result.count;
        (void)snprintf(name, sizeof(name), "return 1+1, %s, %zu clients, p50", face, counts[i]);
        if (counts[i] == 1)
            figures_less(figures, name, result.p50_us / 1e3, "ms", http ? 0.25 : 0.20);
        else
            figures_info(figures, name, result.p50_us / 1e3, "ms");
        figures_info(figures, "  p99", result.p99_us / 1e3, "ms");
        figures_info(figures, "  CPU a request, all processes", cpu_us, "us");
        if (counts[i] == FIGURES_CLIENTS)
            figures_more(figures, "  a second", result.rate, "", 15000);
        else
            figures_info(figures, "  a second", result.rate, "");
    }
    for (size_t i = 0; i < FIGURES_CLIENTS; i++)
        load_close(&clients[i]);
}

void figures_requests(struct figures *figures)
{
    struct house house;

    figures_open(figures, &house, "requests");
    figures_face(figures, &house, false);
    figures_face(figures, &house, true);
    house_close(&house);
}

/* ---- loops, and programs that compute ---- */

static void figures_beside(struct figures *figures, struct house *house, size_t loops,
                           double target_ms)
{
    struct load_client clients[64] = { 0 };
    struct load_result result;
    char name[128];

    figures_clients(house, clients, 1, false, "return 1+1");
    for (size_t i = 1; i <= loops; i++) {
        char code[64];

        load_open_stdio(&clients[i], house->writ);
        (void)snprintf(code, sizeof(code), "while (true) {} /* %zu of %zu */", i, loops);
        load_set_program(&clients[i], NULL, code);
        clients[i].noise = true;
    }
    result = load_run(clients, loops + 1, 4);
    (void)snprintf(name, sizeof(name), "another client beside %zu loop%s, p99", loops,
                   loops > 1 ? "s" : "");
    figures_less(figures, name, result.p99_us / 1e3, "ms", target_ms);
    figures_info(figures, " p50", result.p50_us / 1e3, "ms");
    for (size_t i = 0; i <= loops; i++)
        load_close(&clients[i]);
}

static void figures_computing(struct figures *figures, struct house *house)
{
    struct load_client clients[FIGURES_CLIENTS];
    struct load_result one;
    struct load_result all;

    figures_clients(house, clients, FIGURES_CLIENTS, false,
                    "let s = 0; for (let i = 0; i < 200000; i++) s += i % 7; return s");
    one = load_run(clients, 1, FIGURES_RUN_S);
    all = load_run(clients, FIGURES_CLIENTS, FIGURES_RUN_S);
    figures_more(figures, "programs that compute, 16 clients against 1", all.rate / one.rate,
                 "times", 1.8);
    figures_info(figures, " of one client, p50", one.p50_us / 1e3, "ms");
    for (size_t i = 0; i < FIGURES_CLIENTS; i++)
        load_close(&clients[i]);
}

void figures_loops(struct figures *figures)
{
    struct house house;

    figures_open(figures, &house, "loops");
    figures_computing(figures, &house);
    figures_beside(figures, &house, 1, 1);
    figures_beside(figures, &house, figures->cores + 2, 5);
    house_close(&house);
}

/* ---- all ---- */

static const struct {
    const char *name;
    void (*run)(struct figures *figures);
} figures_parts[] = {
    { "size", figures_size },       { "requests", figures_requests },
    { "calls", figures_calls },     { "loops", figures_loops },
    { "restart", figures_restart }, { "history", figures_history },
    { "sources", figures_sources }, { "waits", figures_waits },
};

int main(int argc, char **argv)
{
    struct figures figures = { 0 };

    if (argc < 4) {
        (void)fprintf(stderr, "usage: bench_figures WRIT FOLDER TOOLS [PART...]\n");
        return 2;
    }
    figures.writ = argv[1];
    figures.folder = argv[2];
    figures.tools = argv[3];
    figures.cores = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    for (size_t i = 0; i < ARRAY_COUNT(figures_parts); i++) {
        bool wanted = argc == 4;

        for (int k = 4; k < argc; k++)
            wanted = wanted || strcmp(argv[k], figures_parts[i].name) == 0;
        if (!wanted)
            continue;
        (void)printf("-- %s\n", figures_parts[i].name);
        figures_parts[i].run(&figures);
    }
    (void)printf("%zu of %zu targets met, on %zu cores\n", figures.count - figures.missed,
                 figures.count, figures.cores);
    return 0;
}
