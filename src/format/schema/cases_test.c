/* The table schema.cases: cases_test FILE. */
#include "format/schema/schema.h"

#include <stdio.h>

struct cases {
    struct arena *arena;
    struct schema_validator *validator;
    const struct schema *schema; /* of the case that is open; NULL: none */
    size_t line;
    size_t tests;
    size_t failed;
};

static void cases_fail(struct cases *cases, const char *what)
{
    (void)printf("schema.cases:%zu: %s\n", cases->line, what);
    cases->failed++;
}

static const struct json_value *cases_value(struct cases *cases, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(cases->arena, text, NULL, &error, &doc) == JSON_PARSED)
        return doc.root;
    cases_fail(cases, error.sentence);
    return NULL;
}

static void cases_open(struct cases *cases, struct str line)
{
    struct report *report = ARENA_NEW(cases->arena, struct report);
    const struct json_value *document = cases_value(cases, line);

    report_init(report, cases->arena);
    if (document &&
        schema_compile(cases->arena, document, NULL, report, &cases->schema) != SCHEMA_COMPILED)
        cases_fail(cases, report->problems[0].sentence.ptr);
}

static void cases_validate(struct cases *cases, struct str line)
{
    struct report *report = ARENA_NEW(cases->arena, struct report);
    const struct json_value *value = cases_value(cases, str_slice(line, 3, line.len));
    int expected = str_starts(line, STR("ok ")) ? SCHEMA_VALID : SCHEMA_INVALID;

    report_init(report, cases->arena);
    cases->tests++;
    if (value && (schema_validate(cases->validator, cases->schema, value, report) != expected ||
                  (report->count == 0) != (expected == SCHEMA_VALID)))
        cases_fail(cases, "not as it is written");
}

static void cases_line(struct cases *cases, struct str line)
{
    cases->line++;
    if (str_starts(line, STR("#")))
        return;
    if (line.len == 0)
        cases->schema = NULL;
    else if (cases->schema)
        cases_validate(cases, line);
    else
        cases_open(cases, line);
}

int main(int argc, char **argv)
{
    struct cases cases = { .arena = arena_new(0), .validator = schema_validator_new() };
    BUF_CLEANUP struct buf text = BUF_INIT;
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    struct str rest;
    size_t len;

    CHECK(file != NULL);
    while ((len = fread(buf_reserve(&text, 65536), 1, 65536, file)) > 0)
        buf_commit(&text, len);
    (void)fclose(file);
    rest = buf_str(&text);
    while (rest.ptr)
        cases_line(&cases, str_split(&rest, '\n'));
    (void)printf("%zu values, %zu failed\n", cases.tests, cases.failed);
    cases.validator = schema_validator_free(cases.validator);
    cases.arena = arena_free(cases.arena);
    return cases.failed != 0 || cases.tests == 0;
}
