/* Descriptors, as the kernel has them. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sys/internal.h"

#include <string.h>

#define PORT_FDS_MAX 16U

enum port_kind port_kind(int fd)
{
    struct stat facts;

    /* glibc's fstat is newfstatat, which takes paths: a sandbox without files has only this. */
    if (syscall(SYS_fstat, fd, &facts) < 0)
        return PORT_OTHER;
    if (S_ISSOCK(facts.st_mode))
        return PORT_SOCKET;
    return S_ISFIFO(facts.st_mode) ? PORT_PIPE : PORT_OTHER;
}

static size_t port_fds_of(struct msghdr *message, int *fds, size_t room)
{
    size_t count = 0;

    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        size_t came = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < came; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
            if (count < room)
                fds[count++] = fd;
            else
                (void)close(fd);
        }
    }
    return count;
}

long port_receive(int fd, void *bytes, size_t len, int *fds, size_t *fd_count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(PORT_FDS_MAX * sizeof(int))];
    } control;
    struct iovec piece = { bytes, len };
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
    ssize_t got;

    if (*fd_count) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
    }
    do
        got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        *fd_count = 0;
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
    *fd_count = *fd_count ? port_fds_of(&message, fds, *fd_count) : 0;
    return got;
}

long port_send(int fd, const void *bytes, size_t len, const int *fds, size_t fd_count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(PORT_FDS_MAX * sizeof(int))];
    } control = { .bytes = { 0 } };
    struct iovec piece = { (void *)(uintptr_t)bytes, len };
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
    ssize_t sent;

    CHECK(fd_count <= PORT_FDS_MAX);
    if (fd_count) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(&control.align), fds, fd_count * sizeof(int));
    }
    do
        sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    return sent;
}

long port_read(int fd, void *bytes, size_t len)
{
    ssize_t got;

    do
        got = read(fd, bytes, len);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

long port_write(int fd, const void *bytes, size_t len)
{
    ssize_t sent;

    do
        sent = write(fd, bytes, len);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

bool port_waits_set(int fd, bool waits)
{
    int flags = fcntl(fd, F_GETFL);
    bool was = !(flags & O_NONBLOCK);

    /* Best effort: a descriptor that cannot be told is found out by its first read. */
    if (flags >= 0 && was != waits)
        (void)fcntl(fd, F_SETFL, waits ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
    return was;
}

int port_copy(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    return copy < 0 ? RAISE(-errno) : copy;
}

void port_close(int fd)
{
    (void)close(fd); /* Nothing was promised about what it had not written. */
}
