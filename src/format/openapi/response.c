/* What an operation answers where it succeeds, and the media types of that. */
#include "format/openapi/internal.h"

#define SHAPES_MAX 16U

struct shapes {
    struct str texts[SHAPES_MAX];
    size_t count;
    bool open; /* something that has no schema */
};

static bool is_success(struct str status)
{
    return status.len == 3 && status.ptr[0] == '2';
}

static void shape_add(struct openapi *run, struct shapes *shapes, struct str text)
{
    for (size_t i = 0; i < shapes->count; i++) {
        if (str_equal(shapes->texts[i], text))
            return;
    }
    if (shapes->count == SHAPES_MAX)
        shapes->open = true;
    else
        shapes->texts[shapes->count++] = str_copy(run->arena, text);
}

static void schema_add(struct openapi *run, struct openapi__operation *operation,
                       struct shapes *shapes, const struct json_value *schema)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    openapi__translate(run, schema, OPENAPI__OUTPUT, &text, &operation->needs);
    shape_add(run, shapes, buf_str(&text));
}

static void type_add(struct buf *accept, struct str type)
{
    struct buf quoted BUF_CLEANUP = BUF_INIT;

    if (str_find_char(type, '*') != SIZE_MAX)
        return;
    buf_add_json(&quoted, type);
    if (str_find(buf_str(accept), buf_str(&quoted)) != SIZE_MAX)
        return;
    if (accept->len > 0)
        buf_add_char(accept, ',');
    buf_add_str(accept, buf_str(&quoted));
}

static void media_add(struct openapi *run, struct openapi__operation *operation,
                      struct shapes *shapes, struct str type, const struct json_value *schema)
{
    if (openapi__is_json(type) && schema && !openapi__is_bytes(openapi__peek(run, schema)))
        schema_add(run, operation, shapes, schema);
    else if (openapi__is_text(type) && !openapi__is_json(type))
        shape_add(run, shapes, STR("{\"type\":\"string\"}"));
    else
        shapes->open = true;
}

/* JSON types first: what is asked for before the rest. */
static void types_add(struct json_iter iter, struct buf *accept, bool json)
{
    struct json_iter at = iter;
    const struct json_value *each;

    while ((each = json_next(&at))) {
        struct str type = at.members ? at.key : json_str(each);

        if (type.ptr && openapi__is_json(type) == json)
            type_add(accept, type);
    }
}

static void response_30(struct openapi *run, struct openapi__operation *operation,
                        const struct json_value *response, struct shapes *shapes,
                        struct buf *accept)
{
    struct json_iter content = json_iter(json_get(response, "content"));
    const struct json_value *media;

    if (content.left == 0)
        shape_add(run, shapes, STR("{\"type\":\"null\"}"));
    types_add(content, accept, true);
    types_add(content, accept, false);
    while ((media = json_next(&content)))
        media_add(run, operation, shapes, content.key,
                  json_get(openapi__peek(run, media), "schema"));
}

static void response_20(struct openapi *run, struct openapi__operation *operation,
                        const struct json_value *response, struct shapes *shapes,
                        struct buf *accept)
{
    const struct json_value *produces = json_get(operation->value, "produces");
    const struct json_value *schema = json_get(response, "schema");
    struct json_iter types;

    if (!json_is_array(produces))
        produces = json_get(run->root, "produces");
    types = json_iter(produces);
    types_add(types, accept, true);
    types_add(types, accept, false);
    if (!schema) {
        shape_add(run, shapes, STR("{\"type\":\"null\"}"));
        return;
    }
    if (types.left == 0 || !accept->ptr || accept->ptr[0] != '"' ||
        str_find(buf_str(accept), STR("json")) != SIZE_MAX)
        media_add(run, operation, shapes, STR("application/json"), schema);
    else
        media_add(run, operation, shapes, json_str(json_at(produces, 0)), schema);
}

/* With a shape for each answer: one of them. */
static struct str output_of(struct openapi *run, const struct shapes *shapes)
{
    struct buf out BUF_CLEANUP = BUF_INIT;

    if (shapes->open || shapes->count == 0)
        return STR_NULL;
    if (shapes->count == 1)
        return str_is(shapes->texts[0], "{\"type\":\"null\"}") ? STR_NULL : shapes->texts[0];
    buf_add_c(&out, "{\"anyOf\":[");
    for (size_t i = 0; i < shapes->count; i++) {
        if (i > 0)
            buf_add_char(&out, ',');
        buf_add_str(&out, shapes->texts[i]);
    }
    buf_add_c(&out, "]}");
    return str_copy(run->arena, buf_str(&out));
}

void openapi__response(struct openapi *run, struct openapi__operation *operation,
                       struct buf *accept)
{
    const struct json_value *responses = json_get(operation->value, "responses");
    struct json_iter iter = json_iter(responses);
    const struct json_value *each;
    struct shapes shapes = { 0 };
    bool any = false;

    while (json_is_object(responses) && (each = json_next(&iter))) {
        const struct json_value *found;

        if (!is_success(iter.key))
            continue;
        any = true;
        found = openapi__peek(run, each);
        if (!found) {
            openapi__note(run, each, "reference", "an answer's $ref leads to nothing");
            shapes.open = true;
        } else if (run->version == OPENAPI__20) {
            response_20(run, operation, found, &shapes, accept);
        } else {
            response_30(run, operation, found, &shapes, accept);
        }
    }
    each = any ? NULL : openapi__peek(run, json_get(responses, "default"));
    if (each && run->version == OPENAPI__20)
        response_20(run, operation, each, &shapes, accept);
    else if (each)
        response_30(run, operation, each, &shapes, accept);
    operation->output = output_of(run, &shapes);
}
