/* What a source offers against what a person approved: shown in parts, approved and rejected. */
#include "proc/daemon/internal.h"

/* ADDRESS=CLASS, which was checked where it was read. */
static const struct event_tool_effect *effects_of(struct daemon *daemon,
                                                  const struct api_words *words)
{
    struct event_tool_effect *effects =
        ARENA_ARRAY(daemon->turn, struct event_tool_effect, words->count + 1);

    for (size_t i = 0; i < words->count; i++) {
        struct str effect = words->at[i];
        size_t cut = effect.len;

        while (cut > 0 && effect.ptr[cut - 1] != '=')
            cut--;
        CHECK(cut > 0 &&
              event_effect_parse(str_slice(effect, cut, effect.len), &effects[i].effect));
        effects[i].name = str_slice(effect, 0, cut - 1);
    }
    return effects;
}

void daemon__api_source_pin(struct daemon *daemon, struct daemon_request *request,
                            enum command_type type, const struct api_source_pin *asked)
{
    struct command command = { .type = type, .token = request->number };
    struct command_pin *pin = &command.as.source_pin;
    const struct catalog_source *source =
        catalog_source_named(core_catalog(daemon->core), asked->name);

    request->source = source ? source->source : 0;
    *pin = (struct command_pin){ .name = asked->name,
                                 .tools = asked->tools.at,
                                 .tools_count = asked->tools.count,
                                 .effects = effects_of(daemon, &asked->effects),
                                 .effects_count = asked->effects.count,
                                 .who = request->who };
    if (digest_parse(asked->digest, &pin->digest))
        daemon__step(daemon, &command);
    else
        daemon__api_fail_code(daemon, request, "invalid", STR("the digest is 64 hex digits"));
}

const struct catalog_source *daemon__api_source_named(struct daemon *daemon,
                                                      struct daemon_request *request,
                                                      struct str name)
{
    const struct catalog_source *source = catalog_source_named(core_catalog(daemon->core), name);

    if (!source)
        daemon__api_fail_code(
            daemon, request, "unknown_source",
            str_printf(daemon->turn, "there is no source %.*s; see `writ sources`", STR_ARG(name)));
    return source;
}

void daemon__api_source_diff(struct daemon *daemon, struct daemon_request *request,
                             const struct api_source_page *asked)
{
    const struct catalog_source *source = daemon__api_source_named(daemon, request, asked->name);
    const struct catalog_diff diff = { .tool = asked->tool,
                                       .from = asked->from,
                                       .brief = asked->brief };
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (!source)
        return;
    catalog_print_diff(core_catalog(daemon->core), source, &diff, &text);
    daemon__api_respond(daemon, request, 200, buf_str(&text), false);
}

void daemon__api_source_show(struct daemon *daemon, struct daemon_request *request,
                             const struct api_source_page *asked)
{
    const struct catalog_source *source = daemon__api_source_named(daemon, request, asked->name);
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (!source)
        return;
    daemon__view_source_tools(daemon, source, asked->from, &text);
    daemon__api_respond(daemon, request, 200, buf_str(&text), false);
}
