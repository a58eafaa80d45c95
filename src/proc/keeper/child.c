/*
 * The children that sources are. One has its own session and process group, three pipes, the
 * environment it was given and nothing else; it dies with us.
 *
 * Ending one means TERM to its group, KILL a moment later, and then everything that it left
 * behind: as subreaper we inherit what its group lost, and know it by the session it was born in,
 * or by the mark that stands in its environment.
 */
#include "proc/keeper/internal.h"

#include "sys/clock.h"
#include "sys/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_FILES_MAX  4096U
#define CHILD_MEMORY_MAX (8ULL << 30)
/* Rounds of looking for what is left: each may uncover the next generation. */
#define ORPHAN_ROUNDS 16
#define ORPHANS_MAX   1024U
#define MARK          "WRIT_CHILD="

void keeper__child_failed(struct keeper *keeper, uint64_t id, int status, struct str reason)
{
    struct msg_child_ended ended = { .child = id, .status = status, .reason = reason };
    BUF_CLEANUP struct buf payload = BUF_INIT;

    msg_child_ended_encode(&ended, &payload);
    keeper__send(keeper->egress, MSG_CHILD_ENDED, id, buf_str(&payload));
    keeper__send(keeper->daemon, MSG_CHILD_ENDED, id, buf_str(&payload));
}

/* --- Starting ---------------------------------------------------------------------------- */

struct pipes {
    int child[3];
    int ours[3];
};

static void close_all(const int fds[3])
{
    for (size_t i = 0; i < 3; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
}

static int pipes_make(struct pipes *pipes)
{
    *pipes = (struct pipes){ { -1, -1, -1 }, { -1, -1, -1 } };
    for (size_t i = 0; i < 3; i++) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0) {
            int fault = errno;

            close_all(pipes->child);
            close_all(pipes->ours);
            return RAISE(-fault);
        }
        pipes->child[i] = ends[i == 0 ? 0 : 1];
        pipes->ours[i] = ends[i == 0 ? 1 : 0];
    }
    return 0;
}

static const char *pair(struct arena *arena, const char *name, const char *fallback)
{
    const char *value = paths_env(name);

    return str_printf(arena, "%s=%s", name, value ? value : fallback).ptr;
}

/* PATH, HOME, LANG, what the source was given, and our mark. */
static const char *const *environment(struct keeper *keeper, const struct msg_child_start *start)
{
    const char **env = ARENA_ARRAY(keeper->turn, const char *, start->env_count + 6);
    size_t count = 0;

    for (size_t i = 0; i < start->env_count; i++)
        env[count++] = str_c(keeper->turn, start->env[i]);
    env[count++] = pair(keeper->turn, "PATH", "/usr/local/bin:/usr/bin:/bin");
    env[count++] = pair(keeper->turn, "HOME", "/");
    env[count++] = pair(keeper->turn, "LANG", "C.UTF-8");
    env[count++] =
        str_printf(keeper->turn, MARK "%d.%llu", proc_self(), (unsigned long long)start->child).ptr;
    return env;
}

static const char *const *arguments(struct keeper *keeper, const struct msg_child_start *start)
{
    const char **argv = ARENA_ARRAY(keeper->turn, const char *, start->argv_count + 1);

    for (size_t i = 0; i < start->argv_count; i++)
        argv[i] = str_c(keeper->turn, start->argv[i]);
    return argv;
}

static int spawn(struct keeper *keeper, const struct msg_child_start *start,
                 const struct pipes *pipes, struct keeper_child *child)
{
    const struct proc_fd fds[3] = { { pipes->child[0], 0 },
                                    { pipes->child[1], 1 },
                                    { pipes->child[2], 2 } };
    struct proc_plan plan = {
        .search = true,
        .argv = arguments(keeper, start),
        .env = environment(keeper, start),
        .folder = start->folder.len ? str_c(keeper->turn, start->folder) : NULL,
        .fds = fds,
        .fd_count = 3,
        .memory_max = CHILD_MEMORY_MAX,
        .files_max = CHILD_FILES_MAX,
    };
    int r;

    plan.file = plan.argv[0];
    r = proc_spawn(keeper->loop, &plan, &child->ready, &child->proc);
    /* What it was given may be secret. */
    for (size_t i = 0; i < start->env_count; i++)
        explicit_bzero((char *)(uintptr_t)plan.env[i], strlen(plan.env[i]));
    return r;
}

static struct keeper_child *child_free(struct keeper_child *child)
{
    child->proc = proc_free(child->proc);
    child->timer = loop_timer_free(child->timer);
    return heap_free(child);
}

static void pass_pipes(struct keeper *keeper, const struct keeper_child *child,
                       const struct pipes *pipes)
{
    const struct msg_child_pipes msg = { .child = child->id, .pid = proc_pid(child->proc) };
    BUF_CLEANUP struct buf payload = BUF_INIT;
    struct wire_frame frame = { .type = MSG_CHILD_PIPES, .id = child->id };

    msg_child_pipes_encode(&msg, &payload);
    frame.payload = buf_str(&payload);
    /* Without egress they close, and the child sees the end of its input. */
    if (keeper->egress)
        (void)!link_send_fds(keeper->egress, &frame, pipes->ours, 3);
}

static struct str *texts_copy(struct arena *arena, const struct str *texts, size_t count)
{
    struct str *copies = ARENA_ARRAY(arena, struct str, count + 1);

    for (size_t i = 0; i < count; i++)
        copies[i] = str_copy(arena, texts[i]);
    return copies;
}

struct msg_child_start keeper__start_copy(struct arena *arena, const struct msg_child_start *start)
{
    struct msg_child_start copy = *start;

    copy.argv = texts_copy(arena, start->argv, start->argv_count);
    copy.env = texts_copy(arena, start->env, start->env_count);
    copy.folder = str_copy(arena, start->folder);
    return copy;
}

void keeper__plan_forget(struct keeper *keeper, uint64_t id)
{
    struct keeper_plan *plan = map_take_u64(&keeper->plans, id);

    if (!plan)
        return;
    arena_free(plan->arena);
    (void)heap_free(plan);
}

void keeper__plans_free(struct keeper *keeper)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&keeper->plans, &position)))
        keeper__plan_forget(keeper, ((struct keeper_plan *)entry->value)->start.child);
    map_fini(&keeper->plans);
}

static void plan_keep(struct keeper *keeper, const struct msg_child_start *start)
{
    struct keeper_plan *plan = heap_alloc(sizeof(*plan));

    keeper__plan_forget(keeper, start->child);
    plan->arena = arena_new(0);
    plan->start = keeper__start_copy(plan->arena, start);
    (void)map_put_u64(&keeper->plans, start->child, plan);
}

static void child_start(struct keeper *keeper, const struct msg_child_start *start, bool again)
{
    keeper__secret_forget(keeper, start->child);
    if (!keeper__secret_ask(keeper, start, again))
        keeper__child_go(keeper, start);
}

void keeper__child_start(struct keeper *keeper, const struct msg_child_start *start)
{
    plan_keep(keeper, start);
    child_start(keeper, start, false);
}

void keeper__child_again(struct keeper *keeper, uint64_t id)
{
    struct keeper_plan *plan = map_find_u64(&keeper->plans, id);

    if (!plan)
        return; /* It was stopped meanwhile. */
    child_start(keeper, &plan->start, true);
    keeper__plan_forget(keeper, id);
}

void keeper__child_go(struct keeper *keeper, const struct msg_child_start *start)
{
    struct keeper_child *child = map_find_u64(&keeper->children, start->child);
    struct pipes pipes;
    int r;

    if (child) { /* A new one in its place: the old one's end must not be told as the new one's. */
        (void)map_take_u64(&keeper->children, start->child);
        (void)child_free(child);
    }
    if (!start->argv_count || keeper->children.count >= KEEPER_CHILDREN_MAX || keeper->stopping) {
        keeper__child_failed(keeper, start->child, -1,
                             STR("it was not started: too many, or we are ending"));
        return;
    }
    child = heap_alloc(sizeof(*child));
    *child = (struct keeper_child){ .id = start->child,
                                    .ready.kind = KEEPER_READY_CHILD,
                                    .timer_ready.kind = KEEPER_READY_CHILD_TIMER,
                                    .number = ++keeper->child_number };
    r = pipes_make(&pipes);
    if (r == 0) {
        r = spawn(keeper, start, &pipes, child);
        if (r == 0)
            pass_pipes(keeper, child, &pipes);
        close_all(pipes.child);
        close_all(pipes.ours);
    }
    if (r < 0) {
        keeper__child_failed(keeper, start->child, 127,
                             str_printf(keeper->turn, "cannot start %.*s: %s",
                                        STR_ARG(start->argv[0]), strerror(-r)));
        (void)heap_free(child);
        return;
    }
    (void)map_put_u64(&keeper->children, child->id, child);
}

/* --- Ending ------------------------------------------------------------------------------ */

static void child_stop(struct keeper *keeper, struct keeper_child *child)
{
    if (child->stopping)
        return;
    child->stopping = true;
    proc_kill(child->proc, SIGTERM);
    child->timer = loop_timer_new(keeper->loop, &child->timer_ready);
    loop_timer_set(child->timer, clock_mono_ns() + KEEPER_CHILD_GRACE_MS * 1000000LL);
}

void keeper__child_stop(struct keeper *keeper, uint64_t id)
{
    struct keeper_child *child = map_find_u64(&keeper->children, id);

    keeper__secret_forget(keeper, id);
    keeper__plan_forget(keeper, id);
    if (child)
        child_stop(keeper, child);
}

void keeper__child_overdue(struct keeper_child *child)
{
    proc_kill(child->proc, SIGKILL);
}

void keeper__child_ended(struct keeper *keeper, struct keeper_child *child)
{
    struct proc_end end = proc_end_get(child->proc);
    struct str reason;
    int status = end.signal ? end.signal : end.code << 8;

    if (!end.ended)
        return;
    if (child->stopping)
        reason = STR("it was ended");
    else if (end.signal)
        reason =
            str_printf(keeper->turn, "ended by signal %d (%s)", end.signal, strsignal(end.signal));
    else
        reason = str_printf(keeper->turn, "it ended by itself with exit code %d", end.code);
    keeper__child_failed(keeper, child->id, status, reason);
    (void)map_take_u64(&keeper->children, child->id);
    (void)child_free(child);
    keeper__orphans(keeper);
}

void keeper__children_stop(struct keeper *keeper)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&keeper->children, &position)))
        child_stop(keeper, entry->value);
}

void keeper__children_kill(struct keeper *keeper)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&keeper->children, &position))) {
        struct keeper_child *child = entry->value;

        keeper__child_failed(keeper, child->id, SIGKILL, STR("it was ended"));
        (void)map_take_u64(&keeper->children, child->id);
        (void)child_free(child);
    }
    keeper__orphans(keeper);
}

/* --- What they leave behind --------------------------------------------------------------- */

static size_t file_read(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n;

    if (fd < 0)
        return 0;
    while (len < size && (n = read(fd, text + len, size - len)) > 0)
        len += (size_t)n;
    (void)close(fd);
    return len;
}

static bool is_ours(struct keeper *keeper, int32_t pid)
{
    struct map_entry *entry;
    size_t position = 0;

    for (size_t i = 0; i < KEEPER_PARTS; i++)
        if (keeper->parts[i].proc && proc_pid(keeper->parts[i].proc) == pid)
            return true;
    while ((entry = map_next(&keeper->children, &position)))
        if (proc_pid(((struct keeper_child *)entry->value)->proc) == pid)
            return true;
    return false;
}

struct mark {
    uint64_t keeper; /* its pid; 0: no mark */
    uint64_t number; /* of the child */
};

static struct mark mark_of(int32_t pid)
{
    char path[64];
    char text[65536];
    struct str rest;
    struct mark mark = { 0 };

    (void)snprintf(path, sizeof(path), "/proc/%d/environ", pid);
    rest = str_of(text, file_read(path, text, sizeof(text)));
    while (rest.ptr && rest.len) {
        struct str one = str_split(&rest, '\0');

        if (!str_starts(one, STR(MARK)))
            continue;
        one = str_slice(one, sizeof(MARK) - 1, one.len);
        (void)str_to_u64(str_split(&one, '.'), &mark.keeper);
        (void)str_to_u64(one, &mark.number);
    }
    return mark;
}

static bool has_living_parent(struct keeper *keeper, const struct proc_facts *facts)
{
    struct mark mark = mark_of(facts->pid);
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&keeper->children, &position))) {
        const struct keeper_child *child = entry->value;

        if (child->number == mark.number || proc_pid(child->proc) == facts->session)
            return true;
    }
    return false;
}

/* One generation. Gives how many were ended. */
static size_t orphans_end(struct keeper *keeper)
{
    char path[64];
    char text[16384];
    struct str rest;
    size_t ended = 0;

    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", proc_self());
    rest = str_of(text, file_read(path, text, sizeof(text)));
    while (rest.ptr && rest.len && ended < ORPHANS_MAX) {
        struct str one = str_split(&rest, ' ');
        struct proc_facts facts;
        uint64_t pid;

        if (!str_to_u64(one, &pid) || is_ours(keeper, (int32_t)pid) ||
            proc_facts_get((int32_t)pid, &facts) != 0)
            continue;
        if (waitpid((pid_t)pid, NULL, WNOHANG) == (pid_t)pid)
            continue; /* It had ended by itself. */
        if (has_living_parent(keeper, &facts))
            continue;
        (void)kill((pid_t)pid, SIGKILL);
        if (waitpid((pid_t)pid, NULL, 0) == (pid_t)pid)
            ended++;
    }
    return ended;
}

void keeper__orphans(struct keeper *keeper)
{
    for (int round = 0; round < ORPHAN_ROUNDS; round++)
        if (orphans_end(keeper) == 0)
            return;
}

/* A keeper that was killed could not end what its children had started. */
void keeper__strays(void)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        struct proc_facts facts;
        struct mark mark;
        uint64_t pid;

        if (!str_to_u64(str_from(entry->d_name), &pid))
            continue;
        mark = mark_of((int32_t)pid);
        if (!mark.keeper || (int32_t)mark.keeper == proc_self())
            continue;
        if (proc_facts_get((int32_t)mark.keeper, &facts) == PROC_GONE ||
            strcmp(facts.name, "keeper") != 0)
            (void)kill((pid_t)pid, SIGKILL);
    }
    if (folder)
        (void)closedir(folder);
}
