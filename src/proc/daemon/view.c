/* Fills the API's views from what the core knows. */
#include "proc/daemon/view.h"
#include "proc/daemon/internal.h"

struct str daemon__id(struct daemon *daemon, struct id id, const char *prefix)
{
    return id_text(daemon->turn, id, prefix);
}

static struct str daemon_hex(struct daemon *daemon, const struct digest *digest)
{
    static const struct digest none;
    char *text;

    if (digest_equal(digest, &none))
        return STR_NULL;
    text = arena_alloc(daemon->turn, DIGEST_HEX_LEN + 1);
    digest_hex(digest, text);
    return str_of(text, DIGEST_HEX_LEN);
}

/* An input of it is open and nothing else of it runs. */
bool daemon__waits_for_person(const struct daemon *daemon, const struct execution *execution)
{
    bool waits = false;

    (void)daemon;
    if (!execution || execution->state != EVENT_EXECUTION_STATE_RUNNING)
        return false;
    for (size_t i = execution->first_open; i < execution->calls.count; i++) {
        const struct call *call = execution->calls.at[i];

        if (call_is_settled(call))
            continue;
        if (call->state != CALL_WAITING && call->state != CALL_UNKNOWN && !call->asks)
            return false;
        waits = true;
    }
    return waits;
}

static struct api_input daemon_input(struct daemon *daemon, const struct input *input)
{
    const struct execution *execution = core_execution(daemon->core, input->execution);
    const struct call *call = core_call(daemon->core, input->execution, input->call);

    return (struct api_input){
        .id = daemon__id(daemon, input->id, "inp"),
        .kind = event_input_kind_name(input->kind),
        .execution = execution ? daemon__id(daemon, execution->id, "exe") : STR(""),
        .call = input->call,
        .address = call ? call->address : STR_NULL,
        .effect = event_effect_name(input->effect),
        .actor = input->actor,
        .title = input->title,
        .detail = input->detail,
        .rule = call ? call->rule : STR_NULL,
        .opened_ms = input->opened_ms,
        .expires_ms = input->expires_ms == INT64_MAX ? 0 : input->expires_ms,
    };
}

void daemon__view_input(struct daemon *daemon, const struct input *input, struct buf *out)
{
    struct api_input view = daemon_input(daemon, input);

    api_print_input(out, &view);
}

static struct str daemon_title(struct str code)
{
    struct str line = str_trim(code);

    line = str_split(&line, '\n');
    return str_slice(line, 0, 100);
}

static void daemon_execution_inputs(struct daemon *daemon, const struct execution *execution,
                                    struct api_execution *view)
{
    const struct input *input;
    struct api_input *inputs = ARENA_ARRAY(daemon->turn, struct api_input, execution->unsettled);

    for (size_t at = 0; (input = core_input_next(daemon->core, &at));)
        if (input->execution == execution->handle && input->kind != EVENT_INPUT_KIND_MODEL &&
            view->inputs_count < execution->unsettled)
            inputs[view->inputs_count++] = daemon_input(daemon, input);
    view->inputs = inputs;
}

void daemon__view_execution(struct daemon *daemon, const struct execution *execution, bool whole,
                            struct buf *out)
{
    struct api_execution view = {
        .id = daemon__id(daemon, execution->id, "exe"),
        .state = event_execution_state_name(execution->state),
        .actor = execution->who.actor,
        .channel = event_channel_name(execution->who.channel),
        .received_ms = execution->received_ms,
        .ended_ms = execution->ended_ms,
        .calls = (uint32_t)execution->calls.count,
    };
    struct api_error error = { .code = execution->error.code,
                               .message = execution->error.message,
                               .line = execution->error.line,
                               .column = execution->error.column,
                               .stack = execution->error.stack,
                               .data = execution->error.data };
    struct api_console_line *console;

    if (daemon__waits_for_person(daemon, execution))
        view.state = STR("waiting");
    if (execution->error.code.ptr)
        view.error = &error;
    if (execution->unsettled > 0)
        daemon_execution_inputs(daemon, execution, &view);
    if (!whole) {
        view.title = daemon_title(execution->code);
    } else {
        console = ARENA_ARRAY(daemon->turn, struct api_console_line, execution->console_count);
        for (size_t i = 0; i < execution->console_count; i++)
            console[i] = (struct api_console_line){ .level = execution->console[i].level,
                                                    .text = execution->console[i].text };
        view.console = console;
        view.console_count = execution->console_count;
        view.result = execution->result;
        view.artifact = daemon_hex(daemon, &execution->artifact);
    }
    api_print_execution(out, &view);
}

/* Of a source in one answer, which is made in a turn. */
#define DAEMON_TOOLS_SHOWN 100U
#define DAEMON_SHADOWS_MAX 8U /* said of one tool */

static struct api_finding *daemon_findings(struct daemon *daemon, const struct catalog_tool *tool,
                                           size_t *ret_count)
{
    struct catalog_finding *found, shadows[DAEMON_SHADOWS_MAX];
    size_t count = catalog_findings(tool, daemon->turn, &found);
    size_t more = catalog_shadows(core_catalog(daemon->core), tool, daemon->turn, shadows,
                                  DAEMON_SHADOWS_MAX);
    struct api_finding *findings = ARENA_ARRAY(daemon->turn, struct api_finding, count + more);

    for (size_t i = 0; i < count; i++)
        findings[i] = (struct api_finding){ .rule = found[i].rule, .sentence = found[i].sentence };
    for (size_t i = 0; i < more; i++)
        findings[count + i] =
            (struct api_finding){ .rule = shadows[i].rule, .sentence = shadows[i].sentence };
    *ret_count = count + more;
    return findings;
}

struct api_tool daemon__tool_view(struct daemon *daemon, const struct catalog_source *source,
                                  const struct catalog_tool *tool)
{
    struct api_tool view = {
        .address = tool->address,
        .name = tool->name,
        .title = tool->title,
        .description = tool->description,
        .effect = event_effect_name(tool->effect),
        .waiting = tool->waiting,
        .rejected = tool->rejected,
        .digest = daemon_hex(daemon, &tool->digest),
    };

    view.findings = daemon_findings(daemon, tool, &view.findings_count);
    switch (catalog_change(source, tool)) {
    case CATALOG_SAME:
        break;
    case CATALOG_NEW:
        view.change = STR("new");
        break;
    case CATALOG_CHANGED:
        view.change = STR("changed");
        break;
    }
    return view;
}

static struct api_words daemon_words(struct daemon *daemon, const struct str *at, size_t count)
{
    struct api_words words = { .count = count };

    words.at = ARENA_ARRAY(daemon->turn, struct str, count);
    for (size_t i = 0; i < count; i++)
        words.at[i] = at[i];
    return words;
}

/* What it says to be let in is nobody's to see. */
static struct api_words daemon_header_names(struct daemon *daemon,
                                            const struct catalog_source *source)
{
    struct api_words names = { .count = source->credentials_count };

    names.at = ARENA_ARRAY(daemon->turn, struct str, names.count + 1);
    for (size_t i = 0; i < names.count; i++)
        names.at[i] = source->credentials[i].scheme;
    return names;
}

static struct api_words daemon_connections(struct daemon *daemon,
                                           const struct catalog_source *source)
{
    const struct catalog *catalog = core_catalog(daemon->core);
    struct api_words names = { .count = 0 };
    const struct catalog_source *connection;

    for (size_t at = 0; catalog_connection_next(catalog, source, &at);)
        names.count++;
    names.at = ARENA_ARRAY(daemon->turn, struct str, names.count + 1);
    names.count = 0;
    for (size_t at = 0; (connection = catalog_connection_next(catalog, source, &at));)
        names.at[names.count++] = connection->name;
    return names;
}

static void view_source(struct daemon *daemon, const struct catalog_source *source, bool whole,
                        size_t from, struct buf *out)
{
    const struct daemon_source *held = map_find_u64(&daemon->sources, source->source);
    struct api_source view = {
        .name = source->name,
        .connections = daemon_connections(daemon, source),
        .kind = msg_source_kind_name(source->kind),
        .state = msg_source_state_name(source->state),
        .reason = source->reason,
        .command = daemon_words(daemon, source->argv, source->argv_count),
        .env = daemon_words(daemon, source->env, source->env_count),
        .folder = source->folder,
        .url = source->url,
        .base_url = source->base_url,
        .headers = daemon_header_names(daemon, source),
        .allow = daemon_words(daemon, source->allow, source->allow_count),
        .server = source->server,
        .digest = daemon_hex(daemon, &source->digest),
        .approved = daemon_hex(daemon, &source->approved_digest),
        .stderr_tail = held && held->stderr_tail.len ? buf_str(&held->stderr_tail) : STR_NULL,
        .tools_count = (uint32_t)source->tools_count,
        .waiting_count = (uint32_t)source->waiting_count,
        .rejected_count = (uint32_t)source->rejected_count,
    };
    struct api_tool *tools;

    if (whole) {
        size_t end = source->tools_count < from + DAEMON_TOOLS_SHOWN ? source->tools_count
                                                                     : from + DAEMON_TOOLS_SHOWN;

        tools = ARENA_ARRAY(daemon->turn, struct api_tool, DAEMON_TOOLS_SHOWN);
        for (size_t i = from; i < end; i++)
            tools[view.tools_shown++] = daemon__tool_view(daemon, source, &source->tools[i]);
        view.tools = tools;
        daemon__view_schemes(daemon, source, &view);
        view.tools_next = end < source->tools_count ? end : 0;
    }
    api_print_source(out, &view);
}

void daemon__view_source(struct daemon *daemon, const struct catalog_source *source,
                         struct buf *out)
{
    view_source(daemon, source, false, 0, out);
}

void daemon__view_source_tools(struct daemon *daemon, const struct catalog_source *source,
                               size_t from, struct buf *out)
{
    view_source(daemon, source, true, from, out);
}

void daemon__view_policy(struct daemon *daemon, struct buf *out)
{
    static const enum event_layer layers[] = { EVENT_LAYER_PLATFORM, EVENT_LAYER_TENANT,
                                               EVENT_LAYER_WORKSPACE, EVENT_LAYER_AGENT,
                                               EVENT_LAYER_SESSION };

    api_list_begin(out, "layers");
    for (size_t l = 0; l < ARRAY_COUNT(layers); l++) {
        size_t count = 0;
        const struct event_rule *rules = policy_rules(core_policy(daemon->core), layers[l], &count);
        struct api_rule *views = ARENA_ARRAY(daemon->turn, struct api_rule, count);
        struct digest digest = policy_digest(rules, count);
        struct api_layer layer = {
            .layer = event_layer_name(layers[l]),
            .version = policy_version(core_policy(daemon->core), layers[l]),
            .digest = daemon_hex(daemon, &digest),
            .rules = views,
            .rules_count = count,
        };

        if (layer.version == 0 && layers[l] != EVENT_LAYER_TENANT)
            continue;
        for (size_t i = 0; i < count; i++)
            views[i] = (struct api_rule){
                .name = rules[i].name,
                .match = rules[i].match,
                .effect = rules[i].effect,
                .channel = rules[i].channel,
                .agent = rules[i].agent,
                .verdict = event_verdict_name(rules[i].verdict),
                .reason = rules[i].reason,
            };
        api_list_item(out);
        api_print_layer(out, &layer);
    }
    api_list_end(out);
}

static void daemon_process(struct api_process *list, size_t *count, const char *kind,
                           const struct daemon_peer *peer)
{
    if (peer->link)
        list[(*count)++] = (struct api_process){
            .kind = str_from(kind),
            .pid = peer->pid,
            .number = peer->number,
            .restarts = peer->number > 0 ? peer->number - 1 : 0,
        };
}

static void daemon_processes(struct daemon *daemon, struct api_status *view)
{
    struct api_process *list =
        ARENA_ARRAY(daemon->turn, struct api_process, daemon->workers.count + 6);
    size_t count = 0;

    list[count++] = (struct api_process){ .kind = STR("daemon"), .pid = proc_self() };
    daemon_process(list, &count, "web", &daemon->web);
    daemon_process(list, &count, "egress", &daemon->egress);
    daemon_process(list, &count, "egress-net", &daemon->net);
    daemon_process(list, &count, "compile", &daemon->compile);
    daemon_process(list, &count, "vault", &daemon->vault);
    for (size_t i = 0; i < daemon->workers.count; i++)
        daemon_process(list, &count, "worker", &daemon->workers.at[i]->peer);
    view->processes = list;
    view->processes_count = count;
}

/* Which walls this kernel or this build does not have, in words. */
void daemon__walls(struct daemon *daemon, struct api_words *words)
{
    struct sandbox_walls walls = sandbox_walls();

    (void)daemon;
    if (!walls.seccomp)
        words->at[words->count++] = STR("system calls are not filtered (seccomp)");
    if (!walls.landlock_files)
        words->at[words->count++] = STR("files are not fenced (Landlock)");
    if (walls.relaxed)
        words->at[words->count++] = STR("built for a sanitizer, which needs more than promised");
}

void daemon__view_status(struct daemon *daemon, struct buf *out)
{
    struct core_counts counts = core_counts(daemon->core);
    struct api_status view = {
        .version = STR(WRIT_VERSION),
        .build = daemon->options.build,
        .pid = proc_self(),
        .started_ms = daemon->started_ms,
        .epoch = log_recovery_get(daemon->log).epoch,
        .sequence = log_seq_next(daemon->log) - 1,
        .durable = log_durable(daemon->log),
        .data = str_from(daemon->options.data),
        .runtime = str_from(daemon->options.run),
        .socket = str_from(daemon->options.socket),
        .http_error = daemon->http_error,
        .token_file = str_printf(daemon->turn, "%s/token", daemon->options.run),
        .executions = counts.executions,
        .inputs = counts.inputs,
        .sources = catalog_count(core_catalog(daemon->core)),
        .sessions = counts.sessions,
    };

    if (daemon->http_port)
        view.http =
            str_printf(daemon->turn, "http://%.*s:%llu/mcp", STR_ARG(daemon->options.http_host),
                       (unsigned long long)daemon->http_port);
    if (daemon->stopping)
        view.stopped = STR("it is shutting down");
    else if (log_is_full(daemon->log))
        view.stopped = STR("the disk is full: nothing new is started until there is room");
    view.walls_missing.at = ARENA_ARRAY(daemon->turn, struct str, 4);
    daemon__walls(daemon, &view.walls_missing);
    daemon_processes(daemon, &view);
    api_print_status(out, &view);
}
