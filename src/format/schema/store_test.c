/*
 * The schemas of SchemaStore, where a copy is at hand: store_test FOLDER. Every schema must
 * compile, but for those that refer to documents of others; every instance that must pass must
 * pass, and every one that must fail must fail.
 */
#include "format/schema/schema.h"

#include <dirent.h>
#include <stdio.h>

#define STORE_SKIPPED   77
#define STORE_KNOWN_MAX 4096U
/* A schema is known under both hosts, with and without .json. */
#define STORE_NAMES 4U

struct store {
    const char *folder;
    struct arena *arena; /* the schemas */
    struct schema_validator *validator;
    struct schema_known known[STORE_KNOWN_MAX];
    size_t known_count;
    size_t schemas;
    size_t unreachable;
    size_t instances;
    size_t failed;
};

static const struct json_value *store_read(struct store *store, struct arena *arena,
                                           const char *path)
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
    if (json_parse(arena, buf_str(&text), NULL, &error, &doc) == JSON_PARSED)
        return doc.root;
    (void)printf("FAILED %s:%zu:%zu %s\n", path, error.line, error.column, error.sentence);
    store->failed++;
    return NULL;
}

static void store_know(struct store *store, struct str uri, const struct json_value *root)
{
    CHECK(store->known_count < STORE_KNOWN_MAX);
    store->known[store->known_count++] = (struct schema_known){ .uri = uri, .root = root };
}

static void store_load(struct store *store)
{
    DIR *dir = opendir(str_printf(store->arena, "%s/schema", store->folder).ptr);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        const char *path =
            str_printf(store->arena, "%s/schema/%s", store->folder, entry->d_name).ptr;
        const struct json_value *root = NULL;

        if (str_ends(str_from(entry->d_name), STR(".json")))
            root = store_read(store, store->arena, path);
        if (!root)
            continue;
        for (size_t i = 0; i < STORE_NAMES; i++)
            store_know(store,
                       str_printf(store->arena, "https://%s.schemastore.org/%.*s",
                                  i % 2 ? "www" : "json",
                                  (int)(strlen(entry->d_name) - (i < 2 ? 0 : strlen(".json"))),
                                  entry->d_name),
                       root);
    }
    if (dir)
        (void)closedir(dir);
}

static void store_report(const struct report *report)
{
    for (size_t i = 0; i < report->count && i < 5; i++)
        (void)printf("    %.*s %.*s: %.*s\n", STR_ARG(report->problems[i].path),
                     STR_ARG(report->problems[i].rule), STR_ARG(report->problems[i].sentence));
}

/* Where SchemaStore's validator and the specifications differ, we follow the specifications. */
static bool store_differs(const char *path)
{
    /* Says what only siblings of a $ref would forbid, which draft-07 ignores. */
    static const char siblings[] = "negative_test/pre-commit-config/local-missing-entry.json";
    /* Has a date-time without an offset, which RFC 3339 does not know. */
    static const char offset[] = "test/webjob-publish-settings/scheduled.json";

    return str_ends(str_from(path), str_from(siblings)) ||
           str_ends(str_from(path), str_from(offset));
}

static void store_validate(struct store *store, const struct schema *schema, const char *path,
                           bool valid)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    const struct json_value *value = store_read(store, arena, path);
    struct report *report = ARENA_NEW(arena, struct report);
    int answer;

    if (!value)
        return;
    report_init(report, arena);
    store->instances++;
    answer = schema_validate(store->validator, schema, value, report);
    valid ^= store_differs(path);
    if (answer == (valid ? SCHEMA_VALID : SCHEMA_INVALID) && (report->count == 0) == valid)
        return;
    store->failed++;
    (void)printf("FAILED %s: answer %d\n", path, answer);
    store_report(report);
}

static void store_validate_folder(struct store *store, const struct schema *schema,
                                  struct str folder, bool valid)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    DIR *dir = opendir(folder.ptr);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (str_ends(str_from(entry->d_name), STR(".json")))
            store_validate(store, schema,
                           str_printf(arena, "%.*s/%s", STR_ARG(folder), entry->d_name).ptr, valid);
    if (dir)
        (void)closedir(dir);
}

/* Problems that are all references to nowhere: the document is not ours to have. */
static bool store_is_unreachable(const struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        if (!str_is(report->problems[i].rule, "$ref"))
            return false;
    return true;
}

static void store_run(struct store *store, const struct schema_known *known)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct report *report = ARENA_NEW(arena, struct report);
    struct schema_options options = { .formats = true,
                                      .dialect = SCHEMA_DRAFT_07,
                                      .uri = known->uri,
                                      .known = store->known,
                                      .known_count = store->known_count };
    struct str name = str_slice(known->uri, sizeof("https://json.schemastore.org/") - 1,
                                known->uri.len - sizeof(".json") + 1);
    const struct schema *schema;

    report_init(report, arena);
    store->schemas++;
    if (schema_compile(arena, known->root, &options, report, &schema) != SCHEMA_COMPILED) {
        if (store_is_unreachable(report)) {
            store->unreachable++;
            return;
        }
        store->failed++;
        (void)printf("FAILED %.*s does not compile\n", STR_ARG(name));
        store_report(report);
        return;
    }
    store_validate_folder(store, schema,
                          str_printf(arena, "%s/test/%.*s", store->folder, STR_ARG(name)), true);
    store_validate_folder(store, schema,
                          str_printf(arena, "%s/negative_test/%.*s", store->folder, STR_ARG(name)),
                          false);
}

int main(int argc, char **argv)
{
    static struct store store;

    store.folder = argc > 1 ? argv[1] : "";
    store.arena = arena_new(0);
    store_load(&store);
    if (store.known_count == 0) {
        (void)printf("SKIPPED: no copy of SchemaStore at %s\n", store.folder);
        store.arena = arena_free(store.arena);
        return STORE_SKIPPED;
    }
    store.validator = schema_validator_new();
    for (size_t i = 0; i < store.known_count; i += STORE_NAMES)
        store_run(&store, &store.known[i]);
    (void)printf(
        "%zu schemas (%zu refer to documents that are not here), %zu instances, %zu failed\n",
        store.schemas, store.unreachable, store.instances, store.failed);
    store.validator = schema_validator_free(store.validator);
    store.arena = arena_free(store.arena);
    return store.failed != 0;
}
