/*
 * yaml - a YAML document as JSON text. The door to libyaml.
 *
 * One document; plain scalars by the core schema of YAML 1.2 (so yes and no are texts, 0o17 and
 * 0x1F are numbers); anchors, aliases and merge keys. Keys are unique; a key that is no text is
 * taken as it is written. What JSON cannot hold (.inf, .nan) stays a text.
 *
 * Easy to get wrong: aliases make a small text a huge one. Everything is counted as it is
 * printed, and what grows beyond YAML_GROWTH_MAX times its size is refused.
 */
#ifndef WRIT_FORMAT_YAML_YAML_H
#define WRIT_FORMAT_YAML_YAML_H

#include "base/arena.h"
#include "base/base.h"
#include "base/str.h"

#define YAML_DEPTH_MAX  256U
#define YAML_GROWTH_MAX 8U /* times the text, plus YAML_GROWTH_MIN */
#define YAML_GROWTH_MIN 65536U

struct yaml_error {
    size_t line;   /* from 1 */
    size_t column; /* from 1 */
    char sentence[160];
};

enum yaml_answer {
    YAML_READ = 0,
    YAML_MALFORMED = 1, /* *ret_error says where and why */
};

/* Borrows the text; the JSON lives in the arena. */
MUST int yaml_to_json(struct str text, struct arena *arena, struct yaml_error *ret_error,
                      struct str *ret_json);

/*
 * Where what a JSON pointer names begins in the text: the nearest that is written there, where
 * it came by an alias or a merge key. Line 1 where the text is no YAML.
 */
void yaml_locate(struct str text, struct str pointer, size_t *ret_line, size_t *ret_column);

#endif
