/*
 * Sources: what it takes to add a large one, what a large catalog costs a program that uses none of
 * it, and what the gate adds to a call over HTTP (an OpenAPI read, an MCP tool), each beside the
 * same call without Writ to the same small server.
 */
#include "figures.h"
#include "peer.h"

#include <ctype.h>
#include <curl/curl.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOURCES_ADDS    5U
#define SOURCES_ROUNDS  101U
#define SOURCES_PROGRAM 20
#define SOURCES_CLIENTS 32U
#define SOURCES_EACH    200
#define SOURCES_AT_ONCE 5U    /* rounds of all clients; the middle one counts */
#define SOURCES_LARGE   10000 /* operations of one document; two of them */
#define SOURCES_PAIRS   9U
#define SOURCES_ALLOWED                                                                            \
    "rules:\n  - name: bench\n    match: \"**\"\n    verdict: allow\n    reason: ours\n"

/* ---- the peak memory of a process that comes and goes ---- */

static long sources_status(const char *pid, const char *field)
{
    char path[300];
    char line[256];
    long value = -1;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%s/status", pid);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, field, strlen(field)) == 0)
            value = strtol(line + strlen(field), NULL, 10);
    if (file)
        (void)fclose(file);
    return value;
}

/* The most that any `compile` of this keeper was seen with, in KiB; looks until it is ended. */
static void sources_watch(pid_t keeper, int out)
{
    long most = 0;

    for (;;) {
        DIR *all = opendir("/proc");
        const struct dirent *entry;
        char name[32] = "";

        while (all && !*name && (entry = readdir(all))) {
            char comm[300];
            FILE *file;

            if (!isdigit((unsigned char)entry->d_name[0]))
                continue;
            (void)snprintf(comm, sizeof(comm), "/proc/%s/comm", entry->d_name);
            file = fopen(comm, "r");
            if (file && fgets(comm, sizeof(comm), file) && strcmp(comm, "compile\n") == 0 &&
                sources_status(entry->d_name, "PPid:") == keeper)
                (void)snprintf(name, sizeof(name), "%.31s", entry->d_name);
            if (file)
                (void)fclose(file);
        }
        if (all)
            (void)closedir(all);
        for (long now; *name && (now = sources_status(name, "VmHWM:")) >= 0; (void)usleep(200)) {
            if (now <= most)
                continue;
            most = now;
            if (pwrite(out, &most, sizeof(most), 0) != sizeof(most))
                return;
        }
        (void)usleep(500);
    }
}

static double sources_add(struct house *house, const char *name, const char *document)
{
    double began_us = bench_now_us();

    house_person(house, "sources add %s %s --yes", name, document);
    return bench_now_us() - began_us;
}

static long sources_peak_kib(struct figures *figures, struct house *house, const char *document)
{
    char path[4200];
    long most = 0;
    pid_t pid;
    int fd;

    (void)snprintf(path, sizeof(path), "%s/peak", figures->folder);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    pid = fork();
    if (fd < 0 || pid < 0)
        load_fail("%s cannot be made", path);
    if (pid == 0) {
        sources_watch(house->keeper, fd);
        _exit(0);
    }
    (void)sources_add(house, "watched", document);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    if (pread(fd, &most, sizeof(most), 0) != sizeof(most))
        load_fail("no process compile was seen");
    (void)close(fd);
    return most;
}

/* From the command to its end: read, compiled, checked, shown, approved, connected. */
static void sources_github(struct figures *figures)
{
    const char *document = getenv("SOURCES_GITHUB");
    double times[SOURCES_ADDS];
    struct house house;

    if (!document) {
        (void)printf("adding GitHub's specification: SKIPPED: SOURCES_GITHUB names no file (npm "
                     "@octokit/openapi)\n");
        return;
    }
    figures_open(figures, &house, "github");
    for (size_t i = 0; i < SOURCES_ADDS; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "github%zu", i);
        times[i] = sources_add(&house, name, document);
    }
    qsort(times, SOURCES_ADDS, sizeof(*times), bench_compare);
    figures_less(figures, "add GitHub's specification, command to connected, p50",
                 times[SOURCES_ADDS / 2] / 1e6, "s", 0.25);
    figures_less(figures, " most memory of the process that reads it",
                 (double)sources_peak_kib(figures, &house, document) / 1024, "MiB", 100);
    house_close(&house);
}

/* ---- a large catalog beside none ---- */

static void sources_large_write(const char *path, int first)
{
    FILE *file = fopen(path, "w");

    if (!file)
        load_fail("%s cannot be written", path);
    (void)fprintf(file, "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"Large\",\"version\":\"1\"},"
                        "\"servers\":[{\"url\":\"https://api.example.com\"}],\"paths\":{");
    for (int i = 0; i < SOURCES_LARGE; i++)
        (void)fprintf(
            file,
            "%s\"/group%d/things%d/{id}\":{\"get\":{\"operationId\":\"group%d/get-thing%d\","
            "\"summary\":\"Get thing %d of its group\",\"parameters\":[{\"name\":\"id\","
            "\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}],"
            "\"responses\":{\"200\":{\"description\":\"ok\"}}}}",
            i ? "," : "", i / 100, first + i, i / 100, first + i, first + i);
    (void)fprintf(file, "}}\n");
    if (fclose(file) != 0)
        load_fail("%s cannot be written", path);
}

/* In turn, so that what else the machine does falls on both. */
static void sources_beside_none(struct figures *figures, struct load_client *none,
                                struct load_client *large)
{
    double few[SOURCES_PAIRS], many[SOURCES_PAIRS], times[SOURCES_PAIRS];

    for (size_t i = 0; i < SOURCES_PAIRS; i++) {
        few[i] = load_run(none, 1, 0.4).p50_us;
        many[i] = load_run(large, 1, 0.4).p50_us;
        times[i] = many[i] / few[i];
    }
    qsort(few, SOURCES_PAIRS, sizeof(*few), bench_compare);
    qsort(many, SOURCES_PAIRS, sizeof(*many), bench_compare);
    qsort(times, SOURCES_PAIRS, sizeof(*times), bench_compare);
    figures_info(figures, "return 1+1, no tools in the catalog, p50", few[SOURCES_PAIRS / 2] / 1e3,
                 "ms");
    figures_info(figures, "return 1+1, 20,000 tools in the catalog, p50",
                 many[SOURCES_PAIRS / 2] / 1e3, "ms");
    figures_less(figures, " with them against without, p50 of pairs in turn",
                 times[SOURCES_PAIRS / 2], "times", 1.05);
}

static void sources_large(struct figures *figures)
{
    struct load_client none, large;
    struct house without, with;
    char path[4200];

    figures_open(figures, &without, "without");
    figures_clients(&without, &none, 1, false, "return 1+1");
    figures_open(figures, &with, "with");
    for (int i = 0; i < 2; i++) {
        char name[32];

        (void)snprintf(path, sizeof(path), "%s/large%d.json", figures->folder, i);
        (void)snprintf(name, sizeof(name), "large%d", i);
        sources_large_write(path, i * SOURCES_LARGE);
        (void)sources_add(&with, name, path);
    }
    figures_clients(&with, &large, 1, false, "return 1+1");
    sources_beside_none(figures, &none, &large);
    load_close(&none);
    load_close(&large);
    house_close(&with);
    house_close(&without);
}

/* ---- calls that go out ---- */

static size_t sources_ignore(char *bytes, size_t size, size_t count, void *owner)
{
    (void)bytes;
    (void)owner;
    return size * count;
}

/* The same read by libcurl alone: one handle, one connection that stays. */
static double sources_curl_us(const struct peer *peer)
{
    static double times[SOURCES_ROUNDS * 5];
    char url[64];
    CURL *curl = curl_easy_init();

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/things/7", peer->port);
    if (!curl || curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, sources_ignore) != CURLE_OK)
        load_fail("libcurl is not there");
    for (size_t i = 0; i < ARRAY_COUNT(times); i++) {
        double from = bench_now_us();

        if (curl_easy_perform(curl) != CURLE_OK)
            load_fail("%s does not answer", url);
        times[i] = bench_now_us() - from;
    }
    curl_easy_cleanup(curl);
    qsort(times, ARRAY_COUNT(times), sizeof(*times), bench_compare);
    return times[ARRAY_COUNT(times) / 2];
}

static double sources_median(struct load_client *client, const char *call, int count)
{
    static double times[SOURCES_ROUNDS];
    char code[256];

    (void)snprintf(code, sizeof(code), "for (let i = 0; i < %d; i++) await %s; return %d", count,
                   call, count);
    load_set_program(client, NULL, code);
    for (size_t i = 0; i < SOURCES_ROUNDS; i++)
        times[i] = load_once(client);
    qsort(times, SOURCES_ROUNDS, sizeof(*times), bench_compare);
    return times[SOURCES_ROUNDS / 2];
}

/* One more call in a program that makes some already. */
static double sources_inside_us(struct load_client *client, const char *call)
{
    double few_us = sources_median(client, call, 1);

    return (sources_median(client, call, 1 + SOURCES_PROGRAM) - few_us) / SOURCES_PROGRAM;
}

static const char *const sources_parts[] = { "egress-net", "daemon", "worker" };

/* What one round of all clients took, and what it cost whom. */
struct sources_round {
    double took_us;
    double cpu_us[1 + ARRAY_COUNT(sources_parts)]; /* of all, and of each */
};

static int sources_compare(const void *one, const void *other)
{
    return bench_compare(&((const struct sources_round *)one)->took_us,
                         &((const struct sources_round *)other)->took_us);
}

static void sources_cpu_add(const struct house *house, double sign, struct sources_round *round)
{
    round->cpu_us[0] += sign * house_cpu_us(house);
    for (size_t i = 0; i < ARRAY_COUNT(sources_parts); i++)
        round->cpu_us[1 + i] += sign * house_cpu_of_us(house, sources_parts[i]);
}

static struct sources_round sources_round_run(struct house *house, struct load_client *clients)
{
    struct sources_round round = { 0 };
    double began_us;

    house_look(house);
    sources_cpu_add(house, -1, &round);
    began_us = bench_now_us();
    for (size_t i = 0; i < SOURCES_CLIENTS; i++)
        load_ask(&clients[i]);
    for (size_t i = 0; i < SOURCES_CLIENTS; i++)
        load_wait(&clients[i]);
    round.took_us = bench_now_us() - began_us;
    sources_cpu_add(house, 1, &round);
    return round;
}

/* 32 programs at once, each in the middle of its own calls: the middle one of some rounds. */
static void sources_at_once(struct figures *figures, struct house *house, const char *call)
{
    static struct load_client clients[SOURCES_CLIENTS];
    const double count = (double)SOURCES_CLIENTS * SOURCES_EACH;
    struct sources_round rounds[SOURCES_AT_ONCE], *middle = &rounds[SOURCES_AT_ONCE / 2];

    for (size_t i = 0; i < SOURCES_CLIENTS; i++) {
        char code[256];

        load_open_stdio(&clients[i], house->writ);
        (void)snprintf(code, sizeof(code), "for (let i = 0; i < %d; i++) await %s; return %zu",
                       SOURCES_EACH, call, i);
        load_set_program(&clients[i], NULL, code);
        (void)load_once(&clients[i]);
    }
    for (size_t i = 0; i < SOURCES_AT_ONCE; i++)
        rounds[i] = sources_round_run(house, clients);
    qsort(rounds, SOURCES_AT_ONCE, sizeof(*rounds), sources_compare);
    figures_more(figures, "MCP calls passed through, 32 programs, a second",
                 count * 1e6 / middle->took_us, "", 10000);
    figures_less(figures, " CPU a call, all processes", middle->cpu_us[0] / count, "us", 60);
    for (size_t i = 0; i < ARRAY_COUNT(sources_parts); i++) {
        char line[64];

        (void)snprintf(line, sizeof(line), "  of it %s", sources_parts[i]);
        figures_info(figures, line, middle->cpu_us[1 + i] / count, "us");
    }
    for (size_t i = 0; i < SOURCES_CLIENTS; i++)
        load_close(&clients[i]);
}

static void sources_file(const struct figures *figures, const char *name, const char *text,
                         char path[4200])
{
    FILE *file;

    (void)snprintf(path, 4200, "%s/%s", figures->folder, name);
    file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        load_fail("%s cannot be written", path);
}

static void sources_out(struct figures *figures)
{
    static const char api[] =
        "openapi: 3.0.3\ninfo: { title: Things, version: '1' }\n"
        "servers: [{ url: 'http://127.0.0.1:%d' }]\npaths:\n  /things/{id}:\n    get:\n"
        "      operationId: get\n      parameters: [{ name: id, in: path, required: true, schema: "
        "{ type: integer } }]\n      responses: { '200': { description: ok, content: { "
        "application/json: { schema: { type: object } } } } }\n";
    static double times[SOURCES_ROUNDS * 5];
    char path[4200], text[1024];
    struct load_client client;
    struct house house;
    struct peer peer;
    double curl_us, bare_us;

    peer_open(&peer);
    figures_open(figures, &house, "out");
    sources_file(figures, "allow.yaml", SOURCES_ALLOWED, path);
    house_person(&house, "policy apply %s", path);
    (void)snprintf(text, sizeof(text), api, peer.port);
    sources_file(figures, "things.yaml", text, path);
    house_person(&house, "sources add things %s --allow-host 127.0.0.1 --yes", path);
    house_person(&house, "sources add peer http://127.0.0.1:%d/mcp --allow-host 127.0.0.1 --yes",
                 peer.port);
    load_open_stdio(&client, house.writ);
    curl_us = sources_curl_us(&peer);
    bare_us = peer_call_bare(&peer, times, ARRAY_COUNT(times));
    figures_info(figures, "a read by libcurl alone, p50", curl_us / 1e3, "ms");
    figures_less(figures, "an OpenAPI read in a program, added to that, p50",
                 (sources_inside_us(&client, "tools.things.get({ id: 7 })") - curl_us) / 1e3, "ms",
                 0.15);
    figures_info(figures, "an MCP call over a bare socket, p50", bare_us / 1e3, "ms");
    figures_less(figures, "an MCP call passed through, added to that, p50",
                 (sources_inside_us(&client, "tools.peer.read({ path: 'a' })") - bare_us) / 1e3,
                 "ms", 0.15);
    load_close(&client);
    sources_at_once(figures, &house, "tools.peer.read({ path: 'a' })");
    house_close(&house);
    peer_close(&peer);
}

void figures_sources(struct figures *figures)
{
    sources_out(figures);
    sources_large(figures);
    sources_github(figures);
}
