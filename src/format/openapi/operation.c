/* Operations: each becomes a tool, with the plan of its request. */
#include "format/openapi/internal.h"

static const char *const methods[] = { "get",     "put",  "post",  "delete",
                                       "options", "head", "patch", "trace" };

static struct str upper(struct openapi *run, const char *method)
{
    struct str text = str_copy(run->arena, str_from(method));
    char *at = (char *)(uintptr_t)text.ptr;

    for (size_t i = 0; i < text.len; i++)
        at[i] = (char)(at[i] - 'a' + 'A');
    return text;
}

static struct str plan_print(struct openapi *run, const struct openapi__operation *operation,
                             struct str server, const struct buf *accept)
{
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct json_out out = json_out(&text);

    json_out_object(&out);
    json_out_key(&out, "kind");
    json_out_str(&out, STR("openapi"));
    json_out_key(&out, "method");
    json_out_str(&out, upper(run, operation->method));
    json_out_key(&out, "server");
    json_out_str(&out, server);
    json_out_key(&out, "path");
    json_out_str(&out, operation->path);
    json_out_key(&out, "params");
    json_out_array(&out);
    if (operation->plan_params.len > 0)
        json_out_raw(&out, buf_str(&operation->plan_params));
    json_out_end(&out);
    if (operation->plan_body.len > 0) {
        json_out_key(&out, "body");
        json_out_raw(&out, buf_str(&operation->plan_body));
    }
    json_out_key(&out, "accept");
    json_out_array(&out);
    if (accept->len > 0)
        json_out_raw(&out, buf_str(accept));
    json_out_end(&out);
    openapi__security(run, operation, &out);
    if (operation->idempotency.ptr) {
        json_out_key(&out, "idempotency");
        json_out_str(&out, operation->idempotency);
    }
    json_out_end(&out);
    return str_copy(run->arena, buf_str(&text));
}

static struct str input_print(struct openapi *run, const struct openapi__operation *operation)
{
    struct buf out BUF_CLEANUP = BUF_INIT;

    buf_add_c(&out, "{\"type\":\"object\",\"properties\":{");
    buf_add_str(&out, buf_str(&operation->properties));
    buf_add_char(&out, '}');
    if (operation->required.len > 0) {
        buf_add_c(&out, ",\"required\":[");
        buf_add_str(&out, buf_str(&operation->required));
        buf_add_char(&out, ']');
    }
    buf_add_c(&out, ",\"additionalProperties\":false}");
    return str_copy(run->arena, buf_str(&out));
}

static struct str text_cut(struct str text)
{
    text = str_trim(text);
    if (text.len > OPENAPI_DESCRIPTION_MAX)
        text.len = OPENAPI_DESCRIPTION_MAX;
    while (text.len > 0 && !str_is_utf8(text))
        text.len--;
    return text;
}

/* What its schemas need, kept until the definitions have their texts. */
static void needs_keep(struct openapi *run, const struct openapi__operation *operation)
{
    struct openapi__need *need = VEC_PUSH(&run->needs);

    need->count = operation->needs.count;
    need->faces = ARENA_ARRAY(run->arena, struct openapi__face *, need->count + 1);
    for (size_t i = 0; i < need->count; i++)
        need->faces[i] = operation->needs.at[i];
}

static void tool_make(struct openapi *run, struct openapi__operation *operation, struct str name)
{
    struct buf accept BUF_CLEANUP = BUF_INIT;
    struct openapi_tool tool = {
        .name = name,
        .effect = openapi__effect(operation->method, operation->path,
                                  json_get_str(operation->value, "operationId")),
    };
    struct str server = openapi__server(run, operation);

    operation->failed |= !server.ptr;
    openapi__parameters(run, operation);
    if (!operation->failed)
        openapi__body(run, operation);
    if (operation->failed) {
        run->dropped++;
        return;
    }
    openapi__response(run, operation, &accept);
    tool.path = openapi__path_make(run, operation, name);
    tool.title = text_cut(json_get_str(operation->value, "summary"));
    tool.description = text_cut(json_get_str(operation->value, "description"));
    tool.input = input_print(run, operation);
    tool.output = operation->output;
    tool.plan = plan_print(run, operation, server, &accept);
    openapi__spend(run, tool.input.len + tool.plan.len);
    needs_keep(run, operation);
    *VEC_PUSH(&run->tools) = tool;
}

static void operation_fini(struct openapi__operation *operation)
{
    VEC_FINI(&operation->needs);
    buf_fini(&operation->properties);
    buf_fini(&operation->required);
    buf_fini(&operation->plan_params);
    buf_fini(&operation->plan_body);
    map_fini(&operation->args);
}

static void operation_take(struct openapi *run, struct str path, const struct json_value *item,
                           const char *method)
{
    struct openapi__operation operation = { .item = item, .method = method, .path = path };

    operation.value = openapi__peek(run, json_get(item, method));
    if (!operation.value)
        return;
    if (!json_is_object(operation.value)) {
        openapi__error(run, operation.value, "operation", "an operation is an object");
        run->dropped++;
        return;
    }
    if (run->tools.count == OPENAPI_TOOLS_MAX) {
        openapi__error(run, operation.value, "limit", "there are more than %u operations",
                       OPENAPI_TOOLS_MAX);
        run->broken = true;
        return;
    }
    tool_make(run, &operation,
              str_printf(run->arena, "%.*s %.*s", STR_ARG(upper(run, method)), STR_ARG(path)));
    operation_fini(&operation);
}

static void item_take(struct openapi *run, struct str path, const struct json_value *value)
{
    const struct json_value *item = openapi__resolve(run, value);

    if (!item)
        return;
    if (path.len == 0 || path.ptr[0] != '/' || !json_is_object(item)) {
        openapi__error(run, value, "path", "a path begins with / and is an object: \"%.*s\"",
                       STR_ARG(path));
        run->dropped++;
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(methods) && !run->broken; i++)
        operation_take(run, path, item, methods[i]);
}

void openapi__operations(struct openapi *run)
{
    const struct json_value *paths = openapi__member(run, run->root, "paths");
    struct json_iter iter = json_iter(paths);
    const struct json_value *item;

    if (!json_is_object(paths))
        return;
    openapi__define(run, paths);
    openapi__define_end(run);
    while ((item = json_next(&iter)) && !run->broken) {
        if (!str_starts(iter.key, STR("x-")))
            item_take(run, iter.key, item);
    }
}
