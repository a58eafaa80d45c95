/*
 * Any plan, any arguments, any answer: three texts, one a line. What is built is a JSON body, and
 * every answer has an outcome whose texts are JSON.
 */
#include "edge/out/graphql/graphql.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct json_value *read_json(struct arena *arena, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    return json_parse(arena, text, NULL, &error, &doc) == JSON_PARSED ? doc.root : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct str rest = str_of((const char *)bytes, len);
    struct out_graphql_call call = { .plan = read_json(arena, str_split(&rest, '\n')) };
    struct out_http_response response = { .status = 200 };
    struct out_http_request request = { .method = STR("POST"), .json = true };
    struct out_http_outcome outcome;
    struct str text = STR_NULL;

    call.args = rest.ptr ? read_json(arena, str_split(&rest, '\n')) : NULL;
    if (out_graphql_request(arena, &call, &request, &text) == OUT_GRAPHQL_BUILT)
        CHECK(read_json(arena, request.body) != NULL);
    else
        CHECK(text.len > 0);
    response.body = rest;
    out_graphql_outcome_of(arena, call.plan, &request, &response, &outcome);
    CHECK(outcome.status == MSG_OUTCOME_STATUS_ANSWERED ? read_json(arena, outcome.value) != NULL
                                                        : read_json(arena, outcome.data) != NULL);
    return 0;
}
