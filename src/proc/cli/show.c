/*
 * A timeline.
 *
 * The log has the events; console lines are in it with the end only, emitted values never. So who
 * follows hears both: the log is read, then the daemon's stream is heard for a moment, then all
 * that was read is printed. A line of the console says before which line of the log it belongs,
 * and has arrived by then: the daemon sends it in the turn that writes that line.
 *
 * Without a daemon, or where it ends, the log alone goes on; what was missed of the console comes
 * with the end.
 */
#include "proc/cli/show.h"

#include "base/vec.h"
#include "edge/api/api.h"
#include "proc/cli/client.h"
#include "sys/clock.h"

#include <unistd.h>

#define SHOW_HEAR_MS  50
#define SHOW_AGAIN_MS 1000
#define SHOW_LAST_MS  500 /* for what is still to come when the end was read */

/* A line of the timeline that is not printed yet. */
struct show_line {
    uint64_t seq;
    bool event; /* of the log; otherwise it comes before that line */
    struct str text;
};

struct show {
    struct cli *cli;
    struct ledger_story *story;
    struct ledger *ledger;
    struct show_lines VEC(struct show_line) lines;
    struct show_told VEC(bool) told; /* console lines, by number */
    uint64_t emits;
    uint64_t seq;                     /* of the last line read */
    const struct json_value *console; /* with its end */
    uint64_t ended_seq;
    bool hears;     /* a stream is open */
    bool printed;   /* something */
    int64_t due_ns; /* when to look for a daemon again */
};

/* ---- lines ---- */

static void show_add(struct show *show, uint64_t seq, bool event, struct str text)
{
    *VEC_PUSH(&show->lines) =
        (struct show_line){ .seq = seq, .event = event, .text = str_copy(show->cli->arena, text) };
}

static void show_event(struct show *show, const struct json_value *event,
                       const struct log_line *line)
{
    struct cli *cli = show->cli;
    BUF_CLEANUP struct buf said = BUF_INIT;

    if (cli->json) {
        buf_printf(&said, "{\"seq\":%llu,\"at\":\"", (unsigned long long)line->seq);
        api_add_time(&said, line->at_ms);
        buf_add_c(&said, "\",\"event\":");
        json_print(&said, event);
        buf_add_char(&said, '}');
        show_add(show, line->seq, true, buf_str(&said));
        return;
    }
    buf_printf(&said, "%8lld ms  ", (long long)(line->at_ms - show->story->received_ms));
    ledger_print_event(cli->arena, event, &said);
    show_add(show, line->seq, true,
             text_fit(cli->arena, buf_str(&said), cli->width ? cli->width : SIZE_MAX));
}

/* What the program said: kind is "console" or "emit". */
static void show_said(struct show *show, uint64_t seq, const char *kind,
                      const struct json_value *data)
{
    struct cli *cli = show->cli;
    bool emit = strcmp(kind, "emit") == 0;
    struct str level = json_get_str(data, "level");
    const char *mark = emit                     ? "* "
                       : str_is(level, "error") ? "error| "
                       : str_is(level, "warn")  ? "warn| "
                                                : "| ";
    BUF_CLEANUP struct buf said = BUF_INIT;
    struct str text;

    if (cli->json) {
        buf_printf(&said, "{\"seq\":%llu,\"%s\":", (unsigned long long)seq, kind);
        json_print(&said, data);
        buf_add_char(&said, '}');
        show_add(show, seq, false, buf_str(&said));
        return;
    }
    text = emit ? json_text(cli->arena, json_get(data, "value")) : json_get_str(data, "text");
    do {
        struct str line = str_split(&text, '\n');

        buf_clear(&said);
        buf_printf(&said, "%13s%s", "", mark);
        buf_add_str(&said, text_clean(cli->arena, line));
        show_add(show, seq, false,
                 text_fit(cli->arena, buf_str(&said), cli->width ? cli->width : SIZE_MAX));
    } while (text.ptr);
}

/* Prints, in order, the lines that were read and all that belongs before the next one. */
static void show_print(struct show *show)
{
    struct buf *out = &show->cli->out;
    size_t left = 0;

    for (;;) {
        struct show_line *first = NULL;

        for (size_t i = 0; i < show->lines.count; i++) {
            struct show_line *line = &show->lines.at[i];

            if (line->seq <= show->seq + !line->event && line->text.ptr &&
                (!first || line->seq < first->seq ||
                 (line->seq == first->seq && !line->event && first->event)))
                first = line;
        }
        if (!first)
            break;
        if (show->cli->json && show->printed)
            buf_add_char(out, ',');
        buf_add_str(out, first->text);
        if (!show->cli->json)
            buf_add_char(out, '\n');
        show->printed = true;
        first->text = STR_NULL;
    }
    for (size_t i = 0; i < show->lines.count; i++)
        if (show->lines.at[i].text.ptr)
            show->lines.at[left++] = show->lines.at[i];
    show->lines.count = left;
}

/* ---- the log ---- */

static void show_tell(struct show *show, const struct json_value *event,
                      const struct log_line *line)
{
    struct json_error error;
    struct json_doc doc;

    if (!ledger_tell(show->story, event, line->at_ms))
        return;
    if (show->story->state.ptr && !show->ended_seq) {
        show->ended_seq = line->seq;
        if (json_is_array(json_get(event, "console")) &&
            json_parse(show->cli->arena, json_text(show->cli->arena, json_get(event, "console")),
                       NULL, &error, &doc) == JSON_PARSED)
            show->console = doc.root;
    }
    show_event(show, event, line);
}

/* All lines there are now. */
static int show_read(struct show *show)
{
    const struct json_value *event;
    struct log_line line;
    int r;

    while ((r = ledger_next(show->ledger, &line)) == LEDGER_LINE) {
        struct json_iter iter;

        show->seq = line.seq;
        if (!ledger_may_tell(show->story, &line))
            continue;
        iter = json_iter(ledger_events(show->ledger, &line));
        while ((event = json_next(&iter)))
            show_tell(show, event, &line);
    }
    return r == LEDGER_END ? CLI_DONE : r;
}

/* ---- the stream ---- */

static bool show_is_told(struct show *show, uint64_t number)
{
    return number < show->told.count && show->told.at[number];
}

static void show_heard(struct show *show, const struct json_value *body)
{
    struct str name = json_get_str(body, "event");
    const struct json_value *data = json_get(body, "data");
    uint64_t number = json_u64_or(json_get(data, "number"), UINT32_MAX);
    uint64_t seq = json_u64_or(json_get(data, "before"), show->seq);

    if (str_is(name, "emit") && number >= show->emits) {
        show->emits = number + 1;
        show_said(show, seq, "emit", data);
    }
    if (!str_is(name, "console") || show_is_told(show, number) || number >= UINT32_MAX)
        return;
    while (show->told.count <= number)
        *VEC_PUSH(&show->told) = false;
    show->told.at[number] = true;
    show_said(show, seq, "console", data);
}

/* Asks for the stream of one that runs. That nobody is there is no trouble. */
static void show_ask(struct show *show)
{
    struct cli *cli = show->cli;
    struct str path =
        str_printf(cli->arena, "/v1/executions/%.*s?follow=true&wait_ms=%d",
                   STR_ARG(cli_percent(cli->arena, show->story->id)), API_WAIT_MS_MAX);

    show->hears = client_send(cli->client, "GET", path, STR_NULL) == 0;
}

/* Hears for a moment; true as long as there may be more. */
static bool show_hear(struct show *show, int64_t for_ms)
{
    int64_t until_ns = clock_mono_ns() + for_ms * INT64_C(1000000);
    struct client_response response;
    int64_t left_ns;

    while (show->hears && (left_ns = until_ns - clock_mono_ns()) > 0) {
        int r = client_next(show->cli->client, left_ns / 1000000 + 1, &response);

        if (r == CLIENT_LATE)
            return true;
        show->hears = r == CLIENT_RESPONSE && response.more;
        if (show->hears)
            show_heard(show, response.body);
        else if (r == CLIENT_RESPONSE && !json_get(response.body, "ended_at") &&
                 json_get(response.body, "state"))
            show_ask(show);
    }
    return show->hears;
}

static void show_wait(struct show *show)
{
    if (!show->hears && clock_mono_ns() >= show->due_ns) {
        int r = client_again(show->cli, 0);

        show->due_ns = clock_mono_ns() + SHOW_AGAIN_MS * INT64_C(1000000);
        if (r == CLI_DONE)
            show_ask(show);
        else if (r != CLI_NO_DAEMON)
            show->due_ns = INT64_MAX; /* It was said why. */
    }
    if (!show_hear(show, SHOW_HEAR_MS))
        (void)usleep(SHOW_HEAR_MS * 1000);
}

/* ---- one story ---- */

static int show_follow(struct show *show)
{
    int r = CLI_DONE;

    while (r == CLI_DONE && show->story->execution && !show->story->state.ptr) {
        show_wait(show);
        show_print(show);
        if (!show->cli->json)
            cli_flush(show->cli);
        r = show_read(show);
    }
    (void)show_hear(show, SHOW_LAST_MS);
    return r;
}

/* What was said and not heard comes with the end. */
static void show_rest(struct show *show)
{
    struct json_iter iter = json_iter(show->console);
    const struct json_value *line;
    bool headed = show->cli->json;

    for (uint64_t number = 0; (line = json_next(&iter)); number++) {
        bool late = number < show->told.count || !args_has(&show->cli->args, "follow");

        if (show_is_told(show, number))
            continue;
        if (late && !headed)
            show_add(show, show->ended_seq, false, STR("             it wrote, in all that time:"));
        headed = headed || late;
        show_said(show, show->ended_seq, "console", line);
    }
}

static int show_all(struct show *show)
{
    struct cli *cli = show->cli;
    struct ledger_story *story = show->story;
    struct text_table table;
    int r;

    buf_add_c(&cli->out, cli->json ? "{\"events\":[" : "");
    r = show_read(show);
    if (r == CLI_DONE && args_has(&cli->args, "follow"))
        r = show_follow(show);
    if (r != CLI_DONE)
        return r;
    if (story->execution == 0) {
        buf_clear(&cli->out);
        return cli_fail(cli, CLI_FAILED, "`writ log list` names those there are.",
                        "the log knows no execution %.*s",
                        STR_ARG(text_clean(cli->arena, story->id)));
    }
    show_rest(show);
    show_print(show);
    if (cli->json) {
        buf_add_c(&cli->out, "],\"calls\":");
        ledger_print_calls_json(story, &cli->out);
        buf_add_c(&cli->out, "}\n");
        return CLI_DONE;
    }
    ledger_print_calls(story, &table);
    if (table.cell_count > 0) {
        buf_add_char(&cli->out, '\n');
        cli_print_table(cli, &table);
    }
    return CLI_DONE;
}

int show_story(struct cli *cli, struct ledger_story *story)
{
    struct show show = { .cli = cli, .story = story };
    int r = ledger_open(cli, &show.ledger);

    if (r == CLI_DONE)
        r = show_all(&show);
    show.ledger = ledger_close(show.ledger);
    VEC_FINI(&show.lines);
    VEC_FINI(&show.told);
    return r;
}
