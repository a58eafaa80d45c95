/* Shared by the files of this room; nobody else may include it. */
#ifndef WRIT_FORMAT_OPENAPI_INTERNAL_H
#define WRIT_FORMAT_OPENAPI_INTERNAL_H

#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "format/json/json.h"
#include "format/json/out.h"
#include "format/openapi/openapi.h"

enum openapi__version {
    OPENAPI__20,
    OPENAPI__30,
    OPENAPI__31,
};

struct openapi__doc {
    struct str uri;
    struct str text; /* as given */
    bool yaml;
    bool lacking; /* asked for and not there */
    bool wanted;  /* not asked for yet */
    struct json_doc json;
    struct map refs; /* text of a $ref to what it names */
};

/* Where requests and results look at a schema from. */
enum openapi__direction {
    OPENAPI__INPUT,
    OPENAPI__OUTPUT,
    OPENAPI__BYTES, /* as input; binary texts at its top are bytes */
};

/* One schema that is referred to. */
struct openapi__def {
    const struct json_value *target;
    struct str reference;                    /* by which it was found first */
    struct str name;                         /* null until a face of it is wanted */
    bool sided;                              /* differs by direction */
    struct VEC(struct openapi__def *) users; /* that refer to it */
    struct openapi__face *faces[2];          /* by direction; one for both unless sided */
};

/* A definition as one direction sees it. */
struct openapi__face {
    struct openapi__def *def;
    enum openapi__direction direction;
    struct str name;
    struct str text; /* null: not printed yet */
    uint32_t index;  /* in the result */
    uint32_t stamp;  /* of the tool whose closure it was counted for last */
    struct openapi__face **needs;
    size_t needs_count;
};

struct openapi__faces VEC(struct openapi__face *);

struct openapi__note {
    struct openapi_problem problem;
    struct str key;
    const struct json_value *at[OPENAPI_PLACES_MAX];
};

/* What one tool's schemas refer to. */
struct openapi__need {
    struct openapi__face **faces;
    size_t count;
};

struct openapi {
    struct arena *arena;
    struct openapi_options options;
    enum openapi__version version;
    const struct json_value *root;
    struct VEC(struct openapi__doc *) docs;
    struct map notes; /* key to struct openapi__note */
    size_t errors;
    struct map defs;  /* target to struct openapi__def, by address */
    struct map names; /* of definitions */
    struct openapi__faces faces;
    size_t printed;                  /* faces that have their text */
    const struct json_value *binary; /* the schema of bytes that a caller gives */
    struct map patterns;
    struct VEC(struct openapi_tool) tools;
    struct VEC(struct openapi__need) needs; /* of the tools, side by side */
    struct map paths;                       /* of tools */
    size_t budget;                          /* bytes that may still be made */
    bool broken;                            /* no document, or over a limit: nothing is made */
    size_t dropped;
    uint32_t stamp;
    unsigned following; /* pointers that lead through references, in each other */
};

/* An operation while a tool is made of it. */
struct openapi__operation {
    const struct json_value *value;
    const struct json_value *item; /* its path item */
    const char *method;            /* as in the document: "get" */
    struct str path;
    bool failed;
    struct openapi__faces needs;
    struct buf properties;
    struct buf required;
    struct buf plan_params;
    struct buf plan_body;
    struct str output;
    struct str idempotency;
    struct map args; /* names of arguments that are taken */
};

/* ---- problem.c ---- */
/* key: what groups them, beside the rule; null: the sentence. at may be NULL: the document. */
void openapi__error(struct openapi *run, const struct json_value *at, const char *rule,
                    const char *format, ...) PRINTF_LIKE(4, 5);
void openapi__note(struct openapi *run, const struct json_value *at, const char *rule,
                   const char *format, ...) PRINTF_LIKE(4, 5);
void openapi__problems_print(struct openapi *run, struct openapi_result *result);

/* ---- document.c ---- */
const struct openapi__doc *openapi__doc_of(const struct openapi *run,
                                           const struct json_value *value);
/* What the value is or, through any number of $ref, names; NULL, with a problem, if nothing. */
const struct json_value *openapi__resolve(struct openapi *run, const struct json_value *value);
/* The same without a problem. */
const struct json_value *openapi__peek(struct openapi *run, const struct json_value *value);
/* What a reference in the document names; NULL if nothing. */
const struct json_value *openapi__lookup(struct openapi *run, const struct openapi__doc *from,
                                         struct str reference);
/* What one $ref names; NULL if nothing. */
const struct json_value *openapi__target(struct openapi *run, const struct json_value *value);
/* The member of an object, resolved. */
const struct json_value *openapi__member(struct openapi *run, const struct json_value *object,
                                         const char *name);

/* ---- compile.c ---- */
/* The schema of bytes that a caller gives. */
const struct json_value *openapi__binary(struct openapi *run);
/* Counts bytes that were made; at the limit the run is broken. */
void openapi__spend(struct openapi *run, size_t bytes);

/* ---- define.c ---- */
/* Makes definitions of all that the schema refers to, however far. */
void openapi__define(struct openapi *run, const struct json_value *schema);
/* A schema of our own, under that name. */
void openapi__define_as(struct openapi *run, const struct json_value *schema, struct str name);
/* After all are defined: which differ by direction. */
void openapi__define_end(struct openapi *run);
struct openapi__face *openapi__face_of(struct openapi *run, const struct json_value *target,
                                       enum openapi__direction direction);
/* Prints what was asked for and has no text yet. */
void openapi__faces_print(struct openapi *run);
/* The closure of what the tool needs. */
void openapi__closure(struct openapi *run, struct openapi__faces *needs, struct openapi_tool *tool);

/* ---- translate.c ---- */
/* Prints a schema as 2020-12. */
void openapi__translate(struct openapi *run, const struct json_value *schema,
                        enum openapi__direction direction, struct buf *out,
                        struct openapi__faces *needs);
/* Prints a reference to the schema of bytes. */
void openapi__bytes(struct openapi *run, struct buf *out, struct openapi__faces *needs);
bool openapi__is_bytes(const struct json_value *schema);
/* Whether a schema, with what it refers to at its top, is only there in the other direction. */
bool openapi__is_hidden(struct openapi *run, const struct json_value *schema,
                        enum openapi__direction direction);

/* ---- discriminator.c ---- */
/* Prints what tells the alternatives of a schema apart; false: the value is no discriminator. */
bool openapi__discriminator(struct openapi *run, const struct json_value *schema,
                            const struct json_value *value, struct buf *out);

/* ---- keyword.c ---- */
enum openapi__kind {
    OPENAPI__DROP,  /* unknown, or said elsewhere */
    OPENAPI__COPY,  /* any value */
    OPENAPI__TEXT,  /* a string */
    OPENAPI__COUNT, /* a whole number from 0 */
    OPENAPI__NUMBER,
    OPENAPI__BOUND, /* exclusiveMinimum and exclusiveMaximum: a number, or a boolean before 3.1 */
    OPENAPI__DIVISOR,
    OPENAPI__BOOL,
    OPENAPI__PATTERN,
    OPENAPI__TYPE,
    OPENAPI__ENUM,
    OPENAPI__REQUIRED,
    OPENAPI__SCHEMA,
    OPENAPI__ITEMS,
    OPENAPI__LIST, /* of schemas */
    OPENAPI__MAP,  /* of schemas */
    OPENAPI__PROPERTIES,
    OPENAPI__DISCRIMINATOR,
    OPENAPI__TEXTS, /* dependentRequired */
};
enum openapi__kind openapi__keyword(struct str name, bool *ret_annotation);

/* ---- server.c ---- */
/* Where the operation's requests go, or the null text with a problem. */
struct str openapi__server(struct openapi *run, const struct openapi__operation *operation);

/* ---- parameter.c ---- */
void openapi__parameters(struct openapi *run, struct openapi__operation *operation);
/* An argument of the tool: its place in the input schema. */
void openapi__argument(struct openapi__operation *operation, struct str name, struct str schema,
                       bool required);
/* The text of a schema that has no description, with one at its front. */
void openapi__described(struct buf *out, struct str schema, struct str description);

/* ---- body.c ---- */
void openapi__body(struct openapi *run, struct openapi__operation *operation);
/* A parameter of Swagger 2.0's that is the body or a field of it. */
bool openapi__is_body(const struct json_value *parameter);
bool openapi__has_body(struct openapi *run, const struct openapi__operation *operation);
/* The parameters of an operation: its own, then those of its item; *at starts at 0. */
const struct json_value *openapi__parameter_next(struct openapi *run,
                                                 const struct openapi__operation *operation,
                                                 size_t *at);
bool openapi__is_json(struct str type);
bool openapi__is_text(struct str type);

/* ---- response.c ---- */
void openapi__response(struct openapi *run, struct openapi__operation *operation,
                       struct buf *accept);

/* ---- security.c ---- */
void openapi__security(struct openapi *run, const struct openapi__operation *operation,
                       struct json_out *plan);
void openapi__schemes(struct openapi *run, struct json_out *about);

/* ---- name.c ---- */
struct str openapi__path_make(struct openapi *run, const struct openapi__operation *operation,
                              struct str name);
struct str openapi__def_name(struct openapi *run, struct str wish);

/* ---- operation.c ---- */
void openapi__operations(struct openapi *run);

/* ---- effect.c ---- */
/* By the method, and stricter by the words of the address and of the operationId. */
enum openapi_effect openapi__effect(const char *method, struct str path, struct str name);

#endif
