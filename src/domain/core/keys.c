/*
 * Idempotency keys, by actor: how many are remembered, and how much memory stands behind them.
 * A key is remembered for a day after its execution ended; nobody else's keys are in the way.
 */
#include "domain/core/internal.h"

static struct core_holder *core_holder_get(struct core *core, struct str actor)
{
    struct core_holder *holder = map_find(&core->holders, actor);
    char *text;

    if (holder)
        return holder;
    holder = heap_alloc(sizeof(*holder));
    text = heap_alloc(actor.len + 1);
    memcpy(text, actor.ptr, actor.len);
    holder->actor = str_of(text, actor.len);
    (void)map_put(&core->holders, holder->actor, holder);
    return holder;
}

static void core_holder_free(struct core_holder *holder)
{
    (void)heap_free((void *)(uintptr_t)holder->actor.ptr);
    (void)heap_free(holder);
}

static uint64_t core_key_bytes(const struct execution *execution)
{
    return arena_used(execution->arena) +
           execution->deliveries.count * sizeof(*execution->deliveries.at) +
           execution->calls.count * sizeof(*execution->calls.at);
}

void core__key_taken(struct core *core, struct execution *execution)
{
    core_holder_get(core, execution->who.actor)->keys++;
    (void)map_put(&core->keys, execution->key, execution);
}

void core__key_ended(struct core *core, struct execution *execution)
{
    if (execution->key_bytes)
        return;
    execution->key_bytes = core_key_bytes(execution);
    core_holder_get(core, execution->who.actor)->bytes += execution->key_bytes;
}

void core__key_dropped(struct core *core, const struct execution *execution)
{
    struct core_holder *holder = map_find(&core->holders, execution->who.actor);

    if (map_find(&core->keys, execution->key) == execution)
        (void)map_take(&core->keys, execution->key);
    CHECK(holder && holder->keys > 0);
    holder->keys--;
    holder->bytes -= execution->key_bytes;
    if (holder->keys > 0)
        return;
    (void)map_take(&core->holders, holder->actor);
    core_holder_free(holder);
}

const char *core__key_refused(const struct core *core, struct str actor)
{
    const struct core_holder *holder = map_find(&core->holders, actor);

    if (holder && holder->keys >= LIMIT_KEY_COUNT)
        return "as many of your idempotency keys are remembered as may be, each for a day after "
               "its "
               "program ended; send it without a key, or later";
    if (holder && holder->bytes >= LIMIT_KEY_BYTES)
        return "what your idempotency keys keep takes as much memory as it may, for a day after "
               "each "
               "program ended; send it without a key, or later";
    return NULL;
}

void core__keys_free(struct core *core)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&core->holders, &at));)
        core_holder_free(entry->value);
    map_fini(&core->holders);
    map_fini(&core->keys);
}
