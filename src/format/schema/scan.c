/*
 * Resources and anchors. A document is walked through the places where its dialect has schemas;
 * a schema with an id begins a resource of its own. What stands elsewhere (under words that nobody
 * knows, inside const or examples) is walked only when a reference points there.
 */
#include "format/schema/compile.h"

#include "base/uri.h"

/* Objects with more members than this are indexed for references. */
#define SCAN_MEMBERS_MAX 16U

struct scan_part {
    const struct json_value *value;
    uint32_t resource;
};

struct scan_parts VEC(struct scan_part);

static const char *const scan_dialects[][2] = {
    [SCHEMA_2020_12] = { "https://json-schema.org/draft/2020-12/schema",
                         "http://json-schema.org/draft/2020-12/schema" },
    [SCHEMA_2019_09] = { "https://json-schema.org/draft/2019-09/schema",
                         "http://json-schema.org/draft/2019-09/schema" },
    [SCHEMA_DRAFT_07] = { "http://json-schema.org/draft-07/schema",
                          "https://json-schema.org/draft-07/schema" },
    [SCHEMA_DRAFT_06] = { "http://json-schema.org/draft-06/schema",
                          "https://json-schema.org/draft-06/schema" },
    [SCHEMA_DRAFT_04] = { "http://json-schema.org/draft-04/schema",
                          "https://json-schema.org/draft-04/schema" },
};

/* True, and the dialect, if the $schema is one that we know. */
static bool scan_dialect(struct str uri, enum schema_dialect *ret_dialect)
{
    struct str fragment;
    struct str base = uri_split(uri, &fragment);

    for (size_t i = 0; i < ARRAY_COUNT(scan_dialects); i++)
        if (str_is(base, scan_dialects[i][0]) || str_is(base, scan_dialects[i][1])) {
            *ret_dialect = (enum schema_dialect)i;
            return true;
        }
    return false;
}

static const struct json_value *scan_known(struct schema__compiler *compiler, struct str uri)
{
    for (size_t i = 0; compiler->options && i < compiler->options->known_count; i++)
        if (str_equal(compiler->options->known[i].uri, uri))
            return compiler->options->known[i].root;
    return schema_meta(compiler->work, uri);
}

/* The vocabularies that a meta-schema's $vocabulary names. */
static uint32_t scan_vocabulary(const struct json_value *vocabulary)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } names[] = {
        { "/vocab/applicator", VOCAB__APPLICATOR },
        { "/vocab/unevaluated", VOCAB__UNEVALUATED },
        { "/vocab/validation", VOCAB__VALIDATION },
        { "/vocab/format-assertion", VOCAB__FORMAT },
    };
    struct json_iter iter = json_iter(vocabulary);
    uint32_t bits = VOCAB__CORE;

    while (json_next(&iter))
        for (size_t i = 0; i < ARRAY_COUNT(names); i++)
            if (str_ends(iter.key, str_from(names[i].name)))
                bits |= names[i].bit;
    /* In 2019-09 the applicator vocabulary has unevaluated*, and format asserts where it must. */
    if (json_get(vocabulary, "https://json-schema.org/draft/2019-09/vocab/applicator"))
        bits |= VOCAB__UNEVALUATED;
    if (json_is_true(json_get(vocabulary, "https://json-schema.org/draft/2019-09/vocab/format")))
        bits |= VOCAB__FORMAT;
    return bits;
}

/* Dialect and vocabularies by "$schema"; what is not known leaves them as they are. */
static void scan_set_dialect(struct schema__compiler *compiler, struct schema__resource *resource)
{
    struct str uri = json_get_str(resource->root, "$schema");
    const struct json_value *meta;
    struct str fragment;

    if (!uri.ptr)
        return;
    if (scan_dialect(uri, &resource->dialect)) {
        resource->vocabulary = VOCAB__ALL;
        return;
    }
    meta = scan_known(compiler, uri_split(uri, &fragment));
    if (!meta || !scan_dialect(json_get_str(meta, "$schema"), &resource->dialect))
        return;
    resource->vocabulary = json_is_object(json_get(meta, "$vocabulary"))
                               ? scan_vocabulary(json_get(meta, "$vocabulary"))
                               : VOCAB__ALL;
}

static void scan_name(struct schema__compiler *compiler, struct str uri, uint32_t resource)
{
    if (!map_find(&compiler->by_uri, uri))
        (void)map_put(&compiler->by_uri, uri, (void *)(uintptr_t)(resource + 1));
}

static struct str scan_anchor_key(struct schema__compiler *compiler, uint32_t resource,
                                  struct str name)
{
    return str_printf(compiler->work, "%u#%.*s", resource, STR_ARG(name));
}

static void scan_add_anchor(struct schema__compiler *compiler, uint32_t resource, struct str name,
                            const struct json_value *value, bool dynamic)
{
    struct schema__anchor *anchor = ARENA_NEW(compiler->work, struct schema__anchor);
    struct str key = scan_anchor_key(compiler, resource, name);
    const struct schema__anchor *before = map_find(&compiler->anchors, key);

    if (!name.ptr || (before && before->dynamic))
        return;
    *anchor = (struct schema__anchor){ .value = value, .resource = resource, .dynamic = dynamic };
    (void)map_put(&compiler->anchors, key, anchor);
}

const struct schema__anchor *schema__anchor_find(struct schema__compiler *compiler,
                                                 uint32_t resource, struct str name)
{
    return map_find(&compiler->anchors, scan_anchor_key(compiler, resource, name));
}

static bool scan_is_old(enum schema_dialect dialect)
{
    return dialect >= SCHEMA_DRAFT_07;
}

/* A new resource at the value; the parent gives base URI and dialect. */
static uint32_t scan_add_resource(struct schema__compiler *compiler,
                                  const struct schema__resource *parent,
                                  const struct json_value *value)
{
    struct schema__resource resource = *parent;

    resource.root = value;
    resource.recursive = false;
    scan_set_dialect(compiler, &resource);
    *VEC_PUSH(&compiler->resources) = resource;
    return (uint32_t)(compiler->resources.count - 1);
}

/* The id of a schema as its dialect spells it; null where a $ref beside it hides it. */
static struct str scan_id(const struct json_value *value, enum schema_dialect dialect)
{
    if (scan_is_old(dialect) && json_get_str(value, "$ref").ptr)
        return STR_NULL;
    return json_get_str(value, dialect == SCHEMA_DRAFT_04 ? "id" : "$id");
}

/* Follows an id: gives the resource that the schema is in, which may be a new one. */
static uint32_t scan_follow_id(struct schema__compiler *compiler, const struct scan_part *part)
{
    struct schema__resource parent = compiler->resources.at[part->resource];
    struct schema__resource own = parent;
    uint32_t resource = part->resource;
    struct str fragment;
    struct str id;
    struct str base;

    own.root = part->value;
    scan_set_dialect(compiler, &own);
    id = scan_id(part->value, own.dialect);
    if (!id.ptr)
        return resource;
    base = uri_split(id, &fragment);
    if (base.len) {
        if (parent.root != part->value)
            resource = scan_add_resource(compiler, &parent, part->value);
        base = uri_resolve(compiler->work, parent.uri, base);
        compiler->resources.at[resource].uri = base;
        scan_name(compiler, base, resource);
    }
    if (fragment.len && scan_is_old(own.dialect))
        scan_add_anchor(compiler, resource, fragment, part->value, false);
    return resource;
}

static void scan_anchors(struct schema__compiler *compiler, const struct json_value *value,
                         uint32_t index)
{
    struct schema__resource *resource = &compiler->resources.at[index];

    if (scan_is_old(resource->dialect))
        return;
    scan_add_anchor(compiler, index, json_get_str(value, "$anchor"), value, false);
    if (resource->dialect == SCHEMA_2020_12)
        scan_add_anchor(compiler, index, json_get_str(value, "$dynamicAnchor"), value, true);
    else if (resource->root == value)
        resource->recursive = json_is_true(json_get(value, "$recursiveAnchor"));
}

static void scan_push(struct scan_parts *parts, const struct json_value *value, uint32_t resource)
{
    if (json_is_object(value))
        *VEC_PUSH(parts) = (struct scan_part){ value, resource };
}

static void scan_push_all(struct scan_parts *parts, const struct json_value *values,
                          uint32_t resource)
{
    struct json_iter iter = json_iter(values);
    const struct json_value *value;

    while ((value = json_next(&iter)))
        scan_push(parts, value, resource);
}

static void scan_children(struct schema__compiler *compiler, struct scan_parts *parts,
                          const struct json_value *schema, uint32_t resource)
{
    uint32_t dialect = 1U << compiler->resources.at[resource].dialect;
    struct json_iter iter = json_iter(schema);
    const struct json_value *value;

    while ((value = json_next(&iter))) {
        enum schema__kw kw = schema__keyword_find(iter.key);

        if (kw == KW__NONE || !(schema__keywords[kw].dialects & dialect))
            continue;
        switch (schema__keywords[kw].shape) {
        case SHAPE_PLAIN:
            break;
        case SHAPE_SCHEMA:
            scan_push(parts, value, resource);
            break;
        case SHAPE_ITEMS:
            scan_push(parts, value, resource);
            if (json_is_array(value))
                scan_push_all(parts, value, resource);
            break;
        case SHAPE_LIST:
        case SHAPE_MAP:
        case SHAPE_MIXED:
            scan_push_all(parts, value, resource);
            break;
        }
    }
}

/* Walks a schema and all below it. */
static void scan_walk(struct schema__compiler *compiler, const struct json_value *root,
                      uint32_t resource)
{
    struct scan_parts parts = { 0 };

    scan_push(&parts, root, resource);
    while (parts.count) {
        struct scan_part part = parts.at[--parts.count];

        if (map_find_u64(&compiler->owners, (uintptr_t)part.value))
            continue;
        resource = scan_follow_id(compiler, &part);
        (void)map_put_u64(&compiler->owners, (uintptr_t)part.value,
                          (void *)(uintptr_t)(resource + 1));
        scan_anchors(compiler, part.value, resource);
        scan_children(compiler, &parts, part.value, resource);
    }
    VEC_FINI(&parts);
}

uint32_t schema__scan(struct schema__compiler *compiler, struct str uri,
                      const struct json_value *root)
{
    struct schema__resource base = {
        .uri = uri,
        .dialect = compiler->options ? compiler->options->dialect : SCHEMA_2020_12,
        .vocabulary = VOCAB__ALL,
    };
    uint32_t resource = scan_add_resource(compiler, &base, root);

    scan_name(compiler, uri, resource);
    scan_walk(compiler, root, resource);
    return resource;
}

uint32_t schema__owner(struct schema__compiler *compiler, const struct json_value *value,
                       uint32_t within)
{
    uintptr_t owner = (uintptr_t)map_find_u64(&compiler->owners, (uintptr_t)value);

    if (!owner && json_is_object(value)) {
        scan_walk(compiler, value, within);
        owner = (uintptr_t)map_find_u64(&compiler->owners, (uintptr_t)value);
    }
    return owner ? (uint32_t)(owner - 1) : within;
}

/* The resource of that URI; its document is scanned if it is known. UINT32_MAX: none. */
static uint32_t scan_find_resource(struct schema__compiler *compiler, struct str uri)
{
    uintptr_t found = (uintptr_t)map_find(&compiler->by_uri, uri);
    const struct json_value *root;

    if (found)
        return (uint32_t)(found - 1);
    root = scan_known(compiler, uri);
    return root ? schema__scan(compiler, uri, root) : UINT32_MAX;
}

/* The member of an object; one with many members is indexed when it is first looked into. */
static const struct json_value *scan_member(struct schema__compiler *compiler,
                                            const struct json_value *object, struct str key)
{
    struct map *members = map_find_u64(&compiler->members, (uintptr_t)object);
    struct json_iter iter = json_iter(object);
    const struct json_value *value;

    if (json_count(object) <= SCAN_MEMBERS_MAX)
        return json_find(object, key);
    if (!members) {
        members = ARENA_NEW(compiler->work, struct map);
        while ((value = json_next(&iter)))
            (void)map_put(members, iter.key, (void *)(uintptr_t)value);
        (void)map_put_u64(&compiler->members, (uintptr_t)object, members);
    }
    return map_find(members, key);
}

/* A pointer's target as json_pointer finds it, but quickly among many definitions. */
static const struct json_value *scan_pointer(struct schema__compiler *compiler,
                                             const struct json_value *root, struct str pointer)
{
    const struct json_value *at = root;
    struct str rest = pointer;

    (void)str_split(&rest, '/');
    while (rest.ptr && at) {
        struct str token = str_split(&rest, '/');

        if (json_is_object(at) && str_find_char(token, '~') == SIZE_MAX)
            at = scan_member(compiler, at, token);
        else
            at = json_pointer(at, str_of(token.ptr - 1, token.len + 1));
    }
    return at;
}

bool schema__resolve(struct schema__compiler *compiler, uint32_t resource, struct str reference,
                     struct schema__target *ret_target)
{
    struct schema__target target = { 0 };
    struct str fragment;
    struct str uri = uri_split(reference, &fragment);

    target.resource = resource;
    if (uri.len)
        target.resource = scan_find_resource(
            compiler, uri_resolve(compiler->work, compiler->resources.at[resource].uri, uri));
    if (target.resource == UINT32_MAX)
        return false;
    fragment = uri_decode(compiler->work, fragment);
    target.value = compiler->resources.at[target.resource].root;
    if (fragment.len && fragment.ptr[0] == '/') {
        target.value = scan_pointer(compiler, target.value, fragment);
    } else if (fragment.len) {
        target.anchor = schema__anchor_find(compiler, target.resource, fragment);
        target.value = target.anchor ? target.anchor->value : NULL;
    }
    if (!target.value)
        return false;
    target.resource = schema__owner(compiler, target.value, target.resource);
    *ret_target = target;
    return true;
}
