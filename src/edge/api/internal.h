/* What the files of edge/api share. */
#ifndef WRIT_EDGE_API_INTERNAL_H
#define WRIT_EDGE_API_INTERNAL_H

#include "edge/api/api.h"
#include "format/json/json.h"

#define API__SEGMENTS_MAX 5U
#define API__QUERY_MAX    16U

/* A request taken apart. Texts are decoded. */
struct api__request {
    struct str segments[API__SEGMENTS_MAX];
    size_t segment_count;
    struct str query_names[API__QUERY_MAX];
    struct str query_values[API__QUERY_MAX];
    size_t query_count;
    struct str name;               /* the segment that the route's star stands for; or null */
    const struct json_value *body; /* NULL: none */
    struct arena *arena;
    struct report *report;
};

/* The value of a query parameter; null if it is not there. */
struct str api__query(const struct api__request *request, const char *name);

/*
 * Readers of one member or parameter: absent leaves *ret_value as it is; a value of another type
 * or out of range is added to the report.
 */
void api__text(struct api__request *request, const char *key, struct str *ret_value);
void api__text_required(struct api__request *request, const char *key, struct str *ret_value);
void api__bool(struct api__request *request, const char *key, bool *ret_value);
void api__ms(struct api__request *request, const char *key, int64_t *ret_value);
void api__json(struct api__request *request, const char *key, struct str *ret_value);
void api__words(struct api__request *request, const char *key, struct api_words *ret_words);
/* May be missing or empty. */
void api__words_if(struct api__request *request, const char *key, struct api_words *ret_words);
/* An object of texts by name of a header, as Name: value. */
void api__headers(struct api__request *request, const char *key, struct api_words *ret_words);
/* An object of effect classes by address of a tool, as ADDRESS=CLASS. */
bool api__is_effect(struct str word);
void api__effects(struct api__request *request, const char *key, struct api_words *ret_words);
void api__variables(struct api__request *request, const char *key, struct api_words *ret_words);
void api__query_bool(struct api__request *request, const char *name, bool *ret_value);
void api__query_number(struct api__request *request, const char *name, uint64_t max,
                       uint64_t *ret_value);

/*
 * Writers of one member of an object. They put the comma themselves: an object is opened with
 * api__open and each name follows it. A null text is written as null by api__put_str and left
 * out by api__put_str_if.
 */
void api__open(struct buf *out);
void api__close(struct buf *out);
void api__put_name(struct buf *out, const char *name);
void api__put_str(struct buf *out, const char *name, struct str text);
void api__put_str_if(struct buf *out, const char *name, struct str text);
void api__put_u64(struct buf *out, const char *name, uint64_t number);
void api__put_bool(struct buf *out, const char *name, bool value);
/* JSON as it is; null if there is none. */
void api__put_json(struct buf *out, const char *name, struct str json);
void api__put_json_if(struct buf *out, const char *name, struct str json);
/* null for 0. */
void api__put_time(struct buf *out, const char *name, int64_t at_ms);
void api__put_words(struct buf *out, const char *name, const struct api_words *words);

#endif
