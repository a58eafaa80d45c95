/*
 * The program: who speaks for another kind of computer is ended; then the number of the call is
 * compared with each rule's in turn. Rules with one action jump to one answer behind them. Rules
 * that compare an argument are one block a call, which ends with the answer for all others.
 */
#include "sys/real/sandbox_program.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <stddef.h>

#if defined(__x86_64__)
#define SANDBOX_ARCH  AUDIT_ARCH_X86_64
#define SANDBOX_FIRST 0x40000000U /* x32: calls of another kind under the same name */
#elif defined(__aarch64__)
#define SANDBOX_ARCH  AUDIT_ARCH_AARCH64
#define SANDBOX_FIRST UINT32_MAX
#else
_Static_assert(0, "this kind of computer needs its line here");
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SANDBOX_LOW  0U
#define SANDBOX_HIGH 4U
#else
#define SANDBOX_LOW  4U
#define SANDBOX_HIGH 0U
#endif

/* A jump goes no further than 255. */
#define SANDBOX_RUN_MAX     200U
#define SANDBOX_COMPARE_LEN 7U

static void program_add(struct sandbox__program *program, int code, uint32_t value,
                        size_t over_if_true, size_t over_if_false)
{
    CHECK(program->count < SANDBOX_PROGRAM_MAX && over_if_true <= 255 && over_if_false <= 255);
    program->at[program->count++] = (struct sock_filter){ (uint16_t)code, (uint8_t)over_if_true,
                                                          (uint8_t)over_if_false, value };
}

static void program_load(struct sandbox__program *program, size_t offset)
{
    program_add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void program_answer(struct sandbox__program *program, uint32_t action)
{
    program_add(program, BPF_RET | BPF_K, action, 0, 0);
}

static void program_begin(struct sandbox__program *program)
{
    program_load(program, offsetof(struct seccomp_data, arch));
    program_add(program, BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCH, 1, 0);
    program_answer(program, SECCOMP_RET_KILL_PROCESS);
    program_load(program, offsetof(struct seccomp_data, nr));
    program_add(program, BPF_JMP | BPF_JGE | BPF_K, SANDBOX_FIRST, 0, 1);
    program_answer(program, SECCOMP_RET_KILL_PROCESS);
}

/* Half of an argument; another value goes over what follows in this rule. */
static void program_compare(struct sandbox__program *program, size_t offset, uint64_t mask,
                            uint64_t value, size_t over)
{
    program_load(program, offset);
    program_add(program, BPF_ALU | BPF_AND | BPF_K, (uint32_t)mask, 0, 0);
    program_add(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)value, 0, over);
}

/* All rules of one call. Gives how many. */
static size_t program_block(struct sandbox__program *program, const struct sandbox__rules *rules,
                            size_t from)
{
    const struct sandbox__rule *first = &rules->at[from];
    size_t count = 1;

    while (from + count < rules->count && rules->at[from + count].compares &&
           rules->at[from + count].call == first->call)
        count++;
    program_add(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)first->call, 0,
                count * SANDBOX_COMPARE_LEN + 1);
    for (size_t i = 0; i < count; i++) {
        const struct sandbox__rule *rule = &first[i];
        size_t offset = offsetof(struct seccomp_data, args) + rule->at * sizeof(uint64_t);

        program_compare(program, offset + SANDBOX_LOW, rule->mask, rule->value, 4);
        program_compare(program, offset + SANDBOX_HIGH, rule->mask >> 32, rule->value >> 32, 1);
        program_answer(program, rule->action);
    }
    program_answer(program, rules->otherwise);
    return count;
}

/* Rules with one action. Gives how many. */
static size_t program_run(struct sandbox__program *program, const struct sandbox__rules *rules,
                          size_t from)
{
    const struct sandbox__rule *first = &rules->at[from];
    size_t count = 1;

    while (from + count < rules->count && count < SANDBOX_RUN_MAX &&
           !rules->at[from + count].compares && rules->at[from + count].action == first->action)
        count++;
    for (size_t i = 0; i < count; i++)
        program_add(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)first[i].call, count - i, 0);
    program_add(program, BPF_JMP | BPF_JA, 1, 0, 0);
    program_answer(program, first->action);
    return count;
}

void sandbox__rule_add(struct sandbox__rules *rules, const struct sandbox__rule *rule)
{
    if (rule->call < 0)
        return;
    CHECK(rules->count < SANDBOX_RULES_MAX);
    rules->at[rules->count++] = *rule;
}

void sandbox__assemble(const struct sandbox__rules *rules, struct sandbox__program *ret_program)
{
    ret_program->count = 0;
    program_begin(ret_program);
    for (size_t i = 0; i < rules->count;)
        i += rules->at[i].compares ? program_block(ret_program, rules, i)
                                   : program_run(ret_program, rules, i);
    program_answer(ret_program, rules->otherwise);
}
