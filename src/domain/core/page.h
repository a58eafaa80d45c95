/*
 * Pages of results that are kept as artifacts: what tools.writ.results.read(args) asks for. Without
 * a pointer a page needs little more of the artifact than it shows.
 */
#ifndef WRIT_DOMAIN_CORE_PAGE_H
#define WRIT_DOMAIN_CORE_PAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "model/msg.h"

struct core_page {
    struct digest artifact;
    bool whole; /* all of it is needed */
    uint64_t from;
    size_t len; /* more than there is after from: up to its end */
};

struct core_page_bytes {
    struct str bytes;
    uint64_t from;
    uint64_t total;
    bool is_text; /* all of the artifact is UTF-8 */
};

/* What args ask for. False: they name no artifact. */
bool core_page_read(struct str args, struct arena *turn, struct core_page *ret_page);
/* The page, of what it needs, or what is wrong. */
bool core_page_print(struct str args, const struct core_page_bytes *bytes, struct arena *turn,
                     struct buf *out, struct msg_error *ret_error);

#endif
