/* How a decision came about: every rule that matched, in which layer, and which one won. */
#include "base/vec.h"
#include "domain/policy/internal.h"

#include <stdlib.h>

static void text_member(struct buf *out, const char *name, struct str text)
{
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, text);
}

static void rule_print(const struct policy__rule *rule, bool won, struct buf *out)
{
    buf_add_c(out, "{\"layer\":");
    buf_add_json(out, event_layer_name((enum event_layer)rule->layer));
    text_member(out, "rule", rule->rule->name);
    text_member(out, "match", rule->rule->match);
    if (rule->rule->effect.len > 0)
        text_member(out, "effect", rule->rule->effect);
    if (rule->rule->channel.len > 0)
        text_member(out, "channel", rule->rule->channel);
    if (rule->rule->agent.len > 0)
        text_member(out, "agent", rule->rule->agent);
    text_member(out, "verdict", event_verdict_name((enum event_verdict)rule->verdict));
    if (rule->rule->reason.len > 0)
        text_member(out, "reason", rule->rule->reason);
    buf_printf(out, ",\"won\":%s}", won ? "true" : "false");
}

/* The strongest layer first, in it the best rule first. */
static int matched_compare(const void *a, const void *b)
{
    const struct policy__rule *const *one = a, *const *other = b;

    if ((*one)->layer != (*other)->layer)
        return (*one)->layer < (*other)->layer ? -1 : 1;
    return (*one)->rank > (*other)->rank ? -1 : (*one)->rank < (*other)->rank;
}

static bool is_winner(const struct policy__rule *rule, const struct policy_decision *decision)
{
    return rule->layer == decision->layer && str_equal(rule->rule->name, decision->rule);
}

void policy_print_why(const struct policy *policy, const struct policy_request *request,
                      struct buf *out)
{
    const struct policy__rule *winners[EVENT_LAYER_COUNT];
    struct policy__matched matched = { 0 };
    struct policy__question question;
    struct policy_decision decision;

    policy__question_init(&question, request);
    policy__winners(policy, &question, winners, &matched);
    policy__settle(request, winners, &decision);
    buf_add_c(out, "{\"address\":");
    buf_add_json(out, request->address);
    text_member(out, "effect", event_effect_name(request->effect));
    text_member(out, "verdict", event_verdict_name(decision.verdict));
    text_member(out, "rule", decision.rule);
    text_member(out, "layer", event_layer_name(decision.layer));
    text_member(out, "reason", decision.reason);
    buf_add_c(out, ",\"matched\":[");
    if (matched.count > 0)
        qsort(matched.at, matched.count, sizeof(struct policy__rule *), matched_compare);
    for (size_t i = 0; i < matched.count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        rule_print(matched.at[i], is_winner(matched.at[i], &decision), out);
    }
    buf_add_c(out, "]}");
    VEC_FINI(&matched);
}
