/*
 * out/openapi - the request that a call of an OpenAPI operation becomes. Pure: a plan (made by
 * the compiler of documents, approved with the tool), arguments and credentials in, a request out.
 *
 *     parameters   by the styles of OpenAPI 3 and Swagger 2.0, which are RFC 6570's and three
 *                  more; whatever is not allowed where it stands is percent-encoded (RFC 3986)
 *     body         JSON, urlencoded, multipart, bytes, text, XML as text: the first type of the
 *                  plan that can carry the value, JSON before others
 *     security     the first alternative for which every credential is there
 *
 * docs/protocol/requests.md says all of it, with the plan member by member. What the answer means
 * is out_http's to say.
 *
 * Easy to get wrong: the request borrows from plan, arguments and credentials, and holds secrets;
 * it must not be printed. Arguments have been validated against the tool's schema, but nothing
 * here rests on that.
 */
#ifndef WRIT_EDGE_OUT_OPENAPI_OPENAPI_H
#define WRIT_EDGE_OUT_OPENAPI_OPENAPI_H

#include "edge/out/http/http.h"
#include "format/json/json.h"

/* Objects in objects that a deepObject parameter or a form may have. */
#define OUT_OPENAPI_DEPTH_MAX 16U
/* Pieces "name=value" of one request, and parts of one multipart body. */
#define OUT_OPENAPI_PIECES_MAX 16384U
#define OUT_OPENAPI_PARTS_MAX  1024U

/* The bytes of an artifact that the arguments name. */
struct out_openapi_artifact {
    struct str name; /* its digest, hexadecimal */
    struct str bytes;
};

struct out_openapi_call {
    const struct json_value *plan;
    const struct json_value *args; /* NULL: none */
    const struct out_http_credential *credentials;
    size_t credential_count;
    const struct out_openapi_artifact *artifacts;
    size_t artifact_count;
    struct str key;    /* the same for every attempt of the call; null: none */
    struct str source; /* its name, for the way out of a missing credential; null: unknown */
};

enum out_openapi_answer {
    OUT_OPENAPI_BUILT = 0,
    OUT_OPENAPI_INVALID = 1,       /* no request can be made of these arguments: ret_text */
    OUT_OPENAPI_AUTH_REQUIRED = 2, /* credentials are missing: ret_text names them */
};

MUST int out_openapi_request(struct arena *turn, const struct out_openapi_call *call,
                             struct out_http_request *ret_request, struct str *ret_text);

#endif
