/* What the files of the daemon share. */
#ifndef WRIT_PROC_DAEMON_INTERNAL_H
#define WRIT_PROC_DAEMON_INTERNAL_H

#include "domain/core/core.h"
#include "edge/api/api.h"
#include "edge/mcp/mcp.h"
#include "format/secret/secret.h"
#include "model/error.h"
#include "model/msg.h"
#include "proc/daemon/again.h"
#include "proc/daemon/daemon.h"
#include "proc/daemon/pool.h"
#include "store/log/log.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/link.h"
#include "sys/loop.h"
#include "sys/paths.h"
#include "sys/proc.h"
#include "sys/sandbox.h"
#include "sys/stream.h"

enum daemon_ready_kind {
    DAEMON_READY_KEEPER,
    DAEMON_READY_WEB,
    DAEMON_READY_EGRESS,
    DAEMON_READY_NET,
    DAEMON_READY_COMPILE,
    DAEMON_READY_VAULT,
    DAEMON_READY_WORKER,
    DAEMON_READY_LISTENER,
    DAEMON_READY_CLIENT,
    DAEMON_READY_STDIO,
    DAEMON_READY_TIMER,
    DAEMON_READY_DISK,
};

struct daemon_document;

/* A command line's connection. */
struct daemon_client {
    struct daemon_peer peer;
    uint64_t number;
    struct event_who who;
    struct arena *arena;
    bool greeted;
    uint64_t stdio; /* MCP connection attached through it; 0: none */
    uint64_t attach_id;
};

/* MCP on two descriptors. */
struct daemon_stdio {
    struct loop_ready ready;
    uint64_t number; /* mcp connection */
    struct arena *arena;
    struct stream *stream;
    struct daemon_client *client; /* NULL: the command line is gone, its pipes are not */
    struct event_who who;
    uint64_t session;
    int32_t agent_pid;
    bool closing;
};

enum daemon_asker { DAEMON_ASKER_MCP, DAEMON_ASKER_CLI, DAEMON_ASKER_HTTP };

/* Somebody who waits for an answer. */
struct daemon_request {
    uint64_t number; /* the token of its commands */
    enum daemon_asker asker;
    enum api_kind kind;
    uint64_t key;    /* MCP: its key; HTTP: the exchange */
    uint64_t client; /* CLI: number of the connection */
    uint64_t frame;  /* CLI: id of the frame */
    struct event_who who;
    struct arena *arena;
    uint64_t execution; /* waits for this one; 0: none */
    uint64_t source;
    bool follow, wait;
    bool head_sent; /* HTTP stream has begun */
    bool further;   /* gives what its document refers to */
    int64_t until_ms;
};

struct daemon_source {
    uint64_t source;
    bool open;              /* egress and, for stdio, a child have it */
    bool used;              /* a call was handed over since it was opened */
    uint32_t samples;       /* what its server heard of models that can be asked */
    bool wanted;            /* to be opened when the process that goes out is up */
    struct buf stderr_tail; /* the last lines its child wrote there */
    struct buf parts;       /* of a list that comes in several reports: u64 length, report */
    bool parts_long;        /* it is longer than can be kept */
    bool unread;            /* its document could not be read again */
    struct buf etag;        /* of its document, as it was fetched last */
    struct daemon_again again;
};

struct daemon {
    struct loop *loop;
    struct arena *core_arena;
    struct arena *turn;
    struct daemon_options options;
    struct disk *disk;
    struct disk *run_disk;
    struct log *log;
    struct core *core;
    struct mcp *mcp;
    struct loop_ready timer_ready;
    struct loop_timer *timer;
    struct loop_ready disk_ready;
    struct loop_ready listener_ready;
    struct listener *listener;
    struct daemon_peer keeper;
    struct daemon_peer web;
    bool web_waits; /* it asked more, which is read when it has taken answers */
    struct daemon_peer egress;  /* sources over pipes */
    struct daemon_peer net;     /* egress-net: sources over the network; only while needed */
    struct daemon_peer compile; /* only while needed */
    struct daemon_peer vault;
    struct daemon_workers VEC(struct daemon_worker *) workers;
    struct map slots;                                  /* handle -> struct daemon_slot */
    struct daemon_line VEC(struct daemon_waiter) line; /* by their rounds */
    struct map rounds;   /* hash of an actor in the line -> its last round */
    uint64_t round;      /* of whoever was served last */
    struct map clients;  /* number -> struct daemon_client */
    struct map stdios;   /* mcp connection -> struct daemon_stdio */
    struct map requests; /* token -> struct daemon_request */
    struct map waiters;  /* execution -> struct daemon_waiters */
    struct map keys;     /* MCP key -> struct daemon_request */
    struct map sources;  /* handle -> struct daemon_source */
    int64_t again_ms;    /* none of them is listed again earlier */
    struct daemon_documents VEC(struct daemon_document *) documents; /* to be compiled */
    struct map probes;              /* source -> struct daemon_probe */
    struct map fetches;             /* number -> struct daemon_fetch */
    uint64_t compiling;             /* source whose document has its turn; 0: none */
    uint64_t listing_tag;           /* of the listing that is being kept; 0: none */
    struct daemon_reading *reading; /* of that listing, once it was kept; NULL: none */
    struct daemon_searches VEC(struct daemon_search *) searches; /* that wait */
    int given_fd;        /* came with the request that is being read; -1: none */
    struct map outcomes; /* tag -> kept outcome that waits for its artifact */
    struct daemon_held VEC(struct core_effect) held;     /* wait for the durable mark */
    struct daemon_released VEC(struct core_effect) acts; /* leave in this turn */
    struct daemon_handed_list VEC(struct daemon_handed) handed;
    struct mcp_actions actions;
    struct core_update update;
    struct buf text;
    struct secret_door door;
    struct daemon_seen *seen; /* artifacts that were paged through */
    struct digest engine;
    uint8_t entropy[2048]; /* drawn ahead; what was given out is wiped */
    size_t entropy_left;
    uint64_t numbers; /* tokens, connections, clients */
    uint64_t http_port;
    struct str http_error;
    char token[65];
    char build[80];
    bool sync;
    bool stopping;
    bool ended;
    bool ready_said;
    bool more_asked;
    bool net_missing; /* egress-net could not be started: nothing waits for it */
    int64_t started_ms;
    int64_t now_ms;
    int64_t refused_ms; /* since then so many were recorded as refused at the HTTP door */
    uint32_t refused;
};

/* An answer on its way: recorded as handed over once no byte of it is queued here any more. */
struct daemon_handed {
    uint64_t execution;
    uint64_t stdio;  /* 0: not over stdio */
    uint64_t client; /* 0: not over the local socket */
    int64_t due_ms;  /* not recorded before; HTTP: its client may have hung up unseen */
};

/* parts.c, pool.c, sources.c are in parts.h. */
#include "proc/daemon/parts.h"

/* daemon.c */
void daemon__step(struct daemon *daemon, struct command *command);
/*
 * True: no program may start now, and why. On a full disk the refusal is recorded as long as
 * half of what was kept back is left: the rest is for what runs, and for the shutdown.
 */
bool daemon__closed(struct daemon *daemon, const struct event_who *who,
                    struct msg_error *ret_error);
void daemon__send(struct daemon_peer *peer, unsigned type, uint64_t id, struct str payload);
struct daemon_request *daemon__request_new(struct daemon *daemon, enum daemon_asker asker,
                                           const struct event_who *who);
struct daemon_request *daemon__request_find(const struct daemon *daemon, uint64_t token);
void daemon__request_free(struct daemon *daemon, struct daemon_request *request);
void daemon__wait_for(struct daemon *daemon, struct daemon_request *request, uint64_t execution);
void daemon__wait_end(struct daemon *daemon, struct daemon_request *request);
void daemon__handed(struct daemon *daemon, const struct daemon_handed *handed);
struct event_who daemon__who_copy(struct arena *arena, const struct event_who *who);

/* act.c */
void daemon__act(struct daemon *daemon, const struct core_effect *effect);
void daemon__published(struct daemon *daemon, const struct event *event);
void daemon__progress(struct daemon *daemon, const struct msg_call_progress *progress);

/* store.c */
MUST int daemon__store_open(struct daemon *daemon, struct arena *arena, struct str *ret_sentence);
MUST int daemon__file_get(struct disk *disk, const char *name, void *bytes, size_t len,
                          bool *ret_made);
MUST int daemon__token_write(struct daemon *daemon);

/* door.c */
MUST int daemon__door_open(struct daemon *daemon);
void daemon__hold(struct daemon *daemon, const struct core_effect *effect);
/* Seals what is given with a source, whatever its shape; gives its {{reference}}, in the turn. */
struct str daemon__door_give(struct daemon *daemon, struct str value);
/* path: of the request; null for what is none. */
struct str daemon__door(struct daemon *daemon, struct str path, struct str json);

/* clients.c */
void daemon__client_accept(struct daemon *daemon);
void daemon__client_ready(struct daemon *daemon, struct daemon_client *client);
void daemon__client_close(struct daemon *daemon, struct daemon_client *client);
void daemon__stdio_ready(struct daemon *daemon, struct daemon_stdio *stdio);
void daemon__stdio_close(struct daemon *daemon, struct daemon_stdio *stdio, const char *reason);

/* faces.c */
void daemon__look_ready(struct daemon *daemon);
void daemon__mcp_actions(struct daemon *daemon);
void daemon__mcp_ended(struct daemon *daemon, struct daemon_request *request,
                       const struct execution *execution, const struct msg_error *error);
void daemon__mcp_input(struct daemon *daemon, const struct daemon_request *request,
                       const struct input *input);
void daemon__web_ready(struct daemon *daemon);

/* api.c */
void daemon__api(struct daemon *daemon, struct daemon_request *request, struct str method,
                 struct str path, struct str body);
void daemon__api_reply(struct daemon *daemon, struct daemon_request *request,
                       const struct core_effect *effect);
void daemon__api_execution(struct daemon *daemon, struct daemon_request *request,
                           const struct execution *execution);
void daemon__api_source(struct daemon *daemon, struct daemon_request *request);
void daemon__api_execute(struct daemon *daemon, struct daemon_request *request,
                         const struct api_execution_start *start);
void daemon__api_fail_code(struct daemon *daemon, struct daemon_request *request, const char *code,
                           struct str message);

/* document.c: requests about sources that are documents, and about what is at a URL. */
void daemon__api_source_refresh(struct daemon *daemon, struct daemon_request *request,
                                const struct api_source_refresh *refresh);
void daemon__api_source_document(struct daemon *daemon, struct daemon_request *request,
                                 const struct api_source_document *given);
/* Whoever gave the document of the source is asked for this one. False: nobody is there. */
bool daemon__api_wants(struct daemon *daemon, uint64_t source, struct str uri);
/* Not by a person: a program of theirs asks one. */
void daemon__api_source_ask(struct daemon *daemon, struct daemon_request *request,
                            const struct api_source_add *add);
/* changes.c */
/* type: COMMAND_SOURCE_APPROVE or _REJECT */
void daemon__api_source_pin(struct daemon *daemon, struct daemon_request *request,
                            enum command_type type, const struct api_source_pin *asked);
void daemon__api_source_diff(struct daemon *daemon, struct daemon_request *request,
                             const struct api_source_page *asked);
void daemon__api_source_show(struct daemon *daemon, struct daemon_request *request,
                             const struct api_source_page *asked);
void daemon__api_respond(struct daemon *daemon, struct daemon_request *request, unsigned status,
                         struct str body, bool more);
void daemon__api_fail(struct daemon *daemon, struct daemon_request *request,
                      const struct msg_error *error);
void daemon__api_stream(struct daemon *daemon, struct daemon_request *request, const char *name,
                        struct str data);

/* given.c */
void daemon__api_auth(struct daemon *daemon, struct daemon_request *request,
                      const struct api_source_auth *auth);
/* The environment as it is recorded: secrets by name, by looks or by word are references. */
struct str *daemon__given_variables(struct daemon *daemon, const struct api_source_add *add,
                                    size_t *ret_count);
/* The ways to be let in by a source, and which of them it has. */
void daemon__view_schemes(struct daemon *daemon, const struct catalog_source *source,
                          struct api_source *view);

void daemon__walls(struct daemon *daemon, struct api_words *words);
void daemon__view_execution(struct daemon *daemon, const struct execution *execution, bool whole,
                            struct buf *out);
void daemon__view_input(struct daemon *daemon, const struct input *input, struct buf *out);
void daemon__view_source(struct daemon *daemon, const struct catalog_source *source,
                         struct buf *out);
/* With some of its tools, from that one on. */
void daemon__view_source_tools(struct daemon *daemon, const struct catalog_source *source,
                               size_t from, struct buf *out);
void daemon__view_status(struct daemon *daemon, struct buf *out);
void daemon__view_policy(struct daemon *daemon, struct buf *out);
struct str daemon__id(struct daemon *daemon, struct id id, const char *prefix);
bool daemon__waits_for_person(const struct daemon *daemon, const struct execution *execution);

#endif
