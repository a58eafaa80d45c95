/*
 * vault: descriptors 3 (daemon), 4 (egress) and 5 (keeper), and the folder that --folder names. It
 * reads and writes two files there, and talks to these three, and to egress-net when the keeper
 * brings its link. Nothing else.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "model/msg.h"
#include "proc/vault/vault.h"
#include "sys/clock.h"
#include "sys/link.h"
#include "sys/loop.h"
#include "sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAEMON_FD 3
#define EGRESS_FD 4
#define KEEPER_FD 5

/* A request may overtake its grant: they come over two links. */
#define EARLY_WAIT_NS 2000000000LL
#define EARLY_MAX     1024U

enum ready_kind {
    READY_DAEMON,
    READY_EGRESS,
    READY_KEEPER,
    READY_NET,
    READY_TIMER,
};

struct early {
    struct vault_use use;
    struct link *to;
    uint64_t id;
    struct arena *arena;
    int64_t due_ns;
};

struct state {
    struct loop *loop;
    struct vault *vault;
    struct link *daemon;
    struct link *egress;
    struct link *keeper;
    struct link *net; /* egress-net; comes and goes */
    struct loop_ready daemon_ready;
    struct loop_ready egress_ready;
    struct loop_ready keeper_ready;
    struct loop_ready net_ready;
    struct loop_ready timer_ready;
    struct loop_timer *timer;
    struct arena *turn;
    struct early_list VEC(struct early) early;
};

/* What a security reviewer reads: before anything from outside is looked at. */
static int give_up_rights(const char *folder, int *ret_folder_fd)
{
    int fd;

    sandbox_undumpable();
    (void)umask(077);
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return RAISE(-errno);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return RAISE(-errno);
    sandbox_folder(folder, true);
    *ret_folder_fd = fd;
    return 0;
}

static void answer(struct state *state, const struct vault_use *use, struct link *to, uint64_t id)
{
    struct msg_vault_opened opened = { .reference = use->reference };
    const struct wire_frame frame = { .type = MSG_VAULT_OPENED, .id = id };
    int r = vault_open(state->vault, use, &opened.value);

    if (r == VAULT_ABSENT)
        opened.reason = STR("there is no such secret of this source");
    if (r == VAULT_REFUSED)
        opened.reason = STR("this call has no grant for it");
    msg_vault_opened_encode(&opened, link_begin(to, &frame));
    if (link_end(to) < 0) /* Full or closed: its end is seen where it is read. */
        opened.value = STR_NULL;
    vault_forget(state->vault);
}

static void keep_early(struct state *state, const struct vault_use *use, struct link *to,
                       uint64_t id)
{
    struct early *early = VEC_PUSH(&state->early);

    *early = (struct early){ .use = *use,
                             .to = to,
                             .id = id,
                             .arena = arena_new(0),
                             .due_ns = clock_mono_ns() + EARLY_WAIT_NS };
    early->use.reference = str_copy(early->arena, use->reference);
    early->use.bound = str_copy(early->arena, use->bound);
    loop_timer_set(state->timer, state->early.at[0].due_ns);
}

static bool same_use(const struct vault_use *a, const struct vault_use *b)
{
    return a->source == b->source && a->execution == b->execution && a->call == b->call &&
           str_equal(a->reference, b->reference) && str_equal(a->bound, b->bound);
}

static void early_drop(struct state *state, size_t index)
{
    arena_free(state->early.at[index].arena);
    memmove(&state->early.at[index], &state->early.at[index + 1],
            (state->early.count - index - 1) * sizeof(*state->early.at));
    state->early.count--;
}

/* The grant is here, or it did not come in time. */
static void early_answer(struct state *state, const struct vault_use *granted)
{
    int64_t now_ns = clock_mono_ns();
    size_t i = 0;

    while (i < state->early.count) {
        struct early *early = &state->early.at[i];

        if (early->due_ns > now_ns && !(granted && same_use(granted, &early->use))) {
            i++;
            continue;
        }
        answer(state, &early->use, early->to, early->id);
        early_drop(state, i);
    }
    if (state->early.count)
        loop_timer_set(state->timer, state->early.at[0].due_ns);
}

/* --- What it accepts --------------------------------------------------------------------- */

static bool on_grant(struct state *state, const struct wire_frame *frame)
{
    struct msg_vault_grant grant;
    struct vault_use use;

    if (!msg_vault_grant_decode(frame->payload, state->turn, &grant))
        return false;
    use = (struct vault_use){ grant.reference, grant.bound, grant.source, grant.execution,
                              grant.call };
    if (vault_grant(state->vault, &use) == 0)
        early_answer(state, &use);
    return true;
}

/*
 * Egress asks for calls, the keeper for the environment of a source's child: no call. egress-net
 * asks for both: what a source is given for its requests is opened when the source is.
 */
static bool open_for(struct state *state, struct link *to, const struct wire_frame *frame)
{
    struct msg_vault_open open;
    struct vault_use use;

    if (!msg_vault_open_decode(frame->payload, state->turn, &open) ||
        (to != state->net && (open.call == 0) != (to == state->keeper)))
        return false;
    use = (struct vault_use){ open.reference, open.bound, open.source, open.execution, open.call };
    if (vault_granted(state->vault, &use) || state->early.count >= EARLY_MAX)
        answer(state, &use, to, frame->id);
    else
        keep_early(state, &use, to, frame->id);
    return true;
}

static bool on_open(struct state *state, const struct wire_frame *frame)
{
    return open_for(state, state->egress, frame);
}

static bool on_keeper_open(struct state *state, const struct wire_frame *frame)
{
    return open_for(state, state->keeper, frame);
}

static bool on_net_open(struct state *state, const struct wire_frame *frame)
{
    return open_for(state, state->net, frame);
}

/*
 * What a person gave: for a source, and there for one place; for one that has no number yet; or,
 * bound to no place, to what a source asked, for calls to it.
 */
static bool on_daemon_seal(struct state *state, const struct wire_frame *frame)
{
    struct msg_vault_seal seal;
    struct vault_name name;

    if (!msg_vault_seal_decode(frame->payload, state->turn, &seal))
        return false;
    name = (struct vault_name){ seal.reference, seal.bound, seal.source };
    CHECK(vault_seal(state->vault, &name, seal.value) >= 0);
    return true;
}

static bool on_drop(struct state *state, const struct wire_frame *frame)
{
    struct msg_vault_drop drop;
    struct vault_name name;

    if (!msg_vault_drop_decode(frame->payload, state->turn, &drop) || drop.source == VAULT_GIVEN)
        return false;
    name = (struct vault_name){ drop.reference, drop.bound, drop.source };
    CHECK(vault_drop(state->vault, &name) >= 0);
    return true;
}

static bool seal_for(struct state *state, struct link *from, const struct wire_frame *frame)
{
    struct msg_vault_seal seal;
    struct msg_vault_sealed sealed;
    const struct wire_frame reply = { .type = MSG_VAULT_SEALED, .id = frame->id };
    int r;

    if (!msg_vault_seal_decode(frame->payload, state->turn, &seal))
        return false;
    r = vault_seal_said(state->vault, &(struct vault_name){ seal.reference, STR_NULL, seal.source },
                        seal.value);
    CHECK(r >= 0); /* A secret that is not on disk must not be called kept. */
    if (r == VAULT_FULL)
        return true;
    sealed = (struct msg_vault_sealed){ .reference = seal.reference };
    msg_vault_sealed_encode(&sealed, link_begin(from, &reply));
    return link_end(from) == 0;
}

static bool on_seal(struct state *state, const struct wire_frame *frame)
{
    return seal_for(state, state->egress, frame);
}

static bool on_net_seal(struct state *state, const struct wire_frame *frame)
{
    return seal_for(state, state->net, frame);
}

/* Everything that asked over this link is gone with it. */
static void early_forget(struct state *state, const struct link *to)
{
    size_t i = 0;

    while (i < state->early.count)
        if (state->early.at[i].to == to)
            early_drop(state, i);
        else
            i++;
}

static void net_close(struct state *state)
{
    early_forget(state, state->net);
    state->net = link_free(state->net);
}

/* The key of fingerprints: who replaces secrets needs it before anything from outside. */
static bool send_key(struct state *state, struct link *to)
{
    const struct wire_frame frame = { .type = MSG_VAULT_KEY };
    const struct msg_vault_key key = {
        .key = str_of((const char *)vault_fingerprint_key(state->vault), VAULT_KEY_LEN)
    };

    msg_vault_key_encode(&key, link_begin(to, &frame));
    return link_end(to) == 0;
}

static bool on_process_started(struct state *state, const struct wire_frame *frame)
{
    struct msg_process_started started;
    int fd;

    if (!msg_process_started_decode(frame->payload, state->turn, &started) ||
        started.kind != MSG_PROCESS_KIND_EGRESS_NET)
        return false;
    fd = link_fd_take(state->keeper, 0);
    if (fd < 0)
        return false;
    net_close(state);
    if (link_new(state->loop, fd, &state->net_ready, &state->net) < 0)
        return false;
    if (!send_key(state, state->net))
        net_close(state); /* It has ended already. */
    return true;
}

static const struct accepted {
    enum ready_kind from;
    uint16_t type;
    bool (*handle)(struct state *state, const struct wire_frame *frame);
} accepted[] = {
    { READY_DAEMON, MSG_VAULT_GRANT, on_grant },
    { READY_DAEMON, MSG_VAULT_SEAL, on_daemon_seal },
    { READY_DAEMON, MSG_VAULT_DROP, on_drop },
    { READY_KEEPER, MSG_VAULT_OPEN, on_keeper_open },
    { READY_KEEPER, MSG_PROCESS_STARTED, on_process_started },
    { READY_EGRESS, MSG_VAULT_SEAL, on_seal },
    { READY_EGRESS, MSG_VAULT_OPEN, on_open },
    { READY_NET, MSG_VAULT_SEAL, on_net_seal },
    { READY_NET, MSG_VAULT_OPEN, on_net_open },
};

/* False: the conversation is over. */
static bool take(struct state *state, enum ready_kind from, const struct wire_frame *frame)
{
    for (size_t i = 0; i < ARRAY_COUNT(accepted); i++)
        if (accepted[i].from == from && accepted[i].type == frame->type)
            return accepted[i].handle(state, frame);
    (void)fprintf(stderr, "vault: message %u is not accepted here\n", frame->type);
    return false;
}

static bool drain(struct state *state, enum ready_kind from, struct link *link)
{
    struct wire_frame frame;
    int r;

    while ((r = link_next(link, &frame)) == LINK_FRAME)
        if (!take(state, from, &frame))
            return false;
    return r == LINK_NONE;
}

/* False: a conversation without which there is no vault is over. */
static bool on_ready(struct state *state, enum ready_kind kind)
{
    switch (kind) {
    case READY_DAEMON:
        return drain(state, READY_DAEMON, state->daemon);
    case READY_EGRESS:
        return drain(state, READY_EGRESS, state->egress);
    case READY_KEEPER:
        return drain(state, READY_KEEPER, state->keeper);
    case READY_NET:
        if (state->net && !drain(state, READY_NET, state->net))
            net_close(state);
        return true;
    case READY_TIMER:
        early_answer(state, NULL);
        return true;
    }
    UNREACHABLE("a ready outside its enum");
}

static int serve(struct state *state)
{
    struct loop_ready *ready;
    int r;

    for (;;) {
        arena_reset(state->turn);
        r = loop_run_once(state->loop, -1);
        if (r < 0)
            return TRACE(r);
        while ((ready = loop_next(state->loop)))
            if (!on_ready(state, (enum ready_kind)ready->kind))
                return 0;
    }
}

static int start(struct state *state, const char *folder, int folder_fd)
{
    int r = loop_new(&state->loop);

    if (r == 0)
        r = link_new(state->loop, DAEMON_FD, &state->daemon_ready, &state->daemon);
    if (r == 0)
        r = link_new(state->loop, EGRESS_FD, &state->egress_ready, &state->egress);
    if (r == 0)
        r = link_new(state->loop, KEEPER_FD, &state->keeper_ready, &state->keeper);
    if (r == 0)
        r = vault_new(folder_fd, &state->vault);
    if (r < 0)
        return TRACE(r);
    if (r == VAULT_EXPOSED)
        (void)fprintf(stderr,
                      "vault: %s/key belongs to somebody else, or can be read or written by "
                      "others: `chown` it to who runs Writ, and `chmod 600` it\n",
                      folder);
    if (r == VAULT_DAMAGED)
        (void)fprintf(stderr,
                      "vault: %s/key and sealed are not what was written there: put both back, or "
                      "remove both and give each credential again\n",
                      folder);
    if (r != 0)
        return r; /* It has been said. */
    state->timer = loop_timer_new(state->loop, &state->timer_ready);
    return send_key(state, state->egress) ? serve(state) : 0;
}

static void end(struct state *state)
{
    while (state->early.count)
        early_drop(state, 0);
    VEC_FINI(&state->early);
    vault_free(state->vault);
    loop_timer_free(state->timer);
    link_free(state->net);
    link_free(state->keeper);
    link_free(state->egress);
    link_free(state->daemon);
    loop_free(state->loop);
    arena_free(state->turn);
}

int main(int argc, char **argv)
{
    struct state state = { .daemon_ready.kind = READY_DAEMON,
                           .egress_ready.kind = READY_EGRESS,
                           .keeper_ready.kind = READY_KEEPER,
                           .net_ready.kind = READY_NET,
                           .timer_ready.kind = READY_TIMER };
    char trail[1024];
    int folder_fd = -1;
    int r;

    if (argc != 3 || strcmp(argv[1], "--folder") != 0) {
        (void)fprintf(stderr, "vault: is started by keeper, with --folder\n");
        return 2;
    }
    r = give_up_rights(argv[2], &folder_fd);
    if (r == 0)
        r = sandbox_enter("stdio recvfd sendfd rpath wpath");
    state.turn = arena_new(0);
    if (r == 0)
        r = start(&state, argv[2], folder_fd);
    end(&state);
    if (r == 0)
        return 0;
    err_print(trail, sizeof(trail));
    if (r < 0)
        (void)fprintf(stderr, "vault: %s\n", trail);
    return 70;
}
