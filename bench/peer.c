/* The bench's own server, and what it costs to ask it without anything between. */
#include "peer.h"

#include "bench.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENTS  64U
#define REQUEST  16384U
#define DISCOVER "{\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}}}"
#define TOOLS                                                                                      \
    "{\"tools\":[{\"name\":\"read\",\"inputSchema\":{\"type\":\"object\"},"                        \
    "\"annotations\":{\"readOnlyHint\":true}}]}"
#define ANSWER "{\"content\":[{\"type\":\"text\",\"text\":\"an ordinary line of text\"}]}"

/* --- The server: answers what came ---------------------------------------------------------- */

struct client {
    char text[REQUEST];
    size_t len;
};

static bool answer(int fd, struct client *client)
{
    char out[1024];
    char body[512];
    const char *head = memmem(client->text, client->len, "\r\n\r\n", 4);
    const char *length = head ? strcasestr(client->text, "content-length:") : NULL;
    size_t whole = head ? (size_t)(head - client->text) + 4 : 0;
    const char *id;
    int n;

    whole += length ? strtoul(length + 15, NULL, 10) : 0;
    if (!head || client->len < whole)
        return true;
    id = strstr(head, "\"id\":");
    n = strncmp(client->text, "GET ", 4) == 0
            ? snprintf(body, sizeof(body), "{\"id\":7,\"name\":\"Rex\"}")
            : snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":%lu,\"result\":%s}",
                       id ? strtoul(id + 5, NULL, 10) : 0,
                       strstr(head, "server/discover") ? DISCOVER
                       : strstr(head, "tools/list")    ? TOOLS
                                                       : ANSWER);
    n = snprintf(
        out, sizeof(out),
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", n,
        body);
    client->len = 0;
    return write(fd, out, (size_t)n) == n;
}

static NORETURN void serve(int listener)
{
    static struct client clients[CLIENTS];
    struct pollfd fds[CLIENTS + 1] = { { .fd = listener, .events = POLLIN } };
    nfds_t count = 1;
    int one = 1;

    for (;;) {
        (void)poll(fds, count, -1);
        for (nfds_t i = 1; i < count; i++) {
            struct client *client = &clients[i - 1];
            ssize_t n;

            if (!fds[i].revents)
                continue;
            n = read(fds[i].fd, client->text + client->len, REQUEST - 1 - client->len);
            if (n > 0)
                client->text[client->len += (size_t)n] = '\0';
            if (n <= 0 || !answer(fds[i].fd, client)) {
                (void)close(fds[i].fd);
                fds[i].fd = -1;
            }
        }
        if (fds[0].revents && count <= CLIENTS) {
            fds[count] = (struct pollfd){ .fd = accept(listener, NULL, NULL), .events = POLLIN };
            (void)setsockopt(fds[count++].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        }
    }
}

/* --- A bare socket ------------------------------------------------------------------------- */

double peer_call_bare(const struct peer *peer, double *times, size_t count)
{
    static const char body[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":"
                               "{\"name\":\"read\",\"arguments\":{\"path\":\"a\"}}}";
    const void *any = &peer->address;
    char request[1024];
    char text[REQUEST];
    int n = snprintf(request, sizeof(request),
                     "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     sizeof(body) - 1, body);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;

    CHECK(connect(fd, any, sizeof(peer->address)) == 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    for (size_t i = 0; i < count; i++) {
        double from = bench_now_us();

        CHECK(write(fd, request, (size_t)n) == n);
        CHECK(read(fd, text, sizeof(text)) > 0);
        times[i] = bench_now_us() - from;
    }
    (void)close(fd);
    qsort(times, count, sizeof(*times), bench_compare);
    return times[count / 2];
}

void peer_open(struct peer *peer)
{
    socklen_t len = sizeof(peer->address);
    void *any = &peer->address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *peer = (struct peer){ .address = { .sin_family = AF_INET } };
    peer->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listener, any, len) == 0 && listen(listener, CLIENTS) == 0);
    CHECK(getsockname(listener, any, &len) == 0);
    peer->port = ntohs(peer->address.sin_port);
    peer->pid = fork();
    CHECK(peer->pid >= 0);
    if (peer->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener);
    }
    (void)close(listener);
}

void peer_close(struct peer *peer)
{
    (void)kill(peer->pid, SIGKILL);
    (void)waitpid(peer->pid, NULL, 0);
}
