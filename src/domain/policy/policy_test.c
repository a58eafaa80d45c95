#include "domain/policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void apply(struct policy *policy, enum event_layer layer, const char *text)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct event_policy_applied event = { .version = 1, .layer = layer };
    struct report report;

    report_init(&report, arena);
    if (policy_parse(str_from(text), arena, &event.rules, &event.rules_count, &report))
        fail_msg("%.*s", STR_ARG(report.problems[0].sentence));
    policy_apply(policy, &event);
}

static struct policy_request agent_asks(const char *address, enum event_effect effect)
{
    return (struct policy_request){ .address = str_from(address),
                                    .effect = effect,
                                    .channel = EVENT_CHANNEL_MCP,
                                    .agent = STR("claude"),
                                    .actor = STR("agent:claude"),
                                    .args = STR("{}") };
}

static void expect(const struct policy *policy, const struct policy_request *request,
                   enum event_verdict verdict, const char *rule)
{
    struct policy_decision decision;

    policy_decide(policy, request, &decision);
    assert_string_equal(decision.rule.ptr, rule);
    assert_int_equal(decision.verdict, verdict);
    assert_true(decision.reason.len > 0);
}

static void agent_gets(const struct policy *policy, const char *address, enum event_effect effect,
                       enum event_verdict verdict, const char *rule)
{
    struct policy_request request = agent_asks(address, effect);

    expect(policy, &request, verdict, rule);
}

static void defaults(void **state UNUSED)
{
    struct policy *policy CLEANUP(policy_free) = policy_new();

    agent_gets(policy, "fs.x", EVENT_EFFECT_READ, EVENT_VERDICT_ALLOW, "default-read");
    agent_gets(policy, "fs.x", EVENT_EFFECT_WRITE, EVENT_VERDICT_ASK, "default-write");
    agent_gets(policy, "fs.x", EVENT_EFFECT_DESTRUCTIVE, EVENT_VERDICT_ASK, "default-destructive");
    struct policy_request person = agent_asks("fs.x", EVENT_EFFECT_DESTRUCTIVE);
    person.actor = STR("person:1000");
    expect(policy, &person, EVENT_VERDICT_ASK, "default-destructive");
    person.agent = STR_NULL;
    expect(policy, &person, EVENT_VERDICT_ASK, "default-destructive");
    person.channel = EVENT_CHANNEL_CLI;
    expect(policy, &person, EVENT_VERDICT_ALLOW, "default-person");
    person.actor = STR("token:1");
    expect(policy, &person, EVENT_VERDICT_ASK, "default-destructive");
}

static void sms_only_reads(void **state UNUSED)
{
    struct policy *policy CLEANUP(policy_free) = policy_new();
    struct policy_request request = agent_asks("fs.x", EVENT_EFFECT_WRITE);

    apply(policy, EVENT_LAYER_PLATFORM, "[{match: '**', verdict: allow, name: all}]");
    expect(policy, &request, EVENT_VERDICT_ALLOW, "all");
    request.channel = EVENT_CHANNEL_SMS;
    expect(policy, &request, EVENT_VERDICT_DENY, "sms-only-reads");
    request.effect = EVENT_EFFECT_READ;
    expect(policy, &request, EVENT_VERDICT_ALLOW, "all");
}

static void the_strictest_layer_wins(void **state UNUSED)
{
    struct policy *policy CLEANUP(policy_free) = policy_new();

    apply(policy, EVENT_LAYER_WORKSPACE, "[{match: fs.write, verdict: allow, name: w}]");
    agent_gets(policy, "fs.write", EVENT_EFFECT_WRITE, EVENT_VERDICT_ALLOW, "w");
    apply(policy, EVENT_LAYER_TENANT, "[{match: '**', verdict: ask, name: t}]");
    agent_gets(policy, "fs.write", EVENT_EFFECT_WRITE, EVENT_VERDICT_ASK, "t");
    apply(policy, EVENT_LAYER_SESSION, "[{match: fs.*, verdict: deny, name: s}]");
    agent_gets(policy, "fs.write", EVENT_EFFECT_WRITE, EVENT_VERDICT_DENY, "s");
    agent_gets(policy, "crm.write", EVENT_EFFECT_WRITE, EVENT_VERDICT_ASK, "t");
    apply(policy, EVENT_LAYER_SESSION, "[]");
    apply(policy, EVENT_LAYER_TENANT, "[]");
    agent_gets(policy, "fs.write", EVENT_EFFECT_WRITE, EVENT_VERDICT_ALLOW, "w");
}

static void the_most_specific_rule_wins(void **state UNUSED)
{
    struct policy *policy CLEANUP(policy_free) = policy_new();

    apply(policy, EVENT_LAYER_TENANT,
          "- {match: '**', verdict: deny, name: all}\n"
          "- {match: fs.**, verdict: ask, name: fs}\n"
          "- {match: fs.read*, verdict: allow, name: reads}\n"
          "- {match: fs.read_all, verdict: ask, name: one}\n"
          "- {match: fs.read_all, verdict: deny, agent: evil*, name: evil}\n"
          "- {match: '**.delete', verdict: deny, name: deletes}\n"
          "- {match: same.x, verdict: ask, name: lax}\n"
          "- {match: same.x, verdict: deny, name: strict}\n");
    agent_gets(policy, "crm.x", EVENT_EFFECT_READ, EVENT_VERDICT_DENY, "all");
    agent_gets(policy, "fs.a.b", EVENT_EFFECT_READ, EVENT_VERDICT_ASK, "fs");
    agent_gets(policy, "fs.read_one", EVENT_EFFECT_READ, EVENT_VERDICT_ALLOW, "reads");
    agent_gets(policy, "fs.read_all", EVENT_EFFECT_READ, EVENT_VERDICT_ASK, "one");
    agent_gets(policy, "a.b.c.delete", EVENT_EFFECT_READ, EVENT_VERDICT_DENY, "deletes");
    agent_gets(policy, "same.x", EVENT_EFFECT_READ, EVENT_VERDICT_DENY, "strict");
    struct policy_request evil = agent_asks("fs.read_all", EVENT_EFFECT_READ);
    evil.agent = STR("evil-twin");
    expect(policy, &evil, EVENT_VERDICT_DENY, "evil");
}

static void conditions_must_hold(void **state UNUSED)
{
    struct policy *policy CLEANUP(policy_free) = policy_new();
    struct policy_request request = agent_asks("fs.x", EVENT_EFFECT_WRITE);

    apply(policy, EVENT_LAYER_TENANT,
          "[{match: '**', verdict: deny, effect: write, channel: api, agent: '*', name: r}]");
    expect(policy, &request, EVENT_VERDICT_ASK, "default-write");
    request.channel = EVENT_CHANNEL_API;
    expect(policy, &request, EVENT_VERDICT_DENY, "r");
    request.agent = STR("");
    expect(policy, &request, EVENT_VERDICT_ASK, "default-write");
    request.agent = STR("a");
    request.effect = EVENT_EFFECT_READ;
    expect(policy, &request, EVENT_VERDICT_ALLOW, "default-read");
}

static void a_connection_is_its_source(void **state UNUSED)
{
    struct policy *policy CLEANUP(policy_free) = policy_new();

    apply(policy, EVENT_LAYER_TENANT,
          "- {match: github.issues.delete, verdict: deny, name: all}\n"
          "- {match: github@work.**, verdict: allow, name: work}\n");
    agent_gets(policy, "github@home.issues.delete", EVENT_EFFECT_WRITE, EVENT_VERDICT_DENY, "all");
    agent_gets(policy, "github@work.issues.delete", EVENT_EFFECT_WRITE, EVENT_VERDICT_DENY, "all");
    agent_gets(policy, "github@work.issues.edit", EVENT_EFFECT_WRITE, EVENT_VERDICT_ALLOW, "work");
    agent_gets(policy, "github.issues.edit", EVENT_EFFECT_WRITE, EVENT_VERDICT_ASK,
               "default-write");
}

static void refuses(const char *text, const char *path, const char *rule)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct event_rule *rules = NULL;
    struct report report;
    size_t count = 77;

    report_init(&report, arena);
    assert_int_equal(policy_parse(str_from(text), arena, &rules, &count, &report), POLICY_INVALID);
    assert_int_equal(report.count, 1);
    assert_string_equal(report.problems[0].path.ptr ? report.problems[0].path.ptr : "", path);
    assert_string_equal(report.problems[0].rule.ptr, rule);
    assert_null(rules);
    assert_int_equal(count, 77);
}

static void problems_are_named(void **state UNUSED)
{
    refuses("", "", "syntax");
    refuses("[{]", "1:3", "syntax");
    refuses("a: 1\na: 2", "2:4", "syntax");
    refuses("a: 1", "", "type");
    refuses("[5]", "/rules/0", "type");
    refuses("[{match: a}]", "/rules/0", "required");
    refuses("[{verdict: ask}]", "/rules/0", "required");
    refuses("[{match: a, verdict: maybe}]", "/rules/0/verdict", "enum");
    refuses("[{match: a, verdict: ask, effect: reads}]", "/rules/0/effect", "enum");
    refuses("[{match: a, verdict: ask, channel: tv}]", "/rules/0/channel", "enum");
    refuses("[{match: a..b, verdict: ask}]", "/rules/0/match", "pattern");
    refuses("[{match: 'a.x**', verdict: ask}]", "/rules/0/match", "pattern");
    refuses("[{match: 'a b', verdict: ask}]", "/rules/0/match", "pattern");
    refuses("[{match: a, verdict: ask, efect: read}]", "/rules/0", "unknown");
    refuses("[{match: a, verdict: ask, name: default-x}]", "/rules/0/name", "reserved");
    refuses("[{match: a, verdict: ask, name: x}, {match: b, verdict: ask, name: x}]",
            "/rules/1/name", "unique");
    refuses("[{match: 7, verdict: ask}]", "/rules/0/match", "type");
}

static void names_are_made(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct event_rule *rules;
    struct report report;
    size_t count;

    report_init(&report, arena);
    assert_int_equal(policy_parse(STR("{\"rules\":[{\"match\":\"a.*\",\"verdict\":\"ask\"},"
                                      "{\"match\":\"a.*\",\"verdict\":\"ask\"}]}"),
                                  arena, &rules, &count, &report),
                     POLICY_PARSED);
    assert_int_equal(count, 2);
    assert_string_equal(rules[0].name.ptr, "ask-a.*");
    assert_string_equal(rules[1].name.ptr, "ask-a.*-2");
}

static void why_shows_all(void **state UNUSED)
{
    struct policy *policy CLEANUP(policy_free) = policy_new();
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct policy_request request = agent_asks("fs.x", EVENT_EFFECT_WRITE);

    apply(policy, EVENT_LAYER_SESSION, "[{match: fs.x, verdict: allow, name: mine}]");
    apply(policy, EVENT_LAYER_TENANT,
          "[{match: '**', verdict: allow, name: all}, "
          "{match: fs.*, effect: write, verdict: ask, name: fs, reason: it is ours}]");
    policy_print_why(policy, &request, &out);
    buf_add_char(&out, 0);
    assert_string_equal(
        out.ptr,
        "{\"address\":\"fs.x\",\"effect\":\"write\",\"verdict\":\"ask\",\"rule\":\"fs\","
        "\"layer\":\"tenant\",\"reason\":\"it is ours\",\"matched\":["
        "{\"layer\":\"tenant\",\"rule\":\"fs\",\"match\":\"fs.*\",\"effect\":\"write\","
        "\"verdict\":\"ask\",\"reason\":\"it is ours\",\"won\":true},"
        "{\"layer\":\"tenant\",\"rule\":\"all\",\"match\":\"**\",\"verdict\":\"allow\","
        "\"won\":false},"
        "{\"layer\":\"session\",\"rule\":\"mine\",\"match\":\"fs.x\",\"verdict\":\"allow\","
        "\"won\":false}]}");
}

static void a_layer_can_be_read_back(void **state UNUSED)
{
    struct policy *policy CLEANUP(policy_free) = policy_new();
    size_t count = 1;

    (void)policy_rules(policy, EVENT_LAYER_TENANT, &count);
    assert_int_equal(count, 0);
    assert_int_equal(policy_version(policy, EVENT_LAYER_TENANT), 0);
    apply(policy, EVENT_LAYER_TENANT, "[{match: a.b, verdict: deny}]");
    const struct event_rule *rules = policy_rules(policy, EVENT_LAYER_TENANT, &count);
    assert_int_equal(count, 1);
    assert_string_equal(rules[0].match.ptr, "a.b");
    assert_int_equal(policy_version(policy, EVENT_LAYER_TENANT), 1);
    struct digest one = policy_digest(rules, 1), none = policy_digest(NULL, 0);
    assert_false(digest_equal(&one, &none));
}

/* An index must never change an answer: compare with a plain look at each rule. */
static void patterns_match(void **state UNUSED)
{
    static const struct {
        const char *pattern, *address;
        bool matches;
    } rows[] = {
        { "a.b", "a.b", true },
        { "a.b", "a.b.c", false },
        { "a.*", "a.b", true },
        { "a.*", "a.b.c", false },
        { "a.**", "a.b.c", true },
        { "a.**", "a", true },
        { "**", "a.b.c", true },
        { "**.c", "a.b.c", true },
        { "**.c", "c", true },
        { "a.**.c", "a.c", true },
        { "a.**.c", "a.x.y.c", true },
        { "a.**.c", "a.c.d", false },
        { "*.del*", "a.delete", true },
        { "*.*l*e", "a.delete", true },
        { "*", "a", true },
        { "*", "a.b", false },
        { "*hub.x", "github.x", true },
        { "a*b*c.x", "aXbYc.x", true },
        { "a.b*", "a.b", true },
        { "A.b", "a.b", false },
        { "a.**.**.c", "a.c", true },
        { "git.x", "git@w.x", true },
        { "git@w.x", "git@w.x", true },
        { "git@w.x", "git.x", false },
        { "g*.x", "git@w.x", true },
        { "*t.x", "git@w.x", true },
        { "*t", "git@w", true },
    };

    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct policy *policy CLEANUP(policy_free) = policy_new();
        struct event_rule rule = { .match = str_from(rows[i].pattern),
                                   .verdict = EVENT_VERDICT_DENY,
                                   .name = STR("r") };
        struct event_policy_applied event = { .layer = EVENT_LAYER_TENANT,
                                              .rules = &rule,
                                              .rules_count = 1 };
        struct policy_request request = agent_asks(rows[i].address, EVENT_EFFECT_READ);
        struct policy_decision decision;

        policy_apply(policy, &event);
        policy_decide(policy, &request, &decision);
        if ((decision.verdict == EVENT_VERDICT_DENY) != rows[i].matches)
            fail_msg("%s on %s", rows[i].pattern, rows[i].address);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(sms_only_reads),
        cmocka_unit_test(the_strictest_layer_wins),
        cmocka_unit_test(the_most_specific_rule_wins),
        cmocka_unit_test(conditions_must_hold),
        cmocka_unit_test(a_connection_is_its_source),
        cmocka_unit_test(problems_are_named),
        cmocka_unit_test(names_are_made),
        cmocka_unit_test(why_shows_all),
        cmocka_unit_test(a_layer_can_be_read_back),
        cmocka_unit_test(patterns_match),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
