/* A file as a sealed descriptor, which another process may map without fear of its change. */
#ifndef WRIT_PROC_CLI_DOCUMENT_H
#define WRIT_PROC_CLI_DOCUMENT_H

#include "base/base.h"

#define CLI_DOCUMENT_MAX (64U << 20)

/* The descriptor is given; -errno, -EFBIG: longer than CLI_DOCUMENT_MAX. */
MUST int cli_document_seal(const char *path, int *ret_fd);

#endif
