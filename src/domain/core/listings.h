/*
 * What a source offers, and what a person says of it. Listings that are artifacts: whoever replays
 * or compiles puts them into the catalog first.
 */
#ifndef WRIT_DOMAIN_CORE_LISTINGS_H
#define WRIT_DOMAIN_CORE_LISTINGS_H

#include "base/arena.h"
#include "base/base.h"
#include "base/digest.h"
#include "base/str.h"
#include "model/event.h"
#include "model/msg.h"

struct catalog;
struct core;

/* What became of the document of a source. */
struct command_compiled {
    uint64_t source;
    enum msg_source_kind kind; /* as it was found to be */
    struct digest artifact;    /* all zero: there is none */
    struct str reason;         /* why there is none, or what was left out */
};

/* What a person says of tools, which are named by address, path or name upstream. */
struct command_pin {
    struct str name;      /* of the source */
    struct digest digest; /* what it offered when the person looked */
    const struct str *tools;
    size_t tools_count;                      /* 0: all that wait */
    const struct event_tool_effect *effects; /* approving: classes that the person chose */
    size_t effects_count;
    struct event_who who;
};

/* To put listings into. */
struct catalog *core_catalog_open(struct core *core);

/* Listings that a line's events name: they must be in the catalog before it is replayed. */
size_t core_replay_needs(struct str events, struct arena *scratch, struct digest *ret_needs,
                         size_t max);

#endif
