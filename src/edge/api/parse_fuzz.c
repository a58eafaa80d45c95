/* Any request, of any shape, gives an answer and printable problems. */
#include "edge/api/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct str body = str_of((const char *)data, size);
    struct api_request request = { .method = str_split(&body, ' ') };
    struct report report;
    struct api_call call;
    int r;

    report_init(&report, arena);
    request.path = str_split(&body, '\n');
    request.body = body;
    r = api_parse(&request, arena, &call, &report);
    CHECK(r >= 0);
    if (r != API_PARSED) {
        CHECK(report.count > 0);
        (void)api_print_rejected(&out, (enum api_answer)r, &report);
    }
    return 0;
}
