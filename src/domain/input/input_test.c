/* Who may say what to which input. */
#include "domain/input/input.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct input approval(enum event_effect effect)
{
    return (struct input){
        .state = INPUT_OPEN, .kind = EVENT_INPUT_KIND_APPROVAL, .effect = effect, .expires_ms = 100
    };
}

static const struct event_who person = { .actor = { "person:1000", 11 }, .verified = true };
static const struct event_who in_client = { .actor = { "person:agent:a", 14 } };
static const struct event_who agent = { .actor = { "agent:a", 7 }, .verified = true };

static void an_agent_never_answers(void **state)
{
    struct input input = approval(EVENT_EFFECT_WRITE);

    (void)state;
    for (int answer = EVENT_ANSWER_APPROVE; answer <= EVENT_ANSWER_SUBMIT; answer++)
        assert_int_equal(input_answer_decide(&input, (enum event_answer)answer, &agent, 1),
                         INPUT_NOT_A_PERSON);
}

static void what_destroys_needs_a_verified_yes(void **state)
{
    struct input destructive = approval(EVENT_EFFECT_DESTRUCTIVE);
    struct input plain = approval(EVENT_EFFECT_WRITE);

    (void)state;
    assert_int_equal(input_answer_decide(&destructive, EVENT_ANSWER_APPROVE, &in_client, 1),
                     INPUT_UNVERIFIED);
    assert_int_equal(input_answer_decide(&destructive, EVENT_ANSWER_DENY, &in_client, 1),
                     INPUT_ACCEPTED);
    assert_int_equal(input_answer_decide(&plain, EVENT_ANSWER_APPROVE, &in_client, 1),
                     INPUT_ACCEPTED);
    assert_int_equal(input_answer_decide(&destructive, EVENT_ANSWER_APPROVE, &person, 1),
                     INPUT_ACCEPTED);
}

static void what_expired_or_was_answered_is_over(void **state)
{
    struct input input = approval(EVENT_EFFECT_WRITE);

    (void)state;
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_APPROVE, &person, 100),
                     INPUT_NOT_OPEN);
    input.state = INPUT_ANSWERED;
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_APPROVE, &person, 1), INPUT_NOT_OPEN);
}

static void each_kind_has_its_answers(void **state)
{
    struct input input = approval(EVENT_EFFECT_WRITE);

    (void)state;
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_DONE, &person, 1),
                     INPUT_NOT_THE_KIND);
    input.kind = EVENT_INPUT_KIND_UNKNOWN;
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_APPROVE, &person, 1),
                     INPUT_NOT_THE_KIND);
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_AGAIN, &person, 1), INPUT_ACCEPTED);
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_SUBMIT, &person, 1),
                     INPUT_NOT_THE_KIND);
    input.kind = EVENT_INPUT_KIND_FORM;
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_APPROVE, &person, 1),
                     INPUT_NOT_THE_KIND);
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_SUBMIT, &person, 1), INPUT_ACCEPTED);
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_DENY, &person, 1), INPUT_ACCEPTED);
}

static void a_model_answers_through_its_own_client_alone(void **state)
{
    struct event_who who = { .actor = STR("agent:a"), .channel = EVENT_CHANNEL_MCP };
    struct input input = approval(EVENT_EFFECT_DESTRUCTIVE);

    (void)state;
    input.kind = EVENT_INPUT_KIND_MODEL;
    input.actor = STR("agent:a");
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_SUBMIT, &who, 1), INPUT_ACCEPTED);
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_DENY, &who, 1), INPUT_ACCEPTED);
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_APPROVE, &who, 1),
                     INPUT_NOT_THE_KIND);
    who.channel = EVENT_CHANNEL_API;
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_SUBMIT, &who, 1),
                     INPUT_NOT_THE_MODEL);
    who.channel = EVENT_CHANNEL_MCP;
    who.actor = STR("agent:b");
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_SUBMIT, &who, 1),
                     INPUT_NOT_THE_MODEL);
    assert_int_equal(input_answer_decide(&input, EVENT_ANSWER_SUBMIT, &person, 1),
                     INPUT_NOT_THE_MODEL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_agent_never_answers),
        cmocka_unit_test(what_destroys_needs_a_verified_yes),
        cmocka_unit_test(what_expired_or_was_answered_is_over),
        cmocka_unit_test(each_kind_has_its_answers),
        cmocka_unit_test(a_model_answers_through_its_own_client_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
