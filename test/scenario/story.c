/*
 * The verbs.
 *
 *     tool SOURCE.NAME read|write|destructive [RESULT]   an upstream's tool
 *     tool SOURCE.NAME read|write|... fill|image|takes N a value or an image of N bytes; an
 * argument schema in|out SOURCE.NAME JSON                     its schemas policy VERDICT PATTERN
 * [EFFECT]                    a rule of the tenant mcp CLIENT execute CODE an agent's program; \n
 * is a new line mcp CLIENT key KEY execute CODE mcp CLIENT gasps CODE asks and cancels in one
 * breath mcp CLIENT cancel | leaves | returns | approves WORD|FORM | elicits upstream SOURCE.NAME
 * answers|fails|hangs|loses|dies|slow|wrong|garbles|busy|asks|models|gone person WORD call N
 * [VALUE]                         approve deny submit done not_done again agent WORD call N the
 * same from a child of an agent cancel execution N                                 by the person
 *     crash | power cut | egress dies | worker dies
 *     disk room BYTES | disk full
 *     advance MS
 *     trace [ms] WORDS                                   in this order, others between
 *     expect CLIENT result JSON | error CODE [TEXT] | nothing
 *     performed SOURCE.NAME N | cancelled SOURCE.NAME N
 *     never TEXT                                         in no byte that any process wrote
 *     no trace WORDS
 *     crossed WIRE TIMES BYTES                           a value of so many bytes, so often
 */
#include "story.h"

#include "domain/core/core.h"
#include "format/json/json.h"

static const char *const story_verbs[] = {
    "tool",      "schema",    "policy", "mcp",    "upstream", "person",        "agent",   "cancel",
    "crash",     "power",     "egress", "worker", "disk",     "advance",       "trace",   "expect",
    "performed", "cancelled", "never",  "no",     "sources",  "agent-sources", "crossed",
};

static struct str next_word(struct str *rest)
{
    struct str word;

    *rest = str_trim(*rest);
    word = str_split(rest, ' ');
    if (!rest->ptr)
        *rest = STR("");
    return word;
}

static bool is_verb(struct str word)
{
    for (size_t i = 0; i < ARRAY_COUNT(story_verbs); i++)
        if (str_is(word, story_verbs[i]))
            return true;
    return false;
}

static bool is_trace_more(struct str line)
{
    return line.len > 0 && line.ptr[0] == ' ';
}

bool story_parse(struct str text, struct arena *arena, struct story *ret_story,
                 struct str *ret_problem)
{
    struct str last = STR("");

    for (uint32_t number = 1; text.ptr; number++) {
        struct str line = str_split(&text, '\n');
        struct str rest = line;
        struct str word;
        struct story_line *added;

        if (str_trim(line).len == 0 || line.ptr[0] == '#')
            continue;
        if (str_starts(line, STR("scenario "))) {
            ret_story->title = str_trim(str_slice(line, 9, line.len));
            continue;
        }
        word = is_trace_more(line) ? last : next_word(&rest);
        if (!is_verb(word)) {
            *ret_problem =
                str_printf(arena, "line %u: there is no verb %.*s", number, STR_ARG(word));
            return false;
        }
        last = word;
        added = VEC_PUSH(&ret_story->lines);
        *added = (struct story_line){ number, word, str_trim(rest) };
    }
    return true;
}

static uint64_t number_of(struct str text)
{
    uint64_t number = 0;

    (void)!str_to_u64(str_trim(text), &number);
    return number;
}

/* Setting up: before the daemon starts. */
static void verb_tool(struct world *world, struct str rest)
{
    struct str address = next_word(&rest);
    struct upstream_tool *tool = VEC_PUSH(&world->tools);

    tool->source = str_split(&address, '.');
    tool->name = address;
    tool->effect = next_word(&rest);
    if (str_starts(rest, STR("image ")))
        tool->image = number_of(str_slice(rest, 6, rest.len));
    else if (str_starts(rest, STR("takes ")))
        tool->takes = number_of(str_slice(rest, 6, rest.len));
    else if (str_starts(rest, STR("fill ")))
        tool->result = world_filled(world->arena, number_of(str_slice(rest, 5, rest.len)));
    else if (rest.len)
        tool->result = rest;
}

static void verb_schema(struct world *world, struct str rest)
{
    struct str which = next_word(&rest);
    struct upstream_tool *tool = world_tool(world, next_word(&rest));

    if (!tool)
        world_fail(world, "there is no such tool");
    else if (str_is(which, "in"))
        tool->input = rest;
    else
        tool->output = rest;
}

static void verb_policy(struct world *world, struct str rest)
{
    struct str verdict = next_word(&rest);
    struct str match = next_word(&rest);
    struct str rules = world->policy.ptr ? str_slice(world->policy, 0, world->policy.len - 2)
                                         : STR("{\"rules\":[");

    world->policy = str_printf(
        world->arena, "%.*s%s{\"name\":\"%.*s-%.*s\",\"match\":\"%.*s\",\"verdict\":\"%.*s\"}]}",
        STR_ARG(rules), world->policy.ptr ? "," : "", STR_ARG(verdict), STR_ARG(match),
        STR_ARG(match), STR_ARG(verdict));
    /* Who heard nothing asks again. */
    for (int tries = 0; world->daemon && tries < 3; tries++) {
        world_api(world, true, "POST", STR("/v1/policy"), world->policy);
        if (world->api_status == 200)
            break;
    }
}

static struct str unescape(struct world *world, struct str code)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    for (size_t i = 0; i < code.len; i++) {
        if (code.ptr[i] == '\\' && i + 1 < code.len && code.ptr[i + 1] == 'n') {
            buf_add_char(&text, '\n');
            i++;
        } else {
            buf_add_char(&text, code.ptr[i]);
        }
    }
    return str_copy(world->arena, buf_str(&text));
}

static void verb_mcp(struct world *world, struct str rest)
{
    struct str name = next_word(&rest);
    struct str word = next_word(&rest);
    struct world_client *client = world_client_find(world, name);
    struct str key = STR_NULL;

    if (!client) {
        client = world_client_new(world, name, str_is(word, "elicits"));
        world_settle(world);
    }
    if (str_is(word, "key")) {
        key = next_word(&rest);
        word = next_word(&rest);
    }
    if (str_is(word, "execute"))
        world_client_execute(world, client, unescape(world, rest), key);
    else if (str_is(word, "gasps")) {
        world_client_execute(world, client, unescape(world, rest), key);
        world_client_cancel(world, client);
    } else if (str_is(word, "cancel"))
        world_client_cancel(world, client);
    else if (str_is(word, "leaves"))
        world_client_close(world, client);
    else if (str_is(word, "returns"))
        world_client_reconnect(world, client);
    else if (str_is(word, "approves"))
        client->approves = str_trim(rest);
    else if (!str_is(word, "elicits"))
        world_fail(world, "a client does not %.*s", STR_ARG(word));
    world_settle(world);
}

static void verb_upstream(struct world *world, struct str rest)
{
    static const struct {
        const char *word;
        enum upstream_mode mode;
    } modes[] = {
        { "answers", UPSTREAM_ANSWERS }, { "fails", UPSTREAM_FAILS },
        { "hangs", UPSTREAM_HANGS },     { "loses", UPSTREAM_LOSES },
        { "dies", UPSTREAM_DIES },       { "slow", UPSTREAM_SLOW },
        { "wrong", UPSTREAM_WRONG },     { "garbles", UPSTREAM_GARBLES },
        { "busy", UPSTREAM_BUSY },       { "asks", UPSTREAM_ASKS },
        { "models", UPSTREAM_MODELS },   { "gone", UPSTREAM_GONE },
    };
    struct str address = next_word(&rest);
    struct upstream_tool *tool = world_tool(world, address);

    for (size_t i = 0; tool && i < ARRAY_COUNT(modes); i++)
        if (str_is(str_trim(rest), modes[i].word)) {
            tool->mode = modes[i].mode;
            if (tool->mode == UPSTREAM_ANSWERS)
                world_upstream_answer(world, address);
            if (tool->mode == UPSTREAM_GONE)
                world_upstream_changed(world, address);
            world_settle(world);
            return;
        }
    if (tool && str_is(next_word(&rest), "says")) {
        tool->description = str_trim(rest);
        world_upstream_changed(world, address);
        world_settle(world);
        return;
    }
    world_fail(world, "no such tool, or a tool does not do that");
}

/* approve|reject SOURCE [TOOL...], of what it offers now. */
static void verb_sources(struct world *world, const struct story_line *line, bool checked)
{
    bool person = !str_is(line->verb, "agent-sources");
    struct str rest = line->rest;
    struct str what = next_word(&rest), name = next_word(&rest);
    const struct catalog_source *source =
        catalog_source_named(core_catalog(daemon_core(world->daemon)), name);
    struct buf body BUF_CLEANUP = BUF_INIT;
    char digest[DIGEST_HEX_LEN];

    if (!source) {
        world_fail(world, "there is no source %.*s", STR_ARG(name));
        return;
    }
    digest_hex(&source->digest, digest);
    buf_printf(&body, "{\"digest\":\"%.*s\",\"tools\":[", (int)DIGEST_HEX_LEN, digest);
    for (size_t i = 0; str_trim(rest).len > 0; i++) {
        struct str tool = next_word(&rest);

        buf_printf(&body, "%s\"%.*s\"", i ? "," : "", STR_ARG(tool));
    }
    buf_add_c(&body, "]}");
    world_api(world, person, "POST",
              str_printf(world->arena, "/v1/sources/%.*s/%.*s", STR_ARG(name), STR_ARG(what)),
              buf_str(&body));
    if (checked && world->api_status != (person ? 200 : 403))
        world_fail(world, "the API says %u: %.*s", world->api_status, STR_ARG(world->api_text));
    world_settle(world);
}

/* The open input about call N of any execution. */
static const struct input *open_input(const struct world *world, uint64_t call)
{
    const struct input *input;

    for (size_t at = 0; (input = core_input_next(daemon_core(world->daemon), &at));)
        if (call == 0 || input->call == call)
            return input;
    return NULL;
}

static void answer_input(struct world *world, bool person, struct id id, struct str word,
                         struct str value)
{
    world_api(world, person, "POST",
              str_printf(world->arena, "/v1/inputs/%.*s/answer",
                         STR_ARG(id_text(world->arena, id, "inp"))),
              str_printf(world->arena, "{\"answer\":\"%.*s\"%s%.*s}", STR_ARG(word),
                         value.len ? ",\"value\":" : "", STR_ARG(value)));
}

static void verb_answer(struct world *world, const struct story_line *line, bool checked)
{
    bool person = str_is(line->verb, "person");
    struct str rest = line->rest;
    struct str word = next_word(&rest);
    const struct input *input;
    uint64_t call = 0;

    (void)next_word(&rest);
    (void)!str_to_u64(next_word(&rest), &call);
    input = open_input(world, call);
    if (!input) {
        if (checked)
            world_fail(world, "no input is open for call %llu", (unsigned long long)call);
        return;
    }
    answer_input(world, person, input->id, word, str_trim(rest));
    if (checked && person && world->api_status != 200)
        world_fail(world, "the answer was not taken: %.*s", STR_ARG(world->api_text));
    if (checked && !person && world->api_status != 403)
        world_fail(world, "an agent's answer was taken: %.*s", STR_ARG(world->api_text));
    world_settle(world);
}

static void verb_cancel(struct world *world, struct str rest)
{
    const struct execution *execution;

    (void)rest;
    for (size_t at = 0; (execution = core_execution_next(daemon_core(world->daemon), &at));)
        if (execution->state == EVENT_EXECUTION_STATE_RUNNING) {
            world_api(world, true, "POST",
                      str_printf(world->arena, "/v1/executions/%.*s/cancel",
                                 STR_ARG(id_text(world->arena, execution->id, "exe"))),
                      STR("{}"));
            world_settle(world);
            return;
        }
    world_fail(world, "no execution lives");
}

static void verb_trace(struct world *world, struct str rest, size_t *position)
{
    for (size_t i = *position; i < world->trace.count; i++)
        if (str_starts(world->trace.at[i], str_trim(rest))) {
            *position = i + 1;
            return;
        }
    world_fail(world, "the trace does not say, after line %zu: %.*s", *position, STR_ARG(rest));
}

static struct world_result *next_result(struct world *world, struct str client)
{
    for (size_t i = 0; i < world->results.count; i++)
        if (!world->results.at[i].used && str_equal(world->results.at[i].client, client))
            return &world->results.at[i];
    return NULL;
}

static bool json_same(struct world *world, struct str a, struct str b)
{
    struct json_error error;
    struct json_doc left;
    struct json_doc right;

    if (json_parse(world->arena, b, NULL, &error, &right) != JSON_PARSED)
        return str_equal(str_trim(a), str_trim(b));
    /* A text is given as it is, not as JSON. */
    if (json_is_string(right.root))
        return str_equal(a, json_str(right.root));
    return json_parse(world->arena, a, NULL, &error, &left) == JSON_PARSED &&
           json_equal(left.root, right.root);
}

static void verb_expect(struct world *world, struct str rest)
{
    struct str client = next_word(&rest);
    struct str what = next_word(&rest);
    struct world_result *result = next_result(world, client);
    struct str code;

    if (str_is(what, "nothing")) {
        if (result)
            world_fail(world, "%.*s got %.*s", STR_ARG(client), STR_ARG(result->text));
        return;
    }
    if (!result) {
        world_fail(world, "%.*s got no answer", STR_ARG(client));
        return;
    }
    result->used = true;
    if (str_is(what, "result")) {
        if (result->failed || !json_same(world, result->text, rest))
            world_fail(world, "%.*s got %s%.*s", STR_ARG(client),
                       result->failed ? "an error: " : "", STR_ARG(result->text));
        return;
    }
    code = next_word(&rest);
    if (!result->failed || str_find(result->text, code) == SIZE_MAX ||
        str_find(result->text, str_trim(rest)) == SIZE_MAX)
        world_fail(world, "%.*s got %.*s", STR_ARG(client), STR_ARG(result->text));
}

static void verb_count(struct world *world, struct str rest, bool performed)
{
    struct upstream_tool *tool = world_tool(world, next_word(&rest));
    uint64_t count = 0;

    (void)!str_to_u64(str_trim(rest), &count);
    if (!tool || (performed ? tool->performed : tool->cancelled) != count)
        world_fail(world, "it was %u", !tool ? 0 : performed ? tool->performed : tool->cancelled);
}

/*
 * How often a value of so many bytes has crossed: N times, and no more than a tenth of it beside.
 * As base64 it is a third longer, and as JSON in JSON a little.
 */
static void verb_crossed(struct world *world, struct str rest)
{
    static const char *const names[] = { "server>egress", "egress>server", "egress>daemon",
                                         "daemon>egress", "daemon>worker", "worker>daemon",
                                         "daemon>client" };
    struct str wire = next_word(&rest);
    uint64_t times = number_of(next_word(&rest));
    uint64_t len = number_of(rest);

    for (size_t i = 0; i < WIRES; i++) {
        if (!str_is(wire, names[i]))
            continue;
        if (world->crossed[i] < times * len || world->crossed[i] > times * len + len / 10)
            world_fail(world, "%llu bytes have crossed %s", (unsigned long long)world->crossed[i],
                       names[i]);
        return;
    }
    world_fail(world, "there is no wire %.*s", STR_ARG(wire));
}

static void verb_no_trace(struct world *world, struct str rest)
{
    (void)next_word(&rest);
    for (size_t i = 0; i < world->trace.count; i++)
        if (str_find(world->trace.at[i], str_trim(rest)) != SIZE_MAX)
            world_fail(world, "the trace says %.*s", STR_ARG(world->trace.at[i]));
}

static void verb_disk(struct world *world, struct str rest)
{
    uint64_t bytes = 0;

    if (!str_is(str_trim(rest), "full")) {
        (void)next_word(&rest);
        (void)!str_to_u64(str_trim(rest), &bytes);
    }
    sim_disk_room(bytes);
    world_settle(world);
}

static void check_line(const struct story_line *line, struct world *world, size_t *position)
{
    if (str_is(line->verb, "trace"))
        verb_trace(world, line->rest, position);
    else if (str_is(line->verb, "expect"))
        verb_expect(world, line->rest);
    else if (str_is(line->verb, "performed"))
        verb_count(world, line->rest, true);
    else if (str_is(line->verb, "cancelled"))
        verb_count(world, line->rest, false);
    else if (str_is(line->verb, "crossed"))
        verb_crossed(world, line->rest);
    else if (str_is(line->verb, "no"))
        verb_no_trace(world, line->rest);
}

static void act_line(const struct story_line *line, struct world *world, bool checked)
{
    uint64_t ms = 0;

    if (str_is(line->verb, "mcp"))
        verb_mcp(world, line->rest);
    else if (str_is(line->verb, "upstream"))
        verb_upstream(world, line->rest);
    else if (str_is(line->verb, "person") || str_is(line->verb, "agent"))
        verb_answer(world, line, checked);
    else if (str_is(line->verb, "sources") || str_is(line->verb, "agent-sources"))
        verb_sources(world, line, checked);
    else if (str_is(line->verb, "cancel"))
        verb_cancel(world, line->rest);
    else if (str_is(line->verb, "crash"))
        world_crash(world, false);
    else if (str_is(line->verb, "power"))
        world_crash(world, true);
    else if (str_is(line->verb, "policy"))
        verb_policy(world, line->rest);
    else if (str_is(line->verb, "disk"))
        verb_disk(world, line->rest);
    else if (str_is(line->verb, "advance") && str_to_u64(line->rest, &ms))
        world_advance(world, (int64_t)ms);
    else if (str_is(line->verb, "egress")) {
        world_egress_drop(world);
        world_settle(world);
        world_egress_up(world);
        world_settle(world);
    } else if (str_is(line->verb, "worker")) {
        world_worker_drop(world);
        world_settle(world);
        world_worker_up(world);
        world_settle(world);
    }
}

static bool is_setup(const struct story_line *line)
{
    return str_is(line->verb, "tool") || str_is(line->verb, "schema");
}

void story_play(const struct story *story, struct world *world, bool checked)
{
    bool started = false;
    size_t position = 0;

    for (size_t i = 0; i < story->lines.count && !world->failed; i++) {
        const struct story_line *line = &story->lines.at[i];

        if (!started && str_is(line->verb, "tool"))
            verb_tool(world, line->rest);
        else if (!started && str_is(line->verb, "schema"))
            verb_schema(world, line->rest);
        else if (!started && str_is(line->verb, "policy"))
            verb_policy(world, line->rest);
        else if (!is_setup(line)) {
            if (!started) {
                world_start(world);
                sim_crash_at(world->crash_at);
            }
            started = true;
            act_line(line, world, checked);
            if (checked)
                check_line(line, world, &position);
        }
        if (world->failed)
            world->failure = str_printf(world->arena, "%.*s:%u: %.*s", STR_ARG(story->file),
                                        line->number, STR_ARG(world->failure));
    }
}

/* Whoever is still asked is answered truly: what happened is what the upstream performed. */
static void answer_everything(struct world *world)
{
    const struct input *input;

    for (int rounds = 0; rounds < 64 && (input = open_input(world, 0)); rounds++) {
        const struct call *call =
            core_call(daemon_core(world->daemon), input->execution, input->call);
        const struct upstream_tool *tool = call ? world_tool(world, call->address) : NULL;
        struct id id = input->id;

        if (input->kind == EVENT_INPUT_KIND_APPROVAL)
            answer_input(world, true, id, STR("deny"), STR(""));
        else if (tool && tool->performed > 0)
            answer_input(world, true, id, STR("done"),
                         tool->result.ptr ? tool->result : STR("{\"ok\":true}"));
        else
            answer_input(world, true, id, STR("not_done"), STR(""));
        world_settle(world);
    }
}

static void check_replay(struct world *world)
{
    struct buf live BUF_CLEANUP = BUF_INIT;
    struct buf again BUF_CLEANUP = BUF_INIT;

    core_print(daemon_core(world->daemon), &live);
    world_replay(world, &again);
    if (!str_equal(buf_str(&live), buf_str(&again)))
        world_fail(world, "replay gives another state:\n--- live\n%.*s--- replayed\n%.*s",
                   STR_ARG(buf_str(&live)), STR_ARG(buf_str(&again)));
}

static void check_settled(struct world *world)
{
    const struct execution *execution;

    for (size_t at = 0; (execution = core_execution_next(daemon_core(world->daemon), &at));)
        for (size_t i = 0; i < execution->calls.count; i++) {
            const struct call *call = execution->calls.at[i];

            if (!call_is_settled(call) && call->state != CALL_RUNNING)
                world_fail(world, "call %u of an execution is left %s", call->number,
                           call_state_name(call->state));
        }
}

/* On no disk, and in nothing that a client was told. Who brought it may have written it. */
static bool was_written(struct world *world, struct str secret)
{
    struct buf names BUF_CLEANUP = BUF_INIT;
    struct str rest;

    sim_file_names(&names);
    rest = buf_str(&names);
    while (rest.ptr && rest.len) {
        struct buf content BUF_CLEANUP = BUF_INIT;
        struct str name = str_split(&rest, '\n');

        if (name.len && sim_file_get(str_c(world->arena, name), &content) &&
            str_find(buf_str(&content), secret) != SIZE_MAX)
            return true;
    }
    return str_find(buf_str(&world->heard), secret) != SIZE_MAX;
}

void story_invariants(const struct story *story, struct world *world)
{
    if (world->failed || !world->daemon)
        return;
    check_replay(world);
    for (size_t i = 0; i < story->lines.count; i++)
        if (str_is(story->lines.at[i].verb, "never") && was_written(world, story->lines.at[i].rest))
            world_fail(world, "%.*s was written", STR_ARG(story->lines.at[i].rest));
    answer_everything(world);
    world_advance(world, 2000);
    if (!world->failed)
        check_settled(world);
    if (!world->failed)
        check_replay(world);
}
