/*
 * multipart/form-data (RFC 7578) and its kin: a part for each member, for each element of a list
 * and for each leaf of a deepObject. The boundary is a digest of what it stands between, so equal
 * calls have equal bodies, and nobody who writes a part can guess it into the part.
 */
#include "edge/out/openapi/internal.h"

#define BOUNDARY_HEX 32U

struct part {
    struct str head; /* headers, each with its line break */
    struct str bytes;
};
struct parts VEC(struct part);

/* As browsers do (WHATWG HTML, multipart/form-data encoding): nothing ends the quoted text. */
static void add_quoted(struct buf *out, struct str text)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '"')
            buf_add_c(out, "%22");
        else if (c == '\r')
            buf_add_c(out, "%0D");
        else if (c == '\n')
            buf_add_c(out, "%0A");
        else if (c != '\0')
            buf_add_char(out, c);
    }
    buf_add_char(out, '"');
}

static bool add_line(struct out_openapi__build *build, struct buf *out, struct str name,
                     struct str value)
{
    if (!out_http_name_is_token(name) || !out_http_value_is_safe(value))
        return out_openapi__invalid(build, "a part's header \"%.*s\" is none", STR_ARG(name));
    buf_add_str(out, name);
    buf_add_c(out, ": ");
    buf_add_str(out, value);
    buf_add_c(out, "\r\n");
    return true;
}

static bool add_plan_headers(struct out_openapi__build *build, struct buf *out,
                             const struct json_value *plan)
{
    struct json_iter iter = json_iter(json_get(plan, "headers"));
    const struct json_value *value;

    while ((value = json_next(&iter)))
        if (json_is_string(value) && !add_line(build, out, iter.key, json_str(value)))
            return false;
    return true;
}

static struct str declared_type(const struct json_value *plan)
{
    struct str type = json_get_str(plan, "type");

    if (str_find_char(type, '*') != SIZE_MAX || str_find_char(type, ',') != SIZE_MAX)
        return STR_NULL;
    return type;
}

struct field {
    struct str name;
    const struct json_value *plan;
    bool form; /* form-data: parts have names */
};

static bool add_part(struct out_openapi__build *build, struct parts *parts,
                     const struct field *field, const struct json_value *value)
{
    BUF_CLEANUP struct buf head = BUF_INIT;
    struct out_openapi__file file = { 0 };
    struct str type = declared_type(field->plan);
    bool is_file = out_openapi__is_file(value);
    struct str bytes = out_openapi__text(build->turn, value);

    if (parts->count == OUT_OPENAPI_PARTS_MAX)
        return out_openapi__invalid(build, "the body has more than %u parts",
                                    OUT_OPENAPI_PARTS_MAX);
    if (is_file && !out_openapi__file(build, value, &file))
        return false;
    if (is_file)
        type = file.type.len ? file.type : type.len ? type : STR("application/octet-stream");
    else if (!type.len && (json_is_object(value) || json_is_array(value)))
        type = STR("application/json");
    if (!type.len && is_file)
        type = STR("application/octet-stream");
    if (out_http_media_is_json(out_http_media_type(build->turn, type)) && !is_file)
        bytes = json_text(build->turn, value);
    if (field->form) {
        buf_add_c(&head, "Content-Disposition: form-data; name=");
        add_quoted(&head, field->name);
        if (is_file) {
            buf_add_c(&head, "; filename=");
            add_quoted(&head, file.name.len ? file.name : field->name);
        }
        buf_add_c(&head, "\r\n");
    }
    if (type.len && !add_line(build, &head, STR("Content-Type"), type))
        return false;
    if (!add_plan_headers(build, &head, field->plan))
        return false;
    *VEC_PUSH(parts) = (struct part){ .head = str_copy(build->turn, buf_str(&head)),
                                      .bytes = is_file ? file.bytes : bytes };
    return true;
}

static bool add_deep(struct out_openapi__build *build, struct parts *parts,
                     const struct field *field, const struct json_value *value)
{
    struct out_openapi__walk walk;
    struct out_openapi__leaf leaf;
    bool good = true;

    out_openapi__walk_init(&walk, field->name, value);
    while (good && out_openapi__walk_next(&walk, &leaf)) {
        const struct field one = { .name = leaf.name, .form = field->form };

        good = add_part(build, parts, &one, leaf.value);
    }
    if (good && walk.deep)
        good = out_openapi__invalid(build, "%.*s: more than %u levels", STR_ARG(field->name),
                                    OUT_OPENAPI_DEPTH_MAX);
    out_openapi__walk_fini(&walk);
    return good;
}

static bool add_field(struct out_openapi__build *build, struct parts *parts,
                      const struct field *field, const struct json_value *value)
{
    struct json_iter iter = json_iter(value);
    const struct json_value *item;

    if (str_is(json_get_str(field->plan, "style"), "deepObject"))
        return add_deep(build, parts, field, value);
    if (!json_is_array(value))
        return add_part(build, parts, field, value);
    while ((item = json_next(&iter)))
        if (!json_is_null(item) && !add_part(build, parts, field, item))
            return false;
    return true;
}

/* --- Together ---------------------------------------------------------------------------- */

static bool is_inside(const struct parts *parts, struct str boundary)
{
    for (size_t i = 0; i < parts->count; i++)
        if (str_find(parts->at[i].bytes, boundary) != SIZE_MAX)
            return true;
    return false;
}

static struct str boundary_of(struct out_openapi__build *build, const struct parts *parts)
{
    struct str *texts = ARENA_ARRAY(build->turn, struct str, parts->count * 2 + 1);
    char *text = arena_alloc(build->turn, BOUNDARY_HEX + 6);
    char hex[DIGEST_HEX_LEN];
    struct digest digest;

    for (size_t i = 0; i < parts->count; i++) {
        texts[2 * i] = parts->at[i].head;
        texts[2 * i + 1] = parts->at[i].bytes;
    }
    digest = digest_of_parts(texts, parts->count * 2);
    do {
        digest_hex(&digest, hex);
        memcpy(text, "writ-", 5);
        memcpy(text + 5, hex, BOUNDARY_HEX);
        digest = digest_of(str_of(hex, sizeof(hex)));
    } while (is_inside(parts, str_of(text, BOUNDARY_HEX + 5)));
    return str_of(text, BOUNDARY_HEX + 5);
}

static struct str parts_join(struct out_openapi__build *build, const struct parts *parts,
                             struct str boundary)
{
    BUF_CLEANUP struct buf body = BUF_INIT;

    for (size_t i = 0; i < parts->count; i++) {
        buf_add_c(&body, "--");
        buf_add_str(&body, boundary);
        buf_add_c(&body, "\r\n");
        buf_add_str(&body, parts->at[i].head);
        buf_add_c(&body, "\r\n");
        buf_add_str(&body, parts->at[i].bytes);
        buf_add_c(&body, "\r\n");
    }
    buf_add_c(&body, "--");
    buf_add_str(&body, boundary);
    buf_add_c(&body, "--\r\n");
    return str_copy(build->turn, buf_str(&body));
}

static size_t parts_size(const struct parts *parts)
{
    size_t size = 0;

    for (size_t i = 0; i < parts->count; i++)
        size += parts->at[i].head.len + parts->at[i].bytes.len + BOUNDARY_HEX + 16;
    return size;
}

bool out_openapi__multipart(struct out_openapi__build *build, const struct json_value *content,
                            const struct json_value *value)
{
    struct str type = json_get_str(content, "type");
    const struct json_value *plans = json_get(content, "parts");
    struct json_iter iter = json_iter(value);
    const struct json_value *item;
    struct parts parts = { 0 };
    bool good = true;

    while (good && (item = json_next(&iter))) {
        const struct field field = {
            .name = iter.key,
            .plan = json_find(plans, iter.key),
            .form = str_is(out_http_media_type(build->turn, type), "multipart/form-data"),
        };

        good = json_is_null(item) || add_field(build, &parts, &field, item);
        /* Each artifact may be in many parts: counted before it is copied. */
        if (good && parts_size(&parts) > OUT_HTTP_BODY_MAX)
            good =
                out_openapi__invalid(build, "the body has more than %u bytes", OUT_HTTP_BODY_MAX);
    }
    if (good) {
        struct str boundary = boundary_of(build, &parts);

        build->body = parts_join(build, &parts, boundary);
        build->type =
            str_printf(build->turn, "%.*s; boundary=%.*s", STR_ARG(type), STR_ARG(boundary));
    }
    VEC_FINI(&parts);
    return good;
}
