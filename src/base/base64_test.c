/* Against the vectors of RFC 4648, section 10. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void rfc_4648(void **state)
{
    const struct {
        struct str bytes;
        struct str text;
        struct str url;
    } rows[] = {
        { STR(""), STR(""), STR("") },
        { STR("f"), STR("Zg=="), STR("Zg") },
        { STR("fo"), STR("Zm8="), STR("Zm8") },
        { STR("foo"), STR("Zm9v"), STR("Zm9v") },
        { STR("foob"), STR("Zm9vYg=="), STR("Zm9vYg") },
        { STR("fooba"), STR("Zm9vYmE="), STR("Zm9vYmE") },
        { STR("foobar"), STR("Zm9vYmFy"), STR("Zm9vYmFy") },
        { STR("\xfb\xff\xfe\0"), STR("+//+AA=="), STR("-__-AA") },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        BUF_CLEANUP struct buf text = BUF_INIT;
        BUF_CLEANUP struct buf url = BUF_INIT;
        BUF_CLEANUP struct buf bytes = BUF_INIT;
        char letters[16];

        assert_int_equal(BASE64_LEN(rows[i].bytes.len), rows[i].url.len);
        assert_int_equal(base64_print_url(letters, rows[i].bytes.ptr, rows[i].bytes.len),
                         rows[i].url.len);
        assert_memory_equal(letters, rows[i].url.ptr, rows[i].url.len);
        base64_encode(&text, rows[i].bytes);
        base64_encode_url(&url, rows[i].bytes);
        assert_true(str_equal(buf_str(&text), rows[i].text));
        assert_true(str_equal(buf_str(&url), rows[i].url));
        assert_true(base64_decode(&bytes, rows[i].text));
        assert_true(str_equal(buf_str(&bytes), rows[i].bytes));
        buf_clear(&bytes);
        assert_true(base64_decode(&bytes, rows[i].url));
        assert_true(str_equal(buf_str(&bytes), rows[i].bytes));
    }
}

static void what_is_none(void **state)
{
    static const char *const texts[] = { "Z", "Zh==", "Zm9v!", "Zm 9v", "Zg===" };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        BUF_CLEANUP struct buf bytes = BUF_INIT;

        assert_false(base64_decode(&bytes, str_from(texts[i])));
    }
}

/* In every place of a group, and behind the last whole one. */
static void every_character(void **state)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";

    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        if (c == '=') /* which may stand at the end */
            continue;
        for (size_t at = 0; at < 7; at++) {
            BUF_CLEANUP struct buf bytes = BUF_INIT;
            char text[] = "AAAAAAA";
            bool known = c && strchr(letters, (int)c);

            if (at == 6) /* whose last bits no byte uses */
                known =
                    known && (strchr(letters, (int)c) - letters) % 4 == 0 && c != '-' && c != '_';
            text[at] = (char)c;
            assert_int_equal(base64_decode(&bytes, str_of(text, 7)), known);
            if (known)
                assert_int_equal(bytes.len, 5);
        }
    }
}

static void all_lengths(void **state)
{
    char all[260];

    (void)state;
    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (char)(i * 7);
    for (size_t len = 0; len <= sizeof(all); len++) {
        BUF_CLEANUP struct buf text = BUF_INIT;
        BUF_CLEANUP struct buf back = BUF_INIT;

        base64_encode(&text, str_of(all, len));
        assert_true(base64_decode(&back, buf_str(&text)));
        assert_true(str_equal(buf_str(&back), str_of(all, len)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_4648),
        cmocka_unit_test(what_is_none),
        cmocka_unit_test(every_character),
        cmocka_unit_test(all_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
