/*
 * Any bytes as a segment, beside a VERSION and nothing else: opening gives all that hangs
 * together or says what is broken, a reader says the same as the owner, and what is appended
 * afterwards comes back.
 */
#include "base/arena.h"
#include "store/log/log.h"
#include "sys/disk.h"
#include "sys/loop.h"
#include "sys/sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
    struct disk *disk;
    struct loop *loop;
    struct log *log;
    struct arena *arena;
    struct loop_ready ready;
    struct log_trouble trouble;
};

static int fuzz_open(struct fuzz *fuzz, uint64_t *ret_lines)
{
    struct log_options options = { .holder = STR("fuzz") };
    struct log_line line;
    int r;

    *fuzz = (struct fuzz){ .arena = arena_new(0) };
    *ret_lines = 0;
    CHECK(loop_new(&fuzz->loop) == 0);
    CHECK(disk_open("/data", DISK_CREATE, &fuzz->disk) == 0);
    CHECK(disk_folder(fuzz->disk, "log") == 0);
    r = log_open(fuzz->disk, &options, fuzz->arena, &fuzz->log, &fuzz->trouble);
    CHECK(r == 0);
    while ((r = log_next(fuzz->log, &line, &fuzz->trouble)) == LOG_LINE)
        CHECK(line.seq == ++*ret_lines);
    CHECK(r == LOG_END || r == LOG_DAMAGED);
    if (r == LOG_END)
        CHECK(disk_helper_start(fuzz->disk, fuzz->loop, &fuzz->ready) == 0);
    return r;
}

static void fuzz_close(struct fuzz *fuzz)
{
    (void)log_close(fuzz->log);
    (void)disk_close(fuzz->disk);
    (void)loop_free(fuzz->loop);
    (void)arena_free(fuzz->arena);
}

static void fuzz_go_on(struct fuzz *fuzz, uint64_t lines)
{
    static const uint8_t salt[LOG_SALT_LEN];
    struct log_proof proof;

    CHECK(log_append(fuzz->log, STR("fuzz.line"), STR("[]"), 1, salt) == lines + 1);
    CHECK(log_finish(fuzz->log) == 0);
    CHECK(log_verify(fuzz->disk, fuzz->arena, &proof, &fuzz->trouble) == LOG_END);
    CHECK(proof.lines == lines + 1 && proof.torn_bytes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz;
    struct log_proof proof;
    uint64_t lines;
    int verified;
    int opened;

    if (size > 1U << 16)
        return 0;
    sim_new(1);
    sim_copies_on_write(true); /* prewriting would be most of the time */
    sim_file_put("/data/VERSION", STR("writ 1\n"));
    sim_file_put("/data/log/events.jsonl", str_of((const char *)data, size));
    opened = fuzz_open(&fuzz, &lines);
    if (opened == LOG_END) {
        fuzz_go_on(&fuzz, lines);
    } else {
        verified = log_verify(fuzz.disk, fuzz.arena, &proof, &fuzz.trouble);
        CHECK(verified == LOG_DAMAGED);
    }
    fuzz_close(&fuzz);
    sim_end();
    return 0;
}
