/* What the files of schema share: the compiled program, and how it comes about. */
#ifndef WRIT_FORMAT_SCHEMA_INTERNAL_H
#define WRIT_FORMAT_SCHEMA_INTERNAL_H

#include "base/map.h"
#include "base/vec.h"
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

/* A name in a table: of a property, or of a string in an enum. */
struct schema__slot {
    struct str key; /* null: free */
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
    struct str key;
    /* APPLY_DYNAMIC: by resource; the outermost that has one wins over nodes[0]. */
    const struct schema__node **by_resource;
};

#define NODE__ALWAYS 1U /* accepts everything */
#define NODE__NEVER  2U /* accepts nothing */

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

/* ---- Validating ---- */

/* No place among the words of a run. */
#define RUN__NOWHERE SIZE_MAX

enum schema__phase {
    PHASE_CHECK,
    PHASE_ARRAY,
    PHASE_OBJECT,
    PHASE_APPLY,
    PHASE_UNEVALUATED,
    PHASE_DONE,
};

/* One schema being applied to one value. */
struct schema__frame {
    const struct schema__node *node;
    const struct json_value *value;
    /* How it was reached: for paths and sentences. Neither key nor index: same value. */
    struct str key;
    size_t index;
    enum schema__kw kw;

    enum schema__phase phase;
    bool loud;     /* problems are wanted */
    bool failed;   /* something failed; loud frames go on */
    bool waiting;  /* a frame above this one has the answer */
    uint8_t stage; /* within the phase */
    bool started;  /* the phase has set itself up */
    bool matched;  /* the member was named by properties or a pattern */
    bool fresh;    /* the marks are its own */

    struct json_iter iter;
    const struct json_value *member;
    size_t position; /* of the member or element */
    size_t pattern;
    size_t seen; /* required names; elements that contains matched */

    size_t apply;
    uint32_t branch;
    uint32_t passed; /* branches that did */
    uint32_t first;  /* the first of them */
    uint32_t best;   /* the one that got furthest, and how far */
    uint64_t best_steps;
    uint64_t steps; /* left when the branch began */

    /* Marks of members or elements that were evaluated: a bit each, in the run's words. */
    size_t marks;
    size_t marks_parent; /* where they go if this succeeds */
};

struct schema__frames VEC(struct schema__frame);
struct schema__words VEC(uint64_t);

/* What a check needs beside node and value. */
struct schema__checker {
    struct regex_scratch *regex;
    uint64_t *steps;         /* left; taken from */
    bool too_costly;         /* set when they are used up */
    struct schema__run *run; /* where problems go; NULL: stop at the first */
};

struct schema__run {
    struct schema__checker checker;
    struct schema__frames *frames;
    struct schema__words *words;
    uint64_t steps;
    bool result; /* of the frame that ended last */
    struct report *report;
};

/* Adds a problem at the path that the run is at. */
void schema__problem(struct schema__run *run, enum schema__kw kw, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* What became of a schema that a frame applies to a value. */
enum schema__child {
    CHILD_PASSED,
    CHILD_FAILED,
    CHILD_PUSHED, /* the answer comes in run->result */
};

struct schema__child_spec {
    const struct schema__node *node;
    const struct json_value *value;
    struct str key; /* as in a frame */
    size_t index;
    enum schema__kw kw;
    bool quiet;    /* its failure is no problem by itself */
    bool in_place; /* the same value */
    bool guess;    /* what it evaluated counts only if it passes */
    bool apart;    /* what it evaluated never counts */
};

/* Applies a schema: at once where that is possible, else by a new frame. Frames may move. */
enum schema__child schema__child(struct schema__run *run, const struct schema__child_spec *spec);

static inline struct schema__frame *schema__top(struct schema__run *run)
{
    return &run->frames->at[run->frames->count - 1];
}

/* The member or element counts as evaluated. */
static inline void schema__mark(struct schema__run *run, const struct schema__frame *frame,
                                size_t position)
{
    if (frame->marks != RUN__NOWHERE)
        run->words->at[frame->marks + position / 64] |= UINT64_C(1) << (position % 64);
}

static inline bool schema__marked(const struct schema__run *run, const struct schema__frame *frame,
                                  size_t position)
{
    return run->words->at[frame->marks + position / 64] >> (position % 64) & 1;
}

/* What a phase says to the loop. */
enum schema__step {
    STEP_NEXT, /* the phase is over */
    STEP_WAIT, /* a frame was pushed */
    STEP_STOP, /* failed, and nobody wants to hear more */
};

enum schema__step schema__walk_array(struct schema__run *run);
enum schema__step schema__walk_object(struct schema__run *run);
enum schema__step schema__walk_apply(struct schema__run *run);
enum schema__step schema__walk_unevaluated(struct schema__run *run);

/* Notes the failure of the top frame; true if the frame is to stop. */
bool schema__fail(struct schema__run *run);

/*
 * Checks all that needs no further schema: type, values, numbers, strings, counts, unique. False
 * is a failure. NODE__NEVER and NODE__ALWAYS are the caller's.
 */
bool schema__check(struct schema__checker *checker, const struct schema__node *node,
                   const struct json_value *value);

/* "integer or null" of a set of types, NUL-terminated. */
void schema__print_types(char *text, size_t size, unsigned types);

/* Takes steps; false, and too_costly, where there are not enough. */
bool schema__spend(struct schema__checker *checker, uint64_t steps);

/* A short text of the value for a sentence of the run's report. */
struct str schema__show(struct schema__run *run, const struct json_value *value);

#endif
