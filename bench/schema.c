/*
 * JSON and JSON Schema. Without names: the draft-07 meta-schema is parsed, compiled, and validated
 * by itself. On real schemas: bench_schema FOLDER NAME... prints a line of JSON for each schema:
 * microseconds to compile it, nanoseconds to validate one of its instances (the median of many
 * rounds over all that pass). bench/schema.mjs compares with ajv.
 */
#include "bench.h"

#include "format/schema/schema.h"

#include <dirent.h>

#define INSTANCES_MAX 64U
#define ROUND_US      300.0
#define ROUNDS        15U

static struct arena *arena;
static struct schema_validator *validator;

static const struct json_value *load(const char *path, struct buf *text)
{
    struct json_error error;
    struct json_doc doc;
    FILE *file = fopen(path, "rb");
    size_t len;

    buf_clear(text);
    if (!file)
        return NULL;
    while ((len = fread(buf_reserve(text, 65536), 1, 65536, file)) > 0)
        buf_commit(text, len);
    (void)fclose(file);
    return json_parse(arena, buf_str(text), NULL, &error, &doc) == JSON_PARSED ? doc.root : NULL;
}

/* The instances of a schema that pass. */
static size_t load_instances(const char *folder, const struct schema *schema,
                             const struct json_value *values[INSTANCES_MAX])
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    size_t count = 0;

    while (dir && count < INSTANCES_MAX && (entry = readdir(dir))) {
        const struct json_value *value =
            load(str_printf(arena, "%s/%s", folder, entry->d_name).ptr, &text);

        if (value && schema_validate(validator, schema, value, NULL) == SCHEMA_VALID)
            values[count++] = value;
    }
    if (dir)
        (void)closedir(dir);
    return count;
}

static double measure_compile(const struct json_value *root, const struct schema_options *options)
{
    double rounds[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++) {
        struct arena *own CLEANUP(arena_free) = arena_new(0);
        const struct schema *schema;
        double from = bench_now_us();

        if (schema_compile(own, root, options, NULL, &schema) != SCHEMA_COMPILED)
            return -1;
        rounds[i] = bench_now_us() - from;
    }
    qsort(rounds, ROUNDS, sizeof(*rounds), bench_compare);
    return rounds[ROUNDS / 2];
}

static double measure_validate(const struct schema *schema, const struct json_value *const *values,
                               size_t count)
{
    double rounds[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++) {
        double from = bench_now_us();
        size_t times = 0;

        do {
            for (size_t k = 0; k < count; k++)
                CHECK(schema_validate(validator, schema, values[k], NULL) == SCHEMA_VALID);
            times += count;
        } while (bench_now_us() - from < ROUND_US);
        rounds[i] = (bench_now_us() - from) / (double)times;
    }
    qsort(rounds, ROUNDS, sizeof(*rounds), bench_compare);
    return rounds[ROUNDS / 2] * 1000;
}

static void bench(const char *folder, const char *name)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    const struct json_value *values[INSTANCES_MAX];
    struct schema_options options = { .formats = true, .dialect = SCHEMA_DRAFT_07 };
    const struct json_value *root =
        load(str_printf(arena, "%s/schema/%s.json", folder, name).ptr, &text);
    const struct schema *schema;
    double compile;
    size_t count;

    if (!root || schema_compile(arena, root, &options, NULL, &schema) != SCHEMA_COMPILED)
        return;
    count = load_instances(str_printf(arena, "%s/test/%s", folder, name).ptr, schema, values);
    if (count == 0)
        return;
    compile = measure_compile(root, &options);
    (void)printf("{\"name\":\"%s\",\"compile_us\":%.1f,\"validate_ns\":%.1f,\"instances\":%zu}\n",
                 name, compile, measure_validate(schema, values, count), count);
}

/* What is at hand everywhere: the meta-schema that most schemas in use name. */
static void bench_meta(void)
{
    static double times[ROUNDS];
    const struct json_value *meta;
    const struct schema *schema;
    struct json_error error;
    struct json_doc doc;
    struct str text;

    arena = arena_new(0);
    meta = schema_meta(arena, STR("http://json-schema.org/draft-07/schema"));
    text = json_text(arena, meta);
    for (size_t i = 0; i < ROUNDS; i++) {
        struct arena *own CLEANUP(arena_free) = arena_new(0);
        double from = bench_now_us();

        CHECK(json_parse(own, text, NULL, &error, &doc) == JSON_PARSED);
        times[i] = bench_now_us() - from;
    }
    bench_print(str_printf(arena, "parse the draft-07 meta-schema, %zu bytes", text.len).ptr, times,
                ROUNDS, 1);
    CHECK(schema_compile(arena, meta, NULL, NULL, &schema) == SCHEMA_COMPILED);
    (void)printf("%-52s p50 %10.3f us\n", "compile it", measure_compile(meta, NULL));
    (void)printf("%-52s p50 %10.3f us\n", "validate it by itself",
                 measure_validate(schema, &meta, 1) / 1000);
    arena = arena_free(arena);
}

int main(int argc, char **argv)
{
    validator = schema_validator_new();
    if (argc <= 2)
        bench_meta();
    for (int i = 2; i < argc; i++) {
        arena = arena_new(0);
        bench(argv[1], argv[i]);
        arena = arena_free(arena);
    }
    validator = schema_validator_free(validator);
    return 0;
}
