/*
 * The phases of a frame that look into further schemas: elements, members, what applies in place,
 * what is left unevaluated. A phase is entered again after each frame that it waited for; `stage`
 * says where it was.
 */
#include "format/schema/run.h"

/* The answer of the frame that was waited for; a failure is the top frame's own. True: stop. */
static bool walk_answer(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);

    if (!frame->waiting)
        return false;
    frame->waiting = false;
    return !run->result && schema__fail(run);
}

/* Applies a schema whose failure is the frame's own. */
static enum schema__step walk_child(struct schema__run *run, const struct schema__child_spec *spec)
{
    switch (schema__child(run, spec)) {
    case CHILD_PASSED:
        return STEP_NEXT;
    case CHILD_FAILED:
        return schema__fail(run) ? STEP_STOP : STEP_NEXT;
    case CHILD_PUSHED:
        return STEP_WAIT;
    }
    UNREACHABLE("a child with no answer");
}

/* ---- Elements ---- */

enum walk_array_stage {
    ARRAY_NEXT,
    ARRAY_CONTAINS,
    ARRAY_CONTAINED, /* waiting for contains */
};

static void walk_contained(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);

    frame->seen++;
    if (frame->node->array->contains_marks)
        schema__mark(run, frame, frame->position);
}

static enum schema__step walk_element(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    const struct schema__array *array = frame->node->array;
    bool prefixed = frame->position < array->prefix_count;
    struct schema__child_spec spec = {
        .node = prefixed ? array->prefix[frame->position] : array->items,
        .value = frame->member,
        .index = frame->position,
        .kw = prefixed ? KW_PREFIX_ITEMS : (enum schema__kw)array->rest_kw
    };

    if (!spec.node)
        return STEP_NEXT;
    schema__mark(run, frame, frame->position);
    return walk_child(run, &spec);
}

static enum schema__step walk_contains(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    struct schema__child_spec spec = { .node = frame->node->array->contains,
                                       .value = frame->member,
                                       .index = frame->position,
                                       .kw = KW_CONTAINS,
                                       .quiet = true };

    switch (schema__child(run, &spec)) {
    case CHILD_PASSED:
        walk_contained(run);
        return STEP_NEXT;
    case CHILD_FAILED:
        return STEP_NEXT;
    case CHILD_PUSHED:
        return STEP_WAIT;
    }
    UNREACHABLE("a child with no answer");
}

static enum schema__step walk_array_end(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    const struct schema__array *array = frame->node->array;
    bool few = frame->seen < array->contains_min;

    if (!array->contains || (!few && frame->seen <= array->contains_max))
        return STEP_NEXT;
    if (frame->loud)
        schema__problem(run, few ? KW_CONTAINS : KW_MAX_CONTAINS,
                        "expected %s %ju elements that match contains, got %zu",
                        few ? "at least" : "at most",
                        (uintmax_t)(few ? array->contains_min : array->contains_max), frame->seen);
    return schema__fail(run) ? STEP_STOP : STEP_NEXT;
}

static void walk_start(struct schema__run *run, struct schema__frame *frame)
{
    frame->started = true;
    frame->stage = 0;
    frame->iter = json_iter(frame->value);
    frame->position = SIZE_MAX;
    frame->seen = 0;
    (void)schema__spend(&run->checker, json_count(frame->value) / 4);
}

/* One stage of one element; STEP_STOP also where there is no element left (member is NULL). */
static enum schema__step walk_array_stage(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);

    switch ((enum walk_array_stage)frame->stage) {
    case ARRAY_NEXT:
        frame->member = json_next(&frame->iter);
        frame->position++;
        if (!frame->member)
            return STEP_STOP;
        frame->stage = frame->node->array->contains ? ARRAY_CONTAINS : ARRAY_NEXT;
        return walk_element(run);
    case ARRAY_CONTAINS:
        frame->stage = ARRAY_CONTAINED;
        return walk_contains(run);
    case ARRAY_CONTAINED:
        frame->stage = ARRAY_NEXT;
        return STEP_NEXT;
    }
    UNREACHABLE("an array in no stage");
}

/* Where nobody listens, nothing is marked and nothing is to be contained. */
static enum schema__step walk_elements(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    const struct schema__array *array = frame->node->array;
    const struct json_value *value;

    while ((value = json_next(&frame->iter))) {
        const struct schema__node *node = array->items;

        if (++frame->position < array->prefix_count)
            node = array->prefix[frame->position];
        if (!node)
            break;
        switch (schema__now(run, node, value)) {
        case CHILD_PASSED:
            continue;
        case CHILD_FAILED:
            frame->failed = true;
            return STEP_STOP;
        case CHILD_PUSHED:
            schema__push(run, node, value);
            return STEP_WAIT;
        }
    }
    return STEP_NEXT;
}

enum schema__step schema__walk_array(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    enum schema__step step = STEP_NEXT;

    if (!json_is_array(frame->value) || !frame->node->array || !(frame->node->framed & TYPE__ARRAY))
        return STEP_NEXT;
    if (!frame->started)
        walk_start(run, frame);
    if (frame->waiting && frame->stage == ARRAY_CONTAINED) {
        frame->waiting = false;
        if (run->result)
            walk_contained(run);
    } else if (walk_answer(run)) {
        return STEP_STOP;
    }
    if (!frame->loud && frame->marks == RUN__NOWHERE && !frame->node->array->contains)
        return walk_elements(run);
    while (step == STEP_NEXT)
        step = walk_array_stage(run);
    if (step == STEP_STOP && !schema__top(run)->member)
        return walk_array_end(run);
    return step;
}

/* ---- Members ---- */

enum walk_object_stage {
    OBJECT_NEXT,
    OBJECT_NAME,
    OBJECT_PROPERTY,
    OBJECT_PATTERN,
    OBJECT_ADDITIONAL,
};

static enum schema__step walk_member(struct schema__run *run, const struct schema__node *node,
                                     enum schema__kw kw)
{
    const struct schema__frame *frame = schema__top(run);
    struct schema__child_spec spec = {
        .node = node, .value = frame->member, .key = frame->iter.key, .index = SIZE_MAX, .kw = kw
    };

    return walk_child(run, &spec);
}

/* The name as a value: it stands before its member's. */
static enum schema__step walk_name(struct schema__run *run)
{
    const struct schema__frame *frame = schema__top(run);
    struct schema__child_spec spec = { .node = frame->node->object->names,
                                       .value = frame->member - 1,
                                       .key = frame->iter.key,
                                       .index = SIZE_MAX,
                                       .kw = KW_PROPERTY_NAMES };

    return spec.node ? walk_child(run, &spec) : STEP_NEXT;
}

static enum schema__step walk_property(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    const struct schema__table *table = frame->node->object->table;
    const struct schema__slot *slot = table ? schema__table_find(table, frame->iter.key) : NULL;

    if (!slot)
        return STEP_NEXT;
    frame->seen += slot->required;
    if (!slot->declared)
        return STEP_NEXT;
    frame->matched = true;
    schema__mark(run, frame, frame->position);
    return walk_member(run, slot->node, KW_PROPERTIES);
}

/* The next pattern; at the last one the stage goes on. */
static enum schema__step walk_pattern(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    const struct schema__object *object = frame->node->object;
    const struct schema__pattern *pattern;
    int r;

    if (frame->pattern == object->patterns_count) {
        frame->stage = OBJECT_ADDITIONAL;
        return STEP_NEXT;
    }
    pattern = &object->patterns[frame->pattern++];
    r = regex_match_within(pattern->regex, frame->iter.key, run->checker.regex, run->checker.steps);
    run->checker.too_costly |= r == REGEX_TOO_COSTLY;
    if (r != REGEX_FOUND)
        return STEP_NEXT;
    frame->matched = true;
    schema__mark(run, frame, frame->position);
    return walk_member(run, pattern->node, KW_PATTERN_PROPERTIES);
}

static enum schema__step walk_additional(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    const struct schema__object *object = frame->node->object;

    if (frame->matched || !object->additional)
        return STEP_NEXT;
    schema__mark(run, frame, frame->position);
    return walk_member(run, object->additional, KW_ADDITIONAL_PROPERTIES);
}

static enum schema__step walk_object_stage(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);

    switch ((enum walk_object_stage)frame->stage) {
    case OBJECT_NEXT:
        frame->member = json_next(&frame->iter);
        frame->position++;
        frame->matched = false;
        frame->pattern = 0;
        frame->stage = OBJECT_NAME;
        return frame->member ? STEP_NEXT : STEP_STOP;
    case OBJECT_NAME:
        frame->stage = OBJECT_PROPERTY;
        return walk_name(run);
    case OBJECT_PROPERTY:
        frame->stage = OBJECT_PATTERN;
        return walk_property(run);
    case OBJECT_PATTERN:
        return walk_pattern(run);
    case OBJECT_ADDITIONAL:
        frame->stage = OBJECT_NEXT;
        return walk_additional(run);
    }
    UNREACHABLE("an object in no stage");
}

/* Reports the names that are missing, for loud frames. */
static void walk_report_missing(struct schema__run *run, const struct schema__frame *frame)
{
    const struct schema__object *object = frame->node->object;

    for (size_t i = 0; frame->loud && i < object->required_count; i++)
        if (!json_find(frame->value, object->required[i]))
            schema__problem(run, KW_REQUIRED, "expected the property \"%.*s\", which is missing",
                            STR_ARG(object->required[i]));
}

static bool walk_dependents(struct schema__run *run)
{
    const struct schema__frame *frame = schema__top(run);
    const struct schema__object *object = frame->node->object;
    bool ok = true;

    for (size_t i = 0; i < object->dependents_count; i++) {
        const struct schema__dependent *dependent = &object->dependents[i];

        if (!schema__spend(&run->checker, json_count(frame->value) / 4 + 1) ||
            !json_find(frame->value, dependent->key))
            continue;
        for (size_t k = 0; k < dependent->required_count; k++) {
            (void)schema__spend(&run->checker, json_count(frame->value) / 4 + 1);
            if (json_find(frame->value, dependent->required[k]))
                continue;
            if (frame->loud)
                schema__problem(run, KW_DEPENDENT_REQUIRED,
                                "expected the property \"%.*s\" beside \"%.*s\", but it is missing",
                                STR_ARG(dependent->required[k]), STR_ARG(dependent->key));
            ok = false;
        }
    }
    return ok;
}

static enum schema__step walk_object_end(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    bool ok = frame->seen == frame->node->object->required_count;

    if (!ok)
        walk_report_missing(run, frame);
    if (!walk_dependents(run) || !ok)
        return schema__fail(run) ? STEP_STOP : STEP_NEXT;
    return STEP_NEXT;
}

/* Where nobody listens, nothing is marked, and there are neither patterns nor propertyNames. */
static enum schema__step walk_members(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    const struct schema__object *object = frame->node->object;
    const struct json_value *value;

    while ((value = json_next(&frame->iter))) {
        const struct schema__slot *slot =
            object->table ? schema__table_find(object->table, frame->iter.key) : NULL;
        const struct schema__node *node = object->additional;

        if (slot) {
            frame->seen += slot->required;
            node = slot->declared ? slot->node : node;
        }
        if (!node)
            continue;
        switch (schema__now(run, node, value)) {
        case CHILD_PASSED:
            continue;
        case CHILD_FAILED:
            frame->failed = true;
            return STEP_STOP;
        case CHILD_PUSHED:
            schema__push(run, node, value);
            return STEP_WAIT;
        }
    }
    return walk_object_end(run);
}

enum schema__step schema__walk_object(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    enum schema__step step = STEP_NEXT;

    if (!json_is_object(frame->value) || !frame->node->object ||
        frame->node->object->required_only || !(frame->node->framed & TYPE__OBJECT))
        return STEP_NEXT;
    if (!frame->started)
        walk_start(run, frame);
    if (walk_answer(run))
        return STEP_STOP;
    if (!frame->loud && frame->marks == RUN__NOWHERE && !frame->node->object->patterns_count &&
        !frame->node->object->names)
        return walk_members(run);
    while (step == STEP_NEXT)
        step = walk_object_stage(run);
    if (step == STEP_STOP && !schema__top(run)->member)
        return walk_object_end(run);
    return step;
}

/* ---- What is left ---- */

/* Elements or members without a mark get the schema. */
static enum schema__step walk_rest(struct schema__run *run, const struct schema__node *node,
                                   enum schema__kw kw)
{
    for (;;) {
        struct schema__frame *frame = schema__top(run);
        struct schema__child_spec spec = { .node = node, .index = SIZE_MAX, .kw = kw };
        enum schema__step step;

        frame->member = json_next(&frame->iter);
        frame->position++;
        if (!frame->member)
            return STEP_NEXT;
        if (schema__marked(run, frame, frame->position))
            continue;
        schema__mark(run, frame, frame->position);
        spec.value = frame->member;
        if (frame->iter.members)
            spec.key = frame->iter.key;
        else
            spec.index = frame->position;
        step = walk_child(run, &spec);
        if (step != STEP_NEXT)
            return step;
    }
}

enum schema__step schema__walk_unevaluated(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    const struct schema__node *node = frame->node;

    if (!frame->started)
        walk_start(run, frame);
    if (walk_answer(run))
        return STEP_STOP;
    if (json_is_array(frame->value) && node->unevaluated_items)
        return walk_rest(run, node->unevaluated_items, KW_UNEVALUATED_ITEMS);
    if (json_is_object(frame->value) && node->unevaluated_properties)
        return walk_rest(run, node->unevaluated_properties, KW_UNEVALUATED_PROPERTIES);
    return STEP_NEXT;
}
