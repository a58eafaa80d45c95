/*
 * A schema, a newline, a value (or none: then the schema validates itself). Any schema compiles or
 * is refused with problems; both walks over a value agree.
 */
#include "format/schema/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    CLEANUP(schema_validator_free)
    struct schema_validator *validator = schema_validator_new();
    struct schema_options options = { .formats = true, .nodes_max = 1000 };
    struct str text = str_of((const char *)data, size);
    struct str first = str_split(&text, '\n');
    struct report *report = ARENA_NEW(arena, struct report);
    const struct schema *schema;
    struct json_error error;
    struct json_doc document;
    struct json_doc value;

    if (json_parse(arena, first, NULL, &error, &document) != JSON_PARSED)
        return 0;
    if (json_parse(arena, text, NULL, &error, &value) != JSON_PARSED)
        value = document;
    options.dialect = (enum schema_dialect)(size % 5);
    report_init(report, arena);
    if (schema_compile(arena, document.root, &options, report, &schema) != SCHEMA_COMPILED) {
        CHECK(report->count > 0);
        return 0;
    }
    schema_validator_steps(validator, 20000);
    report_init(report, arena);
    if (schema_validate(validator, schema, value.root, report) == SCHEMA_VALID)
        CHECK(report->count == 0);
    return 0;
}
