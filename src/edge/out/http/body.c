/*
 * What a body is: by its declared type; where a source declares that it answers JSON and the
 * type says less than that, by what parses. A web page is never taken for an answer.
 */
#include "edge/out/http/internal.h"

#include <strings.h>

static bool is_html(struct str type, struct str text)
{
    struct str start = str_slice(str_trim(text), 0, 14);

    if (str_is(type, "text/html") || str_is(type, "application/xhtml+xml"))
        return true;
    return !type.len && start.len >= 5 &&
           (strncasecmp(start.ptr, "<html", 5) == 0 ||
            (start.len == 14 && strncasecmp(start.ptr, "<!doctype html", 14) == 0));
}

static const struct json_value *parse(struct arena *turn, struct str text, const char **ret_fault)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(turn, text, NULL, &error, &doc) == JSON_PARSED)
        return doc.root;
    *ret_fault =
        str_printf(turn, "%s (line %zu, column %zu)", error.sentence, error.line, error.column).ptr;
    return NULL;
}

static bool says_little(struct str type)
{
    return !type.len || str_starts(type, STR("text/")) || str_is(type, "application/octet-stream");
}

static bool has_body(const struct out_http_request *request,
                     const struct out_http_response *response)
{
    return response->body.len > 0 && response->status != 204 && response->status != 205 &&
           response->status != 304 && !str_is(request->method, "HEAD");
}

/* Text that may be JSON all the same. */
static void read_text(struct arena *turn, bool json, struct out_http__body *body)
{
    const char *fault = NULL;
    bool by_name = out_http_media_is_json(body->type);

    if (by_name || (json && says_little(body->type)))
        body->json = parse(turn, body->text, &fault);
    if (body->json)
        body->kind = OUT_HTTP__JSON;
    else if (by_name)
        body->fault = fault;
    body->html = !body->json && is_html(body->type, body->text);
}

void out_http__body_read(struct arena *turn, const struct out_http_request *request,
                         const struct out_http_response *response, struct out_http__body *ret_body)
{
    struct str header = out_http_header_find(response->headers, "content-type");
    struct str charset = out_http_parameter(turn, header, "charset");
    struct out_http__body body = { .kind = OUT_HTTP__NOTHING,
                                   .type = out_http_media_type(turn, header) };
    bool named = out_http_media_is_json(body.type) || out_http_media_is_text(body.type);

    if (has_body(request, response)) {
        body.kind = OUT_HTTP__BYTES;
        if ((named || says_little(body.type)) &&
            out_http_text(turn, charset, response->body, &body.text) == OUT_HTTP_DECODED &&
            (named || !memchr(body.text.ptr, '\0', body.text.len))) {
            body.kind = OUT_HTTP__TEXT;
            read_text(turn, request->json, &body);
            /* Bytes are what it said; that they are readable does not make them text. */
            if (body.kind == OUT_HTTP__TEXT && str_is(body.type, "application/octet-stream"))
                body.kind = OUT_HTTP__BYTES;
        } else if (out_http_media_is_json(body.type)) {
            body.fault = "it is not text in the charset that it names";
        }
    }
    *ret_body = body;
}

struct str out_http__cut(struct str text, size_t max)
{
    size_t len = text.len;

    if (len <= max)
        return text;
    len = max;
    while (len > 0 && ((uint8_t)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_slice(text, 0, len);
}
