/*
 * What a source asks while it works on a call: of a person (a form to fill, an address to open),
 * or of the model of the agent whose program made the call.
 *
 *     it asks        input.opened, of this attempt and question; the call goes on running
 *     a person says  input.answered, with what fits the form, its defaults filled in; then the
 *                    source is told: accept, decline
 *     nobody does    input.closed; the source is told: cancel
 *     it ends        input.closed: the call has its outcome, or its attempt is over
 *
 * A model's message is recorded as a person's answer is, and so is its no, with the reason.
 * A source that is gone is told nothing: the attempt ended with it, as any attempt ends.
 */
#include "domain/core/internal.h"
#include "format/json/json.h"
#include "format/schema/schema.h"

#define TITLE_MAX  300U
#define MODELS_MAX 64U /* questions to models that are open at once: each may be large */

/* --- The source is told ------------------------------------------------------------------ */

static void say(struct core_turn *turn, const struct input *input, enum msg_ask_action action,
                struct str content)
{
    const struct call *call =
        core__call_find(core__execution_find(turn->core, input->execution), input->call);
    struct core_effect *effect = core__effect(turn, EFFECT_CALL_SAY);

    effect->execution = input->execution;
    effect->call = input->call;
    effect->attempt = input->attempt;
    effect->source = call->source;
    effect->number = input->ask;
    effect->action = action;
    effect->text = content;
    effect->durable = turn->update->seq; /* Recorded before it is said. */
}

/* Asked in vain: nobody was, so there is no record of it. why: a JSON string, for a model's no. */
static void say_cancel(struct core_turn *turn, const struct msg_call_ask *ask, struct str why)
{
    const struct input never = {
        .execution = ask->execution, .call = ask->call, .attempt = ask->attempt, .ask = ask->ask
    };

    say(turn, &never, MSG_ASK_ACTION_CANCEL, why);
}

/* --- It asks ------------------------------------------------------------------------------- */

static const struct schema *form_schema(struct arena *arena, struct str text)
{
    static const struct schema_options options = { .formats = true };
    struct report *report = ARENA_NEW(arena, struct report);
    const struct schema *schema;
    struct json_error error;
    struct json_doc doc;

    report_init(report, arena);
    if (json_parse(arena, text, NULL, &error, &doc) != JSON_PARSED ||
        schema_compile(arena, doc.root, &options, report, &schema) != SCHEMA_COMPILED)
        return NULL;
    return schema;
}

static void add_member(struct buf *out, const char *name, struct str json)
{
    buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
    buf_add_str(out, json);
}

static struct str quoted(struct arena *arena, struct str text)
{
    struct buf out BUF_CLEANUP = BUF_INIT;

    buf_add_json(&out, text);
    return str_copy(arena, buf_str(&out));
}

static struct str detail(struct core_turn *turn, const struct call *call,
                         const struct msg_call_ask *ask)
{
    struct arena *arena = turn->update->turn;
    struct buf out BUF_CLEANUP = BUF_INIT;

    buf_add_char(&out, '{');
    add_member(&out, "address", quoted(arena, call->address));
    add_member(&out, "message", quoted(arena, ask->message));
    if (ask->url.ptr)
        add_member(&out, "url", quoted(arena, ask->url));
    if (ask->schema.ptr)
        add_member(&out, ask->kind == MSG_ASK_KIND_MODEL ? "request" : "schema", ask->schema);
    if (ask->shared)
        add_member(&out, "shared", STR("true"));
    buf_add_char(&out, '}');
    return str_copy(arena, buf_str(&out));
}

/* One line, and its source's name first: whoever reads it knows whose words follow. */
static struct str title(struct core_turn *turn, const struct call *call,
                        const struct msg_call_ask *ask)
{
    const struct catalog_source *source = catalog_source_find(turn->core->catalog, call->source);
    struct str line = str_slice(ask->message, 0, str_find_char(ask->message, '\n'));
    size_t len = line.len > TITLE_MAX ? TITLE_MAX : line.len;

    while (len < line.len && len && ((unsigned char)line.ptr[len] & 0xc0U) == 0x80U)
        len--;
    return str_printf(turn->update->turn, "the source %.*s asks%s for %.*s: %.*s",
                      STR_ARG(source ? source->name : STR("?")),
                      ask->kind == MSG_ASK_KIND_URL     ? " to open an address"
                      : ask->kind == MSG_ASK_KIND_MODEL ? " the model"
                                                        : "",
                      STR_ARG(call->address), STR_ARG(str_slice(line, 0, len)));
}

static enum event_input_kind kind_of(enum msg_ask_kind kind)
{
    if (kind == MSG_ASK_KIND_MODEL)
        return EVENT_INPUT_KIND_MODEL;
    return kind == MSG_ASK_KIND_URL ? EVENT_INPUT_KIND_CONFIRM : EVENT_INPUT_KIND_FORM;
}

static void open_input(struct core_turn *turn, const struct execution *execution,
                       const struct call *call, const struct msg_call_ask *ask)
{
    struct event event = { .type = EVENT_INPUT_OPENED };
    struct event_input_opened *input = &event.as.input_opened;
    struct digest args = core__args_digest(turn, call->args);
    struct core_effect *effect;

    input->input = core__id(turn);
    input->kind = kind_of(ask->kind);
    input->execution = execution->handle;
    input->call = call->number;
    input->attempt = ask->attempt;
    input->ask = ask->ask;
    input->title = title(turn, call, ask);
    input->detail = detail(turn, call, ask);
    input->binding = call_binding(call, execution->who.actor, &args);
    input->expires_ms = turn->now_ms + (ask->kind == MSG_ASK_KIND_MODEL ? LIMIT_MODEL_EXPIRY_MS
                                                                        : LIMIT_ASK_EXPIRY_MS);
    core__emit(turn, &event);
    effect = core__effect(turn, EFFECT_INPUT_OPENED);
    effect->execution = execution->handle;
    effect->call = call->number;
    effect->input = input->input;
    effect->durable = turn->update->seq;
}

static struct core_open_input *asked_before(const struct core_turn *turn,
                                            const struct msg_call_ask *ask)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&turn->core->inputs, &at));) {
        struct core_open_input *open = entry->value;

        if (open->input.ask == ask->ask && open->input.execution == ask->execution &&
            open->input.call == ask->call && open->input.attempt == ask->attempt)
            return open;
    }
    return NULL;
}

static size_t models_open(const struct core *core)
{
    struct map_entry *entry;
    size_t count = 0;

    for (size_t at = 0; (entry = map_next(&core->inputs, &at));)
        count += ((struct core_open_input *)entry->value)->input.kind == EVENT_INPUT_KIND_MODEL;
    return count;
}

/* NULL, or why this is not asked. */
static const char *ask_problem(struct core_turn *turn, const struct execution *execution,
                               const struct msg_call_ask *ask)
{
    if (!core__is_live(execution))
        return "the program that made this call has ended";
    if (turn->core->inputs.count >= LIMIT_INPUT_OPEN ||
        (ask->kind == MSG_ASK_KIND_MODEL && models_open(turn->core) >= MODELS_MAX))
        return "too much is asked at once";
    if (ask->kind == MSG_ASK_KIND_FORM && !form_schema(turn->update->turn, ask->schema))
        return "the form is none";
    return ask->kind == MSG_ASK_KIND_MODEL && ask->schema.len > LIMIT_MODEL_BYTES
               ? "what a model is asked is too long"
               : NULL;
}

void core__on_ask(struct core_turn *turn)
{
    const struct msg_call_ask *ask = &turn->command->as.ask;
    struct execution *execution = core__execution_find(turn->core, ask->execution);
    struct call *call = execution ? core__call_find(execution, ask->call) : NULL;
    struct core_open_input *open;
    const char *wrong;

    if (!call || call->state != CALL_RUNNING || !call->attempting ||
        call->attempt != ask->attempt || ask->ask == 0)
        return; /* The attempt is over: egress was told so, or knows it. */
    open = asked_before(turn, ask);
    if (ask->kind == MSG_ASK_KIND_OVER && open)
        core__input_close(turn, open->input.id, "its source asks no more");
    if (ask->kind == MSG_ASK_KIND_OVER || open)
        return;
    wrong = ask_problem(turn, execution, ask);
    if (wrong)
        say_cancel(turn, ask, quoted(turn->update->turn, str_from(wrong)));
    else
        open_input(turn, execution, call, ask);
}

/* --- A person says ------------------------------------------------------------------------- */

/* What the person left out and the form has a default for. */
static struct str with_defaults(struct arena *arena, const struct json_value *properties,
                                const struct json_value *content, struct report *report)
{
    struct json_iter iter = json_iter(content);
    struct buf out BUF_CLEANUP = BUF_INIT;
    const struct json_value *value;

    buf_add_char(&out, '{');
    while ((value = json_next(&iter))) {
        buf_add_c(&out, out.len > 1 ? "," : "");
        buf_add_json(&out, iter.key);
        buf_add_char(&out, ':');
        json_print(&out, value);
        if (!json_get(properties, str_c(arena, iter.key)))
            report_add(report, str_printf(arena, "/%.*s", STR_ARG(iter.key)), "unexpected",
                       "is no field of this form");
    }
    iter = json_iter(properties);
    while ((value = json_next(&iter))) {
        const struct json_value *fallback = json_get(value, "default");

        if (!fallback || json_get(content, str_c(arena, iter.key)))
            continue;
        buf_add_c(&out, out.len > 1 ? "," : "");
        buf_add_json(&out, iter.key);
        buf_add_char(&out, ':');
        json_print(&out, fallback);
    }
    buf_add_char(&out, '}');
    return str_copy(arena, buf_str(&out));
}

/* Checks what is said against the form. False: the report has why not. */
static bool form_fits(struct core_turn *turn, const struct input *input, struct str said,
                      struct report *report, struct str *ret_content)
{
    struct arena *arena = turn->update->turn;
    const struct json_value *form;
    const struct schema *schema;
    struct json_error error;
    struct json_doc asked;
    struct json_doc doc;

    if (json_parse(arena, input->detail, NULL, &error, &asked) != JSON_PARSED)
        UNREACHABLE("a detail that was written here is no JSON");
    form = json_get(asked.root, "schema");
    schema = form_schema(arena, json_text(arena, form));
    if (json_parse(arena, said.ptr ? said : STR("{}"), NULL, &error, &doc) != JSON_PARSED ||
        !json_is_object(doc.root)) {
        report_add(report, STR(""), "type", "is no object: a form is filled with its fields");
        return false;
    }
    *ret_content = with_defaults(arena, json_get(form, "properties"), doc.root, report);
    if (json_parse(arena, *ret_content, NULL, &error, &doc) != JSON_PARSED)
        UNREACHABLE("what was printed here is no JSON");
    if (!turn->core->validator)
        turn->core->validator = schema_validator_new();
    if (schema &&
        schema_validate(turn->core->validator, schema, doc.root, report) != SCHEMA_VALID &&
        report->count == 0)
        report_add(report, STR(""), "limit", "is too costly to check");
    return report->count == 0;
}

bool core__ask_fits(struct core_turn *turn, const struct input *input, struct str said,
                    struct str *ret_content)
{
    struct arena *arena = turn->update->turn;
    struct report *report = ARENA_NEW(arena, struct report);
    struct str sentence = STR("this does not fit the form:");

    report_init(report, arena);
    if (form_fits(turn, input, said, report, ret_content))
        return true;
    for (size_t i = 0; i < report->count; i++)
        sentence = str_printf(
            arena, "%.*s%s%.*s %.*s", STR_ARG(sentence), i ? "; " : " ",
            STR_ARG(report->problems[i].path.len ? report->problems[i].path : STR("what is given")),
            STR_ARG(report->problems[i].sentence));
    core__effect(turn, EFFECT_REPLY)->error = core__error("invalid", sentence);
    return false;
}

void core__ask_answered(struct core_turn *turn, const struct input *input, enum event_answer answer,
                        struct str content)
{
    bool accepts = answer == EVENT_ANSWER_SUBMIT || answer == EVENT_ANSWER_APPROVE;

    say(turn, input, accepts ? MSG_ASK_ACTION_ACCEPT : MSG_ASK_ACTION_DECLINE,
        answer == EVENT_ANSWER_SUBMIT || input->kind == EVENT_INPUT_KIND_MODEL ? content
                                                                               : STR_NULL);
}

/* 2026-07-28, CreateMessageResult. */
static bool is_message(struct arena *arena, struct str said)
{
    struct json_error error;
    struct json_doc doc;
    const struct json_value *content;

    if (!said.len || said.len > LIMIT_MODEL_BYTES ||
        json_parse(arena, said, NULL, &error, &doc) != JSON_PARSED)
        return false;
    content = json_get(doc.root, "content");
    return json_get_str(doc.root, "role").len && json_get_str(doc.root, "model").len &&
           (json_is_object(content) || json_is_array(content));
}

enum event_answer core__model_answer(struct core_turn *turn, struct str *ret_value)
{
    const struct command_answer *said = &turn->command->as.answer;

    *ret_value = said->value;
    if (said->answer != EVENT_ANSWER_SUBMIT || is_message(turn->update->turn, said->value))
        return said->answer;
    *ret_value = quoted(turn->update->turn, STR("the model's answer is no message with role, model "
                                                "and content, of at most 256 KiB"));
    return EVENT_ANSWER_DENY;
}

void core__ask_expired(struct core_turn *turn, const struct input *input)
{
    const struct input kept = *input; /* Its numbers are needed when it is closed. */

    core__input_close(turn, kept.id, "nobody answered in time");
    say(turn, &kept, MSG_ASK_ACTION_CANCEL, STR("\"nobody answered in time\""));
}

void core__asks_close(struct core_turn *turn, const struct execution *execution,
                      const struct call *call)
{
    struct core_ask_ids VEC(struct id) ids = { 0 };
    struct map_entry *entry;

    if (call->asks == 0)
        return;
    for (size_t at = 0; (entry = map_next(&turn->core->inputs, &at));) {
        const struct input *input = &((struct core_open_input *)entry->value)->input;

        if (input->ask && input->execution == execution->handle && input->call == call->number)
            *VEC_PUSH(&ids) = input->id;
    }
    for (size_t i = 0; i < ids.count; i++)
        core__input_close(turn, ids.at[i], "its call goes on without it");
    VEC_FINI(&ids);
}
