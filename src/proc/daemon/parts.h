/* What the daemon does with its other processes: who is asked for, fed, and sent to. */
#ifndef WRIT_PROC_DAEMON_PARTS_H
#define WRIT_PROC_DAEMON_PARTS_H

#include "base/vec.h"
#include "domain/core/core.h"
#include "model/msg.h"

struct catalog_source;
struct log_artifact_facts;
struct daemon;
struct daemon_peer;
struct daemon_slot;
struct daemon_source;
struct daemon_worker;

/* Requests that wait for one execution. */
struct daemon_waiters {
    struct daemon_waiting VEC(uint64_t) requests; /* tokens */
};

/* parts.c */
/* Asks the keeper for a process that runs only while needed. */
void daemon__process_want(struct daemon *daemon, enum msg_process_kind kind);
void daemon__process_ended(struct daemon *daemon, const struct msg_process_ended *ended);

/* compile.c */
/* Compiles the document of the source, which was given before, in its turn. */
void daemon__compile_source(struct daemon *daemon, uint64_t source);
/* A document of a source. */
struct daemon_given {
    int fd;          /* taken; -1: it is the text */
    struct str text; /* JSON or YAML, where there is no descriptor */
    struct str uri;  /* where it is from */
    enum msg_source_kind kind;
};
/* To be compiled by daemon__compile_source. Another one of the source that waited is dropped. */
void daemon__compile_give(struct daemon *daemon, const struct catalog_source *source,
                          const struct daemon_given *given);
/* The reason where reading a document ended the process that reads it. */
#define DAEMON_COMPILE_DIED "reading it takes more memory or time than a document of its size may"
/* It cannot be had: the source says why. */
void daemon__compile_none(struct daemon *daemon, uint64_t source, struct str reason);
/* Whether it has one that waits or is being read. */
bool daemon__compile_has(const struct daemon *daemon, uint64_t source);
/* What its document refers to was fetched, or was not; takes the descriptor. */
void daemon__compile_fetched(struct daemon *daemon, const struct msg_fetch_done *done, int fd);
/* The same by whoever gave the document. False: this one is not wanted. */
bool daemon__compile_document(struct daemon *daemon, uint64_t source, struct str uri, int fd);
void daemon__compile_tick(struct daemon *daemon);
/* It goes on in the next turn. */
bool daemon__compile_is_due(const struct daemon *daemon);
/* The process is up. */
void daemon__compile_up(struct daemon *daemon);
void daemon__compile_ready(struct daemon *daemon);
/* It cannot be started. */
void daemon__compile_missing(struct daemon *daemon);
/* An artifact was kept. False: it is none of ours. */
bool daemon__compile_kept(struct daemon *daemon, const struct log_artifact_facts *facts);
/* Reads a listing into the catalog. */
bool daemon__listing_load(struct daemon *daemon, const struct digest *digest, const char **ret_why);
void daemon__compile_end(struct daemon *daemon);

/* probe.c */
/* Finds out what is at the URL of a source; egress-net is up. */
void daemon__probe_start(struct daemon *daemon, const struct catalog_source *source);
/* It is asked as an MCP server now. */
bool daemon__probe_is_mcp(const struct daemon *daemon, uint64_t source);
/* What such a server says. True: it is none, and something else is asked. */
bool daemon__probe_reported(struct daemon *daemon, const struct msg_source_report *said);
/* True: it was no document after all, and something else is tried. */
bool daemon__probe_compiled(struct daemon *daemon, const struct command_compiled *compiled);
/* For what a document from the web refers to: the number of the fetch; 0: it is not fetched. */
uint64_t daemon__fetch_wanted(struct daemon *daemon, uint64_t source, struct str root,
                              struct str uri);
/* Takes the descriptor; -1: none. */
void daemon__fetch_done(struct daemon *daemon, const struct msg_fetch_done *done, int fd);
void daemon__probe_stop(struct daemon *daemon, uint64_t source);
/* egress-net is gone. */
void daemon__fetches_gone(struct daemon *daemon);
void daemon__probes_end(struct daemon *daemon);

/* feed.c: what a worker is sent. */
void daemon__feed_start(struct daemon *daemon, struct daemon_slot *slot,
                        const struct execution *execution);
void daemon__feed_deliveries(struct daemon *daemon, struct daemon_slot *slot,
                             const struct execution *execution);

/* pool.c */
void daemon__pool_run(struct daemon *daemon, uint64_t execution);
void daemon__pool_drop(struct daemon *daemon, uint64_t execution);
void daemon__pool_tick(struct daemon *daemon);
int64_t daemon__pool_due_ms(const struct daemon *daemon);
struct daemon_slot *daemon__slot_find(const struct daemon *daemon, uint64_t execution);
void daemon__slot_leave(struct daemon_slot *slot, bool tell);
void daemon__line_add(struct daemon *daemon, struct daemon_slot *slot);

/* workers.c: what a worker says, and its end. */
void daemon__worker_up(struct daemon *daemon, struct daemon_worker *worker);
void daemon__worker_ready(struct daemon *daemon, struct daemon_worker *worker);
void daemon__worker_end(struct daemon *daemon, struct daemon_worker *worker);
void daemon__workers_tend(struct daemon *daemon);

/* Of a run; of one that is over, nothing. */
void daemon__report_take(struct daemon *daemon, uint64_t run,
                         const struct msg_program_report *report);

/* searches.c: true where it is put by, and comes again when what it looks into is there. */
bool daemon__search_report(struct daemon *daemon, const struct wire_frame *frame,
                           const struct msg_program_report *report);
bool daemon__search_request(struct daemon *daemon, struct daemon_request *request,
                            const struct api_tool_list *list);
void daemon__searches_tick(struct daemon *daemon);
void daemon__searches_end(struct daemon *daemon);
/* api.c */
void daemon__api_search(struct daemon *daemon, struct daemon_request *request,
                        const struct api_tool_list *list);

/* given.c: what a person gives a source to be let in. */
/* Its credentials, each opened by the vault once, now. */
void daemon__given_open(struct daemon *daemon, const struct catalog_source *source,
                        struct msg_source_open *open);
/* It is used from now on. */
void daemon__given_use(struct daemon *daemon, uint64_t source);
/* The source is gone, and its secrets. */
void daemon__given_forget(struct daemon *daemon, uint64_t source);

/* sources.c */
/* peer: egress or net. */
void daemon__egress_up(struct daemon *daemon, struct daemon_peer *peer);
void daemon__egress_ready(struct daemon *daemon, struct daemon_peer *peer);
void daemon__egress_gone(struct daemon *daemon, struct daemon_peer *peer);
/* The process that goes out for it is not up, and will be. */
bool daemon__is_away(const struct daemon *daemon, const struct core_effect *effect);
void daemon__call_send(struct daemon *daemon, const struct core_effect *effect);
void daemon__call_say(struct daemon *daemon, const struct core_effect *effect);
void daemon__call_cancel(struct daemon *daemon, const struct core_effect *effect);
/* A person rejected its tool: it is not sent, if nothing of it was. */
void daemon__call_refuse(struct daemon *daemon, const struct core_effect *effect);
void daemon__source_start(struct daemon *daemon, uint64_t source);
void daemon__source_stop(struct daemon *daemon, uint64_t source);
/* What its credentials are for: where it was said, or where the first of its requests goes. */
struct str daemon__source_url(struct daemon *daemon, const struct catalog_source *source);
/* Each secret in the text may be opened once: by this call, or (call 0) for the source itself. */
void daemon__vault_grants(struct daemon *daemon, struct str text,
                          const struct msg_vault_grant *use);
void daemon__child_ended(struct daemon *daemon, const struct msg_child_ended *ended);
struct daemon_source *daemon__source_find(struct daemon *daemon, uint64_t source);

/* kept.c */
/* How an attempt ended. Takes the descriptor, if there is one. */
void daemon__outcome(struct daemon *daemon, const struct msg_call_outcome *outcome, int fd);
/* What was to be kept, and has been or not. */
void daemon__artifacts(struct daemon *daemon);
void daemon__outcomes_free(struct daemon *daemon);

/* What it offers is what a document says, or it is not known yet. */
bool daemon__is_document(const struct catalog_source *source);
/* Whose document says what this source offers: its first connection's, or its own. */
const struct catalog_source *daemon__source_read(struct daemon *daemon,
                                                 const struct catalog_source *source);
/* document.c: how a call of the source becomes a request. */
struct str daemon__plan(struct daemon *daemon, const struct catalog_source *source,
                        struct str plan);
/* NULL: there is none, and the request has failed with that. */
const struct catalog_source *daemon__api_source_named(struct daemon *daemon,
                                                      struct daemon_request *request,
                                                      struct str name);

#endif
