/* SHA-256 and HMAC against the published vectors. */
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void digest_is(struct digest digest, const char *hex)
{
    char text[DIGEST_HEX_LEN + 1] = { 0 };

    digest_hex(&digest, text);
    assert_string_equal(text, hex);
}

static void sha256_of_fips_180(void **state)
{
    const struct str parts[] = { STR("a"), STR_NULL, STR("bc") };

    (void)state;
    digest_is(digest_of(STR_NULL),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_is(digest_of(STR("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_is(digest_of_parts(parts, ARRAY_COUNT(parts)),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void pieces_are_summed_as_the_whole(void **state)
{
    struct digest_sum sum;
    char text[200];
    struct digest whole, piecewise;

    (void)state;
    memset(text, 'x', sizeof(text));
    whole = digest_of(str_of(text, sizeof(text)));
    digest_sum_init(&sum);
    digest_sum_add(&sum, str_of(text, 64));
    digest_sum_add(&sum, STR(""));
    digest_sum_add(&sum, str_of(text, 1));
    piecewise = digest_sum_get(&sum);
    assert_false(digest_equal(&whole, &piecewise));
    digest_sum_add(&sum, str_of(text, 135));
    piecewise = digest_sum_get(&sum);
    assert_true(digest_equal(&whole, &piecewise));
}

static void hmac_of_rfc_4231(void **state)
{
    char key[131];
    const struct str two[] = { STR("what do ya want "), STR("for nothing?") };
    const struct str six = STR("Test Using Larger Than Block-Size Key - Hash Key First");

    (void)state;
    memset(key, 0xAA, sizeof(key));
    digest_is(digest_hmac(STR("Jefe"), two, ARRAY_COUNT(two)),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    digest_is(digest_hmac(str_of(key, sizeof(key)), &six, 1),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void hexadecimal_is_read_back(void **state)
{
    struct digest digest = digest_of(STR("x"));
    struct digest back;
    char text[DIGEST_HEX_LEN];

    (void)state;
    digest_hex(&digest, text);
    assert_true(digest_parse(str_of(text, sizeof(text)), &back));
    assert_true(digest_equal(&digest, &back));
    assert_false(digest_parse(str_of(text, sizeof(text) - 1), &back));
    text[7] = 'g';
    assert_false(digest_parse(str_of(text, sizeof(text)), &back));
    assert_true(digest_equal(&digest, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_fips_180),
        cmocka_unit_test(pieces_are_summed_as_the_whole),
        cmocka_unit_test(hmac_of_rfc_4231),
        cmocka_unit_test(hexadecimal_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
