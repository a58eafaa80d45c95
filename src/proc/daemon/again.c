/*
 * Sources that are listed again later: what they offer changes too often to be recorded each time
 * (domain/catalog/news.h), or a program wants them listed anew too often. Each has one time for
 * it; deadlines are looked at once a second.
 */
#include "proc/daemon/internal.h"
#include "proc/daemon/own.h"

/* Between two listings that programs want: twice as long after each that had to wait. */
#define EVERY_MS     1000
#define EVERY_MS_MAX 60000

static void list_at(struct daemon *daemon, struct daemon_source *held, int64_t at_ms)
{
    if (held->again.at_ms == 0 || at_ms < held->again.at_ms)
        held->again.at_ms = at_ms;
    if (held->again.at_ms < daemon->again_ms)
        daemon->again_ms = held->again.at_ms;
}

void daemon__source_later(struct daemon *daemon, uint64_t source, int64_t wait_ms)
{
    struct daemon_source *held = daemon__source_find(daemon, source);

    list_at(daemon, held, daemon->now_ms + wait_ms);
}

static void refresh(struct daemon *daemon, struct daemon_source *held)
{
    uint64_t source = held->source;

    held->again.refresh_ms = daemon->now_ms + held->again.refresh_every_ms;
    held->again.refresh_owed = false;
    daemon__source_refresh(daemon, source); /* Its record may be another one now. */
}

void daemon__source_refresh_soon(struct daemon *daemon, uint64_t source)
{
    struct daemon_source *held = daemon__source_find(daemon, source);

    if (daemon->now_ms >= held->again.refresh_ms) {
        held->again.refresh_every_ms = EVERY_MS;
        refresh(daemon, held);
        return;
    }
    if (!held->again.refresh_owed) {
        int64_t every_ms = held->again.refresh_every_ms * 2;

        held->again.refresh_every_ms = every_ms < EVERY_MS_MAX ? every_ms : EVERY_MS_MAX;
    }
    held->again.refresh_owed = true;
    list_at(daemon, held, held->again.refresh_ms);
}

/* One that is down is listed when it is started, unless somebody wants that. */
static void again(struct daemon *daemon, struct daemon_source *held)
{
    bool wanted = held->again.refresh_owed;

    held->again.at_ms = 0;
    if (wanted)
        refresh(daemon, held);
    else if (held->open)
        daemon__source_refresh(daemon, held->source);
}

void daemon__sources_again(struct daemon *daemon)
{
    struct map_entry *entry;
    size_t position = 0;

    if (daemon->again_ms > daemon->now_ms)
        return;
    daemon->again_ms = INT64_MAX;
    while ((entry = map_next(&daemon->sources, &position))) {
        struct daemon_source *held = entry->value;

        if (held->again.at_ms && held->again.at_ms <= daemon->now_ms) {
            again(daemon, held);
            position = 0; /* The map may have grown. */
        } else if (held->again.at_ms && held->again.at_ms < daemon->again_ms) {
            daemon->again_ms = held->again.at_ms;
        }
    }
}
