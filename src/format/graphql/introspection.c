/*
 * The answer to an introspection query (October 2021, section 4.2). What has no good name is
 * left out: names go into operations as they are.
 */
#include "format/graphql/internal.h"

const char graphql_introspection_body[] =
    "{\"query\":\"query{__schema{queryType{name}mutationType{name}types{...T}}}"
    "fragment T on __Type{kind name description fields(includeDeprecated:true){name description "
    "args{...A}type{...R}isDeprecated}inputFields{...A}enumValues(includeDeprecated:true){name}"
    "possibleTypes{name}}"
    "fragment A on __InputValue{name description type{...R}defaultValue}"
    "fragment R on __Type{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind "
    "name ofType{kind name ofType{kind name ofType{kind name}}}}}}}}\"}";

static bool kind_of(struct str name, enum graphql__kind *ret_kind)
{
    static const char *const names[] = { "SCALAR", "OBJECT", "INTERFACE",
                                         "UNION",  "ENUM",   "INPUT_OBJECT" };

    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (str_is(name, names[i])) {
            *ret_kind = (enum graphql__kind)i;
            return true;
        }
    return false;
}

static bool ref_read(const struct json_value *type, struct graphql__ref *ret_ref)
{
    struct graphql__ref ref = { 0 };
    size_t len = 0;

    while (type && json_is_object(json_get(type, "ofType"))) {
        struct str kind = json_get_str(type, "kind");

        if (len + 1 >= sizeof(ref.wraps))
            return false;
        ref.wraps[len++] = str_is(kind, "NON_NULL") ? '!' : '[';
        type = json_get(type, "ofType");
    }
    ref.name = json_get_str(type, "name");
    *ret_ref = ref;
    return graphql__name_is_good(ref.name);
}

static size_t args_read(struct graphql__model *model, const struct json_value *list,
                        struct graphql__arg **ret_args)
{
    struct graphql__arg *args =
        ARENA_ARRAY(model->arena, struct graphql__arg, json_count(list) + 1);
    struct json_iter iter = json_iter(list);
    const struct json_value *value;
    size_t count = 0;

    while ((value = json_next(&iter))) {
        struct graphql__arg arg = { .name = json_get_str(value, "name"),
                                    .description = json_get_str(value, "description"),
                                    .has_default =
                                        json_is_string(json_get(value, "defaultValue")) };

        if (graphql__name_is_good(arg.name) && ref_read(json_get(value, "type"), &arg.type))
            args[count++] = arg;
    }
    *ret_args = args;
    return count;
}

static bool fields_read(struct graphql__model *model, struct graphql__type *type,
                        const struct json_value *list)
{
    struct json_iter iter = json_iter(list);
    const struct json_value *value;

    type->fields = ARENA_ARRAY(model->arena, struct graphql__field, json_count(list) + 1);
    while ((value = json_next(&iter))) {
        struct graphql__field field = { .name = json_get_str(value, "name"),
                                        .description = json_get_str(value, "description"),
                                        .deprecated =
                                            json_is_true(json_get(value, "isDeprecated")) };

        if (!graphql__name_is_good(field.name) || !ref_read(json_get(value, "type"), &field.type))
            continue;
        field.arg_count = args_read(model, json_get(value, "args"), &field.args);
        if (!graphql__count(model, 1 + field.arg_count))
            return false;
        type->paged = type->paged || str_is(field.name, "pageInfo");
        type->fields[type->field_count++] = field;
    }
    return true;
}

static bool names_read(struct graphql__model *model, struct graphql__type *type,
                       const struct json_value *list)
{
    struct json_iter iter = json_iter(list);
    const struct json_value *value;

    type->names = ARENA_ARRAY(model->arena, struct str, json_count(list) + 1);
    while ((value = json_next(&iter))) {
        struct str name = json_get_str(value, "name");

        if (graphql__name_is_good(name))
            type->names[type->name_count++] = name;
    }
    return graphql__count(model, type->name_count);
}

static bool type_read(struct graphql__model *model, const struct json_value *value)
{
    struct str name = json_get_str(value, "name");
    enum graphql__kind kind;
    struct graphql__type *type;

    if (!graphql__name_is_good(name) || str_starts(name, STR("__")) ||
        !kind_of(json_get_str(value, "kind"), &kind) || graphql__type_find(model, name))
        return true;
    type = graphql__type_add(model, kind, name);
    if (!type)
        return false;
    type->description = json_get_str(value, "description");
    type->input_count = args_read(model, json_get(value, "inputFields"), &type->inputs);
    return graphql__count(model, 1 + type->input_count) &&
           fields_read(model, type, json_get(value, "fields")) &&
           names_read(model, type,
                      json_get(value, kind == GRAPHQL__ENUM ? "enumValues" : "possibleTypes"));
}

bool graphql__read_introspection(struct graphql__model *model, const struct json_value *root)
{
    const struct json_value *data = json_get(root, "data");
    const struct json_value *schema = json_get(data ? data : root, "__schema");
    struct json_iter iter = json_iter(json_get(schema, "types"));
    const struct json_value *value;
    struct str why = json_get_str(json_at(json_get(root, "errors"), 0), "message");

    if (!json_count(json_get(schema, "types")))
        return graphql__refuse(model, "introspection",
                               why.len ? "it does not say what it has: %.*s"
                                       : "it is no answer to an introspection query%.*s",
                               STR_ARG(str_slice(why, 0, 300)));
    model->query = json_get_str(json_get(schema, "queryType"), "name");
    model->mutation = json_get_str(json_get(schema, "mutationType"), "name");
    while ((value = json_next(&iter)))
        if (!type_read(model, value))
            return false;
    return true;
}
