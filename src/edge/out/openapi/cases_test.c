/* The table requests.cases: cases_test FILE. */
#include "edge/out/openapi/openapi.h"

#include <stdio.h>

#define CREDENTIALS_MAX 8

struct cases {
    struct arena *arena;
    struct out_http_credential credentials[CREDENTIALS_MAX];
    struct out_openapi_artifact artifact;
    struct out_openapi_call call;
    struct out_http_request request;
    struct str text;
    int answer;
    bool open;
    bool done;
    size_t seen; /* headers that the case names */
    size_t line;
    size_t tests;
    size_t failed;
};

static void expect(struct cases *cases, struct str got, struct str wanted)
{
    cases->tests++;
    if (str_equal(got, wanted))
        return;
    (void)printf("requests.cases:%zu: wanted %.*s\n   got %.*s\n", cases->line, STR_ARG(wanted),
                 STR_ARG(got));
    cases->failed++;
}

static const struct json_value *value_of(struct cases *cases, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(cases->arena, text, NULL, &error, &doc) == JSON_PARSED)
        return doc.root;
    (void)printf("requests.cases:%zu: %s\n", cases->line, error.sentence);
    cases->failed++;
    return NULL;
}

/* What no line can hold, readable. */
static struct str escape(struct arena *arena, struct str text)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c == '\r')
            buf_add_c(&out, "\\r");
        else if (c == '\n')
            buf_add_c(&out, "\\n");
        else if (c < ' ')
            buf_printf(&out, "\\x%02x", c);
        else
            buf_add_char(&out, text.ptr[i]);
    }
    return str_copy(arena, buf_str(&out));
}

/* A member that the line leaves out has this place in the plan. */
static struct str whole_plan(struct cases *cases, struct str line)
{
    return str_printf(
        cases->arena, "{\"kind\":\"openapi\"%s%s%s,%.*s}",
        str_find(line, STR("\"method\"")) == SIZE_MAX ? ",\"method\":\"GET\"" : "",
        str_find(line, STR("\"server\"")) == SIZE_MAX ? ",\"server\":\"https://api.test/v1\"" : "",
        str_find(line, STR("\"path\":")) == SIZE_MAX ? ",\"path\":\"/p\"" : "", STR_ARG(line));
}

static void run(struct cases *cases)
{
    if (cases->done)
        return;
    cases->done = true;
    cases->answer = out_openapi_request(cases->arena, &cases->call, &cases->request, &cases->text);
}

static void check_request(struct cases *cases, struct str line)
{
    run(cases);
    if (cases->answer == OUT_OPENAPI_BUILT)
        expect(cases,
               str_printf(cases->arena, "%.*s %.*s", STR_ARG(cases->request.method),
                          STR_ARG(cases->request.url)),
               line);
    else
        expect(cases, cases->text, line);
}

static void check_answer(struct cases *cases, int answer, struct str line)
{
    run(cases);
    expect(cases, cases->answer == answer ? cases->text : STR("(another answer)"), line);
}

static void check_header(struct cases *cases, struct str line)
{
    size_t colon = str_find_char(line, ':');
    const char *name = str_c(cases->arena, str_slice(line, 0, colon));
    struct str value;

    run(cases);
    value = out_http_header_find(cases->request.headers, name);
    expect(cases, value.ptr ? value : STR("(none)"),
           str_trim(str_slice(line, colon + 1, line.len)));
}

/* The names of those that hold a credential. */
static void check_secrets(struct cases *cases, struct str line)
{
    BUF_CLEANUP struct buf names = BUF_INIT;

    run(cases);
    for (size_t i = 0; i < cases->request.headers.count; i++) {
        if (!cases->request.headers.at[i].secret)
            continue;
        buf_add_c(&names, names.len ? " " : "");
        buf_add_str(&names, cases->request.headers.at[i].name);
    }
    expect(cases, buf_str(&names), line);
}

static void check_facts(struct cases *cases, struct str line)
{
    run(cases);
    expect(cases,
           str_printf(cases->arena, "%s%s%s", cases->request.reads ? "reads " : "",
                      cases->request.keyed ? "keyed " : "", cases->request.json ? "json" : ""),
           line);
}

static void read_credential(struct cases *cases, struct str text)
{
    size_t equals = str_find_char(text, '=');

    CHECK(equals != SIZE_MAX && cases->call.credential_count < CREDENTIALS_MAX);
    cases->credentials[cases->call.credential_count++] = (struct out_http_credential){
        .scheme = str_slice(text, 0, equals),
        .value = json_str(value_of(cases, str_slice(text, equals + 1, text.len)))
    };
}

/* Given beside the plan. */
static bool read_given(struct cases *cases, struct str word, struct str rest)
{
    if (str_is(word, "args")) {
        cases->call.args = value_of(cases, rest);
        cases->done = false;
    } else if (str_is(word, "credential")) {
        read_credential(cases, rest);
        cases->done = false;
    } else if (str_is(word, "key")) {
        cases->call.key = rest;
    } else if (str_is(word, "artifact")) {
        struct str name = str_split(&rest, ' ');

        cases->artifact = (struct out_openapi_artifact){ .name = name, .bytes = rest };
        cases->call.artifacts = &cases->artifact;
        cases->call.artifact_count = 1;
    } else {
        return false;
    }
    return true;
}

static void read_wanted(struct cases *cases, struct str word, struct str rest)
{
    if (str_is(word, "->"))
        check_request(cases, rest);
    else if (str_is(word, "invalid"))
        check_answer(cases, OUT_OPENAPI_INVALID, rest);
    else if (str_is(word, "auth"))
        check_answer(cases, OUT_OPENAPI_AUTH_REQUIRED, rest);
    else if (str_is(word, "h"))
        check_header(cases, rest);
    else if (str_is(word, "secret"))
        check_secrets(cases, rest);
    else if (str_is(word, "facts"))
        check_facts(cases, rest);
    else if (str_is(word, "b")) {
        run(cases);
        expect(cases,
               cases->request.body.ptr ? escape(cases->arena, cases->request.body) : STR("(none)"),
               rest);
    } else {
        UNREACHABLE("a line of no known kind");
    }
}

static void read_line(struct cases *cases, struct str line)
{
    struct str rest = line;
    struct str word;

    cases->line++;
    if (str_starts(line, STR("#")))
        return;
    if (line.len == 0) {
        CHECK(!cases->open || cases->done);
        cases->open = false;
        return;
    }
    if (!cases->open) {
        cases->open = true;
        cases->done = false;
        cases->text = STR_NULL;
        cases->request = (struct out_http_request){ 0 };
        cases->call = (struct out_openapi_call){ .plan = value_of(cases, whole_plan(cases, line)),
                                                 .credentials = cases->credentials };
        return;
    }
    word = str_split(&rest, ' ');
    if (!read_given(cases, word, rest))
        read_wanted(cases, word, rest);
}

int main(int argc, char **argv)
{
    struct cases cases = { .arena = arena_new(0) };
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
        read_line(&cases, str_split(&rest, '\n'));
    (void)printf("%zu expectations, %zu failed\n", cases.tests, cases.failed);
    cases.arena = arena_free(cases.arena);
    return cases.failed != 0 || cases.tests == 0;
}
