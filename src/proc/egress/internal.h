/*
 * egress - all that goes out: sessions with sources, and secrets at the door.
 *
 * Two programs are made of this room, and the linker chooses what bytes travel on: egress has
 * pipes.c and no network, egress-net has net.c (HTTP) and no pipes.
 *
 * main.c takes frames and turns; source.c has sessions; call.c is the life of one attempt; door.c
 * replaces secrets on their way in and puts them back on their way out; report.c tells the daemon.
 *
 * An attempt is held (for its source to connect, or for its secrets), then sent, then has exactly
 * one outcome. Nothing is sent without a writ. A child that died is not started from here: the
 * daemon hears why, and asks the keeper again with the next call.
 */
#ifndef WRIT_PROC_EGRESS_INTERNAL_H
#define WRIT_PROC_EGRESS_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "domain/catalog/catalog.h"
#include "edge/out/http/http.h"
#include "edge/out/mcp/mcp.h"
#include "format/secret/secret.h"
#include "model/limit.h"
#include "model/msg.h"
#include "sys/link.h"
#include "sys/loop.h"

/* What is kept of what a child writes to its standard error. */
#define EGRESS_STDERR_MAX 4096U
/* A child that closed its output has so long to end and say why. */
#define EGRESS_CLOSING_MS 100
/* A source whose pipes never come. */
#define EGRESS_PIPES_MS 30000
/* Progress of one call is told no more often than this. */
#define EGRESS_PROGRESS_MS 50
/* A call waits no longer for its source to be listed again. */
#define EGRESS_LISTING_MS 10000
/* Bytes queued for a child, and for the daemon, at which we wait. */
#define EGRESS_CHILD_QUEUE_MAX  (256U << 10)
#define EGRESS_DAEMON_QUEUE_MAX (4U << 20)
#define EGRESS_WAIT_MS          5
/* Tools of one report: a frame holds 1 MiB. */
#define EGRESS_REPORT_MAX (768U << 10)
/* Of all reports of one list: more is refused, for a turn sends them all. */
#define EGRESS_LIST_MAX (6U << 20)

/* In the id of a frame to the vault: it is about a source, not a call. */
#define EGRESS_OF_SOURCE (1ULL << 63)
/* And about what is being fetched. */
#define EGRESS_OF_FETCH (1ULL << 62)

enum egress_ready {
    EGRESS_READY_KEEPER,
    EGRESS_READY_DAEMON,
    EGRESS_READY_VAULT,
    EGRESS_READY_PIPES,
    EGRESS_READY_STDERR,
    EGRESS_READY_HTTP,
};

struct egress_wire; /* of all sources */
struct egress_line; /* of one source */

/* A secret that a call's arguments, or a source's headers, refer to. */
struct egress_secret {
    struct str reference;
    struct str value;
};
struct egress_secrets VEC(struct egress_secret);

/* What a person says to a question of the source, until its secrets are open. */
struct egress_saying {
    uint32_t ask;
    enum msg_ask_action action;
    struct str content;
};
struct egress_sayings VEC(struct egress_saying);

struct egress_source {
    uint64_t id;
    bool opened;        /* the daemon wants it */
    bool ended;         /* its child is gone */
    bool older;         /* its server ends at any first word but initialize */
    bool touched;       /* has something to do in this turn */
    bool direct;        /* no session: each call is a request by itself */
    bool unlet;         /* direct: it did not let the last call in, and the daemon knows */
    uint32_t samples;   /* a model can be asked, when it was opened */
    int64_t closing_ms; /* 0, or when its session ends at the latest */
    int64_t pipes_ms;   /* 0, or until when its pipes must have come */
    struct str reason;  /* why its child ended */
    struct out_mcp *session;
    struct egress_line *line; /* what its bytes travel on; NULL: nothing yet */
    struct buf tail;          /* of standard error, and of its log messages */
    bool tail_fresh;          /* not told yet */
    int64_t tail_ms;          /* and not before */
    struct arena *life;       /* gone with its child */
    struct arena *list;       /* gone with its next list of tools */
    struct map offered;       /* name of a tool -> digest of its definition */
    uint64_t listed;          /* the listing of its session that its calls know of */
};

enum egress_call_state {
    EGRESS_CALL_SECRETS, /* waits for the vault */
    EGRESS_CALL_HELD,    /* waits for its source */
    EGRESS_CALL_SENT,    /* the session has it */
};

struct egress_call {
    enum egress_call_state state;
    uint64_t handle;
    uint64_t frame; /* the id of the frame that asked */
    char key[12];   /* execution and call */
    struct msg_call_send send;
    int files[WIRE_FDS_MAX]; /* of send.files; -1: it did not come */
    struct egress_source *source;
    struct egress_secrets secrets;
    struct egress_sayings sayings;
    int64_t progress_ms;
    uint64_t listing; /* of its session: it waits until that has ended; 0: not asked yet */
    struct arena *arena;
};

struct egress {
    struct loop *loop;
    struct link *keeper;
    struct link *daemon;
    struct link *vault;
    struct loop_ready keeper_ready;
    struct loop_ready daemon_ready;
    struct loop_ready vault_ready;
    bool over;    /* the conversation with daemon or keeper has ended */
    bool has_key; /* nothing is read from outside before the key is here */
    struct secret_door json;
    struct secret_door plain;
    struct arena *turn;
    int64_t now_ms;
    struct map sources; /* id -> struct egress_source */
    struct map calls;   /* handle -> struct egress_call */
    struct map keys;    /* execution and call -> the same */
    uint64_t handle_next;
    struct egress_wire *wire;
    uint32_t replaced; /* secrets, since what is read now began: who reads it sets it to 0 */
};

/* source.c */
struct egress_source *egress__source_find(struct egress *egress, uint64_t id);
struct egress_source *egress__source_get(struct egress *egress, uint64_t id);
void egress__source_open(struct egress *egress, const struct msg_source_open *open);
void egress__source_close(struct egress *egress, uint64_t id, struct str reason);
/* A session of its own, on a new line; one that was there ends. */
void egress__source_begin(struct egress *egress, struct egress_source *source,
                          const struct out_mcp_options *options, struct str why);
/* The daemon hears why, and opens it again with its next call. */
void egress__source_failed(struct egress *egress, struct egress_source *source, struct str reason);
void egress__source_ended(struct egress *egress, uint64_t id, struct str reason);
void egress__source_tail_add(struct egress_source *source, struct str text);
void egress__session_free(struct egress_source *source);
/* Moves bytes and events of every source that has some; gives when to come back, or -1. */
int64_t egress__sources_turn(struct egress *egress);
void egress__sources_free(struct egress *egress);

/* pipes.c or net.c: what bytes travel on. The linker chooses. */
/* What a security reviewer reads: reads what it needs, then gives up the rest. */
MUST int egress__wire_enter(struct egress *egress);
/* After it, when there is a loop. */
void egress__wire_free(struct egress *egress);
/* False: it has nothing to do with sources of this kind. */
bool egress__wire_speaks(enum msg_source_kind kind);
void egress__wire_open(struct egress *egress, struct egress_source *source,
                       const struct msg_source_open *open);
/* It was opened again while its session lives: what it is given now is used from now on. */
void egress__wire_given(struct egress *egress, struct egress_source *source,
                        const struct msg_source_open *open);
/* Moves what came to the session and what it says out. */
void egress__wire_read(struct egress *egress, struct egress_source *source);
/* True: something came of it at once; look at the session again. */
MUST bool egress__wire_write(struct egress *egress, struct egress_source *source);
/* The session knows of each of its requests how far it has come. */
void egress__wire_sent(struct egress_source *source);
/* Bytes wait for somebody to take them. */
bool egress__wire_blocked(const struct egress *egress, const struct egress_source *source);
/* When it wants a turn by itself; -1: never. */
int64_t egress__wire_due_ms(const struct egress *egress, const struct egress_source *source);
/* Once no session uses it. Its calls are told what was sent first. */
void egress__wire_close(struct egress_source *source);
/* The session ended at its first question: true if it is tried the older way. */
bool egress__wire_again(struct egress *egress, struct egress_source *source);
/* What its source was given to be let in, with the values; NULL: nothing, or not here. */
const struct egress_secrets *egress__wire_secrets(const struct egress_source *source);
void egress__wire_ready(struct egress *egress, struct loop_ready *ready);
/* The vault answered for a source's headers. */
void egress__wire_opened(struct egress *egress, uint64_t source,
                         const struct msg_vault_opened *opened);
/* What came for none of its sources; gives when to come back, or -1. */
int64_t egress__wire_turn(struct egress *egress);
/* Payloads of fetch_start and fetch_stop. False: not accepted. */
bool egress__wire_fetch(struct egress *egress, struct str payload);
bool egress__wire_fetch_stop(struct egress *egress, struct str payload);
/* The vault answered for the headers of a fetch. */
void egress__wire_fetch_opened(struct egress *egress, uint64_t fetch,
                               const struct msg_vault_opened *opened);
/* Takes the descriptors: standard input, output and error of its child. False: not accepted. */
bool egress__wire_pipes(struct egress *egress, uint64_t id, const int fds[3]);

/* A call of a direct source: goes out, or has an outcome at once, or waits for the vault. */
void egress__wire_call(struct egress *egress, struct egress_call *call);
/* One that was sent. */
void egress__wire_call_cancel(struct egress *egress, struct egress_call *call);

/* call.c */
void egress__call_start(struct egress *egress, const struct wire_frame *frame,
                        const struct msg_call_send *send);
void egress__call_cancel(struct egress *egress, const struct msg_call_cancel *cancel);
/* Sends it or holds it. */
void egress__call_go(struct egress *egress, struct egress_call *call);
/* All that wait for this source. */
void egress__calls_go(struct egress *egress, const struct egress_source *source);
void egress__calls_fail(struct egress *egress, const struct egress_source *source,
                        struct str reason);
/* Its session is another one: those that wait look at what that one lists. */
void egress__calls_anew(struct egress *egress, const struct egress_source *source);
void egress__call_event(struct egress *egress, const struct out_mcp_event *event);
void egress__call_fail(struct egress *egress, struct egress_call *call, struct str code,
                       struct str reason);
/* Its one outcome; the call is gone. */
void egress__call_answer(struct egress *egress, struct egress_call *call, enum msg_sent sent,
                         const struct out_http_outcome *outcome);
void egress__calls_free(struct egress *egress);
/* A person's answer to what its source asked. */
void egress__call_said(struct egress *egress, const struct msg_call_said *said);
/* Sends those answers whose secrets are all open, or, with none to come, cancels them. */
void egress__call_say(struct egress *egress, struct egress_call *call, bool closed);

/* door.c */
/* The text without secrets, in the turn; what was replaced is counted and goes to the vault. */
struct str egress__door_in(struct egress *egress, const struct secret_door *door, struct str text,
                           uint64_t source, uint64_t execution);
/* True: the call has references, and waits for the vault (or has failed for want of it). */
bool egress__door_ask(struct egress *egress, struct egress_call *call);
/* The same for one text. False: there is no vault; else all it refers to is, or will be, known. */
bool egress__door_ask_text(struct egress *egress, struct egress_call *call, struct str text);
/* Everything that the text refers to is open. */
bool egress__door_is_open(const struct egress_call *call, struct str text);
/* True: the vault was asked for it, and answers by egress__wire_opened. */
bool egress__door_ask_source(struct egress *egress, uint64_t source, struct str reference,
                             struct str bound);
/* The same for a fetch of the source: egress__wire_fetch_opened answers. */
bool egress__door_ask_fetch(struct egress *egress, const struct msg_fetch_start *fetch,
                            struct str reference, struct str bound);
/* The text with its values, in the arena. */
struct str egress__door_fill(struct arena *arena, const struct egress_secrets *secrets,
                             struct str text, bool inside_json);
void egress__door_opened(struct egress *egress, uint64_t handle,
                         const struct msg_vault_opened *opened);
/* The vault is gone: what waits for it fails. */
void egress__door_lost(struct egress *egress);

/* files.c */
/* Of each artifact that came with it, the bytes. False, with the reason: not those it names. */
struct out_openapi_artifact;
MUST bool egress__files_read(const struct egress_call *call, struct arena *turn,
                             struct out_openapi_artifact *ret_list, struct str *ret_fault);
/* Its arguments with them, as base64. False, with the reason. */
MUST bool egress__files_fill(const struct egress_call *call, struct arena *turn,
                             struct str *ret_args, struct str *ret_fault);

/* report.c */
void egress__report(struct egress *egress, const struct egress_source *source,
                    enum msg_source_state state, struct str reason);
/* Also notes what is offered now. False: it is more than can be kept, and nothing was told. */
MUST bool egress__report_tools(struct egress *egress, struct egress_source *source,
                               const struct out_mcp_event *event);
void egress__report_outcome(struct egress *egress, const struct egress_call *call,
                            const struct out_mcp_event *event);
void egress__report_answer(struct egress *egress, const struct egress_call *call,
                           enum msg_sent sent, const struct out_http_outcome *answer);
void egress__report_progress(struct egress *egress, const struct egress_call *call,
                             const struct out_mcp_event *event);
void egress__report_ask(struct egress *egress, const struct egress_call *call,
                        const struct out_mcp_event *event);

#endif
