/* What /proc says about processes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "sys/proc.h"

#include <stdlib.h>

static size_t proc_file(int32_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    ssize_t got;
    int fd;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    got = read(fd, text, size - 1);
    (void)close(fd);
    text[got > 0 ? got : 0] = '\0';
    return got > 0 ? (size_t)got : 0;
}

/* proc(5): pid (name) state ppid pgrp session tty_nr ...; starttime is number 22. */
static bool proc_parse_stat(const char *text, struct proc_facts *facts)
{
    const char *open = strchr(text, '(');
    const char *close = strrchr(text, ')');
    unsigned long long numbers[23] = { 0 };
    const char *at;

    if (!open || !close || close < open || strlen(close) < 4)
        return false;
    (void)snprintf(facts->name, sizeof(facts->name), "%.*s", (int)(close - open - 1), open + 1);
    at = close + 3; /* past ") S" */
    for (size_t i = 4; i <= 22; i++) {
        char *end;

        numbers[i] = strtoull(at, &end, 10);
        if (end == at)
            return false;
        at = end;
    }
    facts->parent = (int32_t)numbers[4];
    facts->session = (int32_t)numbers[6];
    facts->tty = (int32_t)numbers[7];
    facts->started = numbers[22];
    return true;
}

static bool proc_parse_uid(const char *text, struct proc_facts *facts)
{
    const char *line = strstr(text, "\nUid:");

    if (!line)
        return false;
    facts->uid = (uint32_t)strtoul(line + 5, NULL, 10);
    return true;
}

int proc_facts_get(int32_t pid, struct proc_facts *ret_facts)
{
    struct proc_facts facts = { .pid = pid };
    char text[2048];

    if (pid <= 0 || !proc_file(pid, "stat", text, sizeof(text)) || !proc_parse_stat(text, &facts))
        return PROC_GONE;
    if (!proc_file(pid, "status", text, sizeof(text)) || !proc_parse_uid(text, &facts))
        return PROC_GONE;
    *ret_facts = facts;
    return 0;
}

size_t proc_ancestry(int32_t pid, struct proc_facts *ret_chain, size_t max)
{
    size_t count = 0;

    while (count < max && proc_facts_get(pid, &ret_chain[count]) == 0) {
        pid = ret_chain[count].parent;
        count++;
        if (pid <= 0)
            break;
    }
    return count;
}

bool proc_pidfd_alive(int pidfd)
{
    struct pollfd one = { .fd = pidfd, .events = POLLIN };

    return poll(&one, 1, 0) == 0;
}
