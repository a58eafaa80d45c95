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
    return event_parse(doc.root, NULL, arena, ret_e);
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

        event_print(&e, NULL, &out);
        assert_true(str_find(buf_str(&out), str_from(event_type_name(e.type))) == 9);
        assert_true(parse(arena, buf_str(&out), &back));
        assert_int_equal(back.type, type);
        event_print(&back, NULL, &again);
        assert_true(str_equal(buf_str(&out), buf_str(&again)));
    }
}

static void fields_come_back(void **state)
{
    static const char text[] = "{\"type\":\"call.frozen\",\"execution\":7,\"call\":2,"
                               "\"writ\":\"wri_00g40r00000000000000000009\",\"rule\":\"default\","
                               "\"layer\":\"tenant\",\"capability\":null}";
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

/* What the event before said of itself is not said again, and comes back. */
static void events_of_a_line_share_what_they_are_about(void **state)
{
    static const char text[] = "[{\"type\":\"call.conforming\",\"execution\":7,\"call\":2},"
                               "{\"type\":\"store.closed\",\"reason\":\"x\"},"
                               "{\"type\":\"call.done\",\"conformance\":\"ok\"},"
                               "{\"type\":\"execution.delivered\",\"index\":1,\"kind\":\"timer\"},"
                               "{\"type\":\"call.running\",\"call\":3,\"attempt\":1},"
                               "{\"type\":\"call.running\",\"execution\":8,\"attempt\":1}]";
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct event_carry before = { 0 };
    struct event_carry after = { 0 };
    const struct json_value *value;
    struct json_error error;
    struct json_iter iter;
    struct json_doc doc;
    struct event e[6] = { 0 };
    size_t count = 0;

    (void)state;
    assert_int_equal(json_parse(arena, STR(text), NULL, &error, &doc), JSON_PARSED);
    iter = json_iter(doc.root);
    while ((value = json_next(&iter))) {
        assert_true(event_parse(value, &before, arena, &e[count]));
        buf_add_char(&out, count ? ',' : '[');
        event_print(&e[count++], &after, &out);
    }
    buf_add_char(&out, ']');
    assert_true(str_is(buf_str(&out), text));
    assert_int_equal(e[2].as.call_done.execution, 7);
    assert_int_equal(e[2].as.call_done.call, 2);
    assert_int_equal(e[3].as.execution_delivered.execution, 7);
    assert_int_equal(e[3].as.execution_delivered.call, 0);
    assert_int_equal(e[4].as.call_running.call, 3);
    assert_int_equal(e[5].as.call_running.execution, 8);
    assert_int_equal(e[5].as.call_running.call, 3);

    /* Of the first there is none before it. */
    before = (struct event_carry){ 0 };
    assert_int_equal(
        json_parse(arena, STR("{\"type\":\"call.conforming\",\"call\":2}"), NULL, &error, &doc),
        JSON_PARSED);
    assert_false(event_parse(doc.root, &before, arena, &e[0]));
    assert_false(before.call_known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back_as_it_was_printed),
        cmocka_unit_test(fields_come_back),
        cmocka_unit_test(another_versions_event_is_refused_or_read),
        cmocka_unit_test(events_of_a_line_share_what_they_are_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
