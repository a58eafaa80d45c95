/*
 * Secrets at the daemon's own door: what an agent or a command line says is JSON, and a known
 * shape in it becomes a reference before anything else looks at it. It is not kept: a credential
 * that a program carries in its text belongs to no connection, and is put back nowhere. Only what
 * is given with a source goes to the vault, for the environment of its child.
 */
#include "proc/daemon/internal.h"

int daemon__door_open(struct daemon *daemon)
{
    bool made;
    int r = daemon__file_get(daemon->disk, "door.key", daemon->door.key, sizeof(daemon->door.key),
                             &made);

    daemon->door.kind = SECRET_JSON;
    return r < 0 ? TRACE(r) : 0;
}

static void daemon_door_seal(struct daemon *daemon, const struct secret_found *found)
{
    const struct msg_vault_seal seal = { .reference =
                                             str_of(found->reference, SECRET_REFERENCE_LEN),
                                         .value = found->value };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_vault_seal_encode(&seal, &payload);
    daemon__send(&daemon->vault, MSG_VAULT_SEAL, 0, buf_str(&payload));
}

struct str daemon__door_give(struct daemon *daemon, struct str value)
{
    struct secret_found found = { .value = value };
    struct secret_span span;
    size_t at = 0;

    /* Its shape was known: it is a reference already. */
    if (secret_reference_next(value, &at, &span))
        return value;
    secret_reference(daemon->door.key, value, found.reference);
    daemon_door_seal(daemon, &found);
    return str_printf(daemon->turn, "{{%.*s}}", (int)SECRET_REFERENCE_LEN, found.reference);
}

/* A credential of a source is a secret whole, whatever its shape: given.c has it. */
static bool daemon_door_is_auth(struct str path)
{
    struct str plain = str_slice(path, 0, str_find_char(path, '?'));

    return str_starts(plain, STR("/v1/sources/")) && str_ends(plain, STR("/auth"));
}

struct str daemon__door(struct daemon *daemon, struct str path, struct str json)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct secret_found_list found = { 0 };
    size_t count;

    if (daemon_door_is_auth(path))
        return json;
    count = secret_replace(&daemon->door, json, daemon->turn, &out, &found);
    for (size_t i = 0; i < found.count && str_is(path, "/v1/sources"); i++)
        daemon_door_seal(daemon, &found.at[i]);
    VEC_FINI(&found);
    return count ? str_copy(daemon->turn, buf_str(&out)) : json;
}
