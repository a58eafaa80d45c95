/* What the daemon hears. Every text from outside passes the door first. */
#include "proc/egress/internal.h"

#include "base/digest.h"
#include "sys/sealed.h"

#include <unistd.h>

/* The daemon does not read: what it must not miss cannot be said, so we end, and it hears that. */
static void must_send(struct egress *egress, int r)
{
    if (r != 0)
        egress->over = true;
}

static void send_report(struct egress *egress, const struct msg_source_report *report)
{
    const struct wire_frame frame = { .type = MSG_SOURCE_REPORT, .id = report->source };

    msg_source_report_encode(report, link_begin(egress->daemon, &frame));
    must_send(egress, link_end(egress->daemon));
}

void egress__report(struct egress *egress, const struct egress_source *source,
                    enum msg_source_state state, struct str reason)
{
    struct msg_source_report report = {
        .source = source->id,
        .state = state,
        .reason = egress__door_in(egress, &egress->plain, reason, source->id, 0),
        .stderr = egress__door_in(egress, &egress->plain, str_trim(buf_str(&source->tail)),
                                  source->id, 0),
    };

    send_report(egress, &report);
}

static size_t tool_size(const struct msg_tool *tool)
{
    return 64 + tool->name.len + tool->title.len + tool->description.len + tool->input.len +
           tool->output.len + tool->annotations.len;
}

static struct msg_tool tool_in(struct egress *egress, const struct msg_tool *tool, uint64_t source)
{
    struct msg_tool clean = *tool;

    clean.title = egress__door_in(egress, &egress->plain, tool->title, source, 0);
    clean.description = egress__door_in(egress, &egress->plain, tool->description, source, 0);
    clean.input = egress__door_in(egress, &egress->json, tool->input, source, 0);
    clean.output = egress__door_in(egress, &egress->json, tool->output, source, 0);
    clean.annotations = egress__door_in(egress, &egress->json, tool->annotations, source, 0);
    return clean;
}

/* A list that is too long for one frame comes in several reports; the last one says listed. */
static void offered_add(struct egress *egress, struct egress_source *source,
                        const struct msg_tool *tool)
{
    struct digest *digest = ARENA_NEW(source->list, struct digest);

    *digest = catalog_definition_digest(tool, egress->turn);
    (void)map_put(&source->offered, str_copy(source->list, tool->name), digest);
}

static bool list_is_long(const struct out_mcp_event *event)
{
    size_t size = 0;

    for (size_t i = 0; i < event->tool_count; i++)
        size += tool_size(&event->tools[i]);
    return size > EGRESS_LIST_MAX;
}

bool egress__report_tools(struct egress *egress, struct egress_source *source,
                          const struct out_mcp_event *event)
{
    struct msg_source_report report = {
        .source = source->id,
        .state = MSG_SOURCE_STATE_CONNECTED,
        .server = egress__door_in(egress, &egress->plain, event->server, source->id, 0),
        .protocol = event->protocol,
        .instructions = egress__door_in(egress, &egress->plain, event->instructions, source->id, 0),
    };
    size_t size = 0;

    if (list_is_long(event))
        return false;
    map_fini(&source->offered);
    arena_reset(source->list);
    report.tools = ARENA_ARRAY(egress->turn, struct msg_tool, event->tool_count + 1);
    for (size_t i = 0; i < event->tool_count; i++) {
        struct msg_tool tool = tool_in(egress, &event->tools[i], source->id);

        if (tool_size(&tool) > EGRESS_REPORT_MAX)
            continue; /* No schema of a tool that anybody could use is so long. */
        if (size + tool_size(&tool) > EGRESS_REPORT_MAX) {
            send_report(egress, &report);
            report.tools_count = 0;
            size = 0;
        }
        size += tool_size(&tool);
        offered_add(egress, source, &tool);
        report.tools[report.tools_count++] = tool;
    }
    report.listed = true;
    send_report(egress, &report);
    return true;
}

/* What goes to the daemon in a descriptor, one after another. */
struct egress_parts {
    struct str *at;
    size_t count;
};

/* Not inline, and not through anybody's memory: the value if it is long, then what it names. */
static int send_large(struct egress *egress, const struct msg_call_outcome *outcome,
                      const struct egress_parts *parts, uint64_t frame_id)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    struct wire_frame frame = { .type = MSG_CALL_OUTCOME, .id = frame_id };
    int fd = sealed_open_parts(parts->at, parts->count);
    int r;

    if (fd < 0)
        return TRACE(fd);
    msg_call_outcome_encode(outcome, &payload);
    frame.payload = buf_str(&payload);
    r = link_send_fds(egress->daemon, &frame, &fd, 1);
    (void)close(fd);
    return r;
}

/* What the value names is in parts, behind room for the value. */
static void send_outcome(struct egress *egress, struct msg_call_outcome *outcome,
                         struct egress_parts *parts, uint64_t id)
{
    const struct wire_frame frame = { .type = MSG_CALL_OUTCOME, .id = id };

    parts->at[0] = STR("");
    if (outcome->value.len > LIMIT_VALUE_INLINE_BYTES) {
        parts->at[0] = outcome->value;
        outcome->artifact = digest_of(outcome->value);
        outcome->value = STR_NULL;
    }
    if (parts->at[0].len || outcome->blobs_count) {
        must_send(egress, send_large(egress, outcome, parts, id));
        return;
    }
    msg_call_outcome_encode(outcome, link_begin(egress->daemon, &frame));
    must_send(egress, link_end(egress->daemon));
}

static bool is_retryable(struct str code)
{
    return str_is(code, "unreachable") || str_is(code, "busy") || str_is(code, "cancelled");
}

static struct msg_call_outcome outcome_of(struct egress *egress, const struct egress_call *call,
                                          const struct out_mcp_event *event)
{
    struct msg_call_outcome outcome = { .execution = call->send.execution,
                                        .call = call->send.call,
                                        .attempt = call->send.attempt,
                                        .sent = event->sent,
                                        .status = event->status };
    uint64_t source = call->send.source;
    struct str code = event->code;
    struct str text = event->text;

    if (event->value.len > LIMIT_VALUE_BYTES) {
        outcome.status = MSG_OUTCOME_STATUS_UNREADABLE;
        code = STR("limit");
        text = str_printf(egress->turn, "the result has %zu bytes; %u are allowed",
                          event->value.len, (unsigned)LIMIT_VALUE_BYTES);
    } else if (event->status == MSG_OUTCOME_STATUS_ANSWERED) {
        outcome.value =
            egress__door_in(egress, &egress->json, event->value, source, call->send.execution);
        outcome.size = outcome.value.len;
    }
    if (outcome.status != MSG_OUTCOME_STATUS_ANSWERED)
        outcome.error = (struct msg_error){
            .code = code,
            .message = egress__door_in(egress, &egress->plain, text, source, call->send.execution),
            .retryable = is_retryable(code),
            .data = event->data.len > LIMIT_VALUE_INLINE_BYTES
                        ? STR_NULL
                        : egress__door_in(egress, &egress->json, event->data, source,
                                          call->send.execution),
        };
    return outcome;
}

static void parts_new(struct egress *egress, size_t blobs, struct msg_call_outcome *outcome,
                      struct egress_parts *parts)
{
    outcome->blobs = ARENA_ARRAY(egress->turn, struct msg_blob, blobs + 1);
    outcome->blobs_count = 0;
    parts->at = ARENA_ARRAY(egress->turn, struct str, blobs + 1);
    parts->count = 1;
}

/* Each once, however often it is named. */
static void part_add(struct msg_call_outcome *outcome, struct egress_parts *parts,
                     const struct digest *name, struct str bytes)
{
    for (size_t i = 0; i < outcome->blobs_count; i++)
        if (digest_equal(&outcome->blobs[i].digest, name))
            return;
    outcome->blobs[outcome->blobs_count++] =
        (struct msg_blob){ .digest = *name, .size = bytes.len };
    parts->at[parts->count++] = bytes;
}

/* What names its blobs: the value, or what is said of a failure. */
static struct str naming(const struct out_mcp_event *event)
{
    return event->status == MSG_OUTCOME_STATUS_ANSWERED ? event->value : event->data;
}

/* Bytes that hold a secret become an artifact without it, and the value names that. */
static struct str blobs_in(struct egress *egress, const struct egress_call *call,
                           const struct out_mcp_event *event, struct out_mcp_blob *blobs)
{
    BUF_CLEANUP struct buf value = BUF_INIT;
    struct str whole = naming(event);
    bool changed = false;
    size_t done = 0;

    for (size_t i = 0; i < event->blob_count; i++) {
        struct out_mcp_blob *blob = &blobs[i];

        *blob = event->blobs[i];
        blob->bytes = egress__door_in(egress, &egress->plain, blob->bytes, call->send.source,
                                      call->send.execution);
        if (blob->bytes.ptr != event->blobs[i].bytes.ptr) {
            blob->name = digest_of(blob->bytes);
            changed = true;
        }
        buf_add_str(&value, str_slice(whole, done, blob->at));
        out_mcp_blob_print(&value, blob);
        done = blob->at + blob->len;
    }
    buf_add_str(&value, str_slice(whole, done, whole.len));
    return changed ? str_copy(egress->turn, buf_str(&value)) : whole;
}

void egress__report_outcome(struct egress *egress, const struct egress_call *call,
                            const struct out_mcp_event *event)
{
    struct out_mcp_event clean = *event;
    struct msg_call_outcome outcome;
    struct egress_parts parts;
    struct out_mcp_blob *blobs =
        ARENA_ARRAY(egress->turn, struct out_mcp_blob, event->blob_count + 1);

    egress->replaced = 0;
    if (event->blob_count && event->status == MSG_OUTCOME_STATUS_ANSWERED)
        clean.value = blobs_in(egress, call, event, blobs);
    else if (event->blob_count)
        clean.data = blobs_in(egress, call, event, blobs);
    outcome = outcome_of(egress, call, &clean);
    outcome.secrets = egress->replaced;
    parts_new(egress, event->blob_count, &outcome, &parts);
    if (outcome.status == MSG_OUTCOME_STATUS_ANSWERED || outcome.error.data.ptr)
        for (size_t i = 0; i < event->blob_count; i++)
            part_add(&outcome, &parts, &blobs[i].name, blobs[i].bytes);
    send_outcome(egress, &outcome, &parts, call->frame);
}

void egress__report_answer(struct egress *egress, const struct egress_call *call,
                           enum msg_sent sent, const struct out_http_outcome *answer)
{
    struct out_mcp_event event = { .kind = OUT_MCP_OUTCOME,
                                   .sent = sent,
                                   .status = answer->status,
                                   .value = answer->value,
                                   .code = answer->code,
                                   .text = answer->text,
                                   .data = answer->data };
    struct msg_call_outcome outcome;
    struct egress_parts parts;
    struct str blob = answer->blob;

    if (blob.len > LIMIT_VALUE_BYTES) {
        event.status = MSG_OUTCOME_STATUS_UNREADABLE;
        event.code = STR("limit");
        event.text = str_printf(egress->turn, "the result has %zu bytes; %u are allowed", blob.len,
                                (unsigned)LIMIT_VALUE_BYTES);
        blob = STR_NULL;
    }
    outcome = outcome_of(egress, call, &event);
    outcome.meta = egress__door_in(egress, &egress->json, answer->meta, call->send.source,
                                   call->send.execution);
    outcome.secrets = egress->replaced;
    outcome.retry = answer->retry_ms >= 0;
    outcome.retry_ms = answer->retry_ms >= 0 ? answer->retry_ms : 0;
    parts_new(egress, 1, &outcome, &parts);
    if (blob.len)
        part_add(&outcome, &parts, &answer->name, blob);
    send_outcome(egress, &outcome, &parts, call->frame);
}

void egress__report_progress(struct egress *egress, const struct egress_call *call,
                             const struct out_mcp_event *event)
{
    const struct wire_frame frame = { .type = MSG_CALL_PROGRESS, .id = call->frame };
    struct msg_call_progress progress = {
        .execution = call->send.execution,
        .call = call->send.call,
        .progress = event->progress,
        .total = event->total,
        .message = egress__door_in(egress, &egress->plain, event->text, call->send.source,
                                   call->send.execution),
    };

    msg_call_progress_encode(&progress, link_begin(egress->daemon, &frame));
    /* Progress may be missed. */
    (void)!link_end(egress->daemon);
}

void egress__report_ask(struct egress *egress, const struct egress_call *call,
                        const struct out_mcp_event *event)
{
    const struct wire_frame frame = { .type = MSG_CALL_ASK, .id = call->frame };
    uint64_t source = call->send.source;
    uint64_t execution = call->send.execution;
    struct msg_call_ask ask = {
        .execution = execution,
        .call = call->send.call,
        .attempt = call->send.attempt,
        .ask = event->ask,
        .kind = event->ask_kind,
        .message = egress__door_in(egress, &egress->plain, event->text, source, execution),
        .schema = egress__door_in(egress, &egress->json, event->schema, source, execution),
        .url = egress__door_in(egress, &egress->plain, event->url, source, execution),
        .shared = event->shared,
    };

    msg_call_ask_encode(&ask, link_begin(egress->daemon, &frame));
    must_send(egress, link_end(egress->daemon));
}
