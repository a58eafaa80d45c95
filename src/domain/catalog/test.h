/* What the tests of this room share: a catalog built from events, and reading of .cases files. */
#ifndef WRIT_DOMAIN_CATALOG_TEST_H
#define WRIT_DOMAIN_CATALOG_TEST_H

#include "domain/catalog/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define HANDLE 7U

static UNUSED void test_add(struct catalog *catalog, uint64_t source, const char *name)
{
    struct str argv[] = { STR("node"), STR("server.js") };
    struct event event = { .type = EVENT_SOURCE_ADDED,
                           .as.source_added = { .source = source,
                                                .name = str_from(name),
                                                .kind = MSG_SOURCE_KIND_MCP_STDIO,
                                                .argv = argv,
                                                .argv_count = 2 } };

    catalog_apply(catalog, &event);
}

static UNUSED void test_state(struct catalog *catalog, uint64_t source, enum msg_source_state state,
                              const char *reason)
{
    struct event event = { .type = EVENT_SOURCE_STATE,
                           .as.source_state = {
                               .source = source, .state = state, .reason = str_from(reason) } };

    catalog_apply(catalog, &event);
}

static UNUSED enum catalog_listing_answer test_list(struct catalog *catalog, uint64_t source,
                                                    const struct msg_tool *tools, size_t count)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct msg_tool *copies = ARENA_ARRAY(arena, struct msg_tool, count);
    struct msg_source_report report = {
        .source = source, .listed = true, .tools = copies, .tools_count = count
    };
    struct event event = { .type = EVENT_SOURCE_LISTED };
    enum catalog_listing_answer answer;

    for (size_t i = 0; i < count; i++)
        copies[i] = tools[i];
    answer = catalog_listing(catalog, &report, arena, &event.as.source_listed);
    if (answer == CATALOG_LISTING_CHANGED)
        catalog_apply(catalog, &event);
    return answer;
}

static UNUSED void test_approve(struct catalog *catalog, uint64_t source)
{
    const struct catalog_source *view = catalog_source_find(catalog, source);
    struct event event = {
        .type = EVENT_SOURCE_APPROVED,
        .as.source_approved = { .source = source, .version = view->version, .digest = view->digest }
    };

    catalog_apply(catalog, &event);
}

/*
 * The next case of a file: lines up to an empty one; lines that begin with # are left out. Gives
 * how many of at most max lines, 0 at the end. Lines lie in text, without their ends.
 */
static UNUSED size_t test_case_next(struct str *rest, struct str *ret_lines, size_t max)
{
    size_t count = 0;

    while (rest->ptr) {
        struct str line = str_split(rest, '\n');

        if (line.len == 0 && count > 0)
            return count;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        assert_true(count < max);
        ret_lines[count++] = line;
    }
    return count;
}

static UNUSED struct str test_cases(const char *path, struct arena *arena)
{
    FILE *file = fopen(path, "rb");
    struct buf text BUF_CLEANUP = BUF_INIT;

    assert_non_null(file);
    for (int c; (c = fgetc(file)) != EOF;)
        buf_add_char(&text, (char)c);
    assert_int_equal(fclose(file), 0);
    return str_copy(arena, buf_str(&text));
}

#endif
