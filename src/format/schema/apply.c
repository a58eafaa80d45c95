/*
 * What applies in place: references, allOf, anyOf, oneOf, not, if, dependent schemas. Alternatives
 * are tried quietly; where none passes and problems are wanted, the one that got furthest (took
 * the most steps, of those whose type fits) is walked once more, loudly. Where a property says
 * which alternative it is, that one alone is tried; what it says and is none is as if it said
 * nothing.
 */
#include "format/schema/run.h"

#include <stdio.h>

#define TOLD_NAMES_MAX 8U

enum apply_stage {
    APPLY_TRY,
    APPLY_EXPLAIN, /* waiting for the alternative that is walked loudly */
};

static enum schema__step apply_next(struct schema__frame *frame)
{
    frame->apply++;
    frame->branch = 0;
    frame->passed = 0;
    frame->best_steps = 0;
    frame->stage = APPLY_TRY;
    return STEP_NEXT;
}

static enum schema__kw apply_kw(const struct schema__apply *apply, uint32_t branch)
{
    static const enum schema__kw kws[] = {
        [APPLY_REF] = KW_REF,       [APPLY_DYNAMIC] = KW_DYNAMIC_REF,
        [APPLY_ALL_OF] = KW_ALL_OF, [APPLY_ANY_OF] = KW_ANY_OF,
        [APPLY_ONE_OF] = KW_ONE_OF, [APPLY_NOT] = KW_NOT,
        [APPLY_IF] = KW_IF,         [APPLY_DEPENDENT] = KW_DEPENDENT_SCHEMAS,
    };

    if (apply->kind == APPLY_IF && branch)
        return branch == 1 ? KW_THEN : KW_ELSE;
    return kws[apply->kind];
}

/* The target of a dynamic reference: of the outermost resource that has one. */
static const struct schema__node *apply_dynamic(const struct schema__run *run,
                                                const struct schema__apply *apply)
{
    for (size_t i = 0; i < run->frames->count; i++) {
        uint32_t resource = run->frames->at[i].node->resource;

        if (apply->by_resource[resource])
            return apply->by_resource[resource];
    }
    return apply->nodes[0];
}

static enum schema__child apply_child(struct schema__run *run, const struct schema__apply *apply,
                                      const struct schema__node *node, bool guess)
{
    struct schema__frame *frame = schema__top(run);
    struct schema__child_spec spec = { .node = node,
                                       .value = frame->value,
                                       .index = SIZE_MAX,
                                       .kw = apply_kw(apply, frame->branch),
                                       .in_place = true,
                                       .quiet = guess,
                                       .guess = guess,
                                       .apart = apply->kind == APPLY_NOT };

    frame->steps = *run->checker.steps;
    return schema__child(run, &spec);
}

/* What all of whose nodes must pass, one after another. */
static enum schema__step apply_all(struct schema__run *run, const struct schema__apply *apply)
{
    struct schema__frame *frame = schema__top(run);
    const struct schema__node *node;

    if (frame->waiting) {
        frame->waiting = false;
        if (!run->result && schema__fail(run))
            return STEP_STOP;
    }
    while (frame->branch < apply->count) {
        node =
            apply->kind == APPLY_DYNAMIC ? apply_dynamic(run, apply) : apply->nodes[frame->branch];
        frame->branch++;
        switch (apply_child(run, apply, node, false)) {
        case CHILD_PASSED:
            break;
        case CHILD_FAILED:
            if (schema__fail(run))
                return STEP_STOP;
            break;
        case CHILD_PUSHED:
            return STEP_WAIT;
        }
    }
    return apply_next(frame);
}

/* Notes how an alternative ended. */
static void apply_note(struct schema__run *run, const struct schema__apply *apply, bool passed)
{
    struct schema__frame *frame = schema__top(run);
    const struct schema__node *node = apply->nodes[frame->branch];
    uint64_t steps = frame->steps - *run->checker.steps + 1;

    if (passed) {
        frame->first = frame->passed ? frame->first : frame->branch;
        frame->passed++;
        frame->best = frame->branch;
    } else if (!frame->passed && steps > frame->best_steps &&
               (node->types & schema__type_of(frame->value)) && !(node->flags & NODE__NEVER)) {
        frame->best = frame->branch;
        frame->best_steps = steps;
    }
    frame->branch++;
}

/* The alternative that a property names, or NULL. */
static const struct schema__slot *apply_told(struct schema__run *run,
                                             const struct schema__apply *apply)
{
    const struct json_value *value = schema__top(run)->value;
    struct str name;

    if (!apply->told || !schema__spend(&run->checker, json_count(value) / 8))
        return NULL;
    name = json_str(json_find(value, apply->key));
    return name.ptr ? schema__table_find(apply->told, name) : NULL;
}

/* It, and no other: first quietly, and where it fails and problems are wanted, loudly. */
static enum schema__step apply_named(struct schema__run *run, const struct schema__apply *apply,
                                     const struct schema__slot *slot)
{
    struct schema__frame *frame = schema__top(run);
    bool passed = run->result;

    if (!frame->waiting) {
        enum schema__child child = apply_child(run, apply, slot->node, true);

        if (child == CHILD_PUSHED)
            return STEP_WAIT;
        passed = child == CHILD_PASSED;
    }
    frame->waiting = false;
    if (passed)
        return apply_next(frame);
    if (schema__fail(run))
        return STEP_STOP;
    schema__problem(run, apply_kw(apply, 0),
                    "expected the alternative that \"%.*s\" names to match, which is \"%.*s\"",
                    STR_ARG(schema__cut(apply->key, 80)), STR_ARG(schema__cut(slot->key, 80)));
    frame->stage = APPLY_EXPLAIN;
    if (apply_child(run, apply, slot->node, false) == CHILD_PUSHED)
        return STEP_WAIT;
    return apply_next(frame);
}

/* What the property could say, and does not. */
static void apply_explain_told(struct schema__run *run, const struct schema__apply *apply)
{
    const struct json_value *value = schema__top(run)->value;
    const struct json_value *member = json_find(value, apply->key);
    char names[320] = "";
    size_t len = 0, count = 0;

    for (uint32_t i = 0; i <= apply->told->mask && len < sizeof(names) - 60; i++) {
        struct str key = apply->told->slots[i].key;

        if (key.ptr && count++ < TOLD_NAMES_MAX)
            len += (size_t)snprintf(names + len, sizeof(names) - len, "%s\"%.*s\"",
                                    len > 0 ? ", " : "", STR_ARG(schema__cut(key, 40)));
    }
    schema__problem(run, apply_kw(apply, 0), "expected \"%.*s\" to be one of %s%s; %s%s",
                    STR_ARG(schema__cut(apply->key, 80)), names,
                    apply->told->count > TOLD_NAMES_MAX ? ", ..." : "",
                    member ? "got " : "it is missing", member ? schema__show(run, member) : "");
}

/* None passed, and problems are wanted: one for all, then those of the best alternative. */
static enum schema__step apply_explain(struct schema__run *run, const struct schema__apply *apply)
{
    struct schema__frame *frame = schema__top(run);
    enum schema__kw kw = apply_kw(apply, 0);
    unsigned types = 0;
    char names[80];

    if (apply->told && json_is_object(frame->value)) {
        apply_explain_told(run, apply);
        return apply_next(frame);
    }
    if (frame->best_steps == 0) {
        for (uint32_t i = 0; i < apply->count; i++)
            types |= apply->nodes[i]->types;
        schema__print_types(names, sizeof(names), types);
        schema__problem(run, kw, "expected %s, got %s", names,
                        json_type_name(json_type(frame->value)));
        return apply_next(frame);
    }
    schema__problem(run, kw, "expected one of %u alternatives to match; the nearest is number %u",
                    apply->count, frame->best + 1);
    frame->stage = APPLY_EXPLAIN;
    if (apply_child(run, apply, apply->nodes[frame->best], false) == CHILD_PUSHED)
        return STEP_WAIT;
    return apply_next(frame);
}

static enum schema__step apply_some_end(struct schema__run *run, const struct schema__apply *apply)
{
    struct schema__frame *frame = schema__top(run);

    if (frame->passed == 1 || (frame->passed && apply->kind == APPLY_ANY_OF))
        return apply_next(frame);
    if (schema__fail(run))
        return STEP_STOP;
    if (frame->passed == 0)
        return apply_explain(run, apply);
    schema__problem(run, KW_ONE_OF,
                    "expected exactly one alternative to match, got number %u and %u",
                    frame->first + 1, frame->best + 1);
    return apply_next(frame);
}

/* True when the rest of the alternatives cannot change anything. */
static bool apply_some_is_clear(const struct schema__frame *frame,
                                const struct schema__apply *apply)
{
    if (apply->kind == APPLY_ANY_OF)
        return frame->passed && frame->marks == RUN__NOWHERE;
    return frame->passed > 1;
}

/* anyOf and oneOf. */
static enum schema__step apply_some(struct schema__run *run, const struct schema__apply *apply)
{
    struct schema__frame *frame = schema__top(run);

    const struct schema__slot *named;

    if (frame->stage == APPLY_EXPLAIN) {
        frame->waiting = false;
        return apply_next(frame);
    }
    named = apply_told(run, apply);
    if (named)
        return apply_named(run, apply, named);
    if (frame->waiting) {
        frame->waiting = false;
        apply_note(run, apply, run->result);
    }
    while (frame->branch < apply->count && !apply_some_is_clear(frame, apply)) {
        enum schema__child child = apply_child(run, apply, apply->nodes[frame->branch], true);

        if (child == CHILD_PUSHED)
            return STEP_WAIT;
        apply_note(run, apply, child == CHILD_PASSED);
    }
    return apply_some_end(run, apply);
}

static enum schema__step apply_not(struct schema__run *run, const struct schema__apply *apply)
{
    struct schema__frame *frame = schema__top(run);
    bool passed = run->result;

    if (!frame->waiting) {
        enum schema__child child = apply_child(run, apply, apply->nodes[0], true);

        if (child == CHILD_PUSHED)
            return STEP_WAIT;
        passed = child == CHILD_PASSED;
    }
    frame->waiting = false;
    if (!passed)
        return apply_next(frame);
    if (frame->loud)
        schema__problem(run, KW_NOT, "expected what does not match, got %s",
                        schema__show(run, frame->value));
    return schema__fail(run) ? STEP_STOP : apply_next(frame);
}

/* Branch 0 is the question; the answer names the branch that must pass. */
static enum schema__step apply_if(struct schema__run *run, const struct schema__apply *apply)
{
    struct schema__frame *frame = schema__top(run);
    bool passed = run->result;
    enum schema__child child = CHILD_PASSED;

    if (frame->branch == 0) {
        if (!frame->waiting) {
            child = apply_child(run, apply, apply->nodes[0], true);
            if (child == CHILD_PUSHED)
                return STEP_WAIT;
            passed = child == CHILD_PASSED;
        }
        frame->waiting = false;
        frame->branch = passed ? 1 : 2;
        if (!apply->nodes[frame->branch])
            return apply_next(frame);
        child = apply_child(run, apply, apply->nodes[frame->branch], false);
        if (child == CHILD_PUSHED)
            return STEP_WAIT;
        passed = child == CHILD_PASSED;
    }
    frame->waiting = false;
    if (!passed && schema__fail(run))
        return STEP_STOP;
    return apply_next(frame);
}

static enum schema__step apply_one(struct schema__run *run, const struct schema__apply *apply)
{
    struct schema__frame *frame = schema__top(run);

    switch (apply->kind) {
    case APPLY_REF:
    case APPLY_DYNAMIC:
    case APPLY_ALL_OF:
        return apply_all(run, apply);
    case APPLY_DEPENDENT:
        if (!frame->waiting && frame->branch == 0 &&
            (!schema__spend(&run->checker, json_count(frame->value) / 8) ||
             !json_find(frame->value, apply->key)))
            return apply_next(frame);
        return apply_all(run, apply);
    case APPLY_ANY_OF:
    case APPLY_ONE_OF:
        return apply_some(run, apply);
    case APPLY_NOT:
        return apply_not(run, apply);
    case APPLY_IF:
        return apply_if(run, apply);
    }
    UNREACHABLE("an applicator of no kind");
}

enum schema__step schema__walk_apply(struct schema__run *run)
{
    for (;;) {
        struct schema__frame *frame = schema__top(run);
        enum schema__step step;

        if (!frame->started) {
            frame->started = true;
            frame->stage = APPLY_TRY;
        }
        if (frame->apply == frame->node->apply_count)
            return STEP_NEXT;
        step = apply_one(run, &frame->node->apply[frame->apply]);
        if (step != STEP_NEXT)
            return step;
    }
}
