/*
 * openapi - OpenAPI 3.0, 3.1 and Swagger 2.0 documents as tools.
 *
 * A run is given the root document, then each document that it asks for (relative $ref), and
 * makes of every operation a tool: a path, the schemas of what it takes and gives (JSON Schema
 * 2020-12), and a plan, which is all that is needed to make the request. Schemas that are
 * referred to are definitions, kept once; a tool names those that it needs.
 *
 *     run = openapi_new(&options);
 *     openapi_add(run, uri, text);
 *     while (openapi_wants(run, &uri))
 *         openapi_add(run, uri, text) or openapi_lacks(run, uri);
 *     answer = openapi_compile(run, &result);
 *
 * Problems are grouped: one of a kind is kept with how many more there are and where. An error
 * costs the operation it stands in, a note costs nothing (what it names was left out or mended).
 * With an error, the answer is a refusal unless the options say partial.
 *
 * Easy to get wrong: texts that are added are borrowed until the run is freed; the result lives
 * in the run.
 */
#ifndef WRIT_FORMAT_OPENAPI_OPENAPI_H
#define WRIT_FORMAT_OPENAPI_OPENAPI_H

#include "base/arena.h"
#include "base/base.h"
#include "base/str.h"

#define OPENAPI_DOCUMENTS_MAX 256U
#define OPENAPI_TOOLS_MAX     20000U
#define OPENAPI_DEFS_MAX      100000U
/* Bytes of a path, and of one part of it; longer ones are cut and marked. */
#define OPENAPI_PATH_MAX 128U
#define OPENAPI_PART_MAX 64U
/* Bytes of a tool's description; longer ones are cut. */
#define OPENAPI_DESCRIPTION_MAX 16384U
/* What is made of a document: times its size, and bytes that every one may have. */
#define OPENAPI_GROWTH_MAX 3U
#define OPENAPI_GROWTH_MIN (4U * 1024U * 1024U)
/* Kinds of problem that are kept, and places of each. */
#define OPENAPI_PROBLEMS_MAX 20U
#define OPENAPI_PLACES_MAX   4U

struct openapi;

struct openapi_options {
    struct str base_url; /* where requests go; null: as the document says */
    bool partial;        /* what is sound, where something is not */
};

enum openapi_effect {
    OPENAPI_READ,
    OPENAPI_WRITE,
    OPENAPI_DESTRUCTIVE,
};

struct openapi_tool {
    struct str name; /* "GET /users/{id}": one of its kind in the document */
    struct str path; /* "users.get" */
    struct str title;
    struct str description;
    struct str input;  /* JSON Schema; $ref to #/$defs/NAME */
    struct str output; /* null: nothing is known of it */
    struct str plan;   /* JSON: docs/protocol/plan.md */
    enum openapi_effect effect;
    const uint32_t *defs; /* indexes of all that its schemas need, ascending */
    size_t defs_count;
};

struct openapi_def {
    struct str name; /* letters, digits, _ . - */
    struct str text; /* JSON Schema */
};

struct openapi_place {
    struct str uri;  /* of the document */
    struct str path; /* JSON pointer into it */
    size_t line;     /* from 1 */
    size_t column;   /* from 1 */
};

struct openapi_problem {
    bool error; /* else a note */
    const char *rule;
    struct str sentence;
    size_t count; /* of this kind */
    struct openapi_place places[OPENAPI_PLACES_MAX];
    size_t places_count;
};

struct openapi_result {
    const struct openapi_tool *tools; /* by path */
    size_t tools_count;
    const struct openapi_def *defs; /* by name */
    size_t defs_count;
    struct str about; /* JSON: {title, version, description, servers, security} */
    const struct openapi_problem *problems; /* errors first, then by count */
    size_t problems_count;
    size_t errors;  /* all of them, not only the kinds that are kept */
    size_t dropped; /* operations that were left out */
};

enum openapi_answer {
    OPENAPI_COMPILED = 0,
    OPENAPI_REFUSED = 1, /* the result has the problems, and no tools */
};

struct openapi *openapi_new(const struct openapi_options *options);
struct openapi *openapi_free(struct openapi *run);
CLEANUP_DEFINE(struct openapi, openapi_free)

/* Whether a text could be such a document: what a kind is detected by. */
bool openapi_detect(struct str text);

/*
 * The first is the root; its URI may be null (a document from nowhere has no relative servers
 * and no relative references). Texts that are no document are problems of the result.
 */
void openapi_add(struct openapi *run, struct str uri, struct str text);
/* There is no such document: what refers to it is a problem. */
void openapi_lacks(struct openapi *run, struct str uri);
/* A document that is still needed; its URI has no fragment. */
bool openapi_wants(struct openapi *run, struct str *ret_uri);

MUST int openapi_compile(struct openapi *run, struct openapi_result *ret_result);

#endif
