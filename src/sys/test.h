/* sys/test - what tests that are built over both sys need of the world. */
#ifndef WRIT_SYS_TEST_H
#define WRIT_SYS_TEST_H

#include <stdbool.h>

struct loop;

/* Makes the world: nothing to do over the kernel. */
void test_world(void);
/* A descriptor with this content, and whether it (still) has it. */
int test_file(const char *content);
bool test_file_is(int fd, const char *content);
/* A pipe: [0] reads, [1] writes. */
void test_pipe(int ret_fds[2]);
void test_close(int fd);
/* A new folder that nobody else has, made or not; and its end. */
const char *test_folder(void);
void test_folder_remove(const char *folder);
/* A socket's path, in that folder. */
const char *test_socket(const char *folder);
/* One turn of the loop, in which up to ms may pass. */
void test_turn(struct loop *loop, int ms);

#endif
