/*
 * The body: the first content type of the plan that can carry the value, JSON before others (a
 * value that is or holds a file goes to a type for bytes first). A Content-Type among the
 * arguments chooses.
 */
#include "edge/out/openapi/internal.h"

#include "base/base64.h"

enum carrier {
    CARRIER_JSON,
    CARRIER_LINES, /* one JSON value a line */
    CARRIER_FORM,
    CARRIER_MULTIPART,
    CARRIER_TEXT,
    CARRIER_BYTES,
};

static enum carrier carrier_of(struct str type)
{
    if (out_http_media_is_json(type) || str_is(type, "*/*") || str_is(type, "application/*"))
        return CARRIER_JSON;
    if (str_is(type, "application/x-ndjson") || str_is(type, "application/jsonl") ||
        str_is(type, "application/x-jsonlines"))
        return CARRIER_LINES;
    if (str_is(type, "application/x-www-form-urlencoded"))
        return CARRIER_FORM;
    if (str_starts(type, STR("multipart/")))
        return CARRIER_MULTIPART;
    return out_http_media_is_text(type) ? CARRIER_TEXT : CARRIER_BYTES;
}

/* --- Files ------------------------------------------------------------------------------- */

bool out_openapi__is_file(const struct json_value *value)
{
    return json_is_string(json_get(value, "$base64")) ||
           json_is_string(json_get(value, "$artifact"));
}

static bool artifact_bytes(struct out_openapi__build *build, struct str name, struct str *ret_bytes)
{
    for (size_t i = 0; i < build->call->artifact_count; i++)
        if (str_equal(build->call->artifacts[i].name, name)) {
            *ret_bytes = build->call->artifacts[i].bytes;
            return true;
        }
    return out_openapi__invalid(build, "there is no artifact %.*s",
                                STR_ARG(str_slice(name, 0, 80)));
}

bool out_openapi__file(struct out_openapi__build *build, const struct json_value *value,
                       struct out_openapi__file *ret_file)
{
    struct str text = json_get_str(value, "$base64");
    BUF_CLEANUP struct buf bytes = BUF_INIT;

    ret_file->name = json_get_str(value, "filename");
    ret_file->type = json_get_str(value, "type");
    if (!text.ptr)
        return artifact_bytes(build, json_get_str(value, "$artifact"), &ret_file->bytes);
    if (!base64_decode(&bytes, text))
        return out_openapi__invalid(build, "the text of a $base64 is no base64");
    ret_file->bytes = bytes.len ? str_copy(build->turn, buf_str(&bytes)) : STR("");
    return true;
}

/* Keys stand in a document as values do; a string after "$base64" or "$artifact" is a file's. */
static const struct json_value *next_file(struct json_iter *stack, size_t *depth)
{
    while (*depth) {
        const struct json_value *value = json_next(&stack[*depth - 1]);

        if (!value) {
            (*depth)--;
            continue;
        }
        if (out_openapi__is_file(value))
            return value;
        if ((json_is_array(value) || json_is_object(value)) && *depth < OUT_OPENAPI_DEPTH_MAX)
            stack[(*depth)++] = json_iter(value);
    }
    return NULL;
}

static bool holds_file(const struct json_value *value)
{
    struct json_iter stack[OUT_OPENAPI_DEPTH_MAX] = { json_iter(value) };
    size_t depth = 1;

    return next_file(stack, &depth) != NULL;
}

/* --- Which type -------------------------------------------------------------------------- */

static bool carries(enum carrier carrier, const struct json_value *value)
{
    bool file = out_openapi__is_file(value);

    switch (carrier) {
    case CARRIER_JSON:
        return !file;
    case CARRIER_LINES:
        return json_is_array(value) || json_is_string(value);
    case CARRIER_FORM:
    case CARRIER_MULTIPART:
        return json_is_object(value) && !file;
    case CARRIER_TEXT:
        return file || (!json_is_object(value) && !json_is_array(value));
    case CARRIER_BYTES:
        return file || json_is_string(value);
    }
    UNREACHABLE("a carrier outside its enum");
}

/* Small is better; SIZE_MAX: it cannot. */
static size_t rank(enum carrier carrier, const struct json_value *value, bool files)
{
    if (!carries(carrier, value))
        return SIZE_MAX;
    if (files && (carrier == CARRIER_MULTIPART || carrier == CARRIER_BYTES))
        return 0;
    return carrier == CARRIER_JSON ? 1 : 2;
}

static struct str chosen_type(const struct out_openapi__build *build)
{
    const struct out_http_headers headers = { build->headers.at, build->headers.count };

    return out_http_media_type(build->turn, out_http_header_find(headers, "content-type"));
}

static const struct json_value *content_choose(struct out_openapi__build *build,
                                               const struct json_value *list,
                                               const struct json_value *value)
{
    struct str chosen = chosen_type(build);
    struct json_iter iter = json_iter(list);
    const struct json_value *content;
    const struct json_value *best = NULL;
    size_t best_rank = SIZE_MAX;
    bool files = holds_file(value) || out_openapi__is_file(value);

    while ((content = json_next(&iter))) {
        struct str type = out_http_media_type(build->turn, json_get_str(content, "type"));
        size_t is = rank(carrier_of(type), value, files);

        if (chosen.len && !str_equal(chosen, type))
            continue;
        if (is < best_rank) {
            best = content;
            best_rank = is;
        }
    }
    return best;
}

static bool no_type(struct out_openapi__build *build, const struct json_value *list,
                    const struct json_value *value)
{
    struct str first = json_get_str(json_at(list, 0), "type");

    return out_openapi__invalid(
        build, "the body is %s %s, which %s%.*s cannot carry: give %s",
        json_type(value) == JSON_ARRAY || json_type(value) == JSON_OBJECT ? "an" : "a",
        out_openapi__is_file(value) ? "file" : json_type_name(json_type(value)),
        json_count(list) > 1 ? "none of its content types, such as " : "", STR_ARG(first),
        "a text, an object, or bytes as {\"$base64\": ...} or {\"$artifact\": ...}");
}

/* --- The bytes of each ------------------------------------------------------------------- */

static void body_set(struct out_openapi__build *build, struct str type, struct str body)
{
    build->type = type;
    build->body = body.ptr ? body : STR("");
}

static void body_lines(struct out_openapi__build *build, struct str type,
                       const struct json_value *value)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_iter iter = json_iter(value);
    const struct json_value *item;

    while ((item = json_next(&iter))) {
        json_print(&text, item);
        buf_add_char(&text, '\n');
    }
    body_set(build, type,
             json_is_string(value) ? json_str(value) : str_copy(build->turn, buf_str(&text)));
}

/*
 * One field: by its style where the plan has one; lists are repeated, objects are JSON (OpenAPI
 * 3.0.4, 4.8.15.1: the defaults of a form).
 */
static bool form_field(struct out_openapi__build *build, struct buf *out, struct str name,
                       const struct json_value *value, const struct json_value *plan)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct str style = json_get_str(plan, "style");
    const struct json_value *explode = json_get(plan, "explode");
    struct out_openapi__pieces pieces = { .out = &text,
                                          .style = out_openapi__style_find(style),
                                          .names = OUT_OPENAPI__FORM,
                                          .values = OUT_OPENAPI__FORM,
                                          .explode = !explode || json_is_true(explode) };
    bool json =
        (json_is_object(value) && !style.ptr) ||
        out_http_media_is_json(out_http_media_type(build->turn, json_get_str(plan, "type")));
    bool good;

    if (!pieces.style)
        pieces.style = out_openapi__style_find(STR("form"));
    if (json_is_true(json_get(plan, "reserved")))
        pieces.values = OUT_OPENAPI__QUERY;
    if (style.ptr && str_is(style, "deepObject")) {
        good = out_openapi__deep(build, &pieces, name, value);
    } else if (json) {
        out_openapi__encode(&text, name, OUT_OPENAPI__FORM);
        buf_add_char(&text, '=');
        out_openapi__encode(&text, json_text(build->turn, value), OUT_OPENAPI__FORM);
        good = true;
    } else {
        good = out_openapi__spread(build, &pieces, name, value);
    }
    if (text.len)
        out_openapi__join(out, "&");
    buf_add_str(out, buf_str(&text));
    return good;
}

static bool body_form(struct out_openapi__build *build, const struct json_value *content,
                      const struct json_value *value)
{
    const struct json_value *fields = json_get(content, "fields");
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_iter iter = json_iter(value);
    const struct json_value *item;

    while ((item = json_next(&iter)))
        if (!json_is_null(item) &&
            !form_field(build, &text, iter.key, item, json_find(fields, iter.key)))
            return false;
    body_set(build, json_get_str(content, "type"), str_copy(build->turn, buf_str(&text)));
    return true;
}

static bool is_concrete(struct str type)
{
    return type.len && str_find_char(type, '*') == SIZE_MAX && str_find_char(type, ',') == SIZE_MAX;
}

static bool body_bytes(struct out_openapi__build *build, struct str type,
                       const struct json_value *value)
{
    struct out_openapi__file file = { .bytes = json_str(value) };

    if (out_openapi__is_file(value) && !out_openapi__file(build, value, &file))
        return false;
    if (!is_concrete(type))
        type = file.type.len ? file.type : STR("application/octet-stream");
    body_set(build, type, file.bytes);
    return true;
}

static bool body_make(struct out_openapi__build *build, const struct json_value *content,
                      const struct json_value *value)
{
    struct str type = json_get_str(content, "type");
    struct str bare = out_http_media_type(build->turn, type);

    switch (carrier_of(bare)) {
    case CARRIER_JSON:
        body_set(build, is_concrete(type) ? type : STR("application/json"),
                 json_text(build->turn, value));
        return true;
    case CARRIER_LINES:
        body_lines(build, type, value);
        return true;
    case CARRIER_FORM:
        return body_form(build, content, value);
    case CARRIER_MULTIPART:
        return out_openapi__multipart(build, content, value);
    case CARRIER_TEXT:
        if (out_openapi__is_file(value))
            return body_bytes(build, type, value);
        body_set(build, is_concrete(type) ? type : STR("text/plain"),
                 out_openapi__text(build->turn, value));
        return true;
    case CARRIER_BYTES:
        return body_bytes(build, type, value);
    }
    UNREACHABLE("a carrier outside its enum");
}

bool out_openapi__body(struct out_openapi__build *build)
{
    const struct json_value *plan = json_get(build->call->plan, "body");
    const struct json_value *list = json_get(plan, "content");
    const struct json_value *value = json_find(build->call->args, json_get_str(plan, "arg"));
    const struct json_value *content;

    if (!plan || !value) {
        if (!plan || !json_is_true(json_get(plan, "required")))
            return true;
        return out_openapi__invalid(build, "the argument \"%.*s\" is required",
                                    STR_ARG(json_get_str(plan, "arg")));
    }
    content = content_choose(build, list, value);
    if (!content)
        return no_type(build, list, value);
    if (!body_make(build, content, value))
        return false;
    if (build->body.len > OUT_HTTP_BODY_MAX)
        return out_openapi__invalid(build, "the body has %zu bytes; %u are allowed",
                                    build->body.len, OUT_HTTP_BODY_MAX);
    return true;
}
