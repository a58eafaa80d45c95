/*
 * out/mcp - one client session with one MCP source over a stream of lines (stdio). Pure: bytes
 * and time in, bytes and events out. web.h puts HTTP between it and the source.
 *
 *     session = out_mcp_new(&options, now_ms);
 *     ...                                          out_mcp_input(session, bytes read)
 *     while (out_mcp_next(session, now_ms, &event))
 *         use(&event);
 *     write(out_mcp_output(session))               out_mcp_output_taken(session, len)
 *     sleep until out_mcp_due_ms(session)
 *
 * The session asks server/discover first (2026-07-28); any error that is not a modern one, or
 * silence, means initialize (2025-11-25 or what older version the server answers with). Then it
 * lists the tools, page by page, and again when the server says that they changed; a flood of
 * such notes costs one listing at a time and one a second, and a list that is another one each
 * time is listed ever less often. docs/protocol/results.md says what a result becomes.
 *
 * A server may say very much that nobody asked for: out_mcp_rest_ms says when to stop reading.
 *
 * What was sent: a call whose bytes were not taken is NO, one whose bytes went out is MAYBE, one
 * that had progress or an answer is YES. Every call that out_mcp_call accepted has exactly one
 * OUTCOME event, whatever the server does.
 *
 * Easy to get wrong: an event borrows from the session until the next out_mcp_next; output is
 * borrowed until any other call. After any call but the getters, pull events until there are
 * none. The texts in events come from a stranger: secrets and sizes are the caller's to look at.
 */
#ifndef WRIT_EDGE_OUT_MCP_MCP_H
#define WRIT_EDGE_OUT_MCP_MCP_H

#include "base/base.h"
#include "base/digest.h"
#include "base/str.h"
#include "model/msg.h"

#include <stdbool.h>

struct buf;
struct out_mcp;

/* At these limits the answer is a refusal or an error event. */
#define OUT_MCP_CALLS_MAX      4096U /* in flight at once */
#define OUT_MCP_TOOLS_MAX      20000U
#define OUT_MCP_PAGES_MAX      1000U
#define OUT_MCP_LIST_BYTES_MAX (64U << 20)
#define OUT_MCP_LINE_MAX       (32U << 20) /* a longer message is dropped and said so */
#define OUT_MCP_BAD_LINES_MAX  10000U      /* that are no JSON-RPC: then it is no MCP server */
#define OUT_MCP_REPLIES_MAX    (1U << 20)  /* bytes of answers to a server that does not read */
#define OUT_MCP_LINE_TIMES     4U          /* so many times that, and the line does not end */
#define OUT_MCP_NOTES_MAX      20000U      /* messages that answer nothing at once, then 1 a ms */
#define OUT_MCP_NOTE_BYTES     1024U       /* of which so many count as one more */
#define OUT_MCP_LIST_EVERY_MS  1000
#define OUT_MCP_LIST_REST_MS   600000 /* between listings of what always changes, at most */
#define OUT_MCP_LIST_ALL_MS    60000  /* of all pages of one listing */
#define OUT_MCP_ASKS_MAX       32U    /* questions of one call */

struct out_mcp_options {
    struct str version; /* ours, for clientInfo; borrowed for out_mcp_new */
    int64_t probe_ms;   /* silence after server/discover that means initialize; 0: 3000 */
    int64_t connect_ms; /* until the first list is there; 0: 30000 */
    int64_t call_ms;    /* the longest a call may take, whatever its progress; 0: 3600000 */
    size_t line_max;    /* 0: OUT_MCP_LINE_MAX */
    bool older;         /* initialize is the first word: it does not live through another */
    bool messages;      /* what we say is taken by out_mcp_message_next, one message at a time */
    uint32_t samples;   /* an older server may ask a model with tools: 2 */
};

enum out_mcp_state {
    OUT_MCP_PROBING,      /* server/discover is out */
    OUT_MCP_INITIALIZING, /* initialize is out */
    OUT_MCP_LISTING,      /* the first tools/list is out */
    OUT_MCP_READY,        /* calls are accepted */
    OUT_MCP_FAILED,       /* it said no, or nothing; end it */
    OUT_MCP_ENDED,        /* out_mcp_end was called */
};

struct out_mcp *out_mcp_new(const struct out_mcp_options *options, int64_t now_ms);
struct out_mcp *out_mcp_free(struct out_mcp *session);
CLEANUP_DEFINE(struct out_mcp, out_mcp_free)

enum out_mcp_state out_mcp_state(const struct out_mcp *session);
/* Calls that have no outcome yet. */
size_t out_mcp_calls(const struct out_mcp *session);

/* Bytes that came from the server. Copied. */
void out_mcp_input(struct out_mcp *session, struct str bytes);
/* One message, which came with the answer to that request of ours; 0: by itself. */
void out_mcp_heard(struct out_mcp *session, struct str message, uint64_t id);
/* What came in so many bytes was no message. */
void out_mcp_noise(struct out_mcp *session, size_t bytes);
/* It says more than anybody asked: for so long its bytes are better left where they are; or 0. */
int64_t out_mcp_rest_ms(const struct out_mcp *session, int64_t now_ms);
/* Nothing more comes or goes: the server is gone. What it sent before still counts. */
void out_mcp_end(struct out_mcp *session, struct str reason);
/* Lists its tools once more, as if it had said that they changed, and tells them. */
void out_mcp_refresh(struct out_mcp *session);

/*
 * What it offers may have changed: the listing that will tell has this number, and those up to
 * out_mcp_listed have ended. A call that came in between waits for it.
 */
uint64_t out_mcp_listing(const struct out_mcp *session);
uint64_t out_mcp_listed(const struct out_mcp *session);
/* Why the last one told nothing; null: it told. */
struct str out_mcp_unlisted(const struct out_mcp *session);
/* Until the next one begins, where one is wanted: milliseconds, or 0. */
int64_t out_mcp_list_pause_ms(const struct out_mcp *session, int64_t now_ms);

struct out_mcp_call {
    uint64_t handle; /* the caller's; unique among calls in flight */
    struct str tool;
    struct str args;        /* a JSON object as text; null is {} */
    struct str traceparent; /* null: none */
    int64_t timeout_ms;     /* without an answer or progress */
    uint64_t owner;         /* calls of one owner may ask for each other */
    uint32_t samples;       /* whoever called has a model to ask: 1; with tools: 2 */
};

enum out_mcp_answer {
    OUT_MCP_ACCEPTED = 0,  /* its OUTCOME will come */
    OUT_MCP_NOT_READY = 1, /* not accepted: no session (yet, any more) */
    OUT_MCP_FULL = 2,      /* not accepted: too many at once, or the server does not read */
};

/* Borrows for the length of this call. */
MUST int out_mcp_call(struct out_mcp *session, const struct out_mcp_call *call, int64_t now_ms);

/* Tells the server, and ends the call with status cancelled. An unknown handle is nothing. */
void out_mcp_cancel(struct out_mcp *session, uint64_t handle, struct str reason);

/* What is said to an ASK. One that is answered, withdrawn or unknown is passed over. */
struct out_mcp_saying {
    uint64_t handle;
    uint32_t ask;
    enum msg_ask_action action;
    struct str content; /* accept of a form: a JSON object; of a model: its message;
                           a model's no: why, a JSON string */
};
void out_mcp_said(struct out_mcp *session, const struct out_mcp_saying *saying, int64_t now_ms);

/* A header that a tool's schema asks for (2026-07-28, x-mcp-header): name and encoded value. */
struct out_mcp_param {
    struct str name;
    struct str value;
};

/* One message of ours, where options.messages is set. */
struct out_mcp_message {
    uint64_t id;       /* of a request; 0: a notification, or an answer */
    struct str method; /* null: an answer */
    struct str name;   /* what the request is about, encoded for a header; null: nothing */
    const struct out_mcp_param *params;
    size_t param_count;
    struct str body; /* one line of JSON, without its end */
};
/* Takes the next one; it is borrowed until the next call of any kind. */
MUST bool out_mcp_message_next(struct out_mcp *session, struct out_mcp_message *ret_message);
/* A request of ours whose answer nobody waits for any more: its exchange may be ended. */
MUST bool out_mcp_dropped_next(struct out_mcp *session, uint64_t *ret_id);
/* It has no answer yet. */
bool out_mcp_is_waiting(const struct out_mcp *session, uint64_t id);
bool out_mcp_is_modern(const struct out_mcp *session);
/* The version that was agreed on; null: none yet. */
struct str out_mcp_protocol(const struct out_mcp *session);
/* How far the request has come on its way. */
void out_mcp_message_sent(struct out_mcp *session, uint64_t id, enum msg_sent sent);

/* A request of ours that will have no answer. */
struct out_mcp_failure {
    uint64_t id;
    unsigned int http;              /* status; 0: there was no answer at all */
    enum msg_outcome_status status; /* failed, unreadable, unreachable or timeout */
    bool too_long;                  /* unreadable for that */
    struct str body;                /* of the HTTP answer: it may be a JSON-RPC error */
    struct str text;
};
/* Copied; comes out of out_mcp_next after all that was read. */
void out_mcp_failed(struct out_mcp *session, const struct out_mcp_failure *failure);

enum out_mcp_event_kind {
    OUT_MCP_TOOLS,    /* tools: the whole list. The first one says READY; server, protocol too */
    OUT_MCP_OVER,     /* reason: it failed or ended. No call is left, nothing comes after it */
    OUT_MCP_OUTCOME,  /* handle, sent, status; value if answered, else code, text, data */
    OUT_MCP_PROGRESS, /* handle, progress, total, text */
    OUT_MCP_ASK,      /* handle, ask, ask_kind; text, and schema or url: somebody is asked */
    OUT_MCP_LOG,      /* text: a log message, or what is wrong with what the server sent */
};

/* Bytes of an answer, which its value names as an artifact. */
struct out_mcp_blob {
    struct str bytes;
    struct str type; /* of its media */
    struct digest name;
    size_t at; /* where its reference stands in the value, and how long it is */
    size_t len;
};
/* {"$artifact": name, "type", "size"} */
void out_mcp_blob_print(struct buf *out, const struct out_mcp_blob *blob);

struct out_mcp_event {
    enum out_mcp_event_kind kind;
    struct str reason;
    bool probing;            /* OVER: it ended at the first question, without a word */
    bool auth;               /* OVER: it wants to know who asks */
    struct str server;       /* name and version */
    struct str protocol;     /* version */
    struct str instructions; /* null: none */
    const struct msg_tool *tools;
    size_t tool_count;
    uint64_t handle;
    enum msg_sent sent;
    enum msg_outcome_status status;
    struct str value;                 /* JSON text by the one convention */
    const struct out_mcp_blob *blobs; /* that it names, in order */
    size_t blob_count;
    struct str code; /* a name of schemas/errors.json */
    struct str text;
    struct str data; /* JSON text; null: none */
    struct str progress;
    struct str total; /* null: unknown */
    uint32_t ask;     /* its number among those of the call */
    enum msg_ask_kind ask_kind;
    struct str schema; /* of a form; or what a model is asked */
    struct str url;
    bool shared; /* it may be about another call that is under way */
};

/* The next event, in order. False: none now. */
MUST bool out_mcp_next(struct out_mcp *session, int64_t now_ms, struct out_mcp_event *ret_event);

/* Bytes for the server, in order; and how many of them were handed to the pipe. */
struct str out_mcp_output(const struct out_mcp *session);
void out_mcp_output_taken(struct out_mcp *session, size_t len);

/* When out_mcp_next wants to be called again although nothing came; -1: never. */
int64_t out_mcp_due_ms(const struct out_mcp *session);

#endif
