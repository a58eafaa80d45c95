/* The world: seed, time, and what was ever written. */
#include "sys/sim/world.h"

#include "sys/clock.h"

/* Below 1000 are nobody's, so that a real descriptor is never mistaken for a simulated one. */
#define SIM_FD_FIRST 1000
#define SIM_EPOCH_MS INT64_C(1800000000000)

struct sim_world sim__world;

uint64_t sim__draw(uint64_t *state)
{
    /* splitmix64 */
    uint64_t z = *state += 0x9e3779b97f4a7c15U;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

char *sim__text(const char *text)
{
    size_t len = strlen(text) + 1;

    return memcpy(heap_alloc(len), text, len);
}

static void sim_forget_env(void)
{
    for (size_t i = 0; i < sim__world.env.count; i++) {
        (void)heap_free(sim__world.env.at[i].name);
        (void)heap_free(sim__world.env.at[i].value);
    }
    VEC_FINI(&sim__world.env);
}

void sim_end(void)
{
    if (!sim__world.there)
        return;
    CHECK(sim__world.loops.count == 0);
    for (size_t i = 0; i < sim__world.fds.count; i++)
        if (sim__world.fds.at[i])
            port_close((int)i + SIM_FD_FIRST);
    VEC_FINI(&sim__world.fds);
    VEC_FINI(&sim__world.loops);
    for (size_t i = 0; i < sim__world.typed.count; i++)
        (void)heap_free(sim__world.typed.at[i]);
    VEC_FINI(&sim__world.typed);
    sim_forget_env();
    sim__disk_end();
    sim__proc_end();
    buf_fini(&sim__world.written);
    sim__world = (struct sim_world){ 0 };
}

void sim_new(uint64_t seed)
{
    sim_end();
    sim__world = (struct sim_world){
        .there = true,
        .random = seed,
        .entropy = ~seed,
        .wall_ms = SIM_EPOCH_MS,
        .mono_ns = 1,
        .room = UINT64_MAX,
        .connect_as = { .uid = 1000, .gid = 1000, .pid = 2, .pidfd = -1 },
    };
}

uint64_t sim_random(uint64_t limit)
{
    CHECK(limit > 0);
    return sim__draw(&sim__world.random) % limit;
}

/* --- Time --- */

int64_t clock_now_ms(void)
{
    if (sim__world.wall_ms > sim__world.wall_last_ms)
        sim__world.wall_last_ms = sim__world.wall_ms;
    return sim__world.wall_last_ms;
}

void clock_not_before_ms(int64_t at_ms)
{
    if (at_ms > sim__world.wall_last_ms)
        sim__world.wall_last_ms = at_ms;
}

int64_t clock_mono_ns(void)
{
    return sim__world.mono_ns;
}

void clock_entropy_fill(void *bytes, size_t len)
{
    uint8_t *at = bytes;

    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(sim__draw(&sim__world.entropy) >> 32);
}

void sim_advance_ms(int64_t ms)
{
    CHECK(ms >= 0);
    sim__world.wall_ms += ms;
    sim__world.mono_ns += ms * 1000000;
}

void sim_wall_jump_ms(int64_t ms)
{
    sim__world.wall_ms += ms;
}

bool sim_ever_wrote(struct str secret)
{
    return str_find(buf_str(&sim__world.written), secret) != SIZE_MAX;
}

/* --- Crashes --- */

int sim__operation(void)
{
    if (sim__world.crashed)
        return SIM_CRASHED;
    sim__world.operations++;
    if (sim__world.operations == sim__world.crash_at)
        sim__world.crashed = true;
    return sim__world.crashed ? SIM_CRASHED : 0;
}

uint64_t sim_disk_operations(void)
{
    return sim__world.operations;
}

void sim_crash_at(uint64_t operation)
{
    sim__world.crash_at = operation ? sim__world.operations + operation : 0;
}

bool sim_crashed(void)
{
    return sim__world.crashed;
}

void sim_crash(void)
{
    sim__world.crashed = true;
}

void sim_restart(enum sim_restart_how how)
{
    sim__world.crashed = false;
    sim__world.crash_at = 0;
    sim__world.wall_last_ms = 0;
    sim__disk_restart(how);
}

void sim_disk_room(uint64_t bytes)
{
    sim__world.room = bytes;
}

void sim_sync_fails(int fault)
{
    sim__world.sync_fault = fault;
}

void sim_write_fails(int fault)
{
    sim__world.write_fault = fault;
}

void sim_helper_hold(bool hold)
{
    sim__world.hold = hold;
}

void sim_copies_on_write(bool yes)
{
    sim__world.copies_on_write = yes;
}

void sim_connect_as(const struct link_peer *peer)
{
    sim__world.connect_as = *peer;
}

/* --- Descriptors: numbers --- */

struct sim_open *sim__open(int fd)
{
    size_t index = (size_t)fd - SIM_FD_FIRST;

    CHECK(fd >= SIM_FD_FIRST && index < sim__world.fds.count && sim__world.fds.at[index]);
    return sim__world.fds.at[index];
}

int sim__fd_of(struct sim_open *open)
{
    for (size_t i = 0; i < sim__world.fds.count; i++)
        if (!sim__world.fds.at[i]) {
            sim__world.fds.at[i] = open;
            return (int)i + SIM_FD_FIRST;
        }
    *VEC_PUSH(&sim__world.fds) = open;
    return (int)sim__world.fds.count - 1 + SIM_FD_FIRST;
}

int port_copy(int fd)
{
    struct sim_open *open = sim__open(fd);

    open->refs++;
    return sim__fd_of(open);
}

void port_close(int fd)
{
    struct sim_open *open = sim__open(fd);

    sim__world.fds.at[fd - SIM_FD_FIRST] = NULL;
    (void)sim__unref(open);
}
