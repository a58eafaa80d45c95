/*
 * schema - JSON Schema: compiled once, validated often.
 *
 * A schema document (draft-04, 06, 07, 2019-09 or 2020-12, told by its $schema) becomes a graph of
 * nodes in an arena. Validating walks instance and nodes together with a stack on the heap: a
 * first walk only answers yes or no and stops at the first failure; where that is no and a report
 * is wanted, a second walk collects every problem with path, keyword, expected and got.
 *
 * No network: a $ref reaches the document itself, the documents that the caller names, and the
 * meta-schemas of the five dialects, which are built in. Patterns are ECMA-262 (format/regex).
 * Numbers are exact (format/json).
 *
 * Easy to get wrong: the compiled schema keeps nothing of the documents it was compiled from. An
 * answer of SCHEMA_TOO_COSTLY says nothing about the instance. In reports a failed anyOf or
 * oneOf is followed by the problems of the one alternative that got furthest.
 */
#ifndef WRIT_FORMAT_SCHEMA_SCHEMA_H
#define WRIT_FORMAT_SCHEMA_SCHEMA_H

#include "base/report.h"
#include "format/json/json.h"

/* Schemas in one compiled program, those of documents that are referred to included. */
#define SCHEMA_NODES_MAX 200000U
/* Patterns that differ, and names of dynamic anchors that are referred to, in one program. */
#define SCHEMA_PATTERNS_MAX 10000U
#define SCHEMA_DYNAMICS_MAX 64U
/* Schemas and containers open at one time while validating. */
#define SCHEMA_DEPTH_MAX 8192U
/* Words of 64 marks for unevaluatedItems and unevaluatedProperties, while validating. */
#define SCHEMA_MARKS_MAX (1024U * 1024U)
/* Steps of one validation where the caller names no smaller number: one a schema or value. */
#define SCHEMA_STEPS_MAX 10000000U

struct schema;

enum schema_dialect {
    SCHEMA_2020_12, /* the default, as MCP has it */
    SCHEMA_2019_09,
    SCHEMA_DRAFT_07,
    SCHEMA_DRAFT_06,
    SCHEMA_DRAFT_04,
};

/* A document that $ref may reach. Borrowed while compiling. */
struct schema_known {
    struct str uri; /* absolute, without fragment */
    const struct json_value *root;
};

struct schema_options {
    enum schema_dialect dialect; /* of documents without a $schema that we know */
    bool formats;                /* "format" is checked rather than noted */
    struct str uri;              /* where the document is from; null: nowhere */
    const struct schema_known *known;
    size_t known_count;
    size_t nodes_max; /* 0: SCHEMA_NODES_MAX */
};

enum schema_compile_answer {
    SCHEMA_COMPILED = 0,
    SCHEMA_REFUSED = 1, /* the report has the problems, with paths into the document */
};

/*
 * Compiles the document into the arena. options may be NULL: all defaults. What cannot mean
 * anything (a keyword of the wrong type, a reference to nowhere, a bad pattern) is a problem;
 * keywords and formats that nobody knows are ignored.
 */
MUST int schema_compile(struct arena *arena, const struct json_value *document,
                        const struct schema_options *options, struct report *report,
                        const struct schema **ret_schema);

/* What validating reuses from one time to the next: one for each loop that validates. */
struct schema_validator;

struct schema_validator *schema_validator_new(void);
struct schema_validator *schema_validator_free(struct schema_validator *validator);
CLEANUP_DEFINE(struct schema_validator, schema_validator_free)

/* Bounds every validation from here on; 0 is SCHEMA_STEPS_MAX. */
void schema_validator_steps(struct schema_validator *validator, uint64_t steps_max);

enum schema_answer {
    SCHEMA_VALID = 0,
    SCHEMA_INVALID = 1,
    SCHEMA_TOO_COSTLY = 2, /* over a limit: steps, depth, or those of a pattern */
};

/* Validates; with a report (NULL: none) every problem is added to it. */
MUST int schema_validate(struct schema_validator *validator, const struct schema *schema,
                         const struct json_value *value, struct report *report);

/* The dialect's meta-schema, parsed into the arena; NULL where none has that URI. */
const struct json_value *schema_meta(struct arena *arena, struct str uri);

#endif
