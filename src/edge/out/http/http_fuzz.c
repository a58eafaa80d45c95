/*
 * A source that answers anything: one byte of flags, then lines "Name: value" up to an empty
 * line, then the body. Every answer has one outcome, and what it says is JSON is JSON.
 */
#include "edge/out/http/http.h"
#include "format/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define HEADERS_MAX 16

static void check_json(struct arena *arena, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    CHECK(json_parse(arena, text, NULL, &error, &doc) == JSON_PARSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const unsigned int statuses[] = { 200, 204, 304, 302, 401, 404, 429, 503, 504, 201 };
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct out_http_header headers[HEADERS_MAX];
    struct str rest = str_slice(str_of((const char *)bytes, len), 1, len);
    unsigned int flags = len ? bytes[0] : 0;
    struct out_http_request request = { .method = flags & 1 ? STR("GET") : STR("POST"),
                                        .reads = flags & 1,
                                        .json = flags & 2,
                                        .keyed = flags & 4 };
    struct out_http_response response = { .status = statuses[flags / 8 % ARRAY_COUNT(statuses)],
                                          .headers = { .at = headers } };
    struct out_http_outcome outcome;

    while (rest.ptr) {
        struct str line = str_split(&rest, '\n');
        size_t colon = str_find_char(line, ':');

        if (!line.len)
            break;
        if (colon != SIZE_MAX && response.headers.count < HEADERS_MAX)
            headers[response.headers.count++] =
                (struct out_http_header){ .name = str_slice(line, 0, colon),
                                          .value = str_slice(line, colon + 1, line.len) };
    }
    response.body = rest;
    out_http_outcome_of(arena, &request, &response, &outcome);
    if (outcome.status == MSG_OUTCOME_STATUS_ANSWERED) {
        check_json(arena, outcome.value);
    } else {
        CHECK(outcome.code.len > 0 && outcome.text.len > 0);
        check_json(arena, outcome.data);
    }
    if (outcome.meta.ptr)
        check_json(arena, outcome.meta);
    CHECK(outcome.retry_ms == -1 || request.reads || request.keyed);
    CHECK(outcome.retry_ms >= -1 && outcome.retry_ms <= OUT_HTTP_RETRY_MS_MAX);
    return 0;
}
