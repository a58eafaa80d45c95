/*
 * args - what a person typed, against a table of commands.
 *
 * A command's name is one word or two ("sources add"); the longest that fits is taken. Options
 * may stand anywhere after it, values as "--name value" or "--name=value"; everything after "--"
 * is left alone. What is not understood is a sentence that names the nearest thing there is.
 */
#ifndef WRIT_PROC_CLI_ARGS_H
#define WRIT_PROC_CLI_ARGS_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

struct cli;

/* What the value of an option may be. */
enum args_kind {
    ARGS_TEXT,   /* not empty; at most max bytes */
    ARGS_ANY,    /* whatever it is */
    ARGS_MANY,   /* as TEXT, and the option may be given again */
    ARGS_NUMBER, /* from min to max; max 0: no limit */
    ARGS_PLACE,  /* HOST:PORT of this machine */
    ARGS_ONE_OF, /* one of .of */
    ARGS_JSON,
};

struct args_option {
    const char *name;  /* without its dashes */
    char letter;       /* 0: none */
    const char *value; /* what stands for its value in the help; NULL: it takes none */
    const char *help;
};

/*
 * Of the options of this name, in every command where it takes this; the first that fits. Those
 * without one are ARGS_TEXT.
 */
struct args_rule {
    const char *option;
    const char *value; /* what stands for it in the help; NULL: whatever does */
    enum args_kind kind;
    uint64_t min;
    uint64_t max;
    const char *const *of; /* ends with NULL */
};

/* A command whose first word is an id. */
struct args_id {
    const char *command;
    const char *kind;    /* "exe" */
    const char *instead; /* or this word; NULL: none */
};

struct args_command {
    const char *name;
    const char *words;   /* positional arguments, as the help shows them */
    const char *summary; /* one line */
    const struct args_option *options;
    size_t option_count;
    size_t words_min;
    size_t words_max;
    bool rest; /* takes what follows "--" */
    int (*run)(struct cli *cli);
};

struct args_given {
    const struct args_option *option;
    const char *value; /* NULL: it takes none */
};

struct args {
    const struct args_command *command;
    struct args_given *given;
    size_t given_count;
    const char **words;
    size_t word_count;
    char **rest; /* after "--"; NULL: there was none */
    size_t rest_count;
    bool help; /* --help was asked for */
};

enum args_answer {
    ARGS_OK = 0,
    ARGS_WRONG = 1, /* *problem says what */
};

struct args_table {
    const struct args_command *commands;
    size_t count;
    const struct args_option *everywhere; /* options that every command takes */
    size_t everywhere_count;
    const struct args_rule *rules;
    size_t rules_count;
    const struct args_id *ids;
    size_t ids_count;
};

/* argv without the program's name. Borrows argv; lists live in the arena. */
MUST int args_parse(const struct args_table *table, char **argv, struct arena *arena,
                    struct args *ret_args, struct buf *problem);

/* False, with a sentence: the value is none that the option takes. */
bool args_value_check(const struct args_table *table, const struct args_given *given,
                      struct arena *arena, struct buf *problem);
/* May the option be given again, with another value? */
bool args_value_repeats(const struct args_table *table, const struct args_option *option);
/* The same as args_value_check, of the words. */
bool args_words_check(const struct args_table *table, const struct args *args, struct buf *problem);

bool args_has(const struct args *args, const char *option);
/* The last value given; NULL: none. */
const char *args_value(const struct args *args, const char *option);
/* Word number index, or NULL. */
const char *args_word(const struct args *args, size_t index);

/* How many insertions, deletions, changes and swaps of neighbours lie between the two. */
size_t args_distance(struct str a, struct str b);
/* The nearest of the names, or NULL if none is near. */
const char *args_nearest(struct str text, const char *const *names, size_t count);

/* How a command is used, with its options. */
void args_usage(struct buf *out, const struct args_table *table,
                const struct args_command *command);

#endif
