/*
 * Search, describe and look-up at 1,223 and 20,000 tools, made of words by a fixed recipe.
 * Targets: search 0.1 and 0.5 ms, describe 1 ms.
 */
#include "bench.h"

#include "domain/catalog/catalog.h"

/* Bytes of memory that this process has in hand. */
static size_t bench_resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    CHECK(file && fscanf(file, "%*u %lu", &pages) == 1);
    (void)fclose(file);
    return pages * 4096;
}

static const char *const verbs[] = { "get",    "list", "create", "update", "delete",
                                     "search", "add",  "remove", "enable", "check" };
static const char *const things[] = {
    "repository",  "issue",  "pull",     "branch",  "commit",   "release",  "team",     "member",
    "webhook",     "secret", "workflow", "run",     "artifact", "check",    "label",    "milestone",
    "project",     "card",   "column",   "comment", "review",   "reaction", "gist",     "user",
    "key",         "email",  "invite",   "license", "page",     "package",  "runner",   "variable",
    "environment", "deploy", "status",   "tag",     "tree",     "blob",     "advisory", "alert",
};
static const char *const places[] = { "organization", "enterprise", "account", "installation",
                                      "marketplace",  "codespace",  "billing", "migration" };

static struct msg_tool tool_make(struct arena *arena, size_t i)
{
    const char *verb = verbs[i % ARRAY_COUNT(verbs)];
    const char *thing = things[i / ARRAY_COUNT(verbs) % ARRAY_COUNT(things)];
    const char *place = places[i / 400 % ARRAY_COUNT(places)];
    const char *other = things[i * 7 % ARRAY_COUNT(things)];

    return (struct msg_tool){
        .name = str_printf(arena, "%ss/%s-%s-for-%s-%zu", thing, verb, other, place, i / 3200),
        .description =
            str_printf(arena,
                       "%s a %s for an %s.\nThe authenticated user must have the %s:%s "
                       "scope to use this endpoint. Results are paged; see the %s of the %s.",
                       verb, thing, place, verb, thing, other, place),
        .input = str_printf(arena,
                            "{\"type\":\"object\",\"properties\":{\"%s_id\":{\"type\":\"integer\","
                            "\"description\":\"The unique identifier of the %s.\"},\"owner\":{"
                            "\"type\":\"string\",\"description\":\"The account owner of the %s.\"},"
                            "\"per_page\":{\"type\":\"integer\",\"description\":\"Results a page, "
                            "at most 100\"},\"state\":{\"enum\":[\"open\",\"closed\",\"all\"]}},"
                            "\"required\":[\"owner\"]}",
                            thing, thing, other),
    };
}

static void fill(struct catalog *catalog, struct arena *arena, size_t count)
{
    struct event added = { .type = EVENT_SOURCE_ADDED,
                           .as.source_added = { .source = 1, .name = STR("github") } };
    struct event state = { .type = EVENT_SOURCE_STATE,
                           .as.source_state = { .source = 1,
                                                .state = MSG_SOURCE_STATE_CONNECTED } };
    struct event listed = { .type = EVENT_SOURCE_LISTED };
    struct event approved = { .type = EVENT_SOURCE_APPROVED };
    struct msg_source_report report = { .source = 1, .listed = true, .tools_count = count };
    size_t before;
    double start;

    catalog_apply(catalog, &added);
    catalog_apply(catalog, &state);
    report.tools = ARENA_ARRAY(arena, struct msg_tool, count);
    for (size_t i = 0; i < count; i++)
        report.tools[i] = tool_make(arena, i);
    start = bench_now_us();
    CHECK(catalog_listing(catalog, &report, arena, &listed.as.source_listed) ==
          CATALOG_LISTING_CHANGED);
    (void)printf("%zu tools: a listing becomes an event in %.1f ms, ", count,
                 (bench_now_us() - start) / 1e3);
    CHECK(listed.as.source_listed.tools_count == count);
    start = bench_now_us();
    before = bench_resident();
    catalog_apply(catalog, &listed);
    (void)printf("is applied in %.1f ms, resident %zu bytes a tool\n",
                 (bench_now_us() - start) / 1e3, (bench_resident() - before) / count);
    approved.as.source_approved.source = 1;
    approved.as.source_approved.version = 1;
    approved.as.source_approved.digest = listed.as.source_listed.digest;
    catalog_apply(catalog, &approved);
}

/* As the daemon makes it, a piece a turn: the longest piece is what another client waits for. */
static void bench_index(struct catalog *catalog, size_t tools)
{
    double all = bench_now_us(), longest = 0;
    size_t before = bench_resident(), pieces = 0;

    while (catalog_work_is_due(catalog)) {
        double start = bench_now_us();

        catalog_work(catalog, 32);
        start = bench_now_us() - start;
        longest = start > longest ? start : longest;
        pieces++;
    }
    (void)printf("%-52s      %10.1f ms in %zu pieces, the longest %.2f ms\n",
                 "the index, made in pieces", (bench_now_us() - all) / 1e3, pieces, longest / 1e3);
    (void)printf("%-52s      %10zu bytes a tool\n", "the index, resident",
                 (bench_resident() - before) / tools);
}

static void bench_search(const struct catalog *catalog, double target_us)
{
    static const char *const texts[] = {
        "create an issue",
        "list pull requests of a repository",
        "delete webhook",
        "who is in my team",
        "enable a workflow for organization",
        "search users",
        "rerun failed check runs",
        "add label",
    };
    static double rounds[BENCH_ROUNDS];
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct catalog_query query = { .text = STR("first") };
    double start = bench_now_us();

    catalog_search(catalog, &query, &out);
    (void)printf("%-52s      %10.1f ms\n", "the first search", (bench_now_us() - start) / 1e3);
    for (size_t r = 0; r < BENCH_ROUNDS; r++) {
        buf_clear(&out);
        query.text = str_from(texts[r % ARRAY_COUNT(texts)]);
        start = bench_now_us();
        catalog_search(catalog, &query, &out);
        rounds[r] = bench_now_us() - start;
    }
    bench_print("catalog_search", rounds, BENCH_ROUNDS, 1);
    bench_judge(rounds[BENCH_ROUNDS / 2], target_us);
}

static void bench_lookups(const struct catalog *catalog)
{
    static double rounds[BENCH_ROUNDS];
    const struct catalog_source *source = catalog_source_find(catalog, 1);
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct str names[5];

    for (size_t r = 0; r < BENCH_ROUNDS; r++) {
        double start = bench_now_us();

        for (size_t i = 0; i < 100; i++) {
            const struct catalog_tool *tool;

            CHECK(catalog_find(catalog, source->tools[i * 7 % source->tools_count].address,
                               &tool) == CATALOG_FOUND);
        }
        rounds[r] = bench_now_us() - start;
    }
    bench_print("catalog_find", rounds, BENCH_ROUNDS, 100);
    for (size_t r = 0; r < BENCH_ROUNDS; r++) {
        double start = bench_now_us();

        buf_clear(&out);
        catalog_describe(&source->tools[r % source->tools_count], &out);
        rounds[r] = bench_now_us() - start;
    }
    bench_print("catalog_describe", rounds, BENCH_ROUNDS, 1);
    bench_judge(rounds[BENCH_ROUNDS / 2], 1000);
    for (size_t r = 0; r < 51; r++) {
        double start = bench_now_us();

        (void)catalog_nearest(catalog, STR("github.issues.create_lable_for_acount_0"), names, 5);
        rounds[r] = bench_now_us() - start;
    }
    bench_print("catalog_nearest", rounds, 51, 1);
}

static void bench(size_t count, double search_us)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();

    fill(catalog, arena, count);
    bench_index(catalog, count);
    bench_search(catalog, search_us);
    bench_lookups(catalog);
}

int main(void)
{
    bench(1223, 100);
    bench(20000, 500);
    return 0;
}
