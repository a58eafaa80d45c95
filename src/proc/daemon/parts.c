/*
 * Processes that run only while needed: egress-net, once the first source over the network is
 * opened, and compile, for a document. The keeper starts them when it is asked, and says so by
 * process_started; where it cannot, process_ended with pid 0 answers.
 */
#include "proc/daemon/internal.h"

void daemon__process_want(struct daemon *daemon, enum msg_process_kind kind)
{
    const struct msg_process_want want = { .kind = kind };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_process_want_encode(&want, &payload);
    daemon__send(&daemon->keeper, MSG_PROCESS_WANT, 0, buf_str(&payload));
}

/* There is no egress-net: whatever waits for it hears so, and may try again later. */
static void daemon_net_missing(struct daemon *daemon)
{
    const struct catalog_source *source;

    daemon->net_missing = true;
    for (size_t at = 0; (source = catalog_source_next(core_catalog(daemon->core), &at));) {
        struct daemon_source *held = map_find_u64(&daemon->sources, source->source);
        struct command command = { .type = COMMAND_SOURCE_REPORT };

        if (!held || !held->wanted || source->kind == MSG_SOURCE_KIND_MCP_STDIO)
            continue;
        held->wanted = false;
        command.as.source_report.source = source->source;
        command.as.source_report.state = MSG_SOURCE_STATE_ERROR;
        command.as.source_report.reason =
            STR("the program egress-net, which goes out for it, cannot be started");
        daemon__step(daemon, &command);
    }
}

void daemon__process_ended(struct daemon *daemon, const struct msg_process_ended *ended)
{
    if (ended->kind == MSG_PROCESS_KIND_EGRESS_NET && ended->pid == 0)
        daemon_net_missing(daemon);
    if (ended->kind == MSG_PROCESS_KIND_COMPILE && ended->pid == 0)
        daemon__compile_missing(daemon);
}
