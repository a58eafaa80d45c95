/* What the daemon does with its other processes: who is asked for, fed, and sent to. */
#ifndef WRIT_PROC_DAEMON_PARTS_H
#define WRIT_PROC_DAEMON_PARTS_H

#include "domain/core/core.h"
#include "model/msg.h"

struct catalog_source;
struct log_artifact_facts;
struct daemon;
struct daemon_peer;
struct daemon_slot;
struct daemon_source;
struct daemon_worker;

/* parts.c */
/* Asks the keeper for a process that runs only while needed. */
void daemon__process_want(struct daemon *daemon, enum msg_process_kind kind);
void daemon__process_ended(struct daemon *daemon, const struct msg_process_ended *ended);

/* compile.c */
/* Compiles the document of the source, which was given before, in its turn. */
void daemon__compile_source(struct daemon *daemon, uint64_t source);
/* A document for a source that was just added; takes the descriptor. */
void daemon__compile_give(struct daemon *daemon, const struct catalog_source *source, int fd);
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

/* sources.c */
/* peer: egress or net. */
void daemon__egress_up(struct daemon *daemon, struct daemon_peer *peer);
void daemon__egress_ready(struct daemon *daemon, struct daemon_peer *peer);
void daemon__egress_gone(struct daemon *daemon, struct daemon_peer *peer);
/* The process that goes out for it is not up, and will be. */
bool daemon__is_away(const struct daemon *daemon, const struct core_effect *effect);
void daemon__call_send(struct daemon *daemon, const struct core_effect *effect);
void daemon__call_cancel(struct daemon *daemon, const struct core_effect *effect);
void daemon__source_start(struct daemon *daemon, uint64_t source);
void daemon__source_stop(struct daemon *daemon, uint64_t source);
void daemon__child_ended(struct daemon *daemon, const struct msg_child_ended *ended);
struct daemon_source *daemon__source_find(struct daemon *daemon, uint64_t source);
void daemon__artifacts(struct daemon *daemon);

#endif
