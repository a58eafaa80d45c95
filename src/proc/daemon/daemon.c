/*
 * The turn.
 *
 *     gather   sleep; links and streams have new frames and lines
 *     decide   each becomes a command, core_step makes one update of it, its line is appended
 *     append   one write of all updates; a sync is asked for where an effect waits for it
 *     act      every effect whose sequence is durable leaves
 */
#include "proc/daemon/internal.h"

#define DAEMON_TURN_BYTES_MAX (256U << 20)
/* Answers that wait for `web`: what it is asked waits where there are more than LINK_QUEUED_MAX. */
#define DAEMON_WEB_QUEUED_MAX (64U << 20)
/* Over HTTP an answer counts as handed over when nobody asked again for so long. */
#define DAEMON_HANDED_MS 250

static const char *const daemon_type_none = "none";

void daemon__send(struct daemon_peer *peer, unsigned type, uint64_t id, struct str payload)
{
    struct wire_frame frame = { .type = (uint16_t)type, .id = id, .payload = payload };

    if (!peer->link)
        return;
    /* A peer that is gone or does not read is found out when its link is next ready. */
    (void)!link_send(peer->link, &frame);
}

struct event_who daemon__who_copy(struct arena *arena, const struct event_who *who)
{
    struct event_who copy = *who;

    copy.actor = who->actor.ptr ? str_copy(arena, who->actor) : STR_NULL;
    copy.agent = who->agent.ptr ? str_copy(arena, who->agent) : STR_NULL;
    copy.client = who->client.ptr ? str_copy(arena, who->client) : STR_NULL;
    return copy;
}

struct daemon_request *daemon__request_new(struct daemon *daemon, enum daemon_asker asker,
                                           const struct event_who *who)
{
    struct arena *arena = arena_new(0);
    struct daemon_request *request = ARENA_NEW(arena, struct daemon_request);

    request->arena = arena;
    request->number = ++daemon->numbers;
    request->asker = asker;
    request->who = daemon__who_copy(arena, who);
    (void)map_put_u64(&daemon->requests, request->number, request);
    return request;
}

struct daemon_request *daemon__request_find(const struct daemon *daemon, uint64_t token)
{
    return map_find_u64(&daemon->requests, token);
}

void daemon__wait_end(struct daemon *daemon, struct daemon_request *request)
{
    struct daemon_waiters *waiters = map_find_u64(&daemon->waiters, request->execution);

    if (!request->execution || !waiters)
        return;
    for (size_t i = 0; i < waiters->requests.count; i++)
        if (waiters->requests.at[i] == request->number) {
            waiters->requests.at[i] = waiters->requests.at[--waiters->requests.count];
            break;
        }
    if (waiters->requests.count == 0) {
        (void)map_take_u64(&daemon->waiters, request->execution);
        VEC_FINI(&waiters->requests);
        (void)heap_free(waiters);
    }
    request->execution = 0;
}

void daemon__wait_for(struct daemon *daemon, struct daemon_request *request, uint64_t execution)
{
    struct daemon_waiters *waiters = map_find_u64(&daemon->waiters, execution);

    if (!waiters) {
        waiters = heap_alloc(sizeof(*waiters));
        (void)map_put_u64(&daemon->waiters, execution, waiters);
    }
    *VEC_PUSH(&waiters->requests) = request->number;
    request->execution = execution;
}

void daemon__request_free(struct daemon *daemon, struct daemon_request *request)
{
    daemon__wait_end(daemon, request);
    (void)map_take_u64(&daemon->requests, request->number);
    if (request->asker == DAEMON_ASKER_MCP)
        (void)map_take_u64(&daemon->keys, request->key);
    (void)arena_free(request->arena);
}

/* The kernel is asked once for many steps. */
static void daemon_entropy(struct daemon *daemon, uint8_t *ret_bytes, size_t len)
{
    CHECK(len <= sizeof(daemon->entropy));
    if (daemon->entropy_left < len) {
        clock_entropy_fill(daemon->entropy, sizeof(daemon->entropy));
        daemon->entropy_left = sizeof(daemon->entropy);
    }
    daemon->entropy_left -= len;
    memcpy(ret_bytes, daemon->entropy + daemon->entropy_left, len);
    memset(daemon->entropy + daemon->entropy_left, 0, len);
}

static void daemon_append(struct daemon *daemon)
{
    uint8_t salt[LOG_SALT_LEN];
    uint64_t seq;
    struct core_update *update = &daemon->update;
    const char *type =
        update->events.count ? event_type_name(update->events.at[0].type) : daemon_type_none;

    daemon_entropy(daemon, salt, sizeof(salt));
    buf_clear(&daemon->text);
    core_update_print(update, &daemon->text);
    seq = log_append(daemon->log, str_from(type), buf_str(&daemon->text), update->at_ms, salt);
    CHECK(seq == update->seq);
    for (size_t i = 0; i < update->events.count; i++) {
        if (daemon->options.trace) {
            buf_clear(&daemon->text);
            event_print(&update->events.at[i], NULL, &daemon->text);
            daemon->options.trace(daemon->options.trace_context, update->at_ms,
                                  buf_str(&daemon->text));
        }
        daemon__published(daemon, &update->events.at[i]);
    }
}

/* Texts of an effect that waits outlive the turn only if they are copied. */
void daemon__hold(struct daemon *daemon, const struct core_effect *effect)
{
    struct core_effect *held = VEC_PUSH(&daemon->held);

    *held = *effect;
    held->text = STR_NULL;
    if (effect->type == EFFECT_CALL_SAY && effect->text.ptr) {
        char *kept = heap_alloc(effect->text.len + 1);

        memcpy(kept, effect->text.ptr, effect->text.len);
        held->text = str_of(kept, effect->text.len); /* Freed when it has been acted on. */
    }
    daemon->sync = true;
}

/* It was held, and is carried out: its text is the turn's again. */
static void daemon_release(struct daemon *daemon, struct core_effect *effect)
{
    char *kept = (char *)(uintptr_t)effect->text.ptr;

    if (!kept)
        return;
    effect->text = str_copy(daemon->turn, effect->text);
    (void)heap_free(kept);
}

/* At once: whoever asked may cancel, or go, before the effect is carried out. */
static void daemon_received(struct daemon *daemon, const struct core_effect *effect)
{
    struct daemon_request *request = daemon__request_find(daemon, effect->token);

    if (request)
        daemon__wait_for(daemon, request, effect->execution);
}

/* What a program gave is kept until the source is started. */
static void daemon_document_text(struct daemon *daemon, const struct core_effect *effect)
{
    const struct catalog_source *source =
        catalog_source_find(core_catalog(daemon->core), effect->source);

    if (source)
        daemon__compile_give(
            daemon, source,
            &(struct daemon_given){
                .fd = -1, .text = effect->text, .uri = source->url, .kind = source->kind });
}

void daemon__step(struct daemon *daemon, struct command *command)
{
    struct core_update *update = &daemon->update;

    command->now_ms = daemon->now_ms;
    daemon_entropy(daemon, command->entropy, sizeof(command->entropy));
    core_step(daemon->core, command, log_seq_next(daemon->log), update);
    if (update->events.count > 0)
        daemon_append(daemon);
    for (size_t i = 0; i < update->effects.count; i++) {
        const struct core_effect *effect = &update->effects.at[i];

        if (effect->type == EFFECT_RECEIVED)
            daemon_received(daemon, effect);
        if (effect->type == EFFECT_SOURCE_START && effect->text.ptr)
            daemon_document_text(daemon, effect);
        if (effect->durable > log_durable(daemon->log))
            daemon__hold(daemon, effect);
        else
            *VEC_PUSH(&daemon->acts) = *effect;
    }
}

bool daemon__closed(struct daemon *daemon, const struct event_who *who, struct msg_error *ret_error)
{
    struct command command = { .type = COMMAND_REFUSE };

    *ret_error = (struct msg_error){ .code = STR("busy") };
    if (daemon->stopping) {
        ret_error->message = STR("Writ is shutting down");
        return true;
    }
    if (!log_is_full(daemon->log))
        return false;
    ret_error->message = STR("the disk is full: nothing new is started until there is room");
    if (log_room(daemon->log) > LOG_SPARE / 2) {
        command.as.refuse.who = *who;
        command.as.refuse.what = STR("execute");
        command.as.refuse.error = *ret_error;
        daemon__step(daemon, &command);
    }
    return true;
}

void daemon__handed(struct daemon *daemon, const struct daemon_handed *handed)
{
    struct daemon_handed *owed = VEC_PUSH(&daemon->handed);

    *owed = *handed;
    if (!handed->stdio && !handed->client)
        owed->due_ms = daemon->now_ms + DAEMON_HANDED_MS;
}

/* Bytes of the answer that the kernel has not taken; SIZE_MAX: the connection is gone. */
static size_t daemon_handed_queued(const struct daemon *daemon, const struct daemon_handed *handed)
{
    const struct daemon_stdio *stdio = map_find_u64(&daemon->stdios, handed->stdio);
    const struct daemon_client *client = map_find_u64(&daemon->clients, handed->client);

    if (handed->stdio)
        return stdio ? stream_queued(stdio->stream) : SIZE_MAX;
    if (handed->client)
        return client ? link_queued(client->peer.link) : SIZE_MAX;
    return daemon->web.link ? link_queued(daemon->web.link) : SIZE_MAX;
}

/* After bytes were written: an answer that nobody took is still owed. */
static void daemon_hand_over(struct daemon *daemon)
{
    size_t kept = 0;

    for (size_t i = 0; i < daemon->handed.count; i++) {
        struct daemon_handed handed = daemon->handed.at[i];
        size_t queued = daemon_handed_queued(daemon, &handed);
        struct command command = { .type = COMMAND_ANSWERED };

        if (queued == SIZE_MAX)
            command.type = COMMAND_LEAVE;
        else if (queued > 0 || handed.due_ms > daemon->now_ms) {
            daemon->handed.at[kept++] = handed;
            continue;
        }
        command.as.execution = handed.execution;
        daemon__step(daemon, &command);
    }
    daemon->handed.count = kept;
}

/* When an answer may be recorded as handed over; INT64_MAX: none is on its way. */
static int64_t daemon_handed_due(const struct daemon *daemon)
{
    int64_t due_ms = INT64_MAX;

    for (size_t i = 0; i < daemon->handed.count; i++)
        if (daemon->handed.at[i].due_ms < due_ms)
            due_ms = daemon->handed.at[i].due_ms;
    return due_ms;
}

static int64_t daemon_timeout(const struct daemon *daemon, int64_t timeout_ms)
{
    int64_t due_ms = core_due_ms(daemon->core);
    int64_t mcp_ms = mcp_due_ms(daemon->mcp);
    int64_t pool_ms = daemon__pool_due_ms(daemon);
    int64_t log_ns = log_due_ns(daemon->log);
    /* Deadlines of requests are looked at once a second. */
    int64_t wait_ms = daemon->web_waits ? 1 : 1000;

    due_ms = mcp_ms < due_ms ? mcp_ms : due_ms;
    due_ms = pool_ms < due_ms ? pool_ms : due_ms;
    due_ms = daemon_handed_due(daemon) < due_ms ? daemon_handed_due(daemon) : due_ms;
    if (due_ms != INT64_MAX && due_ms - clock_now_ms() < wait_ms)
        wait_ms = due_ms - clock_now_ms();
    if (log_ns >= 0 && (log_ns - clock_mono_ns()) / 1000000 + 1 < wait_ms)
        wait_ms = (log_ns - clock_mono_ns()) / 1000000 + 1;
    if (timeout_ms >= 0 && timeout_ms < wait_ms)
        wait_ms = timeout_ms;
    return wait_ms < 0 || daemon->acts.count > 0 || daemon->sync ||
                   daemon_handed_due(daemon) <= daemon->now_ms
               ? 0
               : wait_ms;
}

static void daemon_ready(struct daemon *daemon, struct loop_ready *ready);

static int daemon_gather(struct daemon *daemon, int64_t timeout_ms)
{
    int r = loop_run_once(daemon->loop, daemon_timeout(daemon, timeout_ms));

    if (r < 0)
        return TRACE(r);
    daemon->now_ms = clock_now_ms();
    r = log_gather(daemon->log, clock_mono_ns());
    if (r < 0)
        return TRACE(r);
    return 0;
}

static void daemon_deadlines(struct daemon *daemon)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&daemon->requests, &at));) {
        struct daemon_request *request = entry->value;
        const struct execution *execution;

        if (request->until_ms == 0 || request->until_ms > daemon->now_ms)
            continue;
        request->until_ms = 0;
        execution = core_execution(daemon->core, request->execution);
        if (request->source)
            daemon__api_source(daemon, request);
        else if (execution)
            daemon__api_execution(daemon, request, execution);
    }
}

static void daemon_decide(struct daemon *daemon)
{
    struct loop_ready *ready;

    /* First: a client that took its answer may have hung up in the same turn. */
    daemon_hand_over(daemon);
    daemon__searches_tick(daemon);
    if (daemon->web_waits && daemon->web.link)
        daemon__web_ready(daemon);
    while ((ready = loop_next(daemon->loop)))
        daemon_ready(daemon, ready);
    daemon__artifacts(daemon);
    if (core_due_ms(daemon->core) <= daemon->now_ms) {
        struct command command = { .type = COMMAND_TICK };

        daemon__step(daemon, &command);
    }
    if (mcp_due_ms(daemon->mcp) <= daemon->now_ms) {
        mcp_tick(daemon->mcp, daemon->now_ms, &daemon->actions);
        daemon__mcp_actions(daemon);
    }
    daemon__pool_tick(daemon);
    daemon__compile_tick(daemon);
    daemon_deadlines(daemon);
    daemon__sources_again(daemon);
}

/*
 * One program alone, one step after another: then waking the helper, and being woken by it, is
 * all that could be saved. *ret_alone: the sync is left to daemon_sync_here.
 */
static int daemon_append_all(struct daemon *daemon, bool *ret_alone)
{
    bool alone = daemon->sync && daemon->held.count == 1 && !daemon->stopping;
    int r = log_write(daemon->log, daemon->sync && !alone, clock_mono_ns());

    if (r < 0)
        return TRACE(r);
    daemon->sync = false;
    *ret_alone = alone;
    return 0;
}

/* It waits for the process that goes out, which is asked for once. */
static bool daemon_stays(struct daemon *daemon, struct core_effect *effect)
{
    if (!daemon__is_away(daemon, effect))
        return false;
    if (effect->durable > 0)
        daemon__source_start(daemon, effect->source);
    effect->durable = 0;
    return true;
}

/*
 * Effects may lead to further commands (an answer was handed over), whose lines are written in
 * the next turn at the latest; what they let leave at once leaves in this one.
 */
static void daemon_act_all(struct daemon *daemon)
{
    uint64_t durable = log_durable(daemon->log);
    size_t kept = 0;

    for (size_t i = 0; i < daemon->held.count; i++) {
        struct core_effect effect = daemon->held.at[i];

        if (effect.durable > durable || daemon_stays(daemon, &effect)) {
            daemon->held.at[kept++] = effect;
            continue;
        }
        daemon_release(daemon, &effect);
        *VEC_PUSH(&daemon->acts) = effect;
    }
    daemon->held.count = kept;
    for (size_t i = 0; i < daemon->acts.count; i++) {
        struct core_effect effect = daemon->acts.at[i];

        daemon__act(daemon, &effect);
    }
    VEC_CLEAR(&daemon->acts);
    daemon__mcp_actions(daemon);
}

/* Of the catalog's own work in one turn: a fraction of a millisecond. */
#define DAEMON_WORK_STEPS 32U

/* What left in this turn is on its way; if nobody else wants anything, the disk is waited for. */
static int daemon_sync_here(struct daemon *daemon)
{
    int r = log_write(daemon->log, !loop_is_quiet(daemon->loop), clock_mono_ns());

    if (r == 0)
        r = log_sync_here(daemon->log);
    if (r < 0)
        return TRACE(r);
    daemon_act_all(daemon);
    return 0;
}

int daemon_turn(struct daemon *daemon, int64_t timeout_ms)
{
    bool work = catalog_work_is_due(core_catalog(daemon->core));
    bool alone = false;
    int r = daemon_gather(daemon, work || daemon__compile_is_due(daemon) ? 0 : timeout_ms);

    if (r < 0)
        return TRACE(r);
    daemon_decide(daemon);
    r = daemon_append_all(daemon, &alone);
    if (r < 0)
        return TRACE(r);
    daemon_act_all(daemon);
    if (alone) {
        r = daemon_sync_here(daemon);
        if (r < 0)
            return TRACE(r);
    }
    if (daemon->stopping && daemon->held.count == 0) {
        r = log_finish(daemon->log);
        if (r < 0)
            return TRACE(r);
        daemon->ended = true;
    }
    core_sweep(daemon->core);
    if (work)
        catalog_work(core_catalog_open(daemon->core), DAEMON_WORK_STEPS);
    arena_reset(daemon->turn);
    return 0;
}

static int daemon_peer_open(struct daemon *daemon, struct daemon_peer *peer, int kind, int32_t pid,
                            int fd)
{
    int r;

    peer->link = link_free(peer->link);
    peer->ready.kind = kind;
    r = link_new(daemon->loop, fd, &peer->ready, &peer->link);
    if (r < 0)
        return TRACE(r);
    peer->pid = pid;
    peer->number++;
    peer->up = true;
    return 0;
}

static int daemon_worker_open(struct daemon *daemon, int32_t pid, int fd)
{
    struct daemon_worker *worker = heap_alloc(sizeof(*worker));
    int r = daemon_peer_open(daemon, &worker->peer, DAEMON_READY_WORKER, pid, fd);

    if (r < 0) {
        (void)heap_free(worker);
        return TRACE(r);
    }
    *VEC_PUSH(&daemon->workers) = worker;
    daemon__worker_up(daemon, worker);
    return 0;
}

static void daemon_web_listen(struct daemon *daemon)
{
    struct msg_web_listen listen = { .address = daemon->options.http_host,
                                     .port = daemon->options.http_port };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (!daemon->options.http_host.ptr)
        return;
    msg_web_listen_encode(&listen, &payload);
    daemon__send(&daemon->web, MSG_WEB_LISTEN, 0, buf_str(&payload));
}

int daemon_link(struct daemon *daemon, int kind, int32_t pid, int fd)
{
    int r = 0;

    switch ((enum msg_process_kind)kind) {
    case MSG_PROCESS_KIND_WEB:
        r = daemon_peer_open(daemon, &daemon->web, DAEMON_READY_WEB, pid, fd);
        if (r == 0) {
            link_queue_max(daemon->web.link, DAEMON_WEB_QUEUED_MAX);
            daemon_web_listen(daemon);
        }
        break;
    case MSG_PROCESS_KIND_WORKER:
        r = daemon_worker_open(daemon, pid, fd);
        break;
    case MSG_PROCESS_KIND_EGRESS:
        daemon__egress_gone(daemon, &daemon->egress);
        r = daemon_peer_open(daemon, &daemon->egress, DAEMON_READY_EGRESS, pid, fd);
        if (r == 0)
            daemon__egress_up(daemon, &daemon->egress);
        break;
    case MSG_PROCESS_KIND_EGRESS_NET:
        daemon__egress_gone(daemon, &daemon->net);
        r = daemon_peer_open(daemon, &daemon->net, DAEMON_READY_NET, pid, fd);
        if (r == 0)
            daemon__egress_up(daemon, &daemon->net);
        break;
    case MSG_PROCESS_KIND_COMPILE:
        r = daemon_peer_open(daemon, &daemon->compile, DAEMON_READY_COMPILE, pid, fd);
        if (r == 0)
            daemon__compile_up(daemon);
        break;
    case MSG_PROCESS_KIND_VAULT:
        r = daemon_peer_open(daemon, &daemon->vault, DAEMON_READY_VAULT, pid, fd);
        break;
    case MSG_PROCESS_KIND_DAEMON:
        UNREACHABLE("a daemon is no part of itself");
    }
    return r < 0 ? TRACE(r) : 0;
}

static void daemon_keeper_ready(struct daemon *daemon)
{
    struct wire_frame frame;
    int r;

    while ((r = link_next(daemon->keeper.link, &frame)) == LINK_FRAME) {
        struct msg_process_started started;
        struct msg_process_ended gone;
        struct msg_child_ended ended;

        if (frame.type == MSG_PROCESS_STARTED &&
            msg_process_started_decode(frame.payload, daemon->turn, &started)) {
            int fd = link_fd_take(daemon->keeper.link, 0);

            if (fd >= 0 && daemon_link(daemon, (int)started.kind, (int32_t)started.pid, fd) < 0)
                daemon_stop(daemon, STR("a link to a process could not be made"));
            else if (fd >= 0 && started.kind == MSG_PROCESS_KIND_WORKER)
                daemon->workers.at[daemon->workers.count - 1]->extra = started.extra;
        } else if (frame.type == MSG_CHILD_ENDED &&
                   msg_child_ended_decode(frame.payload, daemon->turn, &ended)) {
            daemon__child_ended(daemon, &ended);
        } else if (frame.type == MSG_PROCESS_ENDED &&
                   msg_process_ended_decode(frame.payload, daemon->turn, &gone)) {
            daemon__process_ended(daemon, &gone);
        } else if (frame.type == MSG_SHUTDOWN) {
            daemon_stop(daemon, STR("shut down"));
        }
    }
    if (r == LINK_CLOSED || r == LINK_BROKEN) {
        daemon->keeper.link = link_free(daemon->keeper.link);
        daemon_stop(daemon, STR("the keeper is gone"));
    }
}

static void daemon_ready(struct daemon *daemon, struct loop_ready *ready)
{
    switch ((enum daemon_ready_kind)ready->kind) {
    case DAEMON_READY_KEEPER:
        daemon_keeper_ready(daemon);
        return;
    case DAEMON_READY_WEB:
        daemon__web_ready(daemon);
        return;
    case DAEMON_READY_EGRESS:
        daemon__egress_ready(daemon, &daemon->egress);
        return;
    case DAEMON_READY_NET:
        daemon__egress_ready(daemon, &daemon->net);
        return;
    case DAEMON_READY_COMPILE:
        daemon__compile_ready(daemon);
        return;
    case DAEMON_READY_VAULT:
        return;
    case DAEMON_READY_WORKER:
        daemon__worker_ready(daemon, container_of(ready, struct daemon_worker, peer.ready));
        return;
    case DAEMON_READY_LISTENER:
        daemon__client_accept(daemon);
        return;
    case DAEMON_READY_CLIENT:
        daemon__client_ready(daemon, container_of(ready, struct daemon_client, peer.ready));
        return;
    case DAEMON_READY_STDIO:
        daemon__stdio_ready(daemon, container_of(ready, struct daemon_stdio, ready));
        return;
    case DAEMON_READY_TIMER:
    case DAEMON_READY_DISK:
        return; /* Waking up was all. */
    }
    UNREACHABLE("a ready outside its enum");
}

static int daemon_listen(struct daemon *daemon)
{
    int r;

    daemon->listener_ready.kind = DAEMON_READY_LISTENER;
    r = listener_new(daemon->loop, daemon->options.socket, &daemon->listener_ready,
                     &daemon->listener);
    if (r < 0)
        return TRACE(r);
    if (daemon->options.keeper_fd < 0)
        return 0;
    return daemon_peer_open(daemon, &daemon->keeper, DAEMON_READY_KEEPER, 0,
                            daemon->options.keeper_fd);
}

static void daemon_resume(struct daemon *daemon)
{
    const struct execution *execution;
    struct daemon_handles VEC(uint64_t) handles = { 0 };

    for (size_t at = 0; (execution = core_execution_next(daemon->core, &at));)
        if (execution->state == EVENT_EXECUTION_STATE_RUNNING || execution->unsettled > 0)
            *VEC_PUSH(&handles) = execution->handle;
    for (size_t i = 0; i < handles.count; i++) {
        struct command command = { .type = COMMAND_RESUME };

        command.as.execution = handles.at[i];
        daemon__step(daemon, &command);
        arena_reset(daemon->turn);
    }
    VEC_FINI(&handles);
}

static int daemon_mcp_new(struct daemon *daemon)
{
    struct mcp_config config = mcp_config_default();
    bool made;
    int r =
        daemon__file_get(daemon->disk, "seal.key", config.seal_key, sizeof(config.seal_key), &made);

    if (r < 0)
        return TRACE(r);
    clock_entropy_fill(config.boot, sizeof(config.boot));
    config.version = STR(WRIT_VERSION);
    config.code_bytes_max = LIMIT_PROGRAM_CODE_BYTES;
    daemon->mcp = mcp_new(&config);
    mcp_actions_init(&daemon->actions, daemon->turn);
    return 0;
}

static void daemon_init(struct daemon *daemon, struct loop *loop,
                        const struct daemon_options *options)
{
    daemon->given_fd = -1;
    daemon->loop = loop;
    daemon->options = *options;
    daemon->core_arena = arena_new(0);
    daemon->turn = arena_new(DAEMON_TURN_BYTES_MAX);
    daemon->core = core_new();
    daemon->now_ms = clock_now_ms();
    daemon->started_ms = daemon->now_ms;
    daemon->disk_ready.kind = DAEMON_READY_DISK;
    core_update_init(&daemon->update, daemon->turn);
}

int daemon_new(struct loop *loop, const struct daemon_options *options, struct arena *arena,
               struct daemon **ret_daemon, struct str *ret_sentence)
{
    struct daemon *daemon = heap_alloc(sizeof(*daemon));
    struct command open = { .type = COMMAND_OPEN };
    int r;

    daemon_init(daemon, loop, options);
    r = daemon__store_open(daemon, arena, ret_sentence);
    if (r == 0)
        r = daemon_mcp_new(daemon);
    if (r == 0)
        r = daemon__door_open(daemon);
    if (r == 0)
        r = daemon__token_write(daemon);
    if (r == 0)
        r = daemon_listen(daemon);
    if (r != 0) {
        (void)daemon_free(daemon);
        return r < 0 ? TRACE(r) : r;
    }
    daemon->now_ms = clock_now_ms();
    open.as.open.version = STR(WRIT_VERSION);
    open.as.open.build = options->build;
    open.as.open.epoch = log_recovery_get(daemon->log).epoch;
    open.as.open.cut = log_recovery_get(daemon->log).torn_bytes;
    daemon__step(daemon, &open);
    daemon_resume(daemon);
    *ret_daemon = daemon;
    return DAEMON_OPEN;
}

void daemon_stop(struct daemon *daemon, struct str reason)
{
    struct command command = { .type = COMMAND_CLOSE };

    if (daemon->stopping)
        return;
    daemon->stopping = true;
    command.as.reason = reason;
    daemon__step(daemon, &command);
    daemon->sync = true;
}

bool daemon_ended(const struct daemon *daemon)
{
    return daemon->ended;
}

const struct core *daemon_core(const struct daemon *daemon)
{
    return daemon->core;
}
