/* A file is copied into memory and sealed there: whoever reads it sees it as it was. */
#include "proc/cli/document.h"

#include "proc/cli/client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static int copy(int from, int to)
{
    size_t done = 0;
    ssize_t n;

    while ((n = sendfile(to, from, NULL, 1U << 20)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        done += (size_t)n;
        if (done > CLI_DOCUMENT_MAX)
            return -EFBIG;
    }
    return fcntl(to, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0
               ? -errno
               : 0;
}

int cli_document_seal(const char *path, int *ret_fd)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to, r;

    if (from < 0)
        return -errno;
    to = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    r = to < 0 ? -errno : copy(from, to);
    (void)close(from);
    if (r == 0)
        *ret_fd = to;
    else if (to >= 0)
        (void)close(to);
    return r;
}

/* ---- what it refers to ---- */

/* The file of a file:// URI as a relative reference makes it; NULL: it is none. */
static const char *file_of(struct cli *cli, struct str uri)
{
    BUF_CLEANUP struct buf path = BUF_INIT;
    struct str rest = uri;

    if (!str_starts(uri, STR("file:///")))
        return NULL;
    rest = str_slice(rest, 7, rest.len);
    for (size_t i = 0; i < rest.len; i++) {
        char hex[3] = { 0 };
        char *end;

        if (rest.ptr[i] != '%' || i + 2 >= rest.len) {
            buf_add_char(&path, rest.ptr[i]);
            continue;
        }
        memcpy(hex, rest.ptr + i + 1, 2);
        buf_add_char(&path, (char)strtoul(hex, &end, 16));
        if (*end || !hex[0])
            return NULL;
        i += 2;
    }
    return str_c(cli->arena, buf_str(&path));
}

/* A descriptor, or -1 and it is said why. */
static int beside(struct cli *cli, const struct cli_document *document, struct str uri)
{
    const char *path = file_of(cli, uri);
    size_t folder = (size_t)(strrchr(document->path, '/') - document->path) + 1;
    char real[PATH_MAX];
    int fd = -1, r;

    if (!path || !realpath(path, real))
        return -1; /* compile says that it is not there, and where it is referred to */
    if (strncmp(real, document->path, folder) != 0) {
        cli_note(cli,
                 str_printf(cli->arena,
                            "%s is not read: it lies outside the folder of the document", real));
        return -1;
    }
    r = cli_document_seal(real, &fd);
    if (r < 0)
        cli_note(cli, str_printf(cli->arena, "%s is not read: %s", real, strerror(-r)));
    return r < 0 ? -1 : fd;
}

/* In a second conversation: the first one waits. */
static int give(struct cli *cli, const struct cli_document *document, struct str uri, bool any)
{
    struct str path = str_printf(cli->arena, "/v1/sources/%.*s/document",
                                 STR_ARG(cli_percent(cli->arena, str_from(document->name))));
    struct client *first = cli->client;
    struct client_response response;
    BUF_CLEANUP struct buf body = BUF_INIT;
    int fd = any ? beside(cli, document, uri) : -1;
    int r;

    buf_add_c(&body, "{\"uri\":");
    buf_add_json(&body, uri);
    buf_add_char(&body, '}');
    r = client_beside(cli, &cli->client);
    if (r == CLI_DONE) {
        r = fd < 0 ? client_ask(cli, "POST", path, buf_str(&body), &response)
                   : client_ask_with(cli, fd, path, buf_str(&body), &response);
        (void)client_free(cli->client);
    }
    cli->client = first;
    if (fd >= 0)
        (void)close(fd);
    return r;
}

int cli_document_post(struct cli *cli, const struct cli_document *document, struct str path,
                      struct str body, struct client_response *ret)
{
    size_t count = 0;
    int fd = -1;
    int r = cli_document_seal(document->path, &fd);

    if (r == -EINVAL)
        return cli_fail(cli, CLI_USAGE, NULL,
                        "%s is no file; a source is a document, a URL or, "
                        "after --, a command",
                        document->path);
    if (r < 0)
        return cli_fail(cli, CLI_USAGE, NULL, "%s: %s", document->path, strerror(-r));
    r = client_ask_with(cli, fd, path, body, ret);
    (void)close(fd);
    while (r == CLI_DONE && ret->more) {
        struct str uri = str_copy(cli->arena, json_get_str(ret->body, "wants"));

        r = give(cli, document, uri, count++ < CLI_DOCUMENTS_MAX);
        if (r == CLI_DONE)
            r = client_more(cli, ret);
    }
    return r;
}
