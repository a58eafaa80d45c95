/*
 * Answers on their way out. A body may be longer than a frame (the inbox of somebody who was away,
 * a result and its console), and then goes out in parts; whoever gets it puts them together.
 */
#include "proc/daemon/answer.h"

#define DAEMON_PART_BYTES (512U << 10)

static struct str daemon_part(struct str *rest)
{
    struct str part = str_slice(*rest, 0, DAEMON_PART_BYTES);

    *rest = str_slice(*rest, part.len, rest->len);
    return part;
}

/* Of an answer nothing may be missing: its reader would wait, or read nonsense. */
static void daemon_web_send(struct daemon *daemon, unsigned type, uint64_t id, struct str payload)
{
    const struct wire_frame frame = { .type = (uint16_t)type, .id = id, .payload = payload };

    if (daemon->web.link && link_send(daemon->web.link, &frame) == LINK_FULL)
        link_give_up(daemon->web.link);
}

void daemon__http_chunk(struct daemon *daemon, uint64_t exchange, struct str body, bool last)
{
    struct str rest = body.ptr ? body : STR("");

    do {
        struct msg_http_chunk chunk = { .body = daemon_part(&rest) };
        struct buf payload BUF_CLEANUP = BUF_INIT;

        chunk.last = last && rest.len == 0;
        msg_http_chunk_encode(&chunk, &payload);
        daemon_web_send(daemon, MSG_HTTP_CHUNK, exchange, buf_str(&payload));
    } while (rest.len > 0);
}

void daemon__http_response(struct daemon *daemon, uint64_t exchange,
                           const struct msg_http_response *response)
{
    struct msg_http_response head = *response;
    struct str rest = response->body.ptr ? response->body : STR("");
    struct buf payload BUF_CLEANUP = BUF_INIT;

    head.body = daemon_part(&rest);
    head.more = response->more || rest.len > 0;
    msg_http_response_encode(&head, &payload);
    daemon_web_send(daemon, MSG_HTTP_RESPONSE, exchange, buf_str(&payload));
    if (rest.len > 0)
        daemon__http_chunk(daemon, exchange, rest, !response->more);
}
