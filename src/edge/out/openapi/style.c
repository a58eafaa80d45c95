/*
 * How a value is spread over pieces: RFC 6570's expansions, two delimiters of OpenAPI, one more
 * of Swagger 2.0, and deepObject. Members that are null are left out, and so are empty lists
 * (RFC 6570, 2.3: they are undefined). What a style has no form for (a list in a list) is JSON.
 */
#include "edge/out/openapi/internal.h"

static const struct out_openapi__style styles[] = {
    { "simple", "", ",", ",", false, "" },           { "label", ".", ".", ",", false, "" },
    { "matrix", ";", ";", ",", true, "" },           { "form", "", "&", ",", true, "=" },
    { "spaceDelimited", "", "&", "%20", true, "=" }, { "pipeDelimited", "", "&", "%7C", true, "=" },
    { "tabDelimited", "", "&", "%09", true, "=" },   { "cookie", "", "; ", ",", true, "=" },
};

const struct out_openapi__style *out_openapi__style_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_COUNT(styles); i++)
        if (str_is(name, styles[i].name))
            return &styles[i];
    return NULL;
}

static bool piece_begin(struct out_openapi__build *build, struct out_openapi__pieces *pieces)
{
    if (++build->pieces > OUT_OPENAPI_PIECES_MAX)
        return out_openapi__invalid(build, "the arguments make more than %u pieces",
                                    OUT_OPENAPI_PIECES_MAX);
    if (pieces->count++ == 0)
        buf_add_c(pieces->out, pieces->style->first);
    else
        buf_add_c(pieces->out, pieces->style->between);
    return true;
}

static bool add_piece(struct out_openapi__build *build, struct out_openapi__pieces *pieces,
                      struct str name, struct str value)
{
    if (!piece_begin(build, pieces))
        return false;
    out_openapi__encode(pieces->out, name, pieces->names);
    buf_add_c(pieces->out, value.len ? "=" : pieces->style->empty);
    out_openapi__encode(pieces->out, value, pieces->values);
    return true;
}

static bool add_scalar(struct out_openapi__build *build, struct out_openapi__pieces *pieces,
                       struct str name, const struct json_value *value)
{
    struct str text = out_openapi__text(build->turn, value);

    if (pieces->style->named)
        return add_piece(build, pieces, name, text);
    if (!piece_begin(build, pieces))
        return false;
    out_openapi__encode(pieces->out, text, pieces->values);
    return true;
}

/* A member of an exploded object: without a name of its own it has its '=' even if empty. */
static bool add_member(struct out_openapi__build *build, struct out_openapi__pieces *pieces,
                       struct str key, const struct json_value *item)
{
    struct str text = out_openapi__text(build->turn, item);

    if (!piece_begin(build, pieces))
        return false;
    out_openapi__encode(pieces->out, key, pieces->names);
    buf_add_c(pieces->out, text.len || !pieces->style->named ? "=" : pieces->style->empty);
    out_openapi__encode(pieces->out, text, pieces->values);
    return true;
}

static bool add_exploded(struct out_openapi__build *build, struct out_openapi__pieces *pieces,
                         struct str name, const struct json_value *value)
{
    struct json_iter iter = json_iter(value);
    const struct json_value *item;

    while ((item = json_next(&iter))) {
        if (json_is_null(item))
            continue;
        if (json_is_array(value) && !add_scalar(build, pieces, name, item))
            return false;
        if (json_is_object(value) && !add_member(build, pieces, iter.key, item))
            return false;
    }
    return true;
}

/* A form is decoded before anybody looks for delimiters: there they are encoded as all else is. */
static void add_delimiter(struct out_openapi__pieces *pieces)
{
    bool comma = str_is(str_from(pieces->style->delimiter), ",");

    buf_add_c(pieces->out,
              comma && pieces->names == OUT_OPENAPI__FORM ? "%2C" : pieces->style->delimiter);
}

static bool add_joined(struct out_openapi__build *build, struct out_openapi__pieces *pieces,
                       struct str name, const struct json_value *value)
{
    struct json_iter iter = json_iter(value);
    const struct json_value *item;
    bool first = true;

    while ((item = json_next(&iter))) {
        if (json_is_null(item))
            continue;
        if (first && !piece_begin(build, pieces))
            return false;
        if (first && pieces->style->named) {
            out_openapi__encode(pieces->out, name, pieces->names);
            buf_add_char(pieces->out, '=');
        }
        if (!first)
            add_delimiter(pieces);
        first = false;
        if (json_is_object(value)) {
            out_openapi__encode(pieces->out, iter.key, pieces->values);
            add_delimiter(pieces);
        }
        out_openapi__encode(pieces->out, out_openapi__text(build->turn, item), pieces->values);
    }
    return true;
}

bool out_openapi__spread(struct out_openapi__build *build, struct out_openapi__pieces *pieces,
                         struct str name, const struct json_value *value)
{
    if (!json_is_array(value) && !json_is_object(value))
        return add_scalar(build, pieces, name, value);
    if (pieces->explode)
        return add_exploded(build, pieces, name, value);
    return add_joined(build, pieces, name, value);
}

/* --- deepObject -------------------------------------------------------------------------- */

static void walk_open(struct out_openapi__walk *walk, const struct json_value *value)
{
    if (walk->depth == OUT_OPENAPI_DEPTH_MAX) {
        walk->deep = true;
        return;
    }
    walk->open[walk->depth].iter = json_iter(value);
    walk->open[walk->depth].len = walk->name.len;
    walk->open[walk->depth].index = 0;
    walk->depth++;
}

static bool is_leaf(const struct json_value *value)
{
    return out_openapi__is_file(value) || (!json_is_array(value) && !json_is_object(value));
}

void out_openapi__walk_init(struct out_openapi__walk *walk, struct str name,
                            const struct json_value *value)
{
    memset(walk, 0, sizeof(*walk));
    buf_add_str(&walk->name, name);
    if (is_leaf(value))
        walk->only = value;
    else
        walk_open(walk, value);
}

void out_openapi__walk_fini(struct out_openapi__walk *walk)
{
    buf_fini(&walk->name);
}

/* Elements have their index: in a list of objects nothing else keeps them apart. */
static void walk_name(struct out_openapi__walk *walk)
{
    size_t top = walk->depth - 1;

    buf_cut(&walk->name, walk->open[top].len);
    buf_add_char(&walk->name, '[');
    if (walk->open[top].iter.members)
        buf_add_str(&walk->name, walk->open[top].iter.key);
    else
        buf_add_u64(&walk->name, walk->open[top].index);
    buf_add_char(&walk->name, ']');
    walk->open[top].index++;
}

bool out_openapi__walk_next(struct out_openapi__walk *walk, struct out_openapi__leaf *ret_leaf)
{
    const struct json_value *value = walk->only;

    walk->only = NULL;
    while (!value && walk->depth && !walk->deep) {
        value = json_next(&walk->open[walk->depth - 1].iter);
        if (!value) {
            walk->depth--;
            continue;
        }
        walk_name(walk);
        if (json_is_null(value)) {
            value = NULL;
        } else if (!is_leaf(value)) {
            walk_open(walk, value);
            value = NULL;
        }
    }
    *ret_leaf = (struct out_openapi__leaf){ .name = buf_str(&walk->name), .value = value };
    return value != NULL;
}

bool out_openapi__deep(struct out_openapi__build *build, struct out_openapi__pieces *pieces,
                       struct str name, const struct json_value *value)
{
    struct out_openapi__walk walk;
    struct out_openapi__leaf leaf;
    bool good = true;

    out_openapi__walk_init(&walk, name, value);
    while (good && out_openapi__walk_next(&walk, &leaf))
        good = add_piece(build, pieces, leaf.name, out_openapi__text(build->turn, leaf.value));
    if (good && walk.deep)
        good = out_openapi__invalid(build, "%.*s: more than %u levels", STR_ARG(name),
                                    OUT_OPENAPI_DEPTH_MAX);
    out_openapi__walk_fini(&walk);
    return good;
}
