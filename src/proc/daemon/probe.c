/*
 * What a source at a URL is, is found out by asking there, and its document is fetched:
 *
 *     GET -> a document -> compile says what it is, and makes a listing of it
 *         -> anything else -> a session of MCP, which tells the rest itself
 *                          -> none -> introspection is asked for -> a GraphQL schema -> its listing
 *                                                                -> anything else -> an error
 *
 * A kind that a person gave is not looked for. All requests go out by egress-net, under its
 * address rules and limits. A source that was listed before keeps what it offers when its
 * document cannot be had again, and says why.
 */
#include "proc/daemon/internal.h"

enum probe_step {
    PROBE_GET,
    PROBE_MCP,
    PROBE_INTROSPECT,
    PROBE_COMPILE,
};

struct daemon_probe {
    struct arena *arena;
    uint64_t source;
    uint64_t fetch; /* under way; 0: none */
    enum probe_step step;
    bool introspected;
    struct str etag;
    struct str hint; /* what is there, as far as it was seen */
    struct str mcp;  /* why it is no MCP server; null: it was not asked */
};

/* What is under way outside. */
struct daemon_fetch {
    uint64_t source;
    bool wanted; /* by a document, which refers to it */
};

static struct daemon_probe *probe_find(const struct daemon *daemon, uint64_t source)
{
    return map_find_u64(&daemon->probes, source);
}

static void probe_free(struct daemon *daemon, struct daemon_probe *probe)
{
    (void)map_take_u64(&daemon->probes, probe->source);
    (void)arena_free(probe->arena);
}

static bool is_web(struct str url)
{
    return str_starts(url, STR("https://")) || str_starts(url, STR("http://"));
}

/* ---- asking ---- */

static uint64_t fetch_send(struct daemon *daemon, const struct catalog_source *source,
                           struct msg_fetch_start *start)
{
    struct daemon_fetch *fetch = heap_alloc(sizeof(*fetch));
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct msg_source_open given = { .kind = MSG_SOURCE_KIND_UNKNOWN };

    *fetch = (struct daemon_fetch){ .source = source->source, .wanted = start->within.ptr };
    start->fetch = ++daemon->numbers;
    start->source = source->source;
    start->headers_for = source->base_url.len ? source->base_url : source->url;
    given.url = start->headers_for;
    daemon__given_open(daemon, source, &given);
    start->headers = given.headers;
    start->headers_count = given.headers_count;
    start->allow = given.allow;
    start->allow_count = given.allow_count;
    (void)map_put_u64(&daemon->fetches, start->fetch, fetch);
    msg_fetch_start_encode(start, &payload);
    daemon__send(&daemon->net, MSG_FETCH_START, start->fetch, buf_str(&payload));
    return start->fetch;
}

static void probe_ask(struct daemon *daemon, struct daemon_probe *probe,
                      const struct catalog_source *source, enum probe_step step)
{
    const struct daemon_source *held = daemon__source_find(daemon, source->source);
    struct msg_fetch_start start = { .url = source->url };

    probe->step = step;
    start.introspect = step == PROBE_INTROSPECT;
    probe->introspected = probe->introspected || start.introspect;
    if (step == PROBE_GET && source->version > 0 && held->etag.len > 0)
        start.etag = buf_str(&held->etag);
    probe->fetch = fetch_send(daemon, source, &start);
}

void daemon__probe_start(struct daemon *daemon, const struct catalog_source *source)
{
    struct arena *arena;
    struct daemon_probe *probe;
    bool schema = source->kind == MSG_SOURCE_KIND_GRAPHQL && !source->base_url.len;

    if (probe_find(daemon, source->source))
        return;
    arena = arena_new(0);
    probe = ARENA_NEW(arena, struct daemon_probe);
    *probe = (struct daemon_probe){ .arena = arena, .source = source->source };
    (void)map_put_u64(&daemon->probes, source->source, probe);
    probe_ask(daemon, probe, source, schema ? PROBE_INTROSPECT : PROBE_GET);
}

uint64_t daemon__fetch_wanted(struct daemon *daemon, uint64_t handle, struct str root,
                              struct str uri)
{
    const struct catalog_source *source = catalog_source_find(core_catalog(daemon->core), handle);
    struct msg_fetch_start start = { .url = uri, .within = root };

    if (!source || !daemon->net.link || !is_web(root) || !is_web(uri))
        return 0;
    return fetch_send(daemon, source, &start);
}

/* ---- endings ---- */

static void report(struct daemon *daemon, uint64_t source, enum msg_source_state state,
                   struct str reason)
{
    struct command command = { .type = COMMAND_SOURCE_REPORT };

    command.as.source_report.source = source;
    command.as.source_report.state = state;
    command.as.source_report.reason = reason;
    daemon__step(daemon, &command);
}

static void probe_fail(struct daemon *daemon, struct daemon_probe *probe,
                       enum msg_source_state state, struct str reason)
{
    uint64_t handle = probe->source;
    const struct catalog_source *source = catalog_source_find(core_catalog(daemon->core), handle);
    struct str kept = str_copy(daemon->turn, reason);

    probe_free(daemon, probe);
    /* Next time all of it is fetched, whether it changed or not. */
    buf_clear(&daemon__source_find(daemon, handle)->etag);
    if (source && source->version > 0)
        daemon__compile_none(daemon, handle, kept);
    else if (source)
        report(daemon, handle, state, kept);
}

static void hint(struct daemon_probe *probe, struct str text)
{
    probe->hint = str_copy(probe->arena, text);
}

/* Whoever answers there says by itself what it offers. */
static void probe_mcp(struct daemon *daemon, struct daemon_probe *probe)
{
    uint64_t source = probe->source;

    probe->step = PROBE_MCP;
    daemon__source_start(daemon, source);
}

/* An MCP server is asked as one before anything else is said to it. */
static void probe_next(struct daemon *daemon, struct daemon_probe *probe)
{
    if (!probe->mcp.ptr) {
        probe_mcp(daemon, probe);
        return;
    }
    probe_fail(daemon, probe, MSG_SOURCE_STATE_ERROR,
               str_printf(daemon->turn,
                          "%.*s; it is no OpenAPI document and no GraphQL service, and as an MCP "
                          "server: %.*s; give the address of one of those, or --kind",
                          STR_ARG(probe->hint), STR_ARG(probe->mcp)));
}

bool daemon__probe_is_mcp(const struct daemon *daemon, uint64_t source)
{
    const struct daemon_probe *probe = probe_find(daemon, source);

    return probe && probe->step == PROBE_MCP;
}

bool daemon__probe_reported(struct daemon *daemon, const struct msg_source_report *said)
{
    struct daemon_probe *probe = probe_find(daemon, said->source);
    const struct catalog_source *source =
        catalog_source_find(core_catalog(daemon->core), said->source);

    if (!probe || !source || probe->step != PROBE_MCP ||
        (!said->listed && said->state == MSG_SOURCE_STATE_PROBING))
        return false;
    if (said->state != MSG_SOURCE_STATE_ERROR) {
        probe_free(daemon, probe);
        return false;
    }
    probe->mcp = str_copy(probe->arena, said->reason.len ? said->reason : STR("it ended"));
    probe_ask(daemon, probe, source, PROBE_INTROSPECT);
    return true;
}

/* ---- what comes back ---- */

static bool is_page(const struct msg_fetch_done *done)
{
    return str_starts(done->type, STR("text/html")) ||
           str_starts(done->type, STR("application/xhtml"));
}

static struct str sentence_of(struct daemon *daemon, const struct msg_fetch_done *done)
{
    if (is_page(done) && done->status == 200)
        return STR("what is there is a web page (HTML)");
    if (str_starts(done->type, STR("text/event-stream")))
        return STR("what is there is a stream of events");
    if (done->status == 200)
        return STR("what is there is empty");
    return str_printf(daemon->turn, "it answers with status %u", done->status);
}

/* No answer: what comes later would end the same. */
static void unanswered(struct daemon *daemon, struct daemon_probe *probe,
                       const struct msg_fetch_done *done)
{
    struct str reason = done->reason;

    if (done->end == MSG_FETCH_END_TIMEOUT)
        reason = STR("it did not answer within 15 seconds; see that the address is right, then "
                     "ask again with `writ sources refresh NAME`");
    probe_fail(daemon, probe, MSG_SOURCE_STATE_ERROR, reason);
}

/* What is there is a document, as it seems: compile looks. Takes the descriptor. */
static void probe_compile(struct daemon *daemon, struct daemon_probe *probe,
                          const struct catalog_source *source, const struct msg_fetch_done *done,
                          int fd)
{
    const struct daemon_given given = {
        .fd = fd,
        .uri = probe->introspected || !done->url.ptr ? source->url : done->url,
        .kind = probe->introspected ? MSG_SOURCE_KIND_GRAPHQL : source->kind,
    };

    probe->step = PROBE_COMPILE;
    if (done->etag.ptr && !probe->introspected)
        probe->etag = str_copy(probe->arena, done->etag);
    daemon__compile_give(daemon, source, &given);
    daemon__compile_source(daemon, source->source);
}

static void answered(struct daemon *daemon, struct daemon_probe *probe,
                     const struct catalog_source *source, const struct msg_fetch_done *done, int fd)
{

    if (done->status == 304 && source->version > 0) {
        uint64_t handle = probe->source;

        probe_free(daemon, probe);
        report(daemon, handle, MSG_SOURCE_STATE_CONNECTED, source->reason);
        return;
    }
    if (fd >= 0 && !is_page(done)) {
        probe_compile(daemon, probe, source, done, fd);
        return;
    }
    if (fd >= 0)
        link_fd_close(fd);
    if (source->kind != MSG_SOURCE_KIND_UNKNOWN && done->status == 401) {
        probe_fail(daemon, probe, MSG_SOURCE_STATE_AUTH_REQUIRED,
                   STR("it wants to know who asks: it answers 401; add it with --header"));
        return;
    }
    if (source->kind != MSG_SOURCE_KIND_UNKNOWN && done->status == 403) {
        probe_fail(daemon, probe, MSG_SOURCE_STATE_ERROR,
                   STR("it answers 403: it does not give its document to whoever asks so; add it "
                       "with another --header"));
        return;
    }
    if (source->kind != MSG_SOURCE_KIND_UNKNOWN) {
        probe_fail(daemon, probe, MSG_SOURCE_STATE_ERROR,
                   str_printf(daemon->turn, "%.*s; give the address of its document",
                              STR_ARG(sentence_of(daemon, done))));
        return;
    }
    if (!probe->hint.ptr || is_page(done))
        hint(probe, sentence_of(daemon, done));
    probe_next(daemon, probe);
}

void daemon__fetch_done(struct daemon *daemon, const struct msg_fetch_done *done, int fd)
{
    struct daemon_fetch *fetch = map_take_u64(&daemon->fetches, done->fetch);
    struct daemon_fetch was = fetch ? *fetch : (struct daemon_fetch){ 0 };
    struct daemon_probe *probe = fetch ? probe_find(daemon, was.source) : NULL;
    const struct catalog_source *source =
        catalog_source_find(core_catalog(daemon->core), was.source);

    (void)heap_free(fetch);
    if (was.wanted) {
        daemon__compile_fetched(daemon, done, fd);
        return;
    }
    if (!source || !probe || probe->fetch != done->fetch) {
        if (fd >= 0)
            link_fd_close(fd);
        return;
    }
    probe->fetch = 0;
    if (done->end == MSG_FETCH_END_ANSWERED) {
        answered(daemon, probe, source, done, fd);
        return;
    }
    if (fd >= 0)
        link_fd_close(fd);
    unanswered(daemon, probe, done);
}

bool daemon__probe_compiled(struct daemon *daemon, const struct command_compiled *compiled)
{
    static const struct digest none;
    struct daemon_probe *probe = probe_find(daemon, compiled->source);
    const struct catalog_source *source =
        catalog_source_find(core_catalog(daemon->core), compiled->source);
    bool made = !digest_equal(&compiled->artifact, &none);
    struct daemon_source *held;

    if (!probe || !source)
        return false;
    if (!made && source->kind == MSG_SOURCE_KIND_UNKNOWN &&
        !str_is(compiled->reason, DAEMON_COMPILE_DIED) &&
        (probe->introspected || compiled->kind == MSG_SOURCE_KIND_UNKNOWN)) {
        if (probe->introspected)
            hint(probe,
                 str_printf(daemon->turn, "%.*s%sasked about itself: %.*s", STR_ARG(probe->hint),
                            probe->hint.len ? "; " : "", STR_ARG(compiled->reason)));
        else
            hint(probe, STR("what is there is no document of a kind that is known"));
        probe_next(daemon, probe);
        return true;
    }
    held = daemon__source_find(daemon, compiled->source);
    buf_clear(&held->etag);
    if (made)
        buf_add_str(&held->etag, probe->etag);
    probe_free(daemon, probe);
    return false;
}

/* ---- what goes ---- */

void daemon__probe_stop(struct daemon *daemon, uint64_t source)
{
    struct daemon_probe *probe = probe_find(daemon, source);
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&daemon->fetches, &at));) {
        const struct daemon_fetch *fetch = entry->value;
        struct msg_fetch_stop stop = { .fetch = entry->number };
        struct buf payload BUF_CLEANUP = BUF_INIT;

        if (fetch->source != source)
            continue;
        msg_fetch_stop_encode(&stop, &payload);
        daemon__send(&daemon->net, MSG_FETCH_STOP, stop.fetch, buf_str(&payload));
        (void)heap_free(map_take_u64(&daemon->fetches, stop.fetch));
        at = 0;
    }
    if (probe)
        probe_free(daemon, probe);
}

void daemon__fetches_gone(struct daemon *daemon)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&daemon->fetches, &at)); at = 0) {
        const struct msg_fetch_done done = {
            .fetch = entry->number,
            .end = MSG_FETCH_END_UNREACHABLE,
            .reason = STR("the process that goes out ended; ask again with `writ sources refresh "
                          "NAME`"),
        };

        daemon__fetch_done(daemon, &done, -1);
    }
}

void daemon__probes_end(struct daemon *daemon)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&daemon->probes, &at)); at = 0)
        probe_free(daemon, entry->value);
    for (size_t at = 0; (entry = map_next(&daemon->fetches, &at)); at = 0)
        (void)heap_free(map_take_u64(&daemon->fetches, entry->number));
    map_fini(&daemon->probes);
    map_fini(&daemon->fetches);
}
