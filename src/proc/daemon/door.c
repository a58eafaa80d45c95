/*
 * Secrets at the daemon's own door: what an agent or a command line says is JSON, and a known
 * shape in it becomes a reference before anything else looks at it. It is not kept: a credential
 * that a program carries in its text belongs to no connection, and is put back nowhere. Only what
 * a person gives with a source, or to a question of one, goes to the vault.
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

static void daemon_door_seal(struct daemon *daemon, const struct secret_found *found,
                             uint64_t source)
{
    const struct msg_vault_seal seal = { .reference =
                                             str_of(found->reference, SECRET_REFERENCE_LEN),
                                         .value = found->value,
                                         .source = source };
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
    daemon_door_seal(daemon, &found, 0);
    return str_printf(daemon->turn, "{{%.*s}}", (int)SECRET_REFERENCE_LEN, found.reference);
}

/* A credential of a source is a secret whole, whatever its shape: given.c has it. */
static bool daemon_door_is_auth(struct str path)
{
    struct str plain = str_slice(path, 0, str_find_char(path, '?'));

    return str_starts(plain, STR("/v1/sources/")) && str_ends(plain, STR("/auth"));
}

/* What is given with a source, or to what a source asks, is put back for that source alone. */
static bool daemon_is_kept(const struct daemon *daemon, struct str path, uint64_t *ret_source)
{
    const struct input *input = NULL;
    const struct call *call;
    struct str rest = path;
    struct id id;

    *ret_source = 0;
    if (str_is(path, "/v1/sources"))
        return true;
    if (!str_starts(path, STR("/v1/inputs/")))
        return false;
    rest = str_slice(path, sizeof("/v1/inputs/") - 1, path.len);
    if (id_parse(str_split(&rest, '/'), "inp", &id))
        input = core_input(daemon->core, id);
    call = input && input->ask ? core_call(daemon->core, input->execution, input->call) : NULL;
    *ret_source = call ? call->source : 0;
    return call;
}

struct str daemon__door(struct daemon *daemon, struct str path, struct str json)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct secret_found_list found = { 0 };
    uint64_t source;
    bool kept = daemon_is_kept(daemon, path, &source);
    size_t count;

    if (daemon_door_is_auth(path))
        return json;
    count = secret_replace(&daemon->door, json, daemon->turn, &out, &found);
    for (size_t i = 0; i < found.count && kept; i++)
        daemon_door_seal(daemon, &found.at[i], source);
    VEC_FINI(&found);
    return count ? str_copy(daemon->turn, buf_str(&out)) : json;
}

/* Each secret in the text may be opened once: by this call, or (call 0) for the child. */
void daemon__vault_grants(struct daemon *daemon, struct str text, const struct msg_vault_grant *use)
{
    struct secret_span span;
    size_t at = 0;

    while (secret_reference_next(text, &at, &span)) {
        struct buf payload BUF_CLEANUP = BUF_INIT;
        struct msg_vault_grant grant = *use;

        grant.reference = str_slice(text, span.from + 2, span.to - 2);
        msg_vault_grant_encode(&grant, &payload);
        daemon__send(&daemon->vault, MSG_VAULT_GRANT, use->execution, buf_str(&payload));
    }
}
