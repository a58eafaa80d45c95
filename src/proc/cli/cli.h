/*
 * proc/cli - what a person types: `writ`.
 *
 * Each command is one function that takes struct cli and gives an exit code. The answer goes to
 * standard output and nothing else does; what is said about it goes to standard error. What the
 * daemon must do is asked over its socket (client.h); the log is read by this process itself.
 *
 * Easy to get wrong: a command may run where no terminal is, and what it prints may come from a
 * stranger: ask only through cli_ask, and print texts of others through text_add_clean.
 */
#ifndef WRIT_PROC_CLI_CLI_H
#define WRIT_PROC_CLI_CLI_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"
#include "proc/cli/args.h"
#include "proc/cli/text.h"
#include "sys/paths.h"

struct client;
struct json_value;

enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_REFUSED = 3,
    CLI_WAITING = 4,
    CLI_NO_DAEMON = 5,
    CLI_DAMAGED = 6,
    CLI_OWNED = 7,
    CLI_UNKNOWN = 8,
    CLI_INTERNAL = 70,
    CLI_AGAIN = 75,
    CLI_INTERRUPTED = 130,
};

struct cli {
    struct arena *arena;
    const struct args_table *table;
    struct args args;
    struct paths paths; /* after cli_paths */
    bool json;
    bool out_tty;   /* standard output is a terminal */
    bool err_tty;   /* standard error is one */
    bool color;     /* on standard output */
    bool err_color; /* on standard error */
    unsigned width; /* of standard output's terminal; 0: none */
    unsigned err_width;
    struct buf out; /* goes to standard output at the end, and at cli_flush */
    struct client *client;
};

/* Writes what is in out. */
void cli_flush(struct cli *cli);

/* "writ: <sentence>" on standard error. */
void cli_say(struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
/* A line of its own on standard error, as it is. */
void cli_note(struct cli *cli, struct str line);
/* Says what went wrong and the way out, and gives code back. way_out: NULL is none. */
int cli_fail(struct cli *cli, enum cli_exit code, const char *way_out, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* A fault: what could not be done, and the frames it came through. */
int cli_fault(struct cli *cli, int fault, const char *what);

/* The folders; says why not. CLI_DONE or an exit code. */
MUST int cli_paths(struct cli *cli);

/* Whether somebody can be asked. */
bool cli_can_ask(void);
/* Asks for a line; the answer is in the arena, trimmed. False: nobody there, or they ended it. */
bool cli_ask(struct cli *cli, const char *question, struct str *ret_answer);
/* Asks yes or no; no is what nothing means. */
bool cli_confirm(struct cli *cli, const char *question);

/* A member of a response as text, cleaned for one line; "-" where it is missing. */
struct str cli_field(struct cli *cli, const struct json_value *object, const char *name);

/* Prints the JSON value for programs: over several lines on a terminal, on one otherwise. */
void cli_print_json(struct cli *cli, const struct json_value *value);
/* An {"error":{...}}'s value for people on standard error; gives its exit code. */
int cli_print_error(struct cli *cli, const struct json_value *error);
/* How a class of effects is told from others. */
enum text_color cli_effect_color(struct str effect);
/* What looks strange about a tool: a line each. */
void cli_print_findings(struct cli *cli, const struct json_value *tool, struct buf *out);
/* A table at the end of out. */
void cli_print_table(struct cli *cli, struct text_table *table);
/* The ways to be let in by a source, and which it has: a line each. */
void cli_print_schemes(struct cli *cli, const struct json_value *source, struct buf *out);

/* A command as one could type it: words with anything unusual are quoted. */
struct str cli_words(struct cli *cli, const struct json_value *words);

/* A segment of a path or a value of a query, percent-encoded. */
struct str cli_percent(struct arena *arena, struct str text);

/* The file's content, of at most max bytes; "-" is standard input. Says why not. */
MUST int cli_read_file(struct cli *cli, const char *path, size_t max, struct str *ret_text);

/* The commands, by file. */
int command_up(struct cli *cli);
int command_down(struct cli *cli);
int command_status(struct cli *cli);
int command_exec(struct cli *cli);
int command_mcp(struct cli *cli);
int command_sources_list(struct cli *cli);
int command_sources_add(struct cli *cli);
int command_sources_show(struct cli *cli);
int command_sources_diff(struct cli *cli);
int command_sources_approve(struct cli *cli);
int command_sources_auth(struct cli *cli);
int command_sources_reject(struct cli *cli);
int command_sources_remove(struct cli *cli);
int command_sources_refresh(struct cli *cli);
int command_sources_import(struct cli *cli);
int command_tools_search(struct cli *cli);
int command_tools_describe(struct cli *cli);
int command_tools_call(struct cli *cli);
int command_policy_show(struct cli *cli);
int command_policy_apply(struct cli *cli);
int command_policy_why(struct cli *cli);
int command_inbox(struct cli *cli);
int command_inbox_list(struct cli *cli);
int command_inbox_show(struct cli *cli);
int command_inbox_answer(struct cli *cli);
int command_log_list(struct cli *cli);
int command_log_show(struct cli *cli);
int command_audit_verify(struct cli *cli);
int command_audit_export(struct cli *cli);
int command_version(struct cli *cli);
int command_help(struct cli *cli);
int command_completion(struct cli *cli);

extern const struct args_table cli_table;

#endif
