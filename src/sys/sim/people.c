/* Processes, people at terminals, the environment, walls: as the test says they are. */
#include "sys/sim/world.h"

#include "sys/paths.h"
#include "sys/sandbox.h"
#include "sys/tty.h"

#include <stdio.h>

/* --- Processes --- */

#define SIM_PID_FIRST 100

struct proc {
    struct loop *loop;
    struct loop_ready *ready;
    struct proc_end end;
    int32_t pid;
    int signal;
    bool given;
    struct proc_plan plan;
    struct proc_fd fds[PROC_FDS_MAX];
    struct arena *arena;
};

static struct VEC(struct proc_facts) sim_processes;
static struct VEC(struct proc *) sim_children;
static int32_t sim_pid_last = SIM_PID_FIRST;

void sim_process(int32_t pid, int32_t parent, int32_t tty, uint64_t started)
{
    sim_process_gone(pid);
    *VEC_PUSH(&sim_processes) = (struct proc_facts){
        .pid = pid, .parent = parent, .session = pid, .tty = tty, .started = started, .uid = 1000
    };
}

void sim_process_gone(int32_t pid)
{
    for (size_t i = 0; i < sim_processes.count; i++)
        if (sim_processes.at[i].pid == pid) {
            sim_processes.at[i] = sim_processes.at[--sim_processes.count];
            return;
        }
}

bool sim__process_lives(int32_t pid)
{
    for (size_t i = 0; i < sim_processes.count; i++)
        if (sim_processes.at[i].pid == pid)
            return true;
    return false;
}

int proc_facts_get(int32_t pid, struct proc_facts *ret_facts)
{
    for (size_t i = 0; i < sim_processes.count; i++)
        if (sim_processes.at[i].pid == pid) {
            *ret_facts = sim_processes.at[i];
            return 0;
        }
    return PROC_GONE;
}

size_t proc_ancestry(int32_t pid, struct proc_facts *ret_chain, size_t max)
{
    size_t count = 0;

    while (count < max && pid > 0 && proc_facts_get(pid, &ret_chain[count]) == 0)
        pid = ret_chain[count++].parent;
    return count;
}

bool proc_pidfd_alive(int pidfd)
{
    return sim__process_lives(sim__open(pidfd)->peer.pid);
}

int32_t proc_self(void)
{
    return 1;
}

/* --- Children --- */

static const char *const *sim_texts(struct arena *arena, const char *const *texts)
{
    size_t count = 0;
    const char **copy;

    while (texts && texts[count])
        count++;
    copy = ARENA_ARRAY(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = str_copy(arena, str_from(texts[i])).ptr;
    return copy;
}

int proc_spawn(struct loop *loop, const struct proc_plan *plan, struct loop_ready *ready,
               struct proc **ret_proc)
{
    struct proc *proc = heap_alloc(sizeof(*proc));

    CHECK(plan->fd_count <= PROC_FDS_MAX);
    *proc = (struct proc){ .loop = loop, .ready = ready, .plan = *plan, .arena = arena_new(0) };
    proc->pid = ++sim_pid_last;
    proc->plan.file = str_copy(proc->arena, str_from(plan->file)).ptr;
    proc->plan.argv = sim_texts(proc->arena, plan->argv);
    proc->plan.env = sim_texts(proc->arena, plan->env);
    proc->plan.fds = proc->fds;
    for (size_t i = 0; i < plan->fd_count; i++) {
        proc->fds[i] = plan->fds[i];
        proc->fds[i].from = port_copy(plan->fds[i].from);
    }
    sim_process(proc->pid, proc_self(), 0, (uint64_t)proc->pid);
    *VEC_PUSH(&sim_children) = proc;
    *ret_proc = proc;
    return 0;
}

static void sim_child_end(struct proc *proc)
{
    for (size_t i = 0; i < proc->plan.fd_count; i++)
        if (proc->fds[i].from >= 0)
            port_close(proc->fds[i].from);
    proc->plan.fd_count = 0;
    sim_process_gone(proc->pid);
}

struct proc *proc_free(struct proc *proc)
{
    if (!proc)
        return NULL;
    loop_unqueue(proc->loop, proc->ready);
    sim_child_end(proc);
    for (size_t i = 0; i < sim_children.count; i++)
        if (sim_children.at[i] == proc)
            sim_children.at[i] = sim_children.at[--sim_children.count];
    proc->arena = arena_free(proc->arena);
    return heap_free(proc);
}

int32_t proc_pid(const struct proc *proc)
{
    return proc->pid;
}

void proc_kill(struct proc *proc, int signal_number)
{
    proc->signal = signal_number;
}

struct proc_end proc_end_get(const struct proc *proc)
{
    return proc->end;
}

static struct proc *sim_child_find(int32_t pid)
{
    for (size_t i = 0; i < sim_children.count; i++)
        if (sim_children.at[i]->pid == pid)
            return sim_children.at[i];
    UNREACHABLE("no such simulated child");
}

bool sim_child_next(struct sim_child *ret_child)
{
    for (size_t i = 0; i < sim_children.count; i++) {
        struct proc *proc = sim_children.at[i];

        if (proc->given)
            continue;
        proc->given = true;
        *ret_child =
            (struct sim_child){ .pid = proc->pid, .plan = &proc->plan, .signal = proc->signal };
        return true;
    }
    return false;
}

int sim_child_fd(int32_t pid, int number)
{
    struct proc *proc = sim_child_find(pid);

    for (size_t i = 0; i < proc->plan.fd_count; i++)
        if (proc->fds[i].to == number) {
            int fd = proc->fds[i].from;

            proc->fds[i].from = -1;
            return fd;
        }
    return -1;
}

int sim_child_signal(int32_t pid)
{
    return sim_child_find(pid)->signal;
}

void sim_child_exit(int32_t pid, int code, int signal_number)
{
    struct proc *proc = sim_child_find(pid);

    sim_child_end(proc);
    proc->end = (struct proc_end){ .ended = true, .code = code, .signal = signal_number };
    loop_queue(proc->loop, proc->ready);
}

void sim__proc_end(void)
{
    CHECK(sim_children.count == 0);
    VEC_FINI(&sim_children);
    VEC_FINI(&sim_processes);
    sim_pid_last = SIM_PID_FIRST;
}

/* --- The environment and the folders --- */

void sim_env(const char *name, const char *value)
{
    struct sim_variable *variable = NULL;

    for (size_t i = 0; i < sim__world.env.count; i++)
        if (strcmp(sim__world.env.at[i].name, name) == 0)
            variable = &sim__world.env.at[i];
    if (!variable) {
        variable = VEC_PUSH(&sim__world.env);
        variable->name = sim__text(name);
    }
    (void)heap_free(variable->value);
    variable->value = value ? sim__text(value) : NULL;
}

const char *paths_env(const char *name)
{
    for (size_t i = 0; i < sim__world.env.count; i++)
        if (strcmp(sim__world.env.at[i].name, name) == 0)
            return sim__world.env.at[i].value;
    return NULL;
}

unsigned int paths__uid(void)
{
    return 1000;
}

const char *paths__here(struct arena *arena)
{
    (void)arena;
    return "/here";
}

int paths_make(const struct paths *paths, const char **ret_which)
{
    (void)paths;
    (void)ret_which;
    return 0;
}

int paths_self(struct arena *arena, const char **ret_folder)
{
    (void)arena;
    *ret_folder = "/opt/writ/bin";
    return 0;
}

/* --- A person at a terminal --- */

void sim_tty(const char *line)
{
    *VEC_PUSH(&sim__world.typed) = line ? sim__text(line) : NULL;
}

bool tty_is(int fd)
{
    (void)fd;
    return sim__world.typed.count > 0;
}

unsigned int tty_width(int fd)
{
    (void)fd;
    return 80;
}

int tty_ask(const char *question, bool hidden, struct buf *ret_line)
{
    char *line;

    (void)question;
    (void)hidden;
    if (!sim__world.typed.count)
        return TTY_NONE;
    line = sim__world.typed.at[0];
    sim__world.typed.count--;
    memmove(sim__world.typed.at, sim__world.typed.at + 1, sim__world.typed.count * sizeof(char *));
    if (!line)
        return TTY_END;
    buf_add_c(ret_line, line);
    (void)heap_free(line);
    return 0;
}

/* --- Walls: all stand --- */

static struct sandbox_walls sim_walls = {
    .entered = false,
    .seccomp = true,
    .landlock_files = true,
    .landlock_net = true,
    .landlock_abi = 6,
    .undumpable = true,
    .no_new_privileges = true,
};

void sandbox_folder(const char *path, bool write)
{
    (void)path;
    (void)write;
}

int sandbox_enter(const char *promises)
{
    (void)promises;
    sim_walls.entered = true;
    return 0;
}

void sandbox_undumpable(void)
{
}

struct sandbox_walls sandbox_walls(void)
{
    return sim_walls;
}

struct sandbox_walls sandbox_possible(void)
{
    return sim_walls;
}
