/* The generated codecs, on a schema that has every type. */
#include "model/codec.h"

#include "format/json/json.h"
#include "model/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct trial_point points[] = { { .x = 1 }, { .x = -2, .y = INT64_MIN } };
static struct str words[] = { { "a", 1 }, { "", 0 }, { "four", 4 } };
static int64_t numbers[] = { 0, -1, INT64_MAX };
static struct str values[] = { { "[1]", 3 }, { "null", 4 } };
static enum trial_colour colours[] = { TRIAL_COLOUR_BLUE, TRIAL_COLOUR_RED };

static struct trial_whole whole(void)
{
    return (struct trial_whole){
        .text = STR("tab\t\"quoted\" \xC3\xA4"),
        .maybe = STR(""),
        .json = STR("{\"a\":18446744073709551616}"),
        .id = { { 1, 2, 3, [15] = 9 } },
        .digest = { { 0xAB, [31] = 1 } },
        .i = INT64_MIN,
        .u = UINT64_MAX,
        .w = UINT32_MAX,
        .default_ = true,
        .real = 0.1,
        .colour = TRIAL_COLOUR_DARK_GREEN,
        .point = { .x = 7 },
        .maybe_point = { .x = 8, .y = 9 },
        .points = points,
        .points_count = ARRAY_COUNT(points),
        .words = words,
        .words_count = ARRAY_COUNT(words),
        .numbers = numbers,
        .numbers_count = ARRAY_COUNT(numbers),
        .values = values,
        .values_count = ARRAY_COUNT(values),
        .colours = colours,
        .colours_count = ARRAY_COUNT(colours),
    };
}

static const char whole_json[] =
    "{\"text\":\"tab\\t\\\"quoted\\\" "
    "\xC3\xA4\",\"maybe\":\"\",\"json\":{\"a\":18446744073709551616},"
    "\"id\":\"exe_01081g00000000000000000009\",\"digest\":"
    "\"ab00000000000000000000000000000000000000000000000000000000000001\","
    "\"i\":-9223372036854775808,\"u\":18446744073709551615,\"w\":4294967295,\"default\":true,"
    "\"real\":0.10000000000000001,\"colour\":\"dark-green\",\"point\":{\"x\":7},"
    "\"maybe_point\":{\"x\":8,\"y\":9},\"points\":[{\"x\":1},{\"x\":-2,\"y\":-9223372036854775808}]"
    ","
    "\"words\":[\"a\",\"\",\"four\"],\"numbers\":[0,-1,9223372036854775807],"
    "\"values\":[[1],null],\"colours\":[\"blue\",\"red\"]}";

static void print_is(const struct trial_whole *m, const char *json)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    trial_whole_print(m, &out);
    buf_add_char(&out, '\0');
    assert_string_equal(out.ptr, json);
}

static bool parse(struct arena *arena, const char *json, struct trial_whole *ret_m)
{
    struct json_error error;
    struct json_doc doc;

    assert_int_equal(json_parse(arena, str_from(json), NULL, &error, &doc), 0);
    return trial_whole_parse(doc.root, arena, ret_m);
}

static void prints_and_parses_every_type(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct trial_whole m = whole();

    (void)state;
    print_is(&m, whole_json);
    assert_true(parse(arena, whole_json, &m));
    print_is(&m, whole_json);
    assert_true(m.maybe.ptr != NULL);
    assert_true(m.maybe_json.ptr == NULL);
}

static void an_absent_field_is_left_out_unless_required(void **state)
{
    struct trial_whole m = { 0 };

    (void)state;
    print_is(&m, "{\"text\":null,\"json\":null,\"id\":null,\"i\":0,\"colour\":\"red\","
                 "\"point\":{\"x\":0},\"points\":[]}");
    assert_true(trial_whole_empty(&m));
    m.maybe_point.y = 1;
    assert_false(trial_whole_empty(&m));
}

static void an_object_without_fields_is_braces(void **state)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct trial_nothing m = { 0 };

    (void)state;
    trial_nothing_print(&m, &out);
    assert_true(str_is(buf_str(&out), "{}"));
    buf_clear(&out);
    trial_nothing_encode(&m, &out);
    assert_int_equal(out.len, 0);
}

static void parse_refuses_another_shape(void **state)
{
    static const char *const wrong[] = {
        "[]",
        "{\"text\":\"a\"}",
        "{\"text\":1,\"json\":1,\"id\":null,\"i\":1,\"colour\":\"red\",\"point\":{\"x\":1},"
        "\"points\":[]}",
        "{\"text\":\"\",\"json\":1,\"id\":\"src_00g40r00000000000000000009\",\"i\":1,\"colour\":"
        "\"red\","
        "\"point\":{\"x\":1},\"points\":[]}",
        "{\"text\":\"\",\"json\":1,\"id\":null,\"i\":1.5,\"colour\":\"red\",\"point\":{\"x\":1},"
        "\"points\":[]}",
        "{\"text\":\"\",\"json\":1,\"id\":null,\"i\":1,\"colour\":\"pink\",\"point\":{\"x\":1},"
        "\"points\":[]}",
        "{\"text\":\"\",\"json\":1,\"id\":null,\"i\":1,\"colour\":\"red\",\"point\":{},\"points\":["
        "]}",
        "{\"text\":\"\",\"json\":1,\"id\":null,\"i\":1,\"colour\":\"red\",\"point\":{\"x\":1},"
        "\"points\":{}}",
        "{\"text\":\"\",\"json\":1,\"id\":null,\"i\":1,\"colour\":\"red\",\"point\":{\"x\":1},"
        "\"points\":[{\"x\":1},{\"x\":1},{\"x\":1},{\"x\":1}]}",
        "{\"text\":\"\",\"json\":1,\"id\":null,\"i\":1,\"colour\":\"red\",\"point\":{\"x\":1},"
        "\"points\":[],"
        "\"maybe\":\"123456789\"}",
        "{\"text\":\"\",\"json\":1,\"id\":null,\"i\":1,\"colour\":\"red\",\"point\":{\"x\":1},"
        "\"points\":[],"
        "\"words\":[\"12345\"]}",
        "{\"text\":\"\",\"json\":1,\"id\":null,\"i\":1,\"colour\":\"red\",\"point\":{\"x\":1},"
        "\"points\":[],"
        "\"w\":4294967296}",
    };
    CLEANUP(arena_free) struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct trial_whole m = { .i = 5 };

        assert_false(parse(arena, wrong[i], &m));
        assert_int_equal(m.i, 5);
    }
}

static void parse_ignores_what_it_does_not_know(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct trial_whole m;

    (void)state;
    assert_true(
        parse(arena,
              "{\"new\":[{}],\"text\":\"a\",\"json\":null,\"id\":null,\"i\":1e3,"
              "\"maybe\":null,\"colour\":\"blue\",\"point\":{\"x\":1,\"z\":0},\"points\":[]}",
              &m));
    assert_true(str_is(m.text, "a"));
    assert_true(str_is(m.json, "null"));
    assert_true(m.maybe.ptr == NULL);
    assert_int_equal(m.i, 1000);
    assert_int_equal(m.colour, TRIAL_COLOUR_BLUE);
}

static void decode_gives_what_was_encoded(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf wire = BUF_INIT;
    struct trial_whole m = whole();
    struct trial_whole back;

    (void)state;
    trial_whole_encode(&m, &wire);
    assert_true(trial_whole_decode(buf_str(&wire), arena, &back));
    print_is(&back, whole_json);
    assert_true(back.maybe.ptr != NULL);
    assert_true(back.maybe_json.ptr == NULL);
    assert_true(back.text.ptr > wire.ptr && back.text.ptr < wire.ptr + wire.len);
}

static void decode_refuses_every_other_length(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf wire = BUF_INIT;
    struct trial_whole m = whole();

    (void)state;
    trial_whole_encode(&m, &wire);
    for (size_t len = 0; len < wire.len; len++) {
        CLEANUP(arena_free) struct arena *exact = arena_new(0);
        struct str cut = str_copy(exact, str_of(wire.ptr, len));

        m.i = 5;
        assert_false(trial_whole_decode(cut, arena, &m));
        assert_int_equal(m.i, 5);
    }
    buf_add_char(&wire, '\0');
    assert_false(trial_whole_decode(buf_str(&wire), arena, &m));
}

/* Overwrites bytes of an encoded trial_whole and tries to decode it. */
static bool decodes_with(size_t at, const void *bytes, size_t len)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1U << 20);
    BUF_CLEANUP struct buf wire = BUF_INIT;
    struct trial_whole m = { 0 };
    struct trial_whole back;

    trial_whole_encode(&m, &wire);
    memcpy(wire.ptr + at, bytes, len);
    return trial_whole_decode(buf_str(&wire), arena, &back);
}

static void decode_refuses_what_no_encoder_writes(void **state)
{
    /* Four absent texts, two ids, digest, i, u, w come before the boolean. */
    size_t truth = (size_t)4 * 4 + 32 + 32 + 8 + 8 + 4;
    size_t colour = truth + 1 + 8;
    size_t points_at = colour + 2 + 2 + 16 + 16;

    (void)state;
    assert_true(decodes_with(truth, "\1", 1));
    assert_false(decodes_with(truth, "\2", 1));
    assert_true(decodes_with(colour, "\2\0", 2));
    assert_false(decodes_with(colour, "\3\0", 2));
    assert_false(decodes_with(points_at, "\1\0\0\0", 4));
    assert_false(decodes_with(points_at, "\xFF\xFF\xFF\xFF", 4));
}

static void limits_of_the_schema_hold_on_the_wire(void **state)
{
    struct trial_point four[4] = { { 0 } };
    struct str long_word = STR("12345");
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf wire = BUF_INIT;
    struct trial_whole m = { .points = four, .points_count = 4 };

    (void)state;
    trial_whole_encode(&m, &wire);
    assert_false(trial_whole_decode(buf_str(&wire), arena, &m));
    buf_clear(&wire);
    m = (struct trial_whole){ .words = &long_word, .words_count = 1 };
    trial_whole_encode(&m, &wire);
    assert_false(trial_whole_decode(buf_str(&wire), arena, &m));
}

static void names_go_both_ways(void **state)
{
    enum trial_colour colour = TRIAL_COLOUR_BLUE;

    (void)state;
    assert_false(trial_colour_parse(STR("dark-blue"), &colour));
    assert_false(trial_colour_parse(STR_NULL, &colour));
    assert_int_equal(colour, TRIAL_COLOUR_BLUE);
    for (unsigned i = 0; i < TRIAL_COLOUR_COUNT; i++) {
        assert_true(trial_colour_parse(trial_colour_name((enum trial_colour)i), &colour));
        assert_int_equal(colour, i);
    }
    assert_string_equal(trial_type_name(TRIAL_WHOLE), "whole");
    assert_null(trial_type_name(8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_and_parses_every_type),
        cmocka_unit_test(an_absent_field_is_left_out_unless_required),
        cmocka_unit_test(an_object_without_fields_is_braces),
        cmocka_unit_test(parse_refuses_another_shape),
        cmocka_unit_test(parse_ignores_what_it_does_not_know),
        cmocka_unit_test(decode_gives_what_was_encoded),
        cmocka_unit_test(decode_refuses_every_other_length),
        cmocka_unit_test(decode_refuses_what_no_encoder_writes),
        cmocka_unit_test(limits_of_the_schema_hold_on_the_wire),
        cmocka_unit_test(names_go_both_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
