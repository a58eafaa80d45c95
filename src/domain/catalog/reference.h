/*
 * What in arguments is a reference to an artifact: {"$artifact": "<digest>", ...}. Who checks them
 * and who fills them ask here, so that nothing is checked as a text and sent as another thing.
 */
#ifndef WRIT_DOMAIN_CATALOG_REFERENCE_H
#define WRIT_DOMAIN_CATALOG_REFERENCE_H

#include "base/str.h"

struct json_value;

/* The name in it, which need not be a digest. Null: it is none, or gives its bytes itself. */
struct str catalog_reference(const struct json_value *value);
/* Some object says with "$as" how what it names goes, be it a reference or not. */
bool catalog_says_text(const struct json_value *args);
/* The next reference, as json_next_with. said: of those that say it. */
const struct json_value *catalog_reference_next(const struct json_value *args, bool said,
                                                const struct json_value *last);

#endif
