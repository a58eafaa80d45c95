/* What the files of out/openapi share. */
#ifndef WRIT_EDGE_OUT_OPENAPI_INTERNAL_H
#define WRIT_EDGE_OUT_OPENAPI_INTERNAL_H

#include "base/vec.h"
#include "edge/out/openapi/openapi.h"

/* Which characters stand as they are; all others are percent-encoded. */
enum out_openapi__set {
    OUT_OPENAPI__PLAIN,    /* RFC 3986 unreserved: values */
    OUT_OPENAPI__PATH,     /* and what a path may hold: reserved values there */
    OUT_OPENAPI__QUERY,    /* and what a query may hold but its own delimiters */
    OUT_OPENAPI__NAME,     /* names in a query */
    OUT_OPENAPI__TEMPLATE, /* what a document wrote into its path */
    OUT_OPENAPI__FORM,     /* application/x-www-form-urlencoded: as values, delimiters too */
    OUT_OPENAPI__RAW,      /* headers: nothing is encoded */
};

/* How a value is spread: a row of RFC 6570's appendix A. */
struct out_openapi__style {
    const char *name;
    const char *first;
    const char *between;   /* pieces */
    const char *delimiter; /* elements of one piece */
    bool named;
    const char *empty; /* after the name of an empty value */
};

struct out_openapi__pieces {
    struct buf *out;
    const struct out_openapi__style *style;
    enum out_openapi__set names;
    enum out_openapi__set values;
    bool explode;
    size_t count; /* pieces so far */
};

struct out_openapi__headers VEC(struct out_http_header);

/* One request in the making. The first thing that goes wrong is its answer. */
struct out_openapi__build {
    struct arena *turn;
    const struct out_openapi_call *call;
    struct buf path;
    struct buf query;
    struct buf cookies;
    struct out_openapi__headers headers;
    struct str type; /* of the body */
    struct str body; /* null: none */
    size_t pieces;
    bool secret;         /* what is set now is a credential */
    bool secret_cookies; /* and so is one of the cookies */
    int answer;
    struct str text;
};

/* A file among the arguments. */
struct out_openapi__file {
    struct str bytes;
    struct str name; /* null: none given */
    struct str type; /* null: none given */
};

/* request.c */
/* False, always; the first reason stays. */
bool out_openapi__invalid(struct out_openapi__build *build, const char *format, ...)
    PRINTF_LIKE(2, 3);
/* Sets a header, in place of one of that name. False: it cannot be one. */
bool out_openapi__header_set(struct out_openapi__build *build, struct str name, struct str value);
/* Adds "name=value" to the query or the cookies; both are encoded already. */
void out_openapi__join(struct buf *out, const char *between);

/* encode.c */
void out_openapi__encode(struct buf *out, struct str text, enum out_openapi__set set);
/* A scalar as text; JSON text of anything else. */
struct str out_openapi__text(struct arena *turn, const struct json_value *value);

/* style.c */
const struct out_openapi__style *out_openapi__style_find(struct str name);
/* Adds the value under that name. False: it is too deep or too much. */
bool out_openapi__spread(struct out_openapi__build *build, struct out_openapi__pieces *pieces,
                         struct str name, const struct json_value *value);
/* name[a][b]=value: what deepObject means, nested as far as the value is. */
bool out_openapi__deep(struct out_openapi__build *build, struct out_openapi__pieces *pieces,
                       struct str name, const struct json_value *value);

/* Walks the leaves of a value as deepObject names them. */
struct out_openapi__leaf {
    struct str name; /* in the walk's buffer */
    const struct json_value *value;
};
struct out_openapi__walk {
    struct buf name;
    struct {
        struct json_iter iter;
        size_t len; /* of the name before its '[' */
        size_t index;
    } open[OUT_OPENAPI_DEPTH_MAX];
    size_t depth;
    const struct json_value *only; /* the value itself is a leaf */
    bool deep;                     /* it went deeper than is allowed */
};
void out_openapi__walk_init(struct out_openapi__walk *walk, struct str name,
                            const struct json_value *value);
void out_openapi__walk_fini(struct out_openapi__walk *walk);
bool out_openapi__walk_next(struct out_openapi__walk *walk, struct out_openapi__leaf *ret_leaf);

/* body.c */
bool out_openapi__body(struct out_openapi__build *build);
/* True: the value is a file, and *ret_file its bytes; or it is a bad one, and the build failed. */
bool out_openapi__file(struct out_openapi__build *build, const struct json_value *value,
                       struct out_openapi__file *ret_file);
bool out_openapi__is_file(const struct json_value *value);

/* multipart.c */
bool out_openapi__multipart(struct out_openapi__build *build, const struct json_value *content,
                            const struct json_value *value);

/* security.c */
bool out_openapi__security(struct out_openapi__build *build);

#endif
