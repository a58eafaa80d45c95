/* Reading the log, and gathering what it says about one execution. */
#include "proc/cli/ledger.h"

#include "model/event.h"
#include "sys/disk.h"

#include <stdio.h>

struct ledger {
    struct cli *cli;
    struct disk *disk;
    struct log_reader *reader;
    struct arena *trouble_arena;
    struct arena *line_arena;
};

int ledger_trouble(struct cli *cli, int answer, const struct log_trouble *trouble)
{
    if (answer == LOG_NEWER)
        return cli_fail(cli, CLI_DAMAGED, "Install that version of Writ, or a newer one.",
                        "the data folder is of a newer format: found %.*s, this reads %.*s",
                        STR_ARG(trouble->found), STR_ARG(trouble->expected));
    return cli_fail(cli, CLI_DAMAGED, "Restore that segment from a backup; nothing was changed.",
                    "the log is damaged in %.*s, line %llu, offset %llu (sequence %llu): expected "
                    "%.*s, found %.*s",
                    STR_ARG(trouble->segment), (unsigned long long)trouble->line,
                    (unsigned long long)trouble->offset, (unsigned long long)trouble->seq,
                    STR_ARG(trouble->expected), STR_ARG(trouble->found));
}

struct ledger *ledger_close(struct ledger *ledger)
{
    if (!ledger)
        return NULL;
    ledger->reader = log_reader_close(ledger->reader);
    ledger->disk = disk_close(ledger->disk);
    ledger->trouble_arena = arena_free(ledger->trouble_arena);
    ledger->line_arena = arena_free(ledger->line_arena);
    (void)heap_free(ledger);
    return NULL;
}

static int ledger_no_log(struct cli *cli)
{
    return cli_fail(cli, CLI_FAILED, "Run something first: `writ exec -e 'return 1 + 1'`.",
                    "there is no log in %s", cli->paths.data);
}

static int ledger_disk(struct cli *cli, int answer)
{
    switch ((enum disk_answer)answer) {
    case DISK_ABSENT:
        return ledger_no_log(cli);
    case DISK_EXPOSED:
        return cli_fail(cli, CLI_FAILED, "chmod 700 it, and ask who could read it until now.",
                        "others may read or write %s", cli->paths.data);
    case DISK_FOREIGN:
        return cli_fail(cli, CLI_OWNED, NULL, "%s belongs to another user, or is no folder",
                        cli->paths.data);
    case DISK_NETWORK:
        return cli_fail(cli, CLI_FAILED, "Set WRIT_HOME to a folder on a local disk.",
                        "%s is on a network file system", cli->paths.data);
    case DISK_OWNED:
    case DISK_EXISTS:
    case DISK_BUSY:
        break;
    }
    UNREACHABLE("disk_open answered what it does not");
}

int ledger_open(struct cli *cli, struct ledger **ret_ledger)
{
    CLEANUP(ledger_close) struct ledger *ledger = NULL;
    struct log_trouble trouble = { 0 };
    int r = cli_paths(cli);

    if (r != CLI_DONE)
        return r;
    ledger = heap_alloc(sizeof(*ledger));
    *ledger =
        (struct ledger){ .cli = cli, .trouble_arena = arena_new(0), .line_arena = arena_new(0) };
    r = disk_open(cli->paths.data, DISK_READ, &ledger->disk);
    if (r < 0)
        return cli_fault(cli, r, cli->paths.data);
    if (r > 0)
        return ledger_disk(cli, r);
    r = log_reader_open(ledger->disk, 1, ledger->trouble_arena, &ledger->reader, &trouble);
    if (r < 0)
        return cli_fault(cli, r, "the log");
    if (!ledger->reader)
        return r == LOG_ABSENT ? ledger_no_log(cli) : ledger_trouble(cli, r, &trouble);
    *ret_ledger = ledger;
    ledger = NULL;
    return CLI_DONE;
}

int ledger_next(struct ledger *ledger, struct log_line *ret_line)
{
    struct log_trouble trouble = { 0 };
    int r = log_reader_next(ledger->reader, ret_line, &trouble);

    if (r < 0)
        return cli_fault(ledger->cli, r, "the log");
    if (r == LOG_LINE)
        return LEDGER_LINE;
    return r == LOG_END ? (int)LEDGER_END : ledger_trouble(ledger->cli, r, &trouble);
}

/* A line leaves out what its events share (docs/reference/events.md): each is given it back. */
static struct str ledger_whole(struct arena *arena, const struct json_value *events)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct event_carry carry = { 0 };
    struct json_iter iter = json_iter(events);
    const struct json_value *value;
    struct event event;
    uint64_t call;

    buf_add_char(&text, '[');
    while ((value = json_next(&iter))) {
        if (text.len > 1)
            buf_add_char(&text, ',');
        if (event_parse(value, &carry, arena, &event)) {
            event_print(&event, NULL, &text);
            continue;
        }
        json_print(&text, value); /* Of a later version. */
        if (json_to_u64(json_get(value, "execution"), &carry.execution))
            carry.execution_known = true;
        if (json_to_u64(json_get(value, "call"), &call) && call <= UINT32_MAX) {
            carry.call = (uint32_t)call;
            carry.call_known = true;
        }
    }
    buf_add_char(&text, ']');
    return str_copy(arena, buf_str(&text));
}

const struct json_value *ledger_parse(struct arena *arena, struct str events)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(arena, events, NULL, &error, &doc) != JSON_PARSED || !json_is_array(doc.root) ||
        json_parse(arena, ledger_whole(arena, doc.root), NULL, &error, &doc) != JSON_PARSED)
        return NULL;
    return doc.root;
}

const struct json_value *ledger_events(struct ledger *ledger, const struct log_line *line)
{
    arena_reset(ledger->line_arena);
    return line->erased ? NULL : ledger_parse(ledger->line_arena, line->events);
}

/* ---- one execution ---- */

bool ledger_may_tell(const struct ledger_story *story, const struct log_line *line)
{
    char handle[40];
    struct str rest = line->events;
    struct str mine;
    size_t at;

    if (story->execution == 0)
        return str_find(rest, story->id) != SIZE_MAX;
    mine = str_of(handle, (size_t)snprintf(handle, sizeof(handle), "\"execution\":%llu",
                                           (unsigned long long)story->execution));
    while ((at = str_find(rest, mine)) != SIZE_MAX) {
        char after = at + mine.len < rest.len ? rest.ptr[at + mine.len] : ',';

        if (after < '0' || after > '9')
            return true;
        rest = str_slice(rest, at + mine.len, rest.len);
    }
    for (size_t i = 0; i < story->inputs.count; i++)
        if (str_find(line->events, story->inputs.at[i].id) != SIZE_MAX)
            return true;
    return false;
}

static struct str story_keep(struct ledger_story *story, const struct json_value *event,
                             const char *member)
{
    struct str text = json_get_str(event, member);

    return text.ptr ? str_copy(story->arena, text) : STR_NULL;
}

static void story_set(struct ledger_story *story, const struct json_value *event,
                      const char *member, struct str *field)
{
    struct str text = story_keep(story, event, member);

    if (text.ptr)
        *field = text;
}

/* A number that no log of ours has is no reason to grow. */
static struct ledger_call *story_call(struct ledger_story *story, uint64_t number)
{
    if (number == 0 || number > 1000000)
        return NULL;
    while (story->calls.count < number) {
        struct ledger_call *call = VEC_PUSH(&story->calls);

        call->number = (uint32_t)story->calls.count;
        call->state = STR("received");
    }
    return &story->calls.at[number - 1];
}

static void story_tell_error(struct ledger_story *story, const struct json_value *event,
                             struct ledger_call *call)
{
    const struct json_value *error = json_get(event, "error");

    if (json_is_object(error))
        call->note = str_printf(story->arena, "%.*s: %.*s", STR_ARG(json_get_str(error, "code")),
                                STR_ARG(json_get_str(error, "message")));
    else if (json_get_str(event, "reason").len > 0)
        call->note = story_keep(story, event, "reason");
}

static void story_tell_call(struct ledger_story *story, const struct json_value *event,
                            struct str state, int64_t at_ms)
{
    struct ledger_call *call = story_call(story, json_u64_or(json_get(event, "call"), 0));

    if (!call)
        return;
    if (!str_is(state, "attempted"))
        call->state = str_copy(story->arena, state);
    story_set(story, event, "address", &call->address);
    story_set(story, event, "effect", &call->effect);
    /* The first value of a list is left out where it may be: of a known tool, that is read. */
    if (str_is(state, "received") && json_get(event, "source") && !call->effect.ptr)
        call->effect = STR("read");
    story_set(story, event, "rule", &call->rule);
    story_set(story, event, "layer", &call->layer);
    story_set(story, event, "sent", &call->sent);
    story_set(story, event, "writ", &call->writ);
    if (str_is(state, "conforming") && !call->sent.ptr)
        call->sent = STR("yes"); /* It was answered. */
    story_tell_error(story, event, call);
    if (str_is(state, "received")) {
        call->received_ms = at_ms;
    } else if (str_is(state, "running")) {
        call->attempts = (uint32_t)json_u64_or(json_get(event, "attempt"), call->attempts + 1);
        call->running_ms = call->running_ms ? call->running_ms : at_ms;
    } else if (!str_is(state, "waiting") && !str_is(state, "frozen") &&
               !str_is(state, "conforming") && !str_is(state, "attempted")) {
        call->settled_ms = at_ms;
    }
    if (str_is(state, "done") && json_get(event, "conformance"))
        call->note = str_is(json_get_str(event, "conformance"), "ok")
                         ? STR("")
                         : story_keep(story, event, "conformance");
}

static struct ledger_input *story_input(struct ledger_story *story, struct str id)
{
    for (size_t i = 0; i < story->inputs.count; i++)
        if (id.len > 0 && str_equal(story->inputs.at[i].id, id))
            return &story->inputs.at[i];
    return NULL;
}

static bool story_tell_input(struct ledger_story *story, const struct json_value *event,
                             struct str what)
{
    struct ledger_input *input = story_input(story, json_get_str(event, "input"));
    struct ledger_call *call;

    if (str_is(what, "opened")) {
        if (json_u64_or(json_get(event, "execution"), 0) != story->execution)
            return false;
        input = VEC_PUSH(&story->inputs);
        input->id = story_keep(story, event, "input");
        input->call = (uint32_t)json_u64_or(json_get(event, "call"), 0);
        return true;
    }
    if (!input)
        return false;
    call = story_call(story, input->call);
    if (call && str_is(what, "answered"))
        call->person = str_printf(
            story->arena, "%.*s by %.*s (%.*s, %.*s)", STR_ARG(json_get_str(event, "answer")),
            STR_ARG(json_get_str(json_get(event, "who"), "actor")),
            STR_ARG(json_get_str(event, "via")), STR_ARG(json_get_str(event, "answered")));
    return true;
}

bool ledger_tell(struct ledger_story *story, const struct json_value *event, int64_t at_ms)
{
    struct str what = json_get_str(event, "type");
    struct str kind = what.ptr ? str_split(&what, '.') : STR("");
    uint64_t execution = json_u64_or(json_get(event, "execution"), 0);

    if (str_is(kind, "execution") && str_is(what, "received") && story->execution == 0) {
        if (!str_equal(json_get_str(event, "id"), story->id))
            return false;
        story->execution = execution;
        story->received_ms = at_ms;
        return true;
    }
    if (story->execution == 0)
        return false;
    if (str_is(kind, "input"))
        return story_tell_input(story, event, what);
    if (execution != story->execution)
        return false;
    if (str_is(kind, "call"))
        story_tell_call(story, event, what, at_ms);
    if (str_is(kind, "execution") && str_is(what, "ended")) {
        story->state = story_keep(story, event, "state");
        story->ended_ms = at_ms;
    }
    return true;
}

void ledger_story_fini(struct ledger_story *story)
{
    VEC_FINI(&story->calls);
    VEC_FINI(&story->inputs);
}
