/*
 * The world that a scenario plays in: the whole daemon over the simulated sys, the real engine,
 * the real client sessions toward sources, and scripted upstreams, clients and people.
 *
 * One seed, one thread, time that moves only when told. Everything that the world performs is
 * counted, so that a runner can say whether anything happened twice.
 */
#ifndef WRIT_TEST_SCENARIO_WORLD_H
#define WRIT_TEST_SCENARIO_WORLD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "edge/out/mcp/mcp.h"
#include "model/msg.h"
#include "proc/daemon/daemon.h"
#include "proc/worker/engine.h"
#include "sys/link.h"
#include "sys/loop.h"
#include "sys/sim.h"
#include "sys/stream.h"

#define WORLD_DATA   "/sim/data"
#define WORLD_RUN    "/sim/run"
#define WORLD_SOCKET "/sim/run/socket"

/* Where values cross. What is counted is payloads, and what comes in descriptors with them. */
enum world_wire {
    WIRE_SERVER_EGRESS,
    WIRE_EGRESS_SERVER,
    WIRE_EGRESS_DAEMON,
    WIRE_DAEMON_EGRESS,
    WIRE_DAEMON_WORKER,
    WIRE_WORKER_DAEMON,
    WIRE_DAEMON_CLIENT,
    WIRES,
};

/* What an upstream does with the next call of a tool. */
enum upstream_mode {
    UPSTREAM_ANSWERS,
    UPSTREAM_FAILS,   /* says isError, performs nothing */
    UPSTREAM_HANGS,   /* performs, never answers */
    UPSTREAM_LOSES,   /* performs, and its pipe breaks before the answer */
    UPSTREAM_DIES,    /* its pipe breaks before anything is performed */
    UPSTREAM_SLOW,    /* performs and answers when told: `upstream TOOL answers` */
    UPSTREAM_WRONG,   /* performs, and answers what its schema does not allow */
    UPSTREAM_GARBLES, /* performs, and answers what is no JSON */
    UPSTREAM_ASKS,    /* asks a person for a name first; performs if it gets one */
    UPSTREAM_MODELS,  /* asks the agent's model first; performs if that says something */
    UPSTREAM_BUSY,    /* says "not now, in 700 ms", performs nothing */
    UPSTREAM_GONE,    /* is offered no more */
};

struct upstream_tool {
    struct str source;
    struct str name;
    struct str effect; /* read write destructive */
    struct str result; /* JSON */
    struct str input;  /* JSON Schema */
    struct str output; /* JSON Schema, or null */
    struct str description;
    uint64_t image; /* it gives an image of so many bytes; 0: it does not */
    uint64_t takes; /* it takes such an image as `data`, and nothing else; 0: anything */
    enum upstream_mode mode;
    uint32_t performed;
    uint32_t cancelled;
    struct upstream_held VEC(struct str) held; /* ids of requests not answered yet */
};

/* One source as egress has it: a real session, and the scripted server behind it. */
struct upstream {
    struct world *world;
    struct str name;
    uint64_t source;
    struct out_mcp *session;
    struct buf in; /* lines to the server */
    bool broken;
    bool down;                                             /* will not come up */
    struct upstream_calls VEC(struct msg_call_send) calls; /* that wait for the session */
    struct arena *arena;
};

struct world_result {
    struct str client;
    struct str text; /* of the answer: result or error */
    bool failed;
    bool used;
};

/* An agent that speaks MCP on two descriptors, or a command line. */
struct world_client {
    struct str name;
    int32_t pid;
    struct link *link;
    struct stream *stream;
    struct loop_ready ready;
    struct loop_ready link_ready;
    uint64_t next_id;
    uint64_t waits_for; /* id of the request that has no answer */
    struct str pending; /* its program */
    struct str key;
    bool elicits;
    bool ready_said;
    bool gone;
    struct str approves; /* what its person says when asked */
};

struct world_program {
    struct worker_program *program;
    uint64_t run;
};

struct world {
    uint64_t seed;
    struct arena *arena;
    struct loop *daemon_loop;
    struct loop *loop;
    struct daemon *daemon;
    struct link *worker;
    struct link *egress;
    struct loop_ready worker_ready;
    struct loop_ready egress_ready;
    struct map programs; /* execution -> struct world_program */
    struct tools_vec VEC(struct upstream_tool) tools;
    struct upstreams_vec VEC(struct upstream *) upstreams;
    struct clients_vec VEC(struct world_client *) clients;
    struct results_vec VEC(struct world_result) results;
    struct trace_vec VEC(struct str) trace;
    struct buf heard; /* every byte that any client was told */
    uint64_t crossed[WIRES];
    struct str policy;
    struct map executions; /* handle -> number, as the trace says it */
    int64_t start_ms;
    uint64_t activity;
    uint32_t crashes;
    uint32_t starts;
    bool power_cuts;            /* crashes cut the power */
    uint64_t crash_at;          /* disk operation after the start; 0: none */
    uint64_t operations_before; /* disk operations of the start itself */
    struct str api_text;        /* last answer of the API */
    unsigned api_status;
    bool failed;
    struct str failure;
};

struct worker_engine;

struct world *world_new(uint64_t seed);
void world_free(struct world *world);
/* Starts the daemon and its processes; sources are added and approved at the first start. */
void world_start(struct world *world);
/* Ends it as a kill or a power cut would, and starts it again; clients come back. */
void world_crash(struct world *world, bool power);
/* Runs until nothing moves. Restarts where a crash was planned. */
void world_settle(struct world *world);
/* What a core is that knows only the log, as core_print says it. */
void world_replay(struct world *world, struct buf *out);
void world_advance(struct world *world, int64_t ms);
void world_fail(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

enum world_ready { WORLD_WORKER, WORLD_EGRESS, WORLD_STREAM, WORLD_LINK, WORLD_API };

/* bytes.c: values that are long, and bytes */

/* Bytes of an image, the same ones for the same length. */
struct str world_image(struct arena *arena, uint64_t len);
/* {"fill":"..."} of so many bytes. */
struct str world_filled(struct arena *arena, uint64_t len);
/* An outcome as egress says it: what is long, and what it names, in a descriptor. */
void world_outcome_send(struct world *world, struct msg_call_outcome *outcome,
                        const struct out_mcp_event *event);
/* The arguments with the bytes that came with them, which were taken from the link. */
struct str world_args_fill(struct world *world, const struct msg_call_send *send);
/* A frame's bytes have crossed. */
void world_crossed(struct world *world, enum world_wire wire, size_t len);

/* worker.c, upstream.c, client.c */
void world_worker_up(struct world *world);
void world_egress_up(struct world *world);
void world_worker_ready(struct world *world);
void world_worker_drop(struct world *world);
void world_egress_ready(struct world *world);
void world_egress_tick(struct world *world);
void world_egress_drop(struct world *world);
void world_upstream_answer(struct world *world, struct str tool);
struct upstream_tool *world_tool(struct world *world, struct str address);
/* The source says that what it offers has changed, and is asked. */
void world_upstream_changed(struct world *world, struct str address);
struct world_client *world_client_find(struct world *world, struct str name);
struct world_client *world_client_new(struct world *world, struct str name, bool elicits);
void world_client_ready(struct world *world, struct world_client *client);
void world_client_close(struct world *world, struct world_client *client);
void world_client_execute(struct world *world, struct world_client *client, struct str code,
                          struct str key);
void world_client_reconnect(struct world *world, struct world_client *client);
void world_client_cancel(struct world *world, struct world_client *client);
/* Asks the API as a person at a terminal, or as an agent's child; the answer is in api_text. */
void world_api(struct world *world, bool person, const char *method, struct str path,
               struct str body);

#endif
