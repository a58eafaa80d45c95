/* Shared by the files of this room; nobody else may include it. */
#ifndef WRIT_DOMAIN_POLICY_INTERNAL_H
#define WRIT_DOMAIN_POLICY_INTERNAL_H

#include "domain/policy/policy.h"

/* Names in an address: what lies beyond is one last name with dots in it. */
#define POLICY__ADDRESS_PARTS_MAX 80U

struct policy__parts {
    struct str at[POLICY__ADDRESS_PARTS_MAX];
    size_t count;
};

/* A pattern, taken apart once. */
struct policy__pattern {
    const struct str *parts;
    size_t count;
    size_t prefix;   /* leading names without a wildcard */
    bool literal;    /* no wildcard at all */
    bool ends_plain; /* the last name has no wildcard */
};

/* A rule, compiled. Higher rank wins within its layer. */
struct policy__rule {
    struct policy__pattern pattern;
    struct str agent; /* pattern; null: any, or none */
    uint8_t effects;  /* bit per enum event_effect */
    uint8_t channels; /* bit per enum event_channel */
    uint8_t layer;
    uint8_t verdict;
    uint32_t rank;
    uint64_t key; /* of its bucket */
    uint64_t specific;
    const struct event_rule *rule;
    struct str reason;
};

/* A run of rules with one key, in entries[first .. first + count). */
struct policy__bucket {
    uint64_t key; /* 0: free */
    uint32_t first;
    uint32_t count;
};

struct policy__layer {
    struct arena *arena; /* NULL: never applied */
    struct event_rule *rules;
    size_t count;
    uint32_t version;
};

struct policy {
    struct policy__layer layers[EVENT_LAYER_COUNT];
    struct policy__rule *compiled; /* of all layers, in bucket order */
    size_t compiled_count;
    struct arena *arena; /* patterns and reasons of compiled */
    struct policy__bucket *buckets;
    size_t buckets_cap; /* a power of two, or 0 */
    size_t prefix_max;  /* deepest prefix that a bucket stands for */
    bool has_suffixes;
};

/* What a request asks, taken apart once. */
struct policy__question {
    const struct policy_request *request;
    struct policy__parts parts;
    struct str source; /* the first name without its connection; null: it has none */
    uint8_t effect_bit;
    uint8_t channel_bit;
};

/* ---- match.c ---- */
void policy__parts_split(struct str address, struct policy__parts *ret_parts);
struct policy__pattern policy__pattern_parse(struct str text, struct arena *arena);
/* One name against one pattern of a name. */
bool policy__name_match(struct str pattern, struct str name);
bool policy__pattern_match(const struct policy__pattern *pattern,
                           const struct policy__question *question);
/* Bigger is more specific. */
uint64_t policy__pattern_weight(const struct policy__pattern *pattern);

/* ---- compile.c ---- */
/* Compiles the rules of all layers anew. */
void policy__compile(struct policy *policy);
void policy__compiled_fini(struct policy *policy);
#define POLICY__KEY_REST 1U /* the bucket of what has no better key */
uint64_t policy__key_start(void);
uint64_t policy__key_add(uint64_t key, struct str name);
uint64_t policy__key_suffix(struct str name);
/* NULL: no rule has this key. */
const struct policy__bucket *policy__bucket_find(const struct policy *policy, uint64_t key);

/* ---- decide.c ---- */
void policy__question_init(struct policy__question *question, const struct policy_request *request);
bool policy__rule_match(const struct policy__rule *rule, const struct policy__question *question);
/*
 * The winning rule of each layer, NULL where none matches. Where matched is not NULL, all that
 * match are pushed there.
 */
struct policy__matched {
    const struct policy__rule **at;
    size_t count;
    size_t cap;
};
void policy__winners(const struct policy *policy, const struct policy__question *question,
                     const struct policy__rule *winners[EVENT_LAYER_COUNT],
                     struct policy__matched *matched);
/* Winners to a decision: the strictest, the default where there is none, and what sms may not. */
void policy__settle(const struct policy_request *request,
                    const struct policy__rule *winners[EVENT_LAYER_COUNT],
                    struct policy_decision *ret_decision);

#endif
