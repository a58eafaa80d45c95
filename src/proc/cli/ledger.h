/*
 * ledger - what the log says about executions, read by this process itself: no daemon is needed.
 *
 * Easy to get wrong: a line's texts are gone with the next ledger_next().
 */
#ifndef WRIT_PROC_CLI_LEDGER_H
#define WRIT_PROC_CLI_LEDGER_H

#include "base/arena.h"
#include "base/vec.h"
#include "format/json/json.h"
#include "proc/cli/cli.h"
#include "store/log/log.h"

struct ledger;

/* Opens the log for reading. CLI_DONE, or it has said why not and gives the exit code. */
MUST int ledger_open(struct cli *cli, struct ledger **ret_ledger);
struct ledger *ledger_close(struct ledger *ledger);
CLEANUP_DEFINE(struct ledger, ledger_close)

enum ledger_answer {
    LEDGER_END = 256,  /* no more now */
    LEDGER_LINE = 257, /* one was given */
};
/* LEDGER_LINE, LEDGER_END, or it has said what is wrong and gives the exit code. */
MUST int ledger_next(struct ledger *ledger, struct log_line *ret_line);

/* The events of a line, parsed; in an arena of the ledger, until the next call. NULL: erased. */
const struct json_value *ledger_events(struct ledger *ledger, const struct log_line *line);

/* The same, of the text of a line's events. NULL: it is no list. */
const struct json_value *ledger_parse(struct arena *arena, struct str events);

/* Says what a trouble is; gives the exit code. answer: of the log. */
int ledger_trouble(struct cli *cli, int answer, const struct log_trouble *trouble);

/* ---- one execution ---- */

struct ledger_call {
    uint32_t number;
    struct str address;
    struct str effect;
    struct str state; /* received refused waiting frozen running ... */
    struct str rule;
    struct str layer;
    struct str person; /* who answered its input, and how; null: nobody */
    struct str sent;
    struct str writ;
    struct str note; /* an error's message, a size, ... */
    uint32_t attempts;
    int64_t received_ms;
    int64_t running_ms;
    int64_t settled_ms;
};

struct ledger_input {
    struct str id;
    uint32_t call;
};

/* Filled event by event. Texts live in the arena. */
struct ledger_story {
    struct arena *arena;
    uint64_t execution; /* handle; 0: not found yet */
    struct str id;
    struct str state; /* of its end; null: it lives */
    int64_t received_ms;
    int64_t ended_ms;
    struct ledger_calls VEC(struct ledger_call) calls; /* number - 1 */
    struct ledger_inputs VEC(struct ledger_input) inputs;
};

/* True if the event belongs to the story; it is then part of it. */
bool ledger_tell(struct ledger_story *story, const struct json_value *event, int64_t at_ms);
/* True if a line may hold an event of the story: cheap. */
bool ledger_may_tell(const struct ledger_story *story, const struct log_line *line);
void ledger_story_fini(struct ledger_story *story);

/* One event in words: "#3 waiting for approval, by rule default-write of layer default". */
void ledger_print_event(struct arena *arena, const struct json_value *event, struct buf *out);
/* Every call in a table. */
void ledger_print_calls(const struct ledger_story *story, struct text_table *table);
void ledger_print_calls_json(const struct ledger_story *story, struct buf *out);

#endif
