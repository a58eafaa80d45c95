/*
 * report - what a person must fix in their input: every problem, not the first.
 *
 * A report is data: it goes to the caller. Texts live in the report's arena.
 */
#ifndef WRIT_BASE_REPORT_H
#define WRIT_BASE_REPORT_H

#include "base/arena.h"
#include "base/base.h"
#include "base/str.h"

/* More problems than this are counted, not kept. */
#define REPORT_PROBLEMS_MAX 64U

struct problem {
    struct str path;     /* where: a JSON pointer, or line:column; empty is the whole */
    struct str rule;     /* which: a keyword such as "required", "syntax" */
    struct str sentence; /* what is wrong, what was given, and the way out */
};

struct report {
    struct arena *arena; /* borrowed */
    struct problem problems[REPORT_PROBLEMS_MAX];
    size_t count;   /* kept */
    size_t dropped; /* beyond REPORT_PROBLEMS_MAX */
};

void report_init(struct report *report, struct arena *arena);
/* Copies path and rule; the sentence is printed from the format. */
void report_add(struct report *report, struct str path, const char *rule, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
