/* Problems, collected. */
#include "base/report.h"

#include <stdarg.h>
#include <stdio.h>

void report_init(struct report *report, struct arena *arena)
{
    *report = (struct report){ .arena = arena };
}

void report_add(struct report *report, struct str path, const char *rule, const char *format, ...)
{
    char sentence[1024];
    va_list args;

    if (report->count == REPORT_PROBLEMS_MAX) {
        report->dropped++;
        return;
    }
    va_start(args, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    report->problems[report->count++] = (struct problem){
        .path = str_copy(report->arena, path),
        .rule = str_copy(report->arena, str_from(rule)),
        .sentence = str_copy(report->arena, str_from(sentence)),
    };
}
