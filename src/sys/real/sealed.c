/* Bytes in memory of the kernel, sealed: Linux has memfd_create for it. */
#include "sys/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int fill(int fd, struct str bytes)
{
    size_t done = 0;

    while (done < bytes.len) {
        ssize_t n = write(fd, bytes.ptr + done, bytes.len - done);

        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int seal(int fd)
{
    if (lseek(fd, 0, SEEK_SET) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
        return -errno;
    return 0;
}

int sealed_open(struct str bytes)
{
    return sealed_open_parts(&bytes, 1);
}

int sealed_open_parts(const struct str *parts, size_t count)
{
    int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int r = 0;

    if (fd < 0)
        return RAISE(-errno);
    for (size_t i = 0; i < count && r == 0; i++)
        r = fill(fd, parts[i]);
    if (r == 0)
        r = seal(fd);
    if (r < 0) {
        (void)close(fd);
        return RAISE(r);
    }
    return fd;
}
