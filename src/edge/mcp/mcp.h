/*
 * mcp - our face to agents: MCP messages in, commands and answers out. Pure.
 *
 * One struct mcp serves every client of the daemon: stdio connections (mcp_open, mcp_line,
 * mcp_close) and Streamable HTTP exchanges (mcp_http, mcp_gone), protocol versions 2024-11-05 to
 * 2026-07-28 side by side. What the caller must do comes back as a list of actions, in order;
 * what became of an execution is told by mcp_ended, mcp_input_opened and their like.
 *
 * A key names one request of a client that waits for an execution. It is given out by an
 * EXECUTE or ATTACH action and is over when mcp_ended was called for it, or with a CANCEL or
 * DETACH action. Telling something about a key that is over is allowed and does nothing.
 *
 * Easy to get wrong: after any call that gives actions, mcp_due_ms may have changed; call
 * mcp_tick when it is reached. The texts of actions live in the actions' arena (the turn's).
 * An action's answer must leave only when what it tells of is durable: that is the caller's.
 */
#ifndef WRIT_EDGE_MCP_MCP_H
#define WRIT_EDGE_MCP_MCP_H

#include "base/arena.h"
#include "base/base.h"
#include "base/str.h"
#include "base/vec.h"
#include "edge/mcp/files.h"

struct msg_header;
struct msg_http_request;

/* Longest message of a client: a frame of our wire less the head of an HTTP request. */
#define MCP_MESSAGE_MAX  983040U
#define MCP_PART_MAX     786432U /* bytes of the body in one RESPOND or CHUNK */
#define MCP_SESSIONS_MAX 1000U   /* HTTP sessions; beyond it the longest idle one ends */
#define MCP_CALLS_MAX    256U    /* requests of one client that run at once; then: busy */
#define MCP_BATCH_MAX    64U     /* messages of one 2025-03-26 batch */
#define MCP_KEY_MAX      256U    /* bytes of an idempotency key */
#define MCP_INPUTS_MAX   256U    /* open inputs of one request that are asked about */

/* What is kept of streams, for clients whose connection breaks; in bytes */
#define MCP_REPLAY_MAX        16777216U /* of all of them */
#define MCP_REPLAY_STREAM_MAX 1048576U  /* of one, unless its last event is longer */
#define MCP_STREAMS_MAX       4096U     /* streams; those that ended go first */

struct mcp;

struct mcp_config {
    uint8_t seal_key[32];  /* seals requestState; survives a restart, so states do too */
    uint8_t boot[16];      /* random at each start: session ids are made from it */
    struct str version;    /* of Writ */
    size_t code_bytes_max; /* limits: program_code_bytes */
    int64_t wait_ms;       /* how long a result waits for a person before it says WAITING */
    int64_t gather_ms;     /* how long inputs are gathered before one answer asks them all */
    int64_t stream_ms;     /* an HTTP answer that takes longer becomes a stream, kept alive */
    int64_t resume_ms;     /* how long a stream is kept for a client that may come back */
};

/* The defaults: 30 s, 5 ms, 15 s, 5 min; keys are zero and must be set. */
struct mcp_config mcp_config_default(void);

/* Copies the config; the texts in it are borrowed for life. */
struct mcp *mcp_new(const struct mcp_config *config);
struct mcp *mcp_free(struct mcp *mcp);
CLEANUP_DEFINE(struct mcp, mcp_free)

/* Who asks, as the client says it (untrusted) and as the caller resolved it (principal). */
struct mcp_client {
    struct str principal;
    struct str name;
    struct str version;
    struct str protocol; /* "2025-11-25" */
    bool http;
    bool elicits;     /* it shows forms to its person */
    uint32_t samples; /* it has a model that can be asked: 1; with tools: 2 */
};

enum mcp_action_kind {
    MCP_WRITE,   /* stdio: write .write.text (newline included) to connection .to */
    MCP_RESPOND, /* HTTP: answer exchange .to; where .more, CHUNK actions follow */
    MCP_CHUNK,   /* HTTP: the next part for exchange .to; where .last, there are no more */
    MCP_EXECUTE, /* start a program (or attach to a running one: idempotency) for .key */
    MCP_ATTACH,  /* .key waits for an execution that is there: see mcp_ended */
    MCP_FETCH,   /* the bytes of an artifact are wanted: see mcp_fetched (files.h) */
    MCP_ANSWER,  /* a person's answer to an input, or a model's, through the client of .key */
    MCP_CANCEL,  /* the client wants .key no more: no further call starts */
    MCP_DETACH,  /* nobody listens on .key now; its execution goes on and can be attached */
    MCP_CLOSE,   /* stdio: nothing more can come of connection .to */
};

struct mcp_write {
    struct str text;
};

struct mcp_respond {
    uint32_t status;
    const struct msg_header *headers;
    size_t headers_count;
    struct str body;
    bool more;
};

struct mcp_chunk {
    struct str body;
    bool last;
};

struct mcp_execute {
    struct mcp_client client;
    struct str code;
    struct str input;           /* JSON text; null: none was given */
    struct str idempotency_key; /* null: none */
    struct str traceparent;     /* W3C, as it came in _meta; null: none */
};

struct mcp_attach {
    struct mcp_client client;
    struct str execution; /* exe_... as the client says it: may name none, or one of another
                             principal; then mcp_ended says `invalid` */
};

struct mcp_fetch {
    struct mcp_client client; /* may name what is not there, or another principal's */
    struct digest name;
};

struct mcp_answer {
    struct mcp_client client;
    struct str execution; /* exe_...; null where .key is enough */
    struct str input;     /* inp_... */
    struct str answer;    /* one of the input's options */
    struct str content;   /* JSON object of a form, or a model's message; a model's no: why, a JSON
                             string; null otherwise */
};

struct mcp_action {
    enum mcp_action_kind kind;
    uint64_t to;  /* WRITE, CLOSE: connection; RESPOND, CHUNK: exchange */
    uint64_t key; /* EXECUTE, ATTACH, FETCH, ANSWER, CANCEL, DETACH */
    union {
        struct mcp_write write;
        struct mcp_respond respond;
        struct mcp_chunk chunk;
        struct mcp_execute execute;
        struct mcp_attach attach;
        struct mcp_fetch fetch;
        struct mcp_answer answer;
    };
};

/* Appended to by every call below. Texts go to the arena; clear both together. */
struct mcp_actions {
    struct arena *turn;
    struct mcp_action_vec VEC(struct mcp_action) list;
};

void mcp_actions_init(struct mcp_actions *actions, struct arena *turn);
void mcp_actions_fini(struct mcp_actions *actions);

/* ---- stdio ---- */

/* A new connection. The principal is copied. The number must not be in use. */
void mcp_open(struct mcp *mcp, uint64_t connection, struct str principal);
/* One line of it (format/rpc cuts lines). */
void mcp_line(struct mcp *mcp, uint64_t connection, struct str line, int64_t now_ms,
              struct mcp_actions *actions);
/* A line longer than MCP_MESSAGE_MAX was dropped. */
void mcp_line_too_long(struct mcp *mcp, uint64_t connection, struct mcp_actions *actions);
/* End of file. Requests of 2026-07-28 are CANCELled, older ones DETACHed. */
void mcp_close(struct mcp *mcp, uint64_t connection, struct mcp_actions *actions);

/* ---- Streamable HTTP; http.c has the rules of the transport ---- */

/* A request to the MCP endpoint that mcp_http_admit (admit.h) let in. */
struct mcp_exchange {
    uint64_t id; /* not in use by another exchange */
    const struct msg_http_request *request;
    struct str principal;
    int64_t now_ms;
};

/* Exactly one RESPOND follows, now or later, unless mcp_gone comes first. */
void mcp_http(struct mcp *mcp, const struct mcp_exchange *exchange, struct mcp_actions *actions);
/*
 * The client hung up before the end of its answer: CANCEL (2026-07-28) or DETACH (older). A stream
 * of a session is kept for it first, for resume_ms.
 */
void mcp_gone(struct mcp *mcp, uint64_t exchange, struct mcp_actions *actions);
/* Every client hung up: whoever held their connections died. */
void mcp_gone_all(struct mcp *mcp, struct mcp_actions *actions);

/* ---- what became of an execution ---- */

enum mcp_state {
    MCP_DONE,
    MCP_FAILED, /* error is set */
};

struct mcp_console {
    struct str level; /* log info warn error debug */
    struct str text;
};

struct mcp_error {
    struct str code; /* a name of schemas/errors.json */
    struct str message;
    struct str way_out; /* null: none */
    bool retryable;
    uint32_t line; /* 0: none */
    uint32_t column;
    struct str stack; /* null: none */
    struct str data;  /* JSON text; null: none */
};

struct mcp_outcome {
    enum mcp_state state;
    struct str execution; /* exe_...; null where none was started */
    struct str result;    /* JSON text; null: the program returned undefined */
    struct mcp_error error;
    const struct mcp_console *console;
    size_t console_count;
    const struct mcp_file *files; /* that the result names, each once */
    size_t files_count;
};

/*
 * The execution of this key ended, or could not be started. True if the answer went out toward
 * the client now; false if nobody waited for it (any more).
 */
bool mcp_ended(struct mcp *mcp, uint64_t key, const struct mcp_outcome *outcome,
               struct mcp_actions *actions);

struct mcp_input {
    struct str id;             /* inp_... */
    struct str execution;      /* exe_... */
    struct str kind;           /* approval confirm form secret: a secret is never put into a form;
                                  model: of the client's model, and told only where it has one */
    struct str title;          /* one line */
    struct str detail;         /* what exactly: lines for a person */
    const struct str *options; /* what can be answered; none: approve, deny */
    size_t options_count;
    struct str schema; /* form: JSON Schema, a flat object of primitives; model: what it is asked */
    bool elsewhere;    /* an answer through this client would not count: it is not asked there */
    int64_t expires_ms;
};

/*
 * A person is asked something before the execution of this key goes on. After ATTACH: called
 * for every input of that execution that is open.
 */
void mcp_input_opened(struct mcp *mcp, uint64_t key, const struct mcp_input *input, int64_t now_ms,
                      struct mcp_actions *actions);
/* It was answered (here or elsewhere), or it expired. */
void mcp_input_closed(struct mcp *mcp, uint64_t key, struct str input, struct mcp_actions *actions);

/* Whoever waits on this key has a model that can be asked: 1; with tools: 2. */
uint32_t mcp_samples(struct mcp *mcp, uint64_t key);
/* The most that any client can that is there. */
uint32_t mcp_samples_any(const struct mcp *mcp);

/* Something to tell a client that wants progress: how far an upstream is. */
void mcp_progress(struct mcp *mcp, uint64_t key, struct str message, struct mcp_actions *actions);
/* The same of an emit(): value is JSON text, and a string is told as it is. */
void mcp_emitted(struct mcp *mcp, uint64_t key, struct str value, struct mcp_actions *actions);

/*
 * A console line of a program that has not ended, and how many came before it. Those that
 * mcp_ended brings and that came here are not told twice.
 */
void mcp_console_line(struct mcp *mcp, uint64_t key, size_t number, const struct mcp_console *line,
                      struct mcp_actions *actions);

/* ---- time ---- */

/* When mcp_tick is wanted next; INT64_MAX: not at all. The same clock as every now_ms. */
int64_t mcp_due_ms(const struct mcp *mcp);
void mcp_tick(struct mcp *mcp, int64_t now_ms, struct mcp_actions *actions);

/* ---- figures ---- */

struct mcp_figures {
    size_t connections; /* stdio */
    size_t sessions;    /* HTTP, older than 2026-07-28 */
    size_t calls;       /* requests that wait for an execution */
};

struct mcp_figures mcp_figures(const struct mcp *mcp);

#endif
