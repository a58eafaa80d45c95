/*
 * out - writes JSON text piece by piece into a buf, with the commas where they belong.
 *
 *     struct json_out out = json_out(&buf);
 *     json_out_object(&out);
 *     json_out_key(&out, "ids");
 *     json_out_array(&out);
 *     json_out_u64(&out, 7);
 *     json_out_end(&out);
 *     json_out_end(&out);
 *
 * Easy to get wrong: in an object every value needs its key before it. What is opened must be
 * ended; JSON_OUT_DEPTH_MAX levels may be open (what comes from outside goes in as a value).
 */
#ifndef WRIT_FORMAT_JSON_OUT_H
#define WRIT_FORMAT_JSON_OUT_H

#include "format/json/json.h"

#define JSON_OUT_DEPTH_MAX 64U

struct json_out {
    struct buf *buf;
    uint64_t objects; /* bit n: the open container n is an object */
    uint32_t depth;
    bool comma; /* something stands before the next value */
    bool keyed; /* a key stands before the next value */
};

static inline struct json_out json_out(struct buf *buf)
{
    return (struct json_out){ .buf = buf };
}

void json_out_object(struct json_out *out);
void json_out_array(struct json_out *out);
/* Ends the innermost open object or array. */
void json_out_end(struct json_out *out);

void json_out_key(struct json_out *out, const char *key);
void json_out_key_str(struct json_out *out, struct str key);

void json_out_str(struct json_out *out, struct str text);
void json_out_u64(struct json_out *out, uint64_t number);
void json_out_i64(struct json_out *out, int64_t number);
void json_out_bool(struct json_out *out, bool truth);
void json_out_null(struct json_out *out);
void json_out_value(struct json_out *out, const struct json_value *value);
/* Text that is JSON already; borrowed and not looked at. */
void json_out_raw(struct json_out *out, struct str json);

/* A key with its value; nothing where the text is null. */
void json_out_member_str(struct json_out *out, const char *key, struct str text);
void json_out_member_raw(struct json_out *out, const char *key, struct str json);
void json_out_member_u64(struct json_out *out, const char *key, uint64_t number);
void json_out_member_bool(struct json_out *out, const char *key, bool truth);

#endif
