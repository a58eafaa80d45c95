#include "format/regex/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena *arena;
static struct regex_scratch *scratch;

static int open_all(void **state UNUSED)
{
    arena = arena_new(0);
    scratch = regex_scratch_new();
    return 0;
}

static int close_all(void **state UNUSED)
{
    arena = arena_free(arena);
    scratch = regex_scratch_free(scratch);
    return 0;
}

static int match(const char *pattern, struct str text)
{
    const struct regex *regex;
    struct regex_error error;

    if (regex_compile(arena, str_from(pattern), &error, &regex) != REGEX_COMPILED)
        fail_msg("%s: %s", pattern, error.sentence);
    return regex_match(regex, text, scratch);
}

struct regex_case {
    const char *pattern;
    const char *text;
    bool found;
};

static void check_all(const struct regex_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((match(cases[i].pattern, str_from(cases[i].text)) == REGEX_FOUND) != cases[i].found)
            fail_msg("/%s/ on \"%s\"", cases[i].pattern, cases[i].text);
}

/* Each where PCRE2 by itself would say something else, and their plain neighbours. */
static void meaning_is_that_of_ecma_262(void **state UNUSED)
{
    static const struct regex_case cases[] = {
        { "a$", "a", true },
        { "a$", "a\n", false },
        { "^\\d$", "7", true },
        { "^\\d$", "\xDB\xB7", false },
        { "^\\w$", "\xC3\xA9", false },
        { "^\\W$", "\xC3\xA9", true },
        { "^\\s$", "\xEF\xBB\xBF", true },
        { "^\\s$", "\xC2\xA0", true },
        { "^[\\s]$", "\xE2\x80\xA9", true },
        { "^\\S$", "\xE2\x80\x83", false },
        { "^[\\S]$", "x", true },
        { "^\\u00e9$", "\xC3\xA9", true },
        { "^\\u{1F600}$", "\xF0\x9F\x98\x80", true },
        { "^\\ud83d\\ude00$", "\xF0\x9F\x98\x80", true },
        { "^.$", "\xF0\x9F\x98\x80", true },
        { "^.$", "\r", false },
        { "^.$", "\xE2\x80\xA8", false },
        { "^.$", "\x0B", true },
        { "[]", "a", false },
        { "^[^]$", "\n", true },
        { "^(?:(a)|b)\\1c$", "bc", true },
        { "^\\1(a)$", "a", true },
        { "^(?<year>\\d{4})-\\k<year>$", "1999-1999", true },
        { "^\\cC$", "\x03", true },
        { "^[\\b]$", "\b", true },
        { "^\\p{Letter}+$", "\xC3\xA9t", true },
        { "^\\p{digit}+$", "\xDB\xB7", true },
        { "^\\p{Script=Greek}$", "\xCE\xB1", true },
        { "^\\P{Lu}$", "A", false },
        { "^[\\p{Lu}_]+$", "A_B", true },
        { "^[a-c.]+$", "abc.", true },
        { "^[[:alpha:]]$", ":]", true },
        { "^a{2,3}?$", "aaa", true },
        { "^(?=a)\\w(?<!b)$", "a", true },
        { "^\\$ref$", "$ref", true },
        { "x-", "ax-b", true },
        { "^x-", "ax-b", false },
        { "^x\\.y$", "x.y", true },
        { "^x\\.y$", "x.yz", false },
        { ".*", "\n", true },
        { "^.*$", "a\nb", false },
        { "^\\/\\-$", "/-", true },
    };

    check_all(cases, ARRAY_COUNT(cases));
}

/* Patterns that fail with the flag u and mean something without it. */
static void annex_b_is_the_second_reading(void **state UNUSED)
{
    static const struct regex_case cases[] = {
        { "^{a}$", "{a}", true },       { "^a{,2}$", "a{,2}", true }, { "^]$", "]", true },
        { "^\\-\\_$", "-_", true },     { "^[\\w-.]$", "-", true },   { "^\\Z$", "Z", true },
        { "^\\ca$", "\x01", true },     { "^\\8$", "8", true },       { "^\\101$", "A", true },
        { "^(?=a)*a$", "a", true },     { "^\\x4$", "x4", true },     { "^\\u12$", "u12", true },
        { "^\\p{L}\\-$", "a-", false }, { "^\\k\\-$", "k-", true },
    };

    check_all(cases, ARRAY_COUNT(cases));
}

static void what_ecma_262_lacks_is_refused(void **state UNUSED)
{
    static const char *const patterns[] = {
        "a++",     "(?>a)",       "(?i)a",  "(?i:a)",    "(*UTF)a",
        "(?#a)",   "(",           ")",      "[a",        "a**",
        "*a",      "^*",          "a{2,1}", "[b-a]",     "(?<n",
        "(?<1>a)", "(?P<n>a)",    "\\",     "(?|a)",     "(?<n>a)(?<n>b)",
        "(?R)",    "a{1,100000}", "(?1)",   "\\p{Nope}", "(?<n>a)\\k<m>",
    };

    for (size_t i = 0; i < ARRAY_COUNT(patterns); i++) {
        const struct regex *regex;
        struct regex_error error;

        if (regex_compile(arena, str_from(patterns[i]), &error, &regex) != REGEX_REFUSED)
            fail_msg("/%s/ was taken", patterns[i]);
        assert_int_not_equal(strlen(error.sentence), 0);
    }
}

static void a_check_is_strict(void **state UNUSED)
{
    struct regex_error error;

    assert_int_equal(regex_check(STR("^\\S(|(.|\\n)*\\S)$"), &error), REGEX_COMPILED);
    assert_int_equal(regex_check(STR("^\\S(|(.|\\n)*\\S)\\Z"), &error), REGEX_REFUSED);
    assert_int_equal(error.offset, 16);
    assert_int_equal(regex_check(STR("^(abc]"), &error), REGEX_REFUSED);
}

static void no_pattern_freezes_us(void **state UNUSED)
{
    static const char *const patterns[] = { "^(a+)+$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$",
                                            "(.*a){12}", "(x+x+)+y" };
    static char text[REGEX_TEXT_MAX + 1];

    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < ARRAY_COUNT(patterns); i++) {
        assert_int_not_equal(match(patterns[i], STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")), -1);
        assert_int_not_equal(match(patterns[i], str_of(text, 20000)), -1);
    }
    assert_int_equal(match("^(a+)+$", STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")),
                     REGEX_TOO_COSTLY);
    assert_int_equal(match("^(a+)+$", str_of(text, sizeof(text))), REGEX_TOO_COSTLY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meaning_is_that_of_ecma_262),
        cmocka_unit_test(annex_b_is_the_second_reading),
        cmocka_unit_test(what_ecma_262_lacks_is_refused),
        cmocka_unit_test(a_check_is_strict),
        cmocka_unit_test(no_pattern_freezes_us),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
