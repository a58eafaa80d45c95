/* Where a URL's requests go, spelled one way. */
#include "base/arena.h"
#include "base/base.h"
#include "base/uri.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void an_origin_is_spelled_one_way(void **state)
{
    static const char *const pairs[][2] = {
        { "https://API.example.com/v3?x=1", "https://api.example.com:443" },
        { "http://a", "http://a:80" },
        { "HTTP://a:8080?q", "http://a:8080" },
        { "http://a:/", "http://a:80" },
        { "https://[::1]:9/x", "https://::1:9" },
        { "https://[2001:DB8::1]", "https://2001:db8::1:443" },
    };
    static const char *const none[] = { "",          "/v3",         "ftp://a/",    "https://",
                                        "file:///x", "http://[::1", "http://u@a/", "a.example" };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(pairs); i++)
        assert_true(str_is(uri_origin(arena, str_from(pairs[i][0])), pairs[i][1]));
    for (size_t i = 0; i < ARRAY_COUNT(none); i++)
        assert_null(uri_origin(arena, str_from(none[i])).ptr);
    (void)arena_free(arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(an_origin_is_spelled_one_way) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
