/*
 * view - what the API shows: plain structs that the daemon fills, printed as the JSON of
 * docs/protocol/api.md.
 *
 * Easy to get wrong: a null text (ptr NULL) is printed as null or left out, an empty one as "".
 * Members that hold JSON are printed as they are, so they must be one whole value; empty is none.
 */
#ifndef WRIT_EDGE_API_VIEW_H
#define WRIT_EDGE_API_VIEW_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

/* A list of texts in the arena. */
struct api_words {
    struct str *at;
    size_t count;
};

/* An error of schemas/errors.json; retryable and way out come from there. */
struct api_error {
    struct str code;
    struct str message;
    uint32_t line; /* 0: none */
    uint32_t column;
    struct str stack; /* null: none */
    struct str data;  /* JSON; null: none */
};

/* HTTP status of an error's code; 500 for a code that is none of ours. */
unsigned api_error_status(struct str code);
/* {"error":{...}}: a whole body. */
void api_print_error(struct buf *out, const struct api_error *error);

struct api_console_line {
    struct str level;
    struct str text;
};

struct api_input {
    struct str id;
    struct str kind;      /* approval confirm form secret unknown */
    struct str execution; /* id */
    uint32_t call;        /* 0: of the execution itself */
    struct str address;   /* null: none */
    struct str effect;    /* null: none */
    struct str actor;     /* who asks */
    struct str title;
    struct str detail; /* JSON: what exactly is asked */
    struct str rule;   /* null: none */
    struct str layer;
    int64_t opened_ms;
    int64_t expires_ms;
};

struct api_execution {
    struct str id;
    struct str state; /* running waiting done failed cancelled expired */
    struct str actor;
    struct str channel;
    int64_t received_ms;
    int64_t ended_ms;              /* 0: lives */
    uint32_t calls;                /* made so far */
    struct str title;              /* first line of the program; lists only */
    struct str result;             /* JSON; null: none */
    struct str artifact;           /* digest of a result too large to be here; null: none */
    const struct api_error *error; /* NULL: none */
    const struct api_console_line *console;
    size_t console_count;
    const struct api_input *inputs; /* open ones */
    size_t inputs_count;
};

struct api_finding {
    struct str rule;
    struct str sentence;
};

struct api_tool {
    struct str address;
    struct str name; /* upstream */
    struct str title;
    struct str description;
    struct str effect;
    struct str change; /* new changed removed, or null: as approved */
    bool waiting;      /* for a person; not callable */
    bool rejected;     /* a person said no to it */
    struct str digest;
    struct str input;      /* JSON Schema; null: left out */
    struct str output;     /* JSON Schema; null: none */
    struct str typescript; /* null: left out */
    const struct api_finding *findings;
    size_t findings_count;
};

/* A way to be let in by a source. */
struct api_scheme {
    struct str scheme;
    struct str means; /* for a person: "http basic", "apiKey in header X-Key" */
    struct str bound; /* null: not bound, or not given */
    bool given;
};

struct api_source {
    struct str name;
    struct api_words connections; /* further ones, by name */
    struct str kind;
    struct str state; /* draft probing auth_required connected error removed */
    struct str reason;
    struct api_words command;
    struct api_words env;
    struct str folder;
    struct str url;           /* null: it is a command */
    struct str base_url;      /* where its requests go instead; null: as it says */
    struct api_words headers; /* names of what it was given */
    struct api_words allow;
    struct str server;   /* name and version, as it says */
    struct str digest;   /* of what it offers now; null: not listed yet */
    struct str approved; /* digest that a person approved; null: none */
    struct str stderr_tail;
    uint32_t tools_count;
    uint32_t waiting_count;
    const struct api_scheme *schemes; /* NULL: left out */
    size_t schemes_count;
    uint32_t rejected_count;
    const struct api_tool *tools; /* NULL: left out */
    size_t tools_shown;
    uint64_t tools_next; /* where those that are not here begin; 0: none */
};

struct api_rule {
    struct str name;
    struct str match;
    struct str effect;
    struct str channel;
    struct str agent;
    struct str verdict;
    struct str reason;
};

struct api_layer {
    struct str layer;
    uint32_t version;
    struct str digest;
    const struct api_rule *rules;
    size_t rules_count;
};

struct api_why {
    struct str address;
    struct str effect;
    struct str verdict;
    struct str rule;
    struct str layer;
    struct str reason;
};

struct api_process {
    struct str kind;
    int64_t pid;
    uint32_t number;
    uint32_t restarts;
};

struct api_status {
    struct str version;
    struct str build;
    int64_t pid;
    int64_t started_ms;
    uint64_t epoch;
    uint64_t sequence;
    uint64_t durable;
    struct str data;    /* folder */
    struct str runtime; /* folder */
    struct str socket;
    struct str http;       /* http://host:port, or null: does not listen */
    struct str http_error; /* why it does not; null: not asked to, or it does */
    struct str token_file;
    const struct api_process *processes;
    size_t processes_count;
    struct api_words walls_missing; /* in words */
    struct str stopped;             /* why nothing starts; null: all is well */
    uint64_t executions;
    uint64_t inputs;
    uint64_t sources;
    uint64_t sessions;
};

void api_print_execution(struct buf *out, const struct api_execution *execution);
void api_print_input(struct buf *out, const struct api_input *input);
void api_print_source(struct buf *out, const struct api_source *source);
void api_print_tool(struct buf *out, const struct api_tool *tool);
void api_print_layer(struct buf *out, const struct api_layer *layer);
void api_print_why(struct buf *out, const struct api_why *why);
void api_print_status(struct buf *out, const struct api_status *status);

/*
 * Lists: {"<name>":[a,b,...]}. Begin, then one item before each print, then end.
 *
 *     api_list_begin(out, "sources");
 *     for (...) { api_list_item(out); api_print_source(out, &source); }
 *     api_list_end(out);
 */
void api_list_begin(struct buf *out, const char *name);
void api_list_item(struct buf *out);
void api_list_end(struct buf *out);

/* One frame of a stream: {"event":"<name>","data":<data>}; data is JSON. */
void api_print_event(struct buf *out, const char *name, struct str data);

/* Milliseconds UTC as RFC 3339 with three digits: 2026-01-02T03:04:05.678Z. */
struct str api_time(struct arena *arena, int64_t at_ms);
void api_add_time(struct buf *out, int64_t at_ms);
/* The other way round; false if the text is no such time. */
bool api_time_parse(struct str text, int64_t *ret_at_ms);

#endif
