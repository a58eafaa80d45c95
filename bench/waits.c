/*
 * The longest wait: how long one small request takes while Writ has other work, against the same
 * request with nothing beside it. A client of its own asks once a millisecond, so that a turn
 * that is long is met as often as any other client would meet it. All ask over HTTP: whoever starts
 * `writ mcp`, and its children, are agents, and no person.
 */
#include "figures.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAITS_TOOLS    20000
#define WAITS_LISTED   10000 /* by MCP, whose list is one line of the log */
#define WAITS_ROUNDS   3
#define WAITS_SAMPLES  65536U
#define WAITS_EVERY_US 1000
#define WAITS_P99_MS   5.0
#define WAITS_MOST_MS  20.0
#define WAITS_ALLOWED                                                                              \
    "rules:\n  - name: bench\n    match: \"**\"\n    verdict: allow\n    reason: ours\n"

enum waits_beside {
    WAITS_NOTHING,
    WAITS_ADD,
    WAITS_REFRESH,
    WAITS_SEARCH,
    WAITS_LIST,
    WAITS_ARTIFACT,
    WAITS_PAUSE, /* not counted */
    WAITS_COUNT,
};

static const char *const waits_names[] = {
    "nothing",
    "adding 20,000 tools",
    "reading them again, changed",
    "searching them from the first moment on",
    "10,000 tools that MCP lists",
    "an artifact of 6 MB, kept and read",
};

/* Between the one who asks and the one who makes work. */
struct waits {
    enum waits_beside beside;
    size_t counts[WAITS_COUNT];
    double times[WAITS_COUNT][WAITS_SAMPLES];
};

static NORETURN void waits_ask(volatile struct waits *waits, struct load_client *client)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        enum waits_beside beside = waits->beside;
        double time_us = load_once(client);

        if (waits->counts[beside] < WAITS_SAMPLES)
            waits->times[beside][waits->counts[beside]++] = time_us;
        if (time_us < WAITS_EVERY_US)
            (void)usleep((useconds_t)(WAITS_EVERY_US - time_us));
    }
}

static void waits_document(const struct figures *figures, const char *name, int version)
{
    char path[4200];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", figures->folder, name);
    file = fopen(path, "w");
    if (!file)
        load_fail("%s cannot be written", path);
    (void)fprintf(file, "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"Large\",\"version\":\"1\"},"
                        "\"servers\":[{\"url\":\"https://api.example.com\"}],\"paths\":{");
    for (int i = 0; i < WAITS_TOOLS; i++)
        (void)fprintf(
            file,
            "%s\"/group%d/things%d/{id}\":{\"get\":{\"operationId\":\"group%d/get-thing%d\","
            "\"summary\":\"Get thing %d of its group, as version %d has it\",\"parameters\":[{"
            "\"name\":\"id\",\"in\":\"path\",\"required\":true,\"description\":\"Which of the "
            "things\",\"schema\":{\"type\":\"string\"}}],"
            "\"responses\":{\"200\":{\"description\":\"ok\"}}}}",
            i ? "," : "", i / 100, i, i / 100, i, i, i % 10 ? 1 : version);
    (void)fprintf(file, "}}\n");
    if (fclose(file) != 0)
        load_fail("%s cannot be written", path);
}

static void waits_search(struct load_client *client, volatile struct waits *waits)
{
    waits->beside = WAITS_SEARCH;
    for (int i = 0; i < 20; i++)
        (void)load_once(client);
}

/* Each round adds, searches while the index is not there yet, reads again, and removes. */
static void waits_sources(struct figures *figures, struct house *house,
                          volatile struct waits *waits)
{
    struct load_client client;

    load_open_http(&client, &house->door);
    load_set_program(&client, &house->door,
                     "const r = []; for (const t of ['get a thing of a group', 'things version', "
                     "'which']) r.push((await tools.search(t)).total); return r");
    for (int i = 0; i < WAITS_ROUNDS; i++) {
        waits->beside = WAITS_ADD;
        house_person(house, "sources add large%d %s/first.json --yes", i, figures->folder);
        waits_search(&client, waits);
        waits->beside = WAITS_REFRESH;
        house_person(house, "sources refresh large%d %s/second.json", i, figures->folder);
        waits->beside = WAITS_PAUSE;
        house_person(house, "sources remove large%d", i);
    }
    load_close(&client);
}

static void waits_listed(struct figures *figures, struct house *house, volatile struct waits *waits)
{
    for (int i = 0; i < WAITS_ROUNDS; i++) {
        waits->beside = WAITS_LIST;
        house_person(house, "sources add many%d --yes -- %s/echo %d", i, figures->tools,
                     WAITS_LISTED);
        waits->beside = WAITS_PAUSE;
        if (i > 0)
            house_person(house, "sources remove many%d", i);
    }
}

static void waits_artifact(struct house *house, volatile struct waits *waits)
{
    struct load_client client;

    load_open_http(&client, &house->door);
    load_set_program(&client, &house->door,
                     "const r = await tools.many0.large({}); let at = 0, n = 0; do { const p = "
                     "await tools.writ.results.read({ artifact: r.$artifact ?? r.artifact, offset: "
                     "at, limit: 262144 }); at = p.next; n++ } while (at); return n");
    waits->beside = WAITS_ARTIFACT;
    for (int i = 0; i < WAITS_ROUNDS; i++)
        (void)load_once(&client);
    waits->beside = WAITS_PAUSE;
    load_close(&client);
}

static void waits_say(struct figures *figures, struct waits *waits)
{
    for (int i = 0; i < WAITS_PAUSE; i++) {
        size_t count = waits->counts[i];
        double *times = waits->times[i];
        char name[128];

        if (count == 0)
            load_fail("nothing was asked beside %s", waits_names[i]);
        qsort(times, count, sizeof(*times), bench_compare);
        (void)snprintf(name, sizeof(name), "return 1+1 beside %s, p50", waits_names[i]);
        figures_info(figures, name, times[count / 2] / 1e3, "ms");
        figures_less(figures, " p99", times[count - 1 - count / 100] / 1e3, "ms", WAITS_P99_MS);
        figures_less(figures, " the longest", times[count - 1] / 1e3, "ms", WAITS_MOST_MS);
    }
}

void figures_waits(struct figures *figures)
{
    struct waits *waits =
        mmap(NULL, sizeof(*waits), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct load_client client;
    struct house house;
    char path[4200];
    pid_t pid;
    FILE *file;

    if (waits == MAP_FAILED)
        load_fail("no memory");
    waits_document(figures, "first.json", 1);
    waits_document(figures, "second.json", 2);
    figures_open(figures, &house, "waits");
    (void)snprintf(path, sizeof(path), "%s/waits.yaml", figures->folder);
    file = fopen(path, "w");
    if (!file || fputs(WAITS_ALLOWED, file) < 0 || fclose(file) != 0)
        load_fail("%s cannot be written", path);
    house_person(&house, "policy apply %s", path);
    figures_clients(&house, &client, 1, true, "return 1+1");
    pid = fork();
    if (pid < 0)
        load_fail("no process");
    if (pid == 0)
        waits_ask(waits, &client);
    (void)sleep(2);
    waits_sources(figures, &house, waits);
    waits_listed(figures, &house, waits);
    waits_artifact(&house, waits);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    waits_say(figures, waits);
    load_close(&client);
    house_close(&house);
    (void)munmap(waits, sizeof(*waits));
}
