/* The world of tests over the kernel. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "sys/loop.h"
#include "sys/test.h"

#include <stdlib.h>
#include <string.h>

void test_world(void)
{
}

int test_file(const char *content)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    if (fd < 0 || write(fd, content, strlen(content)) != (ssize_t)strlen(content))
        return -1;
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

bool test_file_is(int fd, const char *content)
{
    char text[4096];
    ssize_t got = pread(fd, text, sizeof(text), 0);

    return got == (ssize_t)strlen(content) && memcmp(text, content, strlen(content)) == 0;
}

void test_pipe(int ret_fds[2])
{
    CHECK(pipe2(ret_fds, 02000000) == 0); /* O_CLOEXEC */
}

void test_close(int fd)
{
    (void)close(fd);
}

const char *test_folder(void)
{
    static char folder[64];

    (void)snprintf(folder, sizeof(folder), "/tmp/writ-test-XXXXXX");
    CHECK(mkdtemp(folder));
    return folder;
}

void test_folder_remove(const char *folder)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)execl("/bin/rm", "rm", "-rf", "--", folder, (char *)NULL);
        _exit(127);
    }
    CHECK(waitpid(pid, NULL, 0) == pid);
}

const char *test_socket(const char *folder)
{
    static char path[128];

    (void)snprintf(path, sizeof(path), "%s/socket", folder);
    return path;
}

void test_turn(struct loop *loop, int ms)
{
    CHECK(loop_run_once(loop, ms) == 0);
}
