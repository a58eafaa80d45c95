/* Events in words, calls in a table. */
#include "proc/cli/ledger.h"

#define LEDGER_VALUE_MAX 160U /* columns of a value in a timeline */
#define LEDGER_WORDS     7U

/* What is said of an event: its label, then members, each with the words before it. */
struct ledger_words {
    const char *type;
    const char *label;
    struct {
        const char *pointer;
        const char *before;
    } members[LEDGER_WORDS];
};

static const struct ledger_words words[] = {
    { "execution.received",
      "a program arrived",
      { { "/who/actor", " from " },
        { "/who/channel", " over " },
        { "/who/client", ", " },
        { "/key", ", key " } } },
    { "execution.delivered",
      "given to the program:",
      { { "/kind", " " }, { "/call", " of call " }, { "/timer", " " } } },
    { "execution.parked", "put away", { { NULL, NULL } } },
    { "execution.attached", "asked for again", { { "/who/actor", " by " } } },
    { "execution.left", "whoever asked is gone", { { NULL, NULL } } },
    { "execution.answered", "its answer was handed over", { { NULL, NULL } } },
    { "execution.ended",
      "ended:",
      { { "/state", " " },
        { "/error/code", ", " },
        { "/error/message", ": " },
        { "/result", ", " },
        { "/artifact", ", artifact " } } },
    { "query.done", "asked Writ", { { "/address", " " }, { "/args", " " } } },
    { "call.received", "", { { "/address", "" }, { "/effect", ", " }, { "/args", " " } } },
    { "call.refused",
      "refused",
      { { "/error/code", ", " },
        { "/error/message", ": " },
        { "/rule", ", by rule " },
        { "/layer", " of layer " } } },
    { "call.waiting",
      "waits for a person",
      { { "/rule", ", by rule " }, { "/layer", " of layer " }, { "/input", ", " } } },
    { "call.frozen",
      "allowed",
      { { "/rule", ", by rule " },
        { "/layer", " of layer " },
        { "/writ", ", " },
        { "/input", ", on " } } },
    { "call.running", "sent", { { "/attempt", ", attempt " } } },
    { "call.attempted",
      "attempt over",
      { { "/attempt", " " }, { "/sent", ", sent " }, { "/error/message", ": " } } },
    { "call.conforming", "answered, being checked", { { NULL, NULL } } },
    { "call.done",
      "done",
      { { "/conformance", ", " },
        { "/size", ", bytes " },
        { "/secrets", ", secrets replaced " },
        { "/by", ", by " },
        { "/artifact", ", artifact " },
        { "/value", ": " } } },
    { "call.nonconforming", "answered otherwise than promised", { { "/error/message", ": " } } },
    { "call.failed",
      "failed",
      { { "/error/code", ", " }, { "/error/message", ": " }, { "/sent", ", sent " } } },
    { "call.cancelled", "cancelled", { { "/reason", ": " } } },
    { "call.unknown",
      "OUTCOME UNKNOWN",
      { { "/reason", ": " }, { "/sent", ", sent " }, { "/input", ", " } } },
    { "call.expired", "expired: nobody answered", { { NULL, NULL } } },
    { "input.opened", "asked:", { { "/title", " " }, { "/input", ", " } } },
    { "input.answered",
      "answered:",
      { { "/answer", " " },
        { "/who/actor", " by " },
        { "/via", ", " },
        { "/answered", ", " },
        { "/value", ", " } } },
    { "input.refused",
      "an answer was refused",
      { { "/who/actor", ", of " }, { "/reason", ": " } } },
    { "input.closed", "no longer asked", { { "/reason", ": " } } },
};

static void print_value(struct arena *arena, const struct json_value *value, struct buf *out)
{
    struct str text = json_is_string(value) ? json_str(value) : json_text(arena, value);

    buf_add_str(out, text_fit(arena, text_clean(arena, text), LEDGER_VALUE_MAX));
}

void ledger_print_event(struct arena *arena, const struct json_value *event, struct buf *out)
{
    struct str type = json_get_str(event, "type");
    uint64_t call = json_u64_or(json_get(event, "call"), 0);
    const struct ledger_words *said = NULL;

    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (str_is(type, words[i].type))
            said = &words[i];
    if (call > 0 && !str_is(type, "execution.delivered"))
        buf_printf(out, "#%llu ", (unsigned long long)call);
    if (!said) {
        print_value(arena, event, out);
        return;
    }
    buf_add_c(out, said->label);
    for (size_t i = 0; i < LEDGER_WORDS && said->members[i].pointer; i++) {
        const struct json_value *value = json_pointer(event, str_from(said->members[i].pointer));

        if (!value || json_is_null(value) || (json_is_number(value) && json_u64_or(value, 1) == 0))
            continue;
        buf_add_c(out, said->members[i].before);
        print_value(arena, value, out);
    }
}

static enum text_color print_state_color(struct str state)
{
    if (str_is(state, "done"))
        return TEXT_GREEN;
    if (str_is(state, "refused") || str_is(state, "failed") || str_is(state, "unknown") ||
        str_is(state, "nonconforming"))
        return TEXT_RED;
    return TEXT_YELLOW;
}

/* From when it was sent, or received, to its end. */
static struct str print_time(struct arena *arena, const struct ledger_call *call)
{
    int64_t from_ms = call->running_ms ? call->running_ms : call->received_ms;

    return call->settled_ms ? text_span(arena, call->settled_ms - from_ms) : STR("-");
}

static struct str print_by(struct arena *arena, const struct ledger_call *call)
{
    if (call->person.ptr)
        return call->person;
    if (call->rule.ptr)
        return str_printf(arena, "%.*s (%.*s)", STR_ARG(call->rule), STR_ARG(call->layer));
    return STR("-");
}

void ledger_print_calls(const struct ledger_story *story, struct text_table *table)
{
    text_table_init(table, story->arena, ">#|CALL|EFFECT|STATE|SENT|>TRIES|>TIME|BY|NOTE");
    for (size_t i = 0; i < story->calls.count; i++) {
        const struct ledger_call *call = &story->calls.at[i];

        text_table_add(table, str_printf(story->arena, "%u", call->number));
        text_table_add(table, call->address.ptr ? call->address : STR("-"));
        text_table_add(table, call->effect.ptr ? call->effect : STR("-"));
        text_table_add_color(table, call->state, print_state_color(call->state));
        text_table_add(table, call->sent.ptr ? call->sent : STR("-"));
        text_table_add(table, str_printf(story->arena, "%u", call->attempts));
        text_table_add(table, print_time(story->arena, call));
        text_table_add(table, print_by(story->arena, call));
        text_table_add(table, call->note);
    }
}

static void print_member(struct buf *out, const char *name, struct str text)
{
    if (!text.ptr)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, text);
}

void ledger_print_calls_json(const struct ledger_story *story, struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < story->calls.count; i++) {
        const struct ledger_call *call = &story->calls.at[i];

        buf_printf(out, "%s{\"call\":%u,\"attempts\":%u", i ? "," : "", call->number,
                   call->attempts);
        print_member(out, "address", call->address);
        print_member(out, "effect", call->effect);
        print_member(out, "state", call->state);
        print_member(out, "rule", call->rule);
        print_member(out, "layer", call->layer);
        print_member(out, "person", call->person);
        print_member(out, "sent", call->sent);
        print_member(out, "writ", call->writ);
        print_member(out, "note", call->note);
        if (call->settled_ms)
            buf_printf(out, ",\"ms\":%lld", (long long)(call->settled_ms - call->received_ms));
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}
