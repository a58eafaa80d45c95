/*
 * Schema definition language (October 2021, section 3): types are read, directives are not
 * looked at. `extend` adds to what is there.
 */
#include "format/graphql/internal.h"

struct sdl {
    struct graphql__model *model;
    struct graphql__lex lex;
    struct str description; /* that stands before what comes next */
};

struct args VEC(struct graphql__arg);
struct fields VEC(struct graphql__field);
struct names VEC(struct str);

static bool fail(struct sdl *sdl, const char *what)
{
    size_t line = 1;

    for (size_t i = 0; i < sdl->lex.at && i < sdl->lex.text.len; i++)
        line += sdl->lex.text.ptr[i] == '\n';
    return graphql__refuse(sdl->model, "syntax", "line %zu: %s is expected, not \"%.*s\"", line,
                           what, STR_ARG(str_slice(sdl->lex.word, 0, 40)));
}

static bool is_word(const struct sdl *sdl, const char *word)
{
    return sdl->lex.token == GRAPHQL__NAME && str_is(sdl->lex.word, word);
}

static bool skip_char(struct sdl *sdl, char c)
{
    bool is = graphql__lex_is(&sdl->lex, c);

    if (is)
        graphql__lex_next(&sdl->lex);
    return is;
}

static bool need_char(struct sdl *sdl, char c)
{
    const char what[] = { '\'', c, '\'', '\0' };

    return skip_char(sdl, c) || fail(sdl, what);
}

static bool read_name(struct sdl *sdl, struct str *ret_name)
{
    if (sdl->lex.token != GRAPHQL__NAME || !graphql__name_is_good(sdl->lex.word))
        return fail(sdl, "a name");
    *ret_name = sdl->lex.word;
    graphql__lex_next(&sdl->lex);
    return true;
}

static void read_description(struct sdl *sdl)
{
    sdl->description = STR_NULL;
    if (sdl->lex.token != GRAPHQL__STRING)
        return;
    sdl->description = graphql__lex_string(sdl->model->arena, sdl->lex.word);
    graphql__lex_next(&sdl->lex);
}

/* A value, or what stands between parentheses: only its end matters. */
static bool skip_value(struct sdl *sdl)
{
    size_t depth = 0;

    do {
        bool opens = graphql__lex_is(&sdl->lex, '[') || graphql__lex_is(&sdl->lex, '{') ||
                     graphql__lex_is(&sdl->lex, '(');
        bool closes = graphql__lex_is(&sdl->lex, ']') || graphql__lex_is(&sdl->lex, '}') ||
                      graphql__lex_is(&sdl->lex, ')');

        if (sdl->lex.token == GRAPHQL__END || sdl->lex.token == GRAPHQL__BAD ||
            (closes && depth == 0))
            return fail(sdl, "a value");
        depth += opens;
        depth -= closes;
        graphql__lex_next(&sdl->lex);
    } while (depth > 0);
    return true;
}

static bool skip_directives(struct sdl *sdl, bool *ret_deprecated)
{
    struct str name = STR_NULL;

    while (skip_char(sdl, '@')) {
        if (!read_name(sdl, &name))
            return false;
        if (ret_deprecated && str_is(name, "deprecated"))
            *ret_deprecated = true;
        if (graphql__lex_is(&sdl->lex, '(') && !skip_value(sdl))
            return false;
    }
    return true;
}

/* [[Name!]!]!: the marks come from the inside out, wraps from the outside in. */
static bool read_type(struct sdl *sdl, struct graphql__ref *ret_ref)
{
    struct graphql__ref ref = { 0 };
    bool required[GRAPHQL_WRAPS_MAX + 1] = { false };
    size_t lists = 0;
    size_t len = 0;

    while (skip_char(sdl, '['))
        if (++lists > GRAPHQL_WRAPS_MAX)
            return fail(sdl, "a type that is not so deep");
    if (!read_name(sdl, &ref.name))
        return false;
    required[lists] = skip_char(sdl, '!');
    for (size_t i = lists; i > 0; i--) {
        if (!need_char(sdl, ']'))
            return false;
        required[i - 1] = skip_char(sdl, '!');
    }
    for (size_t i = 0; i <= lists; i++) {
        if (required[i])
            ref.wraps[len++] = '!';
        if (i < lists)
            ref.wraps[len++] = '[';
    }
    *ret_ref = ref;
    return true;
}

static bool read_args(struct sdl *sdl, char end, struct args *args)
{
    while (!skip_char(sdl, end)) {
        struct graphql__arg arg = { 0 };

        read_description(sdl);
        arg.description = sdl->description;
        if (!read_name(sdl, &arg.name) || !need_char(sdl, ':') || !read_type(sdl, &arg.type))
            return false;
        arg.has_default = skip_char(sdl, '=');
        if ((arg.has_default && !skip_value(sdl)) || !skip_directives(sdl, NULL) ||
            !graphql__count(sdl->model, 1))
            return false;
        *VEC_PUSH(args) = arg;
    }
    return true;
}

static struct graphql__arg *args_keep(struct sdl *sdl, struct args *args, size_t *ret_count)
{
    struct graphql__arg *kept =
        ARENA_ARRAY(sdl->model->arena, struct graphql__arg, args->count + 1);

    for (size_t i = 0; i < args->count; i++)
        kept[i] = args->at[i];
    *ret_count = args->count;
    VEC_FINI(args);
    return kept;
}

static bool read_field(struct sdl *sdl, struct graphql__field *ret_field)
{
    struct graphql__field field = { 0 };
    struct args args = { 0 };
    bool good;

    read_description(sdl);
    field.description = sdl->description;
    good = read_name(sdl, &field.name);
    if (good && skip_char(sdl, '('))
        good = read_args(sdl, ')', &args);
    field.args = args_keep(sdl, &args, &field.arg_count);
    *ret_field = field;
    return good && need_char(sdl, ':') && read_type(sdl, &ret_field->type) &&
           skip_directives(sdl, &ret_field->deprecated) && graphql__count(sdl->model, 1);
}

static bool read_fields(struct sdl *sdl, struct graphql__type *type)
{
    struct fields fields = { 0 };
    bool good = true;

    for (size_t i = 0; i < type->field_count; i++)
        *VEC_PUSH(&fields) = type->fields[i];
    while (good && !skip_char(sdl, '}')) {
        struct graphql__field field;

        good = read_field(sdl, &field);
        *VEC_PUSH(&fields) = field;
        type->paged = type->paged || str_is(field.name, "pageInfo");
    }
    type->field_count = fields.count;
    type->fields = ARENA_ARRAY(sdl->model->arena, struct graphql__field, fields.count + 1);
    for (size_t i = 0; i < fields.count; i++)
        type->fields[i] = fields.at[i];
    VEC_FINI(&fields);
    return good;
}

/* Names with a mark between them, behind those that are there. */
static bool read_names(struct sdl *sdl, char between, struct str **names, size_t *count)
{
    struct names all = { 0 };
    bool good = true;

    for (size_t i = 0; i < *count; i++)
        *VEC_PUSH(&all) = (*names)[i];
    (void)skip_char(sdl, between);
    do {
        good = read_name(sdl, VEC_PUSH(&all)) && graphql__count(sdl->model, 1);
    } while (good && skip_char(sdl, between));
    *count = all.count;
    *names = ARENA_ARRAY(sdl->model->arena, struct str, all.count + 1);
    for (size_t i = 0; i < all.count; i++)
        (*names)[i] = all.at[i];
    VEC_FINI(&all);
    return good;
}

static bool read_values(struct sdl *sdl, struct graphql__type *type)
{
    struct names all = { 0 };
    bool good = true;

    for (size_t i = 0; i < type->name_count; i++)
        *VEC_PUSH(&all) = type->names[i];
    while (good && !skip_char(sdl, '}')) {
        read_description(sdl);
        good = read_name(sdl, VEC_PUSH(&all)) && skip_directives(sdl, NULL) &&
               graphql__count(sdl->model, 1);
    }
    type->name_count = all.count;
    type->names = ARENA_ARRAY(sdl->model->arena, struct str, all.count + 1);
    for (size_t i = 0; i < all.count; i++)
        type->names[i] = all.at[i];
    VEC_FINI(&all);
    return good;
}

static bool read_inputs(struct sdl *sdl, struct graphql__type *type)
{
    struct args args = { 0 };
    bool good;

    for (size_t i = 0; i < type->input_count; i++)
        *VEC_PUSH(&args) = type->inputs[i];
    good = read_args(sdl, '}', &args);
    type->inputs = args_keep(sdl, &args, &type->input_count);
    return good;
}

static bool read_body(struct sdl *sdl, struct graphql__type *type)
{
    if (is_word(sdl, "implements")) {
        graphql__lex_next(&sdl->lex);
        if (!read_names(sdl, '&', &type->implements, &type->implement_count))
            return false;
    }
    if (!skip_directives(sdl, NULL))
        return false;
    if (type->kind == GRAPHQL__UNION)
        return !skip_char(sdl, '=') || read_names(sdl, '|', &type->names, &type->name_count);
    if (type->kind == GRAPHQL__SCALAR || !skip_char(sdl, '{'))
        return true;
    if (type->kind == GRAPHQL__ENUM)
        return read_values(sdl, type);
    return type->kind == GRAPHQL__INPUT ? read_inputs(sdl, type) : read_fields(sdl, type);
}

static bool read_type_definition(struct sdl *sdl, enum graphql__kind kind)
{
    struct graphql__type *type;
    struct str name = STR_NULL;

    graphql__lex_next(&sdl->lex);
    if (!read_name(sdl, &name))
        return false;
    type = graphql__type_add(sdl->model, kind, name);
    if (!type)
        return false;
    if (type->kind != kind)
        return graphql__refuse(sdl->model, "conflict", "%.*s is two different kinds of type",
                               STR_ARG(name));
    if (sdl->description.len)
        type->description = sdl->description;
    return read_body(sdl, type);
}

static bool read_schema(struct sdl *sdl)
{
    graphql__lex_next(&sdl->lex);
    if (!skip_directives(sdl, NULL))
        return false;
    if (!skip_char(sdl, '{'))
        return true;
    while (!skip_char(sdl, '}')) {
        struct str operation = STR_NULL;
        struct str name = STR_NULL;

        if (!read_name(sdl, &operation) || !need_char(sdl, ':') || !read_name(sdl, &name))
            return false;
        if (str_is(operation, "query"))
            sdl->model->query = name;
        else if (str_is(operation, "mutation"))
            sdl->model->mutation = name;
    }
    return true;
}

/* directive @name(args) repeatable on A | B */
static bool skip_directive(struct sdl *sdl)
{
    struct str *places = NULL;
    size_t count = 0;
    struct str name = STR_NULL;

    graphql__lex_next(&sdl->lex);
    if (!need_char(sdl, '@') || !read_name(sdl, &name))
        return false;
    if (graphql__lex_is(&sdl->lex, '(') && !skip_value(sdl))
        return false;
    if (is_word(sdl, "repeatable"))
        graphql__lex_next(&sdl->lex);
    if (!is_word(sdl, "on"))
        return fail(sdl, "'on'");
    graphql__lex_next(&sdl->lex);
    return read_names(sdl, '|', &places, &count);
}

static bool read_definition(struct sdl *sdl)
{
    static const char *const words[] = { "scalar", "type", "interface", "union", "enum", "input" };

    read_description(sdl);
    if (is_word(sdl, "extend"))
        graphql__lex_next(&sdl->lex);
    if (is_word(sdl, "schema"))
        return read_schema(sdl);
    if (is_word(sdl, "directive"))
        return skip_directive(sdl);
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (is_word(sdl, words[i]))
            return read_type_definition(sdl, (enum graphql__kind)i);
    return fail(sdl, "a definition of a type");
}

/* An interface may be any of the objects that say so. */
static void join_interfaces(struct graphql__model *model, const struct graphql__type *type)
{
    for (size_t i = 0; i < type->implement_count; i++) {
        struct graphql__type *other = graphql__type_find(model, type->implements[i]);
        struct str *names;

        if (!other || other->kind != GRAPHQL__INTERFACE || other->name_count >= 64)
            continue;
        names = ARENA_ARRAY(model->arena, struct str, other->name_count + 1);
        if (other->name_count)
            memcpy(names, other->names, other->name_count * sizeof(*names));
        names[other->name_count++] = type->name;
        other->names = names;
    }
}

bool graphql__read_sdl(struct graphql__model *model, struct str text)
{
    struct sdl sdl = { .model = model, .lex = { .text = text } };
    struct map_entry *entry;
    size_t position = 0;

    if (!str_is_utf8(text))
        return graphql__refuse(model, "syntax", "it is not UTF-8");
    model->query = STR("Query");
    model->mutation = STR("Mutation");
    graphql__lex_next(&sdl.lex);
    while (sdl.lex.token != GRAPHQL__END)
        if (!read_definition(&sdl))
            return false;
    while ((entry = map_next(&model->types, &position))) {
        const struct graphql__type *type = entry->value;

        if (type->kind == GRAPHQL__OBJECT)
            join_interfaces(model, type);
    }
    return true;
}
