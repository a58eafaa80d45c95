/* One request: its digits are counted up, it is written, the answer is read and looked at. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOAD_READ     65536U
#define LOAD_WAIT_MS  60000
#define LOAD_ID_FIRST UINT64_C(1000000000)
#define LOAD_TIMES    (1U << 20)

extern char **environ;

static bool load_is_quiet;

void load_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fprintf(stderr, "bench: ");
    (void)vfprintf(stderr, format, args);
    (void)fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}

/* ---- one answer ---- */

static void load_read(struct load_client *client)
{
    ssize_t got;

    if (client->cap - client->len < LOAD_READ) {
        client->cap = client->cap * 2 + LOAD_READ;
        client->text = realloc(client->text, client->cap + 1);
        if (!client->text)
            load_fail("no memory");
    }
    got = read(client->out, client->text + client->len, LOAD_READ);
    if (got <= 0)
        load_fail("a connection ended: %s", got < 0 ? strerror(errno) : "closed");
    client->len += (size_t)got;
    client->text[client->len] = 0;
}

/* Lines that are not our answer (notifications) are passed over. */
static bool load_line_whole(struct load_client *client)
{
    char id[32];
    char *end;

    (void)snprintf(id, sizeof(id), "\"id\":%llu", (unsigned long long)client->id);
    while ((end = memchr(client->text, '\n', client->len))) {
        *end = 0;
        if (strstr(client->text, id))
            return true;
        client->len -= (size_t)(end + 1 - client->text);
        memmove(client->text, end + 1, client->len + 1);
    }
    return false;
}

static bool load_http_whole(const struct load_client *client)
{
    const char *body = strstr(client->text, "\r\n\r\n");
    const char *length;

    if (!body)
        return false;
    length = strcasestr(client->text, "\r\nContent-Length:");
    if (length && length < body)
        return client->len >= (size_t)(body + 4 - client->text) + strtoul(length + 17, NULL, 10);
    return client->len >= 5 && memcmp(client->text + client->len - 5, "0\r\n\r\n", 5) == 0;
}

static bool load_whole(struct load_client *client)
{
    if (!client->heard)
        client->heard =
            client->in == client->out ? load_http_whole(client) : load_line_whole(client);
    return client->heard;
}

static void load_look(const struct load_client *client)
{
    if ((client->in == client->out && strncmp(client->text, "HTTP/1.1 20", 11) != 0) ||
        strstr(client->text, "\"isError\":true") || strstr(client->text, "\"error\":{"))
        load_fail("asked: %.300s\nanswered: %.1000s", client->request, client->text);
}

/* ---- asking ---- */

static void load_write(const struct load_client *client, const char *text, size_t len)
{
    while (len) {
        ssize_t put = write(client->in, text, len);

        if (put <= 0)
            load_fail("a connection does not take a request: %s", strerror(errno));
        text += put;
        len -= (size_t)put;
    }
}

void load_ask(struct load_client *client)
{
    char digits[32];

    client->id = client->id ? client->id + 1 : LOAD_ID_FIRST;
    (void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)client->id);
    memcpy(client->request + client->id_at, digits, 10);
    client->len = 0;
    client->heard = false;
    client->asked_us = bench_now_us();
    load_write(client, client->request, client->request_len);
}

void load_wait(struct load_client *client)
{
    struct pollfd wait = { .fd = client->out, .events = POLLIN };

    do {
        if (poll(&wait, 1, LOAD_WAIT_MS) <= 0)
            load_fail("no answer to: %.300s", client->request);
        load_read(client);
    } while (!load_whole(client));
    load_look(client);
}

double load_once(struct load_client *client)
{
    load_ask(client);
    load_wait(client);
    return bench_now_us() - client->asked_us;
}

/* ---- what is asked ---- */

static void load_set(struct load_client *client, const struct load_door *door, const char *body)
{
    char *at = NULL;
    int len;

    free(client->request);
    if (client->in == client->out)
        len = asprintf(&client->request,
                       "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
                       "Content-Type: application/json\r\n"
                       "Accept: application/json, text/event-stream\r\n"
                       "MCP-Protocol-Version: 2025-11-25\r\n%s%s%s"
                       "Content-Length: %zu\r\n\r\n%s",
                       door->port, door->token, client->session[0] ? "Mcp-Session-Id: " : "",
                       client->session, client->session[0] ? "\r\n" : "", strlen(body), body);
    else
        len = asprintf(&client->request, "%s\n", body);
    if (len < 0)
        load_fail("no memory");
    client->request_len = (size_t)len;
    at = strstr(client->request, "\"id\":1000000000");
    client->id_at = at ? (size_t)(at - client->request) + 5 : 0;
}

void load_set_tool(struct load_client *client, const char *tool, const char *arguments)
{
    char body[4096];

    (void)snprintf(body, sizeof(body),
                   "{\"jsonrpc\":\"2.0\",\"id\":1000000000,\"method\":\"tools/call\",\"params\":"
                   "{\"name\":\"%s\",\"arguments\":%s}}",
                   tool, arguments);
    load_set(client, NULL, body);
}

void load_set_program(struct load_client *client, const struct load_door *door, const char *code)
{
    char body[4096];

    (void)snprintf(body, sizeof(body),
                   "{\"jsonrpc\":\"2.0\",\"id\":1000000000,\"method\":\"tools/call\",\"params\":"
                   "{\"name\":\"execute\",\"arguments\":{\"code\":\"%s\"}}}",
                   code);
    load_set(client, door, body);
}

/* ---- opening ---- */

static void load_initialize(struct load_client *client, const struct load_door *door)
{
    static const char session[] = "\r\nmcp-session-id: ";
    static const char done[] = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";
    char *at;

    load_set(client, door,
             "{\"jsonrpc\":\"2.0\",\"id\":1000000000,\"method\":\"initialize\",\"params\":{"
             "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
             "\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}}");
    (void)load_once(client);
    at = client->in == client->out ? strcasestr(client->text, session) : NULL;
    if (at)
        (void)snprintf(client->session, sizeof(client->session), "%.*s",
                       (int)strcspn(at + sizeof(session) - 1, "\r"), at + sizeof(session) - 1);
    load_set(client, door, done);
    client->len = 0;
    client->heard = false;
    load_write(client, client->request, client->request_len);
    while (client->in == client->out && !load_whole(client))
        load_read(client);
}

void load_quiet(bool quiet)
{
    load_is_quiet = quiet;
}

void load_open_command(struct load_client *client, char *const *argv)
{
    posix_spawn_file_actions_t actions;
    int to[2];
    int from[2];

    *client = (struct load_client){ 0 };
    if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0 ||
        posix_spawn_file_actions_init(&actions) != 0 ||
        (load_is_quiet &&
         posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) != 0) ||
        posix_spawn_file_actions_adddup2(&actions, to[0], 0) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, from[1], 1) != 0)
        load_fail("pipes: %s", strerror(errno));
    if (posix_spawn(&client->pid, argv[0], &actions, NULL, argv, environ) != 0)
        load_fail("%s does not start", argv[0]);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(to[0]);
    (void)close(from[1]);
    client->in = to[1];
    client->out = from[0];
    load_initialize(client, NULL);
}

void load_open_stdio(struct load_client *client, const char *writ)
{
    char path[4096];
    char mcp[] = "mcp";
    char *argv[] = { path, mcp, NULL };

    (void)snprintf(path, sizeof(path), "%s", writ);
    load_open_command(client, argv);
}

void load_open_http(struct load_client *client, const struct load_door *door)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)door->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1;

    *client = (struct load_client){ 0 };
    client->in = client->out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->in < 0 || connect(client->in, (struct sockaddr *)&at, sizeof(at)) < 0)
        load_fail("port %d: %s", door->port, strerror(errno));
    (void)setsockopt(client->in, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    load_initialize(client, door);
}

void load_close(struct load_client *client)
{
    (void)close(client->in);
    if (client->out != client->in)
        (void)close(client->out);
    if (client->pid)
        (void)waitpid(client->pid, NULL, 0);
    free(client->request);
    free(client->text);
    *client = (struct load_client){ 0 };
}

/* ---- many ---- */

static struct load_result load_sum(double *times, size_t count, double seconds)
{
    struct load_result result = { .count = count, .rate = (double)count / seconds };

    if (count == 0)
        load_fail("nothing was answered");
    qsort(times, count, sizeof(*times), bench_compare);
    result.p50_us = times[count / 2];
    result.p99_us = times[count - 1 - count / 100];
    return result;
}

static void load_loop(int epoll, double *times, size_t *count, double until_us)
{
    struct epoll_event events[64];
    double now_us;

    do {
        int got = epoll_wait(epoll, events, 64, 100);

        now_us = bench_now_us();
        for (int i = 0; i < got; i++) {
            struct load_client *client = events[i].data.ptr;

            load_read(client);
            if (!load_whole(client))
                continue;
            if (!client->noise) {
                load_look(client);
                if (*count < LOAD_TIMES)
                    times[(*count)++] = bench_now_us() - client->asked_us;
            }
            if (now_us < until_us)
                load_ask(client);
        }
    } while (now_us < until_us);
}

/* Answers to the last requests are waited for, except of those who are only in the way. */
static void load_drain(struct load_client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!clients[i].noise && !clients[i].heard)
            load_wait(&clients[i]);
}

struct load_result load_run(struct load_client *clients, size_t count, double seconds)
{
    static double times[LOAD_TIMES];
    size_t done = 0;
    double began_us;
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &clients[i] };

        if (epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].out, &event) < 0)
            load_fail("epoll: %s", strerror(errno));
    }
    began_us = bench_now_us();
    for (size_t i = 0; i < count; i++)
        load_ask(&clients[i]);
    load_loop(epoll, times, &done, began_us + seconds * 1e6);
    began_us = bench_now_us() - began_us;
    (void)close(epoll);
    load_drain(clients, count);
    return load_sum(times, done, began_us / 1e6);
}
