/* Deliveries, replay, several programs at once, and machines that are as new after each. */
#include "base/buf.h"
#include "proc/worker/test.h"

/* Everything a report says, as text to compare. */
static void print_report(struct buf *buf, const struct worker_report *report)
{
    buf_printf(buf, "state %d delivered %llu ticks %llu memory %llu bytes %zu\n", report->state,
               (unsigned long long)report->delivered, (unsigned long long)report->ticks,
               (unsigned long long)report->memory_bytes, report->bytes);
    for (size_t i = 0; i < report->calls_count; i++)
        buf_printf(buf, "call %u %.*s %.*s %d\n", report->calls[i].call,
                   STR_ARG(report->calls[i].address), STR_ARG(report->calls[i].args),
                   report->calls[i].preview);
    for (size_t i = 0; i < report->timers_count; i++)
        buf_printf(buf, "timer %u %lld %d\n", report->timers[i].timer,
                   (long long)report->timers[i].due_ms, report->timers[i].cleared);
    for (size_t i = 0; i < report->emits_count; i++)
        buf_printf(buf, "emit %.*s\n", STR_ARG(report->emits[i]));
    for (size_t i = 0; i < report->console_count; i++)
        buf_printf(buf, "%.*s %.*s\n", STR_ARG(report->console[i].level),
                   STR_ARG(report->console[i].text));
    if (report->state == WORKER_DONE)
        buf_printf(buf, "result %.*s\n", STR_ARG(report->result));
    if (report->state == WORKER_FAILED)
        buf_printf(buf, "error %.*s %.*s %u:%u %.*s %.*s\n", STR_ARG(report->error.code),
                   STR_ARG(report->error.message), report->error.line, report->error.column,
                   STR_ARG(report->error.stack), STR_ARG(report->error.data));
}

static void calls_are_answered_in_any_order(void **state)
{
    struct worker_test *test = *state;
    test_start(test, "return await Promise.all([tools.a.x({ n: 1 }), tools['b-c'].y(), "
                     "tools.search('text')])");
    assert_int_equal(test->report->calls_count, 3);
    assert_str(test->report->calls[1].address, "b-c.y");
    assert_str(test->report->calls[1].args, "{}");
    assert_str(test->report->calls[2].address, "search");
    assert_str(test->report->calls[2].args, "\"text\"");
    test_answer(test, 3, "3");
    assert_int_equal(test->report->state, WORKER_WAITING);
    assert_int_equal(test->report->calls_count, 0);
    test_answer(test, 1, "1");
    test_answer(test, 2, "2");
    assert_str(test->report->result, "[1,2,3]");
}

static void what_stands_beside_a_result_is_in_nobodys_way(void **state)
{
    struct worker_test *test = *state;
    const struct worker_delivery answer = {
        .kind = WORKER_DELIVERY_RESULT,
        .call = 1,
        .value = STR("[{\"id\":1}]"),
        .meta = STR("{\"status\":200,\"links\":{\"next\":\"https://a/?page=2\"}}"),
    };
    test_start(test, "const r = await tools.a.x(); r.push(2);\n"
                     "return [r, Object.keys(r), r.$http.links.next, (await tools.a.y()).$http]");
    test_deliver(test, answer);
    test_answer(test, 2, "{}");
    assert_str(test->report->result, "[[{\"id\":1},2],[\"0\",\"1\"],\"https://a/?page=2\",null]");
    test_start(test, "return await tools.a.x()");
    test_deliver(test, (struct worker_delivery){ .kind = WORKER_DELIVERY_RESULT,
                                                 .call = 1,
                                                 .value = STR("\"text\""),
                                                 .meta = STR("{\"status\":201}") });
    assert_str(test->report->result, "\"text\"");
}

static void any_name_is_a_tool(void **state)
{
    struct worker_test *test = *state;
    test_start(test,
               "const { path, name, length } = tools.a; path(); name(); length();\n"
               "tools.constructor(); tools.a.prototype(); tools.__proto__(); 'q' in tools.a;\n"
               "await tools.a.apply()");
    static const char *const names[] = { "a.path",      "a.name",    "a.length", "constructor",
                                         "a.prototype", "__proto__", "a.apply" };
    assert_int_equal(test->report->calls_count, ARRAY_COUNT(names));
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        assert_str(test->report->calls[i].address, names[i]);
}

static void what_was_started_is_finished(void **state)
{
    struct worker_test *test = *state;
    test_start(test, "async function main() { await tools.a(); await tools.b(); emit('end') }\n"
                     "main();");
    assert_int_equal(test->report->state, WORKER_WAITING);
    test_answer(test, 1, "1");
    assert_int_equal(test->report->state, WORKER_WAITING);
    assert_int_equal(test->report->calls_count, 1);
    test_answer(test, 2, "1");
    assert_int_equal(test->report->state, WORKER_DONE);
    assert_str(test->report->result, "null");
    assert_int_equal(test->report->emits_count, 1);
    test_error(test, "async function main() { throw new Error('m') }\nmain();", "program", "m");
    assert_int_equal(test->report->error.line, 1);
    test_start(test, "tools.a(); return 5");
    assert_int_equal(test->report->state, WORKER_DONE);
    assert_str(test->report->result, "5");
    test_start(test, "tools.a()");
    assert_int_equal(test->report->state, WORKER_WAITING);
}

static void a_rejected_call_is_a_tool_error(void **state)
{
    struct worker_test *test = *state;
    const struct worker_delivery refused = {
        .kind = WORKER_DELIVERY_ERROR,
        .call = 1,
        .value = STR("{\"code\":\"refused\",\"message\":\"rule ask\",\"retryable\":true,"
                     "\"data\":{\"rule\":9007199254740993}}"),
    };
    test_start(test, "try { await tools.a.b() } catch (e) { return [e instanceof Error, e.name, "
                     "e.code, e.message, e.retryable, e.data.rule, typeof e.stack] }");
    test_deliver(test, refused);
    assert_str(test->report->result, "[true,\"ToolError\",\"refused\",\"rule ask\",true,"
                                     "9007199254740993,\"string\"]");
    test_start(test, "const x = 1;\nawait tools.a.b()");
    test_deliver(test, refused);
    assert_int_equal(test->report->state, WORKER_FAILED);
    assert_str(test->report->error.code, "refused");
    assert_str(test->report->error.message, "rule ask");
    assert_true(test->report->error.retryable);
    assert_int_equal(test->report->error.line, 2);
    assert_str(test->report->error.data, "{\"rule\":9007199254740993}");
}

static void cancelling(void **state)
{
    struct worker_test *test = *state;
    test_start(test, "try { await tools.a() } catch (e) { return e.code }");
    test_deliver(test, (struct worker_delivery){ .kind = WORKER_DELIVERY_CANCEL, .call = 1 });
    assert_str(test->report->result, "\"cancelled\"");
    test_start(test, "try { await tools.a() } catch { return 1 }");
    test_deliver(test, (struct worker_delivery){ .kind = WORKER_DELIVERY_CANCEL });
    assert_int_equal(test->report->state, WORKER_FAILED);
    assert_str(test->report->error.code, "cancelled");
}

static void a_preview_is_asked_for(void **state)
{
    struct worker_test *test = *state;
    test_start(test, "await tools.a.b({ x: 1 }, { preview: true })");
    assert_true(test->report->calls[0].preview);
}

static void timers_are_the_owners(void **state)
{
    struct worker_test *test = *state;
    test_start(test, "const out = []; const t0 = Date.now();\n"
                     "setTimeout(() => out.push('never'), 50);\n"
                     "const id = setInterval(x => { out.push(x); if (out.length > 1) "
                     "clearInterval(id) }, 10, 'i');\n"
                     "clearTimeout(1); setTimeout(() => out.push('now'));\n"
                     "await new Promise(r => setTimeout(r, 500));\n"
                     "return [out, Date.now() - t0, performance.now()]");
    assert_int_equal(test->report->state, WORKER_WAITING);
    assert_int_equal(test->report->timers_count, 4);
    assert_int_equal(test->report->timers[0].timer, 1);
    assert_int_equal(test->report->timers[1].due_ms - test->at_ms, 10);
    assert_true(test->report->timers[2].cleared);
    assert_int_equal(test->report->timers[2].timer, 1);
    assert_int_equal(test->report->timers[3].due_ms - test->at_ms, 500);
    test_deliver(test, (struct worker_delivery){ .kind = WORKER_DELIVERY_TIMER, .timer = 2 });
    assert_int_equal(test->report->timers_count, 2);
    assert_true(test->report->timers[1].cleared);
    test_deliver(test, (struct worker_delivery){ .kind = WORKER_DELIVERY_TIMER, .timer = 1 });
    assert_int_equal(test->report->state, WORKER_WAITING);
    test->at_ms += 500;
    test_deliver(test, (struct worker_delivery){ .kind = WORKER_DELIVERY_TIMER, .timer = 4 });
    assert_str(test->report->result, "[[\"now\",\"i\"],503,503]");
}

static const char busy[] =
    "const seen: any[] = [Math.random(), crypto.randomUUID(), Date.now(), performance.now()];\n"
    "crypto.getRandomValues(new Uint8Array(7));\n"
    "console.log('one', seen);\n"
    "const [a, b] = await Promise.all([tools.x.one({ n: 1n }), tools.x.two(seen)]);\n"
    "seen.push(a, b, Math.random(), new Date().toISOString());\n"
    "emit(seen); setTimeout(() => console.warn('late'), 5);\n"
    "const big = Array.from({ length: 20000 }, (_, i) => ({ i, t: 'x'.repeat(i % 50) }));\n"
    "try { await tools.x.three(big.length) } catch (e) { seen.push(e.code, e.stack) }\n"
    "Promise.reject(new Error('lost')); return { seen, h: Object.keys(globalThis) }";

/* Step number n of a program's life, into the transcript. */
static void busy_step(struct worker_program *program, uint64_t n, struct buf *out)
{
    static const struct worker_delivery deliveries[] = {
        { 1, 1700000001000, WORKER_DELIVERY_RESULT, 2, 0, { 0 }, { 0 } },
        { 2, 1700000002000, WORKER_DELIVERY_RESULT, 1, 0, { 0 }, { 0 } },
        { 3, 1700000002500, WORKER_DELIVERY_TIMER, 0, 1, { 0 }, { 0 } },
        { 4, 1700000003000, WORKER_DELIVERY_ERROR, 3, 0, { 0 }, { 0 } },
    };
    static const char *const values[] = { "{\"a\":[1,null]}", "\"text\"", "",
                                          "{\"code\":\"busy\",\"message\":\"m\"}" };
    struct worker_delivery delivery = deliveries[n - 1];
    const struct worker_report *report;
    delivery.value = str_from(values[n - 1]);
    assert_int_equal(worker_program_deliver(program, &delivery, &report), 0);
    print_report(out, report);
}

static struct worker_program *busy_start(struct worker_engine *engine, struct buf *out)
{
    struct worker_spec spec = test_spec(busy);
    struct worker_program *program;
    const struct worker_report *report;
    assert_int_equal(worker_program_start(engine, &spec, &program, &report), 0);
    print_report(out, report);
    return program;
}

static void replay_is_identical(void **state)
{
    struct worker_test *test = *state;
    struct buf first BUF_CLEANUP = BUF_INIT;
    for (int round = 0; round < 6; round++) {
        struct buf again BUF_CLEANUP = BUF_INIT;
        struct worker_engine *engine = test->engine;
        struct worker_engine_config config = { .warm_count = 1 };
        if (round % 2)
            assert_int_equal(worker_engine_new(&config, &engine), 0);
        else
            test_result(test, "globalThis.x = 1; return [...'abc'].map(c => c + c)",
                        "[\"aa\",\"bb\",\"cc\"]");
        struct worker_program *program = busy_start(engine, &again);
        for (uint64_t n = 1; n <= 4; n++)
            busy_step(program, n, &again);
        worker_program_free(program);
        if (engine != test->engine)
            worker_engine_free(engine);
        if (round == 0) {
            assert_has(buf_str(&again), "state 1 delivered 4");
            buf_add_str(&first, buf_str(&again));
        }
        assert_true(str_equal(buf_str(&first), buf_str(&again)));
    }
}

static void programs_live_side_by_side(void **state)
{
    enum { COUNT = 40 };
    struct worker_test *test = *state;
    struct worker_program *programs[COUNT];
    struct buf outs[COUNT] = { 0 };
    for (size_t i = 0; i < COUNT; i++)
        programs[i] = busy_start(test->engine, &outs[i]);
    for (uint64_t n = 1; n <= 4; n++) {
        for (size_t i = 0; i < COUNT; i++)
            busy_step(programs[(i * 7 + n) % COUNT], n, &outs[(i * 7 + n) % COUNT]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(str_equal(buf_str(&outs[0]), buf_str(&outs[i])));
        worker_program_free(programs[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        buf_fini(&outs[i]);
}

static void feeding_says_it_all_at_once(void **state)
{
    struct worker_test *test = *state;
    struct worker_delivery delivery = { .index = 1, .call = 1, .value = STR("1") };
    test_start(test, "emit(1); await tools.a(); emit(2); await tools.b(); emit(3);"
                     "await tools.c(); return 4");
    assert_int_equal(worker_program_feed(test->program, &delivery, &test->report), 0);
    delivery.index = delivery.call = 2;
    assert_int_equal(worker_program_feed(test->program, &delivery, &test->report), 0);
    assert_int_equal(test->report->calls_count, 3);
    assert_int_equal(test->report->emits_count, 3);
    assert_int_equal(test->report->delivered, 2);
    delivery.index = delivery.call = 3;
    assert_int_equal(worker_program_deliver(test->program, &delivery, &test->report), 0);
    assert_int_equal(test->report->calls_count, 0);
    assert_str(test->report->result, "4");
}

static void seeds_differ(void **state)
{
    struct worker_test *test = *state;
    const char *code = "return [Math.random(), crypto.randomUUID()]";
    test_start(test, code);
    struct buf first BUF_CLEANUP = BUF_INIT;
    buf_add_str(&first, test->report->result);
    struct worker_spec spec = test_spec(code);
    spec.seed[3] ^= 1;
    test_start_spec(test, &spec);
    assert_false(str_equal(buf_str(&first), test->report->result));
}

/* ---- the fuzz: pieces of programs, put together by chance ---- */

static const char *const pieces[] = {
    "globalThis[%R%] = { a: %R% };",
    "Array.prototype[%R%] = () => %R%;",
    "let v%N% = new Map(Array.from({ length: %R% }, (_, i) => [i, 'x'.repeat(i % 99)]));",
    "await null;",
    "tools.a.b({ n: %R% });",
    "setTimeout(() => { emit(%R%) }, %R%);",
    "console.log([%R%, new Date()]);",
    "try { null.x } catch (e) { globalThis.e = e.stack }",
    "Object.defineProperty(globalThis, 'p%N%', { get() { return %R% } });",
    "const f%N% = n => n < 2 ? n : f%N%(n - 1) + f%N%(n - 2); f%N%(12);",
    "delete globalThis.URL; Math.random = () => %R%;",
    "'%R%'.replace(/(\\d)+/g, x => x + x);",
    "new Uint8Array(%R% * 50).fill(%R%);",
    "JSON.parse(JSON.stringify({ a: [%R%, { b: '%R%' }] }));",
    "Promise.reject(%R%);",
    "const r%N% = n => n ? 1 + r%N%(n - 1) : 0; r%N%(%R% % 900);",
    "class C%N% { #x = %R%; static y = [%R%]; get z() { return this.#x } }; new C%N%().z;",
    "const w%N% = new WeakRef({}); new FinalizationRegistry(() => {}).register({}, 1);",
    "eval('var q%N% = %R%');",
    "throw new Error('%R%');",
    "let t%N%: number = %R%;",
    "let s%N% = ;",
};

static uint32_t chance(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void add_piece(struct buf *code, const char *piece, uint32_t number, uint32_t *seed)
{
    for (const char *at = piece; *at; at++) {
        if (strncmp(at, "%R%", 3) == 0) {
            buf_printf(code, "%u", chance(seed) % 2000);
            at += 2;
        } else if (strncmp(at, "%N%", 3) == 0) {
            buf_printf(code, "%u", number);
            at += 2;
        } else {
            buf_add_char(code, *at);
        }
    }
    buf_add_char(code, '\n');
}

static void machines_are_as_new_after_anything(void **state)
{
    struct worker_test *test = *state;
    uint32_t seed = 7;
    for (int round = 0; round < 400; round++) {
        struct buf code BUF_CLEANUP = BUF_INIT;
        for (uint32_t i = 0; i < 1 + chance(&seed) % 8; i++)
            add_piece(&code, pieces[chance(&seed) % ARRAY_COUNT(pieces)], i, &seed);
        struct worker_spec spec = test_spec("");
        spec.code = buf_str(&code);
        spec.limits.ticks_max = 20;
        test_start_spec(test, &spec);
        for (uint32_t call = 1; call < 4 && test->report->state == WORKER_WAITING; call++)
            test_answer(test, call, "{\"a\":1}");
        worker_program_free(test->program);
        test->program = NULL;
        assert_non_null(test->engine->idle);
        assert_true(worker__vm_is_clean(&test->engine->idle->vm));
    }
}

static void what_the_build_booted_is_what_boots(void **state)
{
    const struct worker_test *test = *state;
    const struct worker__image *booted = test->engine->image;
    const struct worker__image *made = &worker_engine_made.image;

    assert_ptr_not_equal(booted->bytes, made->bytes);
    assert_int_equal(booted->pages, made->pages);
    assert_int_equal(booted->stack_pointer, made->stack_pointer);
    assert_int_equal(booted->len, made->len);
    assert_memory_equal(booted->bytes, made->bytes, made->len);
    assert_memory_equal(&test->engine->handles, &worker_engine_made.handles,
                        sizeof(worker_engine_made.handles));
    assert_true(digest_equal(&test->engine->digest, &worker_engine_made.digest));
}

static void memory_that_was_given_back_is_made_new(void **state)
{
    static const struct worker_engine_config config = { .made = &worker_engine_made };
    struct worker_test *test = *state;
    struct worker_test other = { 0 };
    uint64_t first = 0;

    assert_int_equal(worker_engine_new(&config, &other.engine), 0);
    for (int round = 0; round < 3; round++) {
        struct worker_spec spec = test_spec("return [1, 2].map(n => n + Math.random())");

        test_start_spec(&other, &spec);
        assert_int_equal(other.report->state, WORKER_DONE);
        test_start_spec(test, &spec);
        assert_true(str_equal(test->report->result, other.report->result));
        if (round == 0)
            first = other.report->memory_bytes;
        assert_int_equal(other.report->memory_bytes, first);
        other.program = worker_program_free(other.program);
        worker_engine_trim(other.engine);
        assert_true(other.engine->idle->cold);
        assert_false(worker__vm_is_clean(&other.engine->idle->vm));
    }
    (void)worker_engine_free(other.engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_answered_in_any_order),
        cmocka_unit_test(what_stands_beside_a_result_is_in_nobodys_way),
        cmocka_unit_test(any_name_is_a_tool),
        cmocka_unit_test(what_was_started_is_finished),
        cmocka_unit_test(a_rejected_call_is_a_tool_error),
        cmocka_unit_test(cancelling),
        cmocka_unit_test(a_preview_is_asked_for),
        cmocka_unit_test(timers_are_the_owners),
        cmocka_unit_test(replay_is_identical),
        cmocka_unit_test(programs_live_side_by_side),
        cmocka_unit_test(feeding_says_it_all_at_once),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(machines_are_as_new_after_anything),
        cmocka_unit_test(what_the_build_booted_is_what_boots),
        cmocka_unit_test(memory_that_was_given_back_is_made_new),
    };
    return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
