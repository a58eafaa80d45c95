/*
 * How fast the log is, beside the bare disk it lies on.
 *
 *     step     one line, one sync, wait for it: the daemon's turn; against pwrite + fdatasync
 *              into a prewritten file, which no log can beat
 *     group    32 lines a turn, the sync beside us; against 32 bare writes and one sync
 *     append   lines into memory and page cache, no sync: what a turn pays
 *     verify   the proof of a whole log
 *
 * Usage: bench_log FOLDER [LINES]
 */
#include "store/log/log.h"

#include "base/arena.h"
#include "base/buf.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/loop.h"

#include <stdio.h>
#include <stdlib.h>

#define BENCH_STEPS  4000
#define BENCH_GROUP  32
#define BENCH_GROUPS 1000
#define BENCH_FOR_NS (3 * INT64_C(1000000000))

static const char bench_events[] =
    "[{\"type\":\"call.running\",\"execution\":12345678,\"call\":17,\"attempt\":1,"
    "\"capability\":\"files.read_text_file\",\"arguments\":{\"path\":\"/srv/docs/report.md\"},"
    "\"decision\":\"dec_01h455vb4pex5vsknk084sn02q\",\"runtime\":\"worker-1\"}]";

struct bench {
    struct loop *loop;
    struct disk *disk;
    struct log *log;
    struct arena *arena;
    struct loop_ready ready;
};

static void bench_must(int r, const char *what)
{
    char text[2048];

    if (r == 0)
        return;
    err_print(text, sizeof(text));
    (void)fprintf(stderr, "%s: %d %s\n", what, r, text);
    exit(1);
}

static void bench_open(struct bench *bench, const char *folder)
{
    struct log_options options = { .holder = STR("bench") };
    struct log_trouble trouble = { 0 };
    struct log_line line;
    int r;

    *bench = (struct bench){ .arena = arena_new(0) };
    bench_must(loop_new(&bench->loop), "loop");
    bench_must(disk_open(folder, DISK_CREATE, &bench->disk), "disk");
    bench_must(log_open(bench->disk, &options, bench->arena, &bench->log, &trouble), "log");
    do
        r = log_next(bench->log, &line, &trouble);
    while (r == LOG_LINE);
    bench_must(r, "replay");
    bench_must(disk_helper_start(bench->disk, bench->loop, &bench->ready), "helper");
}

static void bench_close(struct bench *bench)
{
    bench_must(log_finish(bench->log), "finish");
    bench->log = log_close(bench->log);
    bench->disk = disk_close(bench->disk);
    bench->loop = loop_free(bench->loop);
    bench->arena = arena_free(bench->arena);
}

static void bench_append(struct bench *bench)
{
    uint8_t salt[LOG_SALT_LEN];

    clock_entropy_fill(salt, sizeof(salt));
    (void)log_append(bench->log, STR("call.running"), STR(bench_events), clock_now_ms(), salt);
}

/* Until everything written is durable, as the daemon waits: in its loop. */
static void bench_until(struct bench *bench, uint64_t seq)
{
    bench_must(log_gather(bench->log, clock_mono_ns()), "gather");
    while (log_durable(bench->log) < seq) {
        bench_must(loop_run_once(bench->loop, 1000), "turn");
        while (loop_next(bench->loop))
            ;
        bench_must(log_gather(bench->log, clock_mono_ns()), "gather");
    }
}

static void bench_tell(const char *what, double count, int64_t began_ns, double against)
{
    double seconds = (double)(clock_mono_ns() - began_ns) / 1e9;
    double rate = count / seconds;

    (void)printf("%-34s %10.0f /s   %8.2f us", what, rate, 1e6 / rate);
    if (against > 0)
        (void)printf("   %.2f of bare", rate / against);
    (void)printf("\n");
}

static double bench_rate(double count, int64_t began_ns)
{
    return count * 1e9 / (double)(clock_mono_ns() - began_ns);
}

static void bench_remove(struct bench *bench)
{
    int r = disk_remove(bench->disk, "bare");

    bench_must(r == DISK_ABSENT ? 0 : r, "remove");
}

/* The baseline: the same bytes into a prewritten file, lines at a time, then fdatasync. */
static double bench_bare(struct bench *bench, const char *what, int lines, int syncs)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct disk_file *file = NULL;
    struct disk_job job = { .kind = DISK_JOB_FILL, .len = 8U << 20, .fd = -1 };
    uint64_t at = 0;
    int64_t began_ns;
    double rate;
    int done = 0;

    for (int i = 0; i < lines; i++)
        for (int k = 0; k < 580; k++)
            buf_add_char(&text, 'x');
    bench_remove(bench);
    bench_must(disk_file_open(bench->disk, "bare", DISK_OPEN_NEW, &file), "bare");
    job.file = file;
    disk_job_add(bench->disk, &job);
    bench_must(disk_drain(bench->disk), "fill");
    (void)disk_next(bench->disk);
    began_ns = clock_mono_ns();
    for (; done < syncs && clock_mono_ns() - began_ns < BENCH_FOR_NS; done++) {
        bench_must(disk_file_write(file, at, buf_str(&text)), "write");
        bench_must(disk_file_sync(file), "sync");
        at = (at + text.len) % (7U << 20);
    }
    rate = bench_rate((double)done * lines, began_ns);
    bench_tell(what, (double)done * lines, began_ns, 0);
    file = disk_file_close(file);
    bench_remove(bench);
    return rate;
}

static void bench_steps(struct bench *bench)
{
    double bare = bench_bare(bench, "bare prewritten journal, steps", 1, BENCH_STEPS);
    int64_t began_ns = clock_mono_ns();
    int done = 0;

    for (; done < BENCH_STEPS && clock_mono_ns() - began_ns < BENCH_FOR_NS; done++) {
        bench_append(bench);
        bench_must(log_write(bench->log, true, clock_mono_ns()), "write");
        bench_until(bench, log_seq_next(bench->log) - 1);
    }
    bench_tell("log, steps", done, began_ns, bare);
}

static void bench_groups(struct bench *bench)
{
    double bare = bench_bare(bench, "bare group commit, 32 a sync", BENCH_GROUP, BENCH_GROUPS);
    int64_t began_ns = clock_mono_ns();
    int done = 0;

    for (; done < BENCH_GROUPS && clock_mono_ns() - began_ns < BENCH_FOR_NS; done++) {
        for (int i = 0; i < BENCH_GROUP; i++)
            bench_append(bench);
        bench_must(log_write(bench->log, true, clock_mono_ns()), "write");
        bench_until(bench, log_seq_next(bench->log) - 1);
    }
    bench_tell("log, 32 lines a turn", (double)done * BENCH_GROUP, began_ns, bare);
}

static void bench_appends(struct bench *bench, uint64_t lines)
{
    int64_t began_ns = clock_mono_ns();

    for (uint64_t done = 0; done < lines; done += BENCH_GROUP) {
        for (int i = 0; i < BENCH_GROUP; i++)
            bench_append(bench);
        bench_must(log_write(bench->log, false, clock_mono_ns()), "write");
        bench_must(log_gather(bench->log, clock_mono_ns()), "gather");
    }
    bench_tell("log, append without sync", (double)lines, began_ns, 0);
}

static void bench_verify(const char *folder)
{
    struct disk *disk = NULL;
    struct arena *arena = arena_new(0);
    struct log_trouble trouble = { 0 };
    struct log_proof proof;
    int64_t began_ns;
    double seconds;

    bench_must(disk_open(folder, DISK_READ, &disk), "disk");
    began_ns = clock_mono_ns();
    bench_must(log_verify(disk, arena, &proof, &trouble), "verify");
    seconds = (double)(clock_mono_ns() - began_ns) / 1e9;
    (void)printf("log, verify %llu lines, %.0f MB      %.2f s   %.2f s a million\n",
                 (unsigned long long)proof.lines, (double)proof.bytes / 1e6, seconds,
                 seconds * 1e6 / (double)proof.lines);
    disk = disk_close(disk);
    arena = arena_free(arena);
}

int main(int argc, char **argv)
{
    struct bench bench;
    uint64_t lines = 1000000;

    if (argc < 2 || (argc > 2 && !str_to_u64(str_from(argv[2]), &lines))) {
        (void)fprintf(stderr, "usage: bench_log FOLDER [LINES]\n");
        return 2;
    }
    bench_open(&bench, argv[1]);
    bench_steps(&bench);
    bench_groups(&bench);
    bench_appends(&bench, lines);
    bench_close(&bench);
    bench_verify(argv[1]);
    return 0;
}
