/*
 * A schema of any version as JSON Schema 2020-12.
 *
 * The walk keeps a stack of its own: a frame is a schema of which keywords are left, a list or a
 * map of schemas. What differs between the versions is settled where a schema begins: nullable
 * becomes a type or an alternative, binary texts become what a caller can give, and a $ref loses
 * its siblings before 3.1. What cannot be a keyword's value is left out and noted.
 */
#include "format/openapi/internal.h"
#include "format/regex/regex.h"

enum frame_kind {
    FRAME_SCHEMA,
    FRAME_LIST,
    FRAME_MAP,
};

struct frame {
    enum frame_kind kind;
    bool comma;
    bool annotations; /* of the schema only these are printed */
    bool typed_null;  /* type: with "null" */
    bool nullable;    /* end with the alternative null */
    bool sided_map;   /* properties: without those of the other direction */
    const struct json_value *value;
    struct json_iter iter;
};

struct walk {
    struct openapi *run;
    struct buf *out;
    enum openapi__direction direction;
    bool bytes; /* binary texts are bytes */
    struct openapi__faces *needs;
    struct VEC(struct frame) stack;
};

static void key_print(struct walk *walk, struct frame *frame, struct str key)
{
    if (frame->comma)
        buf_add_char(walk->out, ',');
    frame->comma = true;
    buf_add_json(walk->out, key);
    buf_add_char(walk->out, ':');
}

/* ---- what a schema says of itself ---- */

static bool is_nullable(const struct openapi *run, const struct json_value *schema)
{
    if (run->version == OPENAPI__20)
        return json_is_true(json_get(schema, "x-nullable"));
    return json_is_true(json_get(schema, "nullable"));
}

static bool is_composed(const struct json_value *schema)
{
    return json_get(schema, "allOf") || json_get(schema, "anyOf") || json_get(schema, "oneOf") ||
           json_get(schema, "enum") || json_get(schema, "$ref") || json_get(schema, "const");
}

static bool enum_has_null(const struct json_value *schema)
{
    struct json_iter iter = json_iter(json_get(schema, "enum"));
    const struct json_value *each;

    while ((each = json_next(&iter))) {
        if (json_is_null(each))
            return true;
    }
    return false;
}

/* 3.1 says it by the media type of a text that is not encoded as one. */
static bool is_media(const struct json_value *schema)
{
    struct str media = json_get_str(schema, "contentMediaType");

    return media.ptr && !json_get(schema, "contentEncoding") && !str_starts(media, STR("text/")) &&
           str_find(media, STR("json")) == SIZE_MAX && str_find(media, STR("xml")) == SIZE_MAX;
}

bool openapi__is_bytes(const struct json_value *schema)
{
    struct str type = json_get_str(schema, "type");

    return str_is(type, "file") ||
           (str_is(type, "string") &&
            (str_is(json_get_str(schema, "format"), "binary") || is_media(schema)));
}

static bool flag_of(struct openapi *run, const struct json_value *schema, const char *name)
{
    const struct json_value *own = json_get(schema, name);

    if (own)
        return json_is_true(own);
    return json_is_true(json_get(openapi__peek(run, schema), name));
}

bool openapi__is_hidden(struct openapi *run, const struct json_value *schema,
                        enum openapi__direction direction)
{
    if (!json_is_object(schema))
        return false;
    if (direction == OPENAPI__INPUT)
        return flag_of(run, schema, "readOnly") && !flag_of(run, schema, "writeOnly");
    return flag_of(run, schema, "writeOnly") && !flag_of(run, schema, "readOnly");
}

/* ---- where a schema begins ---- */

static bool ref_print(struct walk *walk, struct frame *frame, const struct json_value *schema)
{
    const struct json_value *target = openapi__target(walk->run, schema);
    struct openapi__face *face = NULL;

    if (json_is_object(target) || json_is_bool(target))
        face = openapi__face_of(walk->run, target, walk->direction);
    if (!face) {
        openapi__note(walk->run, schema, "reference",
                      "\"$ref\": \"%.*s\" leads to no schema; anything is taken",
                      STR_ARG(json_get_str(schema, "$ref")));
        return false;
    }
    *VEC_PUSH(walk->needs) = face;
    key_print(walk, frame, STR("$ref"));
    buf_printf(walk->out, "\"#/$defs/%.*s\"", STR_ARG(face->name));
    return true;
}

/* Bytes, where they go into the request as they are: what a caller gives for them. */
static bool bytes_print(struct walk *walk, struct frame *frame, const struct json_value *schema)
{
    struct openapi__face *face;

    if (!walk->bytes || !openapi__is_bytes(openapi__peek(walk->run, schema)))
        return false;
    face = openapi__face_of(walk->run, openapi__binary(walk->run), OPENAPI__INPUT);
    if (!face)
        return false;
    frame->annotations = true;
    *VEC_PUSH(walk->needs) = face;
    key_print(walk, frame, STR("$ref"));
    buf_printf(walk->out, "\"#/$defs/%.*s\"", STR_ARG(face->name));
    return true;
}

static void object_open(struct walk *walk, const struct json_value *schema)
{
    struct frame frame = { .kind = FRAME_SCHEMA, .value = schema, .iter = json_iter(schema) };
    bool ref = json_is_string(json_get(schema, "$ref")) || json_get(schema, "$dynamicRef");

    if (is_nullable(walk->run, schema)) {
        frame.nullable = is_composed(schema) && !enum_has_null(schema);
        frame.typed_null = !frame.nullable;
    }
    if (frame.nullable)
        buf_add_c(walk->out, "{\"anyOf\":[");
    buf_add_char(walk->out, '{');
    if (!bytes_print(walk, &frame, schema) && ref) {
        frame.annotations = walk->run->version != OPENAPI__31;
        (void)ref_print(walk, &frame, schema);
    }
    *VEC_PUSH(&walk->stack) = frame;
}

static void schema_open(struct walk *walk, const struct json_value *schema)
{
    if (json_is_bool(schema)) {
        buf_add_c(walk->out, json_is_true(schema) ? "true" : "false");
        return;
    }
    if (json_is_object(schema)) {
        object_open(walk, schema);
        return;
    }
    openapi__note(walk->run, schema, "schema", "a schema is an object; anything is taken");
    buf_add_c(walk->out, "true");
}

/* ---- keywords ---- */

static bool is_known_type(struct str type)
{
    static const char *const types[] = { "string", "number", "integer", "boolean",
                                         "array",  "object", "null" };

    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        if (str_is(type, types[i]))
            return true;
    }
    return false;
}

static bool are_known_types(const struct json_value *types)
{
    struct json_iter iter = json_iter(types);
    const struct json_value *each, *other;

    while ((each = json_next(&iter))) {
        struct json_iter rest = iter;

        if (!is_known_type(json_str(each)))
            return false;
        while ((other = json_next(&rest))) {
            if (json_equal(each, other))
                return false;
        }
    }
    return json_is_array(types) && json_count(types) > 0;
}

static bool type_print(struct walk *walk, struct frame *frame, const struct json_value *type)
{
    static const struct json_value text = { .tag = JSON__STR_PLAIN | (6U << JSON__LEN_SHIFT),
                                            .of.text = "string" };
    const struct json_value *file = &text; /* Swagger 2.0's word for bytes */

    if (json_is_array(type) && are_known_types(type)) {
        key_print(walk, frame, STR("type"));
        json_print(walk->out, type);
        return true;
    }
    if (str_is(json_str(type), "file"))
        type = file;
    if (!is_known_type(json_str(type)))
        return false;
    key_print(walk, frame, STR("type"));
    if (frame->typed_null && !str_is(json_str(type), "null"))
        buf_printf(walk->out, "[\"%.*s\",\"null\"]", STR_ARG(json_str(type)));
    else
        json_print(walk->out, type);
    return true;
}

static bool pattern_ok(struct walk *walk, const struct json_value *pattern)
{
    struct arena *scratch CLEANUP(arena_free) = NULL;
    struct regex_error error;
    const struct regex *regex;
    char *verdict;

    if (!json_is_string(pattern))
        return false;
    verdict = map_find(&walk->run->patterns, json_str(pattern));
    if (!verdict) {
        scratch = arena_new(0);
        verdict = (char *)(uintptr_t)(regex_compile(scratch, json_str(pattern), &error, &regex) ==
                                              REGEX_COMPILED
                                          ? "+"
                                          : "-");
        (void)map_put(&walk->run->patterns, json_str(pattern), verdict);
    }
    return *verdict == '+';
}

/* Names that are required, without those that this direction does not have. */
static bool required_print(struct walk *walk, struct frame *frame, const struct json_value *names)
{
    const struct json_value *properties = json_get(frame->value, "properties");
    struct json_iter iter = json_iter(names);
    const struct json_value *each;
    bool comma = false;

    if (!json_is_array(names))
        return json_is_bool(names); /* as drafts before 4 had it; said by a parameter, mostly */
    key_print(walk, frame, STR("required"));
    buf_add_char(walk->out, '[');
    while ((each = json_next(&iter))) {
        const struct json_value *property = json_find(properties, json_str(each));

        if (!json_is_string(each) ||
            (property && openapi__is_hidden(walk->run, property, walk->direction)))
            continue;
        if (comma)
            buf_add_char(walk->out, ',');
        comma = true;
        buf_add_json(walk->out, json_str(each));
    }
    buf_add_char(walk->out, ']');
    return true;
}

static bool bound_print(struct walk *walk, struct frame *frame, struct str key,
                        const struct json_value *bound)
{
    bool minimum = str_is(key, "exclusiveMinimum");

    if (json_is_false(bound))
        return true;
    if (json_is_true(bound))
        bound = json_get(frame->value, minimum ? "minimum" : "maximum");
    if (!json_is_number(bound))
        return false;
    key_print(walk, frame, key);
    json_print(walk->out, bound);
    return true;
}

/* With exclusiveMinimum true, minimum was printed there. */
static bool is_moved_bound(const struct frame *frame, struct str key)
{
    if (str_is(key, "minimum"))
        return json_is_true(json_get(frame->value, "exclusiveMinimum"));
    return str_is(key, "maximum") && json_is_true(json_get(frame->value, "exclusiveMaximum"));
}

static bool texts_ok(const struct json_value *object)
{
    struct json_iter iter = json_iter(object);
    const struct json_value *each, *text;

    while ((each = json_next(&iter))) {
        struct json_iter texts = json_iter(each);

        if (!json_is_array(each))
            return false;
        while ((text = json_next(&texts))) {
            if (!json_is_string(text))
                return false;
        }
    }
    return json_is_object(object);
}

static bool is_plain_ok(struct walk *walk, enum openapi__kind kind, const struct json_value *value)
{
    uint64_t count;

    switch (kind) {
    case OPENAPI__COPY:
        return true;
    case OPENAPI__TEXT:
        return json_is_string(value);
    case OPENAPI__BOOL:
        return json_is_bool(value);
    case OPENAPI__NUMBER:
        return json_is_number(value);
    case OPENAPI__COUNT:
        return json_to_u64(value, &count);
    case OPENAPI__DIVISOR:
        return json_is_number(value) && json_divisor_fits(value);
    case OPENAPI__PATTERN:
        return pattern_ok(walk, value);
    case OPENAPI__ENUM:
        return json_is_array(value) && json_count(value) > 0;
    case OPENAPI__TEXTS:
        return texts_ok(value);
    case OPENAPI__DROP:
    case OPENAPI__BOUND:
    case OPENAPI__TYPE:
    case OPENAPI__REQUIRED:
    case OPENAPI__SCHEMA:
    case OPENAPI__ITEMS:
    case OPENAPI__LIST:
    case OPENAPI__MAP:
    case OPENAPI__PROPERTIES:
    case OPENAPI__DISCRIMINATOR:
        return false;
    }
    return false;
}

static bool discriminator_print(struct walk *walk, struct frame *frame,
                                const struct json_value *value)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (!openapi__discriminator(walk->run, frame->value, value, &text))
        return false;
    key_print(walk, frame, STR("x-discriminator"));
    buf_add_str(walk->out, buf_str(&text));
    return true;
}

static void children_open(struct walk *walk, struct frame *frame, struct str key,
                          const struct json_value *value, bool sided)
{
    bool list = json_is_array(value);
    struct frame child = { .kind = list ? FRAME_LIST : FRAME_MAP,
                           .sided_map = sided,
                           .value = value,
                           .iter = json_iter(value) };

    key_print(walk, frame, key);
    buf_add_char(walk->out, list ? '[' : '{');
    *VEC_PUSH(&walk->stack) = child;
}

/* Keywords that hold schemas; false where the value is none. */
static bool nested_open(struct walk *walk, struct frame *frame, enum openapi__kind kind,
                        const struct json_value *value)
{
    struct str key = frame->iter.key;
    bool schema = json_is_object(value) || json_is_bool(value);

    switch (kind) {
    case OPENAPI__ITEMS:
        if (json_is_array(value) && json_count(value) > 0) {
            children_open(walk, frame, STR("prefixItems"), value, false);
            return true;
        }
        /* fallthrough */
    case OPENAPI__SCHEMA:
        if (!schema)
            return false;
        key_print(walk, frame, key);
        schema_open(walk, value);
        return true;
    case OPENAPI__LIST:
        if (!json_is_array(value) || json_count(value) == 0)
            return false;
        children_open(walk, frame, key, value, false);
        return true;
    case OPENAPI__MAP:
    case OPENAPI__PROPERTIES:
        if (!json_is_object(value))
            return false;
        children_open(walk, frame, key, value, kind == OPENAPI__PROPERTIES);
        return true;
    case OPENAPI__REQUIRED:
        return required_print(walk, frame, value);
    case OPENAPI__TYPE:
        return type_print(walk, frame, value);
    case OPENAPI__BOUND:
        return bound_print(walk, frame, key, value);
    case OPENAPI__DISCRIMINATOR:
        return discriminator_print(walk, frame, value);
    case OPENAPI__DROP:
    case OPENAPI__COPY:
    case OPENAPI__TEXT:
    case OPENAPI__COUNT:
    case OPENAPI__NUMBER:
    case OPENAPI__DIVISOR:
    case OPENAPI__BOOL:
    case OPENAPI__PATTERN:
    case OPENAPI__ENUM:
    case OPENAPI__TEXTS:
        break;
    }
    if (!is_plain_ok(walk, kind, value))
        return false;
    key_print(walk, frame, key);
    json_print(walk->out, value);
    return true;
}

static void keyword_step(struct walk *walk, const struct json_value *value)
{
    struct frame *frame = &walk->stack.at[walk->stack.count - 1];
    struct str key = frame->iter.key;
    bool annotation;
    enum openapi__kind kind = openapi__keyword(key, &annotation);

    if (kind == OPENAPI__DROP || (frame->annotations && !annotation) || is_moved_bound(frame, key))
        return;
    if (!nested_open(walk, frame, kind, value))
        openapi__note(walk->run, value, "keyword",
                      "this is no value of \"%.*s\" (%s); the keyword is left out", STR_ARG(key),
                      json_is_string(value) ? json_str(value).ptr
                                            : json_type_name(json_type(value)));
}

static void child_step(struct walk *walk, const struct json_value *value)
{
    struct frame *frame = &walk->stack.at[walk->stack.count - 1];

    if (frame->sided_map && openapi__is_hidden(walk->run, value, walk->direction))
        return;
    if (frame->kind == FRAME_MAP) {
        key_print(walk, frame, frame->iter.key);
    } else {
        if (frame->comma)
            buf_add_char(walk->out, ',');
        frame->comma = true;
    }
    schema_open(walk, value);
}

static void frame_close(struct walk *walk)
{
    struct frame frame = walk->stack.at[--walk->stack.count];

    buf_add_char(walk->out, frame.kind == FRAME_LIST ? ']' : '}');
    if (frame.nullable)
        buf_add_c(walk->out, ",{\"type\":\"null\"}]}");
}

void openapi__bytes(struct openapi *run, struct buf *out, struct openapi__faces *needs)
{
    struct openapi__face *face = openapi__face_of(run, openapi__binary(run), OPENAPI__INPUT);

    CHECK(face);
    *VEC_PUSH(needs) = face;
    buf_printf(out, "{\"$ref\":\"#/$defs/%.*s\"}", STR_ARG(face->name));
}

void openapi__translate(struct openapi *run, const struct json_value *schema,
                        enum openapi__direction direction, struct buf *out,
                        struct openapi__faces *needs)
{
    struct walk walk = { .run = run,
                         .out = out,
                         .direction = direction == OPENAPI__OUTPUT ? direction : OPENAPI__INPUT,
                         .bytes = direction == OPENAPI__BYTES,
                         .needs = needs };
    size_t before = out->len;

    schema_open(&walk, schema);
    while (walk.stack.count > 0) {
        struct frame *frame = &walk.stack.at[walk.stack.count - 1];
        const struct json_value *value = json_next(&frame->iter);

        if (!value)
            frame_close(&walk);
        else if (frame->kind == FRAME_SCHEMA)
            keyword_step(&walk, value);
        else
            child_step(&walk, value);
    }
    VEC_FINI(&walk.stack);
    openapi__spend(run, out->len - before);
}
