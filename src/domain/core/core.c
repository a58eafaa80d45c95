/* The state, its parts found by name, and the step. */
#include "domain/core/internal.h"
#include "model/error.h"

struct core *core_new(void)
{
    struct core *core = heap_alloc(sizeof(*core));

    core->arena = arena_new(0);
    core->catalog = catalog_new();
    core->policy = policy_new();
    core->source_next = 1;
    core->due_ms = INT64_MAX;
    return core;
}

static void core_execution_release(struct execution *execution)
{
    VEC_FINI(&execution->calls);
    VEC_FINI(&execution->deliveries);
    VEC_FINI(&execution->timers);
    (void)arena_free(execution->arena);
}

struct core *core_free(struct core *core)
{
    struct map_entry *entry;

    if (!core)
        return NULL;
    core_sweep(core);
    core__results_free(core);
    map_fini(&core->ghosts);
    for (size_t at = 0; (entry = map_next(&core->executions, &at));)
        core_execution_release(entry->value);
    for (size_t at = 0; (entry = map_next(&core->inputs, &at));)
        (void)arena_free(((struct core_open_input *)entry->value)->arena);
    for (size_t at = 0; (entry = map_next(&core->sessions, &at));)
        (void)arena_free(((struct core_session *)entry->value)->arena);
    map_fini(&core->executions);
    map_fini(&core->ids);
    map_fini(&core->programs);
    core__keys_free(core);
    map_fini(&core->inputs);
    map_fini(&core->sessions);
    VEC_FINI(&core->ended);
    VEC_FINI(&core->kept_answers.handles);
    VEC_FINI(&core->kept_keys.handles);
    core__fits_free(core);
    (void)catalog_free(core->catalog);
    (void)policy_free(core->policy);
    (void)arena_free(core->arena);
    return heap_free(core);
}

const struct catalog *core_catalog(const struct core *core)
{
    return core->catalog;
}

struct catalog *core_catalog_open(struct core *core)
{
    return core->catalog;
}

const struct policy *core_policy(const struct core *core)
{
    return core->policy;
}

int64_t core_at_ms(const struct core *core)
{
    return core->at_ms;
}

struct core_counts core_counts(const struct core *core)
{
    return (struct core_counts){
        .executions = core->live,
        .kept = core->executions.count - core->live,
        .inputs = core->inputs.count,
        .sessions = core->sessions.count,
    };
}

struct execution *core__execution_find(const struct core *core, uint64_t handle)
{
    return map_find_u64(&core->executions, handle);
}

const struct execution *core_execution(const struct core *core, uint64_t handle)
{
    const struct execution *found = core__execution_find(core, handle);

    return found ? found : map_find_u64(&core->ghosts, handle);
}

const struct execution *core_execution_by_id(const struct core *core, struct id id)
{
    return map_find(&core->ids, str_of((const char *)id.bytes, sizeof(id.bytes)));
}

struct call *core__call_find(const struct execution *execution, uint32_t number)
{
    if (number == 0 || number > execution->calls.count)
        return NULL;
    return execution->calls.at[number - 1];
}

const struct call *core_call(const struct core *core, uint64_t execution, uint32_t number)
{
    const struct execution *found = core_execution(core, execution);

    return found ? core__call_find(found, number) : NULL;
}

struct core_open_input *core__input_find(const struct core *core, struct id id)
{
    return map_find(&core->inputs, str_of((const char *)id.bytes, sizeof(id.bytes)));
}

const struct input *core_input(const struct core *core, struct id id)
{
    const struct core_open_input *found = core__input_find(core, id);

    return found ? &found->input : NULL;
}

const struct execution *core_execution_next(const struct core *core, size_t *position)
{
    struct map_entry *entry = map_next(&core->executions, position);

    return entry ? entry->value : NULL;
}

const struct input *core_input_next(const struct core *core, size_t *position)
{
    struct map_entry *entry = map_next(&core->inputs, position);

    return entry ? &((const struct core_open_input *)entry->value)->input : NULL;
}

bool core__is_live(const struct execution *execution)
{
    return execution->state == EVENT_EXECUTION_STATE_RUNNING;
}

/*
 * What has ended is remembered while one of its calls is open, while a key names it, and, where
 * it had effects, until its answer was handed over: nothing runs twice because a connection
 * broke. The key of what was cancelled before it changed anything is free.
 */
bool core__execution_keep(const struct execution *execution)
{
    if (core__is_live(execution) || execution->unsettled > 0)
        return true;
    if (execution->key.ptr)
        return execution->state != EVENT_EXECUTION_STATE_CANCELLED || execution->effects;
    return execution->effects && !execution->answered;
}

void core__execution_forget(struct core *core, struct execution *execution)
{
    (void)map_take_u64(&core->executions, execution->handle);
    (void)map_take(&core->ids,
                   str_of((const char *)execution->id.bytes, sizeof(execution->id.bytes)));
    core__program_taken(core, execution);
    if (execution->key.ptr)
        core__key_dropped(core, execution);
    (void)map_put_u64(&core->ghosts, execution->handle, execution);
}

void core_sweep(struct core *core)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&core->ghosts, &at));) {
        struct execution *execution = entry->value;

        (void)map_take_u64(&core->ghosts, execution->handle);
        core_execution_release(execution);
    }
}

void core_update_init(struct core_update *update, struct arena *turn)
{
    *update = (struct core_update){ .turn = turn };
}

void core_update_fini(struct core_update *update)
{
    VEC_FINI(&update->events);
    VEC_FINI(&update->effects);
}

void core_update_print(const struct core_update *update, struct buf *out)
{
    struct event_carry carry = { 0 };

    buf_add_char(out, '[');
    for (size_t i = 0; i < update->events.count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        event_print(&update->events.at[i], &carry, out);
    }
    buf_add_char(out, ']');
}

void core__emit(struct core_turn *turn, const struct event *event)
{
    bool possible;

    *VEC_PUSH(&turn->update->events) = *event;
    possible = core__apply(turn->core, turn->update->seq, turn->now_ms, event);
    CHECK(possible);
}

struct core_effect *core__effect(struct core_turn *turn, enum core_effect_type type)
{
    struct core_effect *effect = VEC_PUSH(&turn->update->effects);

    effect->type = type;
    effect->token = turn->command->token;
    return effect;
}

/* Every id of a step is its own: the command's entropy, and how many were made before. */
static struct digest core_draw(struct core_turn *turn)
{
    const struct str parts[] = {
        str_of((const char *)turn->command->entropy, sizeof(turn->command->entropy)),
        str_of((const char *)&turn->drawn, sizeof(turn->drawn)),
    };
    struct digest digest = digest_of_parts(parts, ARRAY_COUNT(parts));

    turn->drawn++;
    return digest;
}

struct id core__id(struct core_turn *turn)
{
    struct digest digest = core_draw(turn);

    return id_make(turn->now_ms, digest.bytes);
}

void core__seed(struct core_turn *turn, uint8_t seed[16])
{
    struct digest digest = core_draw(turn);

    memcpy(seed, digest.bytes, 16);
}

struct msg_error core__error(const char *code, struct str message)
{
    struct msg_error error = { .code = str_from(code), .message = message };
    enum error_code known;

    error.retryable = error_parse(error.code, &known) && error_info(known)->retryable;
    return error;
}

void core__reply_error(struct core_turn *turn, const struct event_who *who, const char *what,
                       const char *code, struct str message)
{
    struct event event = { .type = EVENT_REQUEST_REFUSED };
    struct core_effect *effect;

    event.as.request_refused.who = *who;
    event.as.request_refused.what = str_from(what);
    event.as.request_refused.error = core__error(code, message);
    core__emit(turn, &event);
    effect = core__effect(turn, EFFECT_REPLY);
    effect->error = event.as.request_refused.error;
}

typedef void core_on(struct core_turn *turn);

static core_on *const core_commands[] = {
    [COMMAND_OPEN] = core__on_open,
    [COMMAND_RESUME] = core__on_resume,
    [COMMAND_CLOSE] = core__on_close,
    [COMMAND_TICK] = core__on_tick,
    [COMMAND_SESSION_OPEN] = core__on_session_open,
    [COMMAND_SESSION_CLOSE] = core__on_session_close,
    [COMMAND_EXECUTE] = core__on_execute,
    [COMMAND_CANCEL] = core__on_cancel,
    [COMMAND_LEAVE] = core__on_leave,
    [COMMAND_ANSWERED] = core__on_answered,
    [COMMAND_REPORT] = core__on_report,
    [COMMAND_LOST] = core__on_lost,
    [COMMAND_OUTCOME] = core__on_outcome,
    [COMMAND_ASK] = core__on_ask,
    [COMMAND_INPUT_ANSWER] = core__on_input_answer,
    [COMMAND_SOURCE_ADD] = core__on_source_add,
    [COMMAND_SOURCE_REMOVE] = core__on_source_remove,
    [COMMAND_SOURCE_APPROVE] = core__on_source_approve,
    [COMMAND_SOURCE_CREDENTIAL] = core__on_source_credential,
    [COMMAND_SOURCE_REJECT] = core__on_source_reject,
    [COMMAND_SOURCE_REPORT] = core__on_source_report,
    [COMMAND_SOURCE_COMPILED] = core__on_source_compiled,
    [COMMAND_POLICY_APPLY] = core__on_policy_apply,
    [COMMAND_REFUSE] = core__on_refuse,
};

void core_step(struct core *core, const struct command *command, uint64_t seq,
               struct core_update *update)
{
    struct core_turn turn = {
        .core = core,
        .update = update,
        .command = command,
        .now_ms = command->now_ms > core->at_ms ? command->now_ms : core->at_ms,
    };

    CHECK((size_t)command->type < ARRAY_COUNT(core_commands));
    VEC_CLEAR(&update->events);
    VEC_CLEAR(&update->effects);
    update->seq = seq;
    update->at_ms = turn.now_ms;
    core_commands[command->type](&turn);
    if (update->events.count > 0)
        core__settle(core);
}
