/*
 * Documents of sources, fetched for the daemon: what is at a URL, or what a service answers when
 * it is asked about itself.
 *
 *     fetch_start -> (the vault opens what its headers refer to) -> one exchange of a pool of its
 *     own -> fetch_done, with the body in a descriptor
 *
 * It ends early: a stream of events is no document, and neither is what is longer than compile
 * reads, unpacked. Headers go to the origin they are for, and to no other.
 */
#include "format/graphql/graphql.h"
#include "format/plain/plain.h"
#include "proc/egress/net.h"
#include "sys/sealed.h"

#include <string.h>
#include <unistd.h>

#define FETCHES_MAX     64U
#define FETCH_BYTES_MAX (64U << 20) /* what compile reads */
#define FETCH_MS        15000

struct egress_fetch {
    struct line_exchange exchange; /* what comes back names it */
    struct egress *egress;
    struct arena *arena;
    struct msg_fetch_start start;
    struct http_header *headers;
    struct egress_secrets secrets;
    struct http_pool *pool;
    struct buf body;
    struct msg_fetch_done done;
};

static struct map *fetches(const struct egress *egress)
{
    return egress__net_fetches(egress);
}

static void fetch_free(struct egress_fetch *fetch)
{
    (void)map_take_u64(fetches(fetch->egress), fetch->start.fetch);
    fetch->pool = http_pool_free(fetch->pool);
    for (size_t i = 0; i < fetch->secrets.count; i++)
        if (fetch->secrets.at[i].value.ptr)
            explicit_bzero((char *)(uintptr_t)fetch->secrets.at[i].value.ptr,
                           fetch->secrets.at[i].value.len);
    for (size_t i = 0; i < fetch->start.headers_count; i++)
        explicit_bzero((char *)(uintptr_t)fetch->headers[i].value.ptr, fetch->headers[i].value.len);
    VEC_FINI(&fetch->secrets);
    buf_fini(&fetch->body);
    arena_free(fetch->arena);
    (void)heap_free(fetch);
}

static void send(struct egress *egress, const struct msg_fetch_done *done, int fd)
{
    struct wire_frame frame = { .type = MSG_FETCH_DONE, .id = done->fetch };
    BUF_CLEANUP struct buf payload = BUF_INIT;

    msg_fetch_done_encode(done, &payload);
    frame.payload = buf_str(&payload);
    /* A link that is closed is seen where it is read. */
    if (fd < 0)
        (void)!link_send(egress->daemon, &frame);
    else
        (void)!link_send_fds(egress->daemon, &frame, &fd, 1);
}

static const struct str too_long_sentence = { "it is larger than 64 MiB, which is what is read",
                                              47 };

/* Unpacked where it is packed; false where it cannot be, and why. */
static bool body_unpack(struct egress_fetch *fetch)
{
    struct str packed = buf_str(&fetch->body);
    struct buf room = BUF_INIT;
    size_t len = 0;
    int r;

    if (!plain_is_packed(packed))
        return true;
    r = plain_measure(packed, FETCH_BYTES_MAX, &len);
    if (r == PLAIN_TOO_LONG) {
        fetch->done.end = MSG_FETCH_END_TOO_LONG;
        fetch->done.reason = too_long_sentence;
        return false;
    }
    if (r == PLAIN_MEASURED) {
        plain_unpack(packed, buf_reserve(&room, len), len);
        buf_commit(&room, len);
        buf_fini(&fetch->body);
        fetch->body = room;
    }
    if (r == PLAIN_MEASURED && !plain_is_packed(buf_str(&fetch->body)))
        return true;
    fetch->done.end = MSG_FETCH_END_UNREACHABLE;
    fetch->done.reason = r == PLAIN_BROKEN ? STR("it is packed with gzip, and broken")
                                           : STR("it is packed with gzip more than once");
    return false;
}

/* A page by its looks is one, and what has none of that is none: media types are often wrong. */
static void type_correct(struct egress_fetch *fetch, struct str text)
{
    static const char *const pages[] = { "<!doctype html", "<html", "<!DOCTYPE html", "<HTML" };
    struct str start = str_trim(str_slice(text, 0, 4096));

    if (!str_starts(start, STR("<")) && str_starts(fetch->done.type, STR("text/html")))
        fetch->done.type = STR("text/plain");
    for (size_t i = 0; i < ARRAY_COUNT(pages); i++) {
        if (str_starts(start, str_from(pages[i])))
            fetch->done.type = STR("text/html");
    }
}

/* What enters is looked at as text: a secret in it becomes its reference. -1: it is no more. */
static int body_seal(struct egress_fetch *fetch)
{
    struct egress *egress = fetch->egress;
    struct str text;
    int fd;

    if (!body_unpack(fetch))
        return -1;
    text = plain_utf8(fetch->arena, buf_str(&fetch->body));
    type_correct(fetch, text);
    if (text.len == 0)
        return -1;
    fd = sealed_open(egress__door_in(egress, &egress->plain, text, fetch->start.source, 0));
    if (fd >= 0)
        return fd;
    fetch->done.end = MSG_FETCH_END_TOO_LONG;
    fetch->done.reason = STR("there is no memory for what is there");
    return -1;
}

/* Says how it ended, and is gone. */
static void end(struct egress_fetch *fetch, enum msg_fetch_end how, struct str reason)
{
    int fd = -1;

    fetch->done.end = how;
    fetch->done.reason = reason;
    if (how == MSG_FETCH_END_ANSWERED && fetch->done.status == 200 && fetch->body.len > 0)
        fd = body_seal(fetch);
    send(fetch->egress, &fetch->done, fd);
    if (fd >= 0)
        (void)close(fd);
    fetch_free(fetch);
}

/* --- Going out ----------------------------------------------------------------------------- */

static void go(struct egress_fetch *fetch)
{
    static const struct http_header got[] = {
        { { "accept", 6 }, { "application/json, application/yaml, text/yaml, */*;q=0.5", 56 } },
    };
    static const struct http_header posted[] = {
        { { "accept", 6 }, { "application/graphql-response+json, application/json;q=0.9", 57 } },
        { { "content-type", 12 }, { "application/json", 16 } },
    };
    const struct msg_fetch_start *start = &fetch->start;
    struct egress *egress = fetch->egress;
    struct http_header plain[3];
    struct http_request request = {
        .method = start->introspect ? STR("POST") : STR("GET"),
        .url = start->url,
        .body = start->introspect ? str_from(graphql_introspection_body) : STR_NULL,
        .has_body = start->introspect,
        .headers = plain,
        .header_count = start->introspect ? ARRAY_COUNT(posted) : ARRAY_COUNT(got),
        .stream = true,
        .packed = true,
        .repeatable = true,
        .redirects = !start->within.ptr, /* they could lead elsewhere */
        .timeout_ms = FETCH_MS,
        .owner = &fetch->exchange,
    };
    struct str reason = STR_NULL;

    memcpy(plain, start->introspect ? posted : got, request.header_count * sizeof(plain[0]));
    if (start->etag.ptr)
        plain[request.header_count++] = (struct http_header){ STR("if-none-match"), start->etag };
    if (str_equal(http_origin(start->url, egress->turn),
                  http_origin(start->headers_for, egress->turn))) {
        for (size_t i = 0; i < start->headers_count; i++)
            fetch->headers[i].value =
                egress__door_fill(fetch->arena, &fetch->secrets, fetch->headers[i].value, false);
        request.secrets = fetch->headers;
        request.secret_count = start->headers_count;
    }
    if (http_start(fetch->pool, &request, &fetch->exchange.http, &reason) != HTTP_STARTED)
        end(fetch, MSG_FETCH_END_FORBIDDEN, reason);
}

/* True: it waits for the vault, or has ended for want of it. */
static bool ask_secrets(struct egress_fetch *fetch)
{
    for (size_t i = 0; i < fetch->start.headers_count; i++) {
        struct str value = fetch->headers[i].value;
        struct str bound = fetch->start.headers[i].bound.ptr
                               ? http_origin(fetch->start.headers_for, fetch->arena)
                               : STR_NULL;
        struct secret_span span;
        size_t at = 0;

        while (secret_reference_next(value, &at, &span)) {
            struct str reference = str_slice(value, span.from + 2, span.to - 2);

            VEC_PUSH(&fetch->secrets)->reference = reference;
            if (egress__door_ask_fetch(fetch->egress, &fetch->start, reference, bound))
                continue;
            end(fetch, MSG_FETCH_END_UNREACHABLE,
                STR("the vault, which has its secrets, is not up"));
            return true;
        }
    }
    return fetch->secrets.count > 0;
}

/* One document refers to another: of its own origin, or of a host that a person allowed. */
static bool is_within(struct egress *egress, const struct msg_fetch_start *start)
{
    struct str origin = http_origin(start->url, egress->turn);
    struct str host;
    size_t scheme = str_find(origin, STR("://"));

    if (!start->within.ptr || str_equal(origin, http_origin(start->within, egress->turn)))
        return true;
    if (scheme == SIZE_MAX)
        return false;
    host = str_slice(origin, scheme + 3, origin.len);
    for (size_t i = 0; i < start->allow_count; i++) {
        struct str allowed = start->allow[i];

        if (str_starts(host, allowed) && (host.len == allowed.len || host.ptr[allowed.len] == ':'))
            return true;
    }
    return false;
}

bool egress__wire_fetch(struct egress *egress, struct str payload)
{
    struct arena *arena = arena_new(0);
    struct egress_fetch *fetch = heap_alloc(sizeof(*fetch));

    *fetch = (struct egress_fetch){ .egress = egress, .arena = arena };
    /* Its texts are views of the payload, which goes. */
    if (!msg_fetch_start_decode(str_copy(arena, payload), arena, &fetch->start)) {
        arena_free(arena);
        (void)heap_free(fetch);
        return false;
    }
    fetch->exchange.fetch = fetch;
    fetch->done.fetch = fetch->start.fetch;
    fetch->pool =
        http_pool_new(egress__net_http(egress), fetch->start.allow, fetch->start.allow_count);
    fetch->headers = ARENA_ARRAY(arena, struct http_header, fetch->start.headers_count + 1);
    for (size_t i = 0; i < fetch->start.headers_count; i++)
        fetch->headers[i] = (struct http_header){ fetch->start.headers[i].name,
                                                  str_copy(arena, fetch->start.headers[i].value) };
    (void)map_put_u64(fetches(egress), fetch->start.fetch, fetch);
    if (fetches(egress)->count > FETCHES_MAX)
        end(fetch, MSG_FETCH_END_UNREACHABLE, STR("too many documents are being fetched"));
    else if (!http_origin(fetch->start.url, egress->turn).ptr)
        end(fetch, MSG_FETCH_END_FORBIDDEN,
            STR("its URL is none of http or https, or has a user in it"));
    else if (!is_within(egress, &fetch->start))
        end(fetch, MSG_FETCH_END_FORBIDDEN,
            STR("it is on another host, which only a person may allow"));
    else if (!ask_secrets(fetch))
        go(fetch);
    return true;
}

bool egress__wire_fetch_stop(struct egress *egress, struct str payload)
{
    struct msg_fetch_stop stop;
    struct egress_fetch *fetch;

    if (!msg_fetch_stop_decode(payload, egress->turn, &stop))
        return false;
    fetch = map_find_u64(fetches(egress), stop.fetch);
    if (fetch)
        fetch_free(fetch);
    return true;
}

void egress__wire_fetch_opened(struct egress *egress, uint64_t id,
                               const struct msg_vault_opened *opened)
{
    struct egress_fetch *fetch = map_find_u64(fetches(egress), id);
    bool all = true;

    if (!fetch || fetch->exchange.http)
        return;
    if (!opened->value.ptr) {
        end(fetch, MSG_FETCH_END_UNREACHABLE,
            str_printf(egress->turn, "a secret in its headers stays closed: %.*s",
                       STR_ARG(opened->reason)));
        return;
    }
    for (size_t i = 0; i < fetch->secrets.count; i++) {
        struct egress_secret *secret = &fetch->secrets.at[i];

        if (str_equal(secret->reference, opened->reference))
            secret->value = str_copy(fetch->arena, opened->value);
        all = all && secret->value.ptr;
    }
    if (all)
        go(fetch);
}

/* --- Coming back --------------------------------------------------------------------------- */

static void too_long(struct egress_fetch *fetch)
{
    end(fetch, MSG_FETCH_END_TOO_LONG, too_long_sentence);
}

/* Longer than is taken, as it says itself. */
static bool says_too_long(const struct http_event *event)
{
    struct str length = http_header(event, "content-length");
    uint64_t bytes;

    return length.ptr && str_to_u64(length, &bytes) && bytes > FETCH_BYTES_MAX;
}

static void on_head(struct egress_fetch *fetch, const struct http_event *event)
{
    struct str type = http_header(event, "content-type");
    struct str etag = http_header(event, "etag");

    fetch->done.status = event->status;
    fetch->done.url = str_copy(fetch->arena, event->url);
    fetch->done.type = type.ptr ? str_copy(fetch->arena, type) : STR_NULL;
    fetch->done.etag = etag.ptr && etag.len < 1024 ? str_copy(fetch->arena, etag) : STR_NULL;
    if (str_starts(type, STR("text/event-stream")))
        end(fetch, MSG_FETCH_END_ANSWERED, STR_NULL); /* It would never end. */
    else if (event->status == 200 && says_too_long(event))
        too_long(fetch);
}

static void on_end(struct egress_fetch *fetch, const struct http_event *event)
{
    static const enum msg_fetch_end ends[] = {
        [HTTP_ANSWERED] = MSG_FETCH_END_ANSWERED,   [HTTP_UNREACHABLE] = MSG_FETCH_END_UNREACHABLE,
        [HTTP_FORBIDDEN] = MSG_FETCH_END_FORBIDDEN, [HTTP_TOO_LONG] = MSG_FETCH_END_TOO_LONG,
        [HTTP_TIMEOUT] = MSG_FETCH_END_TIMEOUT,
    };

    end(fetch, ends[event->end], event->end == HTTP_ANSWERED ? STR_NULL : event->text);
}

void egress__fetch_event(struct egress_fetch *fetch, const struct http_event *event)
{
    switch (event->kind) {
    case HTTP_HEAD:
        on_head(fetch, event);
        break;
    case HTTP_BODY:
        /* Of an error nothing is read. */
        if (fetch->done.status != 200)
            break;
        if (fetch->body.len + event->body.len > FETCH_BYTES_MAX)
            too_long(fetch);
        else
            buf_add_str(&fetch->body, event->body);
        break;
    case HTTP_END:
        on_end(fetch, event);
        break;
    }
}

void egress__fetches_free(struct egress *egress)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(fetches(egress), &at)); at = 0)
        fetch_free(entry->value);
    map_fini(fetches(egress));
}
