/*
 * api - the HTTP API and the command line's API, which are one: a method, a path and a JSON body
 * come in, a status and a JSON body go out. docs/protocol/api.md is its contract.
 *
 * Pure: routing and checking of what came (api_parse), printing of what goes (api_print_*). Who
 * executes an api_call is the daemon; over HTTP `web` brings the bytes, over the local socket
 * api_request frames do.
 *
 * Easy to get wrong: texts of an api_call live in the arena given to api_parse; JSON values are
 * texts, already checked to be one value, and are printed as they are. A null text (ptr NULL) is
 * an absent member, an empty one is present.
 */
#ifndef WRIT_EDGE_API_API_H
#define WRIT_EDGE_API_API_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/report.h"
#include "base/str.h"
#include "edge/api/view.h"

/* Longest body that is read. */
#define API_BODY_MAX (1024U * 1024U)
/* Of a credential. */
#define API_CREDENTIAL_MAX 8192U
/* Longest path with its query. */
#define API_PATH_MAX 4096U
/* Words of a source's command, and variables of its environment. */
#define API_WORDS_MAX 256U
/* How long a request may ask to be kept waiting. */
#define API_WAIT_MS_MAX (10 * 60 * 1000)

enum api_kind {
    API_STATUS,
    API_SHUTDOWN,
    API_EVENTS,
    API_EXECUTION_START,
    API_EXECUTION_LIST,
    API_EXECUTION_SHOW,
    API_EXECUTION_CANCEL,
    API_SOURCE_LIST,
    API_SOURCE_ADD,
    API_SOURCE_SHOW,
    API_SOURCE_REMOVE,
    API_SOURCE_APPROVE,
    API_SOURCE_REFRESH,
    API_SOURCE_DOCUMENT,
    API_SOURCE_AUTH,
    API_SOURCE_REJECT,
    API_SOURCE_DIFF,
    API_TOOL_LIST,
    API_TOOL_SHOW,
    API_POLICY_SHOW,
    API_POLICY_APPLY,
    API_POLICY_WHY,
    API_INPUT_LIST,
    API_INPUT_SHOW,
    API_INPUT_ANSWER,
    API_KIND_COUNT,
};

/* POST /v1/executions, and POST /v1/tools/ADDRESS/call as the program that makes that call. */
struct api_execution_start {
    struct str code;
    struct str input; /* JSON; null: absent */
    struct str key;   /* idempotency key; null: none */
    bool preview;
    bool wait;   /* answer when it ended or waits for a person; else at once */
    bool follow; /* stream: more frames until it ended */
    int64_t timeout_ms;
};

/* GET /v1/executions/ID: wait_ms 0 answers at once. */
struct api_execution_show {
    struct str id;
    int64_t wait_ms;
    bool follow;
};

struct api_source_add {
    struct str name;
    struct api_words command;
    struct api_words env;        /* NAME=value */
    struct api_words secret_env; /* the same; each value is a secret */
    struct str folder;           /* null: the daemon's own choice */
    struct str url;              /* instead of a command; null: none */
    struct str kind;             /* of what is there; null: found out */
    struct api_words headers;    /* Name: value; each value is a secret */
    struct api_words allow;      /* hosts that may have private addresses */
    struct str document;         /* instead of a command: where the one in the descriptor is from */
    struct str base_url;         /* where its requests go; null: as it says */
    bool partial;                /* what is sound of it, where something is not */
    bool further;                /* what the document refers to is given when it is asked for */
    bool wait;                   /* answer when connected or in error; else at once */
};

/* Says so of what the source offered when its digest was this one, and of nothing later. */
struct api_source_pin {
    struct str name;
    struct str digest;        /* 64 hexadecimal digits */
    struct api_words tools;   /* addresses; empty: all that wait */
    struct api_words effects; /* approving: ADDRESS=CLASS */
};

/* What it offers, or what of it differs from what was approved: from that tool on. */
struct api_source_page {
    struct str name;
    struct str tool; /* of a diff; null: all */
    uint64_t from;
    bool brief; /* of a diff: a line each */
};

/* Asks its server again what it offers, or has its document read again. */
struct api_source_refresh {
    struct str name;
    struct str document; /* where the one in the descriptor is from; null: it is fetched */
    bool further;
};

/* A document that another refers to, in the descriptor; without one there is none. */
struct api_source_document {
    struct str name;
    struct str uri;
};

/* Gives a source a credential, or takes it away. */
struct api_source_auth {
    struct str name;
    struct str scheme; /* null: the only one, or Authorization */
    struct str value;  /* a secret; null: it is taken away */
};

struct api_tool_list {
    struct str query;  /* null: all */
    struct str source; /* null: of all */
    struct str effect; /* with a query: read write destructive; null: any */
    uint64_t limit;
    uint64_t offset;
};

/* One question to policy: what would be said to a call like this? */
struct api_policy_why {
    struct str address;
    struct str effect; /* null: the tool's own; else read write destructive */
    struct str channel;
    struct str agent;
    struct str args; /* JSON; null: {} */
};

struct api_input_answer {
    struct str id;
    struct str answer; /* approve deny done not_done again */
    struct str value;  /* JSON, with done only; null: none */
    struct str via;    /* how the person said so: "cli", "cli --yes", ...; never trusted */
};

struct api_call {
    enum api_kind kind;
    union {
        struct api_execution_start execution_start;
        struct api_execution_show execution_show;
        struct str execution; /* list: state to show or null; cancel: id */
        struct api_source_add source_add;
        struct api_source_pin source_pin;
        struct api_source_page source_page; /* show, diff */
        struct api_source_refresh source_refresh;
        struct api_source_document source_document;
        struct api_source_auth source_auth;
        struct str source; /* remove: name */
        struct api_tool_list tool_list;
        struct str tool;         /* show: address */
        struct str policy_rules; /* apply: JSON array of rules */
        struct api_policy_why policy_why;
        struct str input; /* show: id; list: execution id or null */
        struct api_input_answer input_answer;
        struct str reason; /* shutdown */
    } of;
};

enum api_answer {
    API_PARSED = 0,
    API_INVALID = 1,  /* the report says what is wrong with the request */
    API_UNKNOWN = 2,  /* no such path; the report names the nearest */
    API_NO_METHOD = 3 /* the path is there and the method is not; the report names those there */
};

struct api_request {
    struct str method;
    struct str path; /* with its query */
    struct str body; /* JSON, or empty */
};

/*
 * What a request asks. Borrows all; what it gives lives in the arena. An answer other than
 * API_PARSED leaves *ret_call untouched and has added to the report.
 */
MUST int api_parse(const struct api_request *request, struct arena *arena,
                   struct api_call *ret_call, struct report *report);

/* RFC 9110, section 5.1: a token; and a value without control characters. */
bool api_header_is_fit(struct str name, struct str value);

/* The body for a request that api_parse did not accept; gives the status. */
unsigned api_print_rejected(struct buf *out, enum api_answer answer, const struct report *report);

#endif
