/* The world of tests over the simulation. */
#include "base/buf.h"
#include "sys/loop.h"
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

void test_pipe(int ret_fds[2])
{
    sim_pipe(ret_fds);
}

void test_close(int fd)
{
    sim_close(fd);
}

const char *test_folder(void)
{
    return "/disk";
}

void test_folder_remove(const char *folder)
{
    (void)folder;
    sim_new(2);
}

const char *test_socket(const char *folder)
{
    (void)folder;
    return "/run/socket";
}

void test_turn(struct loop *loop, int ms)
{
    CHECK(loop_run_once(loop, ms) == 0);
    if (sim_quiet())
        sim_advance_ms(ms);
}
