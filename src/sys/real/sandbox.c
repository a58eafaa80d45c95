/* The words, and the walls they leave standing. The filters are in sandbox_seccomp.c. */
#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sys/real/sandbox.h"
#include "sys/sandbox.h"

#include "base/str.h"
#include "sys/real/landlock.h"

static const struct {
    const char *word;
    unsigned int promise;
} sandbox_words[] = {
    { "stdio", SANDBOX_STDIO },   { "worker", SANDBOX_WORKER }, { "sendfd", SANDBOX_SENDFD },
    { "recvfd", SANDBOX_RECVFD }, { "thread", SANDBOX_THREAD }, { "unix", SANDBOX_UNIX },
    { "inet", SANDBOX_INET },     { "listen", SANDBOX_LISTEN }, { "rpath", SANDBOX_RPATH },
    { "wpath", SANDBOX_WPATH },   { "proc", SANDBOX_PROC },     { "ps", SANDBOX_PS },
    { "tty", SANDBOX_TTY },       { "limit", SANDBOX_LIMIT },
};

static struct sandbox_walls sandbox_now;
static struct proc_path sandbox_paths[SANDBOX_FOLDERS_MAX + 1];
static size_t sandbox_path_count;

void sandbox_folder(const char *path, bool write)
{
    CHECK(!sandbox_now.entered && sandbox_path_count < SANDBOX_FOLDERS_MAX);
    sandbox_paths[sandbox_path_count++] = (struct proc_path){ .path = path, .write = write };
}

void sandbox_undumpable(void)
{
    if (SANDBOX_RELAXED)
        return;
    sandbox_now.undumpable = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static bool sandbox_parse(const char *promises, unsigned int *ret_promised)
{
    struct str rest = str_from(promises);
    unsigned int promised = 0;

    while (rest.ptr) {
        struct str word = str_split(&rest, ' ');
        unsigned int found = 0;

        for (size_t i = 0; i < ARRAY_COUNT(sandbox_words); i++)
            if (str_is(word, sandbox_words[i].word))
                found = sandbox_words[i].promise;
        if (!found && word.len)
            return false;
        promised |= found;
    }
    *ret_promised = promised;
    return true;
}

/* What is started is not ours to fence in: the keeper fences each child by its own plan. */
static void sandbox_fence(unsigned int promised)
{
    struct landlock_plan plan = {
        .paths = sandbox_paths,
        .path_count = sandbox_path_count,
        .net = promised & (SANDBOX_INET | SANDBOX_LISTEN),
        .others = promised & SANDBOX_UNIX,
    };

    if ((promised & SANDBOX_PROC) || SANDBOX_RELAXED || !sandbox_now.no_new_privileges)
        return;
    if (promised & SANDBOX_PS) {
        sandbox_paths[sandbox_path_count].path = "/proc";
        plan.path_count++;
    }
    sandbox_now.landlock_files = landlock__enter(&plan);
    sandbox_now.landlock_net = sandbox_now.landlock_files && !plan.net && landlock__abi() >= 4;
}

int sandbox_enter(const char *promises)
{
    unsigned int promised;

    CHECK(!sandbox_now.entered);
    if (!sandbox_parse(promises, &promised))
        return RAISE(-EINVAL);
    sandbox_undumpable();
    sandbox_now.no_new_privileges = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    sandbox_now.landlock_abi = landlock__abi();
    sandbox_now.relaxed = SANDBOX_RELAXED;
    SANDBOX_KEEPS();
    sandbox_fence(promised);
    sandbox_now.seccomp = sandbox__filter(promised);
    sandbox_now.entered = true;
    return 0;
}

struct sandbox_walls sandbox_walls(void)
{
    return sandbox_now;
}

struct sandbox_walls sandbox_possible(void)
{
    int abi = landlock__abi();

    return (struct sandbox_walls){
        .seccomp = sandbox__filter_possible(),
        .landlock_files = abi >= 1,
        .landlock_net = abi >= 4,
        .landlock_abi = abi,
        .undumpable = true,
        .no_new_privileges = true,
        .relaxed = SANDBOX_RELAXED,
    };
}
