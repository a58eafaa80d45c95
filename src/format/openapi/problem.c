/* Problems: grouped as they come, placed when they are printed. */
#include "format/openapi/internal.h"
#include "format/yaml/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Kinds beyond this are counted alone. */
#define KINDS_MAX    4096U
#define SENTENCE_MAX 512U

static void problem_add(struct openapi *run, const struct json_value *at, const char *rule,
                        struct str sentence, bool error)
{
    struct openapi__note *note;
    char text[600];
    int len = snprintf(text, sizeof(text), "%s %.*s", rule, STR_ARG(sentence));
    struct str key = str_of(text, len < 0 ? 0 : (size_t)len);

    run->errors += error;
    note = map_find(&run->notes, key);
    if (!note && run->notes.count >= KINDS_MAX)
        return;
    if (!note) {
        note = ARENA_NEW(run->arena, struct openapi__note);
        note->problem.error = error;
        note->problem.rule = rule;
        note->problem.sentence = str_copy(run->arena, sentence);
        (void)map_put(&run->notes, str_copy(run->arena, key), note);
    }
    note->problem.count++;
    if (at && note->problem.places_count < OPENAPI_PLACES_MAX)
        note->at[note->problem.places_count++] = at;
}

/* What of the text was printed, cut where a character ends. */
static struct str sentence_of(const char *text, int len)
{
    size_t kept = len < 0 ? 0 : (size_t)len < SENTENCE_MAX ? (size_t)len : SENTENCE_MAX - 1;

    while (kept > 0 && !str_is_utf8(str_of(text, kept)))
        kept--;
    return str_of(text, kept);
}

void openapi__error(struct openapi *run, const struct json_value *at, const char *rule,
                    const char *format, ...)
{
    char text[SENTENCE_MAX];
    va_list args;

    va_start(args, format);
    problem_add(run, at, rule, sentence_of(text, vsnprintf(text, sizeof(text), format, args)),
                true);
    va_end(args);
}

void openapi__note(struct openapi *run, const struct json_value *at, const char *rule,
                   const char *format, ...)
{
    char text[SENTENCE_MAX];
    va_list args;

    va_start(args, format);
    problem_add(run, at, rule, sentence_of(text, vsnprintf(text, sizeof(text), format, args)),
                false);
    va_end(args);
}

/* The pointer to a value, found by going down to where it lies in the array. */
static struct str pointer_of(struct openapi *run, const struct openapi__doc *doc,
                             const struct json_value *value)
{
    struct buf path BUF_CLEANUP = BUF_INIT;
    const struct json_value *at = doc->json.root;

    while (at != value && json_count(at) > 0) {
        struct json_iter iter = json_iter(at);
        const struct json_value *child;
        size_t index = 0;

        while ((child = json_next(&iter)) && json_after(child) <= value)
            index++;
        if (!child)
            break;
        if (iter.members) {
            json_pointer_add(&path, iter.key);
        } else {
            buf_add_char(&path, '/');
            buf_add_u64(&path, index);
        }
        at = child;
    }
    return str_copy(run->arena, buf_str(&path));
}

static void place_print(struct openapi *run, const struct json_value *value,
                        struct openapi_place *place)
{
    const struct openapi__doc *doc = openapi__doc_of(run, value);

    *place = (struct openapi_place){ .uri = doc->uri, .path = pointer_of(run, doc, value) };
    if (doc->yaml)
        yaml_locate(doc->text, place->path, &place->line, &place->column);
    else
        json_locate(doc->text, (size_t)(value - doc->json.root), &place->line, &place->column);
}

static int problem_compare(const void *a, const void *b)
{
    const struct openapi__note *const *left = a;
    const struct openapi__note *const *right = b;
    const struct openapi_problem *x = &(*left)->problem;
    const struct openapi_problem *y = &(*right)->problem;

    if (x->error != y->error)
        return x->error ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return str_compare(x->sentence, y->sentence);
}

void openapi__problems_print(struct openapi *run, struct openapi_result *result)
{
    size_t count = run->notes.count, position = 0, kept = 0;
    const struct openapi__note **notes =
        ARENA_ARRAY(run->arena, const struct openapi__note *, count + 1);
    struct openapi_problem *problems;
    struct map_entry *entry;

    while ((entry = map_next(&run->notes, &position)))
        notes[kept++] = entry->value;
    qsort(notes, kept, sizeof(notes[0]), problem_compare);
    if (kept > OPENAPI_PROBLEMS_MAX)
        kept = OPENAPI_PROBLEMS_MAX;
    problems = ARENA_ARRAY(run->arena, struct openapi_problem, kept + 1);
    for (size_t i = 0; i < kept; i++) {
        problems[i] = notes[i]->problem;
        for (size_t j = 0; j < problems[i].places_count; j++)
            place_print(run, notes[i]->at[j], &problems[i].places[j]);
    }
    result->problems = problems;
    result->problems_count = kept;
    result->errors = run->errors;
    result->dropped = run->dropped;
}
