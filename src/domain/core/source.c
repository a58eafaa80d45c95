/* Sources come, are looked at, pinned by a person, and go. Rules are applied. */
#include "domain/catalog/news.h"
#include "domain/core/internal.h"

#define CHANGES_ALWAYS                                                                             \
    "it changes what it offers all the time: its latest list is looked at later, and what it "     \
    "offers differently is not called until then"

static bool core_is_person(struct core_turn *turn, const struct event_who *who, const char *what)
{
    /* What widens is never done on an answer that an agent could have given. */
    if (str_starts(who->actor, STR("person:")) && who->verified)
        return true;
    core__reply_error(turn, who, what, "refused",
                      STR("only a person may do this; do it in a terminal of your own"));
    return false;
}

static struct core_effect *core_reply_ok(struct core_turn *turn)
{
    struct core_effect *effect = core__effect(turn, EFFECT_REPLY);

    effect->durable = turn->update->seq;
    return effect;
}

static void core_source_state(struct core_turn *turn, uint64_t source, enum msg_source_state state,
                              struct str reason)
{
    struct event event = { .type = EVENT_SOURCE_STATE };

    event.as.source_state.source = source;
    event.as.source_state.state = state;
    event.as.source_state.reason = reason;
    core__emit(turn, &event);
}

/* What it is: told once, when it is known. */
static void core_source_found(struct core_turn *turn, uint64_t handle, enum msg_source_kind kind)
{
    const struct catalog_source *source = catalog_source_find(turn->core->catalog, handle);
    struct event event = { .type = EVENT_SOURCE_FOUND };

    if (source->kind == kind || kind == MSG_SOURCE_KIND_UNKNOWN)
        return;
    event.as.source_found.source = handle;
    event.as.source_found.kind = kind;
    core__emit(turn, &event);
}

struct str core__name_sentence(enum catalog_name_answer answer)
{
    switch (answer) {
    case CATALOG_NAME_MALFORMED:
        return STR("a source's name is letters, digits, _ and -, a letter first, at most 64; a "
                   "further connection of it is NAME@CONNECTION, with at most 32 such after the @");
    case CATALOG_NAME_RESERVED:
        return STR("this name is one of Writ's own; choose another");
    case CATALOG_NAME_TAKEN:
        return STR("a source of this name is there already; remove it first or choose another");
    case CATALOG_NAME_UNSOURCED:
        return STR("a connection is of a source, and there is none of the name before the @: "
                   "`writ sources` lists them; add that one first");
    case CATALOG_NAME_FREE:
    case CATALOG_NAME_FAILED:
        break;
    }
    return STR_NULL;
}

static void remove_one(struct core_turn *turn, uint64_t source, const struct event_who *who)
{
    struct event event = { .type = EVENT_SOURCE_REMOVED };
    struct core_effect *effect;

    event.as.source_removed.source = source;
    event.as.source_removed.who = *who;
    effect = core__effect(turn, EFFECT_SOURCE_STOP);
    effect->source = source;
    core__emit(turn, &event);
}

/*
 * Its name is free, or one that never connected has it, which goes. added->source is filled in.
 * document: its text; null: it is elsewhere.
 */
void core__source_add(struct core_turn *turn, struct event_source_added *added, struct str document)
{
    struct event event = { .type = EVENT_SOURCE_ADDED };
    const struct catalog_source *failed = catalog_source_named(turn->core->catalog, added->name);
    struct core_effect *effect;

    if (failed)
        remove_one(turn, failed->source, &added->who);
    added->source = turn->core->source_next;
    event.as.source_added = *added;
    core__emit(turn, &event);
    if (core__connection_open(turn, added)) {
        core_source_state(turn, added->source, MSG_SOURCE_STATE_CONNECTED, STR_NULL);
        return;
    }
    core_source_state(turn, added->source, MSG_SOURCE_STATE_PROBING, STR_NULL);
    effect = core__effect(turn, EFFECT_SOURCE_START);
    effect->source = added->source;
    effect->text = document;
    effect->durable = turn->update->seq;
}

/* With it go its further connections. */
void core__source_remove(struct core_turn *turn, const struct catalog_source *source,
                         const struct event_who *who)
{
    const struct catalog_source *connection;

    for (size_t at = 0; (connection = catalog_connection_next(turn->core->catalog, source, &at));
         at = 0)
        remove_one(turn, connection->source, who);
    remove_one(turn, source->source, who);
}

static const char *name_code(enum catalog_name_answer answer)
{
    return answer == CATALOG_NAME_RESERVED || answer == CATALOG_NAME_TAKEN ? "conflict" : "invalid";
}

void core__on_source_add(struct core_turn *turn)
{
    struct event_source_added *added = ARENA_NEW(turn->update->turn, struct event_source_added);
    enum catalog_name_answer answer;
    struct core_effect *effect;
    struct str problem;

    *added = turn->command->as.source_add;
    if (!core_is_person(turn, &added->who, "sources add"))
        return;
    answer = catalog_name_check(turn->core->catalog, added->name);
    problem = core__name_sentence(answer);
    if (problem.ptr) {
        core__reply_error(turn, &added->who, "sources add", name_code(answer), problem);
        return;
    }
    problem = core__connection_fill(turn, added);
    if (problem.ptr) {
        core__reply_error(turn, &added->who, "sources add", "invalid", problem);
        return;
    }
    if (answer == CATALOG_NAME_FREE && catalog_count(turn->core->catalog) >= LIMIT_SOURCE_COUNT) {
        core__reply_error(turn, &added->who, "sources add", "limit",
                          STR("as many sources are there as are allowed"));
        return;
    }
    core__source_add(turn, added, STR_NULL);
    core_reply_ok(turn)->source = added->source;
    /* Whoever waits is known to wait from that reply on. */
    effect = core__effect(turn, EFFECT_SOURCE_CHANGED);
    effect->source = added->source;
    effect->durable = turn->update->seq;
}

void core__on_source_remove(struct core_turn *turn)
{
    const struct catalog_source *source =
        catalog_source_named(turn->core->catalog, turn->command->as.source_remove.name);

    if (!core_is_person(turn, &turn->command->as.source_remove.who, "sources remove"))
        return;
    if (!source) {
        core__effect(turn, EFFECT_REPLY)->error = core__error(
            "unknown_source", STR("there is no source of this name; see `writ sources`"));
        return;
    }
    core__source_remove(turn, source, &turn->command->as.source_remove.who);
    (void)core_reply_ok(turn);
}

/* The source that the person looked at, or NULL: the reply says why. */
static const struct catalog_source *pin_source(struct core_turn *turn, const char *what)
{
    const struct command_pin *pin = &turn->command->as.source_pin;
    const struct catalog_source *source = catalog_source_named(turn->core->catalog, pin->name);

    if (!core_is_person(turn, &pin->who, what))
        return NULL;
    if (!source || source->version == 0) {
        core__effect(turn, EFFECT_REPLY)->error =
            core__error(source ? "invalid" : "unknown_source",
                        STR("there is no source of this name that has been listed; see "
                            "`writ sources`"));
        return NULL;
    }
    if (!digest_equal(&source->digest, &pin->digest)) {
        core__effect(turn, EFFECT_REPLY)->error = core__error(
            "conflict", STR("what the source offers has changed since you looked; look again "
                            "with `writ sources diff`"));
        return NULL;
    }
    return source;
}

/* A tool of the source; NULL where the reply says that it is none. */
static const struct catalog_tool *pin_tool(struct core_turn *turn,
                                           const struct catalog_source *source, struct str address)
{
    const struct catalog_tool *tool = catalog_offered_as(source, address);

    if (tool)
        return tool;
    core__effect(turn, EFFECT_REPLY)->error = core__error(
        "invalid", str_printf(turn->update->turn,
                              "%.*s offers no tool %.*s; `writ sources show %.*s` lists "
                              "what it offers",
                              STR_ARG(source->name), STR_ARG(address), STR_ARG(source->name)));
    return NULL;
}

/* NULL where one is none, which the reply says. */
static struct str *pin_names(struct core_turn *turn, const struct catalog_source *source)
{
    const struct command_pin *pin = &turn->command->as.source_pin;
    struct str *names = ARENA_ARRAY(turn->update->turn, struct str, pin->tools_count + 1);

    for (size_t i = 0; i < pin->tools_count; i++) {
        const struct catalog_tool *tool = pin_tool(turn, source, pin->tools[i]);

        if (!tool)
            return NULL;
        names[i] = tool->name;
    }
    return names;
}

/* Is it callable once this is approved? Else the reply says that it has no class to choose. */
static bool pin_takes_effect(struct core_turn *turn, const struct event_source_approved *approved,
                             const struct catalog_tool *tool)
{
    bool callable = !tool->waiting || (approved->tools_count == 0 && !tool->rejected);

    for (size_t i = 0; i < approved->tools_count; i++)
        callable = callable || str_equal(approved->tools[i], tool->name);
    if (!callable)
        core__effect(turn, EFFECT_REPLY)->error = core__error(
            "invalid",
            str_printf(turn->update->turn,
                       "%.*s %s, and is not among what is approved here: name it too, or choose "
                       "its class when it is approved",
                       STR_ARG(tool->address), tool->rejected ? "was rejected" : "waits"));
    return callable;
}

/* NULL where one is of no tool that can have it, which the reply says. */
static struct event_tool_effect *pin_effects(struct core_turn *turn,
                                             const struct catalog_source *source,
                                             const struct event_source_approved *approved)
{
    const struct command_pin *pin = &turn->command->as.source_pin;
    struct event_tool_effect *effects =
        ARENA_ARRAY(turn->update->turn, struct event_tool_effect, pin->effects_count + 1);

    for (size_t i = 0; i < pin->effects_count; i++) {
        const struct catalog_tool *tool = pin_tool(turn, source, pin->effects[i].name);

        if (!tool || !pin_takes_effect(turn, approved, tool))
            return NULL;
        effects[i] =
            (struct event_tool_effect){ .name = tool->name, .effect = pin->effects[i].effect };
    }
    return effects;
}

static void pin_emit(struct core_turn *turn, const struct catalog_source *source,
                     const struct event *event)
{
    core__emit(turn, event);
    core__connections_say(turn, source, &turn->command->as.source_pin.who);
    core__effect(turn, EFFECT_SOURCE_CHANGED)->source = source->source;
    (void)core_reply_ok(turn);
}

void core__on_source_approve(struct core_turn *turn)
{
    const struct command_pin *pin = &turn->command->as.source_pin;
    const struct catalog_source *source = pin_source(turn, "sources approve");
    struct event event = { .type = EVENT_SOURCE_APPROVED };
    struct event_source_approved *approved = &event.as.source_approved;

    if (!source)
        return;
    *approved = (struct event_source_approved){ .source = source->source,
                                                .version = source->version,
                                                .digest = source->digest,
                                                .tools_count = pin->tools_count,
                                                .effects_count = pin->effects_count,
                                                .who = pin->who };
    approved->tools = pin_names(turn, source);
    if (!approved->tools)
        return;
    approved->effects = pin_effects(turn, source, approved);
    if (approved->effects)
        pin_emit(turn, source, &event);
}

/* Calls that were let through, and may wait to go out still. */
static void refuse_of(struct core_turn *turn, const struct execution *execution)
{
    for (size_t i = execution->first_open; i < execution->calls.count; i++) {
        const struct call *call = execution->calls.at[i];
        const struct catalog_tool *tool = NULL;
        struct core_effect *effect;

        if (call->state != CALL_RUNNING || !call->attempting || core_is_own(call->address))
            continue;
        (void)catalog_find(turn->core->catalog, call->address, &tool);
        if (!tool || !tool->rejected)
            continue;
        effect = core__effect(turn, EFFECT_CALL_REFUSE);
        effect->execution = execution->handle;
        effect->call = call->number;
        effect->text = STR("a person rejected the tool after this call was let through");
    }
}

static void refuse_unsent(struct core_turn *turn)
{
    const struct execution *execution;

    for (size_t at = 0; (execution = core_execution_next(turn->core, &at));)
        refuse_of(turn, execution);
}

void core__on_source_reject(struct core_turn *turn)
{
    const struct command_pin *pin = &turn->command->as.source_pin;
    const struct catalog_source *source = pin_source(turn, "sources reject");
    struct event event = { .type = EVENT_SOURCE_REJECTED };
    struct event_source_rejected *rejected = &event.as.source_rejected;

    if (!source)
        return;
    *rejected = (struct event_source_rejected){ .source = source->source,
                                                .version = source->version,
                                                .digest = source->digest,
                                                .tools_count = pin->tools_count,
                                                .who = pin->who };
    rejected->tools = pin_names(turn, source);
    if (!rejected->tools)
        return;
    pin_emit(turn, source, &event);
    refuse_unsent(turn);
}

/* What it lacked may be what it was given: until it says otherwise it is not in the way. */
static void core_given_state(struct core_turn *turn, const struct catalog_source *source)
{
    bool direct =
        source->kind == MSG_SOURCE_KIND_OPENAPI || source->kind == MSG_SOURCE_KIND_GRAPHQL;

    if (source->state != MSG_SOURCE_STATE_AUTH_REQUIRED &&
        (direct || source->state != MSG_SOURCE_STATE_ERROR))
        return;
    core_source_state(turn, source->source,
                      direct ? MSG_SOURCE_STATE_CONNECTED : MSG_SOURCE_STATE_PROBING, STR_NULL);
}

void core__on_source_credential(struct core_turn *turn)
{
    struct event event = { .type = EVENT_SOURCE_CREDENTIAL };
    const struct catalog_source *source;

    event.as.source_credential = turn->command->as.source_credential;
    if (!core_is_person(turn, &event.as.source_credential.who, "sources auth"))
        return;
    source = catalog_source_find(turn->core->catalog, event.as.source_credential.source);
    if (!source) {
        core__effect(turn, EFFECT_REPLY)->error =
            core__error("invalid", STR("the source was removed"));
        return;
    }
    core__emit(turn, &event);
    core_given_state(turn, source);
    core_reply_ok(turn)->source = event.as.source_credential.source;
}

/* What its list comes to; false: it says too much. *ret_later: it is looked at later. */
static bool report_listed(struct core_turn *turn, const struct msg_source_report *report,
                          const struct catalog_source *source, bool *ret_later)
{
    int64_t wait_ms = catalog_news_wait_ms(source, turn->now_ms);
    struct event event = { .type = EVENT_SOURCE_LISTED };
    struct core_effect *effect;

    switch (
        catalog_listing(turn->core->catalog, report, turn->update->turn, &event.as.source_listed)) {
    case CATALOG_LISTING_UNKNOWN:
        return true;
    case CATALOG_LISTING_SAME:
        /* It may be another one again in the next moment. */
        *ret_later = wait_ms > 0 && str_is(source->reason, CHANGES_ALWAYS);
        return true;
    case CATALOG_LISTING_TOO_MANY:
        return false;
    case CATALOG_LISTING_CHANGED:
        break;
    }
    *ret_later = wait_ms > 0;
    if (wait_ms == 0) {
        core__emit(turn, &event);
        return true;
    }
    effect = core__effect(turn, EFFECT_SOURCE_LATER);
    effect->source = report->source;
    effect->number = (uint64_t)wait_ms;
    return true;
}

void core__on_source_report(struct core_turn *turn)
{
    const struct msg_source_report *report = &turn->command->as.source_report;
    const struct catalog_source *source = catalog_source_find(turn->core->catalog, report->source);
    enum msg_source_state state = report->state;
    struct str reason = report->reason;
    bool later;

    if (!source)
        return;
    later = !report->listed && str_is(source->reason, CHANGES_ALWAYS);
    if (report->listed && source->kind == MSG_SOURCE_KIND_UNKNOWN)
        core_source_found(turn, report->source, MSG_SOURCE_KIND_MCP_HTTP);
    if (report->listed && !report_listed(turn, report, source, &later)) {
        state = MSG_SOURCE_STATE_ERROR;
        reason = STR("it offers more tools than are allowed");
    }
    if (later && state == MSG_SOURCE_STATE_CONNECTED && !reason.len)
        reason = STR(CHANGES_ALWAYS);
    source = catalog_source_find(turn->core->catalog, report->source);
    if (report->listed)
        core__connection_listed(turn, source);
    if (source->state != state || !str_equal(source->reason, reason))
        core_source_state(turn, report->source, state, reason);
    core__effect(turn, EFFECT_SOURCE_CHANGED)->source = report->source;
}

void core__on_source_compiled(struct core_turn *turn)
{
    static const struct digest none;
    const struct digest *artifact = &turn->command->as.source_compiled.artifact;
    uint64_t handle = turn->command->as.source_compiled.source;
    struct event event = { .type = EVENT_SOURCE_LISTED };
    const struct catalog_source *source = catalog_source_find(turn->core->catalog, handle);
    enum msg_source_state state = MSG_SOURCE_STATE_ERROR;

    if (!source)
        return;
    if (source->version > 0)
        state = MSG_SOURCE_STATE_CONNECTED; /* What was read before is still there. */
    else
        core_source_found(turn, handle, turn->command->as.source_compiled.kind);
    if (!digest_equal(artifact, &none)) {
        state = MSG_SOURCE_STATE_CONNECTED;
        if (catalog_listing_of(turn->core->catalog, handle, artifact, &event.as.source_listed) ==
            CATALOG_LISTING_CHANGED) {
            core__emit(turn, &event);
            core__connections_list(turn, source);
        }
    }
    source = catalog_source_find(turn->core->catalog, handle);
    if (source->state != state ||
        !str_equal(source->reason, turn->command->as.source_compiled.reason))
        core_source_state(turn, handle, state, turn->command->as.source_compiled.reason);
    core__effect(turn, EFFECT_SOURCE_CHANGED)->source = handle;
}

void core__on_policy_apply(struct core_turn *turn)
{
    struct event event = { .type = EVENT_POLICY_APPLIED };
    struct event_policy_applied *applied = &event.as.policy_applied;

    if (!core_is_person(turn, &turn->command->as.policy_apply.who, "policy apply"))
        return;
    applied->version = turn->core->policy_version + 1;
    applied->layer = EVENT_LAYER_TENANT;
    applied->rules_count = turn->command->as.policy_apply.count;
    applied->rules = ARENA_ARRAY(turn->update->turn, struct event_rule, applied->rules_count);
    for (size_t i = 0; i < applied->rules_count; i++)
        applied->rules[i] = turn->command->as.policy_apply.rules[i];
    applied->before = turn->core->policy_digest;
    applied->after = policy_digest(applied->rules, applied->rules_count);
    applied->who = turn->command->as.policy_apply.who;
    core__emit(turn, &event);
    (void)core_reply_ok(turn);
}
