/*
 * base - what C lacks.
 *
 * One include for the words that every room uses: faults (RAISE, TRACE), checks (CHECK,
 * UNREACHABLE), lexical clean-up, text views. Pure C: no system call is made from this room,
 * except that a failed CHECK ends the process.
 */
#ifndef WRIT_BASE_BASE_H
#define WRIT_BASE_BASE_H

#include <stddef.h>
#include <stdint.h>

#define MUST                   __attribute__((warn_unused_result))
#define NORETURN               __attribute__((noreturn))
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))
#define CLEANUP(fn)            __attribute__((cleanup(fn##_cleanup)))
#define UNUSED                 __attribute__((unused))

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member)                                                            \
    ((type *)(void *)((char *)(uintptr_t)(ptr)-offsetof(type, member)))

/* Defines what CLEANUP(fn) calls: fn must accept NULL. */
#define CLEANUP_DEFINE(type, fn)                                                                   \
    static inline UNUSED void fn##_cleanup(type **pointer)                                         \
    {                                                                                              \
        (void)fn(*pointer);                                                                        \
    }

/*
 * A fault is a negative errno. RAISE notes where it started, TRACE notes each frame on its way
 * up; both return the fault unchanged. The notes are a small ring, printed by proc/ only.
 */
#define RAISE(fault) err_note((fault), 1, __FILE__, __LINE__, __func__)
#define TRACE(fault) err_note((fault), 0, __FILE__, __LINE__, __func__)

int err_note(int fault, int first, const char *file, int line, const char *function);

/* Prints the noted frames of the last fault, first frame first, into text (NUL-terminated). */
void err_print(char *text, size_t size);

/* A check is for our own mistakes and stays on in release builds. Never for outside input. */
#define CHECK(condition) ((condition) ? (void)0 : err_die(__FILE__, __LINE__, __func__, #condition))
#define UNREACHABLE(why) err_die(__FILE__, __LINE__, __func__, why)

void err_die(const char *file, int line, const char *function, const char *what) NORETURN;

#endif
