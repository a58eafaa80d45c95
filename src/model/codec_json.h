/*
 * codec_json - what the generated JSON printers and parsers are made of.
 *
 * Only model/ uses it. A printer writes every member with a comma before it; codec_json_close
 * turns the first comma into the brace. The parsers give false, and leave *ret_x untouched, for
 * a value of another type.
 */
#ifndef WRIT_MODEL_CODEC_JSON_H
#define WRIT_MODEL_CODEC_JSON_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/id.h"
#include "format/json/json.h"

/* Ends the object whose members were written from start on. */
void codec_json_close(struct buf *out, size_t start);
/* An absent text is null. */
void codec_json_str(struct buf *out, struct str text);
/* A text that needs no escapes. */
void codec_json_word(struct buf *out, struct str text);
/* JSON text as it stands; absent is null. */
void codec_json_raw(struct buf *out, struct str text);
/* All zero is null. */
void codec_json_id(struct buf *out, struct id id, const char *prefix);
void codec_json_digest(struct buf *out, const struct digest *digest);
/* Digits that name the same double; what JSON cannot hold is null. */
void codec_json_double(struct buf *out, double value);

/* null is absent. */
bool codec_json_parse_str(const struct json_value *value, size_t max, struct str *ret_text) MUST;
bool codec_json_parse_word(const struct json_value *value, struct str *ret_text) MUST;
bool codec_json_parse_raw(const struct json_value *value, struct arena *arena, size_t max,
                          struct str *ret_text) MUST;
bool codec_json_parse_id(const struct json_value *value, const char *prefix,
                         struct id *ret_id) MUST;
bool codec_json_parse_digest(const struct json_value *value, struct digest *ret_digest) MUST;
bool codec_json_parse_u32(const struct json_value *value, uint32_t *ret_number) MUST;
bool codec_json_parse_bool(const struct json_value *value, bool *ret_truth) MUST;

#define codec_json_parse_u64    json_to_u64
#define codec_json_parse_i64    json_to_i64
#define codec_json_parse_double json_to_double

#endif
