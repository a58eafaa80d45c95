/* Faults leave a trail; failed checks end the process. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERR_FRAMES_MAX 16

struct err_frame {
    const char *file;
    const char *function;
    int line;
    int fault;
};

static _Thread_local struct err_frame err_frames[ERR_FRAMES_MAX];
static _Thread_local size_t err_count;

int err_note(int fault, int first, const char *file, int line, const char *function)
{
    if (first)
        err_count = 0;
    if (err_count < ERR_FRAMES_MAX)
        err_frames[err_count++] =
            (struct err_frame){ .file = file, .function = function, .line = line, .fault = fault };
    return fault;
}

void err_print(char *text, size_t size)
{
    size_t used = 0;

    CHECK(size > 0);
    text[0] = '\0';
    for (size_t i = 0; i < err_count && used < size; i++) {
        const struct err_frame *frame = &err_frames[i];
        int n = snprintf(text + used, size - used, "%s%s:%d %s (%s)", i ? " < " : "", frame->file,
                         frame->line, frame->function, strerror(-frame->fault));

        if (n < 0 || (size_t)n >= size - used)
            return;
        used += (size_t)n;
    }
}

void err_die(const char *file, int line, const char *function, const char *what)
{
    (void)fprintf(stderr, "writ: %s:%d %s: %s\n", file, line, function, what);
    abort();
}
