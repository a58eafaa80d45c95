/*
 * Artifacts that the arguments of a call name as bytes, {"$artifact": "<digest>"}: where an
 * operation of OpenAPI takes bytes (its body, its members, and the elements of those that are
 * lists), and where a tool of MCP takes a text and no such object, as base64. Anywhere, for a
 * source of any kind, where it says so itself: {"$artifact": "<digest>", "$as": "base64"}; then no
 * other of the call's is read as text.
 */
#ifndef WRIT_DOMAIN_CORE_FILES_H
#define WRIT_DOMAIN_CORE_FILES_H

#include "domain/catalog/catalog.h"
#include "model/msg.h"

struct arena;
struct core;

/* As many as travel with a frame. */
#define CORE_FILES_MAX 7U
struct core_files {
    struct digest digests[CORE_FILES_MAX]; /* each once */
    struct str paths[CORE_FILES_MAX];      /* JSON pointers into the arguments */
    size_t count;
};
struct core_files_of {
    const struct catalog_tool *tool;
    struct str args;
    struct arena *turn;
};
/* False: there are too many, or one is misnamed. Whether the caller may have them is not asked. */
MUST bool core_files(struct core *core, const struct core_files_of *of,
                     struct core_files *ret_files, struct msg_error *ret_error);

/* May the actor have the artifact of this name (64 hexadecimal digits)? It was given to one of its
 * programs, and is among the last that were given to anybody. */
bool core_result_is_of(const struct core *core, struct str name, struct str actor);

#endif
