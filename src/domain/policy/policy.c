/* Layers of rules: kept as they were applied, compiled whenever one is replaced. */
#include "base/digest.h"
#include "domain/policy/internal.h"

struct policy *policy_new(void)
{
    struct policy *policy = heap_alloc(sizeof(*policy));

    *policy = (struct policy){ 0 };
    return policy;
}

struct policy *policy_free(struct policy *policy)
{
    if (!policy)
        return NULL;
    policy__compiled_fini(policy);
    for (size_t i = 0; i < EVENT_LAYER_COUNT; i++)
        policy->layers[i].arena = arena_free(policy->layers[i].arena);
    return heap_free(policy);
}

/* An empty text is an absent one. */
static struct str text_keep(struct arena *arena, struct str text)
{
    return text.len > 0 ? str_copy(arena, text) : STR_NULL;
}

void policy_apply(struct policy *policy, const struct event_policy_applied *event)
{
    CHECK((unsigned)event->layer < EVENT_LAYER_COUNT);
    struct policy__layer *layer = &policy->layers[event->layer];
    struct arena *arena = arena_new(0);
    struct event_rule *rules = ARENA_ARRAY(arena, struct event_rule, event->rules_count);

    for (size_t i = 0; i < event->rules_count; i++) {
        const struct event_rule *from = &event->rules[i];

        rules[i] = (struct event_rule){ .match = str_copy(arena, from->match),
                                        .effect = text_keep(arena, from->effect),
                                        .channel = text_keep(arena, from->channel),
                                        .agent = text_keep(arena, from->agent),
                                        .verdict = from->verdict,
                                        .reason = text_keep(arena, from->reason),
                                        .name = str_copy(arena, from->name) };
    }
    (void)arena_free(layer->arena);
    *layer = (struct policy__layer){
        .arena = arena, .rules = rules, .count = event->rules_count, .version = event->version
    };
    policy__compile(policy);
}

const struct event_rule *policy_rules(const struct policy *policy, enum event_layer layer,
                                      size_t *ret_count)
{
    *ret_count = policy->layers[layer].count;
    return policy->layers[layer].rules;
}

uint32_t policy_version(const struct policy *policy, enum event_layer layer)
{
    return policy->layers[layer].version;
}

static void member_add(struct buf *out, const char *name, struct str text)
{
    if (text.len == 0)
        return;
    if (out->ptr[out->len - 1] != '{')
        buf_add_char(out, ',');
    buf_printf(out, "\"%s\":", name);
    buf_add_json(out, text);
}

/* Members in the order of their names, without what is absent. */
struct digest policy_digest(const struct event_rule *rules, size_t count)
{
    struct buf out BUF_CLEANUP = BUF_INIT;

    buf_add_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(&out, ',');
        buf_add_char(&out, '{');
        member_add(&out, "agent", rules[i].agent);
        member_add(&out, "channel", rules[i].channel);
        member_add(&out, "effect", rules[i].effect);
        member_add(&out, "match", rules[i].match);
        member_add(&out, "name", rules[i].name);
        member_add(&out, "reason", rules[i].reason);
        member_add(&out, "verdict", event_verdict_name(rules[i].verdict));
        buf_add_char(&out, '}');
    }
    buf_add_char(&out, ']');
    return digest_of(buf_str(&out));
}
