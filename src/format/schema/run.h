/* A validation under way: frames, marks, and what its parts say to one another. */
#ifndef WRIT_FORMAT_SCHEMA_RUN_H
#define WRIT_FORMAT_SCHEMA_RUN_H

#include "base/vec.h"
#include "format/schema/internal.h"

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

/*
 * Checks all that needs no further schema: type, values, numbers, strings, counts, unique. False
 * is a failure. NODE__NEVER and NODE__ALWAYS are the caller's.
 */
bool schema__check(struct schema__checker *checker, const struct schema__node *node,
                   const struct json_value *value);

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

/* What can be said at once about a value, in a quiet walk; CHILD_PUSHED: push it. */
static inline enum schema__child schema__now(struct schema__run *run,
                                             const struct schema__node *node,
                                             const struct json_value *value)
{
    unsigned type = schema__type_of(value);

    if (node->flags & (NODE__ALWAYS | NODE__NEVER))
        return node->flags & NODE__ALWAYS ? CHILD_PASSED : CHILD_FAILED;
    if (run->steps == 0) {
        run->checker.too_costly = true;
        return CHILD_FAILED;
    }
    run->steps--;
    run->checker.run = NULL;
    if (!(node->flags & NODE__TYPED) || !(node->types & type))
        if (!schema__check(&run->checker, node, value))
            return CHILD_FAILED;
    return node->framed & type ? CHILD_PUSHED : CHILD_PASSED;
}

/* A quiet frame for another value than the top frame's own, which waits for it. */
void schema__push(struct schema__run *run, const struct schema__node *node,
                  const struct json_value *value);

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

/* "integer or null" of a set of types, NUL-terminated. */
void schema__print_types(char *text, size_t size, unsigned types);

/* Takes steps; false, and too_costly, where there are not enough. */
bool schema__spend(struct schema__checker *checker, uint64_t steps);

/* The text's first bytes, at most max, that end with a whole character. */
struct str schema__cut(struct str text, size_t max);

/* A short text of the value for a sentence of the run's report. */
const char *schema__show(struct schema__run *run, const struct json_value *value);

#endif
