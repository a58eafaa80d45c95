#include "proc/worker/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void unwrapping_moves_nothing(void **state)
{
    static const char *const codes[] = {
        "```ts\nreturn 1\n```",
        "export default () => 1;",
        "\xef\xbb\xbfx",
        "return 1",
        "",
        "```",
        "```\n",
        "/* open",
        "export",
        "export default",
        "`````` ```",
        "async",
        "(",
    };
    (void)state;
    struct arena *arena = arena_new(0);
    for (size_t i = 0; i < ARRAY_COUNT(codes); i++) {
        struct str code = str_from(codes[i]);
        struct worker__text text = worker__text_unwrap(arena, code);
        assert_int_equal(text.text.len, code.len);
        for (size_t at = 0; at < code.len; at++) {
            bool same = text.text.ptr[at] == code.ptr[at];
            assert_true(same || (text.text.ptr[at] == ' ' && code.ptr[at] != '\n'));
        }
    }
    arena_free(arena);
}

static void wrappers_are_suspected(void **state)
{
    static const struct {
        const char *code;
        bool expected;
    } cases[] = {
        { "async () => 1", true },
        { "() => 1;", true },
        { "x=>1", true },
        { "function f() {}", true },
        { "export default 5", false },
        { "return 1", false },
        { "const f = () => 1", false },
        { "asyncly()", false },
        { "/* a */ // b\n(1)", true },
    };
    (void)state;
    struct arena *arena = arena_new(0);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct worker__text text = worker__text_unwrap(arena, str_from(cases[i].code));
        assert_int_equal(text.expression.ptr != NULL, cases[i].expected);
    }
    arena_free(arena);
}

static void generics_are_suspected(void **state)
{
    static const struct {
        const char *code;
        bool expected;
    } cases[] = {
        { "f<T>(x)", true },         { "f<T> `x`", true },
        { "a < b && c > d", false }, { "a > (b)", false },
        { "f<A, B<C>>(x)", true },   { "", false },
        { "x => (y)", false },       { "<", false },
        { "a < b; c => (d)", true },
    };
    (void)state;
    struct arena *arena = arena_new(0);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct worker__text text = worker__text_unwrap(arena, str_from(cases[i].code));
        assert_int_equal(text.maybe_generic, cases[i].expected);
    }
    arena_free(arena);
}

static void big_integers_are_seen(void **state)
{
    static const struct {
        const char *json;
        bool expected;
    } cases[] = {
        { "9007199254740991", false },
        { "9007199254740992", true },
        { "-9007199254740993", true },
        { "12345678901234567", true },
        { "1234567890123456789.5", false },
        { "1e22", false },
        { "123456789012345678e2", false },
        { "{\"a\":\"12345678901234567890\"}", false },
        { "[\"\\\"\",99999999999999999]", true },
        { "\"abc\\", false },
        { "0.12345678901234567890", false },
        { "[1,2]", false },
        { "1.5e-12345678901234567890", false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        assert_int_equal(worker__text_has_big(str_from(cases[i].json)), cases[i].expected);
}

static void lines_are_found(void **state)
{
    (void)state;
    struct str text = STR("a\n\nc");
    assert_true(str_is(worker__text_line(text, 1), "a"));
    assert_int_equal(worker__text_line(text, 2).len, 0);
    assert_true(str_is(worker__text_line(text, 3), "c"));
    assert_null(worker__text_line(text, 4).ptr);
    assert_null(worker__text_line(text, 0).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unwrapping_moves_nothing), cmocka_unit_test(wrappers_are_suspected),
        cmocka_unit_test(generics_are_suspected),   cmocka_unit_test(big_integers_are_seen),
        cmocka_unit_test(lines_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
