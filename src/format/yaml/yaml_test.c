#include "format/yaml/yaml.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void reads(const char *yaml, const char *json)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct yaml_error error;
    struct str text = STR_NULL;

    if (yaml_to_json(str_from(yaml), arena, &error, &text) != YAML_READ)
        fail_msg("%zu:%zu: %s in %s", error.line, error.column, error.sentence, yaml);
    assert_string_equal(text.ptr, json);
}

static void refuses(const char *yaml, size_t line, const char *sentence)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct yaml_error error = { 0 };
    struct str text;

    assert_int_equal(yaml_to_json(str_from(yaml), arena, &error, &text), YAML_MALFORMED);
    assert_int_equal(error.line, line);
    assert_non_null(strstr(error.sentence, sentence));
}

static void scalars(void **state)
{
    (void)state;
    reads("a", "\"a\"");
    reads("[~, null, true, False, yes, on]", "[null,null,true,false,\"yes\",\"on\"]");
    reads("[1, -7, +3, 007, 0x1F, 0o17, 0x, 12345678901234567890123]",
          "[1,-7,3,7,31,15,\"0x\",12345678901234567890123]");
    reads("[1.5, .5, 1., 1e3, -2.5E-7, e3, ., .inf, 1.2.3]",
          "[1.5,0.5,1.0,1e3,-2.5e-7,\"e3\",\".\",\".inf\",\"1.2.3\"]");
    reads("['1', \"true\", !!str 5, '']", "[\"1\",\"true\",\"5\",\"\"]");
    reads("2026-01-02", "\"2026-01-02\"");
    reads("\"a\\nb\\u00e9\"", "\"a\\nb\xc3\xa9\"");
}

static void containers(void **state)
{
    (void)state;
    reads("a: 1\nb:\n  - x\n  - {y: [z]}\n", "{\"a\":1,\"b\":[\"x\",{\"y\":[\"z\"]}]}");
    reads("a:\nb: |\n  one\n  two\n", "{\"a\":null,\"b\":\"one\\ntwo\\n\"}");
    reads("200: ok\ntrue: 1\n", "{\"200\":\"ok\",\"true\":1}");
    reads("[]", "[]");
    reads("{}", "{}");
    reads("# only this\n- 1\n", "[1]");
}

static void aliases(void **state)
{
    (void)state;
    reads("a: &x {k: 1}\nb: *x\n", "{\"a\":{\"k\":1},\"b\":{\"k\":1}}");
    reads("b: &b {k: 1, l: 2}\nc: {<<: *b, k: 3, m: 4}\n",
          "{\"b\":{\"k\":1,\"l\":2},\"c\":{\"k\":3,\"l\":2,\"m\":4}}");
    reads("- &a {k: 1}\n- &b {k: 2, l: 2}\n- {<<: [*a, *b]}\n",
          "[{\"k\":1},{\"k\":2,\"l\":2},{\"k\":1,\"l\":2}]");
    reads("{\"<<\": 1}", "{\"<<\":1}");
    refuses("a: *x\n", 1, "names no anchor");
    refuses("a: &x\n  b: *x\n", 2, "inside its own anchor");
    refuses("<<: 5\n", 1, "merge key takes a map");
}

/* What was never read has no bytes, and not even a place for them. */
static void nothing(void **state)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct yaml_error error = { 0 };
    struct str text;
    size_t line, column;

    (void)state;
    assert_int_equal(yaml_to_json(STR_NULL, arena, &error, &text), YAML_MALFORMED);
    assert_int_equal(error.line, 1);
    assert_non_null(strstr(error.sentence, "no document"));
    yaml_locate(STR_NULL, STR("/paths"), &line, &column);
    assert_true(line == 1 && column == 1);
}

static void faults(void **state)
{
    (void)state;
    refuses("", 1, "no document");
    refuses("a: 1\na: 2\n", 2, "twice");
    refuses("[1, 2", 2, "expected");
    refuses("a: 1\n---\nb: 2\n", 2, "second document");
    refuses("? [a]\n: 1\n", 1, "key must be a text");
}

/* Nine anchors, each nine of the one before: 9^9 texts if nobody counted. */
static void laughs(void **state)
{
    struct buf yaml BUF_CLEANUP = BUF_INIT;

    (void)state;
    buf_add_c(&yaml, "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n");
    for (int i = 1; i < 10; i++) {
        buf_printf(&yaml, "a%d: &a%d [", i, i);
        for (int j = 0; j < 9; j++)
            buf_printf(&yaml, "%s*a%d", j ? "," : "", i - 1);
        buf_add_c(&yaml, "]\n");
    }
    buf_add_char(&yaml, 0);
    refuses(yaml.ptr, 1, "too large");
}

static void depth(void **state)
{
    struct buf yaml BUF_CLEANUP = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i <= YAML_DEPTH_MAX; i++)
        buf_add_char(&yaml, '[');
    buf_add_char(&yaml, 0);
    refuses(yaml.ptr, 1, "nested too deep");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars), cmocka_unit_test(containers), cmocka_unit_test(aliases),
        cmocka_unit_test(faults),  cmocka_unit_test(laughs),     cmocka_unit_test(depth),
        cmocka_unit_test(nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
