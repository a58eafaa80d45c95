/*
 * Real specifications of others, each through the process `compile` with its own limits:
 *
 *     field COMPILE [--quiet] [--no-memory] [--findings] < LIST
 *
 * LIST has a path a line. Of each document that does not import it prints why; then the reasons in
 * groups, and the most memory that one took for its size. It fails where fewer than 99 of 100
 * import, where one ends the process or has no answer in time, or where one takes more than
 * FIELD_TIMES its size (and FIELD_LEAST). --no-memory: a sanitizer's shadow is nobody's memory.
 *
 * Memory is the peak of all resident pages (wait4), the document's own and the program's included.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "domain/catalog/catalog.h"
#include "format/json/json.h"
#include "format/wire/wire.h"
#include "model/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIELD_WAIT_MS    60000
#define FIELD_TIMES      8
#define FIELD_LEAST      (32L << 20)
#define FIELD_GROUPS_MAX 64U
#define FIELD_ORIGIN_MAX 4096U
/* Where documents are from that do not say it; files beside them are there. */
#define FIELD_HOST "https://field.invalid"

struct group {
    char rule[64];
    char sentence[200]; /* of the first */
    size_t count;
};

struct document {
    const char *path;
    size_t size;
    pid_t pid;
    int link;
    struct buf in;
    struct wire_reader reader;
    struct arena *arena;
    bool over; /* it said its last word, or there is nothing more to hear */
    bool done; /* it said its last word */
    bool hung;
    struct str why; /* null: it imported */
    struct str rule;
    uint32_t tools;
    int listing; /* what it made; -1: nothing */
};

static struct {
    const char *compile;
    bool quiet, no_memory;
    size_t documents, imported, crashed, hung, over_memory;
    uint64_t tools;
    double slowest_ms;
    char slowest[1024];
    double times_most; /* peak for its size, of those larger than FIELD_LEAST / FIELD_TIMES */
    char times_name[1024];
    long peak_most; /* bytes, of the others */
    char peak_name[1024];
    struct group groups[FIELD_GROUPS_MAX];
    size_t groups_count;
    bool findings; /* each is printed */
    struct {
        char rule[32];
        size_t count;
    } rules[16];
    size_t rules_count;
    size_t tools_found; /* tools that have findings */
    double look_ms;
} field;

static double now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void broken(const char *what, const char *path)
{
    (void)fprintf(stderr, "field: %s: %s: %s\n", path, what, strerror(errno));
    exit(2);
}

/* ---- what it is given ---- */

/* A sealed copy; its bytes never pass through us, whose memory a child would inherit. */
static int sealed_copy(const char *path, size_t *ret_size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    int copy = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct stat facts;
    off_t at = 0;

    if (file < 0 || copy < 0 || fstat(file, &facts) != 0)
        broken("cannot be read", path);
    while (at < facts.st_size) {
        if (sendfile(copy, file, &at, (size_t)(facts.st_size - at)) <= 0)
            broken("cannot be copied", path);
    }
    (void)close(file);
    if (fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
        broken("cannot be sealed", path);
    *ret_size = (size_t)facts.st_size;
    return copy;
}

/* Where the directory had it from: relative servers are seen from there. */
static struct str origin_of(int fd, size_t size, const char *path, struct arena *arena)
{
    struct str text = STR_NULL, rest;
    void *bytes = mmap(NULL, size + !size, PROT_READ, MAP_SHARED, fd, 0);
    size_t at, url;

    if (bytes == MAP_FAILED)
        return str_printf(arena, FIELD_HOST "%s", path);
    text = str_of(bytes, size);
    at = str_find(text, STR("\"x-origin\""));
    rest = at == SIZE_MAX ? STR_NULL : str_slice(text, at, at + FIELD_ORIGIN_MAX);
    url = at == SIZE_MAX ? SIZE_MAX : str_find(rest, STR("\"http"));
    rest = url == SIZE_MAX ? STR_NULL : str_slice(rest, url + 1, rest.len);
    rest = str_slice(rest, 0, str_find_char(rest, '"'));
    rest = rest.len > 0 ? str_copy(arena, rest) : str_printf(arena, FIELD_HOST "%s", path);
    (void)munmap(bytes, size + !size);
    return rest;
}

static void compile_open(struct document *document)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        broken("no socket pair", document->path);
    document->pid = fork();
    if (document->pid == 0) {
        if (dup2(fds[1], 3) != 3)
            _exit(1);
        (void)execl(field.compile, "compile", (char *)NULL);
        _exit(1);
    }
    (void)close(fds[1]);
    if (document->pid < 0)
        broken("no process", document->path);
    document->link = fds[0];
}

/* One frame, with a descriptor (which is taken) or without (-1). */
static void give(struct document *document, unsigned type, struct str payload, int fd)
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
    if (sendmsg(document->link, &message, MSG_NOSIGNAL) != (ssize_t)out.len)
        document->over = true;
    if (fd >= 0)
        (void)close(fd);
}

static void give_start(struct document *document)
{
    int fd = sealed_copy(document->path, &document->size);
    const struct msg_compile_start start = {
        .kind = MSG_SOURCE_KIND_OPENAPI,
        .uri = origin_of(fd, document->size, document->path, document->arena),
    };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_compile_start_encode(&start, &payload);
    give(document, MSG_COMPILE_START, buf_str(&payload), fd);
}

static void give_document(struct document *document, struct str payload)
{
    struct msg_compile_wants wants;
    struct msg_compile_document answer;
    struct buf out BUF_CLEANUP = BUF_INIT;
    int fd = -1;
    size_t size;

    if (!msg_compile_wants_decode(payload, document->arena, &wants)) {
        document->over = true;
        return;
    }
    if (str_starts(wants.uri, STR(FIELD_HOST))) {
        const char *path =
            str_c(document->arena, str_slice(wants.uri, strlen(FIELD_HOST), wants.uri.len));

        if (access(path, R_OK) == 0)
            fd = sealed_copy(path, &size);
        document->size += fd >= 0 ? size : 0;
    }
    answer.uri = wants.uri;
    msg_compile_document_encode(&answer, &out);
    give(document, MSG_COMPILE_DOCUMENT, buf_str(&out), fd);
}

/* ---- what it says ---- */

/* The first problem that is an error: its rule and its sentence. */
static void reason_take(struct document *document, const struct msg_compile_done *done)
{
    struct json_error error;
    struct json_doc doc;
    struct json_iter iter;
    const struct json_value *problem = NULL;

    document->tools = done->tools;
    if (done->tools > 0 && done->errors == 0)
        return;
    document->why = done->reason.len > 0 ? done->reason : STR("it says no reason");
    document->rule = STR("none");
    if (json_parse(document->arena, done->problems, NULL, &error, &doc) != JSON_PARSED)
        return;
    iter = json_iter(doc.root);
    while ((problem = json_next(&iter)) && !json_is_true(json_get(problem, "error")))
        ;
    if (problem) {
        document->rule = json_get_str(problem, "rule");
        document->why = json_get_str(problem, "sentence");
    }
}

static void take(struct document *document, const struct wire_frame *frame)
{
    struct msg_compile_done done;

    if (frame->type == MSG_COMPILE_WANTS) {
        give_document(document, frame->payload);
        return;
    }
    document->over = true;
    if (frame->type == MSG_COMPILE_DONE &&
        msg_compile_done_decode(frame->payload, document->arena, &done)) {
        document->done = true;
        reason_take(document, &done);
    }
}

/* Reads once; a descriptor that comes is what it made. */
static bool hear(struct document *document)
{
    char space[CMSG_SPACE(sizeof(int))];
    struct iovec bytes = { buf_reserve(&document->in, 65536), 65536 };
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)
    };
    ssize_t len = recvmsg(document->link, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = len > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    int fd;

    if (len <= 0)
        return false;
    if (header && header->cmsg_type == SCM_RIGHTS) {
        memcpy(&fd, CMSG_DATA(header), sizeof(int));
        if (document->listing >= 0)
            (void)close(document->listing);
        document->listing = fd;
    }
    buf_commit(&document->in, (size_t)len);
    return true;
}

static void converse(struct document *document)
{
    double until_ms = now_ms() + FIELD_WAIT_MS;
    struct wire_frame frame;

    give_start(document);
    while (!document->over) {
        struct pollfd ready = { .fd = document->link, .events = POLLIN };

        if (wire_next(&document->reader, &frame) == WIRE_FRAME) {
            take(document, &frame);
            continue;
        }
        wire_compact(&document->reader);
        document->hung = poll(&ready, 1, (int)(until_ms - now_ms())) <= 0 || now_ms() > until_ms;
        document->over = document->hung || !hear(document);
    }
}

/* ---- what is kept of it ---- */

static void group_add(struct str rule, struct str sentence)
{
    struct group *group = field.groups;

    while (group < field.groups + field.groups_count && !str_is(rule, group->rule))
        group++;
    if (group == field.groups + FIELD_GROUPS_MAX)
        return;
    if (group == field.groups + field.groups_count) {
        field.groups_count++;
        (void)snprintf(group->rule, sizeof(group->rule), "%.*s", STR_ARG(rule));
        (void)snprintf(group->sentence, sizeof(group->sentence), "%.*s", STR_ARG(sentence));
    }
    group->count++;
}

static void memory_note(const struct document *document, long peak)
{
    double times = (double)peak / (double)(document->size + !document->size);

    if (document->size * FIELD_TIMES > (size_t)FIELD_LEAST) {
        if (times > field.times_most) {
            field.times_most = times;
            (void)snprintf(field.times_name, sizeof(field.times_name), "%s", document->path);
        }
    } else if (peak > field.peak_most) {
        field.peak_most = peak;
        (void)snprintf(field.peak_name, sizeof(field.peak_name), "%s", document->path);
    }
    if (field.no_memory || peak <= FIELD_LEAST || times <= FIELD_TIMES)
        return;
    field.over_memory++;
    (void)printf("%s: TOO MUCH MEMORY: %ld KiB, %.1f times its size\n", document->path, peak >> 10,
                 times);
}

static void document_note(const struct document *document, int status, double took_ms)
{
    field.documents++;
    field.tools += document->tools;
    if (took_ms > field.slowest_ms) {
        field.slowest_ms = took_ms;
        (void)snprintf(field.slowest, sizeof(field.slowest), "%s", document->path);
    }
    if (document->hung) {
        field.hung++;
        group_add(STR("hung"), STR("no answer in time"));
        (void)printf("%s: HUNG\n", document->path);
    } else if (!document->done || status != 0) {
        field.crashed++;
        group_add(STR("crashed"), STR("the process ended before its last word"));
        (void)printf("%s: CRASHED (status %#x)\n", document->path, (unsigned)status);
    } else if (document->why.ptr) {
        group_add(document->rule, document->why);
        if (!field.quiet)
            (void)printf("%s: %.*s: %.*s\n", document->path, STR_ARG(document->rule),
                         STR_ARG(document->why));
    } else {
        field.imported++;
    }
}

/* ---- what a person would be told of its tools ---- */

static void finding_note(const struct document *document, const struct catalog_tool *tool,
                         const struct catalog_finding *finding)
{
    size_t i = 0;

    while (i < field.rules_count && !str_is(finding->rule, field.rules[i].rule))
        i++;
    if (i == ARRAY_COUNT(field.rules))
        return;
    if (i == field.rules_count) {
        field.rules_count++;
        (void)snprintf(field.rules[i].rule, sizeof(field.rules[i].rule), "%.*s",
                       STR_ARG(finding->rule));
    }
    field.rules[i].count++;
    if (field.findings)
        (void)printf("%s: %.*s: %.*s: %.*s\n", document->path, STR_ARG(tool->path),
                     STR_ARG(finding->rule), STR_ARG(finding->sentence));
}

static void tools_look(const struct document *document, const struct catalog_source *source)
{
    for (size_t i = 0; i < source->tools_count; i++) {
        struct arena *arena CLEANUP(arena_free) = arena_new(0);
        struct catalog_finding *findings;
        size_t count = catalog_findings(&source->tools[i], arena, &findings);

        field.tools_found += count > 0;
        for (size_t j = 0; j < count; j++)
            finding_note(document, &source->tools[i], &findings[j]);
    }
}

/* As the daemon has it: a listing that is put, and a source that is made of it. */
static void listing_look(const struct document *document)
{
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();
    struct event added = {
        .type = EVENT_SOURCE_ADDED,
        .as.source_added = { .source = 1, .name = STR("field"), .kind = MSG_SOURCE_KIND_OPENAPI }
    };
    struct event listed = { .type = EVENT_SOURCE_LISTED };
    struct buf bytes BUF_CLEANUP = BUF_INIT;
    off_t size = lseek(document->listing, 0, SEEK_END);
    const char *why = "it cannot be read";
    struct digest digest;
    double began_ms;

    if (size > 0 &&
        pread(document->listing, buf_reserve(&bytes, (size_t)size), (size_t)size, 0) == size)
        buf_commit(&bytes, (size_t)size);
    digest = digest_of(buf_str(&bytes));
    catalog_apply(catalog, &added);
    if (!catalog_artifact_put(catalog, &digest, &bytes, &why) ||
        catalog_listing_of(catalog, 1, &digest, &listed.as.source_listed) !=
            CATALOG_LISTING_CHANGED) {
        (void)printf("%s: UNSOUND: %s\n", document->path, why);
        field.crashed++;
        return;
    }
    catalog_apply(catalog, &listed);
    began_ms = now_ms();
    tools_look(document, catalog_source_find(catalog, 1));
    field.look_ms += now_ms() - began_ms;
}

static void document_run(const char *path)
{
    struct document document = { .path = path, .listing = -1 };
    double began_ms = now_ms();
    struct rusage usage = { 0 };
    int status = 0;

    document.arena = arena_new(0);
    document.reader = WIRE_READER(&document.in);
    compile_open(&document);
    converse(&document);
    (void)close(document.link);
    if (document.hung)
        (void)kill(document.pid, SIGKILL);
    while (wait4(document.pid, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    document_note(&document, status, now_ms() - began_ms);
    memory_note(&document, usage.ru_maxrss << 10);
    if (document.listing >= 0) {
        listing_look(&document);
        (void)close(document.listing);
    }
    buf_fini(&document.in);
    document.arena = arena_free(document.arena);
}

static void findings_print(void)
{
    (void)printf("findings: %zu tools (%.3f%%) in %.0f ms", field.tools_found,
                 100.0 * (double)field.tools_found / (double)(field.tools + !field.tools),
                 field.look_ms);
    for (size_t i = 0; i < field.rules_count; i++)
        (void)printf("%s %s %zu", i ? "," : ":", field.rules[i].rule, field.rules[i].count);
    (void)printf("\n");
}

static int summary_print(double began_ms)
{
    double share = 100.0 * (double)field.imported / (double)(field.documents + !field.documents);

    for (size_t i = 0; i < field.groups_count; i++)
        (void)printf("%5zu not imported: %s: %s\n", field.groups[i].count, field.groups[i].rule,
                     field.groups[i].sentence);
    (void)printf("%zu documents, %zu imported (%.2f%%), %llu operations, %.1f s\n", field.documents,
                 field.imported, share, (unsigned long long)field.tools,
                 (now_ms() - began_ms) / 1e3);
    (void)printf("slowest %.0f ms (%s)\n", field.slowest_ms, field.slowest);
    if (!field.no_memory) {
        (void)printf("most memory over %ld MiB a document: %.2f times its size (%s)\n",
                     FIELD_LEAST / FIELD_TIMES >> 20, field.times_most, field.times_name);
        (void)printf("most memory of the others: %.1f MiB (%s)\n",
                     (double)field.peak_most / (1 << 20), field.peak_name);
    }
    findings_print();
    (void)printf("%zu crashed, %zu hung, %zu took too much memory\n", field.crashed, field.hung,
                 field.over_memory);
    (void)printf("99%% import, none crashes, hangs or takes more than %d times its size (and %ld "
                 "MiB): %s\n",
                 FIELD_TIMES, FIELD_LEAST >> 20,
                 share >= 99 && field.crashed + field.hung + field.over_memory == 0 ? "met"
                                                                                    : "NOT MET");
    return field.documents == 0 || share < 99 || field.crashed + field.hung + field.over_memory > 0;
}

int main(int argc, char **argv)
{
    double began_ms = now_ms();
    char line[4096];

    if (argc < 2)
        return 2;
    field.compile = argv[1];
    for (int i = 2; i < argc; i++) {
        field.quiet |= strcmp(argv[i], "--quiet") == 0;
        field.no_memory |= strcmp(argv[i], "--no-memory") == 0;
        field.findings |= strcmp(argv[i], "--findings") == 0;
    }
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        (void)fflush(stdout);
        document_run(line);
    }
    return summary_print(began_ms);
}
