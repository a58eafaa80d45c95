/*
 * Makes the log of a past: executions that were received, ran and ended, decided by the core and
 * written as the daemon writes them.
 *
 * Usage: history FOLDER EVENTS
 */
#include "base/arena.h"
#include "base/buf.h"
#include "domain/core/core.h"
#include "store/log/log.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/loop.h"

#include <stdio.h>
#include <stdlib.h>

struct history {
    struct loop *loop;
    struct disk *disk;
    struct log *log;
    struct core *core;
    struct arena *arena;
    struct arena *turn;
    struct core_update update;
    struct buf text;
    struct loop_ready ready;
    uint64_t events;
};

static void history_must(int r, const char *what)
{
    char text[2048];

    if (r == 0)
        return;
    err_print(text, sizeof(text));
    (void)fprintf(stderr, "%s: %d %s\n", what, r, text);
    exit(1);
}

static void history_step(struct history *history, struct command *command)
{
    struct core_update *update = &history->update;
    uint8_t salt[LOG_SALT_LEN];

    command->now_ms = clock_now_ms();
    clock_entropy_fill(command->entropy, sizeof(command->entropy));
    clock_entropy_fill(salt, sizeof(salt));
    core_step(history->core, command, log_seq_next(history->log), update);
    if (update->events.count == 0)
        return;
    buf_clear(&history->text);
    core_update_print(update, &history->text);
    (void)log_append(history->log, str_from(event_type_name(update->events.at[0].type)),
                     buf_str(&history->text), update->at_ms, salt);
    history->events += update->events.count;
}

static void history_flush(struct history *history)
{
    history_must(log_write(history->log, false, clock_mono_ns()), "write");
    history_must(loop_run_once(history->loop, 0), "turn");
    while (loop_next(history->loop))
        ;
    history_must(log_gather(history->log, clock_mono_ns()), "gather");
}

static void history_program(struct history *history, unsigned number)
{
    struct command execute = { .type = COMMAND_EXECUTE, .token = 1 };
    struct command report = { .type = COMMAND_REPORT };

    execute.as.execute.who = (struct event_who){ .channel = EVENT_CHANNEL_MCP,
                                                 .actor = STR("agent:bench"),
                                                 .agent = STR("bench"),
                                                 .client = STR("bench 1") };
    execute.as.execute.code = str_printf(history->turn, "return %u + 1", number);
    report.as.report.execution = log_seq_next(history->log);
    history_step(history, &execute);
    report.as.report.state = MSG_REPORT_STATE_DONE;
    report.as.report.result = str_printf(history->turn, "%u", number + 1);
    report.as.report.ticks = 1;
    history_step(history, &report);
    core_sweep(history->core);
    arena_reset(history->turn);
}

static void history_open(struct history *history, const char *folder)
{
    struct log_options options = { .holder = STR("bench") };
    struct log_trouble trouble = { 0 };
    struct log_line line;
    int r;

    *history = (struct history){
        .arena = arena_new(0), .turn = arena_new(0), .core = core_new(), .text = BUF_INIT
    };
    core_update_init(&history->update, history->turn);
    history_must(loop_new(&history->loop), "loop");
    history_must(disk_open(folder, DISK_CREATE, &history->disk), "disk");
    history_must(log_open(history->disk, &options, history->arena, &history->log, &trouble), "log");
    do
        r = log_next(history->log, &line, &trouble);
    while (r == LOG_LINE);
    history_must(r, "replay");
    history_must(disk_helper_start(history->disk, history->loop, &history->ready), "helper");
}

int main(int argc, char **argv)
{
    struct history history;
    struct command open = { .type = COMMAND_OPEN };
    uint64_t wanted;

    if (argc != 3 || !str_to_u64(str_from(argv[2]), &wanted)) {
        (void)fprintf(stderr, "usage: history FOLDER EVENTS\n");
        return 2;
    }
    history_open(&history, argv[1]);
    open.as.open.version = STR("bench");
    history_step(&history, &open);
    for (unsigned i = 0; history.events < wanted; i++) {
        history_program(&history, i);
        if (i % 64 == 0)
            history_flush(&history);
    }
    history_must(log_finish(history.log), "finish");
    history.log = log_close(history.log);
    history.disk = disk_close(history.disk);
    history.loop = loop_free(history.loop);
    core_update_fini(&history.update);
    history.core = core_free(history.core);
    buf_fini(&history.text);
    history.turn = arena_free(history.turn);
    history.arena = arena_free(history.arena);
    return 0;
}
