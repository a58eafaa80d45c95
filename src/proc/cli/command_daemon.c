/* writ up, down, status, mcp. */
#include "proc/cli/client.h"
#include "proc/cli/parts.h"
#include "sys/clock.h"
#include "sys/disk.h"

#include "edge/api/api.h"

#include <unistd.h>

#define DOWN_MS 30000

static void status_print(struct cli *cli, const struct json_value *status);

/* The keeper says ready when HTTP answers, or cannot: one look is enough. */
static int up_status(struct cli *cli, bool http)
{
    struct client_response response;
    int r = client_find(cli);

    if (r == CLI_DONE)
        r = client_ask(cli, "GET", STR("/v1/status"), STR_NULL, &response);
    if (r != CLI_DONE)
        return r;
    if (http && json_is_string(json_get(response.body, "http_error")))
        return cli_fail(cli, CLI_OWNED, "`writ down`, then `writ up --http` with another port.",
                        "it runs, and does not answer HTTP: %.*s",
                        STR_ARG(cli_field(cli, response.body, "http_error")));
    if (http && !json_is_string(json_get(response.body, "http")))
        return cli_fail(cli, CLI_AGAIN, "`writ status` says when it does.",
                        "it runs, and does not answer HTTP yet");
    status_print(cli, response.body);
    return CLI_DONE;
}

int command_up(struct cli *cli)
{
    struct parts_plan plan = {
        .http = args_value(&cli->args, "http"),
        .workers = args_value(&cli->args, "workers"),
        .foreground = args_has(&cli->args, "foreground"),
    };
    int r = client_find(cli);

    if (r == CLI_DONE) {
        cli_say(cli, "it runs already");
        return plan.http || plan.workers ? cli_fail(cli, CLI_OWNED, "Run `writ down` first.",
                                                    "its options stay as they are")
                                         : command_status(cli);
    }
    if (r != CLI_NO_DAEMON)
        return r;
    r = parts_start(cli, &plan);
    return r == CLI_DONE ? up_status(cli, plan.http) : r;
}

/* Somebody holds the store's lock. */
static bool down_is_held(struct cli *cli)
{
    struct disk *disk = NULL;
    struct str holder;
    bool held = false;

    if (disk_open(cli->paths.data, DISK_READ, &disk) == 0)
        held = disk_lock_holder(disk, "lock", cli->arena, &holder) == DISK_OWNED;
    (void)disk_close(disk);
    return held;
}

int command_down(struct cli *cli)
{
    struct client_response response;
    int64_t due_ns = clock_mono_ns() + DOWN_MS * INT64_C(1000000);
    int r = client_find(cli);

    if (r == CLI_NO_DAEMON && !cli->client) {
        cli_say(cli, "no daemon runs");
        return CLI_DONE;
    }
    if (r == CLI_DONE)
        r = client_ask(cli, "POST", STR("/v1/shutdown"), STR("{\"reason\":\"writ down\"}"),
                       &response);
    if (r != CLI_DONE)
        return r;
    r = client_next(cli->client, DOWN_MS, &response);
    while (r >= 0 && down_is_held(cli) && clock_mono_ns() < due_ns)
        (void)usleep(2000);
    if (r < 0 || r == CLIENT_LATE || down_is_held(cli))
        return cli_fail(cli, CLI_AGAIN, "Calls that are under way are awaited; try again.",
                        "it has not ended yet");
    return CLI_DONE;
}

static void status_line(struct cli *cli, const char *name, struct str value)
{
    if (str_is(value, "-"))
        return;
    buf_printf(&cli->out, "%-12s", name);
    buf_add_str(&cli->out, value);
    buf_add_char(&cli->out, '\n');
}

static void status_processes(struct cli *cli, const struct json_value *status)
{
    struct json_iter iter = json_iter(json_get(status, "processes"));
    const struct json_value *process;
    BUF_CLEANUP struct buf line = BUF_INIT;
    bool again = false;
    struct str log;

    while ((process = json_next(&iter))) {
        uint64_t restarts = json_u64_or(json_get(process, "restarts"), 0);

        buf_printf(&line, "%s%.*s %.*s", line.len ? ", " : "",
                   STR_ARG(cli_field(cli, process, "kind")),
                   STR_ARG(cli_field(cli, process, "pid")));
        if (restarts > 0)
            buf_printf(&line, " (started again %llu time%s)", (unsigned long long)restarts,
                       restarts == 1 ? "" : "s");
        again = again || restarts > 0;
    }
    if (line.len > 0)
        status_line(cli, "processes", buf_str(&line));
    log = str_printf(cli->arena, "%.*s/keeper.log", STR_ARG(json_get_str(status, "runtime")));
    if (again && access(log.ptr, R_OK) == 0)
        status_line(cli, "why",
                    str_printf(cli->arena, "%.*s says what the parts that were started again said",
                               STR_ARG(log)));
}

static void status_people(struct cli *cli, const struct json_value *status)
{
    const struct json_value *counts = json_get(status, "counts");
    struct json_iter walls = json_iter(json_get(status, "walls_missing"));
    const struct json_value *wall;
    int64_t started_ms;

    status_line(cli, "version", cli_field(cli, status, "version"));
    status_line(cli, "pid", cli_field(cli, status, "pid"));
    if (api_time_parse(json_get_str(status, "started_at"), &started_ms))
        status_line(cli, "up for", text_span(cli->arena, clock_now_ms() - started_ms));
    status_line(cli, "data", cli_field(cli, status, "data"));
    status_line(cli, "socket", cli_field(cli, status, "socket"));
    status_line(cli, "http", cli_field(cli, status, "http"));
    status_line(cli, "token file", cli_field(cli, status, "token_file"));
    status_processes(cli, status);
    status_line(cli, "log",
                str_printf(cli->arena, "line %.*s, durable to %.*s",
                           STR_ARG(cli_field(cli, status, "sequence")),
                           STR_ARG(cli_field(cli, status, "durable"))));
    status_line(cli, "live",
                str_printf(cli->arena, "%.*s executions, %.*s inputs, %.*s sources, %.*s sessions",
                           STR_ARG(cli_field(cli, counts, "executions")),
                           STR_ARG(cli_field(cli, counts, "inputs")),
                           STR_ARG(cli_field(cli, counts, "sources")),
                           STR_ARG(cli_field(cli, counts, "sessions"))));
    while ((wall = json_next(&walls)))
        status_line(cli, "missing", text_clean(cli->arena, json_str(wall)));
    status_line(cli, "http fails", cli_field(cli, status, "http_error"));
    status_line(cli, "stopped", cli_field(cli, status, "stopped"));
}

static void status_print(struct cli *cli, const struct json_value *status)
{
    if (cli->json)
        cli_print_json(cli, status);
    else
        status_people(cli, status);
}

int command_status(struct cli *cli)
{
    struct client_response response;
    int r = client_find(cli);

    if (r == CLI_NO_DAEMON && !cli->client) {
        if (cli->json)
            buf_printf(&cli->out, "{\"running\":false}\n");
        return cli_fail(cli, CLI_NO_DAEMON, "Start it with `writ up`.", "no daemon runs");
    }
    if (r == CLI_DONE)
        r = client_ask(cli, "GET", STR("/v1/status"), STR_NULL, &response);
    if (r != CLI_DONE)
        return r;
    status_print(cli, response.body);
    return CLI_DONE;
}

int command_mcp(struct cli *cli)
{
    struct client_response response;
    int r = client_need(cli);

    if (r != CLI_DONE)
        return r;
    r = client_attach(cli->client, STDIN_FILENO, STDOUT_FILENO);
    if (r < 0)
        return cli_fault(cli, r, "handing over standard input and output");
    r = client_next(cli->client, -1, &response);
    if (r == CLIENT_DETACHED)
        return CLI_DONE;
    if (r == CLIENT_RESPONSE && json_get(response.body, "error"))
        return cli_print_error(cli, json_get(response.body, "error"));
    return r < 0 ? cli_fault(cli, r, "the daemon's socket")
                 : cli_fail(cli, CLI_NO_DAEMON, NULL, "the daemon ended");
}
