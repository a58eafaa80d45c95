/* Answers over HTTP on their way out: bodies of any length, in as many frames as they take. */
#ifndef WRIT_PROC_DAEMON_ANSWER_H
#define WRIT_PROC_DAEMON_ANSWER_H

#include "proc/daemon/internal.h"

void daemon__http_response(struct daemon *daemon, uint64_t exchange,
                           const struct msg_http_response *response);
void daemon__http_chunk(struct daemon *daemon, uint64_t exchange, struct str body, bool last);

#endif
