/*
 * Definitions: schemas that are referred to, found by where they lie.
 *
 * A first walk finds all that the operations reach, and who refers to whom. A definition is sided
 * where it, or anything that it refers to, is readOnly or writeOnly; a sided one has two faces.
 * Texts are printed when all are known, each face once.
 */
#include "format/openapi/internal.h"

#include <stdlib.h>

static struct openapi__def *def_find(const struct openapi *run, const struct json_value *target)
{
    return map_find_u64(&run->defs, (uint64_t)(uintptr_t)target);
}

/* The last part of a reference that says something. */
static struct str wish_of(struct str reference)
{
    struct str rest = reference;
    struct str wish = STR("Schema");

    while (rest.ptr) {
        struct str part = str_split(&rest, '/');

        if (part.len > 0 && part.ptr[part.len - 1] != '#' && !str_is(part, "schema"))
            wish = part;
    }
    return str_ends(wish, STR("#")) ? STR("Schema") : wish;
}

static struct openapi__def *def_new(struct openapi *run, const struct json_value *target,
                                    struct str reference)
{
    struct openapi__def *def;

    if (run->defs.count >= OPENAPI_DEFS_MAX && target != run->binary) {
        openapi__error(run, target, "limit", "more than %u schemas are referred to",
                       OPENAPI_DEFS_MAX);
        run->broken = true;
        return NULL;
    }
    def = ARENA_NEW(run->arena, struct openapi__def);
    def->target = target;
    def->reference = reference;
    (void)map_put_u64(&run->defs, (uint64_t)(uintptr_t)target, def);
    return def;
}

void openapi__define_as(struct openapi *run, const struct json_value *schema, struct str name)
{
    (void)def_new(run, schema, name);
}

static void found(struct openapi *run, const struct openapi__doc *doc, struct str reference,
                  struct openapi__def *self)
{
    const struct json_value *target = openapi__lookup(run, doc, reference);
    struct openapi__def *def = target ? def_find(run, target) : NULL;

    if (target && !def)
        def = def_new(run, target, reference);
    if (def && self)
        *VEC_PUSH(&def->users) = self;
}

/*
 * A walk over one schema, or anything else: its values in the order they lie, where a key is
 * followed by its value. A text that only looks like a key finds too much, which does no harm.
 */
static void scan(struct openapi *run, const struct json_value *schema, struct openapi__def *self)
{
    const struct openapi__doc *doc = openapi__doc_of(run, schema);
    const struct json_value *end = json_after(schema);

    for (const struct json_value *at = schema; at + 1 < end && !run->broken; at++) {
        struct str key = json_str(at);

        if (key.len < 4 || key.len > 11)
            continue;
        if (str_is(key, "$ref") || str_is(key, "$dynamicRef")) {
            if (json_is_string(at + 1))
                found(run, doc, json_str(at + 1), self);
        } else if (self && json_is_true(at + 1) &&
                   (str_is(key, "readOnly") || str_is(key, "writeOnly"))) {
            self->sided = true;
        }
    }
}

void openapi__define(struct openapi *run, const struct json_value *schema)
{
    size_t next = run->defs.used;

    scan(run, schema, NULL);
    /* Each that is new is scanned in its turn, and may add more. */
    for (; next < run->defs.used && !run->broken; next++) {
        struct openapi__def *def = run->defs.entries[next].value;

        scan(run, def->target, def);
    }
}

void openapi__define_end(struct openapi *run)
{
    struct VEC(struct openapi__def *) open = { 0 };
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&run->defs, &position))) {
        struct openapi__def *def = entry->value;

        if (def->sided)
            *VEC_PUSH(&open) = def;
    }
    while (open.count > 0) {
        struct openapi__def *def = open.at[--open.count];

        for (size_t i = 0; i < def->users.count; i++) {
            struct openapi__def *user = def->users.at[i];

            if (user->sided)
                continue;
            user->sided = true;
            *VEC_PUSH(&open) = user;
        }
    }
    VEC_FINI(&open);
}

struct openapi__face *openapi__face_of(struct openapi *run, const struct json_value *target,
                                       enum openapi__direction direction)
{
    struct openapi__def *def = def_find(run, target);
    struct openapi__face *face;

    if (!def)
        return NULL;
    if (def->faces[direction])
        return def->faces[direction];
    if (!def->name.ptr)
        def->name = openapi__def_name(run, wish_of(def->reference));
    face = ARENA_NEW(run->arena, struct openapi__face);
    *face = (struct openapi__face){ .def = def, .direction = direction, .name = def->name };
    def->faces[direction] = face;
    if (!def->sided)
        def->faces[!direction] = face;
    else if (direction == OPENAPI__INPUT)
        face->name =
            openapi__def_name(run, str_printf(run->arena, "%.*sInput", STR_ARG(def->name)));
    *VEC_PUSH(&run->faces) = face;
    return face;
}

static void face_print(struct openapi *run, struct openapi__face *face)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct openapi__faces needs = { 0 };

    openapi__translate(run, face->def->target, face->direction, &out, &needs);
    face->text = str_copy(run->arena, buf_str(&out));
    face->needs = ARENA_ARRAY(run->arena, struct openapi__face *, needs.count + 1);
    for (size_t i = 0; i < needs.count; i++)
        face->needs[i] = needs.at[i];
    face->needs_count = needs.count;
    VEC_FINI(&needs);
}

void openapi__faces_print(struct openapi *run)
{
    while (run->printed < run->faces.count && !run->broken)
        face_print(run, run->faces.at[run->printed++]);
}

static int index_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

void openapi__closure(struct openapi *run, struct openapi__faces *needs, struct openapi_tool *tool)
{
    uint32_t stamp = ++run->stamp;
    uint32_t *defs;
    size_t kept = 0;

    /* The list of what is needed grows while it is walked. */
    for (size_t i = 0; i < needs->count; i++) {
        struct openapi__face *face = needs->at[i];

        if (face->stamp == stamp)
            continue;
        face->stamp = stamp;
        needs->at[kept++] = face;
        for (size_t j = 0; j < face->needs_count; j++) {
            if (face->needs[j]->stamp != stamp)
                *VEC_PUSH(needs) = face->needs[j];
        }
    }
    defs = ARENA_ARRAY(run->arena, uint32_t, kept + 1);
    for (size_t i = 0; i < kept; i++)
        defs[i] = needs->at[i]->index;
    qsort(defs, kept, sizeof(defs[0]), index_compare);
    tool->defs = defs;
    tool->defs_count = kept;
}
