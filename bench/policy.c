/* A decision at 0, 10, 1,000 and 10,000 rules in three layers. Target: 1 us at 1,000. */
#include "bench.h"

#include "domain/policy/policy.h"

#define TIMES 1000U

static const char *const verbs[] = { "get", "list", "create", "update", "delete" };

static void rule_make(struct arena *arena, size_t i, struct event_rule *ret_rule)
{
    struct str match;
    switch (i % 5) {
    case 0:
        match = str_printf(arena, "source%zu.**", i % 97);
        break;
    case 1:
        match = str_printf(arena, "source%zu.thing%zu.%s", i % 97, i % 31, verbs[i % 5]);
        break;
    case 2:
        match = str_printf(arena, "source%zu.*.%s", i % 97, verbs[i % 5]);
        break;
    case 3:
        match = str_printf(arena, "source%zu.thing%zu.*", i % 97, i % 31);
        break;
    default:
        match = str_printf(arena, "**.%s_%zu", verbs[i % 5], i);
        break;
    }
    *ret_rule = (struct event_rule){ .match = match,
                                     .verdict = (enum event_verdict)(i % 3),
                                     .name = str_printf(arena, "rule-%zu", i) };
}

static void fill(struct policy *policy, struct arena *arena, size_t count)
{
    static const enum event_layer layers[] = { EVENT_LAYER_TENANT, EVENT_LAYER_WORKSPACE,
                                               EVENT_LAYER_AGENT };

    for (size_t l = 0; l < ARRAY_COUNT(layers); l++) {
        struct event_policy_applied event = { .layer = layers[l] };

        event.rules = ARENA_ARRAY(arena, struct event_rule, count / 3 + 1);
        for (size_t i = l; i < count; i += ARRAY_COUNT(layers))
            rule_make(arena, i, &event.rules[event.rules_count++]);
        policy_apply(policy, &event);
    }
}

static void bench(size_t count)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct policy *policy CLEANUP(policy_free) = policy_new();
    static double rounds[BENCH_ROUNDS];
    static unsigned verdicts[EVENT_VERDICT_COUNT];
    struct str addresses[64];
    char what[64];

    for (size_t i = 0; i < ARRAY_COUNT(addresses); i++)
        addresses[i] = str_printf(arena, "source%zu.thing%zu.%s", i % 97, i % 31, verbs[i % 5]);
    fill(policy, arena, count);
    for (size_t r = 0; r < BENCH_ROUNDS; r++) {
        double start = bench_now_us();

        for (size_t i = 0; i < TIMES; i++) {
            struct policy_request request = { .address = addresses[i % ARRAY_COUNT(addresses)],
                                              .effect = EVENT_EFFECT_WRITE,
                                              .channel = EVENT_CHANNEL_MCP,
                                              .agent = STR("claude"),
                                              .actor = STR("agent:claude") };
            struct policy_decision decision;

            policy_decide(policy, &request, &decision);
            verdicts[decision.verdict]++;
        }
        rounds[r] = bench_now_us() - start;
    }
    (void)snprintf(what, sizeof(what), "policy_decide, %zu rules", count);
    bench_print(what, rounds, BENCH_ROUNDS, TIMES);
}

int main(void)
{
    bench(0);
    bench(10);
    bench(1000);
    bench(10000);
    return 0;
}
