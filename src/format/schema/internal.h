/* What the files of schema share: the compiled program. */
#ifndef WRIT_FORMAT_SCHEMA_INTERNAL_H
#define WRIT_FORMAT_SCHEMA_INTERNAL_H

#include "format/regex/regex.h"
#include "format/schema/keyword.h"
#include "format/schema/schema.h"

/* Types as a set. A number is TYPE_INTEGER or not only where a node tells them apart. */
#define TYPE__NULL    1U
#define TYPE__BOOL    2U
#define TYPE__NUMBER  4U
#define TYPE__INTEGER 8U
#define TYPE__STRING  16U
#define TYPE__ARRAY   32U
#define TYPE__OBJECT  64U
#define TYPE__ALL     127U

/* The set with the one type of the value; TYPE__NUMBER for every number. */
static inline unsigned schema__type_of(const struct json_value *value)
{
    static const uint8_t types[] = {
        0, TYPE__NULL, TYPE__BOOL, TYPE__NUMBER, TYPE__STRING, TYPE__ARRAY, TYPE__OBJECT
    };

    return types[json_type(value)];
}

struct schema__node;

/* The ends of a name: of one with up to 16 bytes they are, with its length, the name itself. */
struct schema__ends {
    uint64_t first;
    uint64_t last;
};
#define TABLE__ENDS_MAX 16U

/* A name in a table: of a property, or of a string in an enum. */
struct schema__slot {
    struct str key; /* null: free */
    struct schema__ends ends;
    uint32_t hash;
    bool declared; /* under "properties" */
    bool required;
    const struct schema__node *node; /* NULL: none */
};

/* Open addressing; full: hashed over all bytes, since short hashes collide too often. */
struct schema__table {
    struct schema__slot *slots;
    uint32_t mask;
    uint32_t count;
    bool full;
};

struct schema__table_key {
    struct str key;
    const struct schema__node *node;
    bool declared;
    bool required;
};

struct schema__table *schema__table_new(struct arena *arena, const struct schema__table_key *keys,
                                        size_t count);
const struct schema__slot *schema__table_find(const struct schema__table *table, struct str key);

/* An enum or a const. */
struct schema__values {
    bool is_const;
    const struct schema__table *strings; /* NULL: none */
    const struct json_value **others;
    size_t others_count;
    const struct json_value *all; /* for reports: the array, or the constant */
};

struct schema__number {
    const struct json_value *minimum; /* each NULL: none */
    const struct json_value *maximum;
    const struct json_value *exclusive_minimum;
    const struct json_value *exclusive_maximum;
    const struct json_value *multiple_of;
};

struct schema__format;

struct schema__string {
    uint64_t length_min;
    uint64_t length_max;
    const struct regex *pattern;
    struct str pattern_text;
    const struct schema__format *format;
};

struct schema__array {
    uint64_t count_min;
    uint64_t count_max;
    bool unique;
    bool contains_marks; /* what contains matches is evaluated (2020-12) */
    uint8_t rest_kw;     /* which keyword items is: items or additionalItems */
    const struct schema__node **prefix;
    size_t prefix_count;
    const struct schema__node *items; /* NULL: none */
    const struct schema__node *contains;
    uint64_t contains_min;
    uint64_t contains_max;
};

struct schema__pattern {
    const struct regex *regex;
    const struct schema__node *node;
};

struct schema__dependent {
    struct str key;
    struct str *required;
    size_t required_count;
};

struct schema__object {
    uint64_t count_min;
    uint64_t count_max;
    const struct schema__table *table; /* NULL: neither properties nor required */
    struct str *required;
    size_t required_count;
    const struct schema__pattern *patterns;
    size_t patterns_count;
    const struct schema__node *additional;
    const struct schema__node *names;
    const struct schema__dependent *dependents;
    size_t dependents_count;
    bool required_only; /* nothing needs a walk over the members */
};

enum schema__apply_kind {
    APPLY_REF,
    APPLY_DYNAMIC,
    APPLY_ALL_OF,
    APPLY_ANY_OF,
    APPLY_ONE_OF,
    APPLY_NOT,
    APPLY_IF,        /* nodes: if, then, else; the last two may be NULL */
    APPLY_DEPENDENT, /* where the key is there */
};

struct schema__apply {
    enum schema__apply_kind kind;
    uint32_t count;
    const struct schema__node **nodes;
    struct str key; /* of alternatives: the property that tells which one it is; or null */
    const struct schema__table *told; /* by what it says; NULL: nothing tells */
    /* APPLY_DYNAMIC: by resource; the outermost that has one wins over nodes[0]. */
    const struct schema__node **by_resource;
};

#define NODE__ALWAYS 1U /* accepts everything */
#define NODE__NEVER  2U /* accepts nothing */
#define NODE__TYPED  4U /* says no more about scalars than their type */

struct schema__node {
    uint8_t types;  /* accepted */
    uint8_t framed; /* types whose values need more than schema__check */
    uint8_t flags;
    bool plain_integer; /* draft-04: 1.0 is no integer */
    uint32_t resource;
    const struct schema__values *values;   /* enum; each NULL: none */
    const struct schema__values *constant; /* const */
    const struct schema__number *number;
    const struct schema__string *string;
    const struct schema__array *array;
    const struct schema__object *object;
    const struct schema__apply *apply;
    size_t apply_count;
    const struct schema__node *unevaluated_items;
    const struct schema__node *unevaluated_properties;
};

struct schema {
    const struct schema__node *root;
    size_t resources_count;
    size_t nodes_count;
};

/* A format by name, or NULL. */
const struct schema__format *schema__format_find(struct str name, enum schema_dialect dialect);
bool schema__format_holds(const struct schema__format *format, struct str text);
const char *schema__format_name(const struct schema__format *format);

#endif
