/*
 * Which addresses may be dialled without a person's word: those of the public internet. An address
 * is judged as the bytes that are dialled, whatever name, number form or redirect led to it.
 */
#ifndef WRIT_PROC_EGRESS_ADDRESS_H
#define WRIT_PROC_EGRESS_ADDRESS_H

#include "base/str.h"

#include <stdbool.h>

/* 4 bytes are IPv4, 16 are IPv6, in network order; anything else is not public. */
bool egress__address_is_public(struct str bytes);
/* As people write it: 127.0.0.1, ::1, with or without brackets. False: it is none. */
bool egress__address_parse(struct str text, char ret_bytes[16], size_t *ret_len);

#endif
