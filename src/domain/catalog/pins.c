/*
 * What a person said of a source's tools: approved at this digest, in this class, or rejected.
 *
 * Where all that is offered is approved, pinned and offered are one listing. Where only some is,
 * the pins are a listing of their own: its tools are copies that look into the listings they came
 * from (their homes), which stay as long as one pin is of them. The name upstream is what a pin is
 * known by; of two pins with one path the later approved stays.
 */
#include "domain/catalog/internal.h"

#include <stdlib.h>

static bool is_for(const struct catalog__source *source, uint32_t version,
                   const struct digest *digest)
{
    return source && source->offered && source->view.version == version &&
           digest_equal(&source->view.digest, digest);
}

/* Each leads to the source: what matters is that it is there. */
static struct map names_of(struct catalog__source *source, const struct str *names, size_t count)
{
    struct map map = MAP_INIT;

    for (size_t i = 0; i < count; i++)
        (void)map_put(&map, names[i], source);
    return map;
}

void catalog__pins_count(struct catalog__source *source)
{
    struct catalog_source *view = &source->view;

    view->waiting_count = view->rejected_count = 0;
    for (size_t i = 0; i < source->offered->count; i++) {
        const struct catalog_tool *tool = &source->offered->tools[i];

        view->waiting_count += tool->waiting && !tool->rejected;
        view->rejected_count += tool->rejected;
    }
}

void catalog__pins_remember(const struct catalog__source *source, struct catalog_tool *tool)
{
    const struct catalog_tool *before =
        source->offered ? map_find(&source->offered->by_name, tool->name) : NULL;
    const struct catalog_tool *pin = catalog_pin(&source->view, tool->name);

    tool->rejected =
        tool->waiting && before && before->rejected && digest_equal(&before->digest, &tool->digest);
    tool->chosen = !tool->waiting && pin && pin->chosen;
}

/* ---- pins of several listings ---- */

static void home_keep(struct catalog__listing *pins, const struct catalog_tool *tool)
{
    struct catalog__listing *home = tool->more->home;

    for (size_t i = pins->homes_count; i > 0; i--) {
        if (pins->homes[i - 1] == home)
            return;
    }
    home->refs++;
    pins->homes[pins->homes_count++] = home;
}

static void pin_keep(struct catalog__listing *pins, const struct catalog_tool *tool)
{
    pins->tools[pins->count] = *tool;
    (void)map_put(&pins->by_name, tool->name, &pins->tools[pins->count]);
    (void)map_put(&pins->by_path, tool->path, &pins->tools[pins->count]);
    pins->count++;
    home_keep(pins, tool);
}

static int path_compare(const void *a, const void *b)
{
    return str_compare(((const struct catalog_tool *)a)->path,
                       ((const struct catalog_tool *)b)->path);
}

static void pins_sort(struct catalog__listing *pins)
{
    qsort(pins->tools, pins->count, sizeof(*pins->tools), path_compare);
    for (size_t i = 0; i < pins->count; i++) {
        struct catalog_tool *tool = &pins->tools[i];

        (void)map_put(&pins->by_name, tool->name, tool);
        (void)map_put(&pins->by_path, tool->path, tool);
    }
}

/* Was what is pinned there taken back? */
static bool is_taken_back(const struct catalog_tool *pin, const struct catalog__listing *offered)
{
    const struct catalog_tool *tool = map_find(&offered->by_name, pin->name);

    return tool && tool->rejected && digest_equal(&tool->digest, &pin->digest);
}

struct catalog__listing *catalog__pins_new(const struct catalog__listing *pinned,
                                           struct catalog__listing *offered)
{
    struct arena *arena = arena_new(0);
    struct catalog__listing *pins = ARENA_NEW(arena, struct catalog__listing);
    size_t before = pinned ? pinned->count : 0;

    pins->arena = arena;
    pins->refs = 1;
    pins->tools = ARENA_ARRAY(arena, struct catalog_tool, offered->count + before + 1);
    pins->homes =
        ARENA_ARRAY(arena, struct catalog__listing *, 2 + (pinned ? pinned->homes_count : 0));
    for (size_t i = 0; i < offered->count; i++) {
        if (!offered->tools[i].waiting)
            pin_keep(pins, &offered->tools[i]);
    }
    for (size_t i = 0; i < before; i++) {
        const struct catalog_tool *pin = &pinned->tools[i];

        if (!map_find(&pins->by_name, pin->name) && !map_find(&pins->by_path, pin->path) &&
            !is_taken_back(pin, offered))
            pin_keep(pins, pin);
    }
    pins_sort(pins);
    return pins;
}

static void pins_set(struct catalog *catalog, struct catalog__source *source)
{
    struct catalog_source *view = &source->view;
    struct catalog__listing *before = source->pinned;

    catalog__pins_count(source);
    if (view->waiting_count + view->rejected_count == 0) {
        source->pinned = source->offered;
        source->pinned->refs++;
    } else {
        source->pinned = catalog__pins_new(before, source->offered);
    }
    (void)catalog__listing_unref(catalog, before);
    view->pins = source->pinned->tools;
    view->pins_count = source->pinned->count;
}

/* ---- what a person says ---- */

/*
 * Yes or no, to the tools that are named. Where none is: yes to all that nobody said no to, and no
 * to all that wait.
 */
static void pins_say(struct catalog__source *source, const struct str *tools, size_t count, bool no)
{
    struct map names = names_of(source, tools, count);

    source->said++;
    for (size_t i = 0; i < source->offered->count; i++) {
        struct catalog_tool *tool = &source->offered->tools[i];
        bool meant = no ? tool->waiting : !tool->rejected;

        if (count > 0 ? !map_find(&names, tool->name) : !meant)
            continue;
        tool->waiting = tool->rejected = no;
        tool->chosen = tool->chosen && !no;
    }
    map_fini(&names);
}

static void effects_choose(struct catalog__source *source,
                           const struct event_source_approved *event)
{
    for (size_t i = 0; i < event->effects_count; i++) {
        struct catalog_tool *tool = map_find(&source->offered->by_name, event->effects[i].name);

        if (!tool || tool->waiting)
            continue;
        tool->effect = event->effects[i].effect;
        tool->chosen = true;
    }
}

/* An approval of anything but exactly what is offered approves nothing. */
void catalog__pins_approve(struct catalog *catalog, const struct event_source_approved *event)
{
    struct catalog__source *source = map_find_u64(&catalog->sources, event->source);

    if (!is_for(source, event->version, &event->digest))
        return;
    pins_say(source, event->tools, event->tools_count, false);
    effects_choose(source, event);
    pins_set(catalog, source);
    source->view.approved = true;
    source->view.approved_version = event->version;
    source->view.approved_digest = event->digest;
    catalog->unindexed = true;
}

void catalog__pins_reject(struct catalog *catalog, const struct event_source_rejected *event)
{
    struct catalog__source *source = map_find_u64(&catalog->sources, event->source);

    if (!is_for(source, event->version, &event->digest))
        return;
    pins_say(source, event->tools, event->tools_count, true);
    if (source->pinned)
        pins_set(catalog, source);
    else
        catalog__pins_count(source);
}
