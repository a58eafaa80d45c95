/*
 * The body: one argument, called body, and the media types in which it can go.
 *
 * The first media type of the plan is the one that the argument's schema describes: JSON before
 * forms, forms before texts, texts before bytes.
 */
#include "format/openapi/internal.h"

#define MEDIA_MAX  32U
#define FIELDS_MAX 1024U

enum media {
    MEDIA_JSON,
    MEDIA_FORM,
    MEDIA_MULTIPART,
    MEDIA_TEXT,
    MEDIA_BYTES,
};

struct content {
    struct str type;
    enum media media;
    const struct json_value *value; /* the media type object; Swagger 2.0: NULL */
};

/* The type alone, without parameters. */
static struct str bare(struct str type)
{
    return str_trim(str_slice(type, 0, str_find_char(type, ';')));
}

bool openapi__is_json(struct str type)
{
    struct str name = bare(type);

    return str_is(name, "application/json") || str_is(name, "*/*") ||
           str_is(name, "application/*") || str_is(name, "text/json") ||
           str_ends(name, STR("+json"));
}

bool openapi__is_text(struct str type)
{
    struct str name = bare(type);

    return str_starts(name, STR("text/")) || str_is(name, "application/xml") ||
           str_ends(name, STR("+xml")) || str_is(name, "application/yaml") ||
           str_is(name, "application/x-yaml") || str_is(name, "application/javascript") ||
           str_is(name, "application/x-ndjson") || str_is(name, "application/graphql");
}

static enum media media_of(struct str type)
{
    if (openapi__is_json(type))
        return MEDIA_JSON;
    if (str_is(bare(type), "application/x-www-form-urlencoded"))
        return MEDIA_FORM;
    if (str_starts(bare(type), STR("multipart/")))
        return MEDIA_MULTIPART;
    return openapi__is_text(type) ? MEDIA_TEXT : MEDIA_BYTES;
}

bool openapi__is_body(const struct json_value *parameter)
{
    struct str in = json_get_str(parameter, "in");

    return str_is(in, "body") || str_is(in, "formData");
}

bool openapi__has_body(struct openapi *run, const struct openapi__operation *operation)
{
    const struct json_value *each;
    size_t at = 0;

    if (run->version != OPENAPI__20)
        return json_get(operation->value, "requestBody") != NULL;
    while ((each = openapi__parameter_next(run, operation, &at))) {
        if (openapi__is_body(each))
            return true;
    }
    return false;
}

/* ---- the plan ---- */

static void plan_open(struct json_out *out, bool required)
{
    json_out_object(out);
    json_out_key(out, "arg");
    json_out_str(out, STR("body"));
    json_out_key(out, "required");
    json_out_bool(out, required);
    json_out_key(out, "content");
    json_out_array(out);
}

static const char *part_type(struct openapi *run, const struct json_value *schema)
{
    const struct json_value *found = openapi__peek(run, schema);

    if (str_is(json_get_str(found, "type"), "array"))
        found = openapi__peek(run, json_get(found, "items"));
    if (openapi__is_bytes(found))
        return "application/octet-stream";
    if (str_is(json_get_str(found, "type"), "object") || json_get(found, "properties"))
        return "application/json";
    return "text/plain";
}

static void part_print(struct openapi *run, struct json_out *out, const struct json_value *schema,
                       const struct json_value *encoding)
{
    struct str type = json_get_str(encoding, "contentType");

    json_out_object(out);
    json_out_key(out, "type");
    json_out_str(out, type.ptr ? str_trim(str_slice(type, 0, str_find_char(type, ',')))
                               : str_from(part_type(run, schema)));
    json_out_end(out);
}

static void field_print(struct json_out *out, const struct json_value *encoding)
{
    struct str style = json_get_str(encoding, "style");
    const struct json_value *explode = json_get(encoding, "explode");
    bool form = !style.ptr || str_is(style, "form");

    json_out_object(out);
    json_out_key(out, "style");
    json_out_str(out, style.ptr ? style : STR("form"));
    json_out_key(out, "explode");
    json_out_bool(out, json_is_bool(explode) ? json_is_true(explode)
                                             : form || str_is(style, "deepObject"));
    json_out_key(out, "reserved");
    json_out_bool(out, json_is_true(json_get(encoding, "allowReserved")));
    if (json_get_str(encoding, "contentType").ptr && !style.ptr) {
        json_out_key(out, "content");
        json_out_str(out, json_get_str(encoding, "contentType"));
    }
    json_out_end(out);
}

/* The properties at a schema's top, those of its allOf included. */
static void parts_print(struct openapi *run, struct json_out *out, const struct content *content)
{
    const struct json_value *schema = openapi__peek(run, json_get(content->value, "schema"));
    const struct json_value *encodings = json_get(content->value, "encoding");
    struct json_iter all = json_iter(json_get(schema, "allOf"));
    const struct json_value *property;
    struct map seen = MAP_INIT;

    json_out_key(out, "parts");
    json_out_object(out);
    while (schema && seen.count < FIELDS_MAX) {
        struct json_iter iter = json_iter(json_get(schema, "properties"));

        while ((property = json_next(&iter)) && seen.count < FIELDS_MAX) {
            if (openapi__is_hidden(run, property, OPENAPI__INPUT) || map_put(&seen, iter.key, run))
                continue;
            json_out_key_str(out, iter.key);
            part_print(run, out, property, json_find(encodings, iter.key));
        }
        schema = openapi__peek(run, json_next(&all));
    }
    json_out_end(out);
    map_fini(&seen);
}

static void fields_print(struct json_out *out, const struct content *content)
{
    struct json_iter iter = json_iter(json_get(content->value, "encoding"));
    const struct json_value *encoding;

    if (iter.left == 0)
        return;
    json_out_key(out, "fields");
    json_out_object(out);
    while ((encoding = json_next(&iter))) {
        json_out_key_str(out, iter.key);
        field_print(out, encoding);
    }
    json_out_end(out);
}

static void content_print(struct openapi *run, struct json_out *out, const struct content *content)
{
    bool any = str_find_char(content->type, '*') != SIZE_MAX;

    json_out_object(out);
    json_out_key(out, "type");
    if (any)
        json_out_str(out, content->media == MEDIA_JSON ? STR("application/json")
                                                       : STR("application/octet-stream"));
    else
        json_out_str(out, content->type);
    if (content->media == MEDIA_MULTIPART)
        parts_print(run, out, content);
    if (content->media == MEDIA_FORM)
        fields_print(out, content);
    json_out_end(out);
}

/* What the body is called where its schema does not say. */
static struct str description_of(struct openapi *run, const struct content *content,
                                 const struct json_value *owner)
{
    const struct json_value *schema = json_get(content->value, "schema");
    bool inlined = content->media == MEDIA_FORM || content->media == MEDIA_MULTIPART;

    if (content->media != MEDIA_JSON && !inlined && content->media != MEDIA_TEXT)
        return STR_NULL;
    if (openapi__is_bytes(schema) && content->media == MEDIA_JSON)
        return STR_NULL;
    if (inlined)
        schema = openapi__peek(run, schema);
    if (content->media != MEDIA_TEXT && json_is_string(json_get(schema, "description")))
        return STR_NULL;
    return json_get_str(owner, "description");
}

/* ---- OpenAPI 3 ---- */

static void body_schema(struct openapi *run, struct openapi__operation *operation,
                        const struct content *content, struct buf *out)
{
    const struct json_value *schema = json_get(content->value, "schema");
    bool any = str_find_char(content->type, '*') != SIZE_MAX;

    switch (content->media) {
    case MEDIA_JSON:
        if (any && openapi__is_bytes(openapi__peek(run, schema)))
            break; /* any type at all, and bytes */
        if (schema)
            openapi__translate(run, schema, OPENAPI__INPUT, out, &operation->needs);
        else
            buf_add_c(out, "{}");
        return;
    case MEDIA_FORM:
    case MEDIA_MULTIPART:
        schema = schema ? openapi__peek(run, schema) : NULL;
        if (schema)
            openapi__translate(run, schema, OPENAPI__BYTES, out, &operation->needs);
        else
            buf_add_c(out, "{\"type\":\"object\"}");
        return;
    case MEDIA_TEXT:
        buf_add_c(out, "{\"type\":\"string\"}");
        return;
    case MEDIA_BYTES:
        break;
    }
    openapi__bytes(run, out, &operation->needs);
}

static size_t contents_read(struct openapi *run, const struct json_value *body,
                            struct content *contents)
{
    struct json_iter iter = json_iter(json_get(body, "content"));
    const struct json_value *media;
    size_t count = 0;

    while ((media = json_next(&iter)) && count < MEDIA_MAX) {
        struct content each = { iter.key, media_of(iter.key), openapi__peek(run, media) };
        size_t at = count++;

        for (; at > 0 && contents[at - 1].media > each.media; at--)
            contents[at] = contents[at - 1];
        contents[at] = each;
    }
    return count;
}

static void body_take(struct openapi *run, struct openapi__operation *operation,
                      const struct json_value *body)
{
    struct json_out out = json_out(&operation->plan_body);
    struct buf schema BUF_CLEANUP = BUF_INIT;
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct content contents[MEDIA_MAX];
    size_t count = contents_read(run, body, contents);
    bool required = json_is_true(json_get(body, "required"));

    if (count == 0)
        return;
    plan_open(&out, required);
    for (size_t i = 0; i < count; i++)
        content_print(run, &out, &contents[i]);
    json_out_end(&out);
    json_out_end(&out);
    body_schema(run, operation, &contents[0], &schema);
    openapi__described(&text, buf_str(&schema), description_of(run, &contents[0], body));
    openapi__argument(operation, STR("body"), buf_str(&text), required);
}

/* ---- Swagger 2.0 ---- */

static const struct json_value *media_types(const struct openapi *run,
                                            const struct openapi__operation *operation)
{
    const struct json_value *own = json_get(operation->value, "consumes");

    return json_is_array(own) ? own : json_get(run->root, "consumes");
}

static bool body_take_20(struct openapi *run, struct openapi__operation *operation,
                         const struct json_value *parameter)
{
    struct json_out out = json_out(&operation->plan_body);
    struct json_iter types = json_iter(media_types(run, operation));
    struct buf schema BUF_CLEANUP = BUF_INIT;
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct content content = { STR("application/json"), MEDIA_JSON, parameter };
    const struct json_value *each;
    bool required = json_is_true(json_get(parameter, "required")), first = true;

    while ((each = json_next(&types))) {
        struct str type = json_str(each);

        if (type.ptr && (first || media_of(type) < content.media))
            content = (struct content){ type, media_of(type), parameter };
        first = false;
    }
    plan_open(&out, required);
    content_print(run, &out, &content);
    json_out_end(&out);
    json_out_end(&out);
    body_schema(run, operation, &content, &schema);
    openapi__described(&text, buf_str(&schema), description_of(run, &content, parameter));
    openapi__argument(operation, STR("body"), buf_str(&text), required);
    return true;
}

struct form {
    struct buf properties;
    struct buf required;
    struct buf fields;
    struct buf parts;
    bool files;
};

static void form_field(struct openapi *run, struct openapi__operation *operation,
                       const struct json_value *field, struct form *form)
{
    struct str name = json_get_str(field, "name");
    struct json_out parts = json_out(&form->parts);
    bool array = str_is(json_get_str(field, "type"), "array");
    bool multi = str_is(json_get_str(field, "collectionFormat"), "multi");

    buf_add_c(&form->properties, form->properties.len > 0 ? "," : "");
    buf_add_json(&form->properties, name);
    buf_add_char(&form->properties, ':');
    openapi__translate(run, field, OPENAPI__BYTES, &form->properties, &operation->needs);
    if (json_is_true(json_get(field, "required"))) {
        buf_add_c(&form->required, form->required.len > 0 ? "," : "");
        buf_add_json(&form->required, name);
    }
    form->files |= openapi__is_bytes(field);
    buf_add_c(&form->parts, form->parts.len > 0 ? "," : "");
    buf_add_json(&form->parts, name);
    buf_add_char(&form->parts, ':');
    part_print(run, &parts, field, NULL);
    if (!array)
        return;
    buf_add_c(&form->fields, form->fields.len > 0 ? "," : "");
    buf_add_json(&form->fields, name);
    buf_printf(&form->fields, ":{\"style\":\"form\",\"explode\":%s,\"reserved\":false}",
               multi ? "true" : "false");
}

static void form_plan(struct openapi__operation *operation, const struct form *form, bool multipart)
{
    struct buf *plan = &operation->plan_body;

    buf_printf(plan, "{\"arg\":\"body\",\"required\":%s,\"content\":[{\"type\":\"%s\"",
               form->required.len > 0 ? "true" : "false",
               multipart ? "multipart/form-data" : "application/x-www-form-urlencoded");
    if (multipart)
        buf_printf(plan, ",\"parts\":{%.*s}", STR_ARG(buf_str(&form->parts)));
    else if (form->fields.len > 0)
        buf_printf(plan, ",\"fields\":{%.*s}", STR_ARG(buf_str(&form->fields)));
    buf_add_c(plan, "}]}");
}

static bool is_multipart(const struct openapi *run, const struct openapi__operation *operation)
{
    struct json_iter types = json_iter(media_types(run, operation));
    const struct json_value *each;
    bool form = false, multipart = false;

    while ((each = json_next(&types))) {
        form |= media_of(json_str(each)) == MEDIA_FORM;
        multipart |= media_of(json_str(each)) == MEDIA_MULTIPART;
    }
    return multipart && !form;
}

static void form_take(struct openapi *run, struct openapi__operation *operation)
{
    struct form form = { 0 };
    struct buf text BUF_CLEANUP = BUF_INIT;
    const struct json_value *each;
    struct map seen = MAP_INIT;
    size_t at = 0;

    while ((each = openapi__parameter_next(run, operation, &at))) {
        if (str_is(json_get_str(each, "in"), "formData") &&
            !map_put(&seen, json_get_str(each, "name"), run))
            form_field(run, operation, each, &form);
    }
    map_fini(&seen);
    buf_printf(&text, "{\"type\":\"object\",\"properties\":{%.*s}",
               STR_ARG(buf_str(&form.properties)));
    if (form.required.len > 0)
        buf_printf(&text, ",\"required\":[%.*s]", STR_ARG(buf_str(&form.required)));
    buf_add_char(&text, '}');
    form_plan(operation, &form, form.files || is_multipart(run, operation));
    openapi__argument(operation, STR("body"), buf_str(&text), form.required.len > 0);
    buf_fini(&form.properties);
    buf_fini(&form.required);
    buf_fini(&form.fields);
    buf_fini(&form.parts);
}

void openapi__body(struct openapi *run, struct openapi__operation *operation)
{
    const struct json_value *each;
    size_t at = 0;

    if (run->version != OPENAPI__20) {
        const struct json_value *body = json_get(operation->value, "requestBody");

        body = body ? openapi__resolve(run, body) : NULL;
        operation->failed |= !body && json_get(operation->value, "requestBody");
        if (body)
            body_take(run, operation, body);
        return;
    }
    while ((each = openapi__parameter_next(run, operation, &at))) {
        if (str_is(json_get_str(each, "in"), "body") && body_take_20(run, operation, each))
            return;
    }
    if (openapi__has_body(run, operation))
        form_take(run, operation);
}
