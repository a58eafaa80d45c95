/* What the benches of pure rooms share: a clock, the median of many rounds, one line a figure. */
#ifndef WRIT_BENCH_BENCH_H
#define WRIT_BENCH_BENCH_H

#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define BENCH_ROUNDS 501U

static UNUSED double bench_now_us(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

/* Of this process so far, the kernel's for it included. */
static UNUSED double bench_cpu_us(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static UNUSED int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Sorts times, each of `times` things, and prints what one of them takes. */
static UNUSED void bench_print(const char *what, double *rounds, size_t count, double times)
{
    qsort(rounds, count, sizeof(*rounds), bench_compare);
    (void)printf("%-52s p50 %10.3f us  p99 %10.3f us\n", what, rounds[count / 2] / times,
                 rounds[count - 1 - count / 100] / times);
}

/* The figure of the line before against its target. */
static UNUSED void bench_judge(double p50_us, double target_us)
{
    (void)printf("%-52s  <= %10.3f us  %s\n", "  target", target_us,
                 p50_us <= target_us ? "met" : "NOT MET");
}

#endif
