/*
 * sealed - bytes in a descriptor of memory that nobody can change, which goes to another process
 * with a frame (link.h). Whoever receives it sees what was written, from the beginning.
 */
#ifndef WRIT_SYS_SEALED_H
#define WRIT_SYS_SEALED_H

#include "base/base.h"
#include "base/str.h"

/* Gives a descriptor, or a fault: -EMFILE, -ENOMEM. */
MUST int sealed_open(struct str bytes);
/* The same of parts, one after another. */
MUST int sealed_open_parts(const struct str *parts, size_t count);

#endif
