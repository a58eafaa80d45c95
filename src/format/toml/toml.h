/*
 * toml - one table of a TOML document as JSON: what configuration files of others are read with.
 *
 * Read are tables, dotted and quoted keys, strings of all four kinds, whole numbers, booleans,
 * lists and inline tables, as TOML 1.0 has them. Other numbers and dates become strings, as
 * written. Lists of tables ([[...]]) are passed over. The first thing that is none of these ends
 * it.
 */
#ifndef WRIT_FORMAT_TOML_TOML_H
#define WRIT_FORMAT_TOML_TOML_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

#define TOML_BYTES_MAX (4U * 1024U * 1024U)
#define TOML_DEPTH_MAX 32U   /* lists and inline tables in each other */
#define TOML_NAMES_MAX 16U   /* parts of a key */
#define TOML_TABLE_MAX 4096U /* values taken */

struct toml_error {
    size_t line; /* from 1 */
    const char *sentence;
};

enum toml_answer {
    TOML_READ = 0,
    TOML_MALFORMED = 1, /* *ret_error says where and why */
};

/*
 * Adds an object: each table below `table`, by name, with its values; a table in one of these is an
 * object in it. What is no table below it is there as its value. {} where there is none. Borrows
 * the text.
 */
MUST int toml_table_print(struct str text, struct str table, struct arena *arena, struct buf *out,
                          struct toml_error *ret_error);

#endif
