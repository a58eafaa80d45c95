/*
 * Sources over the network, by HTTP. No files, no pipes of children, no execution: what there is
 * to read (certificates, the hosts file, name servers) is read before the walls go up.
 *
 *     source_open -> the vault opens what its headers refer to -> a session, which asks
 *     requests of the session -> http.h -> heads, pieces and ends -> the session
 *
 * What a source was given (its headers) goes to its own origin alone.
 */
#include "proc/egress/net.h"

#include "sys/clock.h"
#include "sys/sandbox.h"

#include <fcntl.h>
#include <unistd.h>

#define FILE_BYTES_MAX (4U << 20)
/* A request that nobody waits for but us. */
#define BRIEF_MS 30000
/* Silence after server/discover that means an older server: it may be far away. */
#define PROBE_MS 10000

/* How long a server has to hear that its session is over; and at our own end. */
#define BYE_MS   3000
#define LAST_MS  700
#define BYES_MAX 256U

/* The last words of a line that is gone: what they are said with lives as long as they do. */
struct egress_bye {
    uint64_t number;
    struct line_exchange exchange;
    struct http_pool *pool;
    struct line_given *given;
};

struct egress_wire {
    struct http *http;
    struct map fetches; /* number -> struct egress_fetch */
    struct map byes;    /* number -> struct egress_bye */
    uint64_t bye_next;
};

/* --- Before the walls ---------------------------------------------------------------------- */

static struct str file_read(struct arena *arena, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes;
    size_t len = 0;
    ssize_t n;

    if (fd < 0)
        return STR_NULL;
    bytes = arena_alloc_raw(arena, FILE_BYTES_MAX);
    while (len < FILE_BYTES_MAX && (n = read(fd, bytes + len, FILE_BYTES_MAX - len)) > 0)
        len += (size_t)n;
    (void)close(fd);
    return str_of(bytes, len);
}

static struct str certificates(struct arena *arena)
{
    static const char *const files[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
        "/etc/ssl/ca-bundle.pem",             /* openSUSE */
    };
    struct str text = STR_NULL;

    for (size_t i = 0; i < ARRAY_COUNT(files) && !text.len; i++)
        text = file_read(arena, files[i]);
    return text;
}

/* What a security reviewer reads. Only what is opened here is ever opened. */
int egress__wire_enter(struct egress *egress)
{
    struct arena *arena = arena_new(0);
    struct http_options options = { .ready_kind = EGRESS_READY_HTTP };
    int r;

    sandbox_undumpable();
    options.ca = certificates(arena);
    options.hosts = file_read(arena, "/etc/hosts");
    egress->wire = heap_alloc(sizeof(*egress->wire));
    r = loop_new(&egress->loop);
    if (r == 0)
        r = http_new(egress->loop, &options, &egress->wire->http);
    if (r == 0)
        r = sandbox_enter("stdio recvfd sendfd inet");
    arena_free(arena);
    return r < 0 ? TRACE(r) : 0;
}

struct http *egress__net_http(const struct egress *egress)
{
    return egress->wire->http;
}

struct map *egress__net_fetches(const struct egress *egress)
{
    return &egress->wire->fetches;
}

bool egress__wire_speaks(enum msg_source_kind kind)
{
    return kind == MSG_SOURCE_KIND_MCP_HTTP || kind == MSG_SOURCE_KIND_MCP_SSE ||
           egress__direct_speaks(kind);
}

bool egress__wire_pipes(struct egress *egress, uint64_t id, const int fds[3])
{
    (void)egress;
    (void)id;
    for (size_t i = 0; i < 3; i++)
        (void)close(fds[i]);
    return false;
}

/* --- Opening ------------------------------------------------------------------------------- */

static struct line_given *given_free(struct line_given *given)
{
    if (!given)
        return NULL;
    for (size_t i = 0; i < given->secrets.count; i++)
        if (given->secrets.at[i].value.ptr)
            explicit_bzero((char *)(uintptr_t)given->secrets.at[i].value.ptr,
                           given->secrets.at[i].value.len);
    for (size_t i = 0; i < given->count; i++)
        explicit_bzero((char *)(uintptr_t)given->headers[i].value.ptr, given->headers[i].value.len);
    VEC_FINI(&given->secrets);
    (void)arena_free(given->arena); /* it lies there itself */
    return NULL;
}

static struct line_given *given_new(const struct msg_source_open *open)
{
    struct arena *arena = arena_new(0);
    struct line_given *given = ARENA_NEW(arena, struct line_given);

    *given = (struct line_given){ .arena = arena, .count = open->headers_count };
    given->headers = ARENA_ARRAY(arena, struct http_header, given->count + 1);
    given->bounds = ARENA_ARRAY(arena, struct str, given->count + 1);
    for (size_t i = 0; i < given->count; i++) {
        const struct msg_given *one = &open->headers[i];

        given->headers[i] =
            (struct http_header){ str_copy(arena, one->name), str_copy(arena, one->value) };
        given->bounds[i] = one->bound.ptr ? str_copy(arena, one->bound) : STR_NULL;
    }
    return given;
}

static void request_headers(struct http_request *request, const struct out_mcp_web_request *asked,
                            struct arena *turn)
{
    struct http_header *headers = ARENA_ARRAY(turn, struct http_header, asked->header_count + 1);

    for (size_t i = 0; i < asked->header_count; i++)
        headers[i] = (struct http_header){ asked->headers[i].name, asked->headers[i].value };
    request->headers = headers;
    request->header_count = asked->header_count;
}

static void bye_free(struct egress *egress, struct egress_bye *bye)
{
    (void)map_take_u64(&egress->wire->byes, bye->number);
    bye->pool = http_pool_free(bye->pool);
    bye->given = given_free(bye->given);
    (void)heap_free(bye);
}

/* 2025-03-26 and later: a client that needs a session no more says so. Nobody waits for more. */
static void say_bye(struct egress_line *line)
{
    struct egress *egress = line->egress;
    struct out_mcp_web_request asked;
    struct http_request request = { .stream = true, .redirects = false, .timeout_ms = BYE_MS };
    struct egress_bye *bye;
    struct str reason;

    if (!line->web || !line->given || egress->wire->byes.count >= BYES_MAX ||
        !out_mcp_web_bye(line->web, &asked))
        return;
    bye = heap_alloc(sizeof(*bye));
    *bye = (struct egress_bye){ .number = ++egress->wire->bye_next,
                                .pool = line->pool,
                                .given = line->given };
    bye->exchange.bye = bye;
    line->pool = NULL;
    line->given = NULL;
    request.method = asked.method;
    request.url = line->url;
    request_headers(&request, &asked, egress->turn);
    request.secrets = bye->given->headers;
    request.secret_count = bye->given->count;
    request.owner = &bye->exchange;
    (void)map_put_u64(&egress->wire->byes, bye->number, bye);
    if (http_start(bye->pool, &request, &bye->exchange.http, &reason) != HTTP_STARTED)
        bye_free(egress, bye);
}

static void line_free(struct egress_line *line)
{
    struct map_entry *entry;

    if (egress__direct_speaks(line->kind))
        egress__direct_end(line);
    for (size_t at = 0; (entry = map_next(&line->exchanges, &at));) {
        struct line_exchange *exchange = entry->value;

        http_drop(exchange->http);
        (void)heap_free(exchange);
    }
    map_fini(&line->exchanges);
    say_bye(line);
    line->web = out_mcp_web_free(line->web);
    line->pool = http_pool_free(line->pool);
    line->given = given_free(line->given);
    line->coming = given_free(line->coming);
    arena_free(line->arena);
    (void)heap_free(line);
}

static void begin(struct egress_line *line)
{
    const struct out_mcp_options options = {
        .version = STR(WRIT_VERSION),
        .messages = true,
        .older = line->old,
        .samples = line->source->samples,
        .probe_ms = PROBE_MS,
    };
    const struct out_mcp_web_options how = { .url = line->url, .sse = line->old };
    struct egress_source *source = line->source;

    if (egress__direct_speaks(line->kind)) {
        source->pipes_ms = 0;
        line->ready = true;
        egress__calls_go(line->egress, source);
        return;
    }
    source->line = NULL;
    egress__source_begin(line->egress, source, &options, STR("it was opened again"));
    source->line = line;
    line->web = out_mcp_web_new(source->session, &how);
}

static void fail(struct egress_line *line, struct str reason)
{
    struct egress_source *source = line->source;

    source->line = NULL;
    egress__source_failed(line->egress, source, reason);
    line_free(line);
}

/* From now on it is what requests are made with. */
static void given_use(struct egress_line *line)
{
    struct line_given *given = line->coming;
    bool first = !line->given;

    for (size_t i = 0; i < given->count; i++)
        given->headers[i].value =
            egress__door_fill(given->arena, &given->secrets, given->headers[i].value, false);
    (void)given_free(line->given);
    line->given = given;
    line->coming = NULL;
    if (first)
        begin(line);
}

/* What was opened already goes on with what it has. */
static void given_refuse(struct egress_line *line, struct str reason)
{
    line->coming = given_free(line->coming);
    if (!line->given)
        fail(line, reason);
}

/* Asks the vault for all that they refer to; one without a place is for wherever its source is. */
static bool ask_secrets(struct egress_line *line)
{
    struct line_given *given = line->coming;

    for (size_t i = 0; i < given->count; i++) {
        struct str value = given->headers[i].value;
        struct str bound = given->bounds[i].ptr ? line->origin : STR_NULL;
        struct secret_span span;
        size_t at = 0;

        while (secret_reference_next(value, &at, &span)) {
            struct str reference = str_slice(value, span.from + 2, span.to - 2);

            VEC_PUSH(&given->secrets)->reference = reference;
            if (!egress__door_ask_source(line->egress, line->source->id, reference, bound))
                return false;
        }
    }
    return true;
}

static void given_ask(struct egress_line *line, const struct msg_source_open *open)
{
    (void)given_free(line->coming);
    line->coming = given_new(open);
    if (!ask_secrets(line))
        given_refuse(line, STR("the vault, which has its secrets, is not up"));
    else if (line->coming->secrets.count == 0)
        given_use(line);
}

void egress__wire_given(struct egress *egress, struct egress_source *source,
                        const struct msg_source_open *open)
{
    (void)egress;
    if (source->line)
        given_ask(source->line, open);
}

void egress__wire_open(struct egress *egress, struct egress_source *source,
                       const struct msg_source_open *open)
{
    struct egress_line *line = heap_alloc(sizeof(*line));

    /* Calls that are under way go on. */
    if (source->line && source->line->given && str_equal(source->line->url, open->url)) {
        (void)heap_free(line);
        given_ask(source->line, open);
        return;
    }
    if (source->line)
        line_free(source->line);
    *line = (struct egress_line){ .egress = egress,
                                  .source = source,
                                  .kind = open->kind,
                                  .old = open->kind == MSG_SOURCE_KIND_MCP_SSE,
                                  .arena = arena_new(0) };
    source->line = line;
    source->direct = egress__direct_speaks(open->kind);
    line->name = str_copy(line->arena, open->name);
    line->url = str_copy(line->arena, open->url);
    line->origin = http_origin(line->url, line->arena);
    line->pool = http_pool_new(egress->wire->http, open->allow, open->allow_count);
    if (!line->origin.len) {
        fail(line, STR("its URL is none of http or https, or has a user in it"));
        return;
    }
    source->pipes_ms = egress->now_ms + EGRESS_PIPES_MS;
    given_ask(line, open);
}

void egress__wire_opened(struct egress *egress, uint64_t id, const struct msg_vault_opened *opened)
{
    struct egress_source *source = egress__source_find(egress, id);
    struct egress_line *line = source ? source->line : NULL;
    struct line_given *given = line ? line->coming : NULL;
    bool all = true;

    if (!given)
        return;
    if (!opened->value.ptr) {
        given_refuse(line, str_printf(egress->turn, "a secret in its headers stays closed: %.*s",
                                      STR_ARG(opened->reason)));
        return;
    }
    for (size_t i = 0; i < given->secrets.count; i++) {
        struct egress_secret *secret = &given->secrets.at[i];

        if (str_equal(secret->reference, opened->reference))
            secret->value = str_copy(given->arena, opened->value);
        all = all && secret->value.ptr;
    }
    if (all)
        given_use(line);
}

const struct egress_secrets *egress__wire_secrets(const struct egress_source *source)
{
    return source->line && source->line->given ? &source->line->given->secrets : NULL;
}

void egress__wire_close(struct egress_source *source)
{
    if (source->line)
        line_free(source->line);
    source->line = NULL;
}

bool egress__wire_again(struct egress *egress, struct egress_source *source)
{
    (void)egress;
    (void)source;
    return false;
}

/* --- What comes back ----------------------------------------------------------------------- */

static void on_end(struct line_exchange *exchange, const struct http_event *event)
{
    struct egress_line *line = exchange->line;
    const struct out_mcp_web_end how = {
        .answered = event->end == HTTP_ANSWERED,
        .timeout = event->end == HTTP_TIMEOUT,
        .sent = event->sent,
        .text = event->text,
    };

    out_mcp_web_end(line->web, exchange->number, &how, line->egress->now_ms);
    (void)map_take_u64(&line->exchanges, exchange->number);
    (void)heap_free(exchange);
}

/* As long as the daemon takes what comes of it. */
static void take_events(struct egress *egress)
{
    struct http_event event;

    while (link_queued(egress->daemon) < EGRESS_DAEMON_QUEUE_MAX &&
           http_next(egress->wire->http, &event)) {
        struct line_exchange *exchange = event.owner;
        struct egress_line *line = exchange->line;

        if (exchange->bye) {
            if (event.kind == HTTP_END)
                bye_free(egress, exchange->bye);
            continue;
        }
        if (exchange->fetch) {
            egress__fetch_event(exchange->fetch, &event);
            continue;
        }
        line->source->touched = true;
        if (line->ready) {
            egress__direct_event(exchange, &event);
            continue;
        }
        switch (event.kind) {
        case HTTP_HEAD:
            out_mcp_web_head(line->web, exchange->number,
                             &(struct out_mcp_web_head){
                                 .status = event.status,
                                 .type = http_header(&event, "content-type"),
                                 .session = http_header(&event, "mcp-session-id"),
                             });
            break;
        case HTTP_BODY:
            out_mcp_web_body(line->web, exchange->number, event.body);
            exchange->fed = true;
            break;
        case HTTP_END:
            on_end(exchange, &event);
            break;
        }
    }
}

/* What ends is told so, as far as that goes in a moment. */
static void byes_end(struct egress *egress)
{
    int64_t until_ms = egress->now_ms + LAST_MS;
    struct map_entry *entry;
    struct loop_ready *ready;
    size_t at = 0;

    while (egress->wire->byes.count > 0 && egress->now_ms < until_ms &&
           loop_run_once(egress->loop, until_ms - egress->now_ms) >= 0) {
        struct http_event event;

        while ((ready = loop_next(egress->loop)))
            if (ready->kind == EGRESS_READY_HTTP)
                http_ready(egress->wire->http, ready);
        while (http_next(egress->wire->http, &event)) {
            struct line_exchange *exchange = event.owner;

            if (event.kind == HTTP_END && exchange->bye)
                bye_free(egress, exchange->bye);
        }
        egress->now_ms = clock_mono_ns() / 1000000;
    }
    for (; (entry = map_next(&egress->wire->byes, &at)); at = 0)
        bye_free(egress, entry->value);
    map_fini(&egress->wire->byes);
}

void egress__wire_free(struct egress *egress)
{
    byes_end(egress);
    egress__fetches_free(egress);
    egress->wire->http = http_free(egress->wire->http);
    egress->wire = heap_free(egress->wire);
}

void egress__wire_ready(struct egress *egress, struct loop_ready *ready)
{
    http_ready(egress->wire->http, ready);
    if (egress->has_key && egress->daemon)
        take_events(egress);
}

int64_t egress__wire_turn(struct egress *egress)
{
    if (egress->wire->fetches.count == 0 && egress->wire->byes.count == 0)
        return -1;
    take_events(egress);
    return http_is_quiet(egress->wire->http) ? -1 : egress->now_ms + EGRESS_WAIT_MS;
}

void egress__wire_sent(struct egress_source *source)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&source->line->exchanges, &at));) {
        const struct line_exchange *exchange = entry->value;

        out_mcp_web_sent(source->line->web, exchange->number, http_sent(exchange->http));
    }
}

/* Who says more than anybody asked is not read on for a while; others of its line are. */
static void rest(struct egress *egress, struct egress_line *line)
{
    int64_t rest_ms = out_mcp_rest_ms(line->source->session, egress->now_ms);
    struct map_entry *entry;

    for (size_t at = 0; rest_ms && (entry = map_next(&line->exchanges, &at));) {
        struct line_exchange *exchange = entry->value;

        exchange->held = exchange->held || exchange->fed;
        exchange->fed = false;
        http_hold(exchange->http, exchange->held);
    }
    if (rest_ms)
        line->rest_ms = egress->now_ms + rest_ms;
}

static void rest_end(struct egress *egress, struct egress_line *line)
{
    struct map_entry *entry;

    if (!line->rest_ms || egress->now_ms < line->rest_ms)
        return;
    line->rest_ms = 0;
    for (size_t at = 0; (entry = map_next(&line->exchanges, &at));) {
        struct line_exchange *exchange = entry->value;

        exchange->held = false;
        http_hold(exchange->http, false);
    }
}

void egress__wire_read(struct egress *egress, struct egress_source *source)
{
    int64_t due_ms = source->session ? out_mcp_due_ms(source->session) : -1;

    rest_end(egress, source->line);
    take_events(egress);
    if (due_ms != -1 && due_ms <= egress->now_ms)
        egress__wire_sent(source); /* What is given up is told how far it had come. */
}

/* --- What goes out ------------------------------------------------------------------------- */

static void drop(struct egress_line *line, uint64_t number)
{
    struct line_exchange *exchange = map_take_u64(&line->exchanges, number);

    if (!exchange)
        return;
    http_drop(exchange->http);
    (void)heap_free(exchange);
}

static void refuse(struct egress_line *line, uint64_t number, struct str reason)
{
    const struct out_mcp_web_end how = { .sent = MSG_SENT_NO, .text = reason };

    out_mcp_web_end(line->web, number, &how, line->egress->now_ms);
}

static void start(struct egress_line *line, const struct out_mcp_web_request *asked)
{
    struct line_exchange *exchange;
    struct arena *turn = line->egress->turn;
    struct http_request request = {
        .method = asked->method,
        .url = http_resolve(line->url, asked->url, turn),
        .secrets = line->given->headers,
        .secret_count = line->given->count,
        .body = asked->body,
        .has_body = asked->body.ptr,
        .stream = true,
        .repeatable = asked->repeatable,
        .redirects = true,
        .timeout_ms = asked->brief ? BRIEF_MS : 0,
    };
    struct str reason = STR_NULL;

    request_headers(&request, asked, turn);
    if (!str_equal(http_origin(request.url, turn), line->origin)) {
        refuse(line, asked->number, STR("it says to send to another origin than its own"));
        return;
    }
    exchange = heap_alloc(sizeof(*exchange));
    *exchange = (struct line_exchange){ .line = line, .number = asked->number };
    request.owner = exchange;
    if (http_start(line->pool, &request, &exchange->http, &reason) != HTTP_STARTED) {
        (void)heap_free(exchange);
        refuse(line, asked->number, reason);
        return;
    }
    (void)map_put_u64(&line->exchanges, exchange->number, exchange);
}

bool egress__wire_write(struct egress *egress, struct egress_source *source)
{
    struct out_mcp_web_request request;
    bool some = false;

    source->touched = false; /* What touched it so far goes out now. */
    rest(egress, source->line);
    while (out_mcp_web_next(source->line->web, egress->now_ms, &request)) {
        some = true;
        if (request.kind == OUT_MCP_WEB_DROP)
            drop(source->line, request.number);
        else
            start(source->line, &request);
    }
    take_events(egress);
    return some || source->touched;
}

bool egress__wire_blocked(const struct egress *egress, const struct egress_source *source)
{
    (void)egress;
    return !http_is_quiet(source->line->egress->wire->http);
}

int64_t egress__wire_due_ms(const struct egress *egress, const struct egress_source *source)
{
    int64_t due_ms = out_mcp_web_due_ms(source->line->web);
    int64_t rest_ms = source->line->rest_ms;

    (void)egress;
    return rest_ms && (due_ms == -1 || rest_ms < due_ms) ? rest_ms : due_ms;
}
