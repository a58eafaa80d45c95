/* What programs may be, say and find. */
#include "proc/worker/test.h"

struct pair {
    const char *code;
    const char *expected;
};

static void texts_that_are_programs(void **state)
{
    static const struct pair cases[] = {
        { "return 1+1", "2" },
        { "", "null" },
        { "\xef\xbb\xbfreturn 1", "1" },
        { "return", "null" },
        { "return await Promise.resolve('a')", "\"a\"" },
        { "```ts\nreturn 1 as number\n```", "1" },
        { "```\nreturn 2\n```\n", "2" },
        { "  ```javascript\r\nreturn 3\r\n```", "3" },
        { "return '```'.length", "3" },
        { "async () => { return 4 }", "4" },
        { "async () => { return 4 };\n", "4" },
        { "() => 5", "5" },
        { "async (input: unknown): Promise<number> => 6", "6" },
        { "x => x", "null" },
        { "function main() { return 7 }", "7" },
        { "async function main() { return 8 }", "8" },
        { "export default async function main() { return 9 }", "9" },
        { "export default () => ({ a: 10 })", "{\"a\":10}" },
        { "// first\n/* then */ export default async () => 11", "11" },
        { "(async () => { return 12 })()", "12" },
        { "(function () { return 13 })", "13" },
        { "function half(x) { return x / 2 }\nreturn half(28)", "14" },
        { "const a = 15 // end", "null" },
        { "return 16 // end", "16" },
        { "'use strict'; return this === undefined", "false" },
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        test_result(*state, cases[i].code, cases[i].expected);
}

static void types_are_removed(void **state)
{
    static const struct pair cases[] = {
        { "const a: number = 1; return a", "1" },
        { "interface A { b: string }\nconst a: A = { b: 'c' };\nreturn a", "{\"b\":\"c\"}" },
        { "type T = { [k: string]: number };\nreturn ({ a: 1 } as T).a!", "1" },
        { "enum E { A, B }\nreturn E.B", "1" },
        { "function id<T>(x: T): T { return x }\nreturn id<string>('q')", "\"q\"" },
        { "const f = <T,>(x: T) => x; return f<number>(3)", "3" },
        { "class P { constructor(private x: number) {} get() { return this.x } }\n"
          "return new P(5).get()",
          "5" },
        { "const x = 5 satisfies number; return x", "5" },
        { "let v: unknown = 'abc'; return (<string>v).length", "3" },
        { "return [1, 2].map((x: number): string => `${x}`)", "[\"1\",\"2\"]" },
        { "const m = new Map<string, number>([['a', 1]]); return m.get('a')", "1" },
        { "const a = 1, b = 2, c = 3; return a < b && c > (b)", "true" },
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        test_result(*state, cases[i].code, cases[i].expected);
}

static void a_generic_call_is_a_call(void **state)
{
    struct worker_test *test = *state;
    test_start(test, "return await tools.x.del<Answer>({ id: 1 })");
    assert_int_equal(test->report->state, WORKER_WAITING);
    assert_int_equal(test->report->calls_count, 1);
    assert_str(test->report->calls[0].address, "x.del");
    assert_str(test->report->ran, "return await tools.x.del({ id: 1 })");
    struct digest digest = digest_of(test->report->ran);
    assert_true(digest_equal(&test->report->ran_digest, &digest));
}

/* A tool has one name and is one thing, also beyond what is remembered. */
static void tools_are_named(void **state)
{
    static const struct pair cases[] = {
        { "return [tools.a.b === tools.a.b, tools.a === tools.b, tools.a.b === tools.b.b]",
          "[true,false,false]" },
        { "return [`${tools.a.children}`, `${tools.a.path.b}`, `${tools.__proto__.a}`, "
          "`${tools.constructor}`]",
          "[\"tools.a.children\",\"tools.a.path.b\",\"tools.__proto__.a\","
          "\"tools.constructor\"]" },
        { "for (let i = 0; i < 3000; i++) if (`${tools.a['x' + i]}` !== 'tools.a.x' + i) return i\n"
          "return [tools.a.x1 === tools.a.x1, tools.a.x2999 === tools.a.x2999]",
          "[true,false]" },
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        test_result(*state, cases[i].code, cases[i].expected);
}

static void plain_javascript_runs_as_sent(void **state)
{
    struct worker_test *test = *state;
    test_result(test, "return 1 < 2", "true");
    assert_null(test->report->ran.ptr);
}

static void results_leave_readable(void **state)
{
    static const struct pair cases[] = {
        { "return { u: undefined, n: null, a: [undefined] }", "{\"n\":null,\"a\":[null]}" },
        { "return new Map([['a', 1], ['b', new Set([1, 'x'])]])", "{\"a\":1,\"b\":[1,\"x\"]}" },
        { "return new Map([[1, 'a']])", "[[1,\"a\"]]" },
        { "return new Date(0)", "\"1970-01-01T00:00:00.000Z\"" },
        { "return [NaN, Infinity, -Infinity, -0]", "[\"NaN\",\"Infinity\",\"-Infinity\",0]" },
        { "return /a\\d/gi", "\"/a\\\\d/gi\"" },
        { "return new TypeError('no')", "{\"name\":\"TypeError\",\"message\":\"no\"}" },
        { "return new Uint8Array([1, 255])", "[1,255]" },
        { "return new Uint8Array([1, 2]).buffer", "[1,2]" },
        { "return { toJSON() { return { a: 1n } } }", "{\"a\":1}" },
        { "return new URL('http://a/b')", "\"http://a/b\"" },
        { "return Object.create(null)", "{}" },
        { "class A { x = 1; get y() { return 2 } } return new A()", "{\"x\":1}" },
        { "return ['\\ud800', '\\\\ud800', '\\ud83d\\ude00']",
          "[\"\\ufffd\",\"\\\\ud800\",\"\xf0\x9f\x98\x80\"]" },
        { "return '\\u0000'", "\"\\u0000\"" },
        { "const o = { a: 1 }; return [o, o]", "[{\"a\":1},{\"a\":1}]" },
        { "return JSON.parse('{\"__proto__\": {\"x\": 1n0}}'.replace('1n0', '1'))",
          "{\"__proto__\":{\"x\":1}}" },
        { "return [1, , 3]", "[1,null,3]" },
        { "return Object(5n)", "5" },
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        test_result(*state, cases[i].code, cases[i].expected);
}

static void results_that_cannot_leave_say_where(void **state)
{
    static const struct pair cases[] = {
        { "const a = { b: [] }; a.b.push({ c: a }); return a",
          "result.b[0].c is a cycle: it is the same object as result" },
        { "return { a: [() => 1] }", "result.a[0] is a function" },
        { "return { 'x-y': Symbol('q') }", "result[\"x-y\"] is a symbol (Symbol(q))" },
        { "return { x: tools.a.b }", "result.x is tools.a.b itself; call it" },
        { "return [Promise.resolve(1)]", "result[0] is a promise that nobody awaited" },
        { "return [new WeakMap()]", "result[0] is a weak collection" },
        { "let a = {}; for (let i = 0; i < 1000; i++) a = { a }; return a", "nested deeper than" },
        { "let a = {}; for (let i = 0; i < 1000; i++) a = { a }; return a",
          "result.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a....a."
          "a." },
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        test_error(*state, cases[i].code, "program", cases[i].expected);
}

static void integers_keep_every_digit(void **state)
{
    struct worker_test *test = *state;
    struct worker_spec spec = test_spec(
        "const r = await tools.a.b({ id: input.big });\n"
        "return { t: typeof input.big, s: typeof input.small, r, one: r.id + 1n, f: input.f }");
    spec.input = STR("{\"big\":9007199254740993,\"small\":9007199254740991,"
                     "\"f\":[1.5e300,0.12345678901234567890],\"text\":\"9007199254740993\"}");
    test_start_spec(test, &spec);
    assert_str(test->report->calls[0].args, "{\"id\":9007199254740993}");
    test_answer(test, 1, "{\"id\":-18446744073709551616}");
    assert_int_equal(test->report->state, WORKER_DONE);
    assert_str(test->report->result,
               "{\"t\":\"bigint\",\"s\":\"number\",\"r\":{\"id\":-18446744073709551616},"
               "\"one\":-18446744073709551615,\"f\":[1.5e+300,0.12345678901234568]}");
}

static void errors_have_the_programs_lines(void **state)
{
    struct worker_test *test = *state;
    const struct worker_error *error =
        test_error(test, "const a = 1;\n\n  null.x;\n", "program", "TypeError: ");
    assert_int_equal(error->line, 3);
    assert_int_equal(error->column, 3);
    error = test_error(test, "throw new Error('first line')", "program", "first line");
    assert_int_equal(error->line, 1);
    error = test_error(test, "interface A {\n  a: string\n}\n\nthrow new Error('typed')", "program",
                       "typed");
    assert_int_equal(error->line, 5);
    assert_int_equal(error->column, 11);
    error = test_error(test, "```ts\nthrow new Error('fenced')\n```", "program", "fenced");
    assert_int_equal(error->line, 2);
    error =
        test_error(test, "async () => {\n  throw new Error('wrapped')\n}", "program", "wrapped");
    assert_int_equal(error->line, 2);
    error = test_error(test, "function f(x: any) { x() }\nfunction g() { f(1) }\ng()", "program",
                       "TypeError: not a function");
    assert_int_equal(error->line, 1);
    assert_has(error->stack, "at g (program:2:");
    assert_true(str_find(error->stack, STR("writ:")) == SIZE_MAX);
}

static void syntax_errors_have_line_and_column(void **state)
{
    static const struct {
        const char *code;
        const char *message;
        uint32_t line;
        uint32_t column;
    } cases[] = {
        { "return 1\nlet x = ;", "unexpected token", 2, 9 },
        { "let x = ;", "unexpected token", 1, 9 },
        { "interface A { a: string }\nconst x: = 1", "", 2, 10 },
        { "async () => {\n  let y = 1;\n  let y = 2 }", "redefinition", 3, 9 },
        { "return {", "", 1, 9 },
        { "return 1 +", "", 1, 11 },
        { "return 1 +\n\n", "", 1, 11 },
        { "const a = '\u00e9\u00e9'\nreturn '\u00e9' +", "", 2, 13 },
        { "import fs from 'fs'\nreturn 1", "import is not available", 1, 8 },
        { "export const x = 1", "export is not available", 1, 1 },
    };
    struct worker_test *test = *state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct worker_error *error =
            test_error(test, cases[i].code, "syntax", cases[i].message);
        assert_int_equal(error->line, cases[i].line);
        assert_int_equal(error->column, cases[i].column);
    }
}

static void columns_survive_the_removal_of_types(void **state)
{
    static const struct {
        const char *code;
        uint32_t column;
    } cases[] = {
        { "throw new Error('a'); const x: string = ''", 11 },
        { "const x: string = ''; throw new Error('b')", 33 },
        { "const x: string = '', y: number = r.z, w: any = 1", 8 },
        { "const x: number = r.z", 19 },
    };
    struct worker_test *test = *state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct worker_error *error = test_error(test, cases[i].code, "program", "");
        assert_int_equal(error->line, 1);
        assert_int_equal(error->column, cases[i].column);
    }
}

static void thrown_values_are_told(void **state)
{
    struct worker_test *test = *state;
    test_error(test, "throw undefined", "program", "the program threw undefined");
    const struct worker_error *error =
        test_error(test, "throw { a: 1, b: [2n] }", "program", "the program threw { a: 1");
    assert_str(error->data, "{\"a\":1,\"b\":[2]}");
    test_error(test, "throw Object.assign(new Error('e'), { data: { why: 1 } })", "program", "e");
    assert_str(test->report->error.data, "{\"why\":1}");
    test_error(test, "throw new Proxy({}, { get() { throw 1 } })", "program", "the program threw");
    test_error(test,
               "throw Object.defineProperty(new Error('x'), 'message', { get() { throw 2 } })",
               "program", "cannot be described");
    test_error(test, "queueMicrotask(() => { throw new RangeError('q') }); await tools.a()",
               "program", "RangeError: q");
    test_error(test, "setTimeout(() => { throw new Error('t') }); await tools.a()", "program", "t");
}

static void what_is_missing_is_said(void **state)
{
    static const struct pair cases[] = {
        { "await fetch('http://x')", "use tools." },
        { "const fs = require('fs')", "require is not available" },
        { "return process.env.HOME", "process is not available" },
        { "return new Intl.NumberFormat().format(1)", "Intl is not available" },
        { "return Buffer.from('x')", "use Uint8Array" },
        { "await import('fs')", "import is not available" },
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        test_error(*state, cases[i].code, "program", cases[i].expected);
}

static void the_console_is_kept(void **state)
{
    struct worker_test *test = *state;
    test_result(test, "console.log('a', 1, { b: [1n, null] }); console.error(new Error('x'));",
                "null");
    assert_int_equal(test->report->console_count, 2);
    assert_str(test->report->console[0].level, "log");
    assert_str(test->report->console[0].text, "a 1 { b: [ 1n, null ] }");
    assert_str(test->report->console[1].level, "error");
    assert_str(test->report->console[1].text, "Error: x\n    at <anonymous> (program:1:59)");
    test_result(test,
                "const a = { m: new Map([[1, 2]]), s: new Set(['x']) }; a.a = a;"
                "console.info(a, tools.x, () => 1, [undefined], new Date(0))",
                "null");
    assert_str(test->report->console[0].text,
               "{ m: Map(1) { 1 => 2 }, s: Set(1) { \"x\" }, a: [cycle] } tools.x "
               "[function anonymous] [ undefined ] 1970-01-01T00:00:00.000Z");
}

static void emits_are_progress(void **state)
{
    struct worker_test *test = *state;
    test_result(test, "emit({ done: 1 }); emit(2n ** 64n); return 3", "3");
    assert_int_equal(test->report->emits_count, 2);
    assert_str(test->report->emits[0], "{\"done\":1}");
    assert_str(test->report->emits[1], "18446744073709551616");
}

static void what_was_reported_has_numbers(void **state)
{
    struct worker_test *test = *state;
    test_start(test, "emit(1); emit(2); console.log('a'); await tools.a.b();"
                     "emit(3); console.log('b'); console.log('c'); await tools.a.b()");
    assert_int_equal(test->report->emits_from, 0);
    assert_int_equal(test->report->console_from, 0);
    test_answer(test, 1, "1");
    assert_int_equal(test->report->emits_from, 2);
    assert_int_equal(test->report->emits_count, 1);
    assert_int_equal(test->report->console_from, 1);
    assert_int_equal(test->report->console_count, 3);
}

static void many_small_values_are_large(void **state)
{
    struct worker_test *test = *state;
    test_start(test, "for (;;) { for (let i = 0; i < 15000; i++) emit(0); await tools.a.b() }");
    assert_int_equal(test->report->emits_count, 15000);
    test_answer(test, 1, "1");
    assert_int_equal(test->report->state, WORKER_FAILED);
    assert_has(test->report->error.message, "bytes together");
}

static void rejections_that_nobody_handled_are_told(void **state)
{
    struct worker_test *test = *state;
    test_result(test, "Promise.reject(new Error('lost')); return 1", "1");
    assert_int_equal(test->report->console_count, 1);
    assert_has(test->report->console[0].text, "nobody handled it: Error: lost");
    test_result(test, "const p = Promise.reject(1); await null; await p.catch(() => 0); return 1",
                "1");
    assert_int_equal(test->report->console_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_programs),
        cmocka_unit_test(types_are_removed),
        cmocka_unit_test(a_generic_call_is_a_call),
        cmocka_unit_test(tools_are_named),
        cmocka_unit_test(plain_javascript_runs_as_sent),
        cmocka_unit_test(results_leave_readable),
        cmocka_unit_test(results_that_cannot_leave_say_where),
        cmocka_unit_test(integers_keep_every_digit),
        cmocka_unit_test(errors_have_the_programs_lines),
        cmocka_unit_test(syntax_errors_have_line_and_column),
        cmocka_unit_test(columns_survive_the_removal_of_types),
        cmocka_unit_test(thrown_values_are_told),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(the_console_is_kept),
        cmocka_unit_test(emits_are_progress),
        cmocka_unit_test(what_was_reported_has_numbers),
        cmocka_unit_test(many_small_values_are_large),
        cmocka_unit_test(rejections_that_nobody_handled_are_told),
    };
    return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
