/*
 * policy - may this actor do this now? Decides, never acts.
 *
 * Rules are data, stated in layers. The strictest layer that says anything wins; within a layer
 * the most specific rule, then the stricter. Where no rule of any layer matches, the default for
 * the effect class holds: a default is not a rule, so any rule may open or close it.
 *
 *     agents                          read allow, write ask, destructive ask
 *     a person's own hand             allow (actor person:..., channel cli, no agent)
 *     channel sms                     what is not a read is denied, whatever any rule says
 *
 * A pattern is an address of the catalog with wildcards: '*' is any part of one name, '**' at the
 * end or between two dots is any number of names, none included. A first name without '@' also
 * matches every connection of that source.
 *
 * Easy to get wrong: ask with the address the catalog gave (catalog_tool.address), never with
 * what a program wrote, or an alias walks around a rule. What a decision points to lives until
 * the next policy_apply.
 */
#ifndef WRIT_DOMAIN_POLICY_POLICY_H
#define WRIT_DOMAIN_POLICY_POLICY_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/report.h"
#include "base/str.h"
#include "model/event.h"

/* Rules of one layer; policy_parse refuses more. */
#define POLICY_RULES_MAX 10000U
/* Bytes of a pattern, a name or a reason. */
#define POLICY_TEXT_MAX 1024U
/* Names in a pattern. */
#define POLICY_PARTS_MAX 32U

struct policy;

struct policy_request {
    struct str address;
    enum event_effect effect;
    enum event_channel channel;
    struct str agent; /* null or empty: none */
    struct str actor; /* person:<uid>, agent:<name>, token:<id> */
    struct str args;  /* JSON; no rule looks at it yet */
};

struct policy_decision {
    enum event_verdict verdict;
    struct str
        rule; /* its name, or default-read default-write default-destructive default-person */
    enum event_layer layer;
    struct str reason; /* why, in words; never null */
};

enum policy_answer {
    POLICY_PARSED = 0,
    POLICY_INVALID = 1, /* the report has every problem */
};

struct policy *policy_new(void);
struct policy *policy_free(struct policy *policy);
CLEANUP_DEFINE(struct policy, policy_free)

/*
 * Rules that a person wrote, as JSON or YAML: a list of rules, or {"rules": [...]}. Names may be
 * left out and are made from the rest. Gives all of them in the arena, or POLICY_INVALID.
 */
MUST int policy_parse(struct str text, struct arena *arena, struct event_rule **ret_rules,
                      size_t *ret_count, struct report *report);

/* Replaces the rules of the layer that the event names; copies what it keeps. */
void policy_apply(struct policy *policy, const struct event_policy_applied *event);

/* The rules of one layer in the order given; borrowed until the layer is replaced. */
const struct event_rule *policy_rules(const struct policy *policy, enum event_layer layer,
                                      size_t *ret_count);
/* Version of the last policy_applied of that layer; 0: none yet. */
uint32_t policy_version(const struct policy *policy, enum event_layer layer);
/* Digest of rules in canonical form: what before and after of policy_applied hold. */
struct digest policy_digest(const struct event_rule *rules, size_t count);

void policy_decide(const struct policy *policy, const struct policy_request *request,
                   struct policy_decision *ret_decision);

/*
 * The decision and how it came about, as one JSON object:
 * {address, effect, verdict, rule, layer, reason,
 *  matched: [{layer, rule, match, verdict, reason?, won}]}, strongest layer first.
 */
void policy_print_why(const struct policy *policy, const struct policy_request *request,
                      struct buf *out);

#endif
