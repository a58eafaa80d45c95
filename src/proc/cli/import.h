/*
 * import - the MCP servers that other programs on this machine are already configured with.
 *
 * Looked for: ~/.claude.json, .mcp.json, ~/.cursor/mcp.json, .cursor/mcp.json, .vscode/mcp.json,
 * mcp.json and settings.json of VS Code's user, ~/.codex/config.toml, .codex/config.toml.
 *
 * A server is a command with its environment, or an address with its headers. What a value refers
 * to is put into it: variables of our environment (${NAME}, ${env:NAME}, ${NAME:-text}), folders;
 * what a person is to type (${input:ID}, of VS Code) stays until it was typed.
 *
 * Easy to get wrong: values of an environment, and of headers, are often secrets. They go into the
 * request to the daemon and nowhere else: what is shown has their names.
 */
#ifndef WRIT_PROC_CLI_IMPORT_H
#define WRIT_PROC_CLI_IMPORT_H

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "format/json/json.h"

#define IMPORT_BYTES_MAX (8U * 1024U * 1024U) /* of one file */
#define IMPORT_MAX       256U                 /* servers */

/* A variable of its environment, or a header. */
struct import_pair {
    struct str name;
    struct str value; /* never shown */
    bool secret;      /* is sealed, also where nothing but this says so */
};

/* What a person is asked for. */
struct import_input {
    struct str file; /* that names it so */
    struct str id;
    struct str description;
    struct str fallback;
    struct str typed; /* null: not yet */
    bool hidden;
};

struct import_one {
    struct str name; /* as a source may be called */
    struct str from; /* whose configuration */
    struct str file;
    struct str folder;
    struct str words; /* JSON: its command; [] where it is an address */
    struct str url;   /* null: it is a command */
    struct import_pair *pairs;
    size_t pairs_count;
    struct str left;    /* what cannot be taken along; null: nothing */
    struct str problem; /* null: it can be imported */
};

struct import_list {
    struct arena *arena;
    struct str home;
    struct str here;  /* the working folder */
    struct str codex; /* CODEX_HOME, or null */
    struct import_ones VEC(struct import_one) ones;
    struct import_inputs VEC(struct import_input) inputs;
    struct import_notes VEC(struct str) notes; /* files that could not be read, and why */
};

/* One file's text, with what may stand in it. kind: json or toml. */
enum import_form { IMPORT_CLAUDE, IMPORT_SERVERS, IMPORT_VSCODE, IMPORT_SETTINGS, IMPORT_CODEX };
struct import_file {
    const char *from;
    enum import_form form;
    struct str path;
    struct str text;
};
#define IMPORT_PAIRS_MAX 256U /* of one server */

/* Do they differ by nothing but case, _ and -? A source is not added beside such a one. */
bool import_is_same_name(struct str a, struct str b);

/* The next input that the value asks for; NULL: none. *at starts at 0, and is then behind it. */
struct import_input *import_input_next(const struct import_list *list, const struct import_one *one,
                                       struct str value, size_t *at);
/* The value with what was typed in it. */
struct str import_value(const struct import_list *list, const struct import_one *one,
                        struct str value);

/* Adds the servers of one file. lookup: a variable of the environment, or NULL. */
typedef const char *import_lookup(const char *name);
void import_file_take(struct import_list *list, const struct import_file *file,
                      import_lookup *lookup);

#endif
