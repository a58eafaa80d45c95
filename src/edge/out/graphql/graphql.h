/*
 * out/graphql - the request that a call of a GraphQL operation becomes, and what its answer
 * means. Pure: a plan (made by format/graphql, approved with the tool), arguments and credentials
 * in, a POST out.
 *
 * The operation is the plan's; arguments are its variables and never part of its text, but for
 * `select`, a selection set that is parsed and printed again before it takes its place.
 *
 * An answer with `errors` is a failure, and what data came with it is kept with the failure:
 * { errors, data }. A credential's scheme is the name of the header that it goes into.
 *
 * Easy to get wrong: the request holds secrets; it must not be printed.
 */
#ifndef WRIT_EDGE_OUT_GRAPHQL_GRAPHQL_H
#define WRIT_EDGE_OUT_GRAPHQL_GRAPHQL_H

#include "edge/out/http/http.h"
#include "format/json/json.h"

#define OUT_GRAPHQL_VARIABLES_MAX 256U
#define OUT_GRAPHQL_HEADERS_MAX   16U

struct out_graphql_call {
    const struct json_value *plan;
    const struct json_value *args; /* NULL: none */
    const struct out_http_credential *credentials;
    size_t credential_count;
};

enum out_graphql_answer {
    OUT_GRAPHQL_BUILT = 0,
    OUT_GRAPHQL_INVALID = 1, /* no request can be made of these arguments: ret_text */
};

MUST int out_graphql_request(struct arena *turn, const struct out_graphql_call *call,
                             struct out_http_request *ret_request, struct str *ret_text);

/* What the response to that request means. */
void out_graphql_outcome_of(struct arena *turn, const struct json_value *plan,
                            const struct out_http_request *request,
                            const struct out_http_response *response,
                            struct out_http_outcome *ret_outcome);

#endif
