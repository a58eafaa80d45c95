/*
 * writ log, writ audit: the log is read by this process; no daemon need run.
 *
 * Showing an execution is one pass: until it is found lines are only searched for its id, after
 * that for its handle and its inputs.
 */
#include "base/map.h"
#include "edge/api/api.h"
#include "proc/cli/show.h"
#include "sys/clock.h"
#include "sys/disk.h"

#include <stdio.h>

#define LOG_LIST_DEFAULT 20U
#define LOG_TITLE_MAX    200U

/* ---- list ---- */

struct list_row {
    uint64_t execution;
    struct str id;
    struct str actor;
    struct str state;
    struct str title;
    uint64_t calls;
    uint64_t open; /* inputs */
    int64_t received_ms;
    int64_t ended_ms;
};

struct list_rows VEC(struct list_row);

struct list {
    struct arena *arena;
    struct list_rows rows; /* in the order of their handles */
    struct map inputs;     /* id -> handle, while open */
};

static struct list_row *list_find(struct list *list, uint64_t execution)
{
    size_t from = 0;
    size_t to = list->rows.count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (list->rows.at[middle].execution == execution)
            return &list->rows.at[middle];
        if (list->rows.at[middle].execution < execution)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

/* The first line of a program that says something. */
static struct str list_title(struct arena *arena, struct str code)
{
    while (code.ptr) {
        struct str line = str_trim(str_split(&code, '\n'));

        if (line.len > 0)
            return str_copy(arena, str_slice(line, 0, LOG_TITLE_MAX));
    }
    return STR("");
}

static void list_received(struct list *list, const struct json_value *event, int64_t at_ms)
{
    struct list_row *row = VEC_PUSH(&list->rows);

    *row = (struct list_row){
        .execution = json_u64_or(json_get(event, "execution"), 0),
        .id = str_copy(list->arena, json_get_str(event, "id")),
        .actor = str_copy(list->arena, json_get_str(json_get(event, "who"), "actor")),
        .title = list_title(list->arena, json_get_str(event, "code")),
        .received_ms = at_ms,
    };
}

static void list_input(struct list *list, const struct json_value *event, bool opened)
{
    struct str id = json_get_str(event, "input");
    struct list_row *row;
    uint64_t *execution;

    if (opened) {
        execution = ARENA_NEW(list->arena, uint64_t);
        *execution = json_u64_or(json_get(event, "execution"), 0);
        (void)map_put(&list->inputs, str_copy(list->arena, id), execution);
    } else {
        execution = map_take(&list->inputs, id);
    }
    row = execution ? list_find(list, *execution) : NULL;
    if (row && opened)
        row->open++;
    else if (row && row->open > 0)
        row->open--;
}

static void list_event(struct list *list, const struct json_value *event, int64_t at_ms)
{
    struct str type = json_get_str(event, "type");
    struct list_row *row;

    if (str_is(type, "execution.received"))
        list_received(list, event, at_ms);
    else if (str_is(type, "input.opened"))
        list_input(list, event, true);
    else if (str_is(type, "input.answered") || str_is(type, "input.closed"))
        list_input(list, event, false);
    if (!str_is(type, "execution.ended"))
        return;
    row = list_find(list, json_u64_or(json_get(event, "execution"), 0));
    if (!row)
        return;
    row->state = str_copy(list->arena, json_get_str(event, "state"));
    row->calls = json_u64_or(json_get(event, "calls"), 0);
    row->ended_ms = at_ms;
}

static bool list_wants(struct str events)
{
    return str_find(events, STR("\"execution.received")) != SIZE_MAX ||
           str_find(events, STR("\"execution.ended")) != SIZE_MAX ||
           str_find(events, STR("\"input.")) != SIZE_MAX;
}

static int list_read(struct cli *cli, struct list *list)
{
    CLEANUP(ledger_close) struct ledger *ledger = NULL;
    const struct json_value *event;
    struct log_line line;
    int r = ledger_open(cli, &ledger);

    while (r == CLI_DONE) {
        struct json_iter iter;

        r = ledger_next(ledger, &line);
        if (r == LEDGER_END)
            return CLI_DONE;
        if (r != LEDGER_LINE)
            return r;
        r = CLI_DONE;
        if (!list_wants(line.events))
            continue;
        iter = json_iter(ledger_events(ledger, &line));
        while ((event = json_next(&iter)))
            list_event(list, event, line.at_ms);
    }
    return r;
}

static struct str list_state(const struct list_row *row)
{
    if (row->state.ptr)
        return row->state;
    return row->open > 0 ? STR("waiting") : STR("running");
}

static void list_print(struct cli *cli, const struct list *list, size_t from)
{
    int64_t now_ms = clock_now_ms();
    struct text_table table;

    text_table_init(&table, cli->arena, "EXECUTION|STATE|>AGO|>TOOK|>CALLS|WHO|PROGRAM");
    for (size_t i = from; i < list->rows.count; i++) {
        const struct list_row *row = &list->rows.at[i];

        text_table_add(&table, row->id);
        text_table_add(&table, list_state(row));
        text_table_add(&table, text_span(cli->arena, now_ms - row->received_ms));
        text_table_add(&table, row->state.ptr
                                   ? text_span(cli->arena, row->ended_ms - row->received_ms)
                                   : STR("-"));
        text_table_add(&table, row->state.ptr
                                   ? str_printf(cli->arena, "%llu", (unsigned long long)row->calls)
                                   : STR("-"));
        text_table_add(&table, row->actor);
        text_table_add(&table, row->title);
    }
    if (table.cell_count == 0)
        cli_say(cli, "nothing ran yet");
    else
        cli_print_table(cli, &table);
}

static void list_print_json(struct cli *cli, const struct list *list, size_t from)
{
    struct buf *out = &cli->out;

    buf_add_c(out, "{\"executions\":[");
    for (size_t i = from; i < list->rows.count; i++) {
        const struct list_row *row = &list->rows.at[i];

        buf_add_c(out, i > from ? ",{\"id\":" : "{\"id\":");
        buf_add_json(out, row->id);
        buf_add_c(out, ",\"state\":");
        buf_add_json(out, list_state(row));
        buf_add_c(out, ",\"actor\":");
        buf_add_json(out, row->actor);
        buf_add_c(out, ",\"received_at\":\"");
        api_add_time(out, row->received_ms);
        buf_add_c(out, "\",\"title\":");
        buf_add_json(out, row->title);
        if (row->state.ptr)
            buf_printf(out, ",\"ms\":%lld,\"calls\":%llu",
                       (long long)(row->ended_ms - row->received_ms),
                       (unsigned long long)row->calls);
        buf_add_char(out, '}');
    }
    buf_add_c(out, "]}\n");
}

static void list_fini(struct list *list)
{
    VEC_FINI(&list->rows);
    map_fini(&list->inputs);
}

int command_log_list(struct cli *cli)
{
    struct list list = { .arena = cli->arena, .inputs = MAP_INIT };
    const char *given = args_value(&cli->args, "limit");
    uint64_t limit = LOG_LIST_DEFAULT;
    size_t from;
    int r;

    if (given)
        CHECK(str_to_u64(str_from(given), &limit));
    r = list_read(cli, &list);
    from = list.rows.count > limit ? list.rows.count - (size_t)limit : 0;
    if (r == CLI_DONE && cli->json)
        list_print_json(cli, &list, from);
    else if (r == CLI_DONE)
        list_print(cli, &list, from);
    list_fini(&list);
    return r;
}

/* ---- show ---- */

/* The execution that "last" stands for. */
static int show_last(struct cli *cli, struct str *ret_id)
{
    struct list list = { .arena = cli->arena, .inputs = MAP_INIT };
    int r = list_read(cli, &list);

    if (r == CLI_DONE && list.rows.count == 0)
        r = cli_fail(cli, CLI_FAILED, NULL, "nothing ran yet");
    else if (r == CLI_DONE)
        *ret_id = list.rows.at[list.rows.count - 1].id;
    list_fini(&list);
    return r;
}

int command_log_show(struct cli *cli)
{
    struct ledger_story story = { .arena = cli->arena, .id = str_from(args_word(&cli->args, 0)) };
    int r = CLI_DONE;

    if (str_is(story.id, "last"))
        r = show_last(cli, &story.id);
    if (r == CLI_DONE)
        r = show_story(cli, &story);
    ledger_story_fini(&story);
    return r;
}

/* ---- audit ---- */

static void audit_print(struct cli *cli, const struct log_proof *proof)
{
    struct buf *out = &cli->out;

    if (cli->json) {
        buf_printf(out,
                   "{\"holds\":true,\"lines\":%llu,\"first_seq\":%llu,\"last_seq\":%llu,"
                   "\"durable\":%llu,\"segments\":%llu,\"bytes\":%llu,\"erased\":%llu,"
                   "\"torn_bytes\":%llu,\"head\":\"%.*s\"}\n",
                   (unsigned long long)proof->lines, (unsigned long long)proof->first_seq,
                   (unsigned long long)proof->last_seq, (unsigned long long)proof->durable,
                   (unsigned long long)proof->segments, (unsigned long long)proof->bytes,
                   (unsigned long long)proof->erased, (unsigned long long)proof->torn_bytes,
                   (int)LOG_HASH_LEN, proof->head);
        return;
    }
    buf_printf(out, "the chain holds: %llu lines (%llu to %llu) in %llu segments, %llu bytes\n",
               (unsigned long long)proof->lines, (unsigned long long)proof->first_seq,
               (unsigned long long)proof->last_seq, (unsigned long long)proof->segments,
               (unsigned long long)proof->bytes);
    buf_printf(out, "head %.*s\n", (int)LOG_HASH_LEN, proof->head);
    if (proof->erased > 0)
        buf_printf(out, "%llu bodies are erased; their digests are part of the chain\n",
                   (unsigned long long)proof->erased);
    if (proof->torn_bytes > 0)
        buf_printf(out, "%llu bytes after the last whole line are being written, or torn\n",
                   (unsigned long long)proof->torn_bytes);
}

int command_audit_verify(struct cli *cli)
{
    struct disk *disk = NULL;
    struct log_proof proof;
    struct log_trouble trouble = { 0 };
    int r = cli_paths(cli);

    if (r != CLI_DONE)
        return r;
    r = disk_open(cli->paths.data, DISK_READ, &disk);
    if (r == DISK_ABSENT)
        return cli_fail(cli, CLI_FAILED, NULL, "there is no log in %s", cli->paths.data);
    if (r > 0)
        return cli_fail(cli, CLI_FAILED, NULL, "%s cannot be trusted: `writ up` says why",
                        cli->paths.data);
    if (r == 0)
        r = log_verify(disk, cli->arena, &proof, &trouble);
    disk = disk_close(disk);
    if (r < 0)
        return cli_fault(cli, r, cli->paths.data);
    if (r != LOG_END)
        return ledger_trouble(cli, r, &trouble);
    audit_print(cli, &proof);
    return CLI_DONE;
}

int command_audit_export(struct cli *cli)
{
    CLEANUP(ledger_close) struct ledger *ledger = NULL;
    const char *from_given = args_value(&cli->args, "from");
    const char *to_given = args_value(&cli->args, "to");
    uint64_t from = 1;
    uint64_t to = UINT64_MAX;
    struct log_line line;
    int r;

    CHECK(!from_given || str_to_u64(str_from(from_given), &from));
    CHECK(!to_given || str_to_u64(str_from(to_given), &to));
    if (from > to)
        return cli_fail(cli, CLI_USAGE, NULL, "--from %llu is behind --to %llu",
                        (unsigned long long)from, (unsigned long long)to);
    r = ledger_open(cli, &ledger);
    if (r != CLI_DONE)
        return r;
    while ((r = ledger_next(ledger, &line)) == LEDGER_LINE && line.seq <= to) {
        if (line.seq < from)
            continue;
        buf_add_str(&cli->out, line.text);
        buf_add_char(&cli->out, '\n');
        if (cli->out.len > (1U << 20))
            cli_flush(cli);
    }
    return r == LEDGER_END || r == LEDGER_LINE ? CLI_DONE : r;
}
