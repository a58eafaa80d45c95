/* Types by name, however they were told. */
#include "format/graphql/internal.h"

#include <stdarg.h>
#include <stdio.h>

bool graphql__refuse(struct graphql__model *model, const char *rule, const char *format, ...)
{
    char text[512];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    report_add(model->report, STR_NULL, rule, "%s", text);
    return false;
}

bool graphql__name_is_good(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.len > 0 && name.len <= 256;
}

struct graphql__type *graphql__type_find(const struct graphql__model *model, struct str name)
{
    return map_find(&model->types, name);
}

struct graphql__type *graphql__type_add(struct graphql__model *model, enum graphql__kind kind,
                                        struct str name)
{
    struct graphql__type *type = graphql__type_find(model, name);

    if (type)
        return type;
    if (model->types.count == GRAPHQL_TYPES_MAX) {
        (void)graphql__refuse(model, "limit", "it has more than %u types", GRAPHQL_TYPES_MAX);
        return NULL;
    }
    type = ARENA_NEW(model->arena, struct graphql__type);
    type->kind = kind;
    type->name = name;
    (void)map_put(&model->types, name, type);
    return type;
}

bool graphql__count(struct graphql__model *model, size_t members)
{
    model->members += members;
    return model->members <= GRAPHQL_MEMBERS_MAX ||
           graphql__refuse(model, "limit", "its types have more than %u members",
                           GRAPHQL_MEMBERS_MAX);
}

bool graphql__ref_is_required(const struct graphql__ref *ref)
{
    return ref->wraps[0] == '!';
}

void graphql__ref_print(struct buf *out, const struct graphql__ref *ref)
{
    for (const char *at = ref->wraps; *at; at++)
        if (*at == '[')
            buf_add_char(out, '[');
    buf_add_str(out, ref->name);
    for (size_t i = strlen(ref->wraps); i > 0; i--)
        buf_add_char(out, (char)(ref->wraps[i - 1] == '[' ? ']' : '!'));
}

/* --- Each once --------------------------------------------------------------------------- */

/* True the first time. */
static bool is_first(struct map *seen, struct str name)
{
    static char there;

    return map_put(seen, name, &there) == NULL;
}

static void args_unique(struct graphql__arg *args, size_t *count)
{
    struct map seen = MAP_INIT;
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++)
        if (is_first(&seen, args[i].name))
            args[kept++] = args[i];
    *count = kept;
    map_fini(&seen);
}

static void type_unique(struct graphql__type *type)
{
    struct map fields = MAP_INIT;
    struct map names = MAP_INIT;
    size_t kept = 0;

    for (size_t i = 0; i < type->field_count; i++) {
        if (!is_first(&fields, type->fields[i].name))
            continue;
        type->fields[kept] = type->fields[i];
        args_unique(type->fields[kept].args, &type->fields[kept].arg_count);
        kept++;
    }
    type->field_count = kept;
    kept = 0;
    for (size_t i = 0; i < type->name_count; i++)
        if (is_first(&names, type->names[i]))
            type->names[kept++] = type->names[i];
    type->name_count = kept;
    args_unique(type->inputs, &type->input_count);
    map_fini(&fields);
    map_fini(&names);
}

void graphql__unique(struct graphql__model *model)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&model->types, &position)))
        type_unique(entry->value);
}
