/* sys/test - what tests that are built over both sys need of the world. */
#ifndef WRIT_SYS_TEST_H
#define WRIT_SYS_TEST_H

#include <stdbool.h>

/* Makes the world: nothing to do over the kernel. */
void test_world(void);
/* A descriptor with this content, and whether it (still) has it. */
int test_file(const char *content);
bool test_file_is(int fd, const char *content);
void test_close(int fd);

#endif
