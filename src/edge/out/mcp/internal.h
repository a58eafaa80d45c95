/*
 * What the files of out/mcp share: the session.
 *
 * session.c lives it (deadlines, calls, the order of events), read.c takes in what the server
 * says, misread.c what cannot be read of it, pace.c how fast it is heard, write.c says what we say,
 * messages.c hands that out one by one and takes failures, asks.c has what is asked of us, rounds.c
 * asks again, tasks.c waits for what goes on by itself, params.c makes headers of arguments,
 * tools.c lists, result.c is the one convention for results.
 */
#ifndef WRIT_EDGE_OUT_MCP_INTERNAL_H
#define WRIT_EDGE_OUT_MCP_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/map.h"
#include "base/vec.h"
#include "edge/out/mcp/mcp.h"
#include "format/json/json.h"
#include "format/rpc/rpc.h"

#define OUT_MCP__MODERN "2026-07-28"
#define OUT_MCP__LEGACY "2025-11-25"

#define OUT_MCP__NEVER               INT64_MAX
#define OUT_MCP__HEADER_MISMATCH     (-32020) /* 2026-07-28, "Server Validation" */
#define OUT_MCP__MISSING_CAPABILITY  (-32021)
#define OUT_MCP__UNSUPPORTED_VERSION (-32022) /* 2026-07-28, "Protocol Version Negotiation" */

/* A call may ask for more so often (2026-07-28, "Multi Round-Trip Requests"). */
#define OUT_MCP__ROUNDS_MAX 8U

/* Longest texts that are kept of what a server says about itself. */
#define OUT_MCP__NAME_MAX         200U
#define OUT_MCP__INSTRUCTIONS_MAX 16384U
#define OUT_MCP__MESSAGE_MAX      16384U

enum out_mcp__asked {
    OUT_MCP__DISCOVER,
    OUT_MCP__INITIALIZE,
    OUT_MCP__LIST,
    OUT_MCP__LISTEN,
    OUT_MCP__CALL,
    OUT_MCP__ASIDE, /* whose answer nobody waits for */
};

/* What a person, or a model, is asked for a call. Texts are in the call's arena. */
struct out_mcp__ask {
    uint32_t number;
    enum msg_ask_kind kind;
    struct str key; /* id of the server's request, as JSON; or its name in inputRequests */
    struct str message;
    struct str schema; /* of a form; or what a model is asked */
    struct str url;
    struct str response; /* where it goes with the call made again */
    bool shared;
    bool told;
    bool answered;
};
struct out_mcp__asks VEC(struct out_mcp__ask);
struct out_mcp__keys VEC(struct str);

/* A request of ours that has no answer. */
struct out_mcp__pending {
    enum out_mcp__asked asked;
    uint64_t id;
    uint64_t handle;
    uint64_t out_at; /* where its bytes begin in all that was ever written */
    size_t out_len;
    bool cancelled;
    bool progressed;    /* it said how far it is */
    bool had;           /* the server has it */
    bool held;          /* somebody is asked first, or its task waited for */
    enum msg_sent sent; /* as the transport says, where it takes messages */
    double progress;    /* the last; it must rise */
    uint64_t owner;
    uint32_t samples;
    struct str refused; /* it asked in vain, and is not called again: why; null: it goes on */
    int64_t timeout_ms;
    int64_t due_ms; /* without another word */
    int64_t cap_ms; /* whatever it says */
    struct str tool;
    struct str method; /* null: tools/call */
    struct str args;
    struct str traceparent;
    unsigned int rounds;      /* times that it asked for more */
    struct str request_state; /* JSON, as it came; null: none */
    struct out_mcp__asks asks;
    size_t asks_open;
    uint32_t ask_last;     /* number of the last one */
    struct str task;       /* id of the task that it became, JSON; null: it is none */
    bool as_task, getting; /* called with a task; asked how far it is, not its result */
    int64_t poll_ms;       /* asked again then */
    unsigned int poll_fails;
    uint64_t token;                  /* of its progress: the id that it was called with */
    struct out_mcp__keys task_asked; /* what the task asked before */
    struct arena *arena;             /* of a call: what it says, should it have to be said again */
};

struct out_mcp__tools VEC(struct msg_tool);

/* A message that was not taken. */
struct out_mcp__note {
    uint64_t id;
    struct str method;
    struct str name;
    const struct out_mcp_param *params;
    size_t param_count;
    struct buf body;
    struct arena *arena; /* name and params; NULL: there are none */
};
struct out_mcp__notes VEC(struct out_mcp__note);
struct out_mcp__dropped VEC(uint64_t);
struct out_mcp__blobs VEC(struct out_mcp_blob);

struct out_mcp__failed {
    struct out_mcp_failure failure;
    struct arena *arena;
};
struct out_mcp__failures VEC(struct out_mcp__failed);
struct out_mcp__streams VEC(uint64_t);

/* An argument that goes into a header: where it is, and what the header is called. */
struct out_mcp__param {
    const struct str *path;
    size_t depth;
    struct str header;
};
struct out_mcp__params {
    const struct out_mcp__param *at;
    size_t count;
};
struct out_mcp {
    enum out_mcp_state state;
    bool over_told; /* the last event was given */
    bool modern;
    bool probing;            /* it was over before the first question had an answer */
    bool ended;              /* out_mcp_end was called */
    bool listing;            /* a tools/list is under way */
    bool changed;            /* the list changed since it was asked for */
    bool retold;             /* the next list is told, also if it is the same */
    bool listed;             /* there was a first list */
    bool has_tools;          /* the server says so */
    bool has_tasks;          /* calls may be made with a task (2025) */
    bool ends_tasks;         /* they can be cancelled */
    bool logs;               /* it has log messages */
    bool messages;           /* one by one, not as a stream */
    uint32_t samples;        /* what an older server was told */
    uint32_t own;            /* what it offers beside tools: bits of the table in own.c */
    bool reasked;            /* server/discover was said again, as the server wished */
    bool auth;               /* it is over because it wants to know who asks */
    int64_t listen_at_ms;    /* notes of changes were asked for last */
    int64_t listen_after_ms; /* asked again then; 0: it is asked, or was refused */
    int64_t listen_every_ms; /* twice as long after each that ended sooner */
    int64_t probe_ms;
    int64_t connect_due_ms;
    int64_t call_ms;
    int64_t probe_due_ms;
    int64_t list_after_ms; /* not listed again before */
    int64_t list_every_ms; /* twice as long after each list that was another one */
    int64_t list_at_ms;    /* the last one began */
    uint64_t list_begun, list_ended;
    int64_t notes_free_ms; /* what was said that nobody asked for is paid then */
    size_t noise;          /* bytes that are not counted yet */
    size_t line_len;       /* of what is being heard; 0: it is counted */
    int64_t list_ttl_ms;   /* as the list says that is being read */
    int64_t stale_ms;      /* listed again with the next call after it */
    int64_t poll_ms;       /* no task is asked for earlier */
    int64_t now_ms;        /* as it was said last */
    int64_t due_ms;        /* no deadline of a pending request is earlier */
    uint64_t next_id;
    uint64_t out_total; /* bytes ever written into out */
    uint64_t bad_lines;
    size_t pages;
    struct str cursor; /* of the page that was asked for last, in list */
    struct digest list_digest;
    struct map pending; /* id -> struct out_mcp__pending */
    struct map handles; /* handle -> the same, calls only */
    struct rpc_lines lines;
    struct out_mcp__streams streams; /* of each line, whose answer it came with */
    size_t streams_at;
    uint64_t stream; /* of what is being heard; 0: nobody's */
    struct buf out, scratch, value;
    struct buf bytes; /* of the blobs of the value */
    struct out_mcp__blobs blobs;
    struct str blob_code; /* what is wrong with one; null: nothing */
    struct str blob_fault;
    struct arena *turn;   /* gone with the next event */
    struct arena *source; /* what the server is: gone with the session */
    struct arena *list;   /* the tools being collected: gone with the next listing */
    struct out_mcp__tools tools;
    struct map params;     /* name of a tool -> struct out_mcp__params, in list */
    struct map task_tools; /* names of tools that are called as tasks, in list */
    struct out_mcp__notes notes;
    size_t notes_at;
    struct out_mcp__note taken; /* given out last */
    struct out_mcp__dropped dropped;
    struct out_mcp__failures failures;
    size_t failures_at;
    size_t untold;   /* of all asks */
    struct str said; /* a tool that was left out, and why: the next LOG */
    const struct json_value *batch;
    size_t batch_at;
    struct str version;
    struct str reason;
    struct str end_reason;
    struct buf unlisted; /* why the last listing told nothing */
    struct str server;
    struct str protocol;
    struct str instructions;
};

/* session.c */
void out_mcp__fail(struct out_mcp *session, struct str reason);
/* At most max bytes, and no half character. */
struct str out_mcp__cut(struct str text, size_t max);
struct out_mcp__pending *out_mcp__pending_new(struct out_mcp *session, enum out_mcp__asked asked,
                                              int64_t due_ms);
/* Forgets it. What it held for its answer must have been taken before. */
void out_mcp__pending_drop(struct out_mcp *session, struct out_mcp__pending *pending);
enum msg_sent out_mcp__sent(const struct out_mcp *session, const struct out_mcp__pending *pending);

/* read.c: one message. True: *ret_event is set. */
bool out_mcp__line(struct out_mcp *session, struct str line, int64_t now_ms,
                   struct out_mcp_event *ret_event);
/* One of a batch. */
bool out_mcp__batched(struct out_mcp *session, const struct json_value *one, int64_t now_ms,
                      struct out_mcp_event *ret_event);
bool out_mcp__message(struct out_mcp *session, const struct rpc_message *message, int64_t now_ms,
                      struct out_mcp_event *ret_event);
/* Something is wrong with what the server sent. Always true. */
bool out_mcp__complain(struct out_mcp *session, struct str text, struct out_mcp_event *ret_event);
void out_mcp__begin_legacy(struct out_mcp *session);

/* pace.c: a message that answers nothing, or is none. */
void out_mcp__note(struct out_mcp *session);
void out_mcp__note_request(struct out_mcp *session);

/* misread.c: an answer that cannot be read. */
struct out_mcp__misread {
    struct str id; /* as it stands there; null: none */
    bool answers;  /* it has a result or an error, and no method */
    struct str code;
    struct str sentence;
};
/* True: *ret_event is set. False: it was nobody's, or the session is over. */
bool out_mcp__misread(struct out_mcp *session, const struct out_mcp__misread *misread,
                      struct out_mcp_event *ret_event);
void out_mcp__unreadable(struct out_mcp *session, struct str code, struct str sentence,
                         struct out_mcp_event *event);

/* write.c */
void out_mcp__ask_discover(struct out_mcp *session, int64_t now_ms);
void out_mcp__ask_initialize(struct out_mcp *session);
void out_mcp__ask_list(struct out_mcp *session, struct str cursor, int64_t due_ms);
void out_mcp__ask_listen(struct out_mcp *session);
/* more: members of the parameters beside those of the call, each with a comma behind. */
void out_mcp__ask_call(struct out_mcp *session, struct out_mcp__pending *pending, struct str more);
void out_mcp__say_initialized(struct out_mcp *session);
void out_mcp__say_cancelled(struct out_mcp *session, uint64_t id, struct str reason);
void out_mcp__answer(struct out_mcp *session, struct str id, struct str method);
/* To a request of the server: a result, or a no. */
void out_mcp__respond(struct out_mcp *session, struct str id, struct str result);
void out_mcp__refuse(struct out_mcp *session, struct str id, int code, struct str text);

/* messages.c */
/* What was written since `at` is a message of its own, if they are taken one by one. */
void out_mcp__message_end(struct out_mcp *session, size_t at, uint64_t id, struct str method);
/* Of the message ended last: what it is about, and headers of its arguments. */
void out_mcp__message_about(struct out_mcp *session, struct str name);
void out_mcp__message_params(struct out_mcp *session, struct str tool, struct str args);
/* Takes it back, where it was not taken. */
void out_mcp__message_unwrite(struct out_mcp *session, uint64_t id);
/* The next failure, as an event. False: there is none, or it is none to tell; *ret_more. */
bool out_mcp__failure_next(struct out_mcp *session, int64_t now_ms, struct out_mcp_event *ret_event,
                           bool *ret_more);
void out_mcp__messages_free(struct out_mcp *session);

/* read.c: an answer to a request, or what stands for one. */
bool out_mcp__answered(struct out_mcp *session, struct out_mcp__pending *pending,
                       const struct rpc_message *message, int64_t now_ms,
                       struct out_mcp_event *ret_event);
bool out_mcp__is_modern_error(const struct rpc_message *message);

/* tools.c */
void out_mcp__list_start(struct out_mcp *session, int64_t now_ms);
bool out_mcp__list_page(struct out_mcp *session, const struct json_value *result, int64_t now_ms,
                        struct out_mcp_event *ret_event);
bool out_mcp__list_none(struct out_mcp *session, struct out_mcp_event *ret_event);
bool out_mcp__list_failed(struct out_mcp *session, struct str why, struct out_mcp_event *ret_event);
bool out_mcp__list_is_due(const struct out_mcp *session, int64_t now_ms);

/* result.c: what a tools/call answer becomes: value, or the failure's text. */
void out_mcp__result(struct out_mcp *session, const struct json_value *result,
                     struct out_mcp_event *event);

#endif
