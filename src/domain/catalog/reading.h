/*
 * A listing that is an artifact, taken in by steps of some microseconds, for a source that is
 * there: what is then left to do when its event is applied does not grow with the listing.
 *
 *     catalog_reading_new -> its bytes -> catalog_reading_step ... -> catalog_reading_keep
 *     -> the event -> catalog_reading_free
 */
#ifndef WRIT_DOMAIN_CATALOG_READING_H
#define WRIT_DOMAIN_CATALOG_READING_H

#include "domain/catalog/catalog.h"

struct catalog_reading;

enum catalog_reading_answer {
    CATALOG_READING_WHOLE = 0,
    CATALOG_READING_MORE,
    CATALOG_READING_UNSOUND, /* catalog_reading_why says why */
};

struct catalog_reading *catalog_reading_new(struct catalog *catalog, uint64_t source,
                                            const struct digest *digest);
/* Where its bytes go, all of them before the first step; NULL: the catalog has them. */
struct buf *catalog_reading_bytes(struct catalog_reading *reading);
MUST int catalog_reading_step(struct catalog_reading *reading, size_t steps);
const char *catalog_reading_why(const struct catalog_reading *reading);
/* It is whole: an event may name it. Of a source that is gone nothing is kept. */
void catalog_reading_keep(struct catalog_reading *reading);
/* After the event, if there was one. */
struct catalog_reading *catalog_reading_free(struct catalog_reading *reading);

#endif
