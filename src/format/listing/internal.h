/* Shared by the files of this room; nobody else may include it. */
#ifndef WRIT_FORMAT_LISTING_INTERNAL_H
#define WRIT_FORMAT_LISTING_INTERNAL_H

#include "format/listing/listing.h"

#define LISTING__MAGIC      "writlist"
#define LISTING__MAGIC_LEN  8U
#define LISTING__HEADER_LEN 32U
#define LISTING__TOOL_LEN   76U
#define LISTING__DEF_LEN    16U
#define LISTING__NONE       UINT32_MAX

#endif
