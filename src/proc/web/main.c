/*
 * web: what it may do, what it accepts, and its loop.
 *
 * Rights: the link to the daemon on descriptor 3, listening TCP sockets and what they accept. No
 * files, no outgoing connections, no programs.
 */
#include "proc/web/web.h"

#include "base/arena.h"
#include "sys/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define WEB_LINK_FD 3

static int web_rights(void)
{
    struct rlimit descriptors = { WEB_CONNECTIONS_MAX + 64, WEB_CONNECTIONS_MAX + 64 };

    sandbox_undumpable();
    (void)setrlimit(RLIMIT_NOFILE, &descriptors); /* a smaller hard limit means fewer clients */
    return sandbox_enter("stdio sendfd recvfd listen");
}

/* ---- what it accepts ---- */

static bool web_take_listen(struct web *web, const struct wire_frame *frame)
{
    struct wire_frame answer = { .type = MSG_WEB_READY, .id = frame->id };
    struct msg_web_ready ready = { 0 };
    struct msg_web_listen listen;

    if (web->server || !msg_web_listen_decode(frame->payload, web->turn, &listen))
        return false;
    ready.address = listen.address;
    ready.error = web__server_start(web, &listen, &ready.port);
    msg_web_ready_encode(&ready, link_begin(web->link, &answer));
    return link_end(web->link) == 0;
}

static bool web_take_response(struct web *web, const struct wire_frame *frame)
{
    struct msg_http_response response;

    if (!web->server || !msg_http_response_decode(frame->payload, web->turn, &response))
        return false;
    web__response(web, frame->id, &response);
    return true;
}

static bool web_take_chunk(struct web *web, const struct wire_frame *frame)
{
    struct msg_http_chunk chunk;

    if (!web->server || !msg_http_chunk_decode(frame->payload, web->turn, &chunk))
        return false;
    web__chunk(web, frame->id, &chunk);
    return true;
}

/* All from the daemon. LISTEN comes first, and again only where it failed before. */
static const struct {
    uint16_t type;
    bool (*take)(struct web *web, const struct wire_frame *frame);
} web_accepts[] = {
    { MSG_WEB_LISTEN, web_take_listen },
    { MSG_HTTP_RESPONSE, web_take_response },
    { MSG_HTTP_CHUNK, web_take_chunk },
};

static bool web_take(struct web *web, const struct wire_frame *frame)
{
    for (size_t i = 0; i < ARRAY_COUNT(web_accepts); i++) {
        if (web_accepts[i].type == frame->type)
            return web_accepts[i].take(web, frame);
    }
    return false;
}

/* False when the daemon is gone, or says what is not in the table. */
static bool web_read_link(struct web *web)
{
    struct wire_frame frame;
    int r;

    while ((r = link_next(web->link, &frame)) == LINK_FRAME) {
        if (!web_take(web, &frame))
            return false;
        web->run = web->run || web->server;
    }
    return r == LINK_NONE;
}

/* ---- the loop ---- */

static bool web_handle(struct web *web, struct loop_ready *ready)
{
    switch ((enum web_ready)ready->kind) {
    case WEB_READY_LINK:
        return web_read_link(web);
    case WEB_READY_SERVER:
        (void)loop_watch_take(web->server_watch);
        web->run = true;
        break;
    case WEB_READY_HANGUP:
        (void)loop_watch_take(web->hangup_watch);
        web__hangups(web);
        break;
    case WEB_READY_SWEEP:
        web__sweep(web);
        break;
    }
    return true;
}

static int web_run(struct web *web)
{
    struct loop_ready *ready;
    int r;

    for (;;) {
        r = loop_run_once(web->loop, -1);
        if (r < 0)
            return TRACE(r);
        while ((ready = loop_next(web->loop))) {
            if (!web_handle(web, ready))
                return 0;
        }
        if (web->server)
            web__server_run(web);
        if (web->lost)
            return RAISE(-EPIPE);
        arena_reset(web->turn);
    }
}

static int web_open(struct web *web)
{
    int r;

    web->hangup_fd = -1;
    web->exchanges = MAP_INIT;
    web->turn = arena_new(0);
    r = loop_new(&web->loop);
    if (r < 0)
        return TRACE(r);
    web->link_ready.kind = WEB_READY_LINK;
    r = link_new(web->loop, WEB_LINK_FD, &web->link_ready, &web->link);
    return r < 0 ? TRACE(r) : 0;
}

int main(void)
{
    static struct web web; /* what it holds stays reachable to the end */
    char trail[1024];
    int r = web_rights();

    if (r == 0)
        r = web_open(&web);
    if (r == 0)
        r = web_run(&web);
    web__server_stop(&web);
    if (r == 0)
        return EXIT_SUCCESS;
    err_print(trail, sizeof(trail));
    (void)fprintf(stderr, "writ: web: %s\n", trail);
    return 70;
}
