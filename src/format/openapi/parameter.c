/*
 * Parameters: members of the tool's input by their name, and how each goes into the request.
 *
 * Where two in different places share a name, the first in the order path, query, header, cookie
 * keeps it and the others are called name_place; so is one called `body` beside a body.
 */
#include "format/openapi/internal.h"

#define PARAMETERS_MAX 512U

static const char *const places[] = { "path", "query", "header", "cookie" };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Equal but for the case of ASCII letters. */
static bool is_folded(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

/* What the protocol sets by itself. */
static bool is_set_elsewhere(const struct openapi *run, struct str name, struct str in)
{
    static const char *const headers[] = { "accept", "content-type", "authorization",
                                           "content-length", "host" };

    if (!str_is(in, "header"))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(headers); i++) {
        /* In Swagger 2.0 an Authorization parameter may be all there is of authentication. */
        if (is_folded(name, str_from(headers[i])))
            return i != 2 || run->version != OPENAPI__20;
    }
    return false;
}

static bool is_idempotency(struct str name, struct str in)
{
    static const char *const names[] = { "Idempotency-Key",   "X-Idempotency-Key",
                                         "Idempotence-Key",   "X-Idempotence-Key",
                                         "PayPal-Request-Id", "IdempotencyKey",
                                         "X-Idempotent-Key",  "Idempotent-Key" };

    if (!str_is(in, "header"))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (is_folded(name, str_from(names[i])))
            return true;
    }
    return false;
}

/* ---- all that an operation has ---- */

static const struct json_value *parameter_at(const struct json_value *owner, size_t index)
{
    return json_at(json_get(owner, "parameters"), index);
}

const struct json_value *openapi__parameter_next(struct openapi *run,
                                                 const struct openapi__operation *operation,
                                                 size_t *at)
{
    size_t own = json_count(json_get(operation->value, "parameters"));
    size_t all = own + json_count(json_get(operation->item, "parameters"));

    while (*at < all && *at < PARAMETERS_MAX) {
        size_t index = (*at)++;
        const struct json_value *each = index < own ? parameter_at(operation->value, index)
                                                    : parameter_at(operation->item, index - own);
        const struct json_value *found = openapi__peek(run, each);

        if (json_is_object(found))
            return found;
    }
    return NULL;
}

/* One of the item's gives way to the operation's own; of two alike the first counts. */
static bool came_before(struct openapi *run, const struct openapi__operation *operation,
                        const struct json_value *parameter)
{
    struct str name = json_get_str(parameter, "name"), in = json_get_str(parameter, "in");
    const struct json_value *each;
    size_t at = 0;

    while ((each = openapi__parameter_next(run, operation, &at)) && each != parameter) {
        if (str_equal(json_get_str(each, "name"), name) && str_equal(json_get_str(each, "in"), in))
            return true;
    }
    return false;
}

/* ---- arguments ---- */

void openapi__argument(struct openapi__operation *operation, struct str name, struct str schema,
                       bool required)
{
    struct buf *out = &operation->properties;

    (void)map_put(&operation->args, name, operation);
    if (out->len > 0)
        buf_add_char(out, ',');
    buf_add_json(out, name);
    buf_add_char(out, ':');
    buf_add_str(out, schema);
    if (!required)
        return;
    if (operation->required.len > 0)
        buf_add_char(&operation->required, ',');
    buf_add_json(&operation->required, name);
}

void openapi__described(struct buf *out, struct str schema, struct str description)
{
    if (description.len == 0 || schema.ptr[0] != '{') {
        buf_add_str(out, schema);
        return;
    }
    buf_add_c(out, "{\"description\":");
    buf_add_json(out, description);
    if (schema.len > 2)
        buf_add_char(out, ',');
    buf_add_str(out, str_slice(schema, 1, schema.len));
}

static struct str arg_name(struct openapi *run, struct openapi__operation *operation,
                           struct str name, struct str in)
{
    bool body = str_is(name, "body") && openapi__has_body(run, operation);

    if (!body && !map_find(&operation->args, name))
        return name;
    struct str given = str_printf(run->arena, "%.*s_%.*s", STR_ARG(name), STR_ARG(in));
    for (unsigned try = 2; map_find(&operation->args, given); try++)
        given = str_printf(run->arena, "%.*s_%.*s_%u", STR_ARG(name), STR_ARG(in), try);
    return given;
}

/* ---- styles ---- */

struct style {
    const char *name;
    bool explode;
};

static struct style style_of_20(const struct json_value *parameter, bool form)
{
    struct str format = json_get_str(parameter, "collectionFormat");

    if (str_is(format, "multi"))
        return (struct style){ form ? "form" : "simple", true };
    if (str_is(format, "ssv"))
        return (struct style){ "spaceDelimited", false };
    if (str_is(format, "tsv"))
        return (struct style){ "tabDelimited", false };
    if (str_is(format, "pipes"))
        return (struct style){ "pipeDelimited", false };
    return (struct style){ form ? "form" : "simple", false };
}

static struct style style_of(struct openapi *run, const struct json_value *parameter, struct str in)
{
    static const char *const styles[] = { "simple",         "form",          "label",     "matrix",
                                          "spaceDelimited", "pipeDelimited", "deepObject" };
    bool form = str_is(in, "query") || str_is(in, "cookie");
    struct str given = json_get_str(parameter, "style");
    const struct json_value *explode = json_get(parameter, "explode");
    struct style style = { form ? "form" : "simple", false };

    if (run->version == OPENAPI__20)
        return style_of_20(parameter, form);
    for (size_t i = 0; i < ARRAY_COUNT(styles); i++) {
        if (str_is(given, styles[i]))
            style.name = styles[i];
    }
    style.explode = strcmp(style.name, "form") == 0 || strcmp(style.name, "deepObject") == 0;
    if (json_is_bool(explode))
        style.explode = json_is_true(explode);
    return style;
}

static void plan_param(struct openapi *run, struct openapi__operation *operation,
                       const struct json_value *parameter, struct str arg, struct str content)
{
    struct json_out out = json_out(&operation->plan_params);
    struct str in = json_get_str(parameter, "in");
    struct style style = style_of(run, parameter, in);

    if (operation->plan_params.len > 0)
        buf_add_char(&operation->plan_params, ',');
    json_out_object(&out);
    json_out_key(&out, "arg");
    json_out_str(&out, arg);
    json_out_key(&out, "name");
    json_out_str(&out, json_get_str(parameter, "name"));
    json_out_key(&out, "in");
    json_out_str(&out, in);
    json_out_key(&out, "style");
    json_out_str(&out, str_from(style.name));
    json_out_key(&out, "explode");
    json_out_bool(&out, style.explode);
    json_out_key(&out, "required");
    json_out_bool(&out, str_is(in, "path") || json_is_true(json_get(parameter, "required")));
    json_out_key(&out, "reserved");
    json_out_bool(&out, json_is_true(json_get(parameter, "allowReserved")));
    if (content.ptr) {
        json_out_key(&out, "content");
        json_out_str(&out, content);
    }
    json_out_end(&out);
}

/* ---- one parameter ---- */

/* The schema, and the media type where it is sent as one. */
static const struct json_value *schema_of(struct openapi *run, const struct json_value *parameter,
                                          struct str *ret_content)
{
    struct json_iter content = json_iter(json_get(parameter, "content"));
    const struct json_value *media;

    *ret_content = STR_NULL;
    if (run->version == OPENAPI__20)
        return parameter;
    if (json_get(parameter, "schema"))
        return json_get(parameter, "schema");
    media = json_next(&content);
    if (!media)
        return NULL;
    *ret_content = content.key;
    return json_get(openapi__peek(run, media), "schema");
}

/* The schema of an argument, with what the parameter says of itself. */
static struct str argument_schema(struct openapi *run, struct openapi__operation *operation,
                                  const struct json_value *schema,
                                  const struct json_value *parameter)
{
    struct buf own BUF_CLEANUP = BUF_INIT;
    struct buf out BUF_CLEANUP = BUF_INIT;

    if (schema)
        openapi__translate(run, schema, OPENAPI__INPUT, &own, &operation->needs);
    else
        buf_add_c(&own, "{}");
    if (json_is_string(json_get(schema, "description"))) /* also Swagger 2.0: it is the parameter */
        return str_copy(run->arena, buf_str(&own));
    openapi__described(&out, buf_str(&own), json_get_str(parameter, "description"));
    return str_copy(run->arena, buf_str(&out));
}

static void parameter_take(struct openapi *run, struct openapi__operation *operation,
                           const struct json_value *parameter)
{
    struct str name = json_get_str(parameter, "name"), in = json_get_str(parameter, "in");
    bool required = str_is(in, "path") || json_is_true(json_get(parameter, "required"));
    struct str content;
    const struct json_value *schema = schema_of(run, parameter, &content);

    if (is_set_elsewhere(run, name, in))
        return;
    if (is_idempotency(name, in) && !operation->idempotency.ptr) {
        operation->idempotency = name;
        required = false;
    }
    struct str arg = arg_name(run, operation, name, in);
    struct str text = argument_schema(run, operation, schema, parameter);
    openapi__argument(operation, arg, text, required);
    plan_param(run, operation, parameter, arg, content);
}

/* Without it the request would be another one. */
static bool is_needed(const struct json_value *parameter)
{
    return openapi__is_body(parameter) || str_is(json_get_str(parameter, "in"), "path") ||
           json_is_true(json_get(parameter, "required"));
}

static void parameter_check(struct openapi *run, struct openapi__operation *operation,
                            const struct json_value *parameter)
{
    struct str in = json_get_str(parameter, "in");

    if (json_get_str(parameter, "name").len == 0 && !is_needed(parameter)) {
        openapi__note(run, parameter, "parameter", "a parameter has no \"name\"; it is left out");
        return;
    }
    if (json_get_str(parameter, "name").len == 0) {
        operation->failed = true;
        openapi__error(run, parameter, "parameter", "a parameter has no \"name\"");
    }
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        if (str_is(in, places[i]))
            return;
    }
    if (openapi__is_body(parameter))
        return;
    operation->failed = true;
    openapi__error(run, parameter, "parameter",
                   "a parameter is in \"%.*s\"; it is in path, query, "
                   "header or cookie",
                   STR_ARG(in));
}

/* References of its own list that lead to nothing. */
static void references_check(struct openapi *run, struct openapi__operation *operation,
                             const struct json_value *owner)
{
    struct json_iter iter = json_iter(json_get(owner, "parameters"));
    const struct json_value *each;

    while ((each = json_next(&iter))) {
        if (!json_is_object(openapi__resolve(run, each)))
            operation->failed = true;
    }
}

static bool path_has(struct openapi *run, const struct openapi__operation *operation,
                     struct str name)
{
    const struct json_value *each;
    size_t at = 0;

    while ((each = openapi__parameter_next(run, operation, &at))) {
        if (str_is(json_get_str(each, "in"), "path") && str_equal(json_get_str(each, "name"), name))
            return true;
    }
    return false;
}

/* A place in the path that nobody declared: a text. */
static void path_add(struct openapi *run, struct openapi__operation *operation, struct str name)
{
    struct json_out out = json_out(&operation->plan_params);

    if (name.len == 0 || map_find(&operation->args, name))
        return;
    openapi__note(run, operation->value, "path",
                  "a path has {%.*s} and no parameter of that name in path; it is taken as a text",
                  STR_ARG(name));
    openapi__argument(operation, name, STR("{\"type\":\"string\"}"), true);
    if (operation->plan_params.len > 0)
        buf_add_char(&operation->plan_params, ',');
    json_out_object(&out);
    json_out_key(&out, "arg");
    json_out_str(&out, name);
    json_out_key(&out, "name");
    json_out_str(&out, name);
    json_out_key(&out, "in");
    json_out_str(&out, STR("path"));
    json_out_key(&out, "style");
    json_out_str(&out, STR("simple"));
    json_out_key(&out, "explode");
    json_out_bool(&out, false);
    json_out_key(&out, "required");
    json_out_bool(&out, true);
    json_out_key(&out, "reserved");
    json_out_bool(&out, false);
    json_out_end(&out);
}

/* "/users/{id}" needs a path parameter called id. */
static void templates_check(struct openapi *run, struct openapi__operation *operation)
{
    struct str rest = operation->path;

    for (;;) {
        size_t open = str_find_char(rest, '{');
        struct str after = str_slice(rest, open, rest.len);
        size_t close = str_find_char(after, '}');

        if (open == SIZE_MAX || close == SIZE_MAX)
            return;
        struct str name = str_slice(after, 1, close);
        if (!path_has(run, operation, name))
            path_add(run, operation, name);
        rest = str_slice(after, close + 1, after.len);
    }
}

void openapi__parameters(struct openapi *run, struct openapi__operation *operation)
{
    const struct json_value *parameter;
    size_t at = 0;

    references_check(run, operation, operation->value);
    references_check(run, operation, operation->item);
    while ((parameter = openapi__parameter_next(run, operation, &at)))
        parameter_check(run, operation, parameter);
    for (size_t i = 0; i < ARRAY_COUNT(places) && !operation->failed; i++) {
        at = 0;
        while ((parameter = openapi__parameter_next(run, operation, &at))) {
            if (str_is(json_get_str(parameter, "in"), places[i]) &&
                json_get_str(parameter, "name").len > 0 && !came_before(run, operation, parameter))
                parameter_take(run, operation, parameter);
        }
        if (i == 0)
            templates_check(run, operation);
    }
}
