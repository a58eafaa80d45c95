/* What scan.c and pem.c share. */
#ifndef WRIT_FORMAT_SECRET_INTERNAL_H
#define WRIT_FORMAT_SECRET_INTERNAL_H

#include "format/secret/secret.h"

/*
 * A private key block around the "-----BEGIN " that ends at `at`. Looks no further than the next
 * line of dashes.
 */
bool secret__pem_find(struct str text, size_t at, struct secret_span *ret_span);

#endif
