/*
 * A decision: take the address apart, collect the best rule of each layer from the few buckets
 * that can hold one, take the strictest layer, or the default where no layer said anything.
 */
#include "base/vec.h"
#include "domain/policy/internal.h"

void policy__question_init(struct policy__question *question, const struct policy_request *request)
{
    question->request = request;
    question->effect_bit = (uint8_t)(1U << request->effect);
    question->channel_bit = (uint8_t)(1U << request->channel);
    policy__parts_split(request->address, &question->parts);
    question->source = STR_NULL;
    if (question->parts.count > 0) {
        size_t at = str_find_char(question->parts.at[0], '@');

        if (at != SIZE_MAX)
            question->source = str_slice(question->parts.at[0], 0, at);
    }
}

bool policy__rule_match(const struct policy__rule *rule, const struct policy__question *question)
{
    if (!(rule->effects & question->effect_bit) || !(rule->channels & question->channel_bit))
        return false;
    if (rule->agent.len > 0 && (question->request->agent.len == 0 ||
                                !policy__name_match(rule->agent, question->request->agent)))
        return false;
    return policy__pattern_match(&rule->pattern, question);
}

static void bucket_collect(const struct policy *policy, const struct policy__bucket *bucket,
                           const struct policy__question *question,
                           const struct policy__rule *winners[EVENT_LAYER_COUNT],
                           struct policy__matched *matched)
{
    if (!bucket)
        return;
    for (uint32_t i = bucket->first; i < bucket->first + bucket->count; i++) {
        const struct policy__rule *rule = &policy->compiled[i];
        const struct policy__rule **winner = &winners[rule->layer];
        bool better = !*winner || (*winner)->rank < rule->rank;

        if ((!better && !matched) || !policy__rule_match(rule, question))
            continue;
        if (better)
            *winner = rule;
        if (matched)
            *VEC_PUSH(matched) = rule;
    }
}

static void prefixes_collect(const struct policy *policy, const struct policy__question *question,
                             struct str first,
                             const struct policy__rule *winners[EVENT_LAYER_COUNT],
                             struct policy__matched *matched)
{
    uint64_t key = policy__key_start();

    for (size_t i = 0; i < question->parts.count && i < policy->prefix_max; i++) {
        key = policy__key_add(key, i == 0 ? first : question->parts.at[i]);
        bucket_collect(policy, policy__bucket_find(policy, key), question, winners, matched);
    }
}

void policy__winners(const struct policy *policy, const struct policy__question *question,
                     const struct policy__rule *winners[EVENT_LAYER_COUNT],
                     struct policy__matched *matched)
{
    const struct policy__parts *parts = &question->parts;

    for (size_t i = 0; i < EVENT_LAYER_COUNT; i++)
        winners[i] = NULL;
    if (policy->compiled_count == 0 || parts->count == 0)
        return;
    prefixes_collect(policy, question, parts->at[0], winners, matched);
    if (question->source.ptr)
        prefixes_collect(policy, question, question->source, winners, matched);
    if (policy->has_suffixes) {
        uint64_t key = policy__key_suffix(parts->at[parts->count - 1]);

        bucket_collect(policy, policy__bucket_find(policy, key), question, winners, matched);
        /* A pattern of one name, such as *x, may also mean a source without its connection. */
        if (question->source.ptr && parts->count == 1) {
            key = policy__key_suffix(question->source);
            bucket_collect(policy, policy__bucket_find(policy, key), question, winners, matched);
        }
    }
    bucket_collect(policy, policy__bucket_find(policy, POLICY__KEY_REST), question, winners,
                   matched);
}

#define SAYS(says, name, why)                                                                      \
    ((struct policy_decision){                                                                     \
        .verdict = (says), .rule = STR(name), .layer = EVENT_LAYER_DEFAULT, .reason = STR(why) })

static struct policy_decision decide_default(const struct policy_request *request)
{
    if (str_starts(request->actor, STR("person:")) && request->channel == EVENT_CHANNEL_CLI &&
        request->agent.len == 0)
        return SAYS(EVENT_VERDICT_ALLOW, "default-person",
                    "what a person does by own hand is its own approval");
    switch (request->effect) {
    case EVENT_EFFECT_READ:
        return SAYS(EVENT_VERDICT_ALLOW, "default-read", "agents may read");
    case EVENT_EFFECT_WRITE:
        return SAYS(EVENT_VERDICT_ASK, "default-write", "a person is asked before agents write");
    case EVENT_EFFECT_DESTRUCTIVE:
        return SAYS(EVENT_VERDICT_ASK, "default-destructive",
                    "a person is asked before agents destroy");
    }
    UNREACHABLE("an effect outside its enum");
}

/* The strictest; of equals the upper layer, whose owner alone can change it. */
static const struct policy__rule *strictest(const struct policy__rule *winners[EVENT_LAYER_COUNT])
{
    const struct policy__rule *found = NULL;

    for (size_t i = 0; i < EVENT_LAYER_COUNT; i++) {
        if (winners[i] && (!found || winners[i]->verdict > found->verdict))
            found = winners[i];
    }
    return found;
}

void policy__settle(const struct policy_request *request,
                    const struct policy__rule *winners[EVENT_LAYER_COUNT],
                    struct policy_decision *ret_decision)
{
    const struct policy__rule *rule = strictest(winners);

    if (rule)
        *ret_decision = (struct policy_decision){ .verdict = (enum event_verdict)rule->verdict,
                                                  .rule = rule->rule->name,
                                                  .layer = (enum event_layer)rule->layer,
                                                  .reason = rule->reason };
    else
        *ret_decision = decide_default(request);
    if (request->channel == EVENT_CHANNEL_SMS && request->effect != EVENT_EFFECT_READ &&
        ret_decision->verdict != EVENT_VERDICT_DENY)
        *ret_decision = (struct policy_decision){ .verdict = EVENT_VERDICT_DENY,
                                                  .rule = STR("sms-only-reads"),
                                                  .layer = EVENT_LAYER_PLATFORM,
                                                  .reason = STR("nothing is written over sms") };
}

void policy_decide(const struct policy *policy, const struct policy_request *request,
                   struct policy_decision *ret_decision)
{
    const struct policy__rule *winners[EVENT_LAYER_COUNT];
    struct policy__question question;

    policy__question_init(&question, request);
    policy__winners(policy, &question, winners, NULL);
    policy__settle(request, winners, ret_decision);
}
