/*
 * edge/mcp, between its files.
 *
 * A session is a stdio connection or a legacy HTTP session; a request of 2026-07-28 over HTTP
 * has none. A reply is where the answers to one message (or one batch) go: a stdio connection or
 * one HTTP exchange. A call is a request that waits for an execution; it belongs to one reply
 * and to at most one session. Everything here is heap memory with those three lives.
 */
#ifndef WRIT_EDGE_MCP_INTERNAL_H
#define WRIT_EDGE_MCP_INTERNAL_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/map.h"
#include "edge/mcp/mcp.h"
#include "format/json/json.h"
#include "format/rpc/rpc.h"
#include "model/msg.h"

enum mcp__version {
    MCP__NONE, /* nothing negotiated yet */
    MCP__2024_11_05,
    MCP__2025_03_26, /* batches */
    MCP__2025_06_18, /* structuredContent, elicitation */
    MCP__2025_11_25, /* wrong arguments are results, elicitation has modes */
    MCP__2026_07_28, /* stateless */
};

/* Codes that the specification of 2026-07-28 defines. */
enum mcp__code {
    MCP__HEADER_MISMATCH = -32020,
    MCP__UNSUPPORTED_VERSION = -32022,
};

#define MCP__MESSAGE_TEXT_MAX 4096U /* bytes of a question put to a person */
#define MCP__NAME_MAX         128U  /* bytes of a client's name, and of its version */
#define MCP__EXECUTION_MAX    64U
#define MCP__STATE_MAX        512U

/* What every step of one turn needs. */
struct mcp__turn {
    struct mcp *mcp;
    int64_t now_ms;
    struct mcp_actions *actions;
};

struct mcp__link {
    struct mcp__link *prev;
    struct mcp__link *next;
};

void mcp__link_init(struct mcp__link *list);
void mcp__link_add(struct mcp__link *list, struct mcp__link *link);
void mcp__link_drop(struct mcp__link *link);

struct mcp__session {
    struct arena *arena; /* of id and principal */
    uint64_t connection; /* stdio */
    bool http;
    struct str id; /* Mcp-Session-Id */
    struct str principal;
    char name[MCP__NAME_MAX];
    size_t name_len;
    char version_text[MCP__NAME_MAX];
    size_t version_len;
    enum mcp__version version;
    bool elicits;
    uint32_t samples;
    int log_level;          /* -1: no log messages */
    uint64_t requests;      /* of ours to the client, counted */
    uint64_t streams;       /* that could be taken up again, counted */
    uint64_t used;          /* stamp, for the longest idle */
    struct mcp__link calls; /* mcp__call.of_session */
    size_t calls_count;
};

struct mcp__reply {
    uint64_t to; /* connection or exchange */
    bool http;
    bool streams;   /* the client takes text/event-stream */
    bool streaming; /* the head of a stream went out */
    bool array;     /* the message was a batch */
    bool gone;      /* nobody reads it any more */
    bool silent;    /* it ends without an answer: cancelled */
    uint32_t status;
    struct str session_id;        /* to be told in the head; borrowed from the session */
    struct mcp__session *session; /* whose streams can be taken up again; or NULL */
    struct mcp__stream *stream;   /* what is kept of it; NULL: nothing */
    size_t pending;               /* answers that are still to come */
    size_t count;                 /* answers collected */
    struct buf collected;
    struct mcp__link calls; /* mcp__call.of_reply */
};

struct mcp__input {
    struct arena *arena; /* of its texts */
    struct str id;
    struct str title;
    struct str params;  /* of elicitation/create, or sampling/createMessage */
    uint64_t request;   /* the id of our request; 0: not asked */
    int64_t expires_ms; /* 0: never */
    bool askable;       /* may be asked by a form */
    bool model;         /* the client's model is asked, not a person */
    bool settled;       /* answered or dismissed here, not yet closed */
};

enum mcp__call_kind {
    MCP__EXECUTE,
    MCP__RESUME,
    MCP__LISTEN, /* subscriptions/listen: the caller knows nothing of it */
    MCP__FETCH,  /* resources/read: an answer comes whether it is waited for or not */
};

struct mcp__call {
    struct arena *arena; /* it lives in it */
    struct mcp__link all;
    struct mcp__link of_session;
    struct mcp__link of_reply;
    uint64_t key;
    enum mcp__call_kind kind;
    enum mcp__version version;
    struct mcp__session *session; /* NULL: stateless HTTP */
    struct mcp__reply *reply;
    struct str id;             /* of the request, JSON text */
    struct str principal;      /* stateless only */
    struct str progress_token; /* JSON text; null: not wanted */
    uint64_t progress;
    size_t console_told; /* lines that came before the end */
    bool elicits;
    uint32_t samples;
    struct digest request; /* of the arguments; for requestState */
    char execution[MCP__EXECUTION_MAX];
    size_t execution_len;
    struct mcp__inputs VEC(struct mcp__input) inputs;
    bool crowded;          /* more are open than are asked about here */
    int64_t gather_due_ms; /* INT64_MAX: not set */
    int64_t wait_due_ms;
    int64_t stream_due_ms;
};

struct mcp {
    struct mcp_config config;
    struct map connections; /* number -> session */
    struct map sessions;    /* id -> session */
    struct map exchanges;   /* number -> reply */
    struct map calls;       /* key -> call */
    struct mcp__link all;   /* every call */
    struct mcp__link streams;
    size_t streams_count;
    size_t kept_bytes; /* of all streams */
    uint64_t keys;
    uint64_t sessions_made;
    uint64_t stamps;
    int64_t due_ms;
};

/* A message being answered: who says it, in which version, and where answers go. */
struct mcp__ask {
    struct mcp__turn *turn;
    struct mcp__session *session; /* NULL: stateless HTTP */
    struct mcp__reply *reply;
    const struct rpc_message *message;
    const struct json_value *meta;
    enum mcp__version version;
    struct mcp_client client;
};

/* ---- versions.c ---- */

enum mcp__version mcp__version_parse(struct str text);
struct str mcp__version_text(enum mcp__version version);
/* {"supported":[...],"requested":...} */
void mcp__version_data(struct buf *out, struct str requested);
/* ["2026-07-28",...] */
void mcp__versions_json(struct buf *out);
/* At most len bytes, cut between two characters. */
struct str mcp__cut(struct str text, size_t len);
/* The client can show a form, or ask a model: its capabilities say so. */
bool mcp__elicits(const struct json_value *capabilities);
uint32_t mcp__samples(const struct json_value *capabilities);

/* ---- reply.c ---- */

struct mcp_action *mcp__act(struct mcp__turn *turn, enum mcp_action_kind kind);
struct mcp__reply *mcp__reply_new(uint64_t to, bool http);
/* A notification or a request of ours. False if it cannot reach the client this way. */
bool mcp__reply_message(struct mcp__turn *turn, struct mcp__reply *reply, struct str text);
/* Keeps an open stream alive, or opens one where the client takes it. */
void mcp__reply_alive(struct mcp__turn *turn, struct mcp__reply *reply);
/* One answer, taken out of its buf; it goes out when all of its message are there. */
void mcp__reply_answer(struct mcp__reply *reply, struct buf *answer);
/* One answer less to come; after the last the reply goes out and is gone. */
void mcp__reply_release(struct mcp__turn *turn, struct mcp__reply *reply);
/* An answer to an exchange at once, without a reply. */
void mcp__respond(struct mcp__turn *turn, uint64_t exchange, uint32_t status, struct str type,
                  struct str body);

/* The reading of an exchange ends here, in the middle of its stream. */
void mcp__reply_cut(struct mcp__turn *turn, uint64_t exchange);
/* A stream that begins with what was said before; last: and ends. */
void mcp__reply_replay(struct mcp__turn *turn, uint64_t exchange, struct str events, bool last);

/* ---- http.c ---- */

/* Nobody reads the reply any more: its calls are left. */
void mcp__reply_gone(struct mcp__turn *turn, struct mcp__reply *reply);

/* ---- calls.c ---- */

struct mcp__call *mcp__call_new(struct mcp__ask *ask, enum mcp__call_kind kind);
struct mcp__call *mcp__call_find(struct mcp *mcp, uint64_t key);
/* True, and the client told, if too many of its requests run. */
bool mcp__calls_full(const struct mcp__ask *ask);
/* Tells the client this answer (JSON-RPC text, taken; NULL: none) and forgets the call. */
void mcp__call_end(struct mcp__turn *turn, struct mcp__call *call, struct buf *answer);
/* Nobody waits for it now: CANCEL or DETACH, by version, unless it is a listen. */
void mcp__call_leave(struct mcp__turn *turn, struct mcp__call *call, enum mcp_action_kind how);
/* The due times of the call changed. */
void mcp__call_due(struct mcp__turn *turn, const struct mcp__call *call);
struct str mcp__call_principal(const struct mcp__call *call);
struct str mcp__call_execution(const struct mcp__call *call);

/* ---- sessions.c ---- */

struct mcp__session *mcp__session_new(struct mcp__turn *turn, struct str principal);
/* Leaves its calls, by version, and frees it. */
void mcp__session_end(struct mcp__turn *turn, struct mcp__session *session);
void mcp__session_free(struct mcp__session *session);

/* ---- machine.c ---- */

/* What is wrong with a batch in this session, or NULL. */
const char *mcp__batch_problem(const struct mcp__session *session, const struct json_value *batch);
void mcp__batch(struct mcp__ask *ask, const struct json_value *batch);
/* One message in a session, in whichever version it is. */
void mcp__session_message(struct mcp__ask *ask, const struct rpc_message *message);

/* ---- message.c ---- */

/* One message of a legacy client; answers go to the ask's reply. */
void mcp__legacy(struct mcp__ask *ask);
/* The fields of _meta that every request of 2026-07-28 has; false: refused. */
bool mcp__modern_open(struct mcp__ask *ask);
void mcp__modern(struct mcp__ask *ask);
/* Does this message carry the per-request fields of 2026-07-28? */
bool mcp__is_modern(const struct rpc_message *message);
void mcp__answer(struct mcp__ask *ask, struct str result_json);
void mcp__refuse(struct mcp__ask *ask, int64_t code, struct str message, struct str data_json);
void mcp__cancelled(struct mcp__ask *ask);
void mcp__initialize(struct mcp__ask *ask);

/* ---- tools.c ---- */

void mcp__tools_list(struct mcp__ask *ask);
void mcp__tools_call(struct mcp__ask *ask);
struct digest mcp__request_digest(const struct mcp__ask *ask);

/* ---- result.c ---- */

/* The result object of tools/call. */
void mcp__result_outcome(struct buf *out, const struct mcp *mcp, enum mcp__version version,
                         const struct mcp_outcome *outcome);
void mcp__result_waiting(struct buf *out, const struct mcp *mcp, const struct mcp__call *call);
/* Opens a result: {"resultType":"complete", where the version has it. */
void mcp__result_open(struct buf *out, enum mcp__version version);
/* ,"_meta":{...}} with the server's name and the execution. */
void mcp__result_close(struct buf *out, const struct mcp *mcp, enum mcp__version version,
                       struct str execution);
void mcp__server_info(struct buf *out, struct str version);

/* ---- files.c ---- */

/* ,{...} in `content`; nothing where the version cannot say it. */
void mcp__file_block(struct buf *out, enum mcp__version version, const struct mcp_file *file);
void mcp__resources_list(struct mcp__ask *ask);
void mcp__templates_list(struct mcp__ask *ask);
void mcp__resources_read(struct mcp__ask *ask);

/* ---- inputs.c ---- */

/* The inputs gathered so far are put to the person, as the client can. */
void mcp__inputs_ask(struct mcp__turn *turn, struct mcp__call *call);
/* A response of a legacy client: an answer to an elicitation/create of ours. */
void mcp__inputs_response(struct mcp__ask *ask);
/* A retry of tools/call with requestState, and inputResponses perhaps. */
void mcp__inputs_retry(struct mcp__ask *ask);
/* The text as a person may safely see it: no controls, no invisible characters. */
void mcp__add_plain(struct buf *out, struct str text, size_t len_max);

#endif
