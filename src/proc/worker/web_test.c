/* What programs know from the Web: URL, text, clones, chance, time. */
#include "proc/worker/test.h"

struct pair {
    const char *code;
    const char *expected;
};

static void run_pairs(struct worker_test *test, const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        test_result(test, pairs[i].code, pairs[i].expected);
}

static void urls(void **state)
{
    static const struct pair cases[] = {
        { "return new URL('HTTPS://U:p@A.B:443/x/../y?q=1#h').href",
          "\"https://U:p@a.b/y?q=1#h\"" },
        { "return new URL('../c?d', 'http://h/p/q/r').href", "\"http://h/p/c?d\"" },
        { "return new URL('//x/y', 'https://h').href", "\"https://x/y\"" },
        { "return new URL('http://[1:2::3:0:0:4]:8080/').host", "\"[1:2::3:0:0:4]:8080\"" },
        { "return new URL('http://0x7f.1/').hostname", "\"127.0.0.1\"" },
        { "return new URL('mailto:a@b.c').pathname", "\"a@b.c\"" },
        { "return new URL('http://a/b c?d e#f g').href", "\"http://a/b%20c?d%20e#f%20g\"" },
        { "const u = new URL('http://a/?x=1'); u.searchParams.append('y', 'ü &');\n"
          "u.hash = 'z'; u.port = '81'; u.pathname = '/p'; return `${u}`",
          "\"http://a:81/p?x=1&y=%C3%BC+%26#z\"" },
        { "return [URL.canParse('x'), URL.canParse('http://a:99999'), URL.canParse('a:b')]",
          "[false,false,true]" },
        { "try { new URL('nope') } catch (e) { return [e.name, e.message] }",
          "[\"TypeError\",\"Invalid URL: nope (it has no scheme such as https: and no base)\"]" },
        { "return [...new URLSearchParams('?a=1&b=%20+&a=2')]",
          "[[\"a\",\"1\"],[\"b\",\"  \"],[\"a\",\"2\"]]" },
        { "const p = new URLSearchParams({ a: '1', b: 'x y' }); p.set('a', 2); p.delete('b');\n"
          "p.append('c', '~'); return [p.toString(), p.get('a'), p.has('b'), p.size]",
          "[\"a=2&c=%7E\",\"2\",false,2]" },
    };
    run_pairs(*state, cases, ARRAY_COUNT(cases));
}

static void text_and_bytes(void **state)
{
    static const struct pair cases[] = {
        { "return new TextEncoder().encode('aé€😀\\ud800')",
          "[97,195,169,226,130,172,240,159,152,128,239,191,189]" },
        { "return new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xc3, 0xa9]))",
          "\"aé\"" },
        { "return new TextDecoder().decode(new Uint8Array([0x61, 0xff, 0xe2, 0x82, 0x62]))",
          "\"a\xef\xbf\xbd\xef\xbf\xbd"
          "b\"" },
        { "const d = new TextDecoder(); return d.decode(new Uint8Array([0xe2, 0x82]), "
          "{ stream: true }) + d.decode(new Uint8Array([0xac]))",
          "\"€\"" },
        { "try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])) }\n"
          "catch (e) { return e.name }",
          "\"TypeError\"" },
        { "return [atob(btoa('hello')), btoa('\\xff')]", "[\"hello\",\"/w==\"]" },
        { "return new TextEncoder().encodeInto('a€', new Uint8Array(3))",
          "{\"read\":1,\"written\":1}" },
    };
    run_pairs(*state, cases, ARRAY_COUNT(cases));
}

static void clones(void **state)
{
    static const struct pair cases[] = {
        { "const a = { d: new Date(5), m: new Map([[{ k: 1 }, new Set([1])]]), r: /x/gi, n: null "
          "};\n"
          "a.self = a; const b = structuredClone(a);\n"
          "return [b !== a, b.self === b, b.d.getTime(), [...b.m][0][0], [...b.m][0][1].has(1), "
          "b.r.flags]",
          "[true,true,5,{\"k\":1},true,\"gi\"]" },
        { "const u = new Uint8Array([1, 2, 3]).subarray(1); const c = structuredClone({ u });\n"
          "c.u[0] = 9; return [u[0], c.u[0], c.u.length, c.u.constructor.name]",
          "[2,9,2,\"Uint8Array\"]" },
        { "try { structuredClone({ f() {} }) } catch (e) { return [e.name, e.message] }",
          "[\"DataCloneError\",\"a function cannot be cloned\"]" },
        { "const e = structuredClone(new RangeError('x')); return [e.name, e.message]",
          "[\"RangeError\",\"x\"]" },
    };
    run_pairs(*state, cases, ARRAY_COUNT(cases));
}

static void chance_and_time(void **state)
{
    static const struct pair cases[] = {
        { "const a = Array.from({ length: 1000 }, Math.random);\n"
          "const mean = a.reduce((x, y) => x + y) / 1000;\n"
          "return [a.every(x => x >= 0 && x < 1), Math.abs(mean - 0.5) < 0.05, new Set(a).size]",
          "[true,true,1000]" },
        { "return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/"
          ".test(crypto.randomUUID())",
          "true" },
        { "return new Set(crypto.getRandomValues(new Uint8Array(4096))).size > 250", "true" },
        { "try { crypto.getRandomValues(new Float64Array(1)) } catch (e) { return e.name }",
          "\"TypeMismatchError\"" },
        { "return [Date.now(), new Date().getTimezoneOffset(), performance.now()]",
          "[1700000000000,0,0]" },
        { "return new Date(2024, 0, 31, 12).toISOString()", "\"2024-01-31T12:00:00.000Z\"" },
        { "return await new Promise(r => queueMicrotask(() => r(1)))", "1" },
    };
    run_pairs(*state, cases, ARRAY_COUNT(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),
        cmocka_unit_test(text_and_bytes),
        cmocka_unit_test(clones),
        cmocka_unit_test(chance_and_time),
    };
    return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
