/* Starting, ending and looking at a Writ of the bench's own. */
#include "house.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOUSE_TEXT 65536U

extern char **environ;

/* ---- programs ---- */

static void house_hear(int fd, char *text, size_t size)
{
    static char rest[4096];
    size_t len = 0;
    ssize_t got;

    do {
        bool fits = text && len + 1 < size;

        got = read(fd, fits ? text + len : rest, fits ? size - 1 - len : sizeof(rest));
        if (fits && got > 0)
            len += (size_t)got;
    } while (got > 0);
    if (text)
        text[len] = 0;
}

int house_run(char *const *argv, char *text, size_t size)
{
    posix_spawn_file_actions_t actions;
    int ends[2];
    int status = 0;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0 || posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1) != 0)
        load_fail("a pipe: %s", strerror(errno));
    if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0)
        load_fail("%s does not start", argv[0]);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    house_hear(ends[0], text, size);
    (void)close(ends[0]);
    while (waitpid(pid, &status, 0) < 0)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void house_person(const struct house *house, const char *format, ...)
{
    static char said[HOUSE_TEXT];
    char words[4096];
    char command[8400];
    char script[] = "script", quiet[] = "-qec", nowhere[] = "/dev/null";
    char *argv[] = { script, quiet, command, nowhere, NULL };
    va_list args;

    va_start(args, format);
    (void)vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    (void)snprintf(command, sizeof(command), "%s %s", house->writ, words);
    if (house_run(argv, said, sizeof(said)) != 0)
        load_fail("%s: %s", command, said);
}

/* ---- open and close ---- */

static pid_t house_parent(pid_t pid)
{
    char path[64];
    char line[256];
    FILE *file;
    pid_t parent = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "PPid:", 5) == 0)
            parent = (pid_t)strtol(line + 5, NULL, 10);
    if (file)
        (void)fclose(file);
    return parent;
}

void house_look(struct house *house)
{
    static char text[HOUSE_TEXT];
    char status[] = "status", json[] = "--json";
    char *argv[] = { house->writ, status, json, NULL };
    const char *at;

    if (house_run(argv, text, sizeof(text)) != 0)
        load_fail("writ status: %s", text);
    at = strstr(text, "\"http\":\"http://127.0.0.1:");
    house->door.port = at ? (int)strtol(at + 25, NULL, 10) : 0;
    house->pid_count = 0;
    for (at = text; (at = strstr(at, "\"kind\":")) && house->pid_count + 1 < HOUSE_PROCESSES_MAX;) {
        at = strstr(at, "\"pid\":");
        if (!at)
            break;
        house->pids[house->pid_count++] = (pid_t)strtol(at + 6, NULL, 10);
    }
    if (house->door.port == 0 || house->pid_count == 0)
        load_fail("writ status says no port or no processes: %s", text);
    house->keeper = house_parent(house->pids[0]);
    house->pids[house->pid_count++] = house->keeper;
}

static void house_token(struct house *house)
{
    char path[4200];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/run/token", house->home);
    file = fopen(path, "r");
    if (!file || fscanf(file, "%127s", house->door.token) != 1)
        load_fail("no token in %s", path);
    (void)fclose(file);
}

/* A bench that fails leaves nothing running. */
static pid_t house_now[4];

static void house_end(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(house_now); i++)
        if (house_now[i] > 1)
            (void)kill(house_now[i], SIGTERM);
}

static void house_now_change(pid_t from, pid_t to)
{
    for (size_t i = 0; i < ARRAY_COUNT(house_now); i++)
        if (house_now[i] == from) {
            house_now[i] = to;
            return;
        }
}

void house_open(struct house *house, const char *writ, const char *home)
{
    char up[] = "up", http[] = "--http", where[] = "127.0.0.1:0";
    char *argv[] = { house->writ, up, http, where, NULL };
    static bool watched;
    double began_us;

    if (!watched && atexit(house_end) == 0)
        watched = true;
    *house = (struct house){ 0 };
    (void)snprintf(house->writ, sizeof(house->writ), "%s", writ);
    (void)snprintf(house->home, sizeof(house->home), "%s", home);
    if (mkdir(home, 0700) < 0 && errno != EEXIST)
        load_fail("%s: %s", home, strerror(errno));
    if (setenv("WRIT_HOME", home, 1) < 0)
        load_fail("no memory");
    began_us = bench_now_us();
    if (house_run(argv, NULL, 0) != 0)
        load_fail("writ up failed in %s", home);
    house->ready_us = bench_now_us() - began_us;
    house_look(house);
    house_token(house);
    house_now_change(0, house->keeper);
}

void house_close(struct house *house)
{
    if (setenv("WRIT_HOME", house->home, 1) < 0)
        load_fail("no memory");
    house_person(house, "down");
    house_now_change(house->keeper, 0);
}

void house_kill(struct house *house)
{
    house_look(house);
    house_now_change(house->keeper, 0);
    (void)kill(house->keeper, SIGKILL);
    for (size_t i = 0; i < house->pid_count; i++)
        (void)kill(house->pids[i], SIGKILL);
    /* The lock of one that is dying still holds. */
    for (size_t i = 0; i < house->pid_count; i++)
        for (int tries = 0; kill(house->pids[i], 0) == 0 && tries < 2000; tries++)
            (void)usleep(1000);
}

/* ---- looking ---- */

uint64_t house_pss_kib(const struct house *house)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < house->pid_count; i++) {
        char path[64];
        char line[256];
        FILE *file;

        (void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)house->pids[i]);
        file = fopen(path, "r");
        if (!file)
            return 0;
        while (fgets(line, sizeof(line), file))
            if (strncmp(line, "Pss:", 4) == 0)
                sum += strtoul(line + 4, NULL, 10);
        (void)fclose(file);
    }
    return sum;
}

static bool house_is(pid_t pid, const char *name)
{
    char path[64];
    char line[64] = "";
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    file = fopen(path, "r");
    if (file && fgets(line, sizeof(line), file))
        line[strcspn(line, "\n")] = '\0';
    if (file)
        (void)fclose(file);
    return strcmp(line, name) == 0;
}

double house_cpu_of_us(const struct house *house, const char *name)
{
    double sum = 0;

    for (size_t i = 0; i < house->pid_count; i++) {
        char path[64];
        char line[128] = "";
        FILE *file;

        if (name && !house_is(house->pids[i], name))
            continue;
        (void)snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)house->pids[i]);
        file = fopen(path, "r");
        if (file && fgets(line, sizeof(line), file))
            sum += strtod(line, NULL) / 1e3;
        if (file)
            (void)fclose(file);
    }
    return sum;
}

double house_cpu_us(const struct house *house)
{
    return house_cpu_of_us(house, NULL);
}

/* What was prewritten is NUL. */
static uint64_t house_file_bytes(const char *path)
{
    static char piece[65536];
    FILE *file = fopen(path, "r");
    uint64_t at = 0;
    uint64_t end = 0;
    size_t got;

    if (!file)
        return 0;
    while ((got = fread(piece, 1, sizeof(piece), file)) > 0) {
        for (size_t i = got; i-- > 0;)
            if (piece[i]) {
                end = at + i + 1;
                break;
            }
        at += got;
    }
    (void)fclose(file);
    return end;
}

uint64_t house_log_bytes(const struct house *house)
{
    char path[4200];
    uint64_t sum = 0;
    struct dirent *entry;
    DIR *folder;

    (void)snprintf(path, sizeof(path), "%s/log", house->home);
    folder = opendir(path);
    while (folder && (entry = readdir(folder))) {
        char file[8400];

        (void)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        sum += house_file_bytes(file);
    }
    if (folder)
        (void)closedir(folder);
    return sum;
}
