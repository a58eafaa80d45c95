/*
 * What says which of oneOf or anyOf a value is: a property, and what each text of it means.
 *
 *     "x-discriminator": {"propertyName": "petType", "mapping": {"cat": 0, "dog": 1}}
 *
 * The mapping names every alternative that can be told, by its index: by what the document maps to
 * it; else by the texts that the alternative itself allows the property (const, enum); else by the
 * name of its schema. A text that would mean two alternatives means none.
 */
#include "format/openapi/internal.h"

#define ALTERNATIVES_MAX 1024U
#define MAPPED_MAX       4096U
#define TEXTS_MAX        32U /* that one alternative says of itself */

struct told {
    struct openapi *run;
    const struct json_value *list;
    struct str property;
    size_t count;
    const struct json_value **targets; /* by alternative: what it refers to, or it itself */
    struct map places;                 /* of those, by what they are */
    bool *named;                       /* by the document's own mapping */
    struct map texts;                  /* to a place in targets; to nothing: it means two */
};

static void text_add(struct told *told, struct str text, size_t index)
{
    static int nothing;
    void *place = (void *)(uintptr_t)&told->targets[index];
    void *before = map_find(&told->texts, text);

    if (!before)
        (void)map_put(&told->texts, text, place);
    else if (before != place)
        (void)map_put(&told->texts, text, &nothing);
}

/* "Cat" is a schema of that name, anything else a reference; the name wins where both are. */
static const struct json_value *meaning_find(struct openapi *run,
                                             const struct openapi__doc *document, struct str text)
{
    const struct json_value *schemas = run->version == OPENAPI__20
                                           ? json_get(run->root, "definitions")
                                           : json_get(json_get(run->root, "components"), "schemas");
    const struct json_value *found = json_find(schemas, text);

    return found ? found : openapi__lookup(run, document, text);
}

static void mapping_take(struct told *told, const struct json_value *mapping)
{
    const struct openapi__doc *document = openapi__doc_of(told->run, mapping);
    struct json_iter iter = json_iter(mapping);
    const struct json_value *value;
    unsigned count = 0;

    while (json_is_object(mapping) && (value = json_next(&iter)) && count++ < MAPPED_MAX) {
        const struct json_value *target =
            json_is_string(value) ? meaning_find(told->run, document, json_str(value)) : NULL;
        const struct json_value **place =
            target
                ? map_find_u64(&told->places, (uint64_t)(uintptr_t)openapi__peek(told->run, target))
                : NULL;

        if (!place)
            continue;
        told->named[place - told->targets] = true;
        text_add(told, iter.key, (size_t)(place - told->targets));
    }
}

/* What a schema allows the property, where that is texts. */
static bool constants_take(struct told *told, const struct json_value *schema, size_t index)
{
    const struct json_value *property =
        openapi__peek(told->run, json_find(json_get(schema, "properties"), told->property));
    const struct json_value *list = json_get(property, "enum"), *text;
    struct json_iter iter = json_iter(list);

    if (json_is_string(json_get(property, "const"))) {
        text_add(told, json_get_str(property, "const"), index);
        return true;
    }
    if (!json_is_array(list) || json_count(list) == 0 || json_count(list) > TEXTS_MAX)
        return false;
    while ((text = json_next(&iter))) {
        if (json_is_string(text))
            text_add(told, json_str(text), index);
    }
    return true;
}

/* By what its schema, or a part of it, allows. */
static bool schema_take(struct told *told, size_t index)
{
    const struct json_value *schema = openapi__peek(told->run, told->targets[index]);
    struct json_iter iter = json_iter(json_get(schema, "allOf"));
    const struct json_value *part;
    unsigned count = 0;

    if (constants_take(told, schema, index))
        return true;
    while (json_is_object(schema) && (part = json_next(&iter)) && count++ < TEXTS_MAX) {
        if (constants_take(told, openapi__peek(told->run, part), index))
            return true;
    }
    return false;
}

/* By the name that it is referred to by. */
static void name_take(struct told *told, const struct json_value *alternative, size_t index)
{
    struct str rest = json_get_str(alternative, "$ref"), last = STR_NULL;

    while (rest.ptr)
        last = str_split(&rest, '/');
    if (last.len > 0 && str_find_char(last, '#') == SIZE_MAX)
        text_add(told, last, index);
}

static void alternatives_take(struct told *told)
{
    struct json_iter iter = json_iter(told->list);
    const struct json_value *each;

    for (size_t i = 0; i < told->count && (each = json_next(&iter)); i++) {
        if (!told->named[i] && told->targets[i] && !schema_take(told, i))
            name_take(told, each, i);
    }
}

static void targets_find(struct told *told)
{
    struct json_iter iter = json_iter(told->list);
    const struct json_value *each;

    told->targets = ARENA_ARRAY(told->run->arena, const struct json_value *, told->count + 1);
    told->named = ARENA_ARRAY(told->run->arena, bool, told->count + 1);
    for (size_t i = 0; i < told->count && (each = json_next(&iter)); i++)
        told->targets[i] = openapi__peek(told->run, each);
    for (size_t i = told->count; i > 0; i--) { /* of two alike the first */
        if (told->targets[i - 1])
            (void)map_put_u64(&told->places, (uint64_t)(uintptr_t)told->targets[i - 1],
                              (void *)(uintptr_t)&told->targets[i - 1]);
    }
}

static void texts_print(const struct told *told, struct buf *out)
{
    const struct map_entry *entry;
    size_t position = 0;
    bool comma = false;

    while ((entry = map_next(&told->texts, &position))) {
        const struct json_value **place = entry->value;

        if (place < told->targets || place >= told->targets + told->count)
            continue; /* it means two */
        buf_add_c(out, comma ? "," : ",\"mapping\":{");
        comma = true;
        buf_add_json(out, entry->key);
        buf_printf(out, ":%zu", (size_t)(place - told->targets));
    }
    if (comma)
        buf_add_char(out, '}');
}

bool openapi__discriminator(struct openapi *run, const struct json_value *schema,
                            const struct json_value *value, struct buf *out)
{
    struct told told = { .run = run, .list = json_get(schema, "oneOf") };

    told.property = json_is_string(value) ? json_str(value) : json_get_str(value, "propertyName");
    if (!told.property.ptr)
        return false;
    if (!json_is_array(told.list))
        told.list = json_get(schema, "anyOf");
    told.count = json_is_array(told.list) ? json_count(told.list) : 0;
    buf_add_c(out, "{\"propertyName\":");
    buf_add_json(out, told.property);
    if (told.count > 0 && told.count <= ALTERNATIVES_MAX) {
        targets_find(&told);
        mapping_take(&told, json_get(value, "mapping"));
        alternatives_take(&told);
        texts_print(&told, out);
    }
    buf_add_char(out, '}');
    map_fini(&told.places);
    map_fini(&told.texts);
    return true;
}
