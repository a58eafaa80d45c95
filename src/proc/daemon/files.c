/* Artifacts that the arguments of a call name as bytes: egress gets a descriptor of each. */
#include "proc/daemon/internal.h"
#include "proc/daemon/own.h"

bool daemon__files_open(struct daemon *daemon, const struct catalog_tool *tool, struct str args,
                        struct daemon_files *ret_files, struct msg_error *ret_error)
{
    struct core_files *found = &ret_files->found;

    ret_files->open = 0;
    if (!core_files(daemon->core,
                    &(struct core_files_of){ .tool = tool, .args = args, .turn = daemon->turn },
                    found, ret_error))
        return false;
    while (ret_files->open < found->count) {
        size_t at = ret_files->open;

        if (log_artifact_lend(daemon->disk, &found->digests[at], &ret_files->fds[at]) != 0) {
            daemon__files_close(ret_files);
            *ret_error = (struct msg_error){
                .code = STR("invalid"),
                .message = str_printf(daemon->turn,
                                      "%.*s: this artifact is not kept any more: repeat the call "
                                      "that gave it, or give the bytes as {\"$base64\": ...}",
                                      STR_ARG(found->paths[at]))
            };
            return false;
        }
        ret_files->open++;
    }
    return true;
}

void daemon__files_close(struct daemon_files *files)
{
    while (files->open)
        link_fd_close(files->fds[--files->open]);
}
