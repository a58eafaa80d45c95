#include "format/listing/internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint32_t needs[] = { 0, 1 };
static const struct listing_def defs[] = {
    { { "A", 1 }, { "{\"$ref\":\"#/$defs/B\"}", 20 } },
    { { "B", 1 }, { "{\"type\":\"string\"}", 17 } },
};

/* Two tools, of which the second needs both definitions. */
static void written(struct buf *out, const char *description)
{
    const struct listing_tool tools[] = {
        { .name = STR("GET /a"), .path = STR("a.get"), .plan = STR("{}") },
        { .name = STR("PUT /b"),
          .path = STR("b.put"),
          .description = str_from(description),
          .input = STR("{\"$ref\":\"#/$defs/A\"}"),
          .output = STR("{}"),
          .effect = LISTING_WRITE,
          .needs = needs,
          .needs_count = 2 },
    };
    const struct listing_contents contents = { STR("{\"title\":\"t\"}"), tools, 2, defs, 2 };
    const char *why;

    assert_int_equal(listing_write(&contents, out, &why), LISTING_SOUND);
}

static void what_is_written_is_read(void **state UNUSED)
{
    struct buf bytes BUF_CLEANUP = BUF_INIT;
    struct buf schema BUF_CLEANUP = BUF_INIT;
    struct listing listing;
    const char *why;

    written(&bytes, "caf\xC3\xA9");
    assert_int_equal(listing_open(buf_str(&bytes), &listing, &why), LISTING_SOUND);
    assert_true(str_is(listing_about(&listing), "{\"title\":\"t\"}"));
    assert_int_equal(listing.tools_count, 2);
    struct listing_tool a = listing_tool_at(&listing, 0), b = listing_tool_at(&listing, 1);
    assert_true(str_is(a.name, "GET /a") && str_is(a.plan, "{}") && !a.input.ptr);
    assert_true(str_is(b.description, "caf\xC3\xA9") && b.effect == LISTING_WRITE);
    assert_true(b.output.ptr && b.output.len == 2 && !b.plan.ptr);
    assert_true(str_is(listing_need(&listing, &b, 1).name, "B"));
    listing_schema_print(&listing, &b, b.input, &schema);
    assert_true(str_is(buf_str(&schema), "{\"$defs\":{\"A\":{\"$ref\":\"#/$defs/B\"},\"B\":{"
                                         "\"type\":\"string\"}},\"$ref\":\"#/$defs/A\"}"));
}

static void a_digest_is_of_all_that_matters(void **state UNUSED)
{
    struct buf one BUF_CLEANUP = BUF_INIT;
    struct buf two BUF_CLEANUP = BUF_INIT;
    struct digest before[2], after[2];
    struct listing listing;
    const char *why;

    written(&one, "x");
    assert_int_equal(listing_open(buf_str(&one), &listing, &why), LISTING_SOUND);
    listing_digests(&listing, before);
    written(&two, "y");
    assert_int_equal(listing_open(buf_str(&two), &listing, &why), LISTING_SOUND);
    listing_digests(&listing, after);
    assert_true(digest_equal(&before[0], &after[0]));
    assert_false(digest_equal(&before[1], &after[1]));
    /* The text of a definition, which is not a tool's own. */
    size_t at = str_find(buf_str(&one), STR("\"string\""));
    memcpy(one.ptr + at, "\"number\"", 8);
    assert_int_equal(listing_open(buf_str(&one), &listing, &why), LISTING_SOUND);
    listing_digests(&listing, after);
    assert_true(digest_equal(&before[0], &after[0]));
    assert_false(digest_equal(&before[1], &after[1]));
}

static int opened_by_steps(struct str bytes)
{
    struct listing_check check;
    int answer;

    listing_check_init(&check, bytes);
    while ((answer = listing_check_step(&check, 1)) == LISTING_UNCHECKED)
        ;
    return answer;
}

/* Every byte turned, every length cut: refused, or read without harm. */
static void what_is_broken_is_refused(void **state UNUSED)
{
    struct buf bytes BUF_CLEANUP = BUF_INIT;
    struct listing listing;
    const char *why;
    size_t refused = 0;

    written(&bytes, "d");
    for (size_t i = 0; i < bytes.len; i++) {
        struct digest digests[8];

        bytes.ptr[i] = (char)(bytes.ptr[i] ^ 0x81);
        int answer = listing_open(buf_str(&bytes), &listing, &why);
        assert_int_equal(opened_by_steps(buf_str(&bytes)), answer);
        if (answer == LISTING_SOUND)
            listing_digests(&listing, digests);
        else
            refused++;
        bytes.ptr[i] = (char)(bytes.ptr[i] ^ 0x81);
        size_t len = i < 32 + 2 * 76 + 2 * 16 + 8 ? i : bytes.len;
        if (len < bytes.len)
            assert_int_equal(listing_open(str_of(bytes.ptr, len), &listing, &why),
                             LISTING_MALFORMED);
    }
    assert_true(refused > bytes.len / 2);
    assert_int_equal(listing_open(STR_NULL, &listing, &why), LISTING_MALFORMED);
}

static void the_order_is_checked(void **state UNUSED)
{
    const struct listing_tool tools[] = { { .name = STR("b"), .path = STR("b") },
                                          { .name = STR("a"), .path = STR("a") } };
    const struct listing_contents contents = { STR("{}"), tools, 2, NULL, 0 };
    struct buf bytes BUF_CLEANUP = BUF_INIT;
    struct listing listing;
    const char *why;

    assert_int_equal(listing_write(&contents, &bytes, &why), LISTING_SOUND);
    assert_int_equal(listing_open(buf_str(&bytes), &listing, &why), LISTING_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_digest_is_of_all_that_matters),
        cmocka_unit_test(what_is_broken_is_refused),
        cmocka_unit_test(the_order_is_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
