/* What the tests of json share. */
#ifndef WRIT_FORMAT_JSON_TEST_H
#define WRIT_FORMAT_JSON_TEST_H

#include "format/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static UNUSED struct arena *arena;

static UNUSED int arena_open(void **state UNUSED)
{
    arena = arena_new(0);
    return 0;
}

static UNUSED int arena_close(void **state UNUSED)
{
    arena = arena_free(arena);
    return 0;
}

/* The value of a text that must parse. */
static UNUSED const struct json_value *value_of(const char *text)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(arena, str_from(text), NULL, &error, &doc) != JSON_PARSED)
        fail_msg("%s: %s", text, error.sentence);
    return doc.root;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_open, arena_close)

#endif
