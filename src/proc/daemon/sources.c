/*
 * What goes out. A source's child is started when it is first needed and again when it has died;
 * an attempt is handed to egress together with its writ, and egress says how it ended.
 */
#include "proc/daemon/internal.h"

#include "format/json/json.h"
#include "proc/daemon/own.h"

/* A list of tools is one line of the log, which has at most 8 MiB. */
#define DAEMON_TOOLS_MAX  (6U << 20)
#define DAEMON_TOOL_BYTES 256U /* what a record adds to a tool */

struct daemon_source *daemon__source_find(struct daemon *daemon, uint64_t handle)
{
    struct daemon_source *source = map_find_u64(&daemon->sources, handle);

    if (source)
        return source;
    source = heap_alloc(sizeof(*source));
    source->source = handle;
    (void)map_put_u64(&daemon->sources, handle, source);
    return source;
}

/* What was given with it is for the place that was said then, whatever its document says. */
static bool daemon_was_given(const struct catalog_source *source)
{
    for (size_t i = 0; i < source->credentials_count; i++)
        if (!source->credentials[i].bound.ptr)
            return true;
    return false;
}

struct str daemon__source_url(struct daemon *daemon, const struct catalog_source *source)
{
    bool said = str_starts(source->url, STR("http")) &&
                (source->kind != MSG_SOURCE_KIND_OPENAPI || daemon_was_given(source));
    struct json_error error;
    struct json_doc doc;

    if (source->base_url.len)
        return source->base_url;
    if (said || source->tools_count == 0 || !source->tools[0].plan.ptr ||
        json_parse(daemon->turn, source->tools[0].plan, NULL, &error, &doc) != JSON_PARSED)
        return source->url;
    return json_get_str(doc.root, source->kind == MSG_SOURCE_KIND_GRAPHQL ? "url" : "server");
}

static struct daemon_peer *daemon_peer_of(struct daemon *daemon, enum msg_source_kind kind)
{
    return kind == MSG_SOURCE_KIND_MCP_STDIO ? &daemon->egress : &daemon->net;
}

bool daemon__is_document(const struct catalog_source *source)
{
    return source->kind == MSG_SOURCE_KIND_OPENAPI || source->kind == MSG_SOURCE_KIND_GRAPHQL ||
           source->kind == MSG_SOURCE_KIND_UNKNOWN;
}

static void daemon_child_start(struct daemon *daemon, const struct catalog_source *source)
{
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct msg_child_start start = {
        .child = source->source,
        .argv_count = source->argv_count,
        .env_count = source->env_count,
        .folder = source->folder,
    };

    start.argv = ARENA_ARRAY(daemon->turn, struct str, source->argv_count);
    start.env = ARENA_ARRAY(daemon->turn, struct str, source->env_count);
    for (size_t i = 0; i < source->argv_count; i++)
        start.argv[i] = source->argv[i];
    for (size_t i = 0; i < source->env_count; i++) {
        start.env[i] = source->env[i];
        /* One that ends at the first question is started once more, and greeted the older way. */
        for (uint64_t start_number = 0; start_number < 2; start_number++)
            daemon__vault_grants(
                daemon, source->env[i],
                &(struct msg_vault_grant){ .source = source->source, .execution = start_number });
    }
    msg_child_start_encode(&start, &payload);
    daemon__send(&daemon->keeper, MSG_CHILD_START, source->source, buf_str(&payload));
}

/* Its document was given, or is fetched. */
static void daemon_document_start(struct daemon *daemon, const struct catalog_source *source)
{
    struct daemon_source *held = daemon__source_find(daemon, source->source);

    if (daemon__compile_has(daemon, source->source) || !str_starts(source->url, STR("http"))) {
        daemon__compile_source(daemon, source->source);
        return;
    }
    held->wanted = !daemon->net.link;
    if (held->wanted)
        daemon__process_want(daemon, MSG_PROCESS_KIND_EGRESS_NET);
    else
        daemon__probe_start(daemon, source);
}

const struct catalog_source *daemon__source_read(struct daemon *daemon,
                                                 const struct catalog_source *source)
{
    const struct catalog_source *first =
        source ? catalog_first_of(core_catalog(daemon->core), source->name) : NULL;

    return first && daemon__is_document(first) ? first : source;
}

void daemon__source_refresh(struct daemon *daemon, uint64_t wanted)
{
    const struct catalog_source *source =
        daemon__source_read(daemon, catalog_source_find(core_catalog(daemon->core), wanted));
    uint64_t handle = source ? source->source : wanted;
    struct daemon_source *held = daemon__source_find(daemon, handle);
    struct msg_source_open open = { .source = handle };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (!source)
        return;
    held->unread = false;
    if (daemon__is_document(source)) {
        daemon_document_start(daemon, source);
        return;
    }
    /* Over the network it is opened anew, with all that it was given. */
    if (daemon_peer_of(daemon, source->kind) == &daemon->net)
        held->open = false;
    if (!held->open) {
        daemon__source_start(daemon, handle);
        return;
    }
    open.name = source->name;
    open.kind = source->kind;
    open.url = source->url;
    msg_source_open_encode(&open, &payload);
    daemon__send(&daemon->egress, MSG_SOURCE_OPEN, handle, buf_str(&payload));
}

void daemon__source_start(struct daemon *daemon, uint64_t handle)
{
    const struct catalog_source *source = catalog_source_find(core_catalog(daemon->core), handle);
    struct daemon_source *held = daemon__source_find(daemon, handle);
    struct daemon_peer *peer;
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct msg_source_open open = { .source = handle };

    if (!source || held->open)
        return;
    if (daemon__is_document(source) && source->version == 0 &&
        !daemon__probe_is_mcp(daemon, handle)) {
        daemon_document_start(daemon, source);
        return;
    }
    peer = daemon_peer_of(daemon, source->kind);
    if (!peer->link) {
        held->wanted = true;
        if (peer == &daemon->net)
            daemon__process_want(daemon, MSG_PROCESS_KIND_EGRESS_NET);
        return;
    }
    held->wanted = false;
    held->open = true;
    open.name = source->name;
    /* What is none of the others is asked as this. */
    open.kind = source->kind == MSG_SOURCE_KIND_UNKNOWN ? MSG_SOURCE_KIND_MCP_HTTP : source->kind;
    open.url = daemon__source_url(daemon, source);
    open.samples = held->samples = mcp_samples_any(daemon->mcp);
    held->used = false;
    if (peer == &daemon->net)
        daemon__given_open(daemon, source, &open);
    /* Egress is told first, so that it knows whose pipes the keeper passes. */
    msg_source_open_encode(&open, &payload);
    daemon__send(peer, MSG_SOURCE_OPEN, handle, buf_str(&payload));
    if (source->kind == MSG_SOURCE_KIND_MCP_STDIO)
        daemon_child_start(daemon, source);
}

/* Of a source that has none it is nothing. */
static void daemon_child_stop(struct daemon *daemon, uint64_t handle)
{
    const struct msg_child_stop stop = { .child = handle };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_child_stop_encode(&stop, &payload);
    daemon__send(&daemon->keeper, MSG_CHILD_STOP, handle, buf_str(&payload));
}

void daemon__source_stop(struct daemon *daemon, uint64_t handle)
{
    struct daemon_source *held = map_take_u64(&daemon->sources, handle);
    struct msg_source_close close = { .source = handle, .reason = STR("removed") };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    daemon__probe_stop(daemon, handle);
    daemon__given_forget(daemon, handle);
    if (!held)
        return;
    msg_source_close_encode(&close, &payload);
    /* Its record is gone; the one that has it closes it, and the other one passes over it. */
    daemon__send(&daemon->egress, MSG_SOURCE_CLOSE, handle, buf_str(&payload));
    daemon__send(&daemon->net, MSG_SOURCE_CLOSE, handle, buf_str(&payload));
    daemon_child_stop(daemon, handle);
    buf_fini(&held->stderr_tail);
    buf_fini(&held->parts);
    buf_fini(&held->etag);
    (void)heap_free(held);
}

static void daemon_outcome_unsent(struct daemon *daemon, const struct core_effect *effect,
                                  enum msg_outcome_status status, const struct msg_error *error)
{
    struct command command = { .type = COMMAND_OUTCOME };
    struct msg_call_outcome *outcome = &command.as.outcome;

    outcome->execution = effect->execution;
    outcome->call = effect->call;
    outcome->attempt = effect->attempt;
    outcome->sent = MSG_SENT_NO;
    outcome->status = status;
    outcome->error = *error;
    daemon__step(daemon, &command);
}

static void daemon_outcome_unreachable(struct daemon *daemon, const struct core_effect *effect,
                                       struct str reason)
{
    daemon_outcome_unsent(
        daemon, effect, MSG_OUTCOME_STATUS_UNREACHABLE,
        &(struct msg_error){ .code = STR("unreachable"), .message = reason, .retryable = true });
}

/* For sources that do a thing once for each key: the same after a restart. */
static struct str daemon_call_key(struct arena *turn, const struct execution *execution,
                                  const struct call *call)
{
    const struct str parts[] = {
        STR("writ call\n"),
        str_of((const char *)execution->id.bytes, sizeof(execution->id.bytes)),
        str_printf(turn, "%u", call->number),
    };
    struct digest digest = digest_of_parts(parts, ARRAY_COUNT(parts));
    char hex[DIGEST_HEX_LEN];

    digest_hex(&digest, hex);
    return str_copy(turn, str_of(hex, DIGEST_HEX_LEN / 2));
}

/* A model that may be asked during a call of this execution: that of a client that waits for it. */
static uint32_t daemon_samples(struct daemon *daemon, uint64_t execution)
{
    const struct daemon_waiters *waiters = map_find_u64(&daemon->waiters, execution);
    uint32_t most = 0;

    for (size_t i = 0; waiters && i < waiters->requests.count; i++) {
        const struct daemon_request *request =
            daemon__request_find(daemon, waiters->requests.at[i]);
        bool is_mcp = request && request->asker == DAEMON_ASKER_MCP;
        uint32_t samples = is_mcp ? mcp_samples(daemon->mcp, request->key) : 0;

        most = samples > most ? samples : most;
    }
    return most;
}

/*
 * An older server hears once what its client can, when it is greeted. One that was greeted before
 * there was a model to ask that takes tools, and has had no call, is greeted anew.
 */
static void daemon_source_greet(struct daemon *daemon, uint64_t handle, uint32_t samples)
{
    const struct catalog_source *source = catalog_source_find(core_catalog(daemon->core), handle);
    const struct msg_source_close close = { .source = handle, .reason = STR("greeted anew") };
    struct daemon_source *held = daemon__source_find(daemon, handle);
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (held->open && !held->used && samples > 1 && held->samples <= 1 &&
        !daemon__is_document(source)) {
        msg_source_close_encode(&close, &payload);
        daemon__send(daemon_peer_of(daemon, source->kind), MSG_SOURCE_CLOSE, handle,
                     buf_str(&payload));
        held->open = false;
    }
    daemon__source_start(daemon, handle);
    held->used = true;
}

/* To egress, with the artifacts that its arguments name. */
static void daemon_call_go(struct daemon *daemon, struct daemon_peer *peer,
                           const struct core_effect *effect, struct msg_call_send *send,
                           const struct catalog_tool *tool)
{
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct wire_frame frame = { .type = MSG_CALL_SEND, .id = effect->execution };
    struct daemon_files files;
    struct msg_error error;
    int r;

    if (!daemon__files_open(daemon, tool, send->args, &files, &error)) {
        daemon_outcome_unsent(daemon, effect, MSG_OUTCOME_STATUS_FAILED, &error);
        return;
    }
    send->files = files.found.digests;
    send->files_count = files.open;
    msg_call_send_encode(send, &payload);
    send->files = NULL; /* They are of this call. */
    send->files_count = 0;
    frame.payload = buf_str(&payload);
    if (payload.len > WIRE_PAYLOAD_MAX) {
        daemon__files_close(&files);
        daemon_outcome_unreachable(daemon, effect, STR("its arguments are over 1 MiB"));
        return;
    }
    daemon__vault_grants(daemon, send->args,
                         &(struct msg_vault_grant){ .source = send->source,
                                                    .execution = send->execution,
                                                    .call = send->call });
    /* A peer that is gone is found out when its link is next ready. */
    r = link_send_fds(peer->link, &frame, files.fds, files.open);
    daemon__files_close(&files);
    if (r < 0)
        daemon_outcome_unreachable(daemon, effect,
                                   STR("too many artifacts are on their way out now"));
}

static void daemon_outcome_refused(struct daemon *daemon, const struct core_effect *effect,
                                   struct str code, struct str reason)
{
    daemon_outcome_unsent(daemon, effect, MSG_OUTCOME_STATUS_FAILED,
                          &(struct msg_error){ .code = code, .message = reason });
}

/*
 * True: it is not sent, and has its outcome. What is said or approved since it was let through
 * widens nothing: it was for what the tool was then.
 */
static bool daemon_call_stays(struct daemon *daemon, const struct core_effect *effect,
                              const struct catalog_source *source, const struct catalog_tool *tool)
{
    const struct call *call = core_call(daemon->core, effect->execution, effect->call);

    if (!source)
        daemon_outcome_unreachable(daemon, effect, STR("its source was removed"));
    else if (!daemon_peer_of(daemon, source->kind)->link)
        daemon_outcome_unreachable(daemon, effect, STR("the process that goes out is not up"));
    else if (!tool)
        daemon_outcome_refused(daemon, effect, STR("unknown_tool"),
                               STR("its source offers this tool no more; look with `writ sources "
                                   "diff`"));
    else if (tool->rejected)
        daemon_outcome_refused(daemon, effect, STR("refused"),
                               STR("a person rejected the tool after this call was let through"));
    else if (!digest_equal(&tool->digest, &call->capability))
        daemon_outcome_refused(daemon, effect, STR("refused"),
                               STR("the tool has changed since this call was let through; look "
                                   "with `writ sources diff`"));
    else
        return false;
    return true;
}

void daemon__call_send(struct daemon *daemon, const struct core_effect *effect)
{
    const struct call *call = core_call(daemon->core, effect->execution, effect->call);
    const struct execution *execution = core_execution(daemon->core, effect->execution);
    const struct catalog_source *source =
        catalog_source_find(core_catalog(daemon->core), effect->source);
    const struct catalog_tool *tool = NULL;
    struct daemon_peer *peer;
    struct msg_call_send send = { .execution = effect->execution };

    /* While its record became durable it may have been cancelled. */
    if (!call || call->state != CALL_RUNNING || !call->attempting ||
        call->attempt != effect->attempt)
        return;
    if (core_is_own(call->address)) {
        daemon__own_send(daemon, effect, call);
        return;
    }
    (void)catalog_find(core_catalog(daemon->core), call->address, &tool);
    if (source && tool && daemon__is_away(daemon, effect)) {
        daemon__source_start(daemon, effect->source);
        daemon__hold(daemon, effect);
        return;
    }
    peer = source ? daemon_peer_of(daemon, source->kind) : NULL;
    if (peer == &daemon->net && !peer->link)
        daemon__process_want(daemon, MSG_PROCESS_KIND_EGRESS_NET); /* For the next one. */
    if (daemon_call_stays(daemon, effect, source, tool))
        return;
    send.samples = daemon_samples(daemon, effect->execution);
    daemon_source_greet(daemon, effect->source, send.samples);
    send.call = call->number;
    send.attempt = call->attempt;
    send.source = call->source;
    send.tool = tool->name;
    send.plan = daemon__plan(daemon, source, tool->plan);
    send.definition = call->capability;
    send.args = call->args;
    send.writ = call->writ;
    send.timeout_ms = LIMIT_CALL_TIMEOUT_MS;
    send.reads = call->effect == EVENT_EFFECT_READ;
    send.traceparent = execution->trace;
    send.key = daemon_call_key(daemon->turn, execution, call);
    daemon_call_go(daemon, peer, effect, &send, tool);
}

static bool daemon_held_take(struct daemon *daemon, const struct core_effect *effect)
{
    for (size_t i = 0; i < daemon->held.count; i++) {
        const struct core_effect *held = &daemon->held.at[i];

        if (held->type != EFFECT_CALL_SEND || held->execution != effect->execution ||
            held->call != effect->call)
            continue;
        memmove(&daemon->held.at[i], &daemon->held.at[i + 1],
                (daemon->held.count - i - 1) * sizeof(*held));
        daemon->held.count--;
        return true;
    }
    return false;
}

void daemon__call_cancel(struct daemon *daemon, const struct core_effect *effect)
{
    const struct call *call = core_call(daemon->core, effect->execution, effect->call);
    const struct catalog_source *source;
    struct msg_call_cancel cancel = { .execution = effect->execution, .call = effect->call };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (!call)
        return;
    if (daemon_held_take(daemon, effect)) {
        struct command command = { .type = COMMAND_OUTCOME };

        command.as.outcome.execution = effect->execution;
        command.as.outcome.call = effect->call;
        command.as.outcome.attempt = call->attempt;
        command.as.outcome.status = MSG_OUTCOME_STATUS_CANCELLED;
        command.as.outcome.sent = MSG_SENT_NO;
        daemon__step(daemon, &command);
        return;
    }
    source = catalog_source_find(core_catalog(daemon->core), call->source);
    cancel.reason = effect->text.ptr ? effect->text : STR("cancelled");
    msg_call_cancel_encode(&cancel, &payload);
    if (source)
        daemon__send(daemon_peer_of(daemon, source->kind), MSG_CALL_CANCEL, effect->execution,
                     buf_str(&payload));
}

void daemon__call_refuse(struct daemon *daemon, const struct core_effect *effect)
{
    const struct call *call = core_call(daemon->core, effect->execution, effect->call);
    const struct catalog_source *source =
        call ? catalog_source_find(core_catalog(daemon->core), call->source) : NULL;
    const struct msg_call_cancel cancel = {
        .execution = effect->execution, .call = effect->call, .reason = effect->text, .unsent = true
    };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (!source)
        return;
    msg_call_cancel_encode(&cancel, &payload);
    daemon__send(daemon_peer_of(daemon, source->kind), MSG_CALL_CANCEL, effect->execution,
                 buf_str(&payload));
}

/* What a person said goes to whoever asked; its secrets may be opened for this call. */
void daemon__call_say(struct daemon *daemon, const struct core_effect *effect)
{
    const struct catalog_source *source =
        catalog_source_find(core_catalog(daemon->core), effect->source);
    struct msg_call_said said = { .execution = effect->execution,
                                  .call = effect->call,
                                  .attempt = effect->attempt,
                                  .ask = (uint32_t)effect->number,
                                  .action = effect->action,
                                  .content = effect->text };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (!source)
        return;
    daemon__vault_grants(daemon, said.content,
                         &(struct msg_vault_grant){ .source = effect->source,
                                                    .execution = effect->execution,
                                                    .call = effect->call });
    msg_call_said_encode(&said, &payload);
    daemon__send(daemon_peer_of(daemon, source->kind), MSG_CALL_SAID, effect->execution,
                 buf_str(&payload));
}

static void daemon_ask(struct daemon *daemon, const struct msg_call_ask *ask)
{
    struct command command = { .type = COMMAND_ASK };

    command.as.ask = *ask;
    daemon__step(daemon, &command);
}

/* Takes the next report off the parts; false at their end. */
static bool daemon_part_next(struct daemon *daemon, struct str *parts,
                             struct msg_source_report *ret_report)
{
    uint64_t len;

    if (parts->len == 0)
        return false;
    memcpy(&len, parts->ptr, sizeof(len));
    CHECK(len <= parts->len - sizeof(len));
    if (!msg_source_report_decode(str_slice(*parts, sizeof(len), sizeof(len) + len), daemon->turn,
                                  ret_report))
        UNREACHABLE("a part that was read before cannot be read");
    *parts = str_slice(*parts, sizeof(len) + len, parts->len);
    return true;
}

/* The whole list becomes one line of the log: it must fit there. */
static bool daemon_tools_fit(const struct msg_source_report *report)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    for (size_t i = 0; i < report->tools_count; i++) {
        msg_tool_print(&report->tools[i], &text);
        if (text.len + i * DAEMON_TOOL_BYTES > DAEMON_TOOLS_MAX)
            return false;
    }
    return true;
}

/* Puts what came before in front of the last part. */
static void daemon_parts_join(struct daemon *daemon, const struct daemon_source *held,
                              struct msg_source_report *report)
{
    struct str parts = buf_str(&held->parts);
    struct msg_source_report part;
    struct msg_tool *tools;
    size_t count = report->tools_count;
    size_t used = 0;

    while (daemon_part_next(daemon, &parts, &part))
        count += part.tools_count;
    tools = ARENA_ARRAY(daemon->turn, struct msg_tool, count + 1);
    parts = buf_str(&held->parts);
    while (daemon_part_next(daemon, &parts, &part))
        for (size_t i = 0; i < part.tools_count; i++)
            tools[used++] = part.tools[i];
    for (size_t i = 0; i < report->tools_count; i++)
        tools[used++] = report->tools[i];
    report->tools = tools;
    report->tools_count = used;
    if (!held->parts_long && daemon_tools_fit(report))
        return;
    report->tools_count = 0;
    report->listed = false;
    report->state = MSG_SOURCE_STATE_ERROR;
    report->reason = STR("it offers more than can be kept: its list of tools is longer than 6 MiB");
}

/* A list in several reports is one when the last has come. False: it has not. */
static bool daemon_source_whole(struct daemon *daemon, struct str payload,
                                struct msg_source_report *report)
{
    struct daemon_source *held = map_find_u64(&daemon->sources, report->source);
    uint64_t len = payload.len;

    if (!held)
        return true;
    if (!report->listed && report->tools_count > 0) {
        held->parts_long = held->parts_long || held->parts.len + len > DAEMON_TOOLS_MAX;
        if (!held->parts_long) {
            buf_add(&held->parts, &len, sizeof(len));
            buf_add_str(&held->parts, payload);
        }
        return false;
    }
    if (report->listed && held->parts.len > 0)
        daemon_parts_join(daemon, held, report);
    return true;
}

static void daemon_source_report(struct daemon *daemon, const struct msg_source_report *report)
{
    struct command command = { .type = COMMAND_SOURCE_REPORT };
    struct daemon_source *held = map_find_u64(&daemon->sources, report->source);

    if (held && report->stderr.ptr) {
        buf_clear(&held->stderr_tail);
        buf_add_str(&held->stderr_tail, report->stderr);
    }
    if (held && report->state == MSG_SOURCE_STATE_ERROR) {
        held->open = false;
        daemon_child_stop(daemon, report->source); /* Whatever it still does, nobody hears it. */
    }
    command.as.source_report = *report;
    if (!daemon__probe_reported(daemon, report))
        daemon__step(daemon, &command);
    if (held) {
        buf_clear(&held->parts);
        held->parts_long = false;
    }
}

void daemon__egress_ready(struct daemon *daemon, struct daemon_peer *peer)
{
    struct wire_frame frame;
    int r;

    while ((r = link_next(peer->link, &frame)) == LINK_FRAME) {
        struct msg_call_outcome outcome;
        struct msg_source_report report;
        struct msg_call_progress progress;
        struct msg_fetch_done fetched;
        struct msg_call_ask ask;

        if (frame.type == MSG_CALL_OUTCOME &&
            msg_call_outcome_decode(frame.payload, daemon->turn, &outcome)) {
            daemon__outcome(daemon, &outcome, link_fd_take(peer->link, 0));
        } else if (frame.type == MSG_SOURCE_REPORT &&
                   msg_source_report_decode(frame.payload, daemon->turn, &report)) {
            if (daemon_source_whole(daemon, frame.payload, &report))
                daemon_source_report(daemon, &report);
        } else if (frame.type == MSG_FETCH_DONE &&
                   msg_fetch_done_decode(frame.payload, daemon->turn, &fetched)) {
            daemon__fetch_done(daemon, &fetched, link_fd_take(peer->link, 0));
        } else if (frame.type == MSG_CALL_PROGRESS &&
                   msg_call_progress_decode(frame.payload, daemon->turn, &progress)) {
            daemon__progress(daemon, &progress);
        } else if (frame.type == MSG_CALL_ASK &&
                   msg_call_ask_decode(frame.payload, daemon->turn, &ask)) {
            daemon_ask(daemon, &ask);
        } else {
            r = LINK_BROKEN;
            break;
        }
    }
    if (r == LINK_CLOSED || r == LINK_BROKEN)
        daemon__egress_gone(daemon, peer);
}

/* What waited for it is opened; what was open is opened again by its next call. */
void daemon__egress_up(struct daemon *daemon, struct daemon_peer *peer)
{
    const struct catalog_source *source;

    if (peer == &daemon->net)
        daemon->net_missing = false;
    for (size_t at = 0; (source = catalog_source_next(core_catalog(daemon->core), &at));) {
        const struct daemon_source *held = map_find_u64(&daemon->sources, source->source);

        if (held && held->wanted && daemon_peer_of(daemon, source->kind) == peer)
            daemon__source_start(daemon, source->source);
    }
}

bool daemon__is_away(const struct daemon *daemon, const struct core_effect *effect)
{
    const struct catalog_source *source;

    if (effect->type != EFFECT_CALL_SEND || daemon->stopping)
        return false;
    source = catalog_source_find(core_catalog(daemon->core), effect->source);
    if (!source || source->kind == MSG_SOURCE_KIND_MCP_STDIO)
        return !daemon->egress.link;
    return !daemon->net.link && !daemon->net_missing;
}

/* Its record is not durable yet: it was not sent. */
static bool daemon_is_held(const struct daemon *daemon, const struct call *call)
{
    for (size_t i = 0; i < daemon->held.count; i++) {
        const struct core_effect *held = &daemon->held.at[i];

        if (held->type == EFFECT_CALL_SEND && held->execution == call->execution &&
            held->call == call->number)
            return true;
    }
    return false;
}

static void daemon_sources_closed(struct daemon *daemon, const struct daemon_peer *peer)
{
    const struct catalog_source *source;

    for (size_t at = 0; (source = catalog_source_next(core_catalog(daemon->core), &at));) {
        struct daemon_source *held = map_find_u64(&daemon->sources, source->source);

        if (held && daemon_peer_of(daemon, source->kind) == peer)
            held->open = false;
    }
}

/* The source of a call may be gone: then it was with whom it was, and each may answer for it. */
static const struct daemon_peer *daemon_peer_of_call(struct daemon *daemon, const struct call *call)
{
    const struct catalog_source *source =
        catalog_source_find(core_catalog(daemon->core), call->source);

    return source ? daemon_peer_of(daemon, source->kind) : &daemon->egress;
}

/* Everything that was under way outside ended with it, and whether it was sent is not known. */
void daemon__egress_gone(struct daemon *daemon, struct daemon_peer *peer)
{
    const struct execution *execution;

    if (!peer->link)
        return;
    peer->link = link_free(peer->link);
    daemon_sources_closed(daemon, peer);
    if (peer == &daemon->net)
        daemon__fetches_gone(daemon);
    for (size_t at = 0; (execution = core_execution_next(daemon->core, &at));) {
        for (size_t i = execution->first_open; i < execution->calls.count; i++) {
            const struct call *call = execution->calls.at[i];
            struct command command = { .type = COMMAND_OUTCOME };

            if (call->query || !call->attempting || daemon_is_held(daemon, call) ||
                daemon_peer_of_call(daemon, call) != peer)
                continue;
            command.as.outcome.execution = execution->handle;
            command.as.outcome.call = call->number;
            command.as.outcome.attempt = call->attempt;
            command.as.outcome.sent = MSG_SENT_MAYBE;
            command.as.outcome.status = MSG_OUTCOME_STATUS_UNREACHABLE;
            daemon__step(daemon, &command);
        }
    }
}

void daemon__child_ended(struct daemon *daemon, const struct msg_child_ended *ended)
{
    struct daemon_source *held = map_find_u64(&daemon->sources, ended->child);

    /* Egress reports what it means for the calls; the next call starts the child again. */
    if (held)
        held->open = false;
}
