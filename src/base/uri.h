/*
 * uri - references against a base: RFC 3986, section 5. Fragments are kept apart by the caller.
 */
#ifndef WRIT_BASE_URI_H
#define WRIT_BASE_URI_H

#include "base/str.h"

/* The part before '#', and what follows it (null where there is no '#'). */
struct str uri_split(struct str uri, struct str *ret_fragment);

/* The target of a reference without fragment, seen from the base. Either may be empty. */
struct str uri_resolve(struct arena *arena, struct str base, struct str reference);

/* scheme://host:port in lower case of an http or https URL; null of another one. */
struct str uri_origin(struct arena *arena, struct str uri);

/* With %XX decoded, or as it is where there is none. */
struct str uri_decode(struct arena *arena, struct str text);

#endif
