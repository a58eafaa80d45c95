/*
 * What TLS costs egress-net: CPU of a request on a new connection and on a kept one, with the
 * certificates that this machine trusts. The baseline is libcurl alone that is given the same text:
 * it reads all of it for each connection, and copies it for each request.
 */
#include "bench.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proc/egress/http.h"
#include "sys/clock.h"
#include "sys/loop.h"

#include <curl/curl.h>
#include <string.h>
#include <unistd.h>

#define MACHINE "/etc/ssl/certs/ca-certificates.crt"
#define NEW     50U
#define KEPT    900U /* of one connection: Node ends it after some 1,000 */

static struct buf trusted;
static char url[64];
static char address[64];
static char hosts[] = "127.0.0.1 good.test\n";
static const struct str allowed[] = { { "good.test", 9 } };
static int server;

static bool add_file(const char *path)
{
    char piece[1 << 14];
    FILE *file = fopen(path, "r");
    size_t len;

    if (!file)
        return false;
    while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
        buf_add(&trusted, piece, len);
    (void)fclose(file);
    return true;
}

/* The server of the engine's own tests. False: there is none here. */
static bool start_server(void)
{
    char line[256] = "";
    char *end = line;
    unsigned long tls;
    int in[2], out[2];

    CHECK(pipe(in) == 0 && pipe(out) == 0);
    if (fork() == 0) {
        (void)dup2(in[0], 0);
        (void)dup2(out[1], 1);
        (void)close(in[1]);
        (void)execlp("node", "node", HTTP_SERVER, (char *)NULL);
        _exit(127);
    }
    (void)close(out[1]);
    server = in[1];
    if (read(out[0], line, sizeof(line) - 1) <= 0)
        return false;
    (void)strtoul(end, &end, 10);
    (void)strtoul(end, &end, 10);
    tls = strtoul(end, &end, 10);
    end[strcspn(end, "\n")] = '\0';
    (void)snprintf(url, sizeof(url), "https://good.test:%lu/", tls);
    (void)snprintf(address, sizeof(address), "good.test:%lu:127.0.0.1", tls);
    return add_file(MACHINE) && add_file(end + 1);
}

/* --- libcurl alone ------------------------------------------------------------------------- */

static size_t ignore(char *text, size_t size, size_t count, void *data)
{
    (void)text;
    (void)data;
    return size * count;
}

static double bare(bool fresh, size_t count)
{
    struct curl_slist *resolve = curl_slist_append(NULL, address);
    struct curl_blob blob = { trusted.ptr, trusted.len, CURL_BLOB_NOCOPY };
    CURL *easy = curl_easy_init();
    double from = 0;

    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(easy, CURLOPT_CAPATH, (char *)NULL);
    curl_easy_setopt(easy, CURLOPT_CAINFO, (char *)NULL);
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, fresh ? 1L : 0L);
    for (size_t i = 0; i <= count; i++) { /* The first is not counted. */
        CHECK(curl_easy_perform(easy) == CURLE_OK);
        if (i == 0)
            from = bench_cpu_us();
    }
    from = (bench_cpu_us() - from) / (double)count;
    curl_easy_cleanup(easy);
    curl_slist_free_all(resolve);
    return from;
}

/* --- As egress-net does it ----------------------------------------------------------------- */

static void get(struct loop *loop, struct http *http, struct http_pool *pool)
{
    const struct http_request request = { .method = STR("GET"), .url = str_from(url) };
    struct http_exchange *exchange;
    struct http_event event;
    struct loop_ready *ready;
    struct str reason;

    CHECK(http_start(pool, &request, &exchange, &reason) == HTTP_STARTED);
    while (!http_next(http, &event)) {
        CHECK(loop_run_once(loop, 1000) == 0);
        while ((ready = loop_next(loop)))
            http_ready(http, ready);
    }
    CHECK(event.kind == HTTP_END && event.end == HTTP_ANSWERED);
}

static double ours(bool fresh, size_t count)
{
    const struct http_options options = { .ready_kind = 1,
                                          .ca = str_of(trusted.ptr, trusted.len),
                                          .hosts = str_from(hosts) };
    struct loop *loop;
    struct http *http;
    struct http_pool *pool;
    double from = 0;

    CHECK(loop_new(&loop) == 0 && http_new(loop, &options, &http) == 0);
    pool = http_pool_new(http, allowed, 1);
    for (size_t i = 0; i <= count; i++) {
        get(loop, http, pool);
        if (i == 0)
            from = bench_cpu_us();
        if (fresh) {
            pool = http_pool_free(pool);
            pool = http_pool_new(http, allowed, 1);
        }
    }
    from = (bench_cpu_us() - from) / (double)count;
    http = http_free(http);
    loop = loop_free(loop);
    return from;
}

static void compare(const char *what, bool fresh, size_t count)
{
    double ours_us = ours(fresh, count), bare_us = bare(fresh, count);

    (void)printf("%-52s %10.1f us of CPU; libcurl alone %10.1f us, %.2f times\n", what, ours_us,
                 bare_us, bare_us / ours_us);
}

int main(void)
{
    if (!start_server()) {
        (void)printf("SKIPPED: no node, or no " MACHINE "\n");
        return 0;
    }
    compare("a request over TLS, new connection", true, NEW);
    compare("a request over TLS, kept connection", false, KEPT);
    (void)close(server);
    buf_fini(&trusted);
    return 0;
}
