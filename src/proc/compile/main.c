/*
 * compile: strangers' documents into listings.
 *
 * Rights: one socket pair, descriptor 3, to the daemon; descriptors that come with its messages;
 * memfds to answer with; memory and processor time as the size of the document allows.
 *
 * One document, then it ends. compile_start brings the root document; for each further one that
 * it needs it says compile_wants and hears compile_document; compile_done is its last word. What
 * takes too much memory or time ends the process: that is seen, and told, by the daemon.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "format/graphql/graphql.h"
#include "format/json/out.h"
#include "format/listing/listing.h"
#include "format/openapi/openapi.h"
#include "format/plain/plain.h"
#include "format/wire/wire.h"
#include "model/msg.h"
#include "sys/link.h"
#include "sys/loop.h"
#include "sys/sandbox.h"
#include "sys/sealed.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define DAEMON_FD 3
/* All documents of one source together. */
#define DOCUMENTS_BYTES_MAX (64U << 20)
/* Times the size of the document, and what every one may have. */
#define MEMORY_TIMES 8U
#define MEMORY_MIN   (32U << 20)
#define CPU_SECONDS  30U
/* A document from this size on has a heap of so many times its size in large pages. */
#define LARGE_MIN  (4U << 20)
#define LARGE_PAGE (2U << 20)
#define HEAP_TIMES 3U
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_LIMITED false /* the shadow counts as data */
#else
#define MEMORY_LIMITED true
#endif

struct compile {
    struct loop *loop;
    struct loop_ready ready;
    struct link *daemon;
    struct arena *arena;
    struct openapi *run;
    struct str wanted; /* the document that was asked for */
    enum msg_source_kind kind;
    size_t bytes; /* of all documents */
    bool started;
    bool over;
};

/* What a security reviewer reads. Nothing runs before it. */
static int give_up_rights(void)
{
    const struct rlimit time = { CPU_SECONDS, CPU_SECONDS };
    const struct rlimit none = { 0, 0 };

    (void)setrlimit(RLIMIT_CPU, &time);
    (void)setrlimit(RLIMIT_CORE, &none);
    return sandbox_enter("stdio recvfd sendfd limit");
}

/* Memory by the size of what is read: a bomb ends here. */
static void memory_limit(const struct compile *compile)
{
    const rlim_t most = (rlim_t)compile->bytes * MEMORY_TIMES + MEMORY_MIN;
    const struct rlimit memory = { most, (rlim_t)DOCUMENTS_BYTES_MAX * MEMORY_TIMES + MEMORY_MIN };

    if (MEMORY_LIMITED)
        (void)setrlimit(RLIMIT_DATA, &memory);
}

/*
 * What a large document becomes is written once, all over: most of its time would go into getting
 * memory page by page. So its heap lies in large pages from the start; what is not used is not
 * there.
 */
static void memory_ready(size_t size)
{
    size_t len = size * HEAP_TIMES;
    char *heap;

    if (!MEMORY_LIMITED || size < LARGE_MIN)
        return;
    (void)mallopt(M_MMAP_THRESHOLD, INT_MAX);
    (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
    heap = malloc(len);
    if (heap) {
        uintptr_t from = ((uintptr_t)heap + LARGE_PAGE - 1) & ~(uintptr_t)(LARGE_PAGE - 1);

        (void)madvise((void *)from, ((uintptr_t)heap + len - from) & ~(uintptr_t)(LARGE_PAGE - 1),
                      MADV_HUGEPAGE);
    }
    free(heap);
}

static void send(struct compile *compile, unsigned type, struct str payload, int fd)
{
    struct wire_frame frame = { .type = (uint16_t)type, .payload = payload };

    if ((fd < 0 ? link_send(compile->daemon, &frame)
                : link_send_fds(compile->daemon, &frame, &fd, 1)) != 0)
        compile->over = true;
    link_flush(compile->daemon);
}

/* ---- what it says at the end ---- */

static void place_print(struct json_out *out, const struct openapi_place *place)
{
    json_out_object(out);
    json_out_key(out, "uri");
    json_out_str(out, place->uri);
    json_out_key(out, "path");
    json_out_str(out, place->path);
    json_out_key(out, "line");
    json_out_u64(out, place->line);
    json_out_key(out, "column");
    json_out_u64(out, place->column);
    json_out_end(out);
}

static void problems_print(const struct openapi_result *result, struct buf *text)
{
    struct json_out out = json_out(text);

    json_out_array(&out);
    for (size_t i = 0; i < result->problems_count; i++) {
        const struct openapi_problem *problem = &result->problems[i];

        json_out_object(&out);
        json_out_key(&out, "error");
        json_out_bool(&out, problem->error);
        json_out_key(&out, "rule");
        json_out_str(&out, str_from(problem->rule));
        json_out_key(&out, "sentence");
        json_out_str(&out, problem->sentence);
        json_out_key(&out, "count");
        json_out_u64(&out, problem->count);
        json_out_key(&out, "places");
        json_out_array(&out);
        for (size_t j = 0; j < problem->places_count; j++)
            place_print(&out, &problem->places[j]);
        json_out_end(&out);
        json_out_end(&out);
    }
    json_out_end(&out);
}

/* "error: 3 times, first in api.yaml:12:7: a parameter has no name" */
static void problem_say(const struct openapi_problem *problem, struct buf *out)
{
    if (out->len > 0)
        buf_add_char(out, '\n');
    if (problem->places_count > 0)
        buf_printf(out, "%zu:%zu: ", problem->places[0].line, problem->places[0].column);
    buf_add_str(out, problem->sentence);
    if (problem->count > 1)
        buf_printf(out, " (%zu times)", problem->count);
}

/* Errors, and of what was imported also what was left out. */
static void reason_print(const struct openapi_result *result, struct buf *out)
{
    for (size_t i = 0; i < result->problems_count; i++) {
        if (result->problems[i].error)
            problem_say(&result->problems[i], out);
    }
    if (result->dropped > 0 && result->tools_count > 0)
        buf_printf(out, "\n%zu operations were left out", result->dropped);
    else if (result->dropped > 0 && result->errors > 0)
        buf_printf(out, "\nwith --partial what is sound is imported");
}

static struct str kept(struct str text)
{
    return text.len > 0 ? text : STR_NULL;
}

static void listing_print(struct compile *compile, const struct openapi_result *result,
                          struct buf *out, const char **ret_why)
{
    struct listing_tool *tools =
        ARENA_ARRAY(compile->arena, struct listing_tool, result->tools_count);
    struct listing_def *defs = ARENA_ARRAY(compile->arena, struct listing_def, result->defs_count);
    struct listing_contents contents = { .about = result->about,
                                         .tools = tools,
                                         .tools_count = result->tools_count,
                                         .defs = defs,
                                         .defs_count = result->defs_count };

    for (size_t i = 0; i < result->tools_count; i++) {
        const struct openapi_tool *from = &result->tools[i];

        tools[i] = (struct listing_tool){ .name = from->name,
                                          .path = from->path,
                                          .title = kept(from->title),
                                          .description = kept(from->description),
                                          .input = from->input,
                                          .output = from->output,
                                          .plan = from->plan,
                                          .effect = (enum listing_effect)from->effect,
                                          .needs = from->defs,
                                          .needs_count = (uint32_t)from->defs_count };
    }
    for (size_t i = 0; i < result->defs_count; i++)
        defs[i] = (struct listing_def){ result->defs[i].name, result->defs[i].text };
    if (listing_write(&contents, out, ret_why) == LISTING_SOUND)
        *ret_why = NULL;
    else
        buf_clear(out);
}

static void done_send(struct compile *compile, const struct msg_compile_done *said, int fd)
{
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct msg_compile_done done = *said;

    done.kind = compile->kind;
    msg_compile_done_encode(&done, &payload);
    send(compile, MSG_COMPILE_DONE, buf_str(&payload), fd);
    compile->over = true;
}

static void fail(struct compile *compile, const char *rule, const char *sentence)
{
    struct openapi_problem problem = {
        .error = true, .rule = rule, .sentence = str_from(sentence), .count = 1
    };
    const struct openapi_result result = { .problems = &problem, .problems_count = 1 };
    struct msg_compile_done done = { .errors = 1 };
    struct buf problems BUF_CLEANUP = BUF_INIT;

    problems_print(&result, &problems);
    done.problems = buf_str(&problems);
    done.reason = problem.sentence;
    done_send(compile, &done, -1);
}

/* The listing goes with the last word; what there is to say is in done. */
static void done_send_listing(struct compile *compile, const struct msg_compile_done *done,
                              struct str listing)
{
    int fd = listing.len > 0 ? sealed_open(listing) : -1;

    if (listing.len > 0 && fd < 0) {
        fail(compile, "limit", "there is no memory for what was made of it");
        return;
    }
    done_send(compile, done, fd);
    if (fd >= 0)
        (void)close(fd);
}

/* ---- GraphQL: one document, what the service says of itself ---- */

static struct listing_tool graphql_tool_of(const struct graphql_tool *from)
{
    static const enum listing_effect effects[] = { LISTING_READ, LISTING_WRITE,
                                                   LISTING_DESTRUCTIVE };

    return (struct listing_tool){ .name = from->name,
                                  .path = from->path,
                                  .description = kept(from->description),
                                  .input = from->input,
                                  .output = from->output,
                                  .plan = from->plan,
                                  .effect = effects[from->effect],
                                  .needs = from->defs,
                                  .needs_count = (uint32_t)from->defs_count };
}

static void graphql_listing(struct compile *compile, const struct graphql_result *result)
{
    struct listing_tool *tools =
        ARENA_ARRAY(compile->arena, struct listing_tool, result->tools_count);
    struct listing_def *defs =
        ARENA_ARRAY(compile->arena, struct listing_def, result->defs_count + 1);
    const struct listing_contents contents = { .about = STR("{\"title\":\"GraphQL\"}"),
                                               .tools = tools,
                                               .tools_count = result->tools_count,
                                               .defs = defs,
                                               .defs_count = result->defs_count };
    const struct msg_compile_done done = { .tools = (uint32_t)result->tools_count,
                                           .problems = STR("[]") };
    struct buf listing BUF_CLEANUP = BUF_INIT;
    const char *why;

    for (size_t i = 0; i < result->tools_count; i++)
        tools[i] = graphql_tool_of(&result->tools[i]);
    for (size_t i = 0; i < result->defs_count; i++)
        defs[i] = (struct listing_def){ result->defs[i].name, result->defs[i].text };
    if (listing_write(&contents, &listing, &why) != LISTING_SOUND)
        fail(compile, "limit", why);
    else
        done_send_listing(compile, &done, buf_str(&listing));
}

/* url: where it answers. */
static void graphql_read(struct compile *compile, struct str url, struct str text)
{
    struct report *report = ARENA_NEW(compile->arena, struct report);
    struct graphql_result result;

    if (!str_starts(url, STR("http://")) && !str_starts(url, STR("https://"))) {
        fail(compile, "url",
             "a GraphQL schema does not say where its service answers; --base-url URL does");
        return;
    }
    report_init(report, compile->arena);
    if (graphql_compile(compile->arena, text, url, report, &result) == GRAPHQL_COMPILED)
        graphql_listing(compile, &result);
    else
        fail(compile, report->problems[0].rule.ptr, report->problems[0].sentence.ptr);
}

static void finish(struct compile *compile)
{
    struct openapi_result result;
    struct buf problems BUF_CLEANUP = BUF_INIT;
    struct buf listing BUF_CLEANUP = BUF_INIT;
    struct buf reason BUF_CLEANUP = BUF_INIT;
    struct msg_compile_done done = { 0 };
    const char *why = NULL;

    if (openapi_compile(compile->run, &result) == OPENAPI_COMPILED)
        listing_print(compile, &result, &listing, &why);
    if (why) {
        fail(compile, "limit", why);
        return;
    }
    problems_print(&result, &problems);
    done.tools = (uint32_t)result.tools_count;
    done.dropped = (uint32_t)result.dropped;
    done.errors = (uint32_t)result.errors;
    done.problems = buf_str(&problems);
    reason_print(&result, &reason);
    done.reason = buf_str(&reason);
    done_send_listing(compile, &done, buf_str(&listing));
}

/* ---- what it hears ---- */

/* Asks for the next document, or ends. */
static void go_on(struct compile *compile)
{
    struct msg_compile_wants wants = { 0 };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (!openapi_wants(compile->run, &wants.uri)) {
        finish(compile);
        return;
    }
    compile->wanted = wants.uri;
    msg_compile_wants_encode(&wants, &payload);
    send(compile, MSG_COMPILE_WANTS, buf_str(&payload), -1);
}

/* The whole of a sealed descriptor, which is taken; the null text if it cannot be had. */
static struct str document_map(const struct compile *compile, int fd)
{
    void *bytes = MAP_FAILED;
    int seals = fcntl(fd, F_GET_SEALS);
    off_t size = lseek(fd, 0, SEEK_END);
    bool sound = size > 0 && seals >= 0 && (seals & F_SEAL_WRITE) && (seals & F_SEAL_SHRINK) &&
                 (uint64_t)size <= DOCUMENTS_BYTES_MAX - compile->bytes;

    if (sound)
        bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    return bytes == MAP_FAILED ? STR_NULL : str_of(bytes, (size_t)size);
}

/* So many bytes more are read: memory for them, and for what they become. */
static void bytes_take(struct compile *compile, size_t count)
{
    bool first = compile->bytes == 0;

    compile->bytes += count;
    memory_limit(compile);
    if (first)
        memory_ready(count);
}

/* What was packed, in the arena; the null text where it is not, and that was told. */
static struct str document_unpack(struct compile *compile, struct str packed)
{
    size_t len = 0;
    char *room;

    switch ((enum plain_answer)plain_measure(packed, DOCUMENTS_BYTES_MAX - compile->bytes, &len)) {
    case PLAIN_MEASURED:
        break;
    case PLAIN_TOO_LONG:
        fail(compile, "limit", "unpacked it is larger than 64 MiB, which is what is read");
        return STR_NULL;
    case PLAIN_BROKEN:
        fail(compile, "syntax", "it is packed with gzip, and broken");
        return STR_NULL;
    }
    bytes_take(compile, len);
    room = arena_alloc_raw(compile->arena, len + 1);
    plain_unpack(packed, room, len);
    room[len] = 0;
    return str_of(room, len);
}

/* The text of a document, however its bytes came; the null text where that was told. */
static struct str document_text(struct compile *compile, struct str bytes)
{
    bool packed = plain_is_packed(bytes);

    if (packed)
        bytes = document_unpack(compile, bytes);
    else
        bytes_take(compile, bytes.len);
    if (packed && plain_is_packed(bytes)) {
        fail(compile, "syntax", "it is packed with gzip more than once");
        return STR_NULL;
    }
    return bytes.ptr ? plain_utf8(compile->arena, bytes) : STR_NULL;
}

/* By its beginning. A kind that was given is believed. */
static enum msg_source_kind kind_of(enum msg_source_kind given, struct str text)
{
    if (given != MSG_SOURCE_KIND_UNKNOWN)
        return given;
    if (graphql_detect(text))
        return MSG_SOURCE_KIND_GRAPHQL;
    return openapi_detect(text) ? MSG_SOURCE_KIND_OPENAPI : MSG_SOURCE_KIND_UNKNOWN;
}

/* What it is instead. */
static const char *none_of_them(struct str text)
{
    struct str content = str_trim(text);

    if (content.len == 0)
        return "the document is empty";
    if (content.ptr[0] == '<')
        return "this is a page (HTML or XML), not a document; look on it for the address of the "
               "OpenAPI document or GraphQL schema";
    return "it is neither an OpenAPI (or Swagger) document nor a GraphQL schema; --kind openapi "
           "or --kind graphql has it read as one";
}

static void document_read(struct compile *compile, const struct msg_compile_start *start,
                          struct str text)
{
    compile->kind = kind_of(start->kind, text);
    if (compile->kind == MSG_SOURCE_KIND_GRAPHQL) {
        graphql_read(compile, start->base_url.len ? start->base_url : start->uri, text);
        return;
    }
    if (compile->kind != MSG_SOURCE_KIND_OPENAPI) {
        fail(compile, "kind", none_of_them(text));
        return;
    }
    compile->run = openapi_new(&(struct openapi_options){
        .base_url = str_copy(compile->arena, start->base_url), .partial = start->partial });
    openapi_add(compile->run, str_copy(compile->arena, start->uri), text);
    go_on(compile);
}

/* The frame that it came in goes. */
static struct str document_copy(const struct compile *compile, struct str text)
{
    return text.len > 0 ? str_copy(compile->arena, text) : STR_NULL;
}

static bool on_start(struct compile *compile, struct str payload)
{
    struct msg_compile_start start;
    int fd = link_fd_take(compile->daemon, 0);
    struct str text;

    if (compile->started || !msg_compile_start_decode(payload, compile->arena, &start) ||
        (fd < 0) != (start.text.ptr != NULL))
        return false;
    compile->started = true;
    compile->kind = start.kind;
    text = fd < 0 ? document_copy(compile, start.text) : document_map(compile, fd);
    if (!text.ptr) {
        fail(compile, "limit", "the document is empty, or larger than 64 MiB");
        return true;
    }
    text = document_text(compile, text);
    if (text.ptr)
        document_read(compile, &start, text);
    return true;
}

static bool on_document(struct compile *compile, struct str payload)
{
    struct msg_compile_document document;
    int fd = link_fd_take(compile->daemon, 0);
    struct str text = STR_NULL;

    if (!compile->wanted.ptr || !msg_compile_document_decode(payload, compile->arena, &document) ||
        !str_equal(document.uri, compile->wanted))
        return false;
    if (fd >= 0)
        text = document_map(compile, fd);
    if (text.ptr) {
        text = document_text(compile, text);
        if (!text.ptr)
            return true; /* that was told */
    }
    if (text.ptr)
        openapi_add(compile->run, compile->wanted, text);
    else
        openapi_lacks(compile->run, compile->wanted);
    compile->wanted = STR_NULL;
    go_on(compile);
    return true;
}

static bool take(struct compile *compile, const struct wire_frame *frame)
{
    if (frame->type == MSG_COMPILE_START)
        return on_start(compile, frame->payload);
    return frame->type == MSG_COMPILE_DOCUMENT && on_document(compile, frame->payload);
}

static void drain(struct compile *compile)
{
    struct wire_frame frame;
    int r = LINK_NONE;

    while (!compile->over && (r = link_next(compile->daemon, &frame)) == LINK_FRAME) {
        if (!take(compile, &frame)) {
            (void)fprintf(stderr, "compile: message %u is not accepted\n", frame.type);
            compile->over = true;
        }
    }
    compile->over = compile->over || r != LINK_NONE;
}

static int serve(struct compile *compile)
{
    while (!compile->over) {
        int r = loop_run_once(compile->loop, -1);

        if (r < 0)
            return TRACE(r);
        while (loop_next(compile->loop))
            drain(compile);
    }
    /* What was said last is still to be written. */
    while (link_queued(compile->daemon) > 0 && !link_is_closed(compile->daemon)) {
        int r = loop_run_once(compile->loop, 1000);

        if (r < 0)
            return TRACE(r);
    }
    return 0;
}

int main(void)
{
    struct compile compile = { 0 };
    char trail[1024];
    int r = give_up_rights();

    compile.arena = arena_new(0);
    if (r == 0)
        r = loop_new(&compile.loop);
    if (r == 0)
        r = link_new(compile.loop, DAEMON_FD, &compile.ready, &compile.daemon);
    if (r == 0)
        r = serve(&compile);
    if (r == 0) {
        compile.run = openapi_free(compile.run);
        compile.daemon = link_free(compile.daemon);
        compile.loop = loop_free(compile.loop);
        compile.arena = arena_free(compile.arena);
        return 0;
    }
    err_print(trail, sizeof(trail));
    (void)fprintf(stderr, "compile: %s\n", trail);
    return 70;
}
