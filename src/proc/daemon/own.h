/* What the daemon itself carries out for Writ's own tools. */
#ifndef WRIT_PROC_DAEMON_OWN_H
#define WRIT_PROC_DAEMON_OWN_H

#include "domain/core/core.h"
#include "domain/core/files.h"

#include <stdint.h>

struct daemon;

/* An attempt of a call of Writ's own ends at once: its outcome is one more command. */
void daemon__own_send(struct daemon *daemon, const struct core_effect *effect,
                      const struct call *call);
/* Descriptors of the artifacts that a call names as bytes. False: one is not there. */
struct daemon_files {
    struct core_files found;
    int fds[CORE_FILES_MAX];
    size_t open;
};
MUST bool daemon__files_open(struct daemon *daemon, const struct catalog_tool *tool,
                             struct str args, struct daemon_files *ret_files,
                             struct msg_error *ret_error);
void daemon__files_close(struct daemon_files *files);
/* Lists the tools of a source anew, and starts it where it is down. */
void daemon__source_refresh(struct daemon *daemon, uint64_t source);

#endif
