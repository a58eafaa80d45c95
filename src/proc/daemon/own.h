/* What the daemon itself carries out for Writ's own tools. */
#ifndef WRIT_PROC_DAEMON_OWN_H
#define WRIT_PROC_DAEMON_OWN_H

#include <stdint.h>

struct call;
struct core_effect;
struct daemon;

/* An attempt of a call of Writ's own ends at once: its outcome is one more command. */
void daemon__own_send(struct daemon *daemon, const struct core_effect *effect,
                      const struct call *call);
/* Lists the tools of a source anew, and starts it where it is down. */
void daemon__source_refresh(struct daemon *daemon, uint64_t source);

#endif
