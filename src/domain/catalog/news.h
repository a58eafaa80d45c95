/*
 * What a source offers is a line of the log each time that it is another list, with all of it. A
 * source decides how often that is; so each list has its price in time, by its length, and a
 * source that has spent too much of it is listed again later. So much may be owed at once.
 *
 * Until then what was listed last stays in force, and what the source offers differently is not
 * called: egress knows.
 */
#ifndef WRIT_DOMAIN_CATALOG_NEWS_H
#define WRIT_DOMAIN_CATALOG_NEWS_H

#include "domain/catalog/catalog.h"

#define CATALOG_NEWS_BYTES_MIN (64U << 10) /* a list costs as if it were as long as this */
#define CATALOG_NEWS_BURST     (16U << 20) /* bytes of lists at once */
#define CATALOG_NEWS_HOUR      (2U << 20)  /* and then in an hour */

/* Its list was recorded at this time. */
void catalog_news_note(struct catalog *catalog, uint64_t source, int64_t at_ms);
/* Until another one is; 0: it may be now. */
int64_t catalog_news_wait_ms(const struct catalog_source *source, int64_t now_ms);

#endif
