/*
 * format - the named formats of JSON Schema. Each takes text that is valid UTF-8.
 */
#ifndef WRIT_FORMAT_SCHEMA_FORMAT_H
#define WRIT_FORMAT_SCHEMA_FORMAT_H

#include "format/schema/internal.h"

bool schema__format_date_time(struct str text);
bool schema__format_date(struct str text);
bool schema__format_time(struct str text);
bool schema__format_duration(struct str text);

bool schema__format_email(struct str text);
bool schema__format_idn_email(struct str text);
bool schema__format_hostname(struct str text);
bool schema__format_idn_hostname(struct str text);
bool schema__format_ipv4(struct str text);
bool schema__format_ipv6(struct str text);

bool schema__format_uri(struct str text);
bool schema__format_uri_reference(struct str text);
bool schema__format_iri(struct str text);
bool schema__format_iri_reference(struct str text);
bool schema__format_uri_template(struct str text);

bool schema__format_uuid(struct str text);
bool schema__format_json_pointer(struct str text);
bool schema__format_relative_json_pointer(struct str text);
bool schema__format_regex(struct str text);

/* Takes the prefix off the text if it is there. */
bool schema__format_take(struct str *text, const char *prefix);
/* Takes exactly count decimal digits off the text. */
bool schema__format_take_digits(struct str *text, size_t count, unsigned *ret_number);

#endif
