/*
 * Searches that wait. What a search looks into is made a piece a turn; until it is there, a report
 * of a program that searches, and a request that does, are put by, so that no turn makes the rest
 * of it at once. Whatever else the same program says meanwhile keeps its place behind.
 */
#include "proc/daemon/internal.h"

/* Where listings change without end, nobody waits for ever. */
#define SEARCH_WAIT_MS 2000

struct daemon_search {
    uint64_t request; /* 0: it is a report */
    struct api_tool_list *list;
    uint64_t execution; /* of the report */
    uint64_t run;
    struct buf report;
    int64_t until_ms;
};

static bool is_due(const struct daemon *daemon)
{
    return catalog_work_is_due(core_catalog(daemon->core));
}

static struct daemon_search *search_new(struct daemon *daemon)
{
    struct daemon_search *search = heap_alloc(sizeof(*search));

    search->until_ms = daemon->now_ms + SEARCH_WAIT_MS;
    *VEC_PUSH(&daemon->searches) = search;
    return search;
}

static void search_free(struct daemon_search *search)
{
    buf_fini(&search->report);
    (void)heap_free(search);
}

static bool is_put_by(const struct daemon *daemon, uint64_t execution)
{
    for (size_t i = 0; i < daemon->searches.count; i++)
        if (daemon->searches.at[i]->execution == execution)
            return true;
    return false;
}

static bool does_search(const struct msg_program_report *report)
{
    for (size_t i = 0; i < report->calls_count; i++)
        if (core_is_search(report->calls[i].address))
            return true;
    return false;
}

bool daemon__search_report(struct daemon *daemon, const struct wire_frame *frame,
                           const struct msg_program_report *report)
{
    struct daemon_search *search;

    if (!is_put_by(daemon, report->execution) && !(is_due(daemon) && does_search(report)))
        return false;
    search = search_new(daemon);
    search->execution = report->execution;
    search->run = frame->id;
    buf_add_str(&search->report, frame->payload);
    return true;
}

bool daemon__search_request(struct daemon *daemon, struct daemon_request *request,
                            const struct api_tool_list *list)
{
    struct daemon_search *search;

    if (!is_due(daemon))
        return false;
    search = search_new(daemon);
    search->request = request->number;
    search->list = ARENA_NEW(request->arena, struct api_tool_list);
    *search->list = *list;
    search->list->query = str_copy(request->arena, list->query);
    search->list->source = list->source.ptr ? str_copy(request->arena, list->source) : STR_NULL;
    search->list->effect = list->effect.ptr ? str_copy(request->arena, list->effect) : STR_NULL;
    return true;
}

static void search_go(struct daemon *daemon, const struct daemon_search *search)
{
    struct daemon_request *request = daemon__request_find(daemon, search->request);
    struct msg_program_report report;

    if (request)
        daemon__api_search(daemon, request, search->list);
    if (search->request)
        return; /* Whoever asked may be gone. */
    if (!msg_program_report_decode(buf_str(&search->report), daemon->turn, &report))
        UNREACHABLE("a report that was read before cannot be read");
    daemon__report_take(daemon, search->run, &report);
}

void daemon__searches_tick(struct daemon *daemon)
{
    size_t count = daemon->searches.count;

    if (count == 0 || (is_due(daemon) && daemon->searches.at[0]->until_ms > daemon->now_ms))
        return;
    for (size_t i = 0; i < count; i++) {
        search_go(daemon, daemon->searches.at[i]);
        search_free(daemon->searches.at[i]);
    }
    memmove(&daemon->searches.at[0], &daemon->searches.at[count],
            (daemon->searches.count - count) * sizeof(daemon->searches.at[0]));
    daemon->searches.count -= count;
}

void daemon__searches_end(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->searches.count; i++)
        search_free(daemon->searches.at[i]);
    VEC_FINI(&daemon->searches);
}
