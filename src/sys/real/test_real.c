/* The world of tests over the kernel. */
#include <sys/mman.h>
#include <unistd.h>

#include "sys/test.h"

#include <string.h>

void test_world(void)
{
}

int test_file(const char *content)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    if (fd < 0 || write(fd, content, strlen(content)) != (ssize_t)strlen(content))
        return -1;
    return fd;
}

bool test_file_is(int fd, const char *content)
{
    char text[4096];
    ssize_t got = pread(fd, text, sizeof(text), 0);

    return got == (ssize_t)strlen(content) && memcmp(text, content, strlen(content)) == 0;
}

void test_close(int fd)
{
    (void)close(fd);
}
