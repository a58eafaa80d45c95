/* Events made true. Live and in replay the same functions, in the same order. */
#include "domain/catalog/news.h"
#include "domain/core/internal.h"
#include "format/json/json.h"

static struct str core_text(struct arena *arena, struct str text)
{
    return text.ptr ? str_copy(arena, text) : STR_NULL;
}

static struct event_who core_who(struct arena *arena, const struct event_who *who)
{
    struct event_who copy = *who;

    copy.actor = core_text(arena, who->actor);
    copy.agent = core_text(arena, who->agent);
    copy.client = core_text(arena, who->client);
    return copy;
}

static struct digest core_program_digest(const struct execution *execution)
{
    const struct str parts[] = {
        execution->who.actor, STR("\n"), execution->code, STR("\n"), execution->input,
    };

    return digest_of_parts(parts, ARRAY_COUNT(parts));
}

static struct str core_digest_key(const struct digest *digest)
{
    return str_of((const char *)digest->bytes, DIGEST_LEN);
}

/*
 * This one is found by its program no more. Another equal one that was left is found instead: two
 * clients that come back find the two that they left.
 */
void core__program_taken(struct core *core, const struct execution *execution)
{
    struct str key = core_digest_key(&execution->program);
    struct map_entry *entry;

    if (map_find(&core->programs, key) != execution)
        return;
    (void)map_take(&core->programs, key);
    for (size_t at = 0; (entry = map_next(&core->executions, &at));) {
        struct execution *other = entry->value;

        if (other != execution && (other->left || !core__is_live(other)) &&
            digest_equal(&other->program, &execution->program)) {
            (void)map_put(&core->programs, core_digest_key(&other->program), other);
            return;
        }
    }
}

static bool core_apply_opened(struct core *core)
{
    struct map_entry *entry;

    /* Whoever asked before is gone: their connections ended with the daemon. */
    for (size_t at = 0; (entry = map_next(&core->executions, &at));) {
        struct execution *execution = entry->value;

        execution->left = true;
        if (core__is_live(execution) || (execution->effects && !execution->answered))
            (void)map_put(&core->programs, core_digest_key(&execution->program), execution);
    }
    for (size_t at = 0; (entry = map_next(&core->sessions, &at));) {
        (void)arena_free(((struct core_session *)entry->value)->arena);
        (void)map_take_u64(&core->sessions, entry->number);
    }
    return true;
}

static bool core_apply_session_opened(struct core *core, const struct event_session_opened *opened)
{
    struct arena *arena = arena_new(0);
    struct core_session *session = ARENA_NEW(arena, struct core_session);

    session->handle = opened->session;
    session->arena = arena;
    session->who = core_who(arena, &opened->who);
    (void)map_put_u64(&core->sessions, session->handle, session);
    return true;
}

static bool core_apply_session_closed(struct core *core, uint64_t handle)
{
    struct core_session *session = map_take_u64(&core->sessions, handle);

    if (!session)
        return false;
    (void)arena_free(session->arena);
    return true;
}

static bool core_apply_received(struct core *core, int64_t at_ms,
                                const struct event_execution_received *event)
{
    struct arena *arena = arena_new(0);
    struct execution *execution = ARENA_NEW(arena, struct execution);

    if (map_find_u64(&core->executions, event->execution)) {
        (void)arena_free(arena);
        return false;
    }
    execution->arena = arena;
    execution->handle = event->execution;
    execution->id = event->id;
    execution->session = event->session;
    execution->who = core_who(arena, &event->who);
    execution->code = core_text(arena, event->code);
    execution->input = core_text(arena, event->input);
    execution->seed = core_text(arena, event->seed);
    execution->trace = core_text(arena, event->trace);
    execution->preview = event->preview;
    execution->received_ms = at_ms;
    execution->program = core_program_digest(execution);
    (void)map_put_u64(&core->executions, execution->handle, execution);
    (void)map_put(&core->ids, str_of((const char *)execution->id.bytes, 16), execution);
    if (event->key.ptr) {
        execution->key =
            str_printf(arena, "%.*s\n%.*s", STR_ARG(execution->who.actor), STR_ARG(event->key));
        core__key_taken(core, execution);
    }
    core->live++;
    core__due(core, at_ms + LIMIT_EXECUTION_EXPIRY_MS + 1);
    return true;
}

static bool core_apply_delivered(struct execution *execution, int64_t at_ms,
                                 const struct event_execution_delivered *event)
{
    if (event->index != execution->deliveries.count + 1)
        return false;
    *VEC_PUSH(&execution->deliveries) = (struct core_delivery){
        .at_ms = at_ms,
        .kind = event->kind,
        .call = event->call,
        .timer = event->timer,
    };
    execution->timers_due += event->kind == MSG_DELIVERY_KIND_TIMER;
    execution->parked = false;
    execution->parked_due_ms = 0;
    return true;
}

static struct msg_error core_error_copy(struct arena *arena, const struct msg_error *error)
{
    struct msg_error copy = *error;

    copy.code = core_text(arena, error->code);
    copy.message = core_text(arena, error->message);
    copy.stack = core_text(arena, error->stack);
    copy.data = core_text(arena, error->data);
    return copy;
}

static bool core_apply_ended(struct core *core, struct execution *execution, int64_t at_ms,
                             const struct event_execution_ended *event)
{
    struct arena *arena = execution->arena;

    if (!core__is_live(execution) || event->state == EVENT_EXECUTION_STATE_RUNNING)
        return false;
    execution->state = event->state;
    execution->ended_ms = at_ms;
    execution->result = core_text(arena, event->result);
    execution->artifact = event->artifact;
    execution->error = core_error_copy(arena, &event->error);
    execution->ticks = event->ticks;
    execution->console_count = event->console_count;
    execution->console = ARENA_ARRAY(arena, struct msg_console_line, event->console_count);
    for (size_t i = 0; i < event->console_count; i++) {
        execution->console[i].level = core_text(arena, event->console[i].level);
        execution->console[i].text = core_text(arena, event->console[i].text);
    }
    VEC_FINI(&execution->timers);
    core->live--;
    *VEC_PUSH(&core->ended) = execution->handle;
    if (execution->effects)
        (void)map_put(&core->programs, core_digest_key(&execution->program), execution);
    return true;
}

static bool core_apply_parked(struct execution *execution,
                              const struct event_execution_parked *event)
{
    execution->parked = true;
    execution->parked_due_ms = event->due_ms;
    VEC_CLEAR(&execution->timers);
    return core__is_live(execution);
}

static bool core_apply_left(struct core *core, struct execution *execution)
{
    execution->left = true;
    (void)map_put(&core->programs, core_digest_key(&execution->program), execution);
    return true;
}

static bool core_apply_answered(struct core *core, struct execution *execution)
{
    execution->answered = true;
    *VEC_PUSH(&core->ended) = execution->handle;
    return !core__is_live(execution);
}

static bool core_apply_attached(struct core *core, struct execution *execution)
{
    execution->left = false;
    core__program_taken(core, execution);
    return true;
}

static struct call *core_call_new(struct execution *execution, uint32_t number)
{
    struct call *call;

    if (number != execution->calls.count + 1)
        return NULL;
    call = ARENA_NEW(execution->arena, struct call);
    call->execution = execution->handle;
    call->number = number;
    *VEC_PUSH(&execution->calls) = call;
    return call;
}

static bool core_apply_query(struct execution *execution, const struct event_query_done *event)
{
    struct call *call = core_call_new(execution, event->call);

    if (!call)
        return false;
    call->query = true;
    call->address = core_text(execution->arena, event->address);
    call->args = core_text(execution->arena, event->args);
    call->value = core_text(execution->arena, event->value);
    if (event->error.code.ptr)
        call->error = core_error_copy(execution->arena, &event->error);
    return true;
}

static bool core_apply_call_received(struct execution *execution,
                                     const struct event_call_received *event)
{
    struct call *call = core_call_new(execution, event->call);

    if (!call)
        return false;
    call->address = core_text(execution->arena, event->address);
    call->source = event->source;
    call->version = event->version;
    call->args = core_text(execution->arena, event->args);
    call->effect = event->effect;
    execution->unsettled++;
    return true;
}

static void core_blobs_note(struct core *core, const struct digest *blobs, size_t count,
                            struct str actor)
{
    for (size_t i = 0; i < count; i++)
        core__result_note(core, &blobs[i], actor);
}

static bool core_apply_call(struct core *core, struct execution *execution, uint32_t number,
                            int64_t at_ms, const struct event *event)
{
    struct call *call = core__call_find(execution, number);
    bool attempted;
    bool frozen;

    if (!call || call->query)
        return false;
    attempted = call->attempting;
    frozen = call->state == CALL_FROZEN;
    if (!call_apply(call, event, at_ms, execution->arena))
        return false;
    execution->attempting += (uint32_t)call->attempting - (uint32_t)attempted;
    execution->frozen += (uint32_t)(call->state == CALL_FROZEN) - (uint32_t)frozen;
    if (call_had_effect(call))
        execution->effects = true;
    if (event->type == EVENT_CALL_DONE) {
        core__result_note(core, &event->as.call_done.artifact, execution->who.actor);
        core_blobs_note(core, event->as.call_done.blobs, event->as.call_done.blobs_count,
                        execution->who.actor);
    } else if (event->type == EVENT_CALL_FAILED) {
        core_blobs_note(core, event->as.call_failed.blobs, event->as.call_failed.blobs_count,
                        execution->who.actor);
    } else if (event->type == EVENT_CALL_NONCONFORMING) {
        core__result_note(core, &event->as.call_nonconforming.artifact, execution->who.actor);
        core_blobs_note(core, event->as.call_nonconforming.blobs,
                        event->as.call_nonconforming.blobs_count, execution->who.actor);
    }
    while (execution->first_open < execution->calls.count &&
           call_is_settled(execution->calls.at[execution->first_open]))
        execution->first_open++;
    if (call_is_settled(call)) {
        execution->unsettled--;
        if (!core__is_live(execution))
            *VEC_PUSH(&core->ended) = execution->handle;
    }
    return true;
}

static bool core_apply_input_opened(struct core *core, int64_t at_ms,
                                    const struct event_input_opened *event)
{
    struct execution *execution = core__execution_find(core, event->execution);
    struct call *call = execution ? core__call_find(execution, event->call) : NULL;
    struct arena *arena;
    struct core_open_input *open;

    if (!call)
        return false;
    arena = arena_new(0);
    open = ARENA_NEW(arena, struct core_open_input);
    open->arena = arena;
    input_open(&open->input, event, at_ms, arena);
    open->input.effect = call->effect;
    open->input.actor = str_copy(arena, execution->who.actor);
    call->asks += open->input.ask ? 1 : 0;
    (void)map_put(&core->inputs, str_of((const char *)open->input.id.bytes, 16), open);
    core__due(core, open->input.expires_ms);
    return true;
}

static bool core_apply_input_gone(struct core *core, struct id id)
{
    struct core_open_input *open =
        map_take(&core->inputs, str_of((const char *)id.bytes, sizeof(id.bytes)));

    struct execution *execution;

    if (!open)
        return false;
    execution = core__execution_find(core, open->input.execution);
    if (execution && open->input.ask)
        core__call_find(execution, open->input.call)->asks--;
    (void)arena_free(open->arena);
    return true;
}

static bool core_apply_policy(struct core *core, const struct event_policy_applied *event)
{
    core->policy_version = event->version;
    core->policy_digest = event->after;
    policy_apply(core->policy, event);
    return true;
}

static bool core_apply_source(struct core *core, int64_t at_ms, const struct event *event)
{
    if (event->type == EVENT_SOURCE_ADDED && event->as.source_added.source >= core->source_next)
        core->source_next = event->as.source_added.source + 1;
    catalog_apply(core->catalog, event);
    if (event->type == EVENT_SOURCE_LISTED)
        catalog_news_note(core->catalog, event->as.source_listed.source, at_ms);
    return true;
}

/* The execution that an event is about; NULL for those that are about none. */
static struct execution *core_event_execution(const struct core *core, const struct event *event,
                                              uint32_t *ret_call)
{
    uint64_t handle = 0;

#define OF_CALL(TYPE, field)                                                                       \
    case EVENT_##TYPE:                                                                             \
        handle = event->as.field.execution;                                                        \
        *ret_call = event->as.field.call;                                                          \
        break;
#define OF_EXECUTION(TYPE, field)                                                                  \
    case EVENT_##TYPE:                                                                             \
        handle = event->as.field.execution;                                                        \
        break;
    switch ((int)event->type) {
        OF_CALL(CALL_RECEIVED, call_received)
        OF_CALL(CALL_REFUSED, call_refused)
        OF_CALL(CALL_WAITING, call_waiting)
        OF_CALL(CALL_FROZEN, call_frozen)
        OF_CALL(CALL_RUNNING, call_running)
        OF_CALL(CALL_ATTEMPTED, call_attempted)
        OF_CALL(CALL_CONFORMING, call_conforming)
        OF_CALL(CALL_DONE, call_done)
        OF_CALL(CALL_NONCONFORMING, call_nonconforming)
        OF_CALL(CALL_FAILED, call_failed)
        OF_CALL(CALL_CANCELLED, call_cancelled)
        OF_CALL(CALL_UNKNOWN, call_unknown)
        OF_CALL(CALL_EXPIRED, call_expired)
        OF_CALL(QUERY_DONE, query_done)
        OF_EXECUTION(EXECUTION_DELIVERED, execution_delivered)
        OF_EXECUTION(EXECUTION_PARKED, execution_parked)
        OF_EXECUTION(EXECUTION_LEFT, execution_left)
        OF_EXECUTION(EXECUTION_ANSWERED, execution_answered)
        OF_EXECUTION(EXECUTION_ATTACHED, execution_attached)
        OF_EXECUTION(EXECUTION_ENDED, execution_ended)
    default:
        return NULL;
    }
#undef OF_CALL
#undef OF_EXECUTION
    return core__execution_find(core, handle);
}

static bool core_apply_to_execution(struct core *core, int64_t at_ms, const struct event *event)
{
    uint32_t call = 0;
    struct execution *execution = core_event_execution(core, event, &call);

    if (!execution)
        return false;
    switch ((int)event->type) {
    case EVENT_EXECUTION_DELIVERED:
        return core_apply_delivered(execution, at_ms, &event->as.execution_delivered);
    case EVENT_EXECUTION_PARKED:
        return core_apply_parked(execution, &event->as.execution_parked);
    case EVENT_EXECUTION_LEFT:
        return core_apply_left(core, execution);
    case EVENT_EXECUTION_ANSWERED:
        return core_apply_answered(core, execution);
    case EVENT_EXECUTION_ATTACHED:
        return core_apply_attached(core, execution);
    case EVENT_EXECUTION_ENDED:
        return core_apply_ended(core, execution, at_ms, &event->as.execution_ended);
    case EVENT_QUERY_DONE:
        return core_apply_query(execution, &event->as.query_done);
    case EVENT_CALL_RECEIVED:
        return core_apply_call_received(execution, &event->as.call_received);
    default:
        return core_apply_call(core, execution, call, at_ms, event);
    }
}

bool core__apply(struct core *core, uint64_t seq, int64_t at_ms, const struct event *event)
{
    (void)seq; /* Handles are in the events; the line's own number names nothing more. */
    core->at_ms = at_ms;
    switch ((int)event->type) {
    case EVENT_STORE_OPENED:
        return core_apply_opened(core);
    case EVENT_STORE_CLOSED:
    case EVENT_REQUEST_REFUSED:
    case EVENT_INPUT_REFUSED:
        return true;
    case EVENT_SESSION_OPENED:
        return core_apply_session_opened(core, &event->as.session_opened);
    case EVENT_SESSION_CLOSED:
        return core_apply_session_closed(core, event->as.session_closed.session);
    case EVENT_SOURCE_ADDED:
    case EVENT_SOURCE_FOUND:
    case EVENT_SOURCE_STATE:
    case EVENT_SOURCE_LISTED:
    case EVENT_SOURCE_APPROVED:
    case EVENT_SOURCE_CREDENTIAL:
    case EVENT_SOURCE_REJECTED:
    case EVENT_SOURCE_REMOVED:
        return core_apply_source(core, at_ms, event);
    case EVENT_POLICY_APPLIED:
        return core_apply_policy(core, &event->as.policy_applied);
    case EVENT_INPUT_OPENED:
        return core_apply_input_opened(core, at_ms, &event->as.input_opened);
    case EVENT_INPUT_ANSWERED:
        return core_apply_input_gone(core, event->as.input_answered.input);
    case EVENT_INPUT_CLOSED:
        return core_apply_input_gone(core, event->as.input_closed.input);
    case EVENT_EXECUTION_RECEIVED:
        return core_apply_received(core, at_ms, &event->as.execution_received);
    default:
        return core_apply_to_execution(core, at_ms, event);
    }
}

/* Drops from the front of a queue what its window has passed. */
static void core_kept_expire(struct core *core, struct core_kept *kept, int64_t window_ms)
{
    while (kept->head < kept->handles.count) {
        struct execution *execution = core__execution_find(core, kept->handles.at[kept->head]);

        if (execution && core->at_ms - execution->ended_ms <= window_ms)
            break;
        kept->head++;
        if (execution && execution->unsettled == 0 &&
            (window_ms >= LIMIT_KEY_WINDOW_MS || !execution->key.ptr))
            core__execution_forget(core, execution);
    }
    if (kept->head > 1024 && kept->head * 2 > kept->handles.count) {
        kept->handles.count -= kept->head;
        memmove(kept->handles.at, kept->handles.at + kept->head,
                kept->handles.count * sizeof(*kept->handles.at));
        kept->head = 0;
    }
}

static void core_keep(struct core *core, struct execution *execution)
{
    if (execution->key.ptr)
        core__key_ended(core, execution);
    *VEC_PUSH(execution->key.ptr ? &core->kept_keys.handles : &core->kept_answers.handles) =
        execution->handle;
}

void core__settle(struct core *core)
{
    for (size_t i = 0; i < core->ended.count; i++) {
        struct execution *execution = core__execution_find(core, core->ended.at[i]);

        if (!execution)
            continue;
        if (!core__execution_keep(execution))
            core__execution_forget(core, execution);
        else if (execution->unsettled == 0)
            core_keep(core, execution);
    }
    VEC_CLEAR(&core->ended);
    core_kept_expire(core, &core->kept_answers, LIMIT_ATTACH_WINDOW_MS);
    core_kept_expire(core, &core->kept_keys, LIMIT_KEY_WINDOW_MS);
}

size_t core_replay_needs(struct str events, struct arena *scratch, struct digest *ret_needs,
                         size_t max)
{
    const struct json_value *item;
    struct json_error error;
    struct json_doc doc;
    struct json_iter iter;
    struct event_carry carry = { 0 };
    struct event event;
    size_t count = 0;

    /* Few lines have one: the others are not parsed twice. */
    if (str_find(events, STR("\"source.listed\"")) == SIZE_MAX ||
        str_find(events, STR("\"artifact\"")) == SIZE_MAX ||
        json_parse(scratch, events, NULL, &error, &doc) != JSON_PARSED)
        return 0;
    iter = json_iter(doc.root);
    while (count < max && (item = json_next(&iter))) {
        static const struct digest none;

        if (event_parse(item, &carry, scratch, &event) && event.type == EVENT_SOURCE_LISTED &&
            !digest_equal(&event.as.source_listed.artifact, &none))
            ret_needs[count++] = event.as.source_listed.artifact;
    }
    return count;
}

bool core_replay(struct core *core, uint64_t seq, int64_t at_ms, struct str events,
                 struct arena *turn)
{
    const struct json_value *item;
    struct json_error error;
    struct json_doc doc;
    struct json_iter iter;
    struct event_carry carry = { 0 };
    struct event event;

    if (json_parse(turn, events, NULL, &error, &doc) != JSON_PARSED || !json_is_array(doc.root))
        return false;
    iter = json_iter(doc.root);
    while ((item = json_next(&iter))) {
        if (!event_parse(item, &carry, turn, &event) || !core__apply(core, seq, at_ms, &event))
            return false;
    }
    core__settle(core);
    return true;
}
