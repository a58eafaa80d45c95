/*
 * From rules to an index.
 *
 * Each rule has one key: the names before its first wildcard, or else its last name if that is
 * plain, or else none. An address has few keys that could be a rule's (each run of its first
 * names, its last name, and none), so a decision looks into a handful of buckets and matches only
 * what lies there. Buckets are runs of one array, in the order layer, then rank, best first: the
 * first match of a layer in a bucket is its best.
 */
#include "domain/policy/internal.h"

#include <stdlib.h>

uint64_t policy__key_start(void)
{
    return 0xcbf29ce484222325ULL;
}

uint64_t policy__key_add(uint64_t key, struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        key = (key ^ (uint8_t)name.ptr[i]) * 0x100000001b3ULL;
    key = (key ^ '.') * 0x100000001b3ULL;
    return key > POLICY__KEY_REST ? key : key + 2;
}

uint64_t policy__key_suffix(struct str name)
{
    return policy__key_add(policy__key_add(policy__key_start(), STR("*")), name);
}

static uint64_t rule_key(struct policy *policy, const struct policy__pattern *pattern)
{
    uint64_t key = policy__key_start();

    if (pattern->prefix > 0) {
        for (size_t i = 0; i < pattern->prefix; i++)
            key = policy__key_add(key, pattern->parts[i]);
        if (pattern->prefix > policy->prefix_max)
            policy->prefix_max = pattern->prefix;
        return key;
    }
    if (pattern->ends_plain) {
        policy->has_suffixes = true;
        return policy__key_suffix(pattern->parts[pattern->count - 1]);
    }
    return POLICY__KEY_REST;
}

/*
 * A word that names nothing cannot come from policy_parse. Should a log hold one all the same,
 * the rule binds everything where it restricts and nothing where it allows.
 */
static uint8_t unknown_word(enum event_verdict verdict)
{
    return verdict == EVENT_VERDICT_ALLOW ? 0 : UINT8_MAX;
}

static uint8_t effects_of(const struct event_rule *rule)
{
    enum event_effect effect;

    if (rule->effect.len == 0)
        return UINT8_MAX;
    if (!event_effect_parse(rule->effect, &effect))
        return unknown_word(rule->verdict);
    return (uint8_t)(1U << effect);
}

static uint8_t channels_of(const struct event_rule *rule)
{
    enum event_channel channel;

    if (rule->channel.len == 0)
        return UINT8_MAX;
    if (!event_channel_parse(rule->channel, &channel))
        return unknown_word(rule->verdict);
    return (uint8_t)(1U << channel);
}

static struct str reason_of(const struct event_rule *rule, struct arena *arena)
{
    if (rule->reason.len > 0)
        return rule->reason;
    return str_printf(arena, "the rule %.*s matches %.*s", STR_ARG(rule->name),
                      STR_ARG(rule->match));
}

static void rule_compile(struct policy *policy, enum event_layer layer,
                         const struct event_rule *rule, struct policy__rule *ret_rule)
{
    struct policy__pattern pattern = policy__pattern_parse(rule->match, policy->arena);
    uint64_t conditions = (rule->agent.len > 0 ? 4U : 0U) + (rule->channel.len > 0 ? 2U : 0U) +
                          (rule->effect.len > 0 ? 1U : 0U);

    *ret_rule = (struct policy__rule){
        .pattern = pattern,
        .agent = rule->agent,
        .effects = effects_of(rule),
        .channels = channels_of(rule),
        .layer = (uint8_t)layer,
        .verdict = (uint8_t)rule->verdict,
        .key = rule_key(policy, &pattern),
        .specific = policy__pattern_weight(&pattern) << 3 | conditions,
        .rule = rule,
        .reason = reason_of(rule, policy->arena),
    };
}

/* Best first: more specific, then stricter, then the one given first. */
static int rank_compare(const void *a, const void *b)
{
    const struct policy__rule *one = a, *other = b;

    if (one->specific != other->specific)
        return one->specific > other->specific ? -1 : 1;
    if (one->verdict != other->verdict)
        return one->verdict > other->verdict ? -1 : 1;
    return one->rule < other->rule ? -1 : one->rule > other->rule;
}

static int bucket_compare(const void *a, const void *b)
{
    const struct policy__rule *one = a, *other = b;

    if (one->key != other->key)
        return one->key < other->key ? -1 : 1;
    if (one->layer != other->layer)
        return one->layer < other->layer ? -1 : 1;
    return one->rank > other->rank ? -1 : one->rank < other->rank;
}

static void layer_compile(struct policy *policy, enum event_layer layer)
{
    const struct policy__layer *from = &policy->layers[layer];
    struct policy__rule *first = &policy->compiled[policy->compiled_count];

    for (size_t i = 0; i < from->count; i++)
        rule_compile(policy, layer, &from->rules[i], &first[i]);
    policy->compiled_count += from->count;
    if (from->count > 0)
        qsort(first, from->count, sizeof(*first), rank_compare);
    for (size_t i = 0; i < from->count; i++)
        first[i].rank = (uint32_t)(from->count - i);
}

static struct policy__bucket *bucket_slot(const struct policy *policy, uint64_t key)
{
    size_t at = (size_t)(key ^ key >> 29) & (policy->buckets_cap - 1);

    while (policy->buckets[at].key != 0 && policy->buckets[at].key != key)
        at = (at + 1) & (policy->buckets_cap - 1);
    return &policy->buckets[at];
}

const struct policy__bucket *policy__bucket_find(const struct policy *policy, uint64_t key)
{
    if (policy->buckets_cap == 0)
        return NULL;
    const struct policy__bucket *bucket = bucket_slot(policy, key);
    return bucket->key == key ? bucket : NULL;
}

static void index_build(struct policy *policy)
{
    policy->buckets_cap = 16;
    while (policy->buckets_cap < policy->compiled_count * 2)
        policy->buckets_cap *= 2;
    policy->buckets = ARENA_ARRAY(policy->arena, struct policy__bucket, policy->buckets_cap);
    qsort(policy->compiled, policy->compiled_count, sizeof(*policy->compiled), bucket_compare);
    for (size_t i = 0; i < policy->compiled_count; i++) {
        struct policy__bucket *bucket = bucket_slot(policy, policy->compiled[i].key);

        if (bucket->count == 0)
            *bucket =
                (struct policy__bucket){ .key = policy->compiled[i].key, .first = (uint32_t)i };
        bucket->count++;
    }
}

void policy__compiled_fini(struct policy *policy)
{
    policy->arena = arena_free(policy->arena);
    policy->compiled = NULL;
    policy->compiled_count = 0;
    policy->buckets = NULL;
    policy->buckets_cap = 0;
    policy->prefix_max = 0;
    policy->has_suffixes = false;
}

void policy__compile(struct policy *policy)
{
    size_t count = 0;

    policy__compiled_fini(policy);
    for (size_t i = 0; i < EVENT_LAYER_COUNT; i++)
        count += policy->layers[i].count;
    if (count == 0)
        return;
    policy->arena = arena_new(0);
    policy->compiled = ARENA_ARRAY(policy->arena, struct policy__rule, count);
    for (unsigned i = 0; i < EVENT_LAYER_COUNT; i++)
        layer_compile(policy, (enum event_layer)i);
    index_build(policy);
}
