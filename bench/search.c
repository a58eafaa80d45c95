/*
 * Is the right tool found? Tasks in the words of people against the operations of real
 * specifications, all in one catalog. Reads what test/search/extract.mjs prints, from the file that
 * SEARCH_LINES names; tools/bench makes it.
 *
 *     bench_search [-v tune|held]    -v: also each task of that half that was missed
 *
 * Each task is tried twice: with its source named (as an agent does that knows whom it asks), and
 * over all four, where a deployment may be GitHub's or Kubernetes'. Targets on the half that is
 * held out, its source named: recall@1 0.60, recall@5 0.90.
 */
#include "bench.h"

#include "base/vec.h"
#include "domain/catalog/catalog.h"
#include "format/json/json.h"

#include <string.h>

#define SOURCES_MAX 16U
#define RIGHT_MAX   16U

struct task {
    struct str source;
    struct str text;
    const struct json_value *right;
    bool held;
};

struct source {
    struct str name;
    struct msg_tools VEC(struct msg_tool) tools;
};

struct set {
    struct arena *arena;
    struct source sources[SOURCES_MAX];
    size_t sources_count;
    struct tasks VEC(struct task) tasks;
};

struct score {
    size_t tasks;
    size_t first;
    size_t five;
    double reciprocal;
};

static const char *verbose;
static bool within;

static struct str lines_read(const char *path, struct arena *arena)
{
    FILE *file = fopen(path, "rb");
    BUF_CLEANUP struct buf text = BUF_INIT;
    char chunk[65536];
    size_t got;

    if (!file)
        return STR_NULL;
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        buf_add(&text, chunk, got);
    (void)fclose(file);
    return str_copy(arena, buf_str(&text));
}

static struct source *source_of(struct set *set, struct str name)
{
    for (size_t i = 0; i < set->sources_count; i++) {
        if (str_equal(set->sources[i].name, name))
            return &set->sources[i];
    }
    CHECK(set->sources_count < SOURCES_MAX);
    set->sources[set->sources_count].name = name;
    return &set->sources[set->sources_count++];
}

static void line_take(struct set *set, struct str line)
{
    struct json_error error;
    struct json_doc doc;

    CHECK(json_parse(set->arena, line, NULL, &error, &doc) == JSON_PARSED);
    struct source *source = source_of(set, json_get_str(doc.root, "source"));
    if (json_get(doc.root, "task"))
        *VEC_PUSH(&set->tasks) =
            (struct task){ .source = source->name,
                           .text = json_get_str(doc.root, "task"),
                           .right = json_get(doc.root, "right"),
                           .held = str_is(json_get_str(doc.root, "half"), "held") };
    else
        *VEC_PUSH(&source->tools) =
            (struct msg_tool){ .name = json_get_str(doc.root, "name"),
                               .title = json_get_str(doc.root, "title"),
                               .description = json_get_str(doc.root, "description"),
                               .input = json_get_str(doc.root, "input") };
}

static void source_add(struct catalog *catalog, struct set *set, size_t index)
{
    struct source *source = &set->sources[index];
    uint64_t handle = index + 1;
    struct event event = { .type = EVENT_SOURCE_ADDED,
                           .as.source_added = { .source = handle, .name = source->name } };
    struct msg_source_report report = { .source = handle,
                                        .listed = true,
                                        .tools = source->tools.at,
                                        .tools_count = source->tools.count };

    catalog_apply(catalog, &event);
    event = (struct event){ .type = EVENT_SOURCE_STATE,
                            .as.source_state = { .source = handle,
                                                 .state = MSG_SOURCE_STATE_CONNECTED } };
    catalog_apply(catalog, &event);
    event = (struct event){ .type = EVENT_SOURCE_LISTED };
    CHECK(catalog_listing(catalog, &report, set->arena, &event.as.source_listed) ==
          CATALOG_LISTING_CHANGED);
    struct digest digest = event.as.source_listed.digest;
    catalog_apply(catalog, &event);
    event = (struct event){ .type = EVENT_SOURCE_APPROVED,
                            .as.source_approved = {
                                .source = handle, .version = 1, .digest = digest } };
    catalog_apply(catalog, &event);
}

/* 1 for the first, 0 where none of them is right. */
static size_t rank_of(const struct catalog *catalog, const struct task *task,
                      const struct json_value *items)
{
    const struct catalog_source *source = catalog_source_named(catalog, task->source);
    struct json_iter iter = json_iter(items);
    const struct json_value *item;

    for (size_t rank = 1; (item = json_next(&iter)); rank++) {
        struct json_iter rights = json_iter(task->right);
        const struct json_value *right;

        while ((right = json_next(&rights))) {
            const struct catalog_tool *tool = catalog_offered(source, json_str(right));

            CHECK(tool != NULL);
            if (str_equal(tool->address, json_get_str(item, "address")))
                return rank;
        }
    }
    return 0;
}

static void miss_print(const struct task *task, size_t rank, const struct json_value *items)
{
    struct json_iter iter = json_iter(items);
    const struct json_value *item;

    (void)printf("  %zu  %.*s: %.*s (right: %.*s)\n", rank, STR_ARG(task->source),
                 STR_ARG(task->text), STR_ARG(json_str(json_at(task->right, 0))));
    for (int i = 0; i < 5 && (item = json_next(&iter)); i++)
        (void)printf("       %.*s\n", STR_ARG(json_get_str(item, "address")));
}

static void task_try(const struct catalog *catalog, const struct task *task, struct score *score)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog_query query = { .text = task->text, .limit = 10 };
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct json_error error;
    struct json_doc doc;

    if (within)
        query.source = task->source;
    catalog_search(catalog, &query, &out);
    CHECK(json_parse(arena, buf_str(&out), NULL, &error, &doc) == JSON_PARSED);
    const struct json_value *items = json_get(doc.root, "items");
    size_t rank = rank_of(catalog, task, items);
    score->tasks++;
    score->first += rank == 1;
    score->five += rank >= 1 && rank <= 5;
    score->reciprocal += rank > 0 ? 1.0 / (double)rank : 0;
    if (rank != 1 && verbose && strcmp(verbose, task->held ? "held" : "tune") == 0)
        miss_print(task, rank, items);
}

static void half_try(const struct catalog *catalog, const struct set *set, bool held)
{
    struct score all = { 0 };

    for (size_t i = 0; i < set->sources_count; i++) {
        struct score score = { 0 };

        for (size_t j = 0; j < set->tasks.count; j++) {
            if (set->tasks.at[j].held == held &&
                str_equal(set->tasks.at[j].source, set->sources[i].name))
                task_try(catalog, &set->tasks.at[j], &score);
        }
        if (score.tasks == 0)
            continue;
        (void)printf("  %-12.*s %3zu tasks  recall@1 %.2f  recall@5 %.2f\n",
                     STR_ARG(set->sources[i].name), score.tasks,
                     (double)score.first / (double)score.tasks,
                     (double)score.five / (double)score.tasks);
        all.tasks += score.tasks;
        all.first += score.first;
        all.five += score.five;
        all.reciprocal += score.reciprocal;
    }
    CHECK(all.tasks > 0);
    (void)printf("%s: %zu tasks  recall@1 %.3f  recall@5 %.3f  mean reciprocal rank %.3f\n",
                 held ? "held out" : "tune", all.tasks, (double)all.first / (double)all.tasks,
                 (double)all.five / (double)all.tasks, all.reciprocal / (double)all.tasks);
}

static void speed(const struct catalog *catalog, const struct set *set)
{
    static double rounds[BENCH_ROUNDS];
    BUF_CLEANUP struct buf out = BUF_INIT;

    for (size_t r = 0; r < BENCH_ROUNDS; r++) {
        struct catalog_query query = { .text = set->tasks.at[r % set->tasks.count].text };
        double start = bench_now_us();

        buf_clear(&out);
        catalog_search(catalog, &query, &out);
        rounds[r] = bench_now_us() - start;
    }
    bench_print("a task over all four sources", rounds, BENCH_ROUNDS, 1);
}

static void set_read(struct set *set, struct str rest)
{
    while (rest.ptr) {
        struct str line = str_split(&rest, '\n');

        if (line.len > 0)
            line_take(set, line);
    }
}

static void set_free(struct set *set)
{
    for (size_t i = 0; i < set->sources_count; i++)
        VEC_FINI(&set->sources[i].tools);
    VEC_FINI(&set->tasks);
}

int main(int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();
    const char *path = getenv("SEARCH_LINES");
    static struct set set;

    if (argc == 3 && strcmp(argv[1], "-v") == 0)
        verbose = argv[2];
    struct str rest = path ? lines_read(path, arena) : STR_NULL;
    if (!rest.ptr) {
        (void)printf("search: SKIPPED: SEARCH_LINES names no file of operations and tasks\n");
        return 0;
    }
    set.arena = arena;
    set_read(&set, rest);
    for (size_t i = 0; i < set.sources_count; i++)
        source_add(catalog, &set, i);
    for (int all = 0; all < 2; all++) {
        within = !all;
        (void)printf("%s\n", all ? "over all sources" : "in its source");
        half_try(catalog, &set, false);
        half_try(catalog, &set, true);
    }
    speed(catalog, &set);
    set_free(&set);
    return 0;
}
