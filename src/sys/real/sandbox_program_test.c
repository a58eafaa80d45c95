/* Programs are run here as the kernel runs them, and say what the rules say. */
#include "sys/real/sandbox_program.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#if defined(__x86_64__)
#define HERE  AUDIT_ARCH_X86_64
#define OTHER 0x40000001
#else
#define HERE  AUDIT_ARCH_AARCH64
#define OTHER (-1)
#endif
#define NO (SECCOMP_RET_ERRNO | EPERM)

/* The kernel's machine, as far as a filter may use it. */
static uint32_t run(const struct sandbox__program *program, const struct seccomp_data *data)
{
    uint32_t a = 0;

    for (size_t at = 0; at < program->count; at++) {
        const struct sock_filter *step = &program->at[at];

        switch (step->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            assert_true(step->k + 4 <= sizeof(*data) && step->k % 4 == 0);
            memcpy(&a, (const char *)data + step->k, sizeof(a));
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= step->k;
            break;
        case BPF_JMP | BPF_JA:
            at += step->k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            at += a == step->k ? step->jt : step->jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            at += a >= step->k ? step->jt : step->jf;
            break;
        case BPF_RET | BPF_K:
            return step->k;
        default:
            fail_msg("a step of a kind that no filter here has: %x", step->code);
        }
    }
    fail_msg("the program runs over its end");
    return 0;
}

static uint32_t expected(const struct sandbox__rules *rules, const struct seccomp_data *data)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct sandbox__rule *rule = &rules->at[i];

        if (rule->call == data->nr &&
            (!rule->compares || (data->args[rule->at] & rule->mask) == rule->value))
            return rule->action;
    }
    return rules->otherwise;
}

static void check(const struct sandbox__rules *rules)
{
    static const uint64_t values[] = { 0, 1, 2, 4, 5, 1ULL << 32, UINT32_MAX, UINT64_MAX };
    struct sandbox__program program;

    sandbox__assemble(rules, &program);
    for (int call = 0; call < 600; call++)
        for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
            struct seccomp_data data = { .nr = call, .arch = HERE };

            for (size_t k = 0; k < ARRAY_COUNT(data.args); k++)
                data.args[k] = values[(i + k) % ARRAY_COUNT(values)];
            assert_int_equal(run(&program, &data), expected(rules, &data));
        }
}

static void add(struct sandbox__rules *rules, int call, uint32_t action)
{
    sandbox__rule_add(rules, &(struct sandbox__rule){ .call = call, .action = action });
}

static void add_compare(struct sandbox__rules *rules, int call, unsigned int at, uint64_t mask,
                        uint64_t value)
{
    sandbox__rule_add(rules, &(struct sandbox__rule){ .call = call,
                                                      .action = SECCOMP_RET_ALLOW,
                                                      .compares = true,
                                                      .at = at,
                                                      .mask = mask,
                                                      .value = value });
}

static void test_no_rule(void **state)
{
    struct sandbox__rules rules = { .otherwise = NO };

    (void)state;
    check(&rules);
}

static void test_more_than_a_jump_goes_over(void **state)
{
    struct sandbox__rules rules = { .otherwise = SECCOMP_RET_TRAP };

    (void)state;
    for (int call = 0; call < 250; call++)
        add(&rules, call * 2, call % 60 == 7 ? NO : SECCOMP_RET_ALLOW);
    check(&rules);
}

static void test_arguments(void **state)
{
    struct sandbox__rules rules = { .otherwise = NO };

    (void)state;
    add_compare(&rules, 9, 2, 4, 0);
    for (uint64_t value = 0; value < 8; value++)
        add_compare(&rules, 16, 1, UINT32_MAX, value * 5);
    add_compare(&rules, 302, 2, UINT64_MAX, 0);
    add_compare(&rules, 56, 0, 1ULL << 32, 1ULL << 32);
    for (int call = 0; call < 220; call++)
        if (call != 9 && call != 16 && call != 56)
            add(&rules, call, SECCOMP_RET_ALLOW);
    check(&rules);
}

static void test_other_computers_are_ended(void **state)
{
    struct sandbox__rules rules = { .otherwise = SECCOMP_RET_ALLOW };
    struct sandbox__program program;

    (void)state;
    add(&rules, -10, SECCOMP_RET_TRAP); /* This computer has no such call. */
    assert_int_equal(rules.count, 0);
    sandbox__assemble(&rules, &program);
    assert_int_equal(run(&program, &(struct seccomp_data){ .nr = 1, .arch = HERE }),
                     SECCOMP_RET_ALLOW);
    assert_int_equal(run(&program, &(struct seccomp_data){ .nr = 1, .arch = AUDIT_ARCH_I386 }),
                     SECCOMP_RET_KILL_PROCESS);
    assert_int_equal(run(&program, &(struct seccomp_data){ .nr = OTHER, .arch = HERE }),
                     SECCOMP_RET_KILL_PROCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_rule),
        cmocka_unit_test(test_more_than_a_jump_goes_over),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_other_computers_are_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
