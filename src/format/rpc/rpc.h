/*
 * rpc - JSON-RPC 2.0: text to messages, messages to text, lines out of a byte stream. Pure.
 *
 * Both our faces speak it: the server to agents (edge/mcp) and the client to sources
 * (edge/out/mcp). A message is looked at in place; params, result and data stay JSON values.
 *
 * Easy to get wrong: an id is kept as JSON text (7 or "a"), so that it goes back exactly as it
 * came. Views in a message live as long as the arena it was parsed into.
 */
#ifndef WRIT_FORMAT_RPC_RPC_H
#define WRIT_FORMAT_RPC_RPC_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

struct json_value;

/* Longest id that is kept; a longer one makes the message invalid. */
#define RPC_ID_MAX 256U
/* Deepest nesting of a message. */
#define RPC_DEPTH_MAX 128U

/* JSON-RPC 2.0, section 5.1. */
enum rpc_code {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_METHOD_NOT_FOUND = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL_ERROR = -32603,
};

enum rpc_kind {
    RPC_REQUEST,      /* id, method, params */
    RPC_NOTIFICATION, /* method, params */
    RPC_RESULT,       /* id, result */
    RPC_ERROR,        /* id (may be null), code, text, data */
};

struct rpc_message {
    enum rpc_kind kind;
    struct str id; /* JSON text; null where there is none */
    struct str method;
    const struct json_value *params; /* object, array or NULL */
    const struct json_value *result;
    int64_t code;
    struct str text; /* the message of an error */
    const struct json_value *data;
};

/* What is wrong with a message, ready for rpc_add_error. */
struct rpc_problem {
    enum rpc_code code;
    struct str id; /* JSON text, where it could be read; else null */
    char sentence[192];
};

enum rpc_answer {
    RPC_SINGLE = 0,    /* *ret_message is set */
    RPC_BATCH = 1,     /* *ret_batch is the array: rpc_read each of its elements */
    RPC_MALFORMED = 2, /* *ret_problem says why */
};

/* Where a text came out. Only the member that the answer names is set. */
struct rpc_parsed {
    struct rpc_message message;
    const struct json_value *batch;
    struct rpc_problem problem;
};

/* Parses one text into the arena; borrows the text for the length of the call. */
MUST int rpc_parse(struct arena *arena, struct str text, struct rpc_parsed *ret_parsed);

/* One value as a message: RPC_SINGLE or RPC_MALFORMED. */
MUST int rpc_read(struct arena *arena, const struct json_value *value,
                  struct rpc_parsed *ret_parsed);

/*
 * Writers append one message, without a newline. Texts named json are JSON as text and are
 * copied as they are; a null text leaves the member out.
 */
void rpc_add_request(struct buf *out, uint64_t id, struct str method, struct str params_json);
void rpc_add_notification(struct buf *out, struct str method, struct str params_json);
void rpc_add_result(struct buf *out, struct str id_json, struct str result_json);
/* The same up to the result, which is written behind it; then a } closes the message. */
void rpc_open_result(struct buf *out, struct str id_json);
/* A null id is left out, as MCP wants it. */
void rpc_add_error(struct buf *out, struct str id_json, int64_t code, struct str message,
                   struct str data_json);

/* JSON text with raw line breaks (white space between values) made fit for one line. */
void rpc_add_one_line(struct buf *out, struct str json);

/*
 * A look at a text that cannot be read, or not be kept: which id stands at its first level, and
 * whether it calls or answers. Takes the text in pieces and any bytes at all. Start from zeros.
 */
struct rpc_glance {
    uint64_t depth;
    size_t token_len;
    size_t id_len;
    bool in_string;
    bool escaped;
    bool in_value; /* at the first level, behind a colon */
    bool at_id;    /* the name before was id */
    bool calls;    /* has a method */
    bool answers;  /* has a result or an error */
    char token[32];
    char id[32];
};

void rpc_glance_add(struct rpc_glance *glance, struct str text);
/* As it stands there, a string without its quotes; null: none was found (yet). */
struct str rpc_glance_id(const struct rpc_glance *glance);

/*
 * Lines out of a stream of bytes. A line longer than the limit is dropped whole and reported
 * once, as soon as its id was seen or it ends; reading goes on behind it.
 *
 *     rpc_lines_add(&lines, bytes);
 *     while ((r = rpc_lines_next(&lines, &line)) != RPC_LINE_MORE)
 *         ...
 */
struct rpc_lines {
    struct buf in;
    size_t from;    /* first byte not given out */
    size_t scanned; /* no newline before here */
    size_t line_max;
    size_t blank;             /* bytes of white space that was skipped; the owner's to set to 0 */
    size_t dropped;           /* of a line that was too long and has not ended */
    bool dropping;            /* inside a line that was too long */
    bool told;                /* it was reported */
    struct rpc_glance glance; /* at the line that was reported as too long */
};

enum rpc_line_answer {
    RPC_LINE = 0,          /* *ret_line is set; white space only lines are skipped */
    RPC_LINE_MORE = 1,     /* nothing whole left */
    RPC_LINE_TOO_LONG = 2, /* a line was dropped */
};

void rpc_lines_init(struct rpc_lines *lines, size_t line_max);
void rpc_lines_fini(struct rpc_lines *lines);
void rpc_lines_add(struct rpc_lines *lines, struct str bytes);
/* The line is a view that lives until the next rpc_lines_add. */
MUST int rpc_lines_next(struct rpc_lines *lines, struct str *ret_line);

#endif
