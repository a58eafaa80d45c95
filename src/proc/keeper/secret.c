/*
 * Secrets in the environment of a source's child. What was given for it is a reference wherever
 * anybody reads; the vault opens it once, for this start, when the daemon granted it. The value
 * is here from the vault's answer to the fork, and is cleared then.
 */
#include "proc/keeper/internal.h"

#include "format/secret/secret.h"

#include <string.h>

static struct keeper_waiting *waiting_free(struct keeper_waiting *waiting)
{
    for (size_t i = 0; i < waiting->secrets.count; i++)
        if (waiting->secrets.at[i].value.ptr)
            explicit_bzero((char *)(uintptr_t)waiting->secrets.at[i].value.ptr,
                           waiting->secrets.at[i].value.len);
    VEC_FINI(&waiting->secrets);
    arena_free(waiting->arena);
    return heap_free(waiting);
}

void keeper__secret_forget(struct keeper *keeper, uint64_t id)
{
    struct keeper_waiting *waiting = map_take_u64(&keeper->waiting, id);

    if (waiting)
        (void)waiting_free(waiting);
}

static void fail(struct keeper *keeper, uint64_t id, struct str reason)
{
    keeper__child_failed(keeper, id, -1, reason);
    keeper__secret_forget(keeper, id);
}

static struct keeper_waiting *waiting_new(struct keeper *keeper,
                                          const struct msg_child_start *start)
{
    struct keeper_waiting *waiting = heap_alloc(sizeof(*waiting));

    *waiting = (struct keeper_waiting){ .asked = ++keeper->asked, .arena = arena_new(0) };
    waiting->start = keeper__start_copy(waiting->arena, start);
    (void)map_put_u64(&keeper->waiting, start->child, waiting);
    return waiting;
}

static struct keeper_secret *secret_find(const struct keeper_waiting *waiting, struct str reference)
{
    for (size_t i = 0; i < waiting->secrets.count; i++)
        if (str_equal(waiting->secrets.at[i].reference, reference))
            return &waiting->secrets.at[i];
    return NULL;
}

/* The daemon grants two openings with each start: number 1 is for the child that is greeted anew.
 */
static void ask(struct keeper *keeper, const struct keeper_waiting *waiting, struct str reference,
                bool again)
{
    const struct msg_vault_open open = { .reference = reference,
                                         .source = waiting->start.child,
                                         .execution = again };
    BUF_CLEANUP struct buf payload = BUF_INIT;

    msg_vault_open_encode(&open, &payload);
    keeper__send(keeper->vault, MSG_VAULT_OPEN, waiting->asked, buf_str(&payload));
}

bool keeper__secret_ask(struct keeper *keeper, const struct msg_child_start *start, bool again)
{
    struct keeper_waiting *waiting = NULL;

    for (size_t i = 0; i < start->env_count; i++) {
        struct secret_span span;
        size_t at = 0;

        while (secret_reference_next(start->env[i], &at, &span)) {
            struct str reference = str_slice(start->env[i], span.from + 2, span.to - 2);

            if (!waiting)
                waiting = waiting_new(keeper, start);
            if (secret_find(waiting, reference))
                continue;
            VEC_PUSH(&waiting->secrets)->reference = str_copy(waiting->arena, reference);
            ask(keeper, waiting, reference, again);
        }
    }
    if (waiting && !keeper->vault)
        fail(keeper, start->child, STR("the vault, which has its secrets, is not up"));
    return waiting;
}

/* One entry of the environment with its values, in the arena. */
static struct str put_back(const struct keeper_waiting *waiting, struct str entry)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct secret_span span;
    struct str filled;
    size_t done = 0;
    size_t at = 0;

    while (secret_reference_next(entry, &at, &span)) {
        buf_add_str(&out, str_slice(entry, done, span.from));
        buf_add_str(&out,
                    secret_find(waiting, str_slice(entry, span.from + 2, span.to - 2))->value);
        done = span.to;
    }
    if (!done)
        return entry;
    buf_add_str(&out, str_slice(entry, done, entry.len));
    filled = str_copy(waiting->arena, buf_str(&out));
    explicit_bzero(out.ptr, out.len);
    return filled;
}

static void go(struct keeper *keeper, struct keeper_waiting *waiting)
{
    uint64_t id = waiting->start.child;

    for (size_t i = 0; i < waiting->start.env_count; i++)
        waiting->start.env[i] = put_back(waiting, waiting->start.env[i]);
    keeper__child_go(keeper, &waiting->start);
    for (size_t i = 0; i < waiting->start.env_count; i++)
        explicit_bzero((char *)(uintptr_t)waiting->start.env[i].ptr, waiting->start.env[i].len);
    keeper__secret_forget(keeper, id);
}

static struct keeper_waiting *waiting_find(struct keeper *keeper, uint64_t asked)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&keeper->waiting, &position)))
        if (((struct keeper_waiting *)entry->value)->asked == asked)
            return entry->value;
    return NULL;
}

void keeper__secret_opened(struct keeper *keeper, uint64_t asked,
                           const struct msg_vault_opened *opened)
{
    struct keeper_waiting *waiting = waiting_find(keeper, asked);
    struct keeper_secret *secret = waiting ? secret_find(waiting, opened->reference) : NULL;

    if (!secret)
        return; /* It was stopped meanwhile. */
    if (!opened->value.ptr) {
        fail(keeper, waiting->start.child,
             str_printf(keeper->turn, "a secret in its environment stays closed: %.*s",
                        STR_ARG(opened->reason)));
        return;
    }
    secret->value = str_copy(waiting->arena, opened->value);
    for (size_t i = 0; i < waiting->secrets.count; i++)
        if (!waiting->secrets.at[i].value.ptr)
            return;
    go(keeper, waiting);
}

void keeper__secret_lost(struct keeper *keeper)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&keeper->waiting, &position)))
        fail(keeper, ((struct keeper_waiting *)entry->value)->start.child,
             STR("the vault, which has its secrets, is not up"));
}
