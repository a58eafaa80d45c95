/*
 * The default selection: scalars first, then what a result refers to, two levels deep; what is
 * left of GRAPHQL_SELECTED_MAX is shared among the fields of a level. What is selected is printed
 * twice at once: as a selection set, and as the schema of what that gives.
 */
#include "format/graphql/internal.h"

/* Types of an interface or union that have a fragment of their own. */
#define FRAGMENTS_MAX 8U

struct level {
    struct graphql__print *print;
    const struct graphql__type *type;
    struct buf *text;
    struct buf *schema;
    struct map seen; /* name in the answer -> the field */
    unsigned int depth;
    size_t left;
};

static bool has_members(const struct graphql__type *type)
{
    return type && (type->kind == GRAPHQL__OBJECT || type->kind == GRAPHQL__INTERFACE ||
                    type->kind == GRAPHQL__UNION);
}

static bool is_selectable(const struct graphql__field *field)
{
    for (size_t i = 0; i < field->arg_count; i++)
        if (graphql__ref_is_required(&field->args[i].type) && !field->args[i].has_default)
            return false;
    return !field->deprecated;
}

static bool is_free(const struct level *level, const struct graphql__field *field)
{
    return !map_find(&level->seen, field->name);
}

/*
 * Another fragment has a field of that name: two of one name in the answer must be of one type
 * (October 2021, 5.3.2). What all types have was selected before the fragments.
 */
static bool may_repeat(const struct level *level, const struct graphql__field *field)
{
    const struct graphql__field *other = map_find(&level->seen, field->name);
    const struct graphql__type *type = level->type;

    for (size_t i = 0; i < type->field_count; i++)
        if (other == &type->fields[i])
            return false;
    return str_equal(other->type.name, field->type.name) &&
           strcmp(other->type.wraps, field->type.wraps) == 0;
}

static void add_property(struct level *level, struct str name, const struct graphql__ref *type,
                         struct str inner)
{
    if (level->schema->ptr[level->schema->len - 1] != '{')
        buf_add_char(level->schema, ',');
    buf_add_json(level->schema, name);
    buf_add_char(level->schema, ':');
    graphql__output_print(level->print, level->schema, type, inner);
}

static void add_word(struct buf *text, struct str word)
{
    char last = text->len ? text->ptr[text->len - 1] : '{';

    if (last != '{' && last != '}')
        buf_add_char(text, ' ');
    buf_add_str(text, word);
}

static void add_leaves(struct level *level, const struct graphql__type *type)
{
    for (size_t i = 0; i < type->field_count && level->left > 0; i++) {
        struct graphql__field *field = &type->fields[i];

        if (has_members(graphql__type_find(level->print->model, field->type.name)) ||
            !is_selectable(field) || (!is_free(level, field) && !may_repeat(level, field)))
            continue;
        add_word(level->text, field->name);
        level->left--;
        if (!is_free(level, field))
            continue;
        add_property(level, field->name, &field->type, STR_NULL);
        (void)map_put(&level->seen, field->name, field);
    }
}

/* Each type that it may be: what that type has beyond what all have. */
static void add_fragments(struct level *level)
{
    const struct graphql__type *type = level->type;
    size_t count = type->name_count < FRAGMENTS_MAX ? type->name_count : FRAGMENTS_MAX;

    for (size_t i = 0; i < count && level->left > 0; i++) {
        const struct graphql__type *one = graphql__type_find(level->print->model, type->names[i]);
        size_t before = level->text->len;
        size_t left = level->left;

        if (!one || one->kind != GRAPHQL__OBJECT)
            continue;
        buf_printf(level->text, "...on %.*s{", STR_ARG(one->name));
        add_leaves(level, one);
        if (level->left == left)
            buf_cut(level->text, before);
        else
            buf_add_char(level->text, '}');
    }
}

static void select_type(struct level *level);

/* A list that pages costs too much to be had unasked, and edges say what nodes say. */
static bool is_wanted(const struct level *level, struct graphql__field *field)
{
    const struct graphql__type *type = graphql__type_find(level->print->model, field->type.name);

    if (!has_members(type) || type->paged || !is_selectable(field) || !is_free(level, field))
        return false;
    if (!str_is(field->name, "edges"))
        return true;
    for (size_t i = 0; i < level->type->field_count; i++)
        if (str_is(level->type->fields[i].name, "nodes"))
            return false;
    return true;
}

static void add_inner(struct level *level, struct graphql__field *field, size_t share)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    BUF_CLEANUP struct buf schema = BUF_INIT;
    struct level inner = {
        .print = level->print,
        .type = graphql__type_find(level->print->model, field->type.name),
        .text = &text,
        .schema = &schema,
        .depth = level->depth + 1,
        .left = share,
    };

    select_type(&inner);
    if (inner.left == share)
        return;
    add_word(level->text, field->name);
    buf_add_str(level->text, buf_str(&text));
    add_property(level, field->name, &field->type, buf_str(&schema));
    (void)map_put(&level->seen, field->name, field);
    level->left -= share - inner.left;
}

static void add_objects(struct level *level)
{
    size_t wanted = 0;

    for (size_t i = 0; i < level->type->field_count; i++)
        wanted += is_wanted(level, &level->type->fields[i]);
    if (wanted == 0)
        return;
    for (size_t i = 0; i < level->type->field_count && level->left > 0; i++) {
        struct graphql__field *field = &level->type->fields[i];

        if (!is_wanted(level, field))
            continue;
        add_inner(level, field, level->left / wanted > 0 ? level->left / wanted : 1);
        wanted -= wanted > 1;
    }
}

/* Its depth is GRAPHQL_LEVELS at most: it calls itself no deeper. */
static void select_type(struct level *level)
{
    bool many = level->type->kind != GRAPHQL__OBJECT;

    buf_add_char(level->text, '{');
    buf_add_c(level->schema, "{\"type\":\"object\",\"properties\":{");
    if (many) {
        add_word(level->text, STR("__typename"));
        buf_add_c(level->schema, "\"__typename\":{\"type\":\"string\"}");
    }
    add_leaves(level, level->type);
    if (level->depth < GRAPHQL_LEVELS)
        add_objects(level);
    if (many)
        add_fragments(level);
    if (level->text->ptr[level->text->len - 1] == '{')
        buf_add_c(level->text, "__typename");
    buf_add_char(level->text, '}');
    buf_add_c(level->schema, "}}");
    map_fini(&level->seen);
}

void graphql__select_default(struct graphql__print *print, const struct graphql__field *field,
                             struct buf *text, struct buf *schema)
{
    struct graphql__type *type = graphql__type_find(print->model, field->type.name);
    BUF_CLEANUP struct buf inner = BUF_INIT;
    struct level level = {
        .print = print, .type = type, .text = text, .schema = &inner, .left = GRAPHQL_SELECTED_MAX
    };

    if (has_members(type))
        select_type(&level);
    graphql__output_print(print, schema, &field->type, buf_str(&inner));
}
