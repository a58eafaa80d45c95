/*
 * A small server of the bench's own, in a process of its own: it speaks MCP over HTTP (one tool,
 * `read`) and answers every GET with an object, on connections that stay. And what asking it costs
 * over a bare socket.
 */
#ifndef WRIT_BENCH_PEER_H
#define WRIT_BENCH_PEER_H

#include "base/base.h"

#include <netinet/in.h>
#include <sys/types.h>

struct peer {
    struct sockaddr_in address;
    pid_t pid;
    int port;
};

void peer_open(struct peer *peer);
void peer_close(struct peer *peer);
/* A call of its tool over a bare socket: the median of so many, in us, which times has sorted. */
double peer_call_bare(const struct peer *peer, double *times, size_t count);

#endif
