/*
 * The load client: MCP clients over pipes and over HTTP, all in one thread and one epoll, so that
 * what is measured is Writ and not the one who asks.
 *
 * A client asks, hears the whole answer, and asks again: one request of each is under way. Every
 * answer is looked at: an error ends the bench, for a fast refusal would be a fine figure.
 */
#ifndef WRIT_BENCH_LOAD_H
#define WRIT_BENCH_LOAD_H

#include "bench.h"

#include <stdbool.h>

#include <sys/types.h>

struct load_client {
    int in, out; /* what it says, what we say; the same for HTTP */
    pid_t pid;   /* of `writ mcp`; 0: HTTP */
    bool heard;  /* the whole answer to the last request */
    bool noise;  /* keeps Writ busy, and is not counted */
    uint64_t id;
    double asked_us;
    char *request;
    size_t request_len;
    size_t id_at; /* of its ten digits in request */
    char session[128];
    char *text; /* what came */
    size_t len, cap;
};

struct load_result {
    double p50_us, p99_us;
    double rate; /* answers a second */
    size_t count;
};

/* Where Writ listens, for those who speak HTTP. */
struct load_door {
    int port;
    char token[128];
};

/* Ends the bench with what went wrong. */
void load_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Clients that are initialized. What cannot be opened ends the bench. */
void load_open_stdio(struct load_client *client, const char *writ);
void load_open_http(struct load_client *client, const struct load_door *door);
/* Any server that speaks MCP over pipes. */
void load_open_command(struct load_client *client, char *const *argv);
void load_close(struct load_client *client);
/* Commands that are opened from now on say nothing on standard error: their Writ will be killed. */
void load_quiet(bool quiet);

/* What the client asks from now on: to run a program, or a tool of a server by name. */
void load_set_program(struct load_client *client, const struct load_door *door, const char *code);
void load_set_tool(struct load_client *client, const char *tool, const char *arguments);
/* One request; how long it took. The answer stays in client->text until the next. */
double load_once(struct load_client *client);
/* Asks without waiting; load_wait hears the answer. */
void load_ask(struct load_client *client);
void load_wait(struct load_client *client);
/* All of them at once, for some seconds. */
struct load_result load_run(struct load_client *clients, size_t count, double seconds);

#endif
