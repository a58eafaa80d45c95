/*
 * libyaml's events become a graph (an alias is a second way to one node), the graph becomes JSON.
 *
 * Merge keys (`<<: *base` or a list of such) add what a map does not have itself, the first
 * source first. An alias inside its own node would be a cycle and is refused.
 */
#include "base/map.h"
#include "format/yaml/internal.h"

#include <stdio.h>
#include <yaml.h>

struct open {
    struct yaml__node *node;
    struct map keys; /* maps: key to struct yaml__entry */
    bool has_key;
    bool merging; /* the key is a merge key */
    struct str key;
};

struct reading {
    struct arena *arena;
    struct yaml_error *error;
    struct yaml__node *root;
    struct open stack[YAML_DEPTH_MAX];
    size_t depth;
    size_t documents;
    size_t budget;      /* entries that may still come: merge keys multiply them */
    struct map anchors; /* name to node */
};

#define TOO_LARGE "its aliases make it too large"

static bool fail(struct reading *reading, const yaml_mark_t *mark, const char *sentence)
{
    *reading->error = (struct yaml_error){ .line = mark->line + 1, .column = mark->column + 1 };
    (void)snprintf(reading->error->sentence, sizeof(reading->error->sentence), "%s", sentence);
    return false;
}

static struct str text_of(struct reading *reading, const yaml_char_t *text, size_t len)
{
    return str_copy(reading->arena, str_of((const char *)text, len));
}

static void entry_add(struct reading *reading, struct open *open, struct str key,
                      struct yaml__node *value)
{
    struct yaml__entry *entry = ARENA_NEW(reading->arena, struct yaml__entry);

    reading->budget -= reading->budget > 0;
    *entry = (struct yaml__entry){ .key = key, .value = value };
    if (open->node->last)
        open->node->last->next = entry;
    else
        open->node->first = entry;
    open->node->last = entry;
    if (open->node->kind == YAML__MAP)
        (void)map_put(&open->keys, key, entry);
}

static bool merge_one(struct reading *reading, struct open *open, const struct yaml__node *from,
                      const yaml_mark_t *mark)
{
    if (from->kind != YAML__MAP || !from->finished)
        return fail(reading, mark, "a merge key takes a map, or a list of maps");
    for (const struct yaml__entry *e = from->first; e; e = e->next) {
        if (map_find(&open->keys, e->key))
            continue;
        if (reading->budget == 0)
            return fail(reading, mark, TOO_LARGE);
        entry_add(reading, open, e->key, e->value);
        open->node->last->merged = true;
    }
    return true;
}

static bool merge(struct reading *reading, struct open *open, const struct yaml__node *from,
                  const yaml_mark_t *mark)
{
    if (from->kind != YAML__LIST)
        return merge_one(reading, open, from, mark);
    for (const struct yaml__entry *e = from->first; e; e = e->next) {
        if (!merge_one(reading, open, e->value, mark))
            return false;
    }
    return true;
}

static bool pair_add(struct reading *reading, struct open *open, struct yaml__node *value,
                     const yaml_mark_t *mark)
{
    open->has_key = false;
    struct yaml__entry *before = map_find(&open->keys, open->key);
    if (before && before->merged) {
        before->value = value;
        before->merged = false;
        return true;
    }
    if (before)
        return fail(reading, mark, "this key is there twice");
    entry_add(reading, open, open->key, value);
    return true;
}

/* A finished scalar, list or map takes its place in what is open. */
static bool node_place(struct reading *reading, struct yaml__node *node, bool plain,
                       const yaml_mark_t *mark)
{
    if (reading->depth == 0) {
        reading->root = node;
        return true;
    }
    struct open *open = &reading->stack[reading->depth - 1];
    if (open->node->kind == YAML__LIST) {
        entry_add(reading, open, STR_NULL, node);
        return true;
    }
    if (open->merging) {
        open->merging = false;
        return merge(reading, open, node, mark);
    }
    if (open->has_key)
        return pair_add(reading, open, node, mark);
    if (node->kind != YAML__SCALAR)
        return fail(reading, mark, "a key must be a text");
    open->merging = plain && str_is(node->raw, "<<");
    open->has_key = !open->merging;
    open->key = node->raw;
    return true;
}

static void anchor_put(struct reading *reading, const yaml_char_t *anchor, struct yaml__node *node)
{
    if (!anchor)
        return;
    struct str name = text_of(reading, anchor, strlen((const char *)anchor));
    (void)map_put(&reading->anchors, name, node);
}

static bool alias_read(struct reading *reading, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct yaml__node *node = map_find(&reading->anchors, str_from(name));

    if (!node)
        return fail(reading, &event->start_mark, "this alias names no anchor before it");
    if (!node->finished)
        return fail(reading, &event->start_mark, "this alias stands inside its own anchor");
    return node_place(reading, node, false, &event->start_mark);
}

static bool is_tag(const yaml_char_t *tag, const char *name)
{
    return tag && strcmp((const char *)tag, name) == 0;
}

static bool scalar_read(struct reading *reading, const yaml_event_t *event)
{
    struct yaml__node *node = ARENA_NEW(reading->arena, struct yaml__node);
    const yaml_char_t *tag = event->data.scalar.tag;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    node->kind = YAML__SCALAR;
    node->finished = true;
    node->raw = text_of(reading, event->data.scalar.value, event->data.scalar.length);
    if (!str_is_utf8(node->raw))
        return fail(reading, &event->start_mark, "this text is not UTF-8");
    if (is_tag(tag, YAML_STR_TAG) || (!plain && !tag)) {
        node->is_text = true;
        node->text = yaml__quoted(node->raw, reading->arena);
    } else {
        node->text = yaml__scalar(node->raw, reading->arena, &node->is_text);
    }
    anchor_put(reading, event->data.scalar.anchor, node);
    return node_place(reading, node, plain, &event->start_mark);
}

static bool container_open(struct reading *reading, enum yaml__kind kind, const yaml_char_t *anchor,
                           const yaml_mark_t *mark)
{
    struct yaml__node *node = ARENA_NEW(reading->arena, struct yaml__node);

    if (reading->depth == YAML_DEPTH_MAX)
        return fail(reading, mark, "this is nested too deep");
    node->kind = kind;
    anchor_put(reading, anchor, node);
    reading->stack[reading->depth++] = (struct open){ .node = node };
    return true;
}

static bool container_close(struct reading *reading, const yaml_mark_t *mark)
{
    struct open *open = &reading->stack[--reading->depth];

    open->node->finished = true;
    map_fini(&open->keys);
    open->keys = MAP_INIT;
    return node_place(reading, open->node, false, mark);
}

static bool event_read(struct reading *reading, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (reading->documents++ > 0)
            return fail(reading, &event->start_mark, "a second document begins here; one is read");
        return true;
    case YAML_ALIAS_EVENT:
        return alias_read(reading, event);
    case YAML_SCALAR_EVENT:
        return scalar_read(reading, event);
    case YAML_SEQUENCE_START_EVENT:
        return container_open(reading, YAML__LIST, event->data.sequence_start.anchor,
                              &event->start_mark);
    case YAML_MAPPING_START_EVENT:
        return container_open(reading, YAML__MAP, event->data.mapping_start.anchor,
                              &event->start_mark);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return container_close(reading, &event->start_mark);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

static bool parser_failed(struct reading *reading, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "this is no YAML";

    return fail(reading, &parser->problem_mark, problem);
}

static bool events_read(struct reading *reading, yaml_parser_t *parser)
{
    bool ok = true, ended = false;

    while (ok && !ended) {
        yaml_event_t event;

        if (!yaml_parser_parse(parser, &event))
            return parser_failed(reading, parser);
        ended = event.type == YAML_STREAM_END_EVENT;
        ok = event_read(reading, &event);
        yaml_event_delete(&event);
    }
    return ok;
}

static bool document_read(struct reading *reading, struct str text)
{
    yaml_parser_t parser;

    if (text.len == 0)
        text = STR(""); /* libyaml takes no NULL */
    CHECK(yaml_parser_initialize(&parser));
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
    bool ok = events_read(reading, &parser);
    yaml_parser_delete(&parser);
    for (size_t i = 0; i < reading->depth; i++)
        map_fini(&reading->stack[i].keys);
    map_fini(&reading->anchors);
    return ok;
}

int yaml_to_json(struct str text, struct arena *arena, struct yaml_error *ret_error,
                 struct str *ret_json)
{
    struct arena *work CLEANUP(arena_free) = arena_new(0);
    struct reading *reading = ARENA_NEW(work, struct reading);
    struct buf out BUF_CLEANUP = BUF_INIT;
    yaml_mark_t start = { 0 };

    reading->arena = work;
    reading->error = ret_error;
    reading->budget = text.len * YAML_GROWTH_MAX + YAML_GROWTH_MIN;
    if (!document_read(reading, text))
        return YAML_MALFORMED;
    if (!reading->root) {
        (void)fail(reading, &start, "there is no document");
        return YAML_MALFORMED;
    }
    if (!yaml__print(reading->root, text.len * YAML_GROWTH_MAX + YAML_GROWTH_MIN, &out)) {
        (void)fail(reading, &start, TOO_LARGE);
        return YAML_MALFORMED;
    }
    *ret_json = str_copy(arena, buf_str(&out));
    return YAML_READ;
}
