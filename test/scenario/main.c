/*
 * Plays stories: each once as told, then with a crash at every disk operation of it in turn, by
 * kill and by power cut. scenario [--only TEXT] [--crashes N] [--trace] FILE...
 */
#include "story.h"

#include <stdio.h>
#include <stdlib.h>

#define CRASHES_MAX_DEFAULT 60U

struct runner {
    struct arena *arena;
    uint64_t crashes_max;
    bool trace;
    uint32_t stories;
    uint32_t runs;
    uint32_t failed;
};

static struct str file_read(struct arena *arena, const char *path)
{
    struct buf text BUF_CLEANUP = BUF_INIT;
    FILE *file = fopen(path, "rb");
    size_t n;

    if (!file)
        return STR_NULL;
    while ((n = fread(buf_reserve(&text, 4096), 1, 4096, file)) > 0)
        buf_commit(&text, n);
    (void)fclose(file);
    return str_copy(arena, buf_str(&text));
}

static void print_trace(const struct world *world)
{
    for (size_t i = 0; i < world->trace.count; i++)
        (void)printf("    %.*s\n", STR_ARG(world->trace.at[i]));
}

static void story_failed(struct runner *runner, const struct story *story,
                         const struct world *world, const char *how)
{
    runner->failed++;
    (void)printf("FAIL %.*s %.*s%s\n     %.*s\n", STR_ARG(story->file), STR_ARG(story->title), how,
                 STR_ARG(world->failure));
    print_trace(world);
}

static uint32_t performed(const struct world *world, size_t tool)
{
    return tool < world->tools.count ? world->tools.at[tool].performed : 0;
}

/* Nothing twice: no write was performed more often than when the story was told undisturbed. */
static void compare(struct world *world, const uint32_t *plain, size_t count)
{
    for (size_t i = 0; i < count && !world->failed; i++)
        if (!str_is(world->tools.at[i].effect, "read") && performed(world, i) > plain[i])
            world_fail(world, "%.*s.%.*s was performed %u times, undisturbed %u",
                       STR_ARG(world->tools.at[i].source), STR_ARG(world->tools.at[i].name),
                       performed(world, i), plain[i]);
}

static void run_crashed(struct runner *runner, const struct story *story, uint64_t at,
                        const uint32_t *plain, size_t count)
{
    struct world *world = world_new(at * 7919 + 1);
    char how[64];

    world->crash_at = at;
    world->power_cuts = at % 2 == 0;
    story_play(story, world, false);
    sim_crash_at(0);
    story_invariants(story, world);
    compare(world, plain, count);
    (void)snprintf(how, sizeof(how), " (%s at disk operation %llu)",
                   world->power_cuts ? "power cut" : "killed", (unsigned long long)at);
    if (world->failed)
        story_failed(runner, story, world, how);
    runner->runs++;
    world_free(world);
}

static void run_story(struct runner *runner, const struct story *story)
{
    struct world *world = world_new(1);
    uint32_t plain[64] = { 0 };
    uint64_t operations;
    uint64_t step;
    size_t count;
    bool failed;

    story_play(story, world, true);
    operations = sim_disk_operations() - world->operations_before;
    if (runner->trace)
        print_trace(world);
    story_invariants(story, world);
    failed = world->failed;
    if (failed)
        story_failed(runner, story, world, "");
    count = world->tools.count < ARRAY_COUNT(plain) ? world->tools.count : ARRAY_COUNT(plain);
    for (size_t i = 0; i < count; i++)
        plain[i] = performed(world, i);
    runner->runs++;
    runner->stories++;
    world_free(world);
    if (failed || runner->crashes_max == 0)
        return;
    step = operations / runner->crashes_max + 1;
    for (uint64_t at = 1; at <= operations && runner->failed < 8; at += step)
        run_crashed(runner, story, at, plain, count);
}

static void run_file(struct runner *runner, const char *path, const char *only)
{
    struct story story = { .file = str_from(path) };
    struct str problem = STR("");
    struct str text = file_read(runner->arena, path);

    if (!text.ptr || !story_parse(text, runner->arena, &story, &problem)) {
        (void)printf("FAIL %s %.*s\n", path, STR_ARG(text.ptr ? problem : STR("cannot be read")));
        runner->failed++;
    } else if (!only || str_find(story.title, str_from(only)) != SIZE_MAX) {
        run_story(runner, &story);
    }
    VEC_FINI(&story.lines);
}

int main(int argc, char **argv)
{
    struct runner runner = { .arena = arena_new(0), .crashes_max = CRASHES_MAX_DEFAULT };
    const char *only = NULL;

    for (int i = 1; i < argc; i++) {
        if (str_is(str_from(argv[i]), "--trace"))
            runner.trace = true;
        else if (str_is(str_from(argv[i]), "--only") && i + 1 < argc)
            only = argv[++i];
        else if (str_is(str_from(argv[i]), "--crashes") && i + 1 < argc)
            (void)!str_to_u64(str_from(argv[++i]), &runner.crashes_max);
        else
            run_file(&runner, argv[i], only);
    }
    (void)printf("%u stories, %u runs, %u failed\n", runner.stories, runner.runs, runner.failed);
    (void)arena_free(runner.arena);
    return runner.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
