/*
 * ask - an input, shown to the person exactly as it is, and their answer sent to the daemon.
 */
#ifndef WRIT_PROC_CLI_ASK_H
#define WRIT_PROC_CLI_ASK_H

#include "format/json/json.h"
#include "proc/cli/cli.h"

enum ask_choice {
    ASK_NOTHING, /* not understood: ask again */
    ASK_LATER,   /* leave it open */
    ASK_SHOW,    /* all of it, please */
    ASK_APPROVE,
    ASK_DENY,
    ASK_DONE,
    ASK_NOT_DONE,
    ASK_AGAIN,
    ASK_FILL, /* the form, field by field */
};

/* All that is asked, for people; whole: however long. */
void ask_print(struct cli *cli, const struct json_value *input, bool whole, struct buf *out);
/* The question, with the letters that answer it. */
const char *ask_question(const struct json_value *input);
/* What a typed line means as an answer to that input. */
enum ask_choice ask_understand(const struct json_value *input, struct str line);
/* The API's word for a choice that is an answer; NULL for the others. */
const char *ask_answer(enum ask_choice choice);

/*
 * Asks for each field of the form; *ret_value is a JSON object. False: they ended it.
 */
MUST bool ask_form(struct cli *cli, const struct json_value *input, struct str *ret_value);

/*
 * Sends an answer. value: JSON, with done and submit only; null: none. CLI_DONE, or it has said
 * why not and gives the exit code.
 */
MUST int ask_send(struct cli *cli, struct str id, const char *answer, struct str value,
                  const char *via);

#endif
