/* Unix sockets: pairs, listening, connecting, and who is at the other end. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/internal.h"
#include "sys/link.h"
#include "sys/proc.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5; the headers of Debian 12 are older */
#endif

#define SOCKET_BACKLOG 128

int link_pair(int ret_fds[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_fds) < 0)
        return RAISE(-errno);
    return 0;
}

static int socket_address(const char *path, struct sockaddr_un *ret_address)
{
    size_t len = strlen(path);

    *ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (len >= sizeof(ret_address->sun_path))
        return RAISE(-ENAMETOOLONG);
    memcpy(ret_address->sun_path, path, len + 1);
    return 0;
}

int link_connect(const char *path, int *ret_fd)
{
    struct sockaddr_un address;
    int fd;
    int r = socket_address(path, &address);

    if (r < 0)
        return TRACE(r);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return RAISE(-errno);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        r = -errno;
        (void)close(fd);
        return RAISE(r);
    }
    *ret_fd = fd;
    return 0;
}

/* A socket file whose owner died refuses connections: it is in the way and may go. */
static void socket_remove_stale(const char *path)
{
    struct stat facts;
    int fd = -1;
    int r;

    if (lstat(path, &facts) < 0 || !S_ISSOCK(facts.st_mode))
        return;
    r = link_connect(path, &fd);
    if (r == -ECONNREFUSED)
        (void)unlink(path);
    if (r == 0)
        (void)close(fd);
}

int port_listen(const char *path)
{
    struct sockaddr_un address;
    mode_t mask;
    int fd;
    int r = socket_address(path, &address);

    if (r < 0)
        return TRACE(r);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return RAISE(-errno);
    socket_remove_stale(path);
    mask = umask(0177);
    r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
    (void)umask(mask);
    if (r == 0 && listen(fd, SOCKET_BACKLOG) < 0)
        r = -errno;
    if (r < 0) {
        (void)close(fd);
        return RAISE(r);
    }
    return fd;
}

int port_accept(int fd)
{
    int accepted;

    do
        accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    while (accepted < 0 && (errno == EINTR || errno == ECONNABORTED));
    return accepted < 0 ? -errno : accepted;
}

void port_unlisten(int fd, const char *path)
{
    (void)close(fd);
    (void)unlink(path); /* A next owner replaces it otherwise. */
}

int port_peer(int fd, struct link_peer *ret_peer)
{
    struct ucred who;
    struct proc_facts facts;
    struct link_peer peer = { .pidfd = -1 };
    socklen_t len = sizeof(who);
    socklen_t pidfd_len = sizeof(peer.pidfd);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
        return RAISE(-errno);
    peer.uid = who.uid;
    peer.gid = who.gid;
    peer.pid = who.pid;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &peer.pidfd, &pidfd_len) < 0)
        peer.pidfd = (int)syscall(SYS_pidfd_open, who.pid, 0);
    if (peer.pidfd < 0)
        peer.pidfd = -1;
    /* The start time tells a reused pid, where the pidfd was opened by number. */
    if (proc_facts_get(who.pid, &facts) == 0)
        peer.started = facts.started;
    *ret_peer = peer;
    return 0;
}
