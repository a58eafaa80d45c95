/*
 * out/http - what every source over HTTP shares: a request as data, a response as data, and the
 * outcome of a call that a response means. Pure: nothing here dials.
 *
 * docs/protocol/results.md is the convention that out_http_outcome_of follows: JSON is a value,
 * text is a string, other bytes are an artifact, nothing is null, an error status is a failure
 * with the body as data.
 *
 * What may be repeated is said with the outcome: 429 and 503 that name a moment, for requests
 * that read or that carry an idempotency key; never for others. An answer of a gateway that
 * waited in vain (502, 504 and their kin) is no answer of the source: it is unreachable, and a
 * write whose outcome is lost.
 *
 * Easy to get wrong: everything in an outcome is a stranger's; secrets are the caller's to look
 * for. Header names are compared without case, and are lower case in what is printed.
 */
#ifndef WRIT_EDGE_OUT_HTTP_HTTP_H
#define WRIT_EDGE_OUT_HTTP_HTTP_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include "model/msg.h"

#include <stdbool.h>

/* A request is refused beyond these. */
#define OUT_HTTP_URL_MAX     16384U
#define OUT_HTTP_HEADERS_MAX 128U
#define OUT_HTTP_VALUE_MAX   16384U
#define OUT_HTTP_BODY_MAX    (64U << 20)
/* A source that asks for more patience than this gets its answer passed on instead. */
#define OUT_HTTP_RETRY_MS_MAX 60000

struct out_http_header {
    struct str name;
    struct str value;
    bool secret; /* a credential: no other origin may see it */
};

struct out_http_headers {
    const struct out_http_header *at;
    size_t count;
};

struct out_http_request {
    struct str method;
    struct str url;
    struct out_http_headers headers;
    struct str body; /* null: none; an empty one has a pointer */
    bool reads;      /* repeating it changes nothing */
    bool keyed;      /* it carries an idempotency key: the source does it once */
    bool json;       /* the source declares that it answers JSON, and nothing else */
};

/* A credential of a source: the name it has there, and its value as a person gave it. */
struct out_http_credential {
    struct str scheme;
    struct str value;
};

struct out_http_response {
    unsigned int status;
    struct out_http_headers headers;
    struct str body;
    int64_t now_ms; /* UTC, for moments that headers name */
};

struct out_http_outcome {
    enum msg_outcome_status status;
    struct str value;   /* JSON text; answered only */
    struct str meta;    /* JSON text: status, headers, links; null: 200 and nothing to say */
    struct str blob;    /* bytes that the value names as an artifact; null: none; borrowed */
    struct digest name; /* of the blob */
    struct str code;    /* a name of schemas/errors.json; not answered only */
    struct str text;
    struct str data;  /* JSON text: status, headers, body */
    int64_t retry_ms; /* it may be repeated in so many ms; -1: not from here */
};

/* The value of the first header of that name, or null. */
struct str out_http_header_find(struct out_http_headers headers, const char *name);

/* A name that a header may have (RFC 9110, 5.6.2), and a value that cannot end its line. */
bool out_http_name_is_token(struct str name);
bool out_http_value_is_safe(struct str value);

/* True for names that are the engine's own to set, or that change who reads what of a message. */
bool out_http_name_is_ours(struct str name);

/* Media types: "application/json; charset=utf-8" without its parameters, lower case. */
struct str out_http_media_type(struct arena *turn, struct str value);
/* A parameter of a header's value, unquoted, or null. */
struct str out_http_parameter(struct arena *turn, struct str value, const char *name);
/* True for JSON by name: application/json, text/json, anything+json. */
bool out_http_media_is_json(struct str type);
/* True where bytes of that type are text for people or programs. */
bool out_http_media_is_text(struct str type);

enum out_http_answer {
    OUT_HTTP_DECODED = 0,
    OUT_HTTP_UNDECODED = 1, /* not text in that charset, or a charset that we do not know */
};

/* Text in a charset (null: UTF-8, unless a byte order mark says UTF-16) as UTF-8. */
MUST int out_http_text(struct arena *turn, struct str charset, struct str bytes,
                       struct str *ret_text);

/* What the response to that request means. Borrows the response's body for blob. */
void out_http_outcome_of(struct arena *turn, const struct out_http_request *request,
                         const struct out_http_response *response,
                         struct out_http_outcome *ret_outcome);

/* The moment of an HTTP date (IMF-fixdate) in UTC ms; false if it is none. */
bool out_http_date(struct str text, int64_t *ret_ms);

#endif
