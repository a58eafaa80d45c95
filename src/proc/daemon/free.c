/* The end of a daemon: everything that it held. */
#include "proc/daemon/internal.h"

static void daemon_free_map(struct map *map, void (*fini)(void *))
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(map, &at));)
        fini(entry->value);
    map_fini(map);
}

static void daemon_free_request(void *value)
{
    (void)arena_free(((struct daemon_request *)value)->arena);
}

static void daemon_free_waiters(void *value)
{
    VEC_FINI(&((struct daemon_waiters *)value)->requests);
    (void)heap_free(value);
}

static void daemon_free_source(void *value)
{
    buf_fini(&((struct daemon_source *)value)->stderr_tail);
    buf_fini(&((struct daemon_source *)value)->parts);
    buf_fini(&((struct daemon_source *)value)->etag);
    (void)heap_free(value);
}

static void daemon_free_stdio(void *value)
{
    struct daemon_stdio *stdio = value;

    (void)stream_free(stdio->stream);
    (void)arena_free(stdio->arena);
    (void)heap_free(stdio);
}

static void daemon_free_client(void *value)
{
    struct daemon_client *client = value;

    (void)link_free(client->peer.link);
    (void)arena_free(client->arena);
}

static void daemon_free_heap(void *value)
{
    (void)heap_free(value);
}

static void daemon_free_links(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->workers.count; i++) {
        (void)link_free(daemon->workers.at[i]->peer.link);
        VEC_FINI(&daemon->workers.at[i]->queue);
        (void)heap_free(daemon->workers.at[i]);
    }
    VEC_FINI(&daemon->workers);
    (void)listener_free(daemon->listener);
    (void)link_free(daemon->keeper.link);
    (void)link_free(daemon->web.link);
    (void)link_free(daemon->egress.link);
    (void)link_free(daemon->net.link);
    (void)link_free(daemon->compile.link);
    daemon__compile_end(daemon);
    daemon__searches_end(daemon);
    daemon__probes_end(daemon);
    (void)link_free(daemon->vault.link);
}

struct daemon *daemon_free(struct daemon *daemon)
{
    if (!daemon)
        return NULL;
    daemon_free_map(&daemon->stdios, daemon_free_stdio);
    daemon_free_map(&daemon->clients, daemon_free_client);
    daemon_free_map(&daemon->requests, daemon_free_request);
    daemon_free_map(&daemon->waiters, daemon_free_waiters);
    daemon_free_map(&daemon->sources, daemon_free_source);
    daemon_free_map(&daemon->slots, daemon_free_heap);
    daemon__outcomes_free(daemon);
    map_fini(&daemon->keys);
    daemon_free_links(daemon);
    VEC_FINI(&daemon->line);
    map_fini(&daemon->rounds);
    for (size_t i = 0; i < daemon->held.count; i++)
        (void)heap_free((char *)(uintptr_t)daemon->held.at[i].text.ptr);
    VEC_FINI(&daemon->held);
    VEC_FINI(&daemon->acts);
    VEC_FINI(&daemon->handed);
    if (daemon->mcp)
        mcp_actions_fini(&daemon->actions);
    (void)mcp_free(daemon->mcp);
    core_update_fini(&daemon->update);
    buf_fini(&daemon->text);
    (void)heap_free(daemon->seen);
    (void)core_free(daemon->core);
    (void)log_close(daemon->log);
    (void)disk_close(daemon->disk);
    (void)disk_close(daemon->run_disk);
    (void)arena_free(daemon->turn);
    (void)arena_free(daemon->core_arena);
    return heap_free(daemon);
}
