/*
 * Where in the text something is: the events once more, with the path of where they are.
 *
 * The place is that of the longest part of the pointer that was met, so what an alias or a merge
 * key brought is placed at the map that has it.
 */
#include "format/yaml/internal.h"

#include <yaml.h>

struct level {
    bool map;
    bool on_path;   /* all above it is on the pointer */
    bool at_key;    /* maps: the next scalar is a key */
    bool key_match; /* maps: the key before was the pointer's next token */
    size_t index;   /* lists */
};

struct locating {
    struct str rest; /* of the pointer, from the first token that was not met */
    struct level stack[YAML_DEPTH_MAX];
    size_t depth;
    size_t line;
    size_t column;
    bool done;
};

static struct str token_of(struct str rest)
{
    struct str token = str_slice(rest, 1, rest.len);

    return str_slice(token, 0, str_find_char(token, '/'));
}

/* ~1 is /, ~0 is ~. */
static bool token_is(struct str token, struct str key)
{
    size_t at = 0;

    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];

        if (c == '~' && i + 1 < token.len)
            c = token.ptr[++i] == '1' ? '/' : '~';
        if (at == key.len || key.ptr[at++] != c)
            return false;
    }
    return at == key.len;
}

static bool index_is(struct str token, size_t index)
{
    uint64_t number;

    return str_to_u64(token, &number) && number == index;
}

/* A value begins: whether it is what the pointer's next token names. */
static bool value_begins(struct locating *locating, const yaml_mark_t *mark)
{
    struct level *level = locating->depth > 0 ? &locating->stack[locating->depth - 1] : NULL;
    bool on_path = !level;

    if (level && level->on_path && level->map) {
        on_path = level->key_match;
    } else if (level && level->on_path) {
        on_path = index_is(token_of(locating->rest), level->index);
    }
    if (level && level->map)
        level->at_key = true;
    if (level)
        level->index++;
    if (!on_path)
        return false;
    if (level) {
        struct str token = token_of(locating->rest);

        level->on_path = false; /* nothing beside it can be */
        locating->rest = str_slice(locating->rest, token.len + 1, locating->rest.len);
    }
    locating->line = mark->line + 1;
    locating->column = mark->column + 1;
    locating->done = locating->rest.len == 0;
    return true;
}

static void scalar_read(struct locating *locating, const yaml_event_t *event)
{
    struct level *level = locating->depth > 0 ? &locating->stack[locating->depth - 1] : NULL;

    if (level && level->map && level->at_key) {
        struct str key = str_of((const char *)event->data.scalar.value, event->data.scalar.length);

        level->key_match = level->on_path && token_is(token_of(locating->rest), key);
        level->at_key = false;
        return;
    }
    (void)value_begins(locating, &event->start_mark);
}

static void container_open(struct locating *locating, bool map, const yaml_mark_t *mark)
{
    bool on_path = value_begins(locating, mark);

    if (locating->depth == YAML_DEPTH_MAX) {
        locating->done = true;
        return;
    }
    locating->stack[locating->depth++] =
        (struct level){ .map = map, .on_path = on_path, .at_key = map };
}

static void event_read(struct locating *locating, const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT)
        scalar_read(locating, event);
    else if (event->type == YAML_ALIAS_EVENT)
        (void)value_begins(locating, &event->start_mark);
    else if (event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT)
        container_open(locating, event->type == YAML_MAPPING_START_EVENT, &event->start_mark);
    else if (event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT)
        locating->depth -= locating->depth > 0;
    else if (event->type == YAML_STREAM_END_EVENT)
        locating->done = true;
}

void yaml_locate(struct str text, struct str pointer, size_t *ret_line, size_t *ret_column)
{
    struct locating locating = { .rest = pointer, .line = 1, .column = 1 };
    yaml_parser_t parser;

    if (text.len == 0)
        text = STR(""); /* libyaml takes no NULL */
    CHECK(yaml_parser_initialize(&parser));
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
    while (!locating.done) {
        yaml_event_t event;

        if (!yaml_parser_parse(&parser, &event))
            break;
        event_read(&locating, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    *ret_line = locating.line;
    *ret_column = locating.column;
}
