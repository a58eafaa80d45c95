/*
 * graphql - what a GraphQL service says of itself, as tools; and selection sets, checked.
 *
 * Of every field of the query and mutation types a tool is made: a path ("query.viewer"), the
 * JSON Schemas (2020-12) of its arguments and of what it selects, and a plan: the operation as
 * text, its variables, and where in the text the selection stands.
 *
 * By default a tool selects the scalars of its result and of what that result refers to, two
 * levels deep, at most GRAPHQL_SELECTED_MAX fields; left out are fields that need arguments,
 * deprecated ones, and lists that page (a Connection) below the first level. Interfaces and
 * unions have `__typename` and an inline fragment for each type. The argument `select` takes
 * another selection in place of that.
 *
 * Easy to get wrong: the result lives in the arena it was made in.
 */
#ifndef WRIT_FORMAT_GRAPHQL_GRAPHQL_H
#define WRIT_FORMAT_GRAPHQL_GRAPHQL_H

#include "base/arena.h"
#include "base/base.h"
#include "base/report.h"
#include "base/str.h"

#include <stdbool.h>

#define GRAPHQL_TYPES_MAX       20000U
#define GRAPHQL_TOOLS_MAX       20000U
#define GRAPHQL_MEMBERS_MAX     200000U /* fields, arguments and values of all types */
#define GRAPHQL_SELECTED_MAX    200U
#define GRAPHQL_LEVELS          2U
#define GRAPHQL_WRAPS_MAX       8U /* lists in lists */
#define GRAPHQL_SELECT_MAX      16384U
#define GRAPHQL_SELECT_DEEP_MAX 16U
#define GRAPHQL_PART_MAX        64U

enum graphql_effect { GRAPHQL_READ, GRAPHQL_WRITE, GRAPHQL_DESTRUCTIVE };

/* A definition that schemas refer to as #/$defs/NAME. */
struct graphql_def {
    struct str name;
    struct str text;
};

struct graphql_tool {
    struct str name; /* "query viewer" */
    struct str path; /* "query.viewer" */
    struct str description;
    struct str input;
    struct str output;
    struct str plan;
    enum graphql_effect effect;
    const uint32_t *defs; /* indexes of all that its schemas need, ascending */
    size_t defs_count;
};

struct graphql_result {
    const struct graphql_tool *tools; /* by path */
    size_t tools_count;
    const struct graphql_def *defs; /* by name */
    size_t defs_count;
};

enum graphql_answer {
    GRAPHQL_COMPILED = 0,
    GRAPHQL_REFUSED = 1, /* the report says why */
};

/* What to POST to be told: one introspection query, as a JSON body. */
extern const char graphql_introspection_body[];

/* Whether a text could be such a document: an introspection result, or SDL. */
bool graphql_detect(struct str text);

/* The answer to an introspection query (with or without its "data"), or SDL. */
MUST int graphql_compile(struct arena *arena, struct str text, struct str url,
                         struct report *report, struct graphql_result *ret_result);

struct graphql_select {
    const struct str *variables; /* that it may name, without '$' */
    size_t variable_count;
};

enum graphql_select_answer {
    GRAPHQL_SELECTED = 0,
    GRAPHQL_NO_SELECTION = 1, /* *ret_text says where and why */
};

/*
 * Checks a selection set, with or without its outer braces, and prints it with its braces and
 * without what means nothing. Fragments that have a name are refused: there is nowhere to define
 * them. Nothing that passes can end the operation it is put into.
 */
MUST int graphql_select(struct arena *arena, struct str text, const struct graphql_select *given,
                        struct str *ret_text);

#endif
