/*
 * Any text gives problems or rules; and what the rules decide through the index is what a plain
 * look at each of them decides.
 */
#include "domain/policy/internal.h"

static void decide(struct policy *policy, struct str address)
{
    const struct policy__rule *winners[EVENT_LAYER_COUNT], *best = NULL;
    struct policy__question question;
    struct policy_request request = { .address = address,
                                      .effect = EVENT_EFFECT_WRITE,
                                      .channel = EVENT_CHANNEL_MCP,
                                      .agent = STR("a"),
                                      .actor = STR("agent:a") };

    policy__question_init(&question, &request);
    policy__winners(policy, &question, winners, NULL);
    for (size_t i = 0; i < policy->compiled_count; i++) {
        const struct policy__rule *rule = &policy->compiled[i];

        if (policy__rule_match(rule, &question) && (!best || best->rank < rule->rank))
            best = rule;
    }
    CHECK(winners[EVENT_LAYER_TENANT] == best);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct policy *policy CLEANUP(policy_free) = policy_new();
    struct event_policy_applied event = { .layer = EVENT_LAYER_TENANT };
    struct str text = str_of((const char *)data, size);
    struct str rest = text;
    struct report report;

    report_init(&report, arena);
    if (policy_parse(text, arena, &event.rules, &event.rules_count, &report) != POLICY_PARSED) {
        CHECK(report.count > 0);
        return 0;
    }
    policy_apply(policy, &event);
    for (size_t i = 0; i < event.rules_count; i++)
        decide(policy, event.rules[i].match);
    for (size_t i = 0; i < 8 && rest.ptr; i++)
        decide(policy, str_split(&rest, '\n'));
    decide(policy, STR("a@b.c.d"));
    return 0;
}
