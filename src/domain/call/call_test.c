/* The table, the rule of `sent`, and the page that is printed from the table. */
#include "domain/call/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char *page_path;

static struct call running(enum event_effect effect, uint32_t attempt)
{
    return (struct call){
        .state = CALL_RUNNING, .effect = effect, .attempt = attempt, .attempting = true
    };
}

static void a_write_that_may_have_been_sent_is_unknown(void **state)
{
    static const enum msg_outcome_status lost[] = { MSG_OUTCOME_STATUS_UNREACHABLE,
                                                    MSG_OUTCOME_STATUS_TIMEOUT,
                                                    MSG_OUTCOME_STATUS_CANCELLED,
                                                    MSG_OUTCOME_STATUS_UNREADABLE };
    struct call write = running(EVENT_EFFECT_WRITE, 1);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(lost); i++) {
        assert_int_equal(call_outcome_decide(&write, lost[i], MSG_SENT_MAYBE, 3),
                         CALL_THEN_UNKNOWN);
        assert_int_equal(call_outcome_decide(&write, lost[i], MSG_SENT_YES, 3), CALL_THEN_UNKNOWN);
    }
    assert_int_equal(call_outcome_decide(&write, lost[0], MSG_SENT_NO, 3), CALL_THEN_FAIL);
    assert_int_equal(call_outcome_decide(&write, lost[2], MSG_SENT_NO, 3), CALL_THEN_CANCEL);
}

static void a_read_is_tried_again_and_never_unknown(void **state)
{
    struct call first = running(EVENT_EFFECT_READ, 1);
    struct call last = running(EVENT_EFFECT_READ, 3);

    (void)state;
    assert_int_equal(call_outcome_decide(&first, MSG_OUTCOME_STATUS_TIMEOUT, MSG_SENT_MAYBE, 3),
                     CALL_THEN_RETRY);
    assert_int_equal(call_outcome_decide(&last, MSG_OUTCOME_STATUS_TIMEOUT, MSG_SENT_MAYBE, 3),
                     CALL_THEN_FAIL);
    assert_int_equal(call_outcome_decide(&first, MSG_OUTCOME_STATUS_UNREADABLE, MSG_SENT_YES, 3),
                     CALL_THEN_FAIL);
    assert_int_equal(call_outcome_decide(&first, MSG_OUTCOME_STATUS_CANCELLED, MSG_SENT_YES, 3),
                     CALL_THEN_CANCEL);
}

static void an_answer_is_checked_and_a_no_is_a_failure(void **state)
{
    struct call write = running(EVENT_EFFECT_DESTRUCTIVE, 1);

    (void)state;
    assert_int_equal(call_outcome_decide(&write, MSG_OUTCOME_STATUS_ANSWERED, MSG_SENT_YES, 3),
                     CALL_THEN_CONFORM);
    assert_int_equal(call_outcome_decide(&write, MSG_OUTCOME_STATUS_FAILED, MSG_SENT_YES, 3),
                     CALL_THEN_FAIL);
}

static void waits_double(void **state)
{
    struct call call = { .attempt = 1, .attempted_ms = 1000 };

    (void)state;
    assert_int_equal(call_retry_at(&call), 1200);
    call.attempt = 2;
    assert_int_equal(call_retry_at(&call), 1400);
    call.attempt = 60;
    assert_int_equal(call_retry_at(&call), 1000 + (200 << 6));
}

static void final_states_are_final(void **state)
{
    (void)state;
    for (int from = 0; from <= CALL_EXPIRED; from++) {
        struct call call = { .state = (enum call_state)from };
        enum call_state to;

        if (!call_is_settled(&call))
            continue;
        for (int on = 0; on < 64; on++)
            assert_false(call_next((enum call_state)from, (enum event_type)on, &to));
    }
}

static void what_the_table_forbids_changes_nothing(void **state)
{
    struct arena *arena = arena_new(0);
    struct call call = { .state = CALL_WAITING };
    struct event running_event = { .type = EVENT_CALL_RUNNING };

    (void)state;
    assert_false(call_apply(&call, &running_event, 5, arena));
    assert_int_equal(call.state, CALL_WAITING);
    assert_false(call.attempting);
    (void)arena_free(arena);
}

static void a_binding_is_of_all_its_parts(void **state)
{
    struct call call = { .rule = STR("ask"), .capability = digest_of(STR("tool")) };
    struct digest args = digest_of(STR("{}"));
    struct digest bound = call_binding(&call, STR("agent:a"), &args);
    struct digest other = call_binding(&call, STR("agent:b"), &args);

    (void)state;
    assert_false(digest_equal(&bound, &other));
    args = digest_of(STR("{\"id\":1}"));
    other = call_binding(&call, STR("agent:a"), &args);
    assert_false(digest_equal(&bound, &other));
}

static void the_page_says_what_the_table_says(void **state)
{
    struct buf page BUF_CLEANUP = BUF_INIT;
    struct buf text BUF_CLEANUP = BUF_INIT;
    FILE *file;
    size_t n;

    (void)state;
    if (!page_path)
        skip();
    file = fopen(page_path, "rb");
    assert_non_null(file);
    while ((n = fread(buf_reserve(&page, 4096), 1, 4096, file)) > 0)
        buf_commit(&page, n);
    (void)fclose(file);
    buf_add_c(&text, "```mermaid\n");
    call_flow_print(&text);
    buf_add_c(&text, "```\n");
    if (str_find(buf_str(&page), buf_str(&text)) == SIZE_MAX)
        print_error("docs/reference/call.md should have:\n%.*s", STR_ARG(buf_str(&text)));
    assert_true(str_find(buf_str(&page), buf_str(&text)) != SIZE_MAX);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_that_may_have_been_sent_is_unknown),
        cmocka_unit_test(a_read_is_tried_again_and_never_unknown),
        cmocka_unit_test(an_answer_is_checked_and_a_no_is_a_failure),
        cmocka_unit_test(waits_double),
        cmocka_unit_test(final_states_are_final),
        cmocka_unit_test(what_the_table_forbids_changes_nothing),
        cmocka_unit_test(a_binding_is_of_all_its_parts),
        cmocka_unit_test(the_page_says_what_the_table_says),
    };

    page_path = argc > 1 ? argv[1] : NULL;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
