/* Pages of results that are kept as artifacts: what tools.writ.results.read(args) asks for. */
#ifndef WRIT_DOMAIN_CORE_PAGE_H
#define WRIT_DOMAIN_CORE_PAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "model/msg.h"

/* Whose page it is. False: args name none. */
bool core_page_artifact(struct str args, struct arena *turn, struct digest *ret_digest);
/* The page of its text, or what is wrong. */
bool core_page_print(struct str args, struct str text, struct arena *turn, struct buf *out,
                     struct msg_error *ret_error);

#endif
