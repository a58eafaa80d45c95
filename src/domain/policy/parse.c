/*
 * Rules as people write them, JSON or YAML:
 *
 *     rules:
 *       - match: github.repos.delete
 *         verdict: deny
 *         reason: ask in the channel first
 *       - match: "*.send*"
 *         effect: write
 *         verdict: ask
 *
 * All problems are reported. A rule without a name gets one from its verdict and pattern.
 */
#include "base/map.h"
#include "domain/policy/internal.h"
#include "format/json/json.h"
#include "format/yaml/yaml.h"

struct reading {
    struct arena *arena;
    struct report *report;
    struct event_rule *rules;
    struct map names; /* of the rules read so far */
};

static const char *const members[] = { "match", "effect",  "channel", "agent",
                                       "name",  "verdict", "reason" };

static struct str path_of(struct reading *reading, size_t index, const char *member)
{
    if (!member)
        return str_printf(reading->arena, "/rules/%zu", index);
    return str_printf(reading->arena, "/rules/%zu/%s", index, member);
}

static bool is_member(struct str key)
{
    for (size_t i = 0; i < ARRAY_COUNT(members); i++) {
        if (str_is(key, members[i]))
            return true;
    }
    return false;
}

static void members_check(struct reading *reading, size_t index, const struct json_value *value)
{
    struct json_iter iter = json_iter(value);

    while (json_next(&iter)) {
        if (!is_member(iter.key))
            report_add(reading->report, path_of(reading, index, NULL), "unknown",
                       "a rule has no member \"%.*s\"; it has match, verdict, effect, channel, "
                       "agent, name, reason",
                       STR_ARG(iter.key));
    }
}

/* A text member: null where it is absent, and a problem where it is no text. */
static struct str text_read(struct reading *reading, size_t index, const struct json_value *value,
                            const char *member)
{
    const struct json_value *found = json_get(value, member);
    struct str text = json_str(found);

    if (!found || json_is_null(found))
        return STR_NULL;
    if (!json_is_string(found) || text.len == 0) {
        report_add(reading->report, path_of(reading, index, member), "type",
                   "%s must be a text that is not empty; it is %s", member,
                   json_is_string(found) ? "empty" : json_type_name(json_type(found)));
        return STR_NULL;
    }
    if (text.len > POLICY_TEXT_MAX) {
        report_add(reading->report, path_of(reading, index, member), "limit",
                   "%s has %zu bytes; at most %u are allowed", member, text.len, POLICY_TEXT_MAX);
        return STR_NULL;
    }
    return text;
}

static const char *part_problem(struct str part)
{
    if (part.len == 0)
        return "has an empty name between its dots";
    if (str_find(part, STR("**")) != SIZE_MAX && part.len > 2)
        return "has ** beside other letters; ** stands alone between dots";
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.ptr[i];

        if (c <= ' ' || c == 0x7f)
            return "has white space or a control character in it";
    }
    return NULL;
}

static void match_check(struct reading *reading, size_t index, struct str match)
{
    struct str rest = match;
    size_t count = 0;

    while (rest.ptr) {
        const char *problem = part_problem(str_split(&rest, '.'));

        count++;
        if (problem) {
            report_add(reading->report, path_of(reading, index, "match"), "pattern",
                       "the pattern \"%.*s\" %s", STR_ARG(match), problem);
            return;
        }
    }
    if (count > POLICY_PARTS_MAX)
        report_add(reading->report, path_of(reading, index, "match"), "limit",
                   "the pattern has %zu names; at most %u are allowed", count, POLICY_PARTS_MAX);
}

static void words_check(struct reading *reading, size_t index, const struct event_rule *rule)
{
    enum event_effect effect;
    enum event_channel channel;

    if (rule->effect.ptr && !event_effect_parse(rule->effect, &effect))
        report_add(reading->report, path_of(reading, index, "effect"), "enum",
                   "effect is read, write or destructive; \"%.*s\" was given",
                   STR_ARG(rule->effect));
    if (rule->channel.ptr && !event_channel_parse(rule->channel, &channel))
        report_add(reading->report, path_of(reading, index, "channel"), "enum",
                   "channel is mcp, cli, api, web or sms; \"%.*s\" was given",
                   STR_ARG(rule->channel));
}

static void verdict_read(struct reading *reading, size_t index, const struct json_value *value,
                         struct event_rule *rule)
{
    struct str text = text_read(reading, index, value, "verdict");

    if (!json_get(value, "verdict"))
        report_add(reading->report, path_of(reading, index, NULL), "required",
                   "verdict is missing: allow, ask or deny");
    else if (text.ptr && !event_verdict_parse(text, &rule->verdict))
        report_add(reading->report, path_of(reading, index, "verdict"), "enum",
                   "verdict is allow, ask or deny; \"%.*s\" was given", STR_ARG(text));
}

static void name_read(struct reading *reading, size_t index, const struct json_value *value,
                      struct event_rule *rule)
{
    rule->name = text_read(reading, index, value, "name");
    if (!rule->name.ptr) {
        struct str base =
            str_printf(reading->arena, "%.*s-%.*s", STR_ARG(event_verdict_name(rule->verdict)),
                       STR_ARG(rule->match));

        rule->name = base;
        for (unsigned n = 2; map_find(&reading->names, rule->name); n++)
            rule->name = str_printf(reading->arena, "%.*s-%u", STR_ARG(base), n);
    } else if (str_starts(rule->name, STR("default-")) || str_is(rule->name, "sms-only-reads")) {
        report_add(reading->report, path_of(reading, index, "name"), "reserved",
                   "\"%.*s\" is one of Writ's own names", STR_ARG(rule->name));
        return;
    }
    if (map_put(&reading->names, rule->name, rule))
        report_add(reading->report, path_of(reading, index, "name"), "unique",
                   "another rule is called \"%.*s\"", STR_ARG(rule->name));
}

static void rule_read(struct reading *reading, size_t index, const struct json_value *value)
{
    struct event_rule *rule = &reading->rules[index];

    if (!json_is_object(value)) {
        report_add(reading->report, path_of(reading, index, NULL), "type",
                   "a rule is an object; this is %s", json_type_name(json_type(value)));
        return;
    }
    members_check(reading, index, value);
    rule->match = text_read(reading, index, value, "match");
    rule->effect = text_read(reading, index, value, "effect");
    rule->channel = text_read(reading, index, value, "channel");
    rule->agent = text_read(reading, index, value, "agent");
    rule->reason = text_read(reading, index, value, "reason");
    if (rule->match.ptr)
        match_check(reading, index, rule->match);
    else if (!json_get(value, "match"))
        report_add(reading->report, path_of(reading, index, NULL), "required",
                   "match is missing: an address pattern such as github.** or *.delete_*");
    words_check(reading, index, rule);
    verdict_read(reading, index, value, rule);
    name_read(reading, index, value, rule);
}

/* Most rules are YAML; what begins with a bracket may be JSON and is kept exact if it is. */
static bool document_read(struct str text, struct arena *arena, struct report *report,
                          struct json_doc *ret_doc)
{
    struct str start = str_trim(text);
    struct json_error error;
    struct yaml_error where;
    struct str json = text;

    if (start.len == 0) {
        report_add(report, STR_NULL, "syntax", "there are no rules; an empty list is written []");
        return false;
    }
    if ((start.ptr[0] == '[' || start.ptr[0] == '{') &&
        json_parse(arena, text, NULL, &error, ret_doc) == JSON_PARSED)
        return true;
    if (yaml_to_json(text, arena, &where, &json) != YAML_READ) {
        report_add(report, str_printf(arena, "%zu:%zu", where.line, where.column), "syntax", "%s",
                   where.sentence);
        return false;
    }
    if (json_parse(arena, json, NULL, &error, ret_doc) != JSON_PARSED) {
        report_add(report, STR_NULL, "syntax", "%s", error.sentence);
        return false;
    }
    return true;
}

static const struct json_value *list_find(const struct json_value *root, struct report *report)
{
    const struct json_value *list = json_is_object(root) ? json_get(root, "rules") : root;

    if (!json_is_array(list)) {
        report_add(report, STR_NULL, "type",
                   "rules are a list, or an object with a list called rules");
        return NULL;
    }
    if (json_count(list) > POLICY_RULES_MAX) {
        report_add(report, STR_NULL, "limit", "there are %zu rules; at most %u are allowed",
                   json_count(list), POLICY_RULES_MAX);
        return NULL;
    }
    return list;
}

int policy_parse(struct str text, struct arena *arena, struct event_rule **ret_rules,
                 size_t *ret_count, struct report *report)
{
    struct reading reading = { .arena = arena, .report = report };
    size_t problems = report->count + report->dropped;
    struct json_doc doc;

    if (!document_read(text, arena, report, &doc))
        return POLICY_INVALID;
    const struct json_value *list = list_find(doc.root, report);
    if (!list)
        return POLICY_INVALID;
    reading.rules = ARENA_ARRAY(arena, struct event_rule, json_count(list));
    struct json_iter iter = json_iter(list);
    const struct json_value *value;
    for (size_t i = 0; (value = json_next(&iter)); i++)
        rule_read(&reading, i, value);
    map_fini(&reading.names);
    if (report->count + report->dropped != problems)
        return POLICY_INVALID;
    *ret_rules = reading.rules;
    *ret_count = json_count(list);
    return POLICY_PARSED;
}
