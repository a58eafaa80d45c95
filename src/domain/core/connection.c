/*
 * Further connections of a source: github@work beside github.
 *
 * One is a source of its own, with a handle, credentials and a session of its own. What is not
 * said of it is as of the first: what is run, or where requests go. What the first was given as a
 * secret is its own, and nothing of it is handed on.
 *
 * It offers the same: of a document the very listing, and what a server lists is approved where
 * the same definition at the same path is approved of the first. What a person says of the first
 * later is said of its connections too, as far as they offer the same; each may be told otherwise.
 */
#include "domain/core/internal.h"

static bool is_document(const struct catalog_source *source)
{
    return source->kind == MSG_SOURCE_KIND_OPENAPI || source->kind == MSG_SOURCE_KIND_GRAPHQL;
}

/* ---- what it has of the first ---- */

static bool is_named(const struct event_source_added *added, struct str variable)
{
    struct str name = str_split(&variable, '=');

    for (size_t i = 0; i < added->env_count; i++) {
        struct str other = added->env[i];

        if (str_equal(str_split(&other, '='), name))
            return true;
    }
    return false;
}

static void fill_command(struct core_turn *turn, const struct catalog_source *first,
                         struct event_source_added *added)
{
    struct arena *arena = turn->update->turn;
    struct str *env = ARENA_ARRAY(arena, struct str, added->env_count + first->env_count + 1);
    size_t count = 0;

    for (size_t i = 0; i < first->env_count; i++)
        if (str_find(first->env[i], STR("{{secret:")) == SIZE_MAX &&
            !is_named(added, first->env[i]))
            env[count++] = first->env[i];
    for (size_t i = 0; i < added->env_count; i++)
        env[count++] = added->env[i];
    added->env = env;
    added->env_count = count;
    added->argv = ARENA_ARRAY(arena, struct str, first->argv_count);
    for (size_t i = 0; i < first->argv_count; i++)
        added->argv[i] = first->argv[i];
    added->argv_count = first->argv_count;
    if (!added->folder.ptr)
        added->folder = first->folder;
}

static void fill_place(struct core_turn *turn, const struct catalog_source *first,
                       struct event_source_added *added)
{
    /* Hosts that a person allowed are those that the first goes to. */
    bool same = !added->url.ptr && !added->base_url.ptr;

    if (!added->url.ptr)
        added->url = first->url;
    if (!same)
        return;
    added->base_url = first->base_url;
    if (added->allow_count > 0)
        return;
    added->allow = ARENA_ARRAY(turn->update->turn, struct str, first->allow_count + 1);
    for (size_t i = 0; i < first->allow_count; i++)
        added->allow[added->allow_count++] = first->allow[i];
}

struct str core__connection_fill(struct core_turn *turn, struct event_source_added *added)
{
    const struct catalog_source *first = catalog_first_of(turn->core->catalog, added->name);
    bool command = first && first->kind == MSG_SOURCE_KIND_MCP_STDIO;

    if (!first)
        return STR_NULL;
    if (first->version == 0)
        return STR("what its first connection offers is not known yet; `writ sources` says why");
    if (is_document(first) && added->url.ptr)
        return STR("it has the definitions of its first connection; where its requests go is said "
                   "with --base-url");
    if (command ? added->url.ptr != NULL : added->argv_count > 0)
        return STR("it is of the kind of its first connection: a command where that is one, an "
                   "address where that is one");
    added->kind = first->kind;
    added->partial = first->partial;
    if (!command)
        fill_place(turn, first, added);
    else if (added->argv_count == 0)
        fill_command(turn, first, added);
    return STR_NULL;
}

/* ---- what it offers ---- */

/* The tool of the first that this is: the same definition, under the same path. */
static const struct catalog_tool *same_of(const struct catalog_tool *other,
                                          const struct catalog_tool *tool)
{
    return other && digest_equal(&other->digest, &tool->digest) &&
                   str_equal(other->path, tool->path)
               ? other
               : NULL;
}

/* Did the person just now choose a class for it? */
static bool is_chosen(struct core_turn *turn, const struct catalog_source *first,
                      const struct catalog_tool *tool)
{
    const struct command_pin *pin = &turn->command->as.source_pin;

    for (size_t i = 0; turn->command->type == COMMAND_SOURCE_APPROVE && i < pin->effects_count;
         i++) {
        const struct catalog_tool *named = catalog_offered_as(first, pin->effects[i].name);

        if (named && str_equal(named->name, tool->name))
            return true;
    }
    return false;
}

/* Did the person just now say it of this one, by name? */
static bool is_said(struct core_turn *turn, const struct catalog_source *first,
                    const struct catalog_tool *tool, enum command_type type)
{
    const struct command_pin *pin = &turn->command->as.source_pin;

    for (size_t i = 0; turn->command->type == type && i < pin->tools_count; i++) {
        const struct catalog_tool *named = catalog_offered_as(first, pin->tools[i]);

        if (named && str_equal(named->name, tool->name))
            return true;
    }
    return false;
}

static void follow_approved(struct core_turn *turn, const struct catalog_source *first,
                            const struct catalog_source *connection, const struct event_who *who)
{
    struct arena *arena = turn->update->turn;
    struct str *names = ARENA_ARRAY(arena, struct str, connection->tools_count + 1);
    struct event_tool_effect *effects =
        ARENA_ARRAY(arena, struct event_tool_effect, connection->tools_count + 1);
    struct event event = { .type = EVENT_SOURCE_APPROVED };
    struct event_source_approved *approved = &event.as.source_approved;

    *approved = (struct event_source_approved){ .source = connection->source,
                                                .version = connection->version,
                                                .digest = connection->digest,
                                                .tools = names,
                                                .effects = effects,
                                                .who = *who };
    for (size_t i = 0; i < connection->tools_count; i++) {
        const struct catalog_tool *tool = &connection->tools[i];
        const struct catalog_tool *pin = same_of(catalog_pin(first, tool->name), tool);
        bool other = pin && pin->effect != tool->effect;

        if (!pin || (tool->rejected && !is_said(turn, first, tool, COMMAND_SOURCE_APPROVE)) ||
            (!tool->waiting && !(other && is_chosen(turn, first, tool))))
            continue;
        names[approved->tools_count++] = tool->name;
        if (other)
            effects[approved->effects_count++] =
                (struct event_tool_effect){ .name = tool->name, .effect = pin->effect };
    }
    if (approved->tools_count > 0)
        core__emit(turn, &event);
}

static void follow_rejected(struct core_turn *turn, const struct catalog_source *first,
                            const struct catalog_source *connection, const struct event_who *who)
{
    bool all = turn->command->as.source_pin.tools_count == 0;
    struct str *names = ARENA_ARRAY(turn->update->turn, struct str, connection->tools_count + 1);
    struct event event = { .type = EVENT_SOURCE_REJECTED };
    struct event_source_rejected *rejected = &event.as.source_rejected;

    *rejected = (struct event_source_rejected){ .source = connection->source,
                                                .version = connection->version,
                                                .digest = connection->digest,
                                                .tools = names,
                                                .who = *who };
    for (size_t i = 0; i < connection->tools_count; i++) {
        const struct catalog_tool *tool = &connection->tools[i];
        const struct catalog_tool *said = same_of(catalog_offered(first, tool->name), tool);

        if (said && said->rejected && !tool->rejected &&
            (all || is_said(turn, first, tool, COMMAND_SOURCE_REJECT)))
            names[rejected->tools_count++] = tool->name;
    }
    if (rejected->tools_count > 0)
        core__emit(turn, &event);
}

static void changed(struct core_turn *turn, const struct catalog_source *source)
{
    core__effect(turn, EFFECT_SOURCE_CHANGED)->source = source->source;
}

void core__connections_say(struct core_turn *turn, const struct catalog_source *first,
                           const struct event_who *who)
{
    const struct catalog_source *connection;
    size_t position = 0;

    while ((connection = catalog_connection_next(turn->core->catalog, first, &position))) {
        if (turn->command->type == COMMAND_SOURCE_REJECT)
            follow_rejected(turn, first, connection, who);
        else
            follow_approved(turn, first, connection, who);
        changed(turn, connection);
    }
}

/* Whose word it was is in the record of the first. */
static struct event_who as_of(struct core_turn *turn, const struct catalog_source *first)
{
    return (struct event_who){ .actor = str_printf(turn->update->turn, "source:%.*s",
                                                   STR_ARG(first->name)),
                               .channel = EVENT_CHANNEL_CLI };
}

void core__connection_listed(struct core_turn *turn, const struct catalog_source *connection)
{
    const struct catalog_source *first = catalog_first_of(turn->core->catalog, connection->name);
    struct event_who who;

    if (!first)
        return;
    who = as_of(turn, first);
    follow_approved(turn, first, connection, &who);
}

static void list_as(struct core_turn *turn, const struct catalog_source *first,
                    const struct catalog_source *connection, const struct event_who *who)
{
    struct event event = { .type = EVENT_SOURCE_LISTED };

    if (catalog_listing_of(turn->core->catalog, connection->source, &first->digest,
                           &event.as.source_listed) == CATALOG_LISTING_CHANGED)
        core__emit(turn, &event);
    follow_approved(turn, first, connection, who);
}

void core__connections_list(struct core_turn *turn, const struct catalog_source *first)
{
    struct event_who who = as_of(turn, first);
    const struct catalog_source *connection;
    size_t position = 0;

    while ((connection = catalog_connection_next(turn->core->catalog, first, &position))) {
        list_as(turn, first, connection, &who);
        changed(turn, connection);
    }
}

bool core__connection_open(struct core_turn *turn, const struct event_source_added *added)
{
    const struct catalog_source *first = catalog_first_of(turn->core->catalog, added->name);

    if (!first || !is_document(first))
        return false;
    list_as(turn, first, catalog_source_find(turn->core->catalog, added->source), &added->who);
    return true;
}
