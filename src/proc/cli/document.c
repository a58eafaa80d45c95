/* A file is copied into memory and sealed there: whoever reads it sees it as it was. */
#include "proc/cli/document.h"

#include <errno.h>
#include <fcntl.h>
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
