/*
 * sys/real/sandbox_program - rules about system calls as a program for the kernel's filter.
 *
 * libseccomp does the same in 2 to 4 ms a process, which is most of what starting us would cost.
 */
#ifndef WRIT_SYS_REAL_SANDBOX_PROGRAM_H
#define WRIT_SYS_REAL_SANDBOX_PROGRAM_H

#include <linux/filter.h>

#include "base/base.h"

#include <stdbool.h>

#define SANDBOX_RULES_MAX   256U
#define SANDBOX_PROGRAM_MAX 1024U

/* A call that is answered by action; when it compares, only where argument `at`, under mask, is
 * value. */
struct sandbox__rule {
    int call;
    uint32_t action;
    bool compares;
    unsigned int at;
    uint64_t mask;
    uint64_t value;
};

/* The first rule that fits answers; where one call has rules that compare, they stand together. */
struct sandbox__rules {
    struct sandbox__rule at[SANDBOX_RULES_MAX];
    size_t count;
    uint32_t otherwise;
};

struct sandbox__program {
    struct sock_filter at[SANDBOX_PROGRAM_MAX];
    size_t count;
};

/* A call that this kind of computer does not have is passed over. */
void sandbox__rule_add(struct sandbox__rules *rules, const struct sandbox__rule *rule);
void sandbox__assemble(const struct sandbox__rules *rules, struct sandbox__program *ret_program);

#endif
