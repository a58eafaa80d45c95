/*
 * client - a conversation with the daemon over its socket.
 *
 * client_need() connects, and starts the parts first where none runs; client_ask() is one
 * request and one answer; client_send() and client_next() are for streams.
 *
 * Easy to get wrong: a response lives in the client's own arena until the next client_next().
 */
#ifndef WRIT_PROC_CLI_CLIENT_H
#define WRIT_PROC_CLI_CLIENT_H

#include "base/base.h"
#include "base/str.h"
#include "format/json/json.h"
#include "proc/cli/cli.h"

struct client_response {
    unsigned status;
    bool more;
    struct str text;
    const struct json_value *body; /* NULL: none */
};

enum client_answer {
    CLIENT_LATE = 0,     /* the time is over */
    CLIENT_RESPONSE = 1, /* one was given */
    CLIENT_GONE = 2,     /* the daemon ended the conversation */
    CLIENT_STOPPED = 3,  /* the person pressed Ctrl-C, or the session ends */
    CLIENT_DETACHED = 4, /* an MCP conversation is over */
    CLIENT_TYPED = 5,    /* there is something to read at the terminal */
};

/* Makes cli->client ready. CLI_DONE, or it has said why not and gives the exit code. */
MUST int client_need(struct cli *cli);
/* The same, never starting anything; CLI_NO_DAEMON without a word where none runs. */
MUST int client_find(struct cli *cli);
/* Lets go of cli->client and looks for a daemon anew, as client_find, for at most that long. */
MUST int client_again(struct cli *cli, int64_t within_ms);
/* A second conversation beside cli->client, which must be there: for a stream. */
MUST int client_beside(struct cli *cli, struct client **ret_client);
struct client *client_free(struct client *client);

/* Sends a request; body: JSON or null. Answers come with client_next. */
MUST int client_send(struct client *client, const char *method, struct str path, struct str body);
/* The next response to the last request; timeout_ms -1: as long as it takes. */
MUST int client_next(struct client *client, int64_t timeout_ms, struct client_response *ret);

/*
 * One request, one answer. CLI_DONE with a status below 400; otherwise the error has been said
 * and its exit code is given.
 */
MUST int client_ask(struct cli *cli, const char *method, struct str path, struct str body,
                    struct client_response *ret);

/* The same with a descriptor, which is borrowed. */
MUST int client_ask_with(struct cli *cli, int fd, struct str path, struct str body,
                         struct client_response *ret);

/* GET, for what must outlive the next request: its JSON in the arena. */
MUST int client_get_kept(struct cli *cli, struct str path, const struct json_value **ret_root);

/* The next answer to the same request, where the last one had more to come. */
MUST int client_more(struct cli *cli, struct client_response *ret);

/* From now on Ctrl-C is CLIENT_STOPPED instead of an end. */
MUST int client_catch(struct client *client);

/* From now on something to read at this terminal is CLIENT_TYPED. fd: borrowed; -1: no more. */
MUST int client_listen(struct client *client, int fd);

/* Passes two descriptors for an MCP conversation. */
MUST int client_attach(struct client *client, int in, int out);

#endif
