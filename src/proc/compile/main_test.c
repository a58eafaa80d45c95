/* The process itself, over its socket pair: given the path of compile. */
#include "base/arena.h"
#include "base/buf.h"
#include "format/listing/listing.h"
#include "format/wire/wire.h"
#include "model/msg.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_LIMITED false /* the shadow counts as data */
#else
#define MEMORY_LIMITED true
#endif

static const char *compile_path;

struct other_end {
    pid_t pid;
    int fd;
    struct buf in;
    struct wire_reader reader;
    struct arena *arena;
    int given; /* descriptor that came, or -1 */
};

static int setup(void **state)
{
    struct other_end *end = heap_alloc(sizeof(*end));
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    end->pid = fork();
    if (end->pid == 0) {
        (void)close(fds[0]);
        if (fds[1] != 3 && dup2(fds[1], 3) != 3)
            _exit(1);
        (void)execl(compile_path, "compile", (char *)NULL);
        _exit(1);
    }
    (void)close(fds[1]);
    end->fd = fds[0];
    end->given = -1;
    end->arena = arena_new(0);
    end->reader = WIRE_READER(&end->in);
    *state = end;
    return 0;
}

static int teardown(void **state)
{
    struct other_end *end = *state;

    (void)close(end->fd);
    if (end->given >= 0)
        (void)close(end->given);
    (void)kill(end->pid, SIGKILL);
    (void)waitpid(end->pid, NULL, 0);
    buf_fini(&end->in);
    arena_free(end->arena);
    heap_free(end);
    return 0;
}

/* Reads once, and takes the descriptor that comes with it. False at the end. */
static bool read_more(struct other_end *end)
{
    char space[CMSG_SPACE(sizeof(int))];
    struct iovec bytes = { buf_reserve(&end->in, 65536), 65536 };
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)
    };
    ssize_t len = recvmsg(end->fd, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = len > 0 ? CMSG_FIRSTHDR(&message) : NULL;

    if (len <= 0)
        return false;
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(&end->given, CMSG_DATA(header), sizeof(int));
    buf_commit(&end->in, (size_t)len);
    return true;
}

static bool take_frame(struct other_end *end, struct wire_frame *ret_frame)
{
    while (wire_next(&end->reader, ret_frame) != WIRE_FRAME) {
        wire_compact(&end->reader);
        if (!read_more(end))
            return false;
    }
    return true;
}

static int sealed(struct str text)
{
    int fd = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
    return fd;
}

/* One frame with or without a descriptor, which is taken. */
static void give(struct other_end *end, unsigned type, struct str payload, int fd)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    char space[CMSG_SPACE(sizeof(int))] = { 0 };
    const struct wire_frame frame = { .type = (uint16_t)type,
                                      .flags = fd >= 0 ? 1 : 0,
                                      .payload = payload };
    struct iovec bytes;
    struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

    wire_add(&out, &frame);
    bytes = (struct iovec){ out.ptr, out.len };
    if (fd >= 0) {
        struct cmsghdr *header;

        message.msg_control = space;
        message.msg_controllen = sizeof(space);
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof(int));
    }
    assert_int_equal(sendmsg(end->fd, &message, MSG_NOSIGNAL), (ssize_t)out.len);
    if (fd >= 0)
        (void)close(fd);
}

static void give_start_of(struct other_end *end, enum msg_source_kind kind, struct str text)
{
    const struct msg_compile_start start = { .kind = kind,
                                             .uri = STR("https://example.com/d/api.json") };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_compile_start_encode(&start, &payload);
    give(end, MSG_COMPILE_START, buf_str(&payload), sealed(text));
}

static void give_start(struct other_end *end, struct str text)
{
    give_start_of(end, MSG_SOURCE_KIND_OPENAPI, text);
}

static void take_done(struct other_end *end, struct msg_compile_done *ret_done)
{
    struct wire_frame frame;

    assert_true(take_frame(end, &frame));
    assert_int_equal(frame.type, MSG_COMPILE_DONE);
    assert_true(msg_compile_done_decode(frame.payload, end->arena, ret_done));
}

static int status_of(struct other_end *end)
{
    int status;

    assert_int_equal(waitpid(end->pid, &status, 0), end->pid);
    return status;
}

static void a_document_becomes_a_listing(void **state)
{
    struct other_end *end = *state;
    struct msg_compile_wants wants;
    struct msg_compile_document document;
    struct msg_compile_done done;
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct wire_frame frame;
    struct listing listing;
    struct stat facts = { 0 };
    const char *why;

    give_start(end,
               STR("{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"get\":{\"operationId\":\"a.b\","
                   "\"parameters\":[{\"$ref\":\"p.yaml#/p\"}]}}}}"));
    assert_true(take_frame(end, &frame));
    assert_int_equal(frame.type, MSG_COMPILE_WANTS);
    assert_true(msg_compile_wants_decode(frame.payload, end->arena, &wants));
    assert_true(str_is(wants.uri, "https://example.com/d/p.yaml"));
    document.uri = wants.uri;
    msg_compile_document_encode(&document, &payload);
    give(end, MSG_COMPILE_DOCUMENT, buf_str(&payload),
         sealed(STR("p: {in: query, name: q, schema: {type: integer}}")));
    take_done(end, &done);
    assert_int_equal(done.tools, 1);
    assert_int_equal(done.errors, 0);
    assert_true(end->given >= 0 && fstat(end->given, &facts) == 0);
    void *bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_SHARED, end->given, 0);
    assert_true(bytes != MAP_FAILED);
    assert_int_equal(listing_open(str_of(bytes, (size_t)facts.st_size), &listing, &why),
                     LISTING_SOUND);
    struct listing_tool tool = listing_tool_at(&listing, 0);
    assert_true(str_is(tool.path, "a.b") && str_is(tool.name, "GET /a"));
    assert_true(str_find(tool.input, STR("\"q\":{\"type\":\"integer\"}")) != SIZE_MAX);
    (void)munmap(bytes, (size_t)facts.st_size);
    assert_int_equal(status_of(end), 0);
}

static void what_a_graphql_service_says_becomes_a_listing(void **state)
{
    struct other_end *end = *state;
    struct msg_compile_done done;
    struct listing listing;
    struct stat facts = { 0 };
    const char *why;

    give_start_of(end, MSG_SOURCE_KIND_GRAPHQL,
                  STR("enum Kind { A B } type Query { one(kind: Kind!): Int two: Two }"
                      " type Two { id: ID } type Mutation { deleteOne: Int }"));
    take_done(end, &done);
    assert_int_equal(done.tools, 3);
    assert_true(end->given >= 0 && fstat(end->given, &facts) == 0);
    void *bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_SHARED, end->given, 0);
    assert_true(bytes != MAP_FAILED);
    assert_int_equal(listing_open(str_of(bytes, (size_t)facts.st_size), &listing, &why),
                     LISTING_SOUND);
    struct listing_tool tool = listing_tool_at(&listing, 0);
    assert_true(str_is(tool.path, "mutation.deleteOne"));
    assert_int_equal(tool.effect, LISTING_DESTRUCTIVE);
    tool = listing_tool_at(&listing, 1);
    assert_true(str_is(tool.path, "query.one") && tool.needs_count == 1);
    assert_true(str_is(listing_need(&listing, &tool, 0).name, "Kind"));
    assert_true(str_find(tool.plan, STR("\"url\":\"https://example.com/d/api.json\"")) != SIZE_MAX);
    (void)munmap(bytes, (size_t)facts.st_size);
    assert_int_equal(status_of(end), 0);
}

static void a_kind_is_found_out(void **state)
{
    struct other_end *end = *state;
    struct msg_compile_done done;

    give_start_of(end, MSG_SOURCE_KIND_UNKNOWN, STR("# a schema\ntype Query { one: Int }"));
    take_done(end, &done);
    assert_int_equal(done.kind, MSG_SOURCE_KIND_GRAPHQL);
    assert_int_equal(done.tools, 1);
    assert_int_equal(status_of(end), 0);
}

static void a_document_may_come_with_the_words(void **state)
{
    struct other_end *end = *state;
    struct msg_compile_start start = { .kind = MSG_SOURCE_KIND_UNKNOWN,
                                       .uri = STR("program:"),
                                       .base_url = STR("https://example.com"),
                                       .text = STR("{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{"
                                                   "\"get\":{\"operationId\":\"a\"}}}}") };
    struct msg_compile_done done;
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_compile_start_encode(&start, &payload);
    give(end, MSG_COMPILE_START, buf_str(&payload), -1);
    take_done(end, &done);
    assert_int_equal(done.kind, MSG_SOURCE_KIND_OPENAPI);
    assert_int_equal(done.tools, 1);
    assert_int_equal(status_of(end), 0);
}

static void what_is_of_no_kind_is_told(void **state)
{
    struct other_end *end = *state;
    struct msg_compile_done done;

    give_start_of(end, MSG_SOURCE_KIND_UNKNOWN, STR("<html>openapi: 3</html>"));
    take_done(end, &done);
    assert_int_equal(done.kind, MSG_SOURCE_KIND_UNKNOWN);
    assert_true(str_starts(done.reason, STR("this is a page (HTML")));
    assert_int_equal(status_of(end), 0);
}

static void what_no_graphql_service_says_is_told(void **state)
{
    struct other_end *end = *state;
    struct msg_compile_done done;

    give_start_of(end, MSG_SOURCE_KIND_GRAPHQL,
                  STR("{\"errors\":[{\"message\":\"introspection is off\"}]}"));
    take_done(end, &done);
    assert_int_equal(done.tools, 0);
    assert_true(str_find(done.problems, STR("introspection is off")) != SIZE_MAX);
    assert_int_equal(status_of(end), 0);
}

static void a_bad_document_is_told(void **state)
{
    struct other_end *end = *state;
    struct msg_compile_done done;

    give_start(end, STR("<html></html>"));
    take_done(end, &done);
    assert_int_equal(done.tools, 0);
    assert_true(done.errors > 0 && end->given < 0);
    assert_true(str_find(done.problems, STR("\"rule\":")) != SIZE_MAX);
    assert_int_equal(status_of(end), 0);
}

/* A file of no bytes, and one of no words: neither is a crash. */
static void an_empty_document_is_told_of(struct other_end *end, enum msg_source_kind kind,
                                         struct str text)
{
    struct msg_compile_done done;

    give_start_of(end, kind, text);
    take_done(end, &done);
    assert_int_equal(done.tools, 0);
    assert_true(done.errors > 0 && end->given < 0 && done.reason.len > 0);
    assert_int_equal(status_of(end), 0);
}

static void an_empty_document_is_told(void **state)
{
    an_empty_document_is_told_of(*state, MSG_SOURCE_KIND_OPENAPI, STR(""));
}

static void a_document_of_spaces_is_told(void **state)
{
    an_empty_document_is_told_of(*state, MSG_SOURCE_KIND_OPENAPI, STR(" \n\n"));
}

static void an_empty_graphql_document_is_told(void **state)
{
    an_empty_document_is_told_of(*state, MSG_SOURCE_KIND_GRAPHQL, STR(""));
}

static void a_graphql_document_of_spaces_is_told(void **state)
{
    an_empty_document_is_told_of(*state, MSG_SOURCE_KIND_GRAPHQL, STR(" \n\n"));
}

/* Two bytes a value: more memory than a text of its size may take. */
static void a_bomb_ends_the_process(void **state)
{
    struct other_end *end = *state;
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct wire_frame frame;

    if (!MEMORY_LIMITED)
        skip();
    buf_add_c(&text, "{\"openapi\":\"3.0.0\",\"x\":[0");
    while (text.len < (24U << 20))
        buf_add_c(&text, ",0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0");
    buf_add_c(&text, "]}");
    give_start(end, buf_str(&text));
    assert_false(take_frame(end, &frame));
    assert_true(WIFSIGNALED(status_of(end)));
}

static void what_is_not_accepted_ends_it(void **state)
{
    struct other_end *end = *state;
    struct wire_frame frame;

    give(end, MSG_COMPILE_DOCUMENT, STR_NULL, -1);
    assert_false(take_frame(end, &frame));
    assert_int_equal(status_of(end), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_document_becomes_a_listing),
        TEST(what_a_graphql_service_says_becomes_a_listing),
        TEST(what_no_graphql_service_says_is_told),
        TEST(a_kind_is_found_out),
        TEST(what_is_of_no_kind_is_told),
        TEST(a_document_may_come_with_the_words),
        TEST(a_bad_document_is_told),
        TEST(an_empty_document_is_told),
        TEST(a_document_of_spaces_is_told),
        TEST(an_empty_graphql_document_is_told),
        TEST(a_graphql_document_of_spaces_is_told),
        TEST(a_bomb_ends_the_process),
        TEST(what_is_not_accepted_ends_it),
    };

    if (argc < 2)
        return 2;
    compile_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
