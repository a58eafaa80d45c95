/*
 * Every document that it is given becomes tools, and every tool's schemas are compiled as its call
 * would compile them. Prints, for each document that fails, why; then how many there were, and
 * what it cost. Arguments: files; or a list of files on standard input where there are none.
 */
#include "format/openapi/openapi.h"
#include "base/buf.h"
#include "format/json/json.h"
#include "format/schema/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct {
    size_t documents, failed, operations, schemas, bad_schemas, notes;
    double slowest;
    char slowest_name[256];
    double growth; /* most memory for its size, beyond 32 MiB */
    bool quiet;
    bool print;
} field;

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The whole file, mapped; the null text where there is none. */
static struct str file_map(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    void *bytes;

    if (fd < 0)
        return STR_NULL;
    if (fstat(fd, &facts) != 0 || facts.st_size == 0) {
        (void)close(fd);
        return STR_NULL;
    }
    bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    return bytes == MAP_FAILED ? STR_NULL : str_of(bytes, (size_t)facts.st_size);
}

static void file_unmap(struct str text)
{
    if (text.ptr)
        (void)munmap((void *)(uintptr_t)text.ptr, text.len);
}

/* One schema with all that it needs, as a call compiles it. */
static bool schema_ok(struct str text, const struct openapi_tool *tool,
                      const struct openapi_result *result, struct str *ret_why, struct arena *arena)
{
    struct buf whole BUF_CLEANUP = BUF_INIT;
    struct json_error error;
    struct json_doc doc;
    struct report *report = ARENA_NEW(arena, struct report);
    const struct schema *schema;

    buf_add_c(&whole, "{\"allOf\":[");
    buf_add_str(&whole, text);
    buf_add_c(&whole, "],\"$defs\":{");
    for (size_t i = 0; i < tool->defs_count; i++) {
        const struct openapi_def *def = &result->defs[tool->defs[i]];

        buf_add_c(&whole, i ? "," : "");
        buf_add_json(&whole, def->name);
        buf_add_char(&whole, ':');
        buf_add_str(&whole, def->text);
    }
    buf_add_c(&whole, "}}");
    if (json_parse(arena, buf_str(&whole), NULL, &error, &doc) != JSON_PARSED) {
        *ret_why = str_printf(arena, "no JSON: %s", error.sentence);
        return false;
    }
    report_init(report, arena);
    if (schema_compile(arena, doc.root, NULL, report, &schema) == SCHEMA_COMPILED)
        return true;
    *ret_why = report->count ? str_printf(arena, "%.*s %.*s", STR_ARG(report->problems[0].path),
                                          STR_ARG(report->problems[0].sentence))
                             : STR("refused");
    return false;
}

static void schemas_check(const char *path, const struct openapi_result *result)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    bool told = false;

    for (size_t i = 0; i < result->tools_count; i++) {
        const struct openapi_tool *tool = &result->tools[i];
        struct str texts[] = { tool->input, tool->output };

        for (size_t j = 0; j < 2; j++) {
            struct str why;

            arena_reset(arena);
            if (!texts[j].ptr)
                continue;
            field.schemas++;
            if (schema_ok(texts[j], tool, result, &why, arena))
                continue;
            field.bad_schemas++;
            if (!told)
                printf("%s: schema of %.*s: %.*s\n", path, STR_ARG(tool->path), STR_ARG(why));
            told = true;
        }
    }
}

static void problems_print(const char *path, const struct openapi_result *result, bool all)
{
    for (size_t i = 0; i < result->problems_count; i++) {
        const struct openapi_problem *problem = &result->problems[i];

        if (!problem->error && !all)
            continue;
        printf("%s:%zu: %s: %s: %.*s (%zu)\n", path,
               problem->places_count ? problem->places[0].line : 0,
               problem->error ? "error" : "note", problem->rule, STR_ARG(problem->sentence),
               problem->count);
    }
}

static void tools_print(const struct openapi_result *result)
{
    for (size_t i = 0; i < result->tools_count; i++) {
        const struct openapi_tool *tool = &result->tools[i];

        printf("{\"path\":\"%.*s\",\"plan\":%.*s,\"input\":%.*s,\"output\":%.*s}\n",
               STR_ARG(tool->path), STR_ARG(tool->plan), STR_ARG(tool->input),
               STR_ARG(tool->output.ptr ? tool->output : STR("null")));
    }
}

/* Where the document is from, as the directory records it: relative servers are seen from there. */
static void uri_print(struct str text, const char *path, char uri[4096])
{
    static const char mark[] = "\"x-origin\"";
    size_t at = str_find(text, STR(mark));
    struct str rest = str_slice(text, at, at == SIZE_MAX ? at : at + 2000);
    size_t url = at == SIZE_MAX ? SIZE_MAX : str_find(rest, STR("\"http"));

    (void)snprintf(uri, 4096, "file://%s", path);
    if (url == SIZE_MAX)
        return;
    rest = str_slice(rest, url + 1, rest.len);
    rest = str_slice(rest, 0, str_find_char(rest, '"'));
    (void)snprintf(uri, 4096, "%.*s", STR_ARG(rest));
}

static void sources_add(struct openapi *run, const char *path, struct str text)
{
    char uri[4096];
    struct str wanted;

    uri_print(text, path, uri);
    openapi_add(run, str_from(uri), text);
    while (openapi_wants(run, &wanted)) {
        struct str more = STR_NULL;

        if (str_starts(wanted, STR("file://"))) {
            struct arena *arena = arena_new(0);

            more = file_map(str_c(arena, str_slice(wanted, 7, wanted.len)));
            (void)arena_free(arena);
        }
        if (more.ptr)
            openapi_add(run, wanted, more);
        else
            openapi_lacks(run, wanted);
    }
}

static void document_run(const char *path, bool schemas)
{
    struct str text = file_map(path);
    struct openapi_options options = { 0 };
    struct openapi *run = openapi_new(&options);
    struct openapi_result result;
    double begin = seconds(), took;
    int answer;

    field.documents++;
    sources_add(run, path, text);
    answer = openapi_compile(run, &result);
    took = seconds() - begin;
    if (took > field.slowest) {
        field.slowest = took;
        (void)snprintf(field.slowest_name, sizeof(field.slowest_name), "%s", path);
    }
    if (answer != OPENAPI_COMPILED)
        field.failed++;
    field.operations += result.tools_count;
    for (size_t i = 0; i < result.problems_count; i++)
        field.notes += !result.problems[i].error;
    problems_print(path, &result, !field.quiet);
    if (field.print)
        tools_print(&result);
    if (schemas)
        schemas_check(path, &result);
    (void)openapi_free(run);
    file_unmap(text);
}

int main(int argc, char **argv)
{
    bool schemas = false;
    double begin = seconds();
    struct rusage usage;
    char line[4096];
    int first = 1;

    for (; first < argc && argv[first][0] == '-'; first++) {
        schemas |= strcmp(argv[first], "--schemas") == 0;
        field.quiet |= strcmp(argv[first], "--quiet") == 0;
        field.print |= strcmp(argv[first], "--print") == 0;
    }
    for (int i = first; i < argc; i++)
        document_run(argv[i], schemas);
    while (first == argc && fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        document_run(line, schemas);
        (void)malloc_trim(0);
    }
    (void)getrusage(RUSAGE_SELF, &usage);
    fprintf(stderr,
            "%zu documents, %zu failed (%.2f%% imported), %zu operations, %zu notes\n"
            "%zu schemas, %zu of them refused; %.1f s, slowest %.3f s (%s), peak %ld KiB\n",
            field.documents, field.failed,
            100.0 * (double)(field.documents - field.failed) /
                (double)(field.documents + !field.documents),
            field.operations, field.notes, field.schemas, field.bad_schemas, seconds() - begin,
            field.slowest, field.slowest_name, usage.ru_maxrss);
    return field.failed * 100 > field.documents || field.bad_schemas > 0;
}
