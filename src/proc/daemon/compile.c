/*
 * Documents become listings: one process a document, one document at a time.
 *
 *     given (a descriptor came with the request) -> waits its turn -> the process is asked for
 *     -> compile_start -> compile_done -> its listing is kept -> read and checked, a piece a turn
 *     -> it is in the catalog, and the core is told
 *
 * A process that ends without its last word was ended by a limit: the source's state says so.
 */
#include "domain/catalog/reading.h"
#include "format/listing/listing.h"
#include "proc/daemon/internal.h"

#define COMPILE_WAITING_MAX 64U
/* Of a listing in one turn: a fraction of a millisecond each. */
#define COMPILE_READ_BYTES (256U << 10)
#define COMPILE_READ_STEPS 32U
/* For one that a document refers to, and for all of them. */
#define COMPILE_WANTED_MS 20000
#define COMPILE_WANTS_MS  60000
#define COMPILE_NOTES_MAX 4096U

/* A document that was given. */
struct daemon_document {
    struct arena *arena;
    uint64_t source;
    int fd; /* -1: it is the text */
    struct str text;
    struct str uri;
    struct str base_url;
    enum msg_source_kind kind; /* unknown: it says by itself */
    bool partial;
    bool due;          /* the core wants it compiled */
    bool sent;         /* the process has it */
    struct str said;   /* what was left out */
    struct str wanted; /* what it refers to, and is waited for; null: nothing */
    uint64_t fetch;    /* that is for it */
    int64_t wanted_ms; /* no longer than until then */
    int64_t until_ms;  /* nothing more is got for it after that */
    struct buf notes;  /* what could not be had, and why: a line each */
};

/* A listing that was kept, and is read. */
struct daemon_reading {
    struct catalog_reading *listing;
    struct digest digest;
    bool filled; /* it has all of its bytes */
};

static struct daemon_document *document_find(const struct daemon *daemon, uint64_t source)
{
    for (size_t i = 0; i < daemon->documents.count; i++) {
        if (daemon->documents.at[i]->source == source)
            return daemon->documents.at[i];
    }
    return NULL;
}

static void document_drop(struct daemon *daemon, struct daemon_document *document)
{
    for (size_t i = 0; i < daemon->documents.count; i++) {
        if (daemon->documents.at[i] != document)
            continue;
        memmove(&daemon->documents.at[i], &daemon->documents.at[i + 1],
                (daemon->documents.count - i - 1) * sizeof(daemon->documents.at[0]));
        daemon->documents.count--;
        break;
    }
    if (document->fd >= 0)
        link_fd_close(document->fd);
    buf_fini(&document->notes);
    (void)arena_free(document->arena); /* the document itself lies in it */
}

/* How it ended, to the core. artifact: NULL where there is no listing. */
static void tell(struct daemon *daemon, const struct daemon_document *document,
                 const struct digest *artifact, struct str reason)
{
    struct command command = { .type = COMMAND_SOURCE_COMPILED };
    const struct catalog_source *source;

    command.as.source_compiled.source = document->source;
    command.as.source_compiled.kind = document->kind;
    if (artifact)
        command.as.source_compiled.artifact = *artifact;
    command.as.source_compiled.reason = reason;
    if (daemon__probe_compiled(daemon, &command.as.source_compiled))
        return;
    source = catalog_source_find(core_catalog(daemon->core), document->source);
    if (!artifact && source && source->version > 0) {
        daemon__source_find(daemon, document->source)->unread = true;
        command.as.source_compiled.reason = str_printf(
            daemon->turn, "it stays as it was, for it was not read again: %.*s", STR_ARG(reason));
    }
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

void daemon__compile_give(struct daemon *daemon, const struct catalog_source *source,
                          const struct daemon_given *given)
{
    struct daemon_document *before = document_find(daemon, source->source);
    struct arena *arena;
    struct daemon_document *document;

    if (before && before->sent) { /* How that one ends is told. */
        if (given->fd >= 0)
            link_fd_close(given->fd);
        return;
    }
    if (before)
        document_drop(daemon, before);
    arena = arena_new(0);
    document = ARENA_NEW(arena, struct daemon_document);
    *document = (struct daemon_document){ .arena = arena,
                                          .source = source->source,
                                          .fd = given->fd,
                                          .text = str_copy(arena, given->text),
                                          .kind = given->kind,
                                          .uri = str_copy(arena, given->uri),
                                          .base_url = str_copy(arena, source->base_url),
                                          .partial = source->partial };
    *VEC_PUSH(&daemon->documents) = document;
}

bool daemon__compile_has(const struct daemon *daemon, uint64_t source)
{
    return document_find(daemon, source) != NULL;
}

void daemon__compile_none(struct daemon *daemon, uint64_t source, struct str reason)
{
    const struct daemon_document none = { .source = source, .kind = MSG_SOURCE_KIND_UNKNOWN };

    tell(daemon, &none, NULL, reason);
}

void daemon__compile_source(struct daemon *daemon, uint64_t source)
{
    struct daemon_document *document = document_find(daemon, source);

    if (!document) {
        daemon__compile_none(
            daemon, source,
            STR("its document is not here any more; remove the source and add it again"));
        return;
    }
    if (daemon->documents.count > COMPILE_WAITING_MAX) {
        document_drop(daemon, document);
        daemon__compile_none(daemon, source,
                             STR("too many documents wait to be read; add it again later"));
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
    if (document->fd < 0)
        start.text = document->text;
    msg_compile_start_encode(&start, &payload);
    frame.payload = buf_str(&payload);
    document->sent = true;
    document->until_ms = daemon->now_ms + COMPILE_WANTS_MS;
    /* A link that is closed is seen where it is read. */
    if (document->fd < 0)
        (void)!link_send(daemon->compile.link, &frame);
    else
        (void)!link_send_fds(daemon->compile.link, &frame, &document->fd, 1);
}

/* fd: borrowed; -1: there is no such document. */
static void wanted_send(struct daemon *daemon, struct daemon_document *document, int fd)
{
    struct msg_compile_document answer = { .uri = document->wanted };
    struct wire_frame frame = { .type = MSG_COMPILE_DOCUMENT };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_compile_document_encode(&answer, &payload);
    frame.payload = buf_str(&payload);
    document->wanted = STR_NULL;
    document->fetch = 0;
    if (!daemon->compile.link)
        return;
    if (fd < 0)
        (void)!link_send(daemon->compile.link, &frame);
    else
        (void)!link_send_fds(daemon->compile.link, &frame, &fd, 1);
}

static void wanted_lacks(struct daemon *daemon, struct daemon_document *document, struct str why)
{
    if (document->notes.len < COMPILE_NOTES_MAX)
        buf_printf(&document->notes, "\n%.*s: %.*s", STR_ARG(document->wanted), STR_ARG(why));
    wanted_send(daemon, document, -1);
}

/* What a document from the web refers to is fetched; what is beside a file, its giver has. */
static void answer_wants(struct daemon *daemon, const struct msg_compile_wants *wants)
{
    struct daemon_document *document = document_find(daemon, daemon->compiling);

    if (!document)
        return;
    document->wanted = str_copy(document->arena, wants->uri);
    document->wanted_ms = daemon->now_ms + COMPILE_WANTED_MS;
    if (daemon->now_ms >= document->until_ms) {
        wanted_lacks(daemon, document, STR("getting all that it refers to takes too long"));
        return;
    }
    document->fetch =
        daemon__fetch_wanted(daemon, document->source, document->uri, document->wanted);
    if (!document->fetch && !daemon__api_wants(daemon, document->source, document->wanted))
        wanted_send(daemon, document, -1);
}

void daemon__compile_fetched(struct daemon *daemon, const struct msg_fetch_done *done, int fd)
{
    struct daemon_document *document = document_find(daemon, daemon->compiling);

    if (document && document->fetch == done->fetch) {
        if (fd >= 0)
            wanted_send(daemon, document, fd);
        else
            wanted_lacks(daemon, document,
                         done->end != MSG_FETCH_END_ANSWERED
                             ? done->reason
                             : str_printf(daemon->turn, "it answers with status %u", done->status));
    }
    if (fd >= 0)
        link_fd_close(fd);
}

bool daemon__compile_document(struct daemon *daemon, uint64_t source, struct str uri, int fd)
{
    struct daemon_document *document = document_find(daemon, source);

    if (!document || source != daemon->compiling || !str_equal(document->wanted, uri) ||
        document->fetch)
        return false;
    wanted_send(daemon, document, fd);
    return true;
}

static struct str with_notes(struct daemon *daemon, const struct daemon_document *document,
                             struct str reason)
{
    if (!document || document->notes.len == 0)
        return reason;
    return str_printf(daemon->turn, "%.*s%.*s", STR_ARG(reason),
                      STR_ARG(buf_str(&document->notes)));
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
        current_end(daemon, done->reason.len > 0 ? with_notes(daemon, document, done->reason)
                                                 : STR("it says nothing that can be called"));
        return;
    }
    if (document->fd >= 0)
        link_fd_close(document->fd);
    document->fd = fd;
    document->said = str_copy(document->arena, with_notes(daemon, document, done->reason));
    daemon->listing_tag = ++daemon->numbers;
    (void)log_artifact_keep(daemon->log, fd, STR_NULL, LISTING_BYTES_MAX, daemon->listing_tag);
}

/* Adds the next piece of the artifact; *ret_more: there may be another. */
static bool listing_piece(struct daemon *daemon, const struct digest *digest, struct buf *bytes,
                          bool *ret_more)
{
    size_t before = bytes->len;

    if (log_artifact_read(daemon->disk, digest, before, COMPILE_READ_BYTES, bytes) != 0)
        return false;
    *ret_more = bytes->len > before && bytes->len <= LISTING_BYTES_MAX;
    return true;
}

bool daemon__listing_load(struct daemon *daemon, const struct digest *digest, const char **ret_why)
{
    struct catalog *catalog = core_catalog_open(daemon->core);
    struct buf bytes BUF_CLEANUP = BUF_INIT;
    bool more = true;

    if (catalog_artifact_has(catalog, digest))
        return true;
    *ret_why = "there is no such file";
    while (more) {
        if (!listing_piece(daemon, digest, &bytes, &more))
            return false;
    }
    return catalog_artifact_put(catalog, digest, &bytes, ret_why);
}

/* ---- its listing is read, a piece a turn ---- */

static void reading_free(struct daemon *daemon)
{
    if (!daemon->reading)
        return;
    (void)catalog_reading_free(daemon->reading->listing);
    daemon->reading = heap_free(daemon->reading);
}

static void reading_fails(struct daemon *daemon, const char *why)
{
    reading_free(daemon);
    current_end(daemon, str_printf(daemon->turn, "what was made of it is not sound: %s", why));
}

static void reading_ends(struct daemon *daemon)
{
    struct daemon_document *document = document_find(daemon, daemon->compiling);

    if (document) {
        catalog_reading_keep(daemon->reading->listing);
        tell(daemon, document, &daemon->reading->digest, document->said);
        document_drop(daemon, document);
    }
    reading_free(daemon);
    daemon->compiling = 0;
    next_want(daemon);
}

static void reading_go_on(struct daemon *daemon)
{
    struct daemon_reading *reading = daemon->reading;
    struct buf *bytes = catalog_reading_bytes(reading->listing);
    bool more = false;

    if (bytes && !reading->filled) {
        if (listing_piece(daemon, &reading->digest, bytes, &more))
            reading->filled = !more;
        else
            reading_fails(daemon, "there is no such file");
        return;
    }
    switch (
        (enum catalog_reading_answer)catalog_reading_step(reading->listing, COMPILE_READ_STEPS)) {
    case CATALOG_READING_MORE:
        return;
    case CATALOG_READING_WHOLE:
        reading_ends(daemon);
        return;
    case CATALOG_READING_UNSOUND:
        reading_fails(daemon, catalog_reading_why(reading->listing));
        return;
    }
    UNREACHABLE("a reading answered outside its enum");
}

bool daemon__compile_is_due(const struct daemon *daemon)
{
    return daemon->reading != NULL;
}

bool daemon__compile_kept(struct daemon *daemon, const struct log_artifact_facts *facts)
{
    const struct daemon_document *document = document_find(daemon, daemon->compiling);

    if (daemon->listing_tag == 0 || facts->tag != daemon->listing_tag)
        return false;
    daemon->listing_tag = 0;
    if (!document || facts->fault < 0) {
        current_end(daemon, STR("what was made of it could not be kept: it is too large, or the "
                                "disk is full"));
        return true;
    }
    daemon->reading = heap_alloc(sizeof(*daemon->reading));
    *daemon->reading = (struct daemon_reading){
        .listing =
            catalog_reading_new(core_catalog_open(daemon->core), document->source, &facts->digest),
        .digest = facts->digest,
    };
    return true;
}

void daemon__compile_tick(struct daemon *daemon)
{
    struct daemon_document *document = document_find(daemon, daemon->compiling);

    if (daemon->reading)
        reading_go_on(daemon);
    else if (document && document->wanted.ptr && daemon->now_ms >= document->wanted_ms)
        wanted_lacks(daemon, document, STR("it did not come in time"));
}

/* What it made is being kept, or read: its word is not waited for any more. */
static bool is_made(const struct daemon *daemon)
{
    return daemon->listing_tag != 0 || daemon->reading;
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
        else if (frame.type == MSG_COMPILE_DONE && !is_made(daemon) &&
                 msg_compile_done_decode(frame.payload, daemon->turn, &done))
            take_done(daemon, &done);
    }
    if (r != LINK_CLOSED && r != LINK_BROKEN)
        return;
    daemon->compile.link = link_free(daemon->compile.link);
    document = document_find(daemon, daemon->compiling);
    if (document && document->sent && !is_made(daemon))
        current_end(daemon, STR(DAEMON_COMPILE_DIED));
}

void daemon__compile_end(struct daemon *daemon)
{
    reading_free(daemon);
    while (daemon->documents.count > 0)
        document_drop(daemon, daemon->documents.at[0]);
    VEC_FINI(&daemon->documents);
}
