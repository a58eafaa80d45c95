/*
 * egress and egress-net: descriptor 3 is the keeper. From it come the links to daemon and vault,
 * and the pipes of sources. What each may is in egress__wire_enter: of pipes.c, or of net.c.
 */
#include "proc/egress/internal.h"

#include "sys/clock.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEEPER_FD 3
/* What is larger is given back to the system when it is freed, whatever was large before. */
#define LARGE_BYTES (1 << 20)

/* --- What it accepts --------------------------------------------------------------------- */

static bool on_process_started(struct egress *egress, const struct wire_frame *frame)
{
    struct msg_process_started started;
    int fd;

    if (!msg_process_started_decode(frame->payload, egress->turn, &started))
        return false;
    fd = link_fd_take(egress->keeper, 0);
    if (fd < 0)
        return false;
    if (started.kind == MSG_PROCESS_KIND_DAEMON && !egress->daemon)
        return link_new(egress->loop, fd, &egress->daemon_ready, &egress->daemon) == 0;
    if (started.kind != MSG_PROCESS_KIND_VAULT) {
        (void)close(fd);
        return false;
    }
    egress->vault = link_free(egress->vault);
    return link_new(egress->loop, fd, &egress->vault_ready, &egress->vault) == 0;
}

static bool on_child_pipes(struct egress *egress, const struct wire_frame *frame)
{
    struct msg_child_pipes pipes;
    int fds[3];

    if (!msg_child_pipes_decode(frame->payload, egress->turn, &pipes))
        return false;
    for (size_t i = 0; i < 3; i++)
        fds[i] = link_fd_take(egress->keeper, i);
    if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0)
        return false;
    return egress__wire_pipes(egress, pipes.child, fds);
}

static bool on_child_ended(struct egress *egress, const struct wire_frame *frame)
{
    struct msg_child_ended ended;

    if (!msg_child_ended_decode(frame->payload, egress->turn, &ended))
        return false;
    egress__source_ended(egress, ended.child, ended.reason);
    return true;
}

static bool on_source_open(struct egress *egress, const struct wire_frame *frame)
{
    struct msg_source_open open;

    if (!msg_source_open_decode(frame->payload, egress->turn, &open))
        return false;
    egress__source_open(egress, &open);
    return true;
}

static bool on_source_close(struct egress *egress, const struct wire_frame *frame)
{
    struct msg_source_close close_it;

    if (!msg_source_close_decode(frame->payload, egress->turn, &close_it))
        return false;
    egress__source_close(egress, close_it.source, close_it.reason);
    return true;
}

static bool on_call_send(struct egress *egress, const struct wire_frame *frame)
{
    struct msg_call_send send;

    if (!msg_call_send_decode(frame->payload, egress->turn, &send) ||
        send.files_count > WIRE_FDS_MAX)
        return false;
    egress__call_start(egress, frame, &send);
    return true;
}

static bool on_call_cancel(struct egress *egress, const struct wire_frame *frame)
{
    struct msg_call_cancel cancel;

    if (!msg_call_cancel_decode(frame->payload, egress->turn, &cancel))
        return false;
    egress__call_cancel(egress, &cancel);
    return true;
}

static bool on_fetch_start(struct egress *egress, const struct wire_frame *frame)
{
    return egress__wire_fetch(egress, frame->payload);
}

static bool on_fetch_stop(struct egress *egress, const struct wire_frame *frame)
{
    return egress__wire_fetch_stop(egress, frame->payload);
}

static bool on_call_said(struct egress *egress, const struct wire_frame *frame)
{
    struct msg_call_said said;

    if (!msg_call_said_decode(frame->payload, egress->turn, &said))
        return false;
    egress__call_said(egress, &said);
    return true;
}

static bool on_vault_key(struct egress *egress, const struct wire_frame *frame)
{
    struct msg_vault_key key;

    if (!msg_vault_key_decode(frame->payload, egress->turn, &key) || key.key.len != SECRET_KEY_LEN)
        return false;
    egress->has_key = true;
    egress->json.kind = SECRET_JSON;
    egress->plain.kind = SECRET_PLAIN;
    memcpy(egress->json.key, key.key.ptr, SECRET_KEY_LEN);
    memcpy(egress->plain.key, key.key.ptr, SECRET_KEY_LEN);
    return true;
}

static bool on_vault_opened(struct egress *egress, const struct wire_frame *frame)
{
    struct msg_vault_opened opened;

    if (!msg_vault_opened_decode(frame->payload, egress->turn, &opened))
        return false;
    if (frame->id & EGRESS_OF_FETCH)
        egress__wire_fetch_opened(egress, frame->id & ~EGRESS_OF_FETCH, &opened);
    else if (frame->id & EGRESS_OF_SOURCE)
        egress__wire_opened(egress, frame->id & ~EGRESS_OF_SOURCE, &opened);
    else
        egress__door_opened(egress, frame->id, &opened);
    return true;
}

static bool on_vault_sealed(struct egress *egress, const struct wire_frame *frame)
{
    (void)egress;
    (void)frame;
    return true;
}

static const struct accepted {
    enum egress_ready from;
    uint16_t type;
    bool (*handle)(struct egress *egress, const struct wire_frame *frame);
} accepted[] = {
    { EGRESS_READY_KEEPER, MSG_PROCESS_STARTED, on_process_started },
    { EGRESS_READY_KEEPER, MSG_CHILD_PIPES, on_child_pipes },
    { EGRESS_READY_KEEPER, MSG_CHILD_ENDED, on_child_ended },
    { EGRESS_READY_DAEMON, MSG_SOURCE_OPEN, on_source_open },
    { EGRESS_READY_DAEMON, MSG_SOURCE_CLOSE, on_source_close },
    { EGRESS_READY_DAEMON, MSG_CALL_SEND, on_call_send },
    { EGRESS_READY_DAEMON, MSG_CALL_CANCEL, on_call_cancel },
    { EGRESS_READY_DAEMON, MSG_FETCH_START, on_fetch_start },
    { EGRESS_READY_DAEMON, MSG_FETCH_STOP, on_fetch_stop },
    { EGRESS_READY_DAEMON, MSG_CALL_SAID, on_call_said },
    { EGRESS_READY_VAULT, MSG_VAULT_KEY, on_vault_key },
    { EGRESS_READY_VAULT, MSG_VAULT_OPENED, on_vault_opened },
    { EGRESS_READY_VAULT, MSG_VAULT_SEALED, on_vault_sealed },
};

static bool take(struct egress *egress, enum egress_ready from, const struct wire_frame *frame)
{
    for (size_t i = 0; i < ARRAY_COUNT(accepted); i++)
        if (accepted[i].from == from && accepted[i].type == frame->type)
            return accepted[i].handle(egress, frame);
    return false;
}

/* False: the conversation is over, or was not one. */
static bool drain(struct egress *egress, enum egress_ready from, struct link *link)
{
    struct wire_frame frame;
    int r;

    while ((r = link_next(link, &frame)) == LINK_FRAME)
        if (!take(egress, from, &frame)) {
            (void)fprintf(stderr, "egress: message %u is not accepted\n", frame.type);
            return false;
        }
    return r == LINK_NONE;
}

static void on_ready(struct egress *egress, struct loop_ready *ready)
{
    switch ((enum egress_ready)ready->kind) {
    case EGRESS_READY_KEEPER:
        egress->over = egress->over || !drain(egress, EGRESS_READY_KEEPER, egress->keeper);
        break;
    case EGRESS_READY_DAEMON:
        egress->over = egress->over || !drain(egress, EGRESS_READY_DAEMON, egress->daemon);
        break;
    case EGRESS_READY_VAULT:
        if (!drain(egress, EGRESS_READY_VAULT, egress->vault)) {
            egress->vault = link_free(egress->vault);
            egress__door_lost(egress);
        }
        break;
    case EGRESS_READY_PIPES:
    case EGRESS_READY_STDERR:
    case EGRESS_READY_HTTP:
        egress__wire_ready(egress, ready);
        break;
    }
}

static int64_t turn(struct egress *egress)
{
    int64_t sources_ms = egress__sources_turn(egress);
    int64_t wire_ms = egress__wire_turn(egress);

    if (sources_ms == -1 || (wire_ms != -1 && wire_ms < sources_ms))
        return wire_ms;
    return sources_ms;
}

static int serve(struct egress *egress)
{
    int64_t due_ms = -1;

    while (!egress->over) {
        int64_t wait_ms = due_ms == -1 ? -1 : due_ms - egress->now_ms;
        struct loop_ready *ready;
        int r = loop_run_once(egress->loop, due_ms == -1 ? -1 : wait_ms > 0 ? wait_ms : 0);

        if (r < 0)
            return TRACE(r);
        arena_reset(egress->turn);
        egress->now_ms = clock_mono_ns() / 1000000;
        while (!egress->over && (ready = loop_next(egress->loop)))
            on_ready(egress, ready);
        /* Without the key a secret could not be replaced: nothing from outside is read yet. */
        due_ms = egress->has_key && egress->daemon ? turn(egress) : -1;
    }
    return 0;
}

static void egress_end(struct egress *egress)
{
    egress__calls_free(egress);
    egress__sources_free(egress);
    egress__wire_free(egress);
    link_free(egress->vault);
    link_free(egress->daemon);
    link_free(egress->keeper);
    loop_free(egress->loop);
    arena_free(egress->turn);
}

int main(void)
{
    struct egress egress = { .keeper_ready.kind = EGRESS_READY_KEEPER,
                             .daemon_ready.kind = EGRESS_READY_DAEMON,
                             .vault_ready.kind = EGRESS_READY_VAULT,
                             .handle_next = 1 };
    char trail[1024];
    int r = egress__wire_enter(&egress);

    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    egress.now_ms = clock_mono_ns() / 1000000;
    egress.turn = arena_new(0);
    if (r == 0)
        r = link_new(egress.loop, KEEPER_FD, &egress.keeper_ready, &egress.keeper);
    if (r == 0)
        r = serve(&egress);
    if (r == 0) {
        egress_end(&egress);
        return 0;
    }
    err_print(trail, sizeof(trail));
    (void)fprintf(stderr, "egress: %s\n", trail);
    return 70;
}
