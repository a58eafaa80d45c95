/*
 * The loop: frames on a stack, each one schema on one value, going through its phases. What can be
 * decided at once (schema__check, and nothing beyond) needs no frame. In a walk that only answers,
 * a frame stops at its first failure, and so does whoever waits for it, unless it was a guess.
 */
#include "format/schema/run.h"

#include <stdarg.h>
#include <stdio.h>

struct schema_validator {
    struct schema__frames frames;
    struct schema__words words;
    struct regex_scratch *regex;
    uint64_t steps_max;
};

struct schema_validator *schema_validator_new(void)
{
    struct schema_validator *validator = heap_alloc(sizeof(*validator));

    validator->regex = regex_scratch_new();
    validator->steps_max = SCHEMA_STEPS_MAX;
    return validator;
}

struct schema_validator *schema_validator_free(struct schema_validator *validator)
{
    if (!validator)
        return NULL;
    VEC_FINI(&validator->frames);
    VEC_FINI(&validator->words);
    (void)regex_scratch_free(validator->regex);
    return heap_free(validator);
}

void schema_validator_steps(struct schema_validator *validator, uint64_t steps_max)
{
    validator->steps_max = steps_max ? steps_max : SCHEMA_STEPS_MAX;
}

static void validate_print_path(const struct schema__run *run, struct buf *path)
{
    for (size_t i = 0; i < run->frames->count; i++) {
        const struct schema__frame *frame = &run->frames->at[i];

        if (frame->key.ptr)
            json_pointer_add(path, frame->key);
        else if (frame->index != SIZE_MAX)
            buf_printf(path, "/%zu", frame->index);
    }
}

void schema__problem(struct schema__run *run, enum schema__kw kw, const char *format, ...)
{
    BUF_CLEANUP struct buf path = BUF_INIT;
    char sentence[800];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    validate_print_path(run, &path);
    report_add(run->report, buf_str(&path),
               kw == KW__NONE ? "schema" : schema__keywords[kw].text.ptr, "%s", sentence);
}

bool schema__fail(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);

    frame->failed = true;
    return !frame->loud;
}

static size_t validate_words(const struct json_value *value)
{
    return json_count(value) / 64 + 1;
}

static size_t validate_new_marks(struct schema__run *run, const struct json_value *value)
{
    size_t at = run->words->count;
    size_t words = validate_words(value);

    if (!schema__spend(&run->checker, words) || at + words > SCHEMA_MARKS_MAX) {
        run->checker.too_costly = true;
        words = 0;
    }
    while (words--)
        *VEC_PUSH(run->words) = 0;
    return at;
}

/* Whose marks the new frame sets, and where they go. */
static void validate_set_marks(struct schema__run *run, struct schema__frame *frame,
                               const struct schema__child_spec *spec)
{
    const struct schema__frame *parent = run->frames->count ? schema__top(run) : NULL;
    bool own = frame->node->unevaluated_items || frame->node->unevaluated_properties;

    frame->marks = RUN__NOWHERE;
    frame->marks_parent = RUN__NOWHERE;
    if (parent && spec->in_place && !spec->apart && parent->marks != RUN__NOWHERE) {
        if (!own && !spec->guess) {
            frame->marks = parent->marks;
            return;
        }
        frame->marks_parent = parent->marks;
        own = true;
    }
    if (own && (json_is_array(frame->value) || json_is_object(frame->value))) {
        frame->marks = validate_new_marks(run, frame->value);
        frame->fresh = true;
    }
}

/* A new frame on top, with what every frame needs; NULL where the stack is full. */
static struct schema__frame *validate_new_frame(struct schema__run *run,
                                                const struct schema__node *node,
                                                const struct json_value *value)
{
    struct schema__frames *frames = run->frames;
    struct schema__frame *frame;

    if (frames->count == SCHEMA_DEPTH_MAX) {
        run->checker.too_costly = true;
        return NULL;
    }
    if (frames->count == frames->cap) {
        frames->cap = frames->cap ? frames->cap * 2 : 16;
        frames->at = heap_resize(frames->at, frames->cap * sizeof(*frames->at));
    }
    frame = &frames->at[frames->count];
    frame->node = node;
    frame->value = value;
    frame->loud = false;
    frame->failed = false;
    frame->waiting = false;
    frame->started = false;
    frame->fresh = false;
    frame->stage = 0;
    frame->phase = json_is_object(value) ? PHASE_OBJECT : PHASE_ARRAY;
    frame->apply = 0;
    frame->branch = 0;
    frame->passed = 0;
    frame->best_steps = 0;
    frame->marks = RUN__NOWHERE;
    frame->marks_parent = RUN__NOWHERE;
    return frame;
}

static void validate_push(struct schema__run *run, const struct schema__child_spec *spec, bool loud)
{
    struct schema__frame *frame = validate_new_frame(run, spec->node, spec->value);

    if (!frame)
        return;
    frame->key = spec->key;
    frame->index = spec->index;
    frame->kw = spec->kw;
    frame->loud = loud;
    if (loud)
        frame->phase = PHASE_CHECK;
    validate_set_marks(run, frame, spec);
    run->frames->count++;
}

void schema__push(struct schema__run *run, const struct schema__node *node,
                  const struct json_value *value)
{
    struct schema__frame *frame;

    schema__top(run)->waiting = true;
    frame = validate_new_frame(run, node, value);
    if (!frame)
        return;
    if (node->unevaluated_items || node->unevaluated_properties) {
        frame->marks = validate_new_marks(run, value);
        frame->fresh = true;
    }
    run->frames->count++;
}

enum schema__child schema__child(struct schema__run *run, const struct schema__child_spec *spec)
{
    bool loud = !spec->quiet && schema__top(run)->loud;
    enum schema__child child;

    if (loud && (spec->node->flags & NODE__ALWAYS))
        return CHILD_PASSED;
    if (loud && !schema__spend(&run->checker, 1))
        return CHILD_FAILED;
    child = loud ? CHILD_PUSHED : schema__now(run, spec->node, spec->value);
    if (child == CHILD_PUSHED) {
        schema__top(run)->waiting = true;
        validate_push(run, spec, loud);
    }
    return child;
}

/* Why nothing is accepted here, in the words of the keyword that says so. */
static void validate_report_never(struct schema__run *run, const struct schema__frame *frame)
{
    if (frame->key.ptr &&
        (frame->kw == KW_ADDITIONAL_PROPERTIES || frame->kw == KW_UNEVALUATED_PROPERTIES ||
         frame->kw == KW_PROPERTIES || frame->kw == KW_PATTERN_PROPERTIES))
        schema__problem(run, frame->kw, "expected no property \"%.*s\", got %s",
                        STR_ARG(frame->key), schema__show(run, frame->value));
    else
        schema__problem(run, frame->kw, "expected nothing here, got %s",
                        schema__show(run, frame->value));
}

/* Loud frames only: the others were checked before they were pushed. */
static enum schema__step validate_check(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);

    if (frame->node->flags & NODE__NEVER) {
        validate_report_never(run, frame);
        frame->failed = true;
        return STEP_STOP;
    }
    run->checker.run = run;
    if (!schema__check(&run->checker, frame->node, frame->value))
        frame->failed = true;
    return STEP_NEXT;
}

static enum schema__step validate_phase(struct schema__run *run)
{
    switch (schema__top(run)->phase) {
    case PHASE_CHECK:
        return validate_check(run);
    case PHASE_ARRAY:
        return schema__walk_array(run);
    case PHASE_OBJECT:
        return schema__walk_object(run);
    case PHASE_APPLY:
        return schema__walk_apply(run);
    case PHASE_UNEVALUATED:
        return schema__walk_unevaluated(run);
    case PHASE_DONE:
        return STEP_STOP;
    }
    UNREACHABLE("a frame in no phase");
}

static void validate_pop(struct schema__run *run)
{
    struct schema__frame *frame = schema__top(run);
    uint64_t *words = run->words->at;

    run->result = !frame->failed;
    if (run->result && frame->marks_parent != RUN__NOWHERE && frame->fresh)
        for (size_t i = validate_words(frame->value); i--;)
            words[frame->marks_parent + i] |= words[frame->marks + i];
    if (frame->fresh)
        run->words->count = frame->marks;
    run->frames->count--;
}

/* False where no phase is left that has anything to do. */
static bool validate_next_phase(struct schema__frame *frame)
{
    const struct schema__node *node = frame->node;

    frame->started = false;
    if (frame->phase == PHASE_CHECK) {
        frame->phase = json_is_object(frame->value) ? PHASE_OBJECT : PHASE_ARRAY;
        return true;
    }
    if (frame->phase < PHASE_APPLY && node->apply_count) {
        frame->phase = PHASE_APPLY;
        return true;
    }
    if (frame->phase == PHASE_UNEVALUATED ||
        (!node->unevaluated_items && !node->unevaluated_properties))
        return false;
    frame->phase = PHASE_UNEVALUATED;
    return true;
}

static void validate_loop(struct schema__run *run)
{
    while (run->frames->count && !run->checker.too_costly) {
        struct schema__frame *frame;
        enum schema__step step = validate_phase(run);

        if (step == STEP_WAIT)
            continue;
        frame = schema__top(run);
        if (step == STEP_NEXT && validate_next_phase(frame))
            continue;
        validate_pop(run);
    }
}

static int validate_walk(struct schema_validator *validator, const struct schema *schema,
                         const struct json_value *value, struct report *report)
{
    struct schema__run run = { .checker = { .regex = validator->regex },
                               .frames = &validator->frames,
                               .words = &validator->words,
                               .steps = validator->steps_max,
                               .report = report };
    struct schema__child_spec spec = {
        .node = schema->root, .value = value, .index = SIZE_MAX, .kw = KW__NONE
    };

    run.checker.steps = &run.steps;
    VEC_CLEAR(run.frames);
    VEC_CLEAR(run.words);
    if (schema->root->flags & NODE__ALWAYS)
        return SCHEMA_VALID;
    if (!report) {
        if ((schema->root->flags & NODE__NEVER) ||
            !schema__check(&run.checker, schema->root, value))
            return run.checker.too_costly ? SCHEMA_TOO_COSTLY : SCHEMA_INVALID;
        if (!(schema->root->framed & schema__type_of(value)))
            return SCHEMA_VALID;
    }
    validate_push(&run, &spec, report != NULL);
    validate_loop(&run);
    if (run.checker.too_costly)
        return SCHEMA_TOO_COSTLY;
    return run.result ? SCHEMA_VALID : SCHEMA_INVALID;
}

int schema_validate(struct schema_validator *validator, const struct schema *schema,
                    const struct json_value *value, struct report *report)
{
    int r = validate_walk(validator, schema, value, NULL);

    /* The second walk may cost more than the first; what it found until then is true. */
    if (r == SCHEMA_INVALID && report)
        (void)validate_walk(validator, schema, value, report);
    return r;
}
