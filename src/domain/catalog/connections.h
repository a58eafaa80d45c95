/*
 * Further connections of a source: a source called source@connection is one of them. It is a
 * source of its own, with a handle and credentials of its own; the first has the plain name.
 */
#ifndef WRIT_DOMAIN_CATALOG_CONNECTIONS_H
#define WRIT_DOMAIN_CATALOG_CONNECTIONS_H

#include "domain/catalog/catalog.h"

/* What a source of this name is a further connection of; NULL: it is the first. */
const struct catalog_source *catalog_first_of(const struct catalog *catalog, struct str name);
/* Those of a source, in the order added; *position starts at 0; NULL at the end. */
const struct catalog_source *catalog_connection_next(const struct catalog *catalog,
                                                     const struct catalog_source *source,
                                                     size_t *position);

#endif
