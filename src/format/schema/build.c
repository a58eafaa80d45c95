/*
 * A node from a schema object: the values of its keywords are laid out by keyword, as far as its
 * dialect and vocabularies have them; then each part of the node takes what concerns it.
 */
#include "format/schema/compile.h"

#include "base/uri.h"

/* Required names up to this many are looked up one by one where nothing else needs a walk. */
#define BUILD_LOOKUPS_MAX 4U

struct build_applies VEC(struct schema__apply);

struct build {
    struct schema__compiler *compiler;
    struct schema__item item;
    uint32_t index; /* of the item */
    struct schema__node *node;
    struct schema__resource resource;
    struct build_applies applies;
    const struct json_value *at[KW__COUNT];
};

/* Where a schema under the keyword stands. */
static struct schema__item build_where(const struct build *build, enum schema__kw kw,
                                       struct str key)
{
    return (struct schema__item){
        .resource = build->item.resource, .parent = build->index, .kw = kw, .key = key
    };
}

static void build_place(struct build *build, const struct schema__node **place,
                        const struct json_value *value, enum schema__kw kw)
{
    struct schema__item where = build_where(build, kw, STR_NULL);

    schema__place(build->compiler, place, value, &where);
}

/* The keyword's value if it has the type; a problem if it has another. */
static const struct json_value *build_get(struct build *build, enum schema__kw kw,
                                          enum json_type type)
{
    const struct json_value *value = build->at[kw];

    if (!value || json_type(value) == type)
        return value;
    schema__refuse(build->compiler, &build->item, kw, "expected %s %s, got %s",
                   type == JSON_ARRAY || type == JSON_OBJECT ? "an" : "a", json_type_name(type),
                   json_type_name(json_type(value)));
    return NULL;
}

static uint64_t build_count(struct build *build, enum schema__kw kw, uint64_t fallback)
{
    struct str digits;
    uint64_t count;

    if (!build_get(build, kw, JSON_NUMBER) || json_to_u64(build->at[kw], &count))
        return json_u64_or(build->at[kw], fallback);
    /* What is beyond 64 bits is beyond every count. */
    digits = json_digits(build->at[kw]);
    if (json_is_integer(build->at[kw]) && digits.ptr && digits.ptr[0] != '-')
        return UINT64_MAX;
    schema__refuse(build->compiler, &build->item, kw, "expected a whole number from 0");
    return fallback;
}

static const struct json_value *build_keep(struct build *build, const struct json_value *value)
{
    return value ? json_copy(build->compiler->arena, value) : NULL;
}

static unsigned build_type_bit(struct build *build, struct str name)
{
    static const struct {
        const char *name;
        unsigned bits;
    } types[] = { { "null", TYPE__NULL },
                  { "boolean", TYPE__BOOL },
                  { "object", TYPE__OBJECT },
                  { "array", TYPE__ARRAY },
                  { "string", TYPE__STRING },
                  { "integer", TYPE__INTEGER },
                  { "number", TYPE__NUMBER | TYPE__INTEGER } };

    for (size_t i = 0; i < ARRAY_COUNT(types); i++)
        if (str_is(name, types[i].name))
            return types[i].bits;
    schema__refuse(build->compiler, &build->item, KW_TYPE, "there is no type \"%.*s\"",
                   STR_ARG(name));
    return 0;
}

static void build_types(struct build *build)
{
    const struct json_value *type = build->at[KW_TYPE];
    struct json_iter iter = json_iter(type);
    const struct json_value *name;
    unsigned types = 0;

    build->node->types = TYPE__ALL;
    build->node->plain_integer = build->resource.dialect == SCHEMA_DRAFT_04;
    if (!type)
        return;
    if (json_is_string(type))
        types = build_type_bit(build, json_str(type));
    else if (build_get(build, KW_TYPE, JSON_ARRAY))
        while ((name = json_next(&iter)))
            types |= build_type_bit(build, json_str(name));
    build->node->types = (uint8_t)types;
}

static const struct schema__values *build_values(struct build *build, const struct json_value *all,
                                                 bool is_const)
{
    struct arena *arena = build->compiler->arena;
    struct schema__values *values = ARENA_NEW(arena, struct schema__values);
    size_t count = is_const ? 1 : json_count(all);
    struct schema__table_key *keys =
        ARENA_ARRAY(build->compiler->work, struct schema__table_key, count);
    struct map seen = MAP_INIT;
    const struct json_value *value;
    struct json_iter iter;
    size_t strings = 0;

    values->is_const = is_const;
    values->all = build_keep(build, all);
    values->others = ARENA_ARRAY(arena, const struct json_value *, count);
    iter = json_iter(values->all);
    for (size_t i = 0; i < count; i++) {
        value = is_const ? values->all : json_next(&iter);
        if (!json_is_string(value))
            values->others[values->others_count++] = value;
        else if (!map_put(&seen, json_str(value), keys))
            keys[strings++] = (struct schema__table_key){ .key = json_str(value) };
    }
    map_fini(&seen);
    if (strings)
        values->strings = schema__table_new(arena, keys, strings);
    return values;
}

static void build_number(struct build *build)
{
    static const enum schema__kw kws[] = { KW_MINIMUM, KW_MAXIMUM, KW_EXCLUSIVE_MINIMUM,
                                           KW_EXCLUSIVE_MAXIMUM };
    const struct json_value *bounds[ARRAY_COUNT(kws)] = { 0 };
    bool old = build->resource.dialect == SCHEMA_DRAFT_04;
    struct schema__number *number;

    if (!build->at[KW_MINIMUM] && !build->at[KW_MAXIMUM] && !build->at[KW_EXCLUSIVE_MINIMUM] &&
        !build->at[KW_EXCLUSIVE_MAXIMUM] && !build->at[KW_MULTIPLE_OF])
        return;
    for (size_t i = 0; i < ARRAY_COUNT(kws); i++)
        if (i < 2 || !old || json_is_number(build->at[kws[i]]))
            bounds[i] = build_keep(build, build_get(build, kws[i], JSON_NUMBER));
    for (size_t i = 2; old && i < ARRAY_COUNT(kws); i++)
        if (!bounds[i] && json_is_true(build_get(build, kws[i], JSON_BOOL))) {
            bounds[i] = bounds[i - 2];
            bounds[i - 2] = NULL;
        }
    number = ARENA_NEW(build->compiler->arena, struct schema__number);
    *number = (struct schema__number){ .minimum = bounds[0],
                                       .maximum = bounds[1],
                                       .exclusive_minimum = bounds[2],
                                       .exclusive_maximum = bounds[3] };
    build->node->number = number;
    if (!build_get(build, KW_MULTIPLE_OF, JSON_NUMBER))
        return;
    if (json_divisor_fits(build->at[KW_MULTIPLE_OF]))
        number->multiple_of = build_keep(build, build->at[KW_MULTIPLE_OF]);
    else
        schema__refuse(build->compiler, &build->item, KW_MULTIPLE_OF,
                       "expected a number above 0 with at most 18 digits");
}

static const struct regex *build_regex(struct build *build, struct str pattern, enum schema__kw kw)
{
    struct map *patterns = &build->compiler->patterns;
    const struct regex *regex = map_find(patterns, pattern);
    struct regex_error error;

    if (regex)
        return regex;
    if (patterns->count == SCHEMA_PATTERNS_MAX) {
        schema__refuse(build->compiler, &build->item, kw, "more than %u patterns",
                       SCHEMA_PATTERNS_MAX);
        return NULL;
    }
    if (regex_compile(build->compiler->arena, pattern, &error, &regex) != REGEX_COMPILED) {
        schema__refuse(build->compiler, &build->item, kw, "bad pattern at %zu: %s", error.offset,
                       error.sentence);
        return NULL;
    }
    (void)map_put(patterns, pattern, (void *)(uintptr_t)regex);
    return regex;
}

static void build_string(struct build *build)
{
    const struct json_value *pattern = build_get(build, KW_PATTERN, JSON_STRING);
    const struct json_value *format = build_get(build, KW_FORMAT, JSON_STRING);
    struct schema__string string = { .length_max = UINT64_MAX };
    bool formats = (build->resource.vocabulary & VOCAB__FORMAT) ||
                   (build->compiler->options && build->compiler->options->formats);

    string.length_min = build_count(build, KW_MIN_LENGTH, 0);
    string.length_max = build_count(build, KW_MAX_LENGTH, UINT64_MAX);
    if (pattern) {
        string.pattern = build_regex(build, json_str(pattern), KW_PATTERN);
        string.pattern_text = str_copy(build->compiler->arena, json_str(pattern));
    }
    if (format && formats)
        string.format = schema__format_find(json_str(format), build->resource.dialect);
    if (!string.length_min && string.length_max == UINT64_MAX && !string.pattern && !string.format)
        return;
    build->node->string =
        memcpy(ARENA_NEW(build->compiler->arena, struct schema__string), &string, sizeof(string));
}

/* A list of schemas: the elements of an array. */
static const struct schema__node **build_list(struct build *build, const struct json_value *list,
                                              enum schema__kw kw)
{
    const struct schema__node **nodes =
        ARENA_ARRAY(build->compiler->arena, const struct schema__node *, json_count(list));
    struct json_iter iter = json_iter(list);
    const struct json_value *value;
    size_t i = 0;

    for (; (value = json_next(&iter)); i++) {
        struct schema__item where =
            build_where(build, kw, str_printf(build->compiler->work, "%zu", i));

        schema__place(build->compiler, &nodes[i], value, &where);
    }
    return nodes;
}

static void build_items(struct build *build, struct schema__array *array)
{
    bool old = build->resource.dialect != SCHEMA_2020_12;
    enum schema__kw prefix_kw = old ? KW_ITEMS : KW_PREFIX_ITEMS;
    enum schema__kw rest_kw = KW_ITEMS;
    const struct json_value *prefix = NULL;

    if (!old)
        prefix = build_get(build, KW_PREFIX_ITEMS, JSON_ARRAY);
    else if (json_is_array(build->at[KW_ITEMS]))
        prefix = build->at[KW_ITEMS];
    if (old && prefix)
        rest_kw = KW_ADDITIONAL_ITEMS;
    if (prefix) {
        array->prefix_count = json_count(prefix);
        array->prefix = build_list(build, prefix, prefix_kw);
    }
    array->rest_kw = (uint8_t)rest_kw;
    if (build->at[rest_kw])
        build_place(build, &array->items, build->at[rest_kw], rest_kw);
}

static void build_array(struct build *build)
{
    struct schema__array *array;

    if (!build->at[KW_ITEMS] && !build->at[KW_PREFIX_ITEMS] && !build->at[KW_CONTAINS] &&
        !build->at[KW_MIN_ITEMS] && !build->at[KW_MAX_ITEMS] && !build->at[KW_UNIQUE_ITEMS])
        return;
    array = ARENA_NEW(build->compiler->arena, struct schema__array);
    array->count_min = build_count(build, KW_MIN_ITEMS, 0);
    array->count_max = build_count(build, KW_MAX_ITEMS, UINT64_MAX);
    array->unique = json_is_true(build_get(build, KW_UNIQUE_ITEMS, JSON_BOOL));
    array->contains_marks = build->resource.dialect == SCHEMA_2020_12;
    array->contains_min = build_count(build, KW_MIN_CONTAINS, 1);
    array->contains_max = build_count(build, KW_MAX_CONTAINS, UINT64_MAX);
    build_items(build, array);
    if (build->at[KW_CONTAINS])
        build_place(build, &array->contains, build->at[KW_CONTAINS], KW_CONTAINS);
    build->node->array = array;
}

/* An array of names, each once, copied. */
static struct str *build_names(struct build *build, const struct json_value *list,
                               enum schema__kw kw, size_t *ret_count)
{
    struct str *names = ARENA_ARRAY(build->compiler->arena, struct str, json_count(list));
    struct json_iter iter = json_iter(list);
    struct map seen = MAP_INIT;
    const struct json_value *name;
    size_t count = 0;

    while ((name = json_next(&iter))) {
        if (!json_is_string(name))
            schema__refuse(build->compiler, &build->item, kw, "expected names, got %s",
                           json_type_name(json_type(name)));
        else if (!map_put(&seen, json_str(name), names))
            names[count++] = str_copy(build->compiler->arena, json_str(name));
    }
    map_fini(&seen);
    *ret_count = count;
    return names;
}

/* Properties and required names in one table. */
static void build_properties(struct build *build, struct schema__object *object)
{
    const struct json_value *properties = build_get(build, KW_PROPERTIES, JSON_OBJECT);
    struct arena *arena = build->compiler->arena;
    size_t max = json_count(properties) + object->required_count;
    struct schema__table_key *keys =
        ARENA_ARRAY(build->compiler->work, struct schema__table_key, max + 1);
    struct json_iter iter = json_iter(properties);
    struct map known = MAP_INIT;
    const struct json_value *value;
    size_t count = 0;
    struct schema__table *table;

    while ((value = json_next(&iter))) {
        struct schema__item where = build_where(build, KW_PROPERTIES, iter.key);

        keys[count] =
            (struct schema__table_key){ .key = str_copy(arena, iter.key), .declared = true };
        schema__place(build->compiler, &keys[count].node, value, &where);
        (void)map_put(&known, keys[count].key, &keys[count]);
        count++;
    }
    for (size_t i = 0; i < object->required_count; i++) {
        struct schema__table_key *key = map_find(&known, object->required[i]);

        if (!key) {
            key = &keys[count++];
            key->key = object->required[i];
        }
        key->required = true;
    }
    map_fini(&known);
    if (!count)
        return;
    table = schema__table_new(arena, keys, count);
    for (uint32_t i = 0; i <= table->mask; i++)
        if (table->slots[i].node)
            *VEC_PUSH(&build->compiler->places) = &table->slots[i].node;
    object->table = table;
}

static void build_patterns(struct build *build, struct schema__object *object)
{
    const struct json_value *patterns = build_get(build, KW_PATTERN_PROPERTIES, JSON_OBJECT);
    struct schema__pattern *list =
        ARENA_ARRAY(build->compiler->arena, struct schema__pattern, json_count(patterns));
    struct json_iter iter = json_iter(patterns);
    const struct json_value *value;
    size_t i = 0;

    for (; (value = json_next(&iter)); i++) {
        struct schema__item where = build_where(build, KW_PATTERN_PROPERTIES, iter.key);

        list[i].regex = build_regex(build, iter.key, KW_PATTERN_PROPERTIES);
        schema__place(build->compiler, &list[i].node, value, &where);
    }
    object->patterns = list;
    object->patterns_count = i;
}

/* dependentRequired, and the arrays of dependencies. */
static void build_dependents(struct build *build, struct schema__object *object)
{
    static const enum schema__kw kws[] = { KW_DEPENDENT_REQUIRED, KW_DEPENDENCIES };
    size_t max = json_count(build->at[kws[0]]) + json_count(build->at[kws[1]]);
    struct schema__dependent *list;

    if (!max)
        return;
    list = ARENA_ARRAY(build->compiler->arena, struct schema__dependent, max);
    for (size_t i = 0; i < ARRAY_COUNT(kws); i++) {
        struct json_iter iter = json_iter(build_get(build, kws[i], JSON_OBJECT));
        const struct json_value *value;

        while ((value = json_next(&iter))) {
            struct schema__dependent *dependent = &list[object->dependents_count];

            if (!json_is_array(value))
                continue;
            object->dependents_count++;
            dependent->key = str_copy(build->compiler->arena, iter.key);
            dependent->required = build_names(build, value, kws[i], &dependent->required_count);
        }
    }
    object->dependents = list;
}

static void build_object(struct build *build)
{
    static const enum schema__kw kws[] = {
        KW_PROPERTIES,     KW_REQUIRED,       KW_PATTERN_PROPERTIES,
        KW_PROPERTY_NAMES, KW_MIN_PROPERTIES, KW_ADDITIONAL_PROPERTIES,
        KW_MAX_PROPERTIES, KW_DEPENDENCIES,   KW_DEPENDENT_REQUIRED,
    };
    struct schema__object *object;
    bool any = false;

    for (size_t i = 0; i < ARRAY_COUNT(kws); i++)
        any |= build->at[kws[i]] != NULL;
    if (!any)
        return;
    object = ARENA_NEW(build->compiler->arena, struct schema__object);
    object->count_min = build_count(build, KW_MIN_PROPERTIES, 0);
    object->count_max = build_count(build, KW_MAX_PROPERTIES, UINT64_MAX);
    if (build_get(build, KW_REQUIRED, JSON_ARRAY))
        object->required =
            build_names(build, build->at[KW_REQUIRED], KW_REQUIRED, &object->required_count);
    build_properties(build, object);
    build_patterns(build, object);
    build_dependents(build, object);
    if (build->at[KW_ADDITIONAL_PROPERTIES])
        build_place(build, &object->additional, build->at[KW_ADDITIONAL_PROPERTIES],
                    KW_ADDITIONAL_PROPERTIES);
    if (build->at[KW_PROPERTY_NAMES])
        build_place(build, &object->names, build->at[KW_PROPERTY_NAMES], KW_PROPERTY_NAMES);
    object->required_only = !build->at[KW_PROPERTIES] && !object->patterns_count &&
                            !object->additional && !object->names && !object->dependents_count &&
                            object->required_count <= BUILD_LOOKUPS_MAX;
    build->node->object = object;
}

static struct schema__apply *build_apply(struct build *build, enum schema__apply_kind kind,
                                         size_t count)
{
    struct schema__apply *apply = VEC_PUSH(&build->applies);

    apply->kind = kind;
    apply->count = (uint32_t)count;
    apply->nodes = ARENA_ARRAY(build->compiler->arena, const struct schema__node *, count);
    return apply;
}

static void build_reference(struct build *build, enum schema__kw kw)
{
    const struct json_value *reference = build_get(build, kw, JSON_STRING);
    struct schema__item where = { .parent = UINT32_MAX };
    struct schema__target target;
    struct schema__apply *apply;
    bool dynamic = false;

    if (!reference)
        return;
    if (!schema__resolve(build->compiler, build->item.resource, json_str(reference), &target)) {
        schema__refuse(build->compiler, &build->item, kw, "\"%.*s\" refers to nothing",
                       STR_ARG(json_str(reference)));
        return;
    }
    if (kw == KW_DYNAMIC_REF)
        dynamic = target.anchor && target.anchor->dynamic;
    else if (kw == KW_RECURSIVE_REF)
        dynamic = build->compiler->resources.at[target.resource].recursive;
    apply = build_apply(build, dynamic ? APPLY_DYNAMIC : APPLY_REF, 1);
    if (dynamic && kw == KW_DYNAMIC_REF) {
        struct str fragment;

        (void)uri_split(json_str(reference), &fragment);
        apply->key = uri_decode(build->compiler->work, fragment);
    }
    where.resource = target.resource;
    where.key = json_str(reference);
    schema__place(build->compiler, &apply->nodes[0], target.value, &where);
}

/* What is no such mapping tells nothing: the word is not one of JSON Schema's. */
static void build_told(struct build *build, struct schema__apply *apply)
{
    const struct json_value *mapping = json_get(build->at[KW_TOLD], "mapping"), *value;
    struct str name = json_get_str(build->at[KW_TOLD], "propertyName");
    struct arena *arena = build->compiler->arena;
    struct schema__table_key *keys =
        ARENA_ARRAY(build->compiler->work, struct schema__table_key, json_count(mapping) + 1);
    struct json_iter iter = json_iter(mapping);
    struct schema__table *table;
    size_t count = 0;
    uint64_t index;

    while (json_is_object(mapping) && (value = json_next(&iter))) {
        if (json_to_u64(value, &index) && index < apply->count)
            keys[count++] = (struct schema__table_key){ .key = str_copy(arena, iter.key),
                                                        .node = apply->nodes[index] };
    }
    if (!name.ptr || count == 0)
        return;
    table = schema__table_new(arena, keys, count);
    for (uint32_t i = 0; i <= table->mask; i++)
        if (table->slots[i].node)
            *VEC_PUSH(&build->compiler->places) = &table->slots[i].node;
    apply->key = str_copy(arena, name);
    apply->told = table;
}

static void build_combined(struct build *build, enum schema__kw kw, enum schema__apply_kind kind)
{
    const struct json_value *list = build_get(build, kw, JSON_ARRAY);
    struct schema__apply *apply;

    if (!list)
        return;
    if (json_count(list) == 0) {
        schema__refuse(build->compiler, &build->item, kw, "expected at least one schema");
        return;
    }
    apply = build_apply(build, kind, json_count(list));
    apply->nodes = build_list(build, list, kw);
    if (kind != APPLY_ALL_OF)
        build_told(build, apply);
}

static void build_condition(struct build *build)
{
    static const enum schema__kw kws[] = { KW_IF, KW_THEN, KW_ELSE };
    struct schema__apply *apply;

    if (!build->at[KW_IF])
        return;
    apply = build_apply(build, APPLY_IF, ARRAY_COUNT(kws));
    for (size_t i = 0; i < ARRAY_COUNT(kws); i++)
        if (build->at[kws[i]])
            build_place(build, &apply->nodes[i], build->at[kws[i]], kws[i]);
}

/* dependentSchemas, and the schemas of dependencies. */
static void build_dependent_schemas(struct build *build, enum schema__kw kw)
{
    struct json_iter iter = json_iter(build_get(build, kw, JSON_OBJECT));
    const struct json_value *value;

    while ((value = json_next(&iter))) {
        struct schema__item where = build_where(build, kw, iter.key);
        struct schema__apply *apply;

        if (kw == KW_DEPENDENCIES && json_is_array(value))
            continue;
        apply = build_apply(build, APPLY_DEPENDENT, 1);
        apply->key = str_copy(build->compiler->arena, iter.key);
        schema__place(build->compiler, &apply->nodes[0], value, &where);
    }
}

static void build_in_place(struct build *build)
{
    build_reference(build, KW_REF);
    build_reference(build, KW_DYNAMIC_REF);
    build_reference(build, KW_RECURSIVE_REF);
    build_combined(build, KW_ALL_OF, APPLY_ALL_OF);
    build_combined(build, KW_ANY_OF, APPLY_ANY_OF);
    build_combined(build, KW_ONE_OF, APPLY_ONE_OF);
    if (build->at[KW_NOT])
        build_place(build, &build_apply(build, APPLY_NOT, 1)->nodes[0], build->at[KW_NOT], KW_NOT);
    build_condition(build);
    build_dependent_schemas(build, KW_DEPENDENT_SCHEMAS);
    build_dependent_schemas(build, KW_DEPENDENCIES);
}

/* Moves the list of what applies in place to where it stays. */
static void build_keep_applies(struct build *build)
{
    size_t count = build->applies.count;
    struct schema__apply *applies =
        ARENA_ARRAY(build->compiler->arena, struct schema__apply, count);

    for (size_t i = 0; i < count; i++) {
        applies[i] = build->applies.at[i];
        if (applies[i].kind == APPLY_DYNAMIC &&
            !schema__dynamic_add(build->compiler, &applies[i], applies[i].key))
            schema__refuse(build->compiler, &build->item, KW_DYNAMIC_REF,
                           "more than %u names of dynamic anchors", SCHEMA_DYNAMICS_MAX);
    }
    build->node->apply = applies;
    build->node->apply_count = count;
    VEC_FINI(&build->applies);
}

/* The keywords that count: known to the dialect, and in a vocabulary that is in use. */
static void build_lay_out(struct build *build)
{
    uint32_t dialect = 1U << build->resource.dialect;
    struct json_iter iter = json_iter(build->item.value);
    const struct json_value *value;

    while ((value = json_next(&iter))) {
        enum schema__kw kw = schema__keyword_find(iter.key);

        if (kw != KW__NONE && (schema__keywords[kw].dialects & dialect) &&
            (schema__keywords[kw].vocabulary & build->resource.vocabulary))
            build->at[kw] = value;
    }
}

void schema__build(struct schema__compiler *compiler, struct schema__item item)
{
    struct build build = { .compiler = compiler,
                           .item = item,
                           .index = (uint32_t)(compiler->items_done - 1),
                           .node = item.node,
                           .resource = compiler->resources.at[item.resource] };

    build_lay_out(&build);
    build.node->resource = item.resource;
    build.node->types = TYPE__ALL;
    if (build.resource.dialect >= SCHEMA_DRAFT_07 && json_is_string(build.at[KW_REF])) {
        build_reference(&build, KW_REF);
        build_keep_applies(&build);
        return;
    }
    build_types(&build);
    if (build_get(&build, KW_ENUM, JSON_ARRAY))
        build.node->values = build_values(&build, build.at[KW_ENUM], false);
    if (build.at[KW_CONST])
        build.node->constant = build_values(&build, build.at[KW_CONST], true);
    build_number(&build);
    build_string(&build);
    build_array(&build);
    build_object(&build);
    build_in_place(&build);
    if (build.at[KW_UNEVALUATED_ITEMS])
        build_place(&build, &build.node->unevaluated_items, build.at[KW_UNEVALUATED_ITEMS],
                    KW_UNEVALUATED_ITEMS);
    if (build.at[KW_UNEVALUATED_PROPERTIES])
        build_place(&build, &build.node->unevaluated_properties,
                    build.at[KW_UNEVALUATED_PROPERTIES], KW_UNEVALUATED_PROPERTIES);
    build_keep_applies(&build);
}
