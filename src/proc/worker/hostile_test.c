/* Programs that mean harm, or do it. Each is answered at its limit and leaves nothing behind. */
#include "proc/worker/test.h"

static void limits_end_programs(void **state)
{
    static const struct {
        const char *code;
        const char *message;
    } cases[] = {
        { "while (true) {}", "longer than its limit of 2000 ticks" },
        { "for (;;) await null", "longer than its limit of 2000 ticks" },
        { "const f = () => setTimeout(f); f(); await tools.a()", "longer than its limit" },
        { "try { while (true) {} } catch { return 'caught' } finally { return 'kept' }",
          "longer than its limit" },
        { "const p = (async () => { while (true) {} })(); await p.catch(() => 1); return 2",
          "longer than its limit" },
        { "return /^(a+)+$/.test('a'.repeat(50) + 'b')", "longer than its limit" },
        { "while (true) console.log('x'.repeat(1000))", "bytes together" },
        { "while (true) emit('x'.repeat(1000))", "are larger than" },
        { "for (;;) emit(0)", "larger than 819200 bytes at once" },
        { "for (;;) console.log('')", "bytes together" },
        { "emit('x'.repeat(900000))", "larger than 819200 bytes at once" },
        { "return 'x'.repeat(2000000)", "larger than 1048576 bytes together" },
        { "for (;;) tools.a.b({})", "more than 100 calls" },
        { "for (;;) await tools.a.b({ x: 'y'.repeat(900000) })", "larger than 819200 bytes" },
        { "for (;;) setTimeout(() => 1, 1000)", "more than 1024 timers" },
        { "for (;;) clearTimeout(setTimeout(() => 1, 1000))", "larger than 819200 bytes" },
        { "const a = []; while (true) a.push('x'.repeat(100000) + a.length)", "out of memory" },
        { "const a = []; while (true) a.push({ a: [a.length] })", "out of memory" },
        { "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i })", "out of memory" },
        { "return JSON.stringify(Array.from({ length: 2e6 }, (_, i) => ({ i }))).length",
          "out of memory" },
        { "new Uint8Array(1e9)", "out of memory" },
        { "return new Array(1e8).fill(0).length", "out of memory" },
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        test_error(*state, cases[i].code, "limit", cases[i].message);
    test_error(*state, "let s = 'x'; while (true) s += s", "program", "string too long");
    test_error(*state, "throw null", "program", "the program threw null");
}

static void deep_recursion_is_an_error(void **state)
{
    static const char *const codes[] = {
        "const f = () => f() + 1; return f()",
        "const f = a => [1].map(f); return f()",
        "const o = { get x() { return this.x } }; return o.x",
        "const o = { toString() { return `${this}` } }; return `${o}`",
        "class A { constructor() { new A() } } new A()",
        "return eval('('.repeat(50000))",
        "return JSON.parse('['.repeat(100000))",
        "return 'x'.replace(/x/, function f() { return 'x'.replace(/x/, f) })",
    };
    for (size_t i = 0; i < ARRAY_COUNT(codes); i++)
        test_error(*state, codes[i], "program", "Maximum call stack size exceeded");
    test_result(*state, "const f = n => n ? 1 + f(n - 1) : 0; return f(1500)", "1500");
}

static void what_can_never_happen_ends_at_once(void **state)
{
    struct worker_test *test = *state;
    test_error(test, "await new Promise(() => {})", "program", "can never happen");
    test_error(test, "const a = (async () => await a)(); await a", "program", "");
    test_start(test, "await tools.a(); await new Promise(() => {})");
    assert_int_equal(test->report->state, WORKER_WAITING);
    test_answer(test, 1, "1");
    assert_int_equal(test->report->state, WORKER_FAILED);
    assert_has(test->report->error.message, "can never happen");
    test_start(test, "clearTimeout(setTimeout(() => 1, 100)); await new Promise(() => {})");
    assert_int_equal(test->report->state, WORKER_FAILED);
}

static void tools_cannot_be_polluted(void **state)
{
    struct worker_test *test = *state;
    test_start(test,
               "Object.prototype.get = () => 'evil'; Object.prototype.then = 1;\n"
               "Object.prototype.c = Object.prototype.toJSON = undefined;\n"
               "Array.prototype.push = Array.prototype.join = () => { throw 'p' };\n"
               "Array.prototype[0] = 'zero'; Function.prototype.call = Function.prototype.apply =\n"
               "Function.prototype.bind = () => { throw 'f' };\n"
               "JSON.stringify = JSON.parse = () => '{}'; Reflect.apply = null;\n"
               "Promise.prototype.then = null; Promise.resolve = null;\n"
               "String.prototype.replace = WeakMap.prototype.get = Map.prototype.get = null;\n"
               "globalThis.Promise = globalThis.Proxy = globalThis.Error = null;\n"
               "tools = 1; globalThis.tools = 2; try { tools.x = 3 } catch {}\n"
               "return { r: await tools.real.one({ id: 1 }) }");
    assert_int_equal(test->report->state, WORKER_WAITING);
    assert_int_equal(test->report->calls_count, 1);
    assert_str(test->report->calls[0].address, "real.one");
    assert_str(test->report->calls[0].args, "{\"id\":1}");
    test_answer(test, 1, "{\"then\":5}");
    assert_int_equal(test->report->state, WORKER_DONE);
    assert_str(test->report->result, "{\"r\":{\"then\":5}}");
}

static void the_owners_functions_are_out_of_reach(void **state)
{
    test_result(*state, "return [typeof __host, typeof globalThis.__host, typeof prelude]",
                "[\"undefined\",\"undefined\",\"undefined\"]");
    test_result(*state,
                "Error.prepareStackTrace = (e, sites) => sites;\n"
                "try { setTimeout({}) } catch (e) { return typeof e.stack }",
                "\"string\"");
    test_error(*state, "Object.keys(tools)", "program", "tools cannot be listed");
    test_error(*state, "Object.setPrototypeOf(tools, {})", "program", "tools cannot be changed");
    test_error(*state, "delete tools.x", "program", "tools cannot be changed");
    test_error(*state, "new tools.x()", "program", "not a constructor");
    test_result(*state, "return [`${tools.a.b}`, tools instanceof Object, await tools.a.then]",
                "[\"tools.a.b\",false,null]");
}

static void wrong_calls_are_rejected(void **state)
{
    test_error(*state, "await tools({})", "invalid", "tools is not a function");
    test_error(*state, "await tools.a.b({}, {}, {})", "invalid", "takes one argument");
    test_error(*state, "await tools['x'.repeat(600)]()", "invalid", "longer than 512");
    test_error(*state, "await tools.a({ f: () => 1 })", "program", "the argument.f is a function");
    test_error(*state, "await tools.a({ n: NaN })", "program", "the argument.n is NaN");
    test_result(*state, "try { await tools.a({ n: NaN }) } catch (e) { return e.message }",
                "\"the argument.n is NaN; JSON has no such number\"");
}

static void texts_that_are_no_programs(void **state)
{
    struct worker_test *test = *state;
    struct worker_spec spec = test_spec("");
    char *big = heap_alloc(WORKER_CODE_BYTES_MAX + 1);
    memset(big, ' ', WORKER_CODE_BYTES_MAX + 1);
    spec.code = str_of(big, WORKER_CODE_BYTES_MAX + 1);
    test_start_spec(test, &spec);
    assert_str(test->report->error.code, "limit");
    heap_free(big);
    test_error(test, "return '\xff'", "invalid", "not UTF-8");
    test_error(test, "\xed\xa0\x80", "invalid", "not UTF-8");
    spec.code = str_of("return 'a\0b'.length", 19);
    test_start_spec(test, &spec);
    assert_str(test->report->result, "3");
}

static void the_console_is_capped(void **state)
{
    struct worker_test *test = *state;
    test_result(test, "for (let i = 0; i < 1000; i++) console.log('x'.repeat(1000)); return 1",
                "1");
    assert_true(test->report->console_count < 70);
    assert_has(test->report->console[test->report->console_count - 1].text, "the console is full");
    test_result(test, "for (let i = 0; i < 9000; i++) console.log(''); return 1", "1");
    assert_true(test->report->console_count < 1400);
}

static void memory_goes_back(void **state)
{
    struct worker_test *test = *state;
    test_error(test, "const a = []; for (;;) a.push(new Uint8Array(1000000))", "limit",
               "out of memory");
    assert_true(test->report->worn);
    assert_true(test->report->memory_bytes > (30U << 20));
    test_result(test, "return 1", "1");
    assert_false(test->report->worn);
    assert_true(test->report->memory_bytes < (1U << 20));
}

static void a_bad_delivery_harms_its_program_only(void **state)
{
    struct worker_test *test = *state;
    test_start(test, "return await tools.a()");
    test_answer(test, 1, "{\"a\":");
    assert_int_equal(test->report->state, WORKER_FAILED);
    test_start(test, "return await tools.a()");
    test_answer(test, 9, "1");
    assert_int_equal(test->report->state, WORKER_WAITING);
    test_answer(test, 1, "2");
    assert_str(test->report->result, "2");
    const struct worker_delivery late = { .index = 3, .call = 1, .value = STR("3") };
    assert_int_equal(worker_program_deliver(test->program, &late, &test->report), 0);
    assert_str(test->report->result, "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_end_programs),
        cmocka_unit_test(deep_recursion_is_an_error),
        cmocka_unit_test(what_can_never_happen_ends_at_once),
        cmocka_unit_test(tools_cannot_be_polluted),
        cmocka_unit_test(the_owners_functions_are_out_of_reach),
        cmocka_unit_test(wrong_calls_are_rejected),
        cmocka_unit_test(texts_that_are_no_programs),
        cmocka_unit_test(the_console_is_capped),
        cmocka_unit_test(memory_goes_back),
        cmocka_unit_test(a_bad_delivery_harms_its_program_only),
    };
    return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
