/*
 * Documents become listings: one process a document, one document at a time.
 *
 *     given (a descriptor came with the request) -> waits its turn -> the process is asked for
 *     -> compile_start -> compile_done -> its listing is kept -> checked, and in the catalog
 *     -> the core is told
 *
 * A process that ends without its last word was ended by a limit: the source's state says so.
 */
#include "format/listing/listing.h"
#include "proc/daemon/internal.h"

#define COMPILE_WAITING_MAX 64U
#define COMPILE_READ_BYTES  (1U << 20)

/* A document that was given. */
struct daemon_document {
    struct arena *arena;
    uint64_t source;
    int fd;
    struct str uri;
    struct str base_url;
    enum msg_source_kind kind; /* unknown: it says by itself */
    bool partial;
    bool due;        /* the core wants it compiled */
    bool sent;       /* the process has it */
    struct str said; /* what was left out */
};

static struct daemon_document *document_find(struct daemon *daemon, uint64_t source)
{
    for (size_t i = 0; i < daemon->documents.count; i++) {
        if (daemon->documents.at[i]->source == source)
            return daemon->documents.at[i];
    }
    return NULL;
}

static void document_drop(struct daemon *daemon, const struct daemon_document *document)
{
    for (size_t i = 0; i < daemon->documents.count; i++) {
        if (daemon->documents.at[i] != document)
            continue;
        memmove(&daemon->documents.at[i], &daemon->documents.at[i + 1],
                (daemon->documents.count - i - 1) * sizeof(daemon->documents.at[0]));
        daemon->documents.count--;
        break;
    }
    link_fd_close(document->fd);
    (void)arena_free(document->arena); /* the document itself lies in it */
}

/* How it ended, to the core. artifact: NULL where there is no listing. */
static void tell(struct daemon *daemon, const struct daemon_document *document,
                 const struct digest *artifact, struct str reason)
{
    struct command command = { .type = COMMAND_SOURCE_COMPILED };

    command.as.source_compiled.source = document->source;
    command.as.source_compiled.kind = document->kind;
    if (artifact)
        command.as.source_compiled.artifact = *artifact;
    command.as.source_compiled.reason = reason;
    daemon__step(daemon, &command);
}

/* The next document that is due gets a process, if none has one now. */
static void next_want(struct daemon *daemon)
{
    if (daemon->compiling)
        return;
    for (size_t i = 0; i < daemon->documents.count; i++) {
        if (!daemon->documents.at[i]->due)
            continue;
        daemon->compiling = daemon->documents.at[i]->source;
        daemon__process_want(daemon, MSG_PROCESS_KIND_COMPILE);
        return;
    }
}

void daemon__compile_give(struct daemon *daemon, const struct catalog_source *source, int fd)
{
    struct arena *arena = arena_new(0);
    struct daemon_document *document = ARENA_NEW(arena, struct daemon_document);

    *document = (struct daemon_document){ .arena = arena,
                                          .source = source->source,
                                          .fd = fd,
                                          .kind = source->kind,
                                          .uri = str_copy(arena, source->url),
                                          .base_url = str_copy(arena, source->base_url),
                                          .partial = source->partial };
    *VEC_PUSH(&daemon->documents) = document;
}

/* It has no document (any more), or no room for it. */
static void tell_none(struct daemon *daemon, uint64_t source, struct str reason)
{
    const struct daemon_document none = { .source = source, .kind = MSG_SOURCE_KIND_UNKNOWN };

    tell(daemon, &none, NULL, reason);
}

void daemon__compile_source(struct daemon *daemon, uint64_t source)
{
    struct daemon_document *document = document_find(daemon, source);

    if (!document) {
        tell_none(daemon, source,
                  STR("its document is not here any more; remove the source and add it again"));
        return;
    }
    if (daemon->documents.count > COMPILE_WAITING_MAX) {
        document_drop(daemon, document);
        tell_none(daemon, source, STR("too many documents wait to be read; add it again later"));
        return;
    }
    document->due = true;
    next_want(daemon);
}

/* The document that has the process now ended so; the next one gets its turn. */
static void current_end(struct daemon *daemon, struct str reason)
{
    struct daemon_document *document = document_find(daemon, daemon->compiling);

    daemon->compiling = 0;
    if (document) {
        tell(daemon, document, NULL, reason);
        document_drop(daemon, document);
    }
    next_want(daemon);
}

void daemon__compile_missing(struct daemon *daemon)
{
    if (daemon->compiling)
        current_end(daemon, STR("the program compile, which reads it, cannot be started"));
}

void daemon__compile_up(struct daemon *daemon)
{
    struct daemon_document *document = document_find(daemon, daemon->compiling);
    struct msg_compile_start start = { 0 };
    struct wire_frame frame = { .type = MSG_COMPILE_START };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (!document)
        return;
    start.kind = document->kind;
    start.uri = document->uri;
    start.base_url = document->base_url;
    start.partial = document->partial;
    msg_compile_start_encode(&start, &payload);
    frame.payload = buf_str(&payload);
    document->sent = true;
    /* A link that is closed is seen where it is read. */
    (void)!link_send_fds(daemon->compile.link, &frame, &document->fd, 1);
}

/* Documents beside a file are not reached: nobody gave them. */
static void answer_wants(struct daemon *daemon, const struct msg_compile_wants *wants)
{
    struct msg_compile_document document = { .uri = wants->uri };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_compile_document_encode(&document, &payload);
    daemon__send(&daemon->compile, MSG_COMPILE_DOCUMENT, 0, buf_str(&payload));
}

static void take_done(struct daemon *daemon, const struct msg_compile_done *done)
{
    struct daemon_document *document = document_find(daemon, daemon->compiling);
    int fd = link_fd_take(daemon->compile.link, 0);

    if (document)
        document->kind = done->kind;
    if (!document || fd < 0) {
        if (fd >= 0)
            link_fd_close(fd);
        current_end(daemon, done->reason.len > 0 ? done->reason
                                                 : STR("it says nothing that can be called"));
        return;
    }
    link_fd_close(document->fd);
    document->fd = fd;
    document->said = str_copy(document->arena, done->reason);
    daemon->listing_tag = ++daemon->numbers;
    (void)log_artifact_keep(daemon->log, fd, STR_NULL, LISTING_BYTES_MAX, daemon->listing_tag);
}

bool daemon__listing_load(struct daemon *daemon, const struct digest *digest, const char **ret_why)
{
    struct catalog *catalog = core_catalog_open(daemon->core);
    struct buf bytes BUF_CLEANUP = BUF_INIT;
    size_t before;

    if (catalog_artifact_has(catalog, digest))
        return true;
    *ret_why = "there is no such file";
    do {
        before = bytes.len;
        if (log_artifact_read(daemon->disk, digest, before, COMPILE_READ_BYTES, &bytes) != 0)
            return false;
    } while (bytes.len > before && bytes.len <= LISTING_BYTES_MAX);
    return catalog_artifact_put(catalog, digest, &bytes, ret_why);
}

bool daemon__compile_kept(struct daemon *daemon, const struct log_artifact_facts *facts)
{
    struct daemon_document *document = document_find(daemon, daemon->compiling);
    const char *why = "";

    if (daemon->listing_tag == 0 || facts->tag != daemon->listing_tag)
        return false;
    daemon->listing_tag = 0;
    if (!document || facts->fault < 0) {
        current_end(daemon, STR("what was made of it could not be kept: it is too large, or the "
                                "disk is full"));
        return true;
    }
    if (!daemon__listing_load(daemon, &facts->digest, &why)) {
        current_end(daemon, str_printf(daemon->turn, "what was made of it is not sound: %s", why));
        return true;
    }
    tell(daemon, document, &facts->digest, document->said);
    document_drop(daemon, document);
    daemon->compiling = 0;
    next_want(daemon);
    return true;
}

void daemon__compile_ready(struct daemon *daemon)
{
    const struct daemon_document *document;
    struct wire_frame frame;
    int r;

    while ((r = link_next(daemon->compile.link, &frame)) == LINK_FRAME) {
        struct msg_compile_wants wants;
        struct msg_compile_done done;

        if (frame.type == MSG_COMPILE_WANTS &&
            msg_compile_wants_decode(frame.payload, daemon->turn, &wants))
            answer_wants(daemon, &wants);
        else if (frame.type == MSG_COMPILE_DONE && daemon->listing_tag == 0 &&
                 msg_compile_done_decode(frame.payload, daemon->turn, &done))
            take_done(daemon, &done);
    }
    if (r != LINK_CLOSED && r != LINK_BROKEN)
        return;
    daemon->compile.link = link_free(daemon->compile.link);
    document = document_find(daemon, daemon->compiling);
    if (document && document->sent && daemon->listing_tag == 0)
        current_end(daemon, STR("reading it takes more memory or time than a document of its size "
                                "may"));
}

void daemon__compile_end(struct daemon *daemon)
{
    while (daemon->documents.count > 0)
        document_drop(daemon, daemon->documents.at[0]);
    VEC_FINI(&daemon->documents);
}
