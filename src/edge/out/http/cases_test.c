/* The table answers.cases: cases_test FILE. */
#include "edge/out/http/http.h"

#include <stdio.h>
#include <stdlib.h>

#define HEADERS_MAX 64

struct cases {
    struct arena *arena;
    struct out_http_header headers[HEADERS_MAX];
    struct out_http_request request;
    struct out_http_response response;
    struct out_http_outcome outcome;
    bool open; /* a case is being read */
    bool done; /* its outcome is there */
    size_t line;
    size_t tests;
    size_t failed;
};

/* 2026-11-28 12:00:00 UTC */
#define NOW_MS 1795867200000

static void expect(struct cases *cases, struct str got, struct str wanted)
{
    cases->tests++;
    if (str_equal(got, wanted))
        return;
    (void)printf("answers.cases:%zu: wanted %.*s\n   got %.*s\n", cases->line, STR_ARG(wanted),
                 STR_ARG(got));
    cases->failed++;
}

static struct str unescape(struct arena *arena, struct str text)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        char byte[3] = "";
        char *end = byte;

        if (c != '\\' || i + 1 >= text.len) {
            out[len++] = c;
            continue;
        }
        c = text.ptr[++i];
        if (c == 'x' && i + 2 < text.len) {
            memcpy(byte, text.ptr + i + 1, 2);
            out[len] = (char)strtoul(byte, &end, 16);
        }
        if (end == byte + 2) {
            len++;
            i += 2;
        } else {
            out[len++] = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c);
        }
    }
    return str_of(out, len);
}

/* GET 200 json keyed */
static void read_request(struct cases *cases, struct str line)
{
    struct str rest = line;
    struct str method = str_split(&rest, ' ');
    struct str status = str_split(&rest, ' ');
    uint64_t number = 0;

    CHECK(str_to_u64(status, &number));
    cases->open = true;
    cases->done = false;
    cases->request = (struct out_http_request){
        .method = method,
        .reads = str_is(method, "GET") || str_is(method, "HEAD"),
        .json = rest.ptr && str_find(rest, STR("json")) != SIZE_MAX,
        .keyed = rest.ptr && str_find(rest, STR("keyed")) != SIZE_MAX,
    };
    cases->response = (struct out_http_response){ .status = (unsigned int)number,
                                                  .headers = { .at = cases->headers },
                                                  .now_ms = NOW_MS };
}

static void read_header(struct cases *cases, struct str text)
{
    size_t colon = str_find_char(text, ':');

    CHECK(colon != SIZE_MAX && cases->response.headers.count < HEADERS_MAX);
    cases->headers[cases->response.headers.count++] =
        (struct out_http_header){ .name = str_slice(text, 0, colon),
                                  .value = str_trim(str_slice(text, colon + 1, text.len)) };
}

static void check(struct cases *cases, char kind, struct str rest)
{
    static const char *const statuses[] = { "answered", "failed",    "unreachable",
                                            "timeout",  "cancelled", "unreadable" };
    struct out_http_outcome *outcome = &cases->outcome;

    if (!cases->done)
        out_http_outcome_of(cases->arena, &cases->request, &cases->response, outcome);
    cases->done = true;
    if (kind == '=')
        expect(cases, outcome->value, rest);
    else if (kind == '!')
        expect(cases,
               str_printf(cases->arena, "%s %.*s %.*s", statuses[outcome->status],
                          STR_ARG(outcome->code), STR_ARG(outcome->text)),
               rest);
    else if (kind == 'd')
        expect(cases, outcome->data, rest);
    else if (kind == 'm')
        expect(cases, outcome->meta.ptr ? outcome->meta : STR("null"), rest);
    else if (kind == 'r')
        expect(cases, str_printf(cases->arena, "%lld", (long long)outcome->retry_ms), rest);
    else if (kind == 'a')
        expect(cases, outcome->blob, unescape(cases->arena, rest));
    else
        UNREACHABLE("a line of no known kind");
}

static void read_line(struct cases *cases, struct str line)
{
    struct str rest = str_slice(line, 2, line.len);

    cases->line++;
    if (str_starts(line, STR("#")))
        return;
    if (line.len == 0) {
        CHECK(!cases->open || cases->done);
        cases->open = false;
    } else if (!cases->open) {
        read_request(cases, line);
    } else if (line.ptr[0] == 'h') {
        read_header(cases, rest);
    } else if (line.ptr[0] == 'b') {
        cases->response.body = unescape(cases->arena, rest);
    } else {
        check(cases, line.ptr[0], rest);
    }
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
