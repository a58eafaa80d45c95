/*
 * The official JSON-Schema-Test-Suite, where a copy is at hand: suite_test FOLDER [--required].
 * Required tests of every dialect must all pass, those of the formats too but for the ones listed
 * here. --required: old copies have optional tests that newer ones took back.
 */
#include "format/schema/schema.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SUITE_SKIPPED   77
#define SUITE_KNOWN_MAX 256U

struct suite {
    const char *folder;
    struct arena *arena;
    struct schema_validator *validator;
    struct schema_known known[SUITE_KNOWN_MAX];
    size_t known_count;
    size_t tests;
    size_t failed;
    bool required; /* nothing else */
};

static const struct {
    const char *name;
    enum schema_dialect dialect;
} suite_dialects[] = {
    { "draft2020-12", SCHEMA_2020_12 }, { "draft2019-09", SCHEMA_2019_09 },
    { "draft7", SCHEMA_DRAFT_07 },      { "draft6", SCHEMA_DRAFT_06 },
    { "draft4", SCHEMA_DRAFT_04 },
};

static const struct json_value *suite_read(struct suite *suite, const char *path)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_error error;
    struct json_doc doc;
    FILE *file = fopen(path, "rb");
    size_t len;

    if (!file)
        return NULL;
    while ((len = fread(buf_reserve(&text, 65536), 1, 65536, file)) > 0)
        buf_commit(&text, len);
    (void)fclose(file);
    if (json_parse(suite->arena, buf_str(&text), NULL, &error, &doc) == JSON_PARSED)
        return doc.root;
    (void)printf("%s:%zu:%zu %s\n", path, error.line, error.column, error.sentence);
    suite->failed++;
    return NULL;
}

static bool suite_is_json(const char *name)
{
    return str_ends(str_from(name), STR(".json"));
}

/* Remote documents of one folder, under http://localhost:1234/. */
static void suite_read_remotes(struct suite *suite, const char *below)
{
    const char *folder = str_printf(suite->arena, "%s/remotes%s", suite->folder, below).ptr;
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        const char *path = str_printf(suite->arena, "%s/%s", folder, entry->d_name).ptr;
        const struct json_value *root;

        if (!suite_is_json(entry->d_name) || !(root = suite_read(suite, path)))
            continue;
        if (suite->known_count == SUITE_KNOWN_MAX)
            abort();
        suite->known[suite->known_count++] = (struct schema_known){
            .uri = str_printf(suite->arena, "http://localhost:1234%s/%s", below, entry->d_name),
            .root = root,
        };
    }
    if (dir)
        (void)closedir(dir);
}

static void suite_load_remotes(struct suite *suite)
{
    static const char *const below[] = { "",
                                         "/folder",
                                         "/nested",
                                         "/baseUriChange",
                                         "/baseUriChangeFolder",
                                         "/baseUriChangeFolderInSubschema" };

    for (size_t i = 0; i < ARRAY_COUNT(below); i++) {
        suite_read_remotes(suite, below[i]);
        for (size_t k = 0; k < ARRAY_COUNT(suite_dialects); k++)
            suite_read_remotes(
                suite, str_printf(suite->arena, "/%s%s", suite_dialects[k].name, below[i]).ptr);
    }
}

static void suite_failed(struct suite *suite, const char *where, const struct json_value *group,
                         const struct json_value *test)
{
    struct str outer = json_get_str(group, "description");
    struct str inner = json_get_str(test, "description");

    suite->failed++;
    (void)printf("FAILED %s: %.*s: %.*s\n", where, STR_ARG(outer), STR_ARG(inner));
}

static void suite_run_group(struct suite *suite, const char *where,
                            const struct schema_options *options, const struct json_value *group)
{
    struct json_iter iter = json_iter(json_get(group, "tests"));
    const struct schema *schema;
    const struct json_value *test;
    struct report report;

    report_init(&report, suite->arena);
    if (schema_compile(suite->arena, json_get(group, "schema"), options, &report, &schema) !=
        SCHEMA_COMPILED) {
        suite_failed(suite, where, group, NULL);
        for (size_t i = 0; i < report.count; i++)
            (void)printf("    %.*s: %.*s\n", STR_ARG(report.problems[i].path),
                         STR_ARG(report.problems[i].sentence));
        return;
    }
    while ((test = json_next(&iter))) {
        bool valid = json_is_true(json_get(test, "valid"));
        int answer;

        report_init(&report, suite->arena);
        suite->tests++;
        answer = schema_validate(suite->validator, schema, json_get(test, "data"), &report);
        /* The second walk must agree with the first. */
        if ((answer == SCHEMA_VALID) != valid || (report.count == 0) != valid)
            suite_failed(suite, where, group, test);
    }
}

static void suite_run_file(struct suite *suite, const char *where,
                           const struct schema_options *options)
{
    const char *path = str_printf(suite->arena, "%s/tests/%s", suite->folder, where).ptr;
    struct json_iter iter = json_iter(suite_read(suite, path));
    const struct json_value *group;

    while ((group = json_next(&iter)))
        suite_run_group(suite, where, options, group);
}

/* Formats of host names beyond ASCII need the tables of RFC 5892, which we do not have. */
static bool suite_is_left_out(const char *name)
{
    return strcmp(name, "hostname.json") == 0 || strcmp(name, "idn-hostname.json") == 0;
}

static void suite_run_folder(struct suite *suite, const char *below,
                             const struct schema_options *options)
{
    DIR *dir = opendir(str_printf(suite->arena, "%s/tests/%s", suite->folder, below).ptr);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (suite_is_json(entry->d_name) && !suite_is_left_out(entry->d_name))
            suite_run_file(suite, str_printf(suite->arena, "%s/%s", below, entry->d_name).ptr,
                           options);
    if (dir)
        (void)closedir(dir);
}

/* Optional tests that are run too: all of these hold. */
static const char *const suite_optional[] = { "bignum.json",
                                              "ecmascript-regex.json",
                                              "non-bmp-regex.json",
                                              "float-overflow.json",
                                              "zeroTerminatedFloats.json",
                                              "id.json",
                                              "anchor.json",
                                              "dynamicRef.json",
                                              "unknownKeyword.json",
                                              "refOfUnknownKeyword.json",
                                              "no-schema.json",
                                              "cross-draft.json" };

static void suite_run_dialect(struct suite *suite, size_t index)
{
    const char *name = suite_dialects[index].name;
    struct schema_options options = { .dialect = suite_dialects[index].dialect };
    size_t tests = suite->tests;

    options.known = suite->known;
    options.known_count = suite->known_count;
    suite_run_folder(suite, name, &options);
    (void)printf("%s: %zu required tests\n", name, suite->tests - tests);
    if (suite->required)
        return;
    tests = suite->tests;
    for (size_t i = 0; i < ARRAY_COUNT(suite_optional); i++)
        suite_run_file(suite,
                       str_printf(suite->arena, "%s/optional/%s", name, suite_optional[i]).ptr,
                       &options);
    (void)printf("%s: %zu optional tests\n", name, suite->tests - tests);
    tests = suite->tests;
    options.formats = true;
    suite_run_folder(suite, str_printf(suite->arena, "%s/optional/format", name).ptr, &options);
    (void)printf("%s: %zu format tests\n", name, suite->tests - tests);
}

int main(int argc, char **argv)
{
    struct suite suite = { .folder = argc > 1 ? argv[1] : "",
                           .arena = arena_new(0),
                           .required = argc > 2 };
    DIR *dir = opendir(suite.folder);

    if (!dir) {
        (void)printf("SKIPPED: no copy of the suite at %s\n", suite.folder);
        suite.arena = arena_free(suite.arena);
        return SUITE_SKIPPED;
    }
    (void)closedir(dir);
    suite.validator = schema_validator_new();
    suite_load_remotes(&suite);
    for (size_t i = 0; i < ARRAY_COUNT(suite_dialects); i++)
        suite_run_dialect(&suite, i);
    (void)printf("%zu tests, %zu failed\n", suite.tests, suite.failed);
    suite.validator = schema_validator_free(suite.validator);
    suite.arena = arena_free(suite.arena);
    return suite.failed != 0 || suite.tests == 0;
}
