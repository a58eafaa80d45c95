/* What the files of out/http share. */
#ifndef WRIT_EDGE_OUT_HTTP_INTERNAL_H
#define WRIT_EDGE_OUT_HTTP_INTERNAL_H

#include "edge/out/http/http.h"
#include "format/json/json.h"
#include "format/json/out.h"

/* Of a message from a source, and of a body that goes with a failure. */
#define OUT_HTTP__MESSAGE_MAX 1024U
#define OUT_HTTP__DATA_MAX    12288U
/* Headers that are passed on, and bytes of each. */
#define OUT_HTTP__META_MAX  32U
#define OUT_HTTP__LINKS_MAX 16U

enum out_http__kind { OUT_HTTP__NOTHING, OUT_HTTP__JSON, OUT_HTTP__TEXT, OUT_HTTP__BYTES };

struct out_http__body {
    enum out_http__kind kind;
    struct str type;               /* media type; may be empty */
    const struct json_value *json; /* JSON only */
    struct str text;               /* TEXT only, UTF-8 */
    bool html;
    const char *fault; /* says JSON and is none: why; else NULL */
};

/* body.c */
void out_http__body_read(struct arena *turn, const struct out_http_request *request,
                         const struct out_http_response *response, struct out_http__body *ret_body);
/* The text, not longer than max bytes and whole in its last character. */
struct str out_http__cut(struct str text, size_t max);

/* meta.c */
struct str out_http__meta(struct arena *turn, const struct out_http_response *response);
/* Adds "headers" and "links", where there are any, to the open object. */
void out_http__meta_add(struct json_out *out, const struct out_http_response *response);
/* When the request may be repeated, or -1. */
int64_t out_http__retry_ms(const struct out_http_request *request,
                           const struct out_http_response *response);

#endif
