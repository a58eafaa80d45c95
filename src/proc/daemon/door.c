/*
 * Secrets at the daemon's own door: what an agent or a command line says is JSON, and a known
 * shape in it becomes a reference before anything else looks at it. It is not kept: a credential
 * that a program carries in its text belongs to no connection, and is put back nowhere.
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

struct str daemon__door(struct daemon *daemon, struct str json)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct secret_found_list found = { 0 };
    size_t count = secret_replace(&daemon->door, json, daemon->turn, &out, &found);

    VEC_FINI(&found);
    return count ? str_copy(daemon->turn, buf_str(&out)) : json;
}
