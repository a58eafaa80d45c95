/*
 * From documents to a program: (1) scan the root document, (2) build a node for its root and for
 * every schema that a node needs, until none is left, (3) give dynamic references their targets,
 * which may need further nodes, (4) mark what each node needs at run time and let places that hold
 * a mere reference hold its target.
 */
#include "format/schema/compile.h"

#include <stdarg.h>
#include <stdio.h>

/* Appends the item's pointer: its parents first. */
static void compile_print_path(struct schema__compiler *compiler, struct buf *path,
                               const struct schema__item *item)
{
    const struct schema__item *chain[JSON_DEPTH_MAX];
    size_t count = 0;

    for (; count < JSON_DEPTH_MAX; item = &compiler->items.at[item->parent]) {
        chain[count++] = item;
        if (item->parent == UINT32_MAX)
            break;
    }
    while (count) {
        item = chain[--count];
        if (item->parent == UINT32_MAX) {
            buf_add_str(path, str_starts(item->key, STR("#"))
                                  ? str_slice(item->key, 1, item->key.len)
                                  : item->key);
            continue;
        }
        json_pointer_add(path, schema__keywords[item->kw].text);
        if (item->key.ptr)
            json_pointer_add(path, item->key);
    }
}

void schema__refuse(struct schema__compiler *compiler, const struct schema__item *item,
                    enum schema__kw kw, const char *format, ...)
{
    BUF_CLEANUP struct buf path = BUF_INIT;
    char sentence[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    compiler->problems++;
    if (!compiler->report)
        return;
    compile_print_path(compiler, &path, item);
    if (kw != KW__NONE)
        json_pointer_add(&path, schema__keywords[kw].text);
    report_add(compiler->report, buf_str(&path),
               kw == KW__NONE ? "schema" : schema__keywords[kw].text.ptr, "%s", sentence);
}

/* The node of the schema, made and listed if it is new. */
static struct schema__node *compile_node(struct schema__compiler *compiler,
                                         const struct json_value *value,
                                         const struct schema__item *where)
{
    struct schema__node *node = map_find_u64(&compiler->nodes, (uintptr_t)value);
    struct schema__item item = *where;

    if (node)
        return node;
    if (json_is_bool(value))
        return json_is_true(value) ? &compiler->always : &compiler->never;
    item.value = value;
    item.node = &compiler->always;
    if (!json_is_object(value)) {
        schema__refuse(compiler, &item, KW__NONE,
                       "expected a schema (an object or a boolean), got %s",
                       json_type_name(json_type(value)));
        return &compiler->always;
    }
    if (compiler->items.count >= compiler->nodes_max) {
        if (compiler->items.count == compiler->nodes_max)
            schema__refuse(compiler, &item, KW__NONE, "more than %zu schemas", compiler->nodes_max);
        compiler->nodes_max = 0;
        return &compiler->always;
    }
    item.resource = schema__owner(compiler, value, item.resource);
    item.node = ARENA_NEW(compiler->arena, struct schema__node);
    *VEC_PUSH(&compiler->items) = item;
    (void)map_put_u64(&compiler->nodes, (uintptr_t)value, item.node);
    return item.node;
}

void schema__place(struct schema__compiler *compiler, const struct schema__node **place,
                   const struct json_value *value, const struct schema__item *where)
{
    *place = compile_node(compiler, value, where);
    *VEC_PUSH(&compiler->places) = place;
}

static void compile_drain(struct schema__compiler *compiler)
{
    while (compiler->items_done < compiler->items.count && compiler->problems < REPORT_PROBLEMS_MAX)
        schema__build(compiler, compiler->items.at[compiler->items_done++]);
}

/* No anchor is not an empty anchor. */
static bool compile_anchors_equal(struct str a, struct str b)
{
    if (!a.ptr || !b.ptr)
        return a.ptr == b.ptr;
    return str_equal(a, b);
}

bool schema__dynamic_add(struct schema__compiler *compiler, struct schema__apply *apply,
                         struct str anchor)
{
    size_t at = 0;

    while (at < compiler->dynamics.count &&
           !compile_anchors_equal(compiler->dynamics.at[at].anchor, anchor))
        at++;
    if (at == SCHEMA_DYNAMICS_MAX)
        return false;
    if (at == compiler->dynamics.count)
        *VEC_PUSH(&compiler->dynamics) = (struct schema__dynamic){ .anchor = anchor };
    *VEC_PUSH(&compiler->dynamic_refs) =
        (struct schema__dynamic_ref){ .apply = apply, .dynamic = at };
    return true;
}

/* The schema that a dynamic reference would mean in the resource, or NULL. */
static const struct json_value *compile_dynamic_target(struct schema__compiler *compiler,
                                                       struct str name, uint32_t resource)
{
    const struct schema__anchor *anchor;

    if (!name.ptr)
        return compiler->resources.at[resource].recursive ? compiler->resources.at[resource].root
                                                          : NULL;
    anchor = schema__anchor_find(compiler, resource, name);
    return anchor && anchor->dynamic ? anchor->value : NULL;
}

/* Building targets may scan documents and find more references: repeat until nothing is new. */
static size_t compile_dynamic_nodes(struct schema__compiler *compiler)
{
    size_t resources;
    size_t dynamics;

    do {
        resources = compiler->resources.count;
        dynamics = compiler->dynamics.count;
        for (size_t i = 0; i < dynamics; i++)
            for (uint32_t r = 0; r < resources; r++) {
                struct schema__item where = { .resource = r, .parent = UINT32_MAX };
                const struct json_value *value =
                    compile_dynamic_target(compiler, compiler->dynamics.at[i].anchor, r);

                if (value)
                    (void)compile_node(compiler, value, &where);
            }
        compile_drain(compiler);
    } while (resources < compiler->resources.count || dynamics < compiler->dynamics.count);
    return resources;
}

static void compile_dynamics(struct schema__compiler *compiler)
{
    size_t resources = compile_dynamic_nodes(compiler);

    for (size_t i = 0; i < compiler->dynamics.count; i++) {
        struct schema__dynamic *dynamic = &compiler->dynamics.at[i];

        dynamic->by_resource = ARENA_ARRAY(compiler->arena, const struct schema__node *, resources);
        for (uint32_t r = 0; r < resources; r++) {
            const struct json_value *value = compile_dynamic_target(compiler, dynamic->anchor, r);

            if (value)
                dynamic->by_resource[r] = map_find_u64(&compiler->nodes, (uintptr_t)value);
        }
    }
    for (size_t i = 0; i < compiler->dynamic_refs.count; i++) {
        const struct schema__dynamic_ref *ref = &compiler->dynamic_refs.at[i];

        ref->apply->by_resource = compiler->dynamics.at[ref->dynamic].by_resource;
    }
}

/* What a node needs at run time beyond schema__check. */
static void compile_mark(struct schema__node *node)
{
    const struct schema__object *object = node->object;
    const struct schema__array *array = node->array;

    if (node->apply_count || node->unevaluated_items || node->unevaluated_properties)
        node->framed = TYPE__ALL;
    if (object &&
        (object->table || object->patterns_count || object->additional || object->names ||
         object->dependents_count) &&
        !object->required_only)
        node->framed |= TYPE__OBJECT;
    if (array && (array->prefix_count || array->items || array->contains))
        node->framed |= TYPE__ARRAY;
    if (!node->values && !node->constant && !node->number && !node->string && !node->array &&
        !node->object)
        node->flags |= NODE__TYPED;
    if (node->types == TYPE__ALL && !node->values && !node->constant && !node->number &&
        !node->string && !node->array && !node->object && !node->framed)
        node->flags |= NODE__ALWAYS;
}

/* True if the node says no more than: as that other node. */
static bool compile_is_reference(const struct schema__node *node)
{
    return node->types == TYPE__ALL && !node->values && !node->constant && !node->number &&
           !node->string && !node->array && !node->object && node->apply_count == 1 &&
           (node->apply[0].kind == APPLY_REF || node->apply[0].kind == APPLY_ALL_OF) &&
           node->apply[0].count == 1 && !node->unevaluated_items && !node->unevaluated_properties;
}

/* Where the chain of mere references ends; a circle stays as it is. */
static const struct schema__node *compile_follow(struct schema__compiler *compiler,
                                                 const struct schema__node *node)
{
    const struct schema__node *end = node;

    for (size_t i = 0; compile_is_reference(end); i++) {
        const struct schema__node *next = end->apply[0].nodes[0];

        if (i == 64 || (compiler->dynamics.count && next->resource != end->resource))
            return node;
        end = next;
    }
    return end;
}

static void compile_finish(struct schema__compiler *compiler)
{
    for (size_t i = 0; i < compiler->items.count; i++)
        compile_mark(compiler->items.at[i].node);
    for (size_t i = 0; i < compiler->places.count; i++)
        *compiler->places.at[i] = compile_follow(compiler, *compiler->places.at[i]);
}

/* The two boolean schemas must outlive the compiler. */
static void compile_constants(struct schema__compiler *compiler, struct schema *schema)
{
    struct schema__node *always = ARENA_NEW(compiler->arena, struct schema__node);
    struct schema__node *never = ARENA_NEW(compiler->arena, struct schema__node);

    *always = compiler->always;
    *never = compiler->never;
    for (size_t i = 0; i < compiler->places.count; i++) {
        if (*compiler->places.at[i] == &compiler->always)
            *compiler->places.at[i] = always;
        else if (*compiler->places.at[i] == &compiler->never)
            *compiler->places.at[i] = never;
    }
    schema->nodes_count = compiler->items.count;
    schema->resources_count = compiler->resources.count;
}

static void compile_fini(struct schema__compiler *compiler)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&compiler->members, &at));)
        map_fini(entry->value);
    map_fini(&compiler->members);
    map_fini(&compiler->patterns);
    VEC_FINI(&compiler->dynamic_refs);
    VEC_FINI(&compiler->resources);
    VEC_FINI(&compiler->items);
    VEC_FINI(&compiler->dynamics);
    VEC_FINI(&compiler->places);
    map_fini(&compiler->by_uri);
    map_fini(&compiler->owners);
    map_fini(&compiler->anchors);
    map_fini(&compiler->nodes);
    compiler->work = arena_free(compiler->work);
}

int schema_compile(struct arena *arena, const struct json_value *document,
                   const struct schema_options *options, struct report *report,
                   const struct schema **ret_schema)
{
    struct schema *schema = ARENA_NEW(arena, struct schema);
    struct schema__item where = { .parent = UINT32_MAX };
    struct schema__compiler compiler = {
        .arena = arena,
        .work = arena_new(0),
        .options = options,
        .report = report,
        .nodes_max = options && options->nodes_max ? options->nodes_max : SCHEMA_NODES_MAX,
        .always = { .types = TYPE__ALL, .flags = NODE__ALWAYS },
        .never = { .types = TYPE__ALL, .flags = NODE__NEVER },
    };

    where.resource =
        schema__scan(&compiler, options && options->uri.ptr ? options->uri : STR(""), document);
    schema__place(&compiler, &schema->root, document, &where);
    compile_drain(&compiler);
    compile_dynamics(&compiler);
    compile_finish(&compiler);
    compile_constants(&compiler, schema);
    compile_fini(&compiler);
    if (compiler.problems)
        return SCHEMA_REFUSED;
    *ret_schema = schema;
    return SCHEMA_COMPILED;
}
