/*
 * import - the MCP servers that other programs on this machine are already configured with.
 *
 * Looked for: ~/.claude.json, .mcp.json, ~/.cursor/mcp.json, .cursor/mcp.json, .vscode/mcp.json,
 * mcp.json and settings.json of VS Code's user, ~/.codex/config.toml, .codex/config.toml.
 *
 * Easy to get wrong: values of an environment are often secrets. They go into the request to the
 * daemon and nowhere else: what is shown has their names.
 */
#ifndef WRIT_PROC_CLI_IMPORT_H
#define WRIT_PROC_CLI_IMPORT_H

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "format/json/json.h"

#define IMPORT_BYTES_MAX (8U * 1024U * 1024U) /* of one file */
#define IMPORT_MAX       256U                 /* servers */

struct import_one {
    struct str name; /* as a source may be called */
    struct str from; /* whose configuration */
    struct str file;
    struct str folder;
    struct str words;   /* JSON: its command */
    struct str env;     /* JSON: {NAME: value}; never shown */
    struct str names;   /* of what is in env */
    struct str left;    /* names of what is left out of it */
    struct str problem; /* null: it can be imported */
};

struct import_list {
    struct arena *arena;
    struct str home;
    struct str here;  /* the working folder */
    struct str codex; /* CODEX_HOME, or null */
    struct import_ones VEC(struct import_one) ones;
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
/* Adds the servers of one file. lookup: a variable of the environment, or NULL. */
typedef const char *import_lookup(const char *name);
void import_file_take(struct import_list *list, const struct import_file *file,
                      import_lookup *lookup);

#endif
