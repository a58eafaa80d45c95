/*
 * Arguments that a tool wants in headers (2026-07-28, "Custom Headers from Tool Parameters"):
 * x-mcp-header on a property, reached from the root of the schema by properties alone.
 *
 * A schema that has it anywhere else, twice the same, on what is no string, integer or boolean, or
 * with a name that is none for a header, makes its tool invalid: it is left out of the list.
 */
#include "edge/out/mcp/params.h"

#define KEY        "x-mcp-header"
#define PREFIX     "Mcp-Param-"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define DEPTH_MAX  32U
#define PARAMS_MAX 64U
/* A value of more bytes is in no header. */
#define VALUE_MAX 4096U

/* A place in the schema that is still to be looked at. */
struct place {
    const struct json_value *schema;
    size_t depth;
    struct str path[DEPTH_MAX];
    bool plain; /* reached by properties alone */
};
struct places VEC(struct place);

static bool is_token(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= 0x20 || (unsigned char)name.ptr[i] >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", name.ptr[i]))
            return false;
    return name.len > 0;
}

static bool same_header(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if ((a.ptr[i] | 0x20) != (b.ptr[i] | 0x20))
            return false;
    return true;
}

static struct str problem_of(const struct place *place, struct str header,
                             const struct out_mcp__params *params)
{
    struct str type = json_get_str(place->schema, "type");

    if (!is_token(header))
        return STR("x-mcp-header is no name of a header");
    if (!place->plain || place->depth == 0)
        return STR("x-mcp-header stands where no argument is");
    if (!str_is(type, "string") && !str_is(type, "integer") && !str_is(type, "boolean"))
        return STR("x-mcp-header is on what is no string, integer or boolean");
    if (params->count >= PARAMS_MAX)
        return STR("it has too many x-mcp-header");
    for (size_t i = 0; i < params->count; i++)
        if (same_header(str_slice(params->at[i].header, PREFIX_LEN, SIZE_MAX), header))
            return STR("two of its x-mcp-header are the same");
    return STR_NULL;
}

static void add(struct out_mcp *session, struct out_mcp__params *params, const struct place *place,
                struct str header)
{
    struct out_mcp__param *at =
        ARENA_ARRAY(session->list, struct out_mcp__param, params->count + 1);
    struct str *path = ARENA_ARRAY(session->list, struct str, place->depth);

    for (size_t i = 0; i < params->count; i++)
        at[i] = params->at[i];
    for (size_t i = 0; i < place->depth; i++)
        path[i] = str_copy(session->list, place->path[i]);
    at[params->count] = (struct out_mcp__param){
        .path = path,
        .depth = place->depth,
        .header = str_printf(session->list, PREFIX "%.*s", STR_ARG(header)),
    };
    params->at = at;
    params->count++;
}

/* The members of a schema, or of its properties, are looked at later. */
static void push_children(struct places *places, const struct place *place)
{
    struct json_iter iter = json_iter(place->schema);
    const struct json_value *value;

    while ((value = json_next(&iter))) {
        bool properties = place->plain && str_is(iter.key, "properties") && json_is_object(value);
        struct json_iter inner = json_iter(value);
        const struct json_value *child;

        if (!properties) {
            struct place *next;

            if (!json_is_object(value) && !json_is_array(value))
                continue;
            next = VEC_PUSH(places);
            next->schema = value;
            continue;
        }
        while ((child = json_next(&inner))) {
            struct place *next;

            if (!json_is_object(child))
                continue;
            next = VEC_PUSH(places);
            next->schema = child;
            next->plain = place->depth + 1 < DEPTH_MAX;
            next->depth = place->depth + 1 < DEPTH_MAX ? place->depth + 1 : 0;
            memcpy(next->path, place->path, place->depth * sizeof(place->path[0]));
            if (next->depth)
                next->path[place->depth] = inner.key;
        }
    }
}

bool out_mcp__params_read(struct out_mcp *session, const struct json_value *schema,
                          struct out_mcp__params *ret_params, struct str *ret_reason)
{
    struct out_mcp__params params = { 0 };
    struct places places = { 0 };
    struct str reason = STR_NULL;

    *VEC_PUSH(&places) = (struct place){ .schema = schema, .plain = true };
    while (places.count && !reason.ptr) {
        struct place place = places.at[--places.count];
        const struct json_value *header =
            json_is_object(place.schema) ? json_get(place.schema, KEY) : NULL;

        if (header) {
            reason = problem_of(&place, json_str(header), &params);
            if (!reason.ptr)
                add(session, &params, &place, json_str(header));
        }
        push_children(&places, &place);
    }
    VEC_FINI(&places);
    if (reason.ptr) {
        *ret_reason = reason;
        return false;
    }
    /* Arguments that were found last stand first: they are asked for in the order of the schema. */
    *ret_params = params;
    return true;
}

/* --- Values -------------------------------------------------------------------------------- */

static void add_base64(struct buf *out, struct str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t three = (uint32_t)(unsigned char)bytes.ptr[i] << 16;

        if (left > 1)
            three |= (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8;
        if (left > 2)
            three |= (uint32_t)(unsigned char)bytes.ptr[i + 2];
        buf_add_char(out, digits[three >> 18]);
        buf_add_char(out, digits[three >> 12 & 63U]);
        buf_add_char(out, left > 1 ? digits[three >> 6 & 63U] : '=');
        buf_add_char(out, left > 2 ? digits[three & 63U] : '=');
    }
}

/* "Value Encoding": visible ASCII with spaces and tabs inside stays as it is. */
static bool is_plain(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];

        if (c > 0x7e || (c < 0x20 && c != '\t'))
            return false;
    }
    if (str_starts(value, STR("=?base64?")) && str_ends(value, STR("?=")))
        return false;
    return str_equal(str_trim(value), value);
}

struct str out_mcp__header_value(struct arena *arena, struct str value)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    if (is_plain(value))
        return str_copy(arena, value);
    buf_add_c(&out, "=?base64?");
    add_base64(&out, value);
    buf_add_c(&out, "?=");
    return str_copy(arena, buf_str(&out));
}

size_t out_mcp__params_fill(const struct out_mcp__params *params, struct str args,
                            struct arena *arena, struct out_mcp_param *ret_params)
{
    struct json_error error;
    struct json_doc doc;
    size_t count = 0;

    if (!args.len || json_parse(arena, args, NULL, &error, &doc) != JSON_PARSED)
        return 0;
    for (size_t i = 0; i < params->count; i++) {
        const struct json_value *value = doc.root;
        struct str text;

        for (size_t k = 0; value && k < params->at[i].depth; k++)
            value = json_is_object(value) ? json_get(value, params->at[i].path[k].ptr) : NULL;
        if (!value || json_is_null(value) || json_is_object(value) || json_is_array(value))
            continue;
        text = json_is_string(value) ? json_str(value) : json_text(arena, value);
        if (text.len > VALUE_MAX)
            continue;
        ret_params[count++] =
            (struct out_mcp_param){ params->at[i].header, out_mcp__header_value(arena, text) };
    }
    return count;
}
