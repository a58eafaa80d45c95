/* The world of tests over the simulation. */
#include "base/buf.h"
#include "sys/sim.h"
#include "sys/test.h"

void test_world(void)
{
    sim_new(1);
}

int test_file(const char *content)
{
    return sim_memfd(str_from(content));
}

bool test_file_is(int fd, const char *content)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    sim_memfd_get(fd, &text);
    return str_is(buf_str(&text), content);
}

void test_close(int fd)
{
    sim_close(fd);
}
