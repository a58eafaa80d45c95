/*
 * Documents in files, as sealed descriptors, which another process may map without fear of their
 * change; and what they refer to, as long as it lies beside them.
 */
#ifndef WRIT_PROC_CLI_DOCUMENT_H
#define WRIT_PROC_CLI_DOCUMENT_H

#include "base/base.h"
#include "base/str.h"

struct cli;
struct client_response;

#define CLI_DOCUMENT_MAX (64U << 20)
/* Documents that one refers to. */
#define CLI_DOCUMENTS_MAX 256U

struct cli_document {
    const char *path; /* absolute, without links */
    const char *name; /* of the source */
};

/* The descriptor is given; -errno, -EFBIG: longer than CLI_DOCUMENT_MAX. */
MUST int cli_document_seal(const char *path, int *ret_fd);

/*
 * As client_ask with POST: the document goes with the request, and what it refers to is given
 * when it is asked for, where it lies in the document's folder or below it.
 */
MUST int cli_document_post(struct cli *cli, const struct cli_document *document, struct str path,
                           struct str body, struct client_response *ret);

#endif
