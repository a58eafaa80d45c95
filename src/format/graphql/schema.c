/*
 * Types as JSON Schema. Enums and input objects are definitions; custom scalars are any JSON with
 * their name; what may be null says so.
 */
#include "format/graphql/internal.h"

#include <stdlib.h>

static void use(struct graphql__print *print, struct graphql__type *type)
{
    if (!type->index) {
        *VEC_PUSH(&print->defs) = (struct graphql_def){ .name = type->name };
        *VEC_PUSH(&print->types) = type;
        type->index = (uint32_t)print->defs.count;
    }
    *VEC_PUSH(&print->uses) = type->index - 1;
}

/* The scalars of the language; else NULL. */
static const char *scalar_of(struct str name)
{
    static const struct {
        const char *name;
        const char *schema;
    } scalars[] = {
        { "Int", "\"type\":\"integer\",\"minimum\":-2147483648,\"maximum\":2147483647" },
        { "Float", "\"type\":\"number\"" },
        { "String", "\"type\":\"string\"" },
        { "Boolean", "\"type\":\"boolean\"" },
        { "ID", "\"type\":[\"string\",\"integer\"]" },
    };

    for (size_t i = 0; i < ARRAY_COUNT(scalars); i++)
        if (str_is(name, scalars[i].name))
            return scalars[i].schema;
    return NULL;
}

static void add_note(struct buf *out, const char *key, struct str text, bool *first)
{
    if (!text.len)
        return;
    buf_printf(out, "%s\"%s\":", *first ? "" : ",", key);
    buf_add_json(out, text);
    *first = false;
}

/* The members of the innermost schema, without braces. */
static void add_named(struct graphql__print *print, struct buf *out, struct str name)
{
    struct graphql__type *type = graphql__type_find(print->model, name);
    const char *scalar = scalar_of(name);
    bool first = true;

    if (scalar) {
        buf_add_c(out, scalar);
    } else if (type && (type->kind == GRAPHQL__ENUM || type->kind == GRAPHQL__INPUT)) {
        use(print, type);
        buf_printf(out, "\"$ref\":\"#/$defs/%.*s\"", STR_ARG(name));
    } else {
        add_note(out, "title", name, &first);
        add_note(out, "description", type ? type->description : STR_NULL, &first);
    }
}

/* Opens what the wraps mean; gives how many closing texts are owed, in order, in ends. */
static size_t open_wraps(struct buf *out, const struct graphql__ref *ref,
                         const char *ends[2 * GRAPHQL_WRAPS_MAX + 2])
{
    const char *at = ref->wraps;
    size_t count = 0;

    for (;;) {
        bool required = *at == '!';

        at += required;
        if (!required) {
            buf_add_c(out, "{\"anyOf\":[");
            ends[count++] = ",{\"type\":\"null\"}]}";
        }
        if (*at != '[')
            return count;
        at++;
        buf_add_c(out, "{\"type\":\"array\",\"items\":");
        ends[count++] = "}";
    }
}

static void close_wraps(struct buf *out, const char *const *ends, size_t count)
{
    while (count > 0)
        buf_add_c(out, ends[--count]);
}

void graphql__input_print(struct graphql__print *print, struct buf *out,
                          const struct graphql__ref *ref, struct str description)
{
    const char *ends[2 * GRAPHQL_WRAPS_MAX + 2];
    bool plain = graphql__ref_is_required(ref) && ref->wraps[1] == '\0';
    size_t count;

    if (description.len && !plain) {
        buf_add_c(out, "{\"description\":");
        buf_add_json(out, description);
        buf_add_c(out, ",\"allOf\":[");
    }
    count = open_wraps(out, ref, ends);
    buf_add_char(out, '{');
    add_named(print, out, ref->name);
    if (description.len && plain && scalar_of(ref->name)) {
        buf_add_c(out, ",\"description\":");
        buf_add_json(out, description);
    }
    buf_add_char(out, '}');
    close_wraps(out, ends, count);
    if (description.len && !plain)
        buf_add_c(out, "]}");
}

void graphql__output_print(struct graphql__print *print, struct buf *out,
                           const struct graphql__ref *ref, struct str inner)
{
    const char *ends[2 * GRAPHQL_WRAPS_MAX + 2];
    size_t count = open_wraps(out, ref, ends);

    if (inner.len) {
        buf_add_str(out, inner);
    } else {
        buf_add_char(out, '{');
        add_named(print, out, ref->name);
        buf_add_char(out, '}');
    }
    close_wraps(out, ends, count);
}

/* --- Definitions ------------------------------------------------------------------------- */

static void enum_print(struct buf *out, const struct graphql__type *type)
{
    bool first = true;

    buf_add_char(out, '{');
    add_note(out, "description", type->description, &first);
    buf_printf(out, "%s\"enum\":[", first ? "" : ",");
    for (size_t i = 0; i < type->name_count; i++) {
        buf_add_c(out, i ? "," : "");
        buf_add_json(out, type->names[i]);
    }
    buf_add_c(out, "]}");
}

static void input_type_print(struct graphql__print *print, struct buf *out,
                             const struct graphql__type *type)
{
    bool first = true;

    buf_add_char(out, '{');
    add_note(out, "description", type->description, &first);
    buf_printf(out, "%s\"type\":\"object\",\"properties\":{", first ? "" : ",");
    for (size_t i = 0; i < type->input_count; i++) {
        buf_add_c(out, i ? "," : "");
        buf_add_json(out, type->inputs[i].name);
        buf_add_char(out, ':');
        graphql__input_print(print, out, &type->inputs[i].type, type->inputs[i].description);
    }
    buf_add_c(out, "},\"required\":[");
    first = true;
    for (size_t i = 0; i < type->input_count; i++) {
        if (!graphql__ref_is_required(&type->inputs[i].type) || type->inputs[i].has_default)
            continue;
        buf_add_c(out, first ? "" : ",");
        buf_add_json(out, type->inputs[i].name);
        first = false;
    }
    buf_add_c(out, "],\"additionalProperties\":false}");
}

/* Printing one may name others, which then stand behind it. */
void graphql__defs_print(struct graphql__print *print)
{
    for (size_t i = 0; i < print->defs.count; i++) {
        BUF_CLEANUP struct buf text = BUF_INIT;
        const struct graphql__type *type = print->types.at[i];

        if (print->defs.at[i].text.ptr)
            continue;
        if (type->kind == GRAPHQL__ENUM)
            enum_print(&text, type);
        else
            input_type_print(print, &text, type);
        print->defs.at[i].text = str_copy(print->model->arena, buf_str(&text));
    }
}

static int by_number(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a;
    uint32_t other = *(const uint32_t *)b;

    return (one > other) - (one < other);
}

void graphql__indexes_sort(uint32_t *at, size_t count)
{
    if (count)
        qsort(at, count, sizeof(*at), by_number);
}

void graphql__uses_close(struct graphql__print *print)
{
    size_t kept = 0;

    print->stamp++;
    for (size_t i = 0; i < print->uses.count; i++) {
        uint32_t index = print->uses.at[i];
        struct graphql__type *type = print->types.at[index];

        if (type->stamp == print->stamp)
            continue;
        type->stamp = print->stamp;
        print->uses.at[kept++] = index;
        for (size_t j = 0; j < type->input_count; j++) {
            struct graphql__type *other =
                graphql__type_find(print->model, type->inputs[j].type.name);

            if (other && (other->kind == GRAPHQL__ENUM || other->kind == GRAPHQL__INPUT) &&
                other->stamp != print->stamp)
                use(print, other);
        }
    }
    print->uses.count = kept;
    graphql__indexes_sort(print->uses.at, kept);
}
