/*
 * The engine alone: what a program costs inside a worker, without wire and daemon.
 * Prints microseconds.
 */
#include "proc/worker/engine.h"
#include "bench.h"

#include <unistd.h>

#define ROUNDS 2000U

static struct worker_spec spec_of(struct str code)
{
    return (struct worker_spec){
        .execution = 1,
        .code = code,
        .at_ms = 1700000000000,
        .limits = { 1000, 20000, 64U << 20, 1U << 20 },
    };
}

static void bench_runs(struct worker_engine *engine, const char *what, const char *code,
                       size_t rounds)
{
    static double all[ROUNDS];
    static double run[ROUNDS];
    struct worker_spec spec = spec_of(str_from(code));
    for (size_t i = 0; i < rounds; i++) {
        struct worker_program *program;
        const struct worker_report *report;
        double start = bench_now_us();
        int r = worker_program_start(engine, &spec, &program, &report);
        CHECK(r == 0 && report->state == WORKER_DONE);
        run[i] = bench_now_us() - start;
        worker_program_free(program);
        all[i] = bench_now_us() - start;
    }
    char line[128];
    snprintf(line, sizeof(line), "%s, run", what);
    bench_print(line, run, rounds, 1);
    snprintf(line, sizeof(line), "%s, run and reset", what);
    bench_print(line, all, rounds, 1);
}

static void bench_calls(struct worker_engine *engine)
{
    static double times[ROUNDS];
    struct worker_spec spec =
        spec_of(STR("for (let i = 0; i < 1000; i++) await tools.files.read({ path: '/a/b' });"));
    struct worker_program *program;
    const struct worker_report *report;
    int r = worker_program_start(engine, &spec, &program, &report);
    CHECK(r == 0);
    size_t count = 0;
    while (report->state == WORKER_WAITING) {
        struct worker_delivery delivery = {
            .index = count + 1,
            .at_ms = 1700000000001,
            .kind = WORKER_DELIVERY_RESULT,
            .call = (uint32_t)count + 1,
            .value = STR("{\"content\":[{\"type\":\"text\",\"text\":\"hello\"}]}"),
        };
        double start = bench_now_us();
        r = worker_program_deliver(program, &delivery, &report);
        CHECK(r == 0);
        times[count++] = bench_now_us() - start;
    }
    worker_program_free(program);
    bench_print("one call: answer in, next call out", times, count, 1);
}

int main(void)
{
    struct worker_engine *engine;
    double start = bench_now_us();
    int r = worker_engine_new(&(struct worker_engine_config){ .warm_count = 1 }, &engine);
    CHECK(r == 0);
    printf("%ld cores\n%-52s     %10.3f us\n", sysconf(_SC_NPROCESSORS_ONLN),
           "engine, cold to warm", bench_now_us() - start);
    bench_runs(engine, "return 1+1", "return 1+1", ROUNDS);
    bench_runs(engine, "sum of 1000 in a loop",
               "let s = 0; for (let i = 0; i < 1000; i++) s += i; return s", ROUNDS);
    bench_runs(engine, "typed, types known", "const n: number = 2; return n + 1", 500);
    bench_runs(engine, "fib(27)",
               "const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2); return fib(27)", 10);
    bench_calls(engine);
    worker_engine_free(engine);
    return 0;
}
