/*
 * writ exec: a program runs, and whoever typed it sees how far it is.
 *
 * Happy path: the program is sent, its stream is followed; console lines, emits and progress go
 * to standard error as they come; an input that opens is asked at the terminal while the stream
 * goes on; the last frame is the execution, whose result goes to standard output.
 *
 * Ways out: nobody to ask, or "later": the execution stays, exit 4. Ctrl-C: it is cancelled, and
 * its end is awaited; a second Ctrl-C leaves at once. The daemon ends: exit 5, the execution
 * goes on with the next one.
 */
#include "base/vec.h"
#include "edge/api/api.h"
#include "model/error.h"
#include "proc/cli/ask.h"
#include "proc/cli/client.h"
#include "store/log/log.h"
#include "sys/disk.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#define EXEC_CODE_MAX  (256U * 1024U)
#define EXEC_INPUT_MAX (1024U * 1024U)
#define EXEC_LINE_MAX  4096U
#define EXEC_AGAIN_MS  3000

struct exec_inputs VEC(const struct json_value *);

/* Lines from one number up to another. */
struct exec_gap {
    uint64_t from;
    uint64_t to;
};

struct exec_missed VEC(struct exec_gap);

struct exec {
    struct cli *cli;
    struct client *stream;
    struct str code; /* null: it is not this program's to show */
    struct str path; /* of the request that starts it */
    struct str body;
    struct str id;
    struct exec_inputs inputs; /* open ones, oldest first; the first is being asked */
    int terminal;              /* -1: nobody to ask */
    uint64_t console_count;    /* lines up to the last that was shown */
    uint64_t emits_count;      /* values likewise */
    struct exec_missed missed; /* lines before it that the stream did not bring */
    bool yes;
    bool streaming;
    bool stopped;
    bool ended;
    int code_out; /* when ended */
};

/* ---- what is seen while it runs ---- */

static void exec_note(struct exec *exec, const char *mark, struct str text)
{
    BUF_CLEANUP struct buf line = BUF_INIT;
    BUF_CLEANUP struct buf clean = BUF_INIT;

    text_add_clean(&clean, text, true);
    buf_add_c(&line, mark);
    buf_add_str(&line, buf_str(&clean));
    cli_note(exec->cli, buf_str(&line));
}

static void exec_console(struct exec *exec, const struct json_value *line)
{
    struct str level = json_get_str(line, "level");
    const char *mark = str_is(level, "error")  ? "error| "
                       : str_is(level, "warn") ? "warn | "
                                               : "     | ";

    exec_note(exec, mark, json_get_str(line, "text"));
}

/* A daemon that was started again tells from the first: what was shown is passed over. */
static void exec_line(struct exec *exec, const struct json_value *line)
{
    uint64_t number = json_u64_or(json_get(line, "number"), exec->console_count);

    if (number < exec->console_count)
        return;
    if (number > exec->console_count)
        *VEC_PUSH(&exec->missed) = (struct exec_gap){ exec->console_count, number };
    exec->console_count = number + 1;
    exec_console(exec, line);
}

static void exec_emit(struct exec *exec, const struct json_value *emit)
{
    uint64_t number = json_u64_or(json_get(emit, "number"), exec->emits_count);

    if (number < exec->emits_count)
        return;
    exec->emits_count = number + 1;
    exec_note(exec, "     * ", json_text(exec->cli->arena, json_get(emit, "value")));
}

static bool exec_is_missed(const struct exec *exec, uint64_t number)
{
    for (size_t i = 0; i < exec->missed.count; i++)
        if (number >= exec->missed.at[i].from && number < exec->missed.at[i].to)
            return true;
    return number >= exec->console_count;
}

/* What the program wrote and the stream did not bring. */
static void exec_console_rest(struct exec *exec, const struct json_value *lines)
{
    struct json_iter iter = json_iter(lines);
    const struct json_value *line;

    for (uint64_t i = 0; (line = json_next(&iter)); i++)
        if (exec_is_missed(exec, i))
            exec_console(exec, line);
}

static void exec_progress(struct exec *exec, const struct json_value *progress)
{
    struct cli *cli = exec->cli;
    struct str total = cli_field(cli, progress, "total");
    struct str message = cli_field(cli, progress, "message");
    bool has_total = !str_is(total, "-");
    bool has_message = !str_is(message, "-");

    exec_note(exec, "     . ",
              str_printf(cli->arena, "call %.*s: %.*s%s%.*s%s%.*s",
                         STR_ARG(cli_field(cli, progress, "call")),
                         STR_ARG(cli_field(cli, progress, "progress")), has_total ? " of " : "",
                         STR_ARG(has_total ? total : STR("")), has_message ? ", " : "",
                         STR_ARG(has_message ? message : STR(""))));
}

/* ---- inputs ---- */

static int exec_left(struct exec *exec);

/* The value outlives the response that brought it. */
static const struct json_value *exec_keep(struct exec *exec, const struct json_value *value)
{
    struct json_error error;
    struct json_doc doc = { 0 };

    if (json_parse(exec->cli->arena, json_text(exec->cli->arena, value), NULL, &error, &doc) != 0)
        return NULL;
    return doc.root;
}

static size_t exec_input_find(const struct exec *exec, struct str id)
{
    for (size_t i = 0; i < exec->inputs.count; i++)
        if (str_equal(json_get_str(exec->inputs.at[i], "id"), id))
            return i;
    return SIZE_MAX;
}

static void exec_input_drop(struct exec *exec, size_t index)
{
    exec->inputs.count--;
    memmove(&exec->inputs.at[index], &exec->inputs.at[index + 1],
            (exec->inputs.count - index) * sizeof(exec->inputs.at[0]));
}

static void exec_tell(struct exec *exec, const char *text)
{
    if (write(exec->terminal, text, strlen(text)) < 0)
        exec->stopped = true; /* The terminal is gone, and with it the person. */
}

/* What was typed before the question was seen answers nothing. */
static int exec_ask(struct exec *exec, bool whole)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    int r;

    ask_print(exec->cli, exec->inputs.at[0], whole, &text);
    cli_note(exec->cli, buf_str(&text));
    (void)tcflush(exec->terminal, TCIFLUSH);
    exec_tell(exec, ask_question(exec->inputs.at[0]));
    r = client_listen(exec->stream, exec->terminal);
    return r < 0 ? cli_fault(exec->cli, r, "the terminal") : CLI_DONE;
}

/* Sends the answer; what another gave first counts as answered too. */
static int exec_answer(struct exec *exec, const char *answer, struct str value, const char *via)
{
    struct str id = json_get_str(exec->inputs.at[0], "id");
    int r = ask_send(exec->cli, id, answer, value, via);

    if (r == CLI_DONE || r == CLI_FAILED)
        exec_input_drop(exec, 0);
    return r == CLI_FAILED ? CLI_DONE : r;
}

static bool exec_is_approval(const struct json_value *input)
{
    return str_is(json_get_str(input, "kind"), "approval");
}

/* Brings the first open input to somebody; CLI_DONE: go on. */
static int exec_next_input(struct exec *exec)
{
    int r;

    while (exec->inputs.count > 0) {
        const struct json_value *input = exec->inputs.at[0];

        if (exec->yes && exec_is_approval(input)) {
            BUF_CLEANUP struct buf text = BUF_INIT;

            ask_print(exec->cli, input, false, &text);
            buf_add_c(&text, "  yes (--yes)");
            cli_note(exec->cli, buf_str(&text));
            r = exec_answer(exec, "approve", STR_NULL, "cli --yes");
            if (r != CLI_DONE)
                return r;
            continue;
        }
        if (exec->terminal < 0)
            return exec_left(exec);
        return exec_ask(exec, false);
    }
    /* Nothing is asked: what is typed now is for somebody else. */
    r = client_listen(exec->stream, -1);
    return r < 0 ? cli_fault(exec->cli, r, "the terminal") : CLI_DONE;
}

static int exec_opened(struct exec *exec, const struct json_value *value)
{
    const struct json_value *input = exec_keep(exec, value);

    if (!input || exec_input_find(exec, json_get_str(input, "id")) != SIZE_MAX)
        return CLI_DONE;
    *VEC_PUSH(&exec->inputs) = input;
    return exec->inputs.count == 1 ? exec_next_input(exec) : CLI_DONE;
}

static int exec_closed(struct exec *exec, const struct json_value *closed)
{
    size_t index = exec_input_find(exec, json_get_str(closed, "id"));

    if (index == SIZE_MAX)
        return CLI_DONE;
    exec_input_drop(exec, index);
    if (index > 0 || exec->stopped)
        return CLI_DONE;
    exec_note(exec, "\n  ", STR("it was answered elsewhere, or is not needed any more"));
    return exec_next_input(exec);
}

/* A value for a call that a person says was done. */
static struct str exec_value(struct exec *exec)
{
    char line[EXEC_LINE_MAX];
    struct json_error error;
    struct json_doc doc;
    ssize_t n;

    for (;;) {
        struct str typed;

        exec_tell(exec, "  What did it give, as JSON? (nothing: null) ");
        n = read(exec->terminal, line, sizeof(line));
        typed = str_trim(str_of(line, n > 0 ? (size_t)n : 0));
        if (typed.len == 0)
            return STR_NULL;
        if (json_parse(exec->cli->arena, typed, NULL, &error, &doc) == JSON_PARSED)
            return str_copy(exec->cli->arena, typed);
        exec_note(exec, "  that is no JSON: ", str_from(error.sentence));
    }
}

static int exec_typed(struct exec *exec)
{
    char line[EXEC_LINE_MAX];
    ssize_t n = read(exec->terminal, line, sizeof(line));
    struct str value = STR_NULL;
    enum ask_choice choice;
    int r;

    if (n <= 0) /* Ctrl-D: nobody wants to be asked. */
        return exec_left(exec);
    if (exec->inputs.count == 0)
        return CLI_DONE;
    choice = ask_understand(exec->inputs.at[0], str_of(line, (size_t)n));
    if (choice == ASK_LATER)
        return exec_left(exec);
    if (choice == ASK_NOTHING) {
        exec_tell(exec, ask_question(exec->inputs.at[0]));
        return CLI_DONE;
    }
    if (choice == ASK_SHOW)
        return exec_ask(exec, true);
    if (choice == ASK_DONE)
        value = exec_value(exec);
    if (choice == ASK_FILL && (!cli_can_ask() || !ask_form(exec->cli, exec->inputs.at[0], &value)))
        return exec_left(exec);
    r = exec_answer(exec, ask_answer(choice), value, "cli");
    return r == CLI_DONE ? exec_next_input(exec) : r;
}

/* ---- the end ---- */

/* It waits for a person, and goes on without us. */
static int exec_left(struct exec *exec)
{
    struct cli *cli = exec->cli;
    struct client_response response;
    struct str path =
        str_printf(cli->arena, "/v1/executions/%.*s", STR_ARG(cli_percent(cli->arena, exec->id)));

    exec->ended = true;
    if (cli->json && client_ask(cli, "GET", path, STR_NULL, &response) == CLI_DONE)
        cli_print_json(cli, response.body);
    for (size_t i = 0; i < exec->inputs.count; i++)
        cli_say(cli, "waiting for a person: %.*s (%.*s)",
                STR_ARG(cli_field(cli, exec->inputs.at[i], "title")),
                STR_ARG(cli_field(cli, exec->inputs.at[i], "id")));
    return cli_fail(cli, CLI_WAITING,
                    "Answer with `writ inbox`; `writ log show` tells how it ends.", "%.*s waits",
                    STR_ARG(text_clean(cli->arena, exec->id)));
}

/* The line of the program that an error names, with a mark below its column. */
static void exec_print_line(struct exec *exec, const struct json_value *error)
{
    uint64_t line = json_u64_or(json_get(error, "line"), 0);
    uint64_t column = json_u64_or(json_get(error, "column"), 0);
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct str rest = exec->code;
    struct str text = STR_NULL;

    for (uint64_t i = 0; i < line && rest.ptr; i++)
        text = str_split(&rest, '\n');
    if (line == 0 || text.len == 0 || text.len > 200)
        return;
    buf_printf(&out, "%5llu | ", (unsigned long long)line);
    text_add_clean(&out, text, false);
    if (column > 0 && column <= text.len + 1) {
        buf_add_c(&out, "\n      | ");
        for (uint64_t i = 1; i < column; i++)
            buf_add_char(&out, text.ptr[i - 1] == '\t' ? '\t' : ' ');
        buf_add_char(&out, '^');
    }
    cli_note(exec->cli, buf_str(&out));
}

static int exec_print_artifact(struct exec *exec, struct str name)
{
    struct cli *cli = exec->cli;
    struct disk *disk = NULL;
    struct digest digest;
    uint64_t offset = 0;
    size_t len;
    int r;

    if (!digest_parse(name, &digest))
        return cli_fail(cli, CLI_INTERNAL, NULL, "the daemon named an artifact that is none");
    r = disk_open(cli->paths.data, DISK_READ, &disk);
    do {
        len = cli->out.len;
        if (r == 0)
            r = log_artifact_read(disk, &digest, offset, 65536, &cli->out);
        len = cli->out.len - len;
        offset += len;
        cli_flush(cli);
    } while (r == 0 && len > 0);
    (void)disk_close(disk);
    if (r != 0)
        return cli_fail(cli, CLI_FAILED, NULL,
                        "the result is kept as artifact %.*s, which cannot "
                        "be read here",
                        STR_ARG(text_clean(cli->arena, name)));
    buf_add_char(&cli->out, '\n');
    return CLI_DONE;
}

/* The answer alone. A text stands for itself, everything else is JSON. */
static int exec_print_result(struct exec *exec, const struct json_value *execution)
{
    const struct json_value *result = json_get(execution, "result");
    struct str artifact = json_get_str(execution, "artifact");
    struct cli *cli = exec->cli;

    if (artifact.len > 0)
        return exec_print_artifact(exec, artifact);
    if (json_is_string(result)) {
        if (cli->out_tty)
            text_add_clean(&cli->out, json_str(result), true);
        else
            buf_add_str(&cli->out, json_str(result));
        buf_add_char(&cli->out, '\n');
    } else if (result) {
        cli_print_json(cli, result);
    }
    return CLI_DONE;
}

static void exec_print_summary(struct exec *exec, const struct json_value *execution)
{
    struct cli *cli = exec->cli;
    int64_t from_ms = 0;
    int64_t to_ms = 0;

    if (!cli->err_tty || !api_time_parse(json_get_str(execution, "received_at"), &from_ms) ||
        !api_time_parse(json_get_str(execution, "ended_at"), &to_ms))
        return;
    exec_note(exec, "",
              str_printf(cli->arena, "%.*s %.*s: %.*s calls, %.*s", STR_ARG(exec->id),
                         STR_ARG(json_get_str(execution, "state")),
                         STR_ARG(cli_field(cli, execution, "calls")),
                         STR_ARG(text_span(cli->arena, to_ms - from_ms))));
}

static int exec_finish(struct exec *exec, const struct json_value *execution)
{
    const struct json_value *error = json_get(execution, "error");
    struct cli *cli = exec->cli;
    int code = CLI_DONE;

    exec->ended = true;
    exec_console_rest(exec, json_get(execution, "console"));
    if (cli->json)
        cli_print_json(cli, execution);
    else if (!json_is_object(error))
        code = exec_print_result(exec, execution);
    cli_flush(cli);
    if (json_is_object(error)) {
        code = cli_print_error(cli, error);
        exec_print_line(exec, error);
    } else if (str_is(json_get_str(execution, "state"), "cancelled")) {
        code = cli_fail(cli, CLI_INTERRUPTED, NULL, "it was cancelled");
    }
    exec_print_summary(exec, execution);
    return exec->stopped ? CLI_INTERRUPTED : code;
}

/* ---- the stream ---- */

static int exec_event(struct exec *exec, const struct json_value *event)
{
    struct str name = json_get_str(event, "event");
    const struct json_value *data = json_get(event, "data");

    if (str_is(name, "started"))
        exec->id = str_copy(exec->cli->arena, json_get_str(data, "id"));
    else if (str_is(name, "console"))
        exec_line(exec, data);
    else if (str_is(name, "emit"))
        exec_emit(exec, data);
    else if (str_is(name, "progress"))
        exec_progress(exec, data);
    else if (str_is(name, "input"))
        return exec_opened(exec, data);
    else if (str_is(name, "input_closed"))
        return exec_closed(exec, data);
    return CLI_DONE; /* An event of a newer daemon is no harm. */
}

/* The last frame: it ended, or it goes on after its inputs are answered. */
static int exec_last(struct exec *exec, const struct client_response *response)
{
    const struct json_value *body = response->body;
    struct str state = json_get_str(body, "state");
    struct json_iter inputs = json_iter(json_get(body, "inputs"));
    const struct json_value *input;
    int r = CLI_DONE;

    exec->streaming = false;
    if (!state.ptr) {
        exec->ended = true;
        if (exec->cli->json)
            cli_print_json(exec->cli, body);
        r = cli_print_error(exec->cli, json_get(body, "error"));
        exec_print_line(exec, json_get(body, "error"));
        return r;
    }
    exec->id = str_copy(exec->cli->arena, json_get_str(body, "id"));
    if (!str_is(state, "running") && !str_is(state, "waiting"))
        return exec_finish(exec, body);
    while (r == CLI_DONE && !exec->ended && (input = json_next(&inputs)))
        r = exec_opened(exec, input);
    return r;
}

static int exec_cancel(struct exec *exec)
{
    struct client_response response;
    struct str path;

    if (exec->stopped || !exec->id.ptr) {
        exec->ended = true;
        return CLI_INTERRUPTED;
    }
    exec->stopped = true;
    exec_note(exec, "\n", STR("writ: cancelling; Ctrl-C again leaves at once"));
    path = str_printf(exec->cli->arena, "/v1/executions/%.*s/cancel",
                      STR_ARG(cli_percent(exec->cli->arena, exec->id)));
    return client_ask(exec->cli, "POST", path, STR("{}"), &response);
}

/* Asks for the stream again, once nothing is left to answer. */
static int exec_resume(struct exec *exec)
{
    struct str path = str_printf(exec->cli->arena, "/v1/executions/%.*s?follow=true&wait_ms=%d",
                                 STR_ARG(cli_percent(exec->cli->arena, exec->id)), API_WAIT_MS_MAX);
    int r = client_send(exec->stream, "GET", path, STR_NULL);

    exec->streaming = true;
    return r == 0 ? CLI_DONE : cli_fault(exec->cli, r, "the daemon's socket");
}

/* The daemon died. Keeper starts the next, which goes on with the program; so do we. */
static int exec_again(struct exec *exec)
{
    int r = CLI_NO_DAEMON;

    exec->stream = client_free(exec->stream);
    exec->inputs.count = 0; /* They are told again. */
    if (exec->id.ptr)
        r = client_again(exec->cli, EXEC_AGAIN_MS);
    if (r == CLI_DONE)
        r = client_beside(exec->cli, &exec->stream);
    if (r == CLI_DONE && client_catch(exec->stream) < 0)
        r = CLI_NO_DAEMON;
    if (r == CLI_DONE)
        return exec_resume(exec);
    return cli_fail(exec->cli, CLI_NO_DAEMON,
                    "If it was received it goes on with the next one; see `writ log`.",
                    "the daemon ended");
}

static int exec_turn(struct exec *exec)
{
    struct client_response response;
    int r = client_next(exec->stream, -1, &response);

    if (r < 0)
        return cli_fault(exec->cli, r, "the daemon's socket");
    switch ((enum client_answer)r) {
    case CLIENT_RESPONSE:
        return response.more ? exec_event(exec, response.body) : exec_last(exec, &response);
    case CLIENT_TYPED:
        return exec_typed(exec);
    case CLIENT_STOPPED:
        return exec_cancel(exec);
    case CLIENT_LATE:
        return CLI_DONE;
    case CLIENT_GONE:
    case CLIENT_DETACHED:
        return exec_again(exec);
    }
    UNREACHABLE("client_next answered outside its enum");
}

/* CLI_DONE and not ended: keep going; everything else is the exit code. */
static int exec_run(struct exec *exec)
{
    int r = client_send(exec->stream, "POST", exec->path, exec->body);

    if (r != 0)
        return cli_fault(exec->cli, r, "the daemon's socket");
    exec->streaming = true;
    r = CLI_DONE;
    while (r == CLI_DONE && !exec->ended) {
        r = exec_turn(exec);
        if (r == CLI_DONE && !exec->ended && !exec->streaming && exec->inputs.count == 0)
            r = exec_resume(exec);
    }
    return r;
}

/* The stream beside cli->client, Ctrl-C, and the terminal. */
static int exec_open(struct exec *exec)
{
    int r = client_need(exec->cli);

    if (r == CLI_DONE)
        r = client_beside(exec->cli, &exec->stream);
    if (r != CLI_DONE)
        return r;
    r = client_catch(exec->stream);
    exec->terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    return r < 0 ? cli_fault(exec->cli, r, "the terminal") : CLI_DONE;
}

static int exec_whole(struct cli *cli, struct str path, struct str body, struct str code)
{
    struct exec exec = {
        .cli = cli,
        .code = code,
        .path = path,
        .body = body,
        .terminal = -1,
        .yes = args_has(&cli->args, "yes"),
    };
    int r = exec_open(&exec);

    if (r == CLI_DONE)
        r = exec_run(&exec);
    exec.stream = client_free(exec.stream);
    if (exec.terminal >= 0)
        (void)close(exec.terminal);
    VEC_FINI(&exec.inputs);
    VEC_FINI(&exec.missed);
    return r;
}

/* Starts it and leaves: its id is the answer. */
static int exec_start(struct cli *cli, struct str path, struct str body)
{
    struct client_response response;
    int r = client_ask(cli, "POST", path, body, &response);

    if (r != CLI_DONE)
        return r;
    if (cli->json) {
        cli_print_json(cli, response.body);
    } else {
        buf_add_str(&cli->out, cli_field(cli, response.body, "id"));
        buf_add_char(&cli->out, '\n');
    }
    return str_is(json_get_str(response.body, "state"), "waiting") ? CLI_WAITING : CLI_DONE;
}

/* A JSON value from an option: itself, or @FILE. */
static int exec_json(struct cli *cli, const char *name, const char *given, struct str *ret_json)
{
    struct str text = str_from(given);
    struct json_error error;
    struct json_doc doc;
    int r;

    if (given[0] == '@') {
        r = cli_read_file(cli, given + 1, EXEC_INPUT_MAX, &text);
        if (r != CLI_DONE)
            return r;
    }
    if (json_parse(cli->arena, text, NULL, &error, &doc) != JSON_PARSED)
        return cli_fail(cli, CLI_USAGE, NULL, "%s is no JSON: %s (line %zu, column %zu)", name,
                        error.sentence, error.line, error.column);
    *ret_json = text;
    return CLI_DONE;
}

/* What both kinds of start have in common, and the end of the body. */
static int exec_send(struct cli *cli, struct str path, struct buf *body, struct str code)
{
    const char *key = args_value(&cli->args, "key");
    bool leaves = args_has(&cli->args, "no-wait");

    if (key) {
        buf_add_c(body, ",\"idempotency_key\":");
        buf_add_json(body, str_from(key));
    }
    if (args_has(&cli->args, "preview"))
        buf_add_c(body, ",\"preview\":true");
    buf_add_c(body, leaves ? ",\"wait\":false}" : ",\"follow\":true}");
    return leaves ? exec_start(cli, path, buf_str(body))
                  : exec_whole(cli, path, buf_str(body), code);
}

int command_exec(struct cli *cli)
{
    const char *given = args_value(&cli->args, "eval");
    const char *file = args_word(&cli->args, 0);
    const char *input = args_value(&cli->args, "input");
    BUF_CLEANUP struct buf body = BUF_INIT;
    struct str code = str_from(given);
    struct str value = STR_NULL;
    int r = CLI_DONE;

    if (!given == !file)
        return cli_fail(cli, CLI_USAGE, "`writ help exec` shows examples.",
                        "exec takes a FILE, or - for standard input, or -e CODE");
    if (file)
        r = cli_read_file(cli, file, EXEC_CODE_MAX, &code);
    if (r == CLI_DONE && input)
        r = exec_json(cli, "--input", input, &value);
    if (r != CLI_DONE)
        return r;
    if (!str_is_utf8(code))
        return cli_fail(cli, CLI_USAGE, NULL, "the program is no UTF-8 text");
    buf_add_c(&body, "{\"code\":");
    buf_add_json(&body, code);
    if (value.ptr) {
        buf_add_c(&body, ",\"input\":");
        buf_add_str(&body, value);
    }
    return exec_send(cli, STR("/v1/executions"), &body, code);
}

int command_tools_call(struct cli *cli)
{
    struct str address = str_from(args_word(&cli->args, 0));
    const char *given = args_word(&cli->args, 1);
    BUF_CLEANUP struct buf body = BUF_INIT;
    struct str value = STR("{}");
    struct str path =
        str_printf(cli->arena, "/v1/tools/%.*s/call", STR_ARG(cli_percent(cli->arena, address)));
    int r = given ? exec_json(cli, "the argument", given, &value) : CLI_DONE;

    if (r != CLI_DONE)
        return r;
    buf_add_c(&body, "{\"args\":");
    buf_add_str(&body, value);
    return exec_send(cli, path, &body, STR_NULL);
}
