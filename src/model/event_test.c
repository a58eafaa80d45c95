/* The union of events: every type, and what a log of another version may hold. */
#include "model/event.h"

#include "format/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static bool parse(struct arena *arena, struct str text, struct event *ret_e)
{
    struct json_error error;
    struct json_doc doc;

    assert_int_equal(json_parse(arena, text, NULL, &error, &doc), 0);
    return event_parse(doc.root, arena, ret_e);
}

static void every_type_comes_back_as_it_was_printed(void **state)
{
    (void)state;
    for (unsigned type = 0; type < EVENT_TYPE_COUNT; type++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(0);
        BUF_CLEANUP struct buf out = BUF_INIT;
        BUF_CLEANUP struct buf again = BUF_INIT;
        struct event e = { .type = (enum event_type)type };
        struct event back;

        event_print(&e, &out);
        assert_true(str_find(buf_str(&out), str_from(event_type_name(e.type))) == 9);
        assert_true(parse(arena, buf_str(&out), &back));
        assert_int_equal(back.type, type);
        event_print(&back, &again);
        assert_true(str_equal(buf_str(&out), buf_str(&again)));
    }
}

static void fields_come_back(void **state)
{
    static const char text[] = "{\"type\":\"call.frozen\",\"execution\":7,\"call\":2,"
                               "\"writ\":\"wri_00g40r00000000000000000009\",\"rule\":\"default\","
                               "\"layer\":\"tenant\",\"capability\":null,\"args\":null}";
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct event e;

    (void)state;
    assert_true(parse(arena, STR(text), &e));
    assert_int_equal(e.type, EVENT_CALL_FROZEN);
    assert_int_equal(e.as.call_frozen.execution, 7);
    assert_int_equal(e.as.call_frozen.call, 2);
    assert_int_equal(e.as.call_frozen.writ.bytes[15], 9);
    assert_true(str_is(e.as.call_frozen.rule, "default"));
}

static void another_versions_event_is_refused_or_read(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct event e = { .type = EVENT_CALL_DONE };

    (void)state;
    assert_false(parse(arena, STR("{\"type\":\"call.invented\"}"), &e));
    assert_false(parse(arena, STR("{\"execution\":1}"), &e));
    assert_false(parse(arena, STR("{\"type\":\"execution.parked\"}"), &e));
    assert_false(parse(arena, STR("[\"execution.parked\"]"), &e));
    assert_int_equal(e.type, EVENT_CALL_DONE);
    assert_true(
        parse(arena, STR("{\"later\":1,\"execution\":4,\"type\":\"execution.parked\"}"), &e));
    assert_int_equal(e.as.execution_parked.execution, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back_as_it_was_printed),
        cmocka_unit_test(fields_come_back),
        cmocka_unit_test(another_versions_event_is_refused_or_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
