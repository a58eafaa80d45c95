/*
 * A tree with one violation of each rule, and the lines that tidy must name. It fails if a rule
 * stops firing, fires elsewhere, or is missing from this list.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tidy } from './tidy.mjs';
import { lex } from './lex.mjs';
import { nestingOf } from './shape.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'tidy-'));

function put(path, text) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
}

const head = '/* A file. */\n';
const long = (n) => `${head}int a_f(void)\n{\n${'    a_f();\n'.repeat(n)}}\n`;

put('src/ROOMS', `# register
base              <-                               what C lacks
format/a          <- base                          a sentence
format/b          <- base format/c                 a sentence
format/c          <- base format/b                 a sentence
format/d          <- base domain/x                 a sentence
format/util       <- base                          a sentence
domain/x          <- base format/a
                                                   a sentence below
sys               <- base                          the kernel
proc/p            <- base                          a process
format/gone       <- base                          a sentence
`);
for (const room of ['base', 'format/b', 'format/c', 'format/d', 'format/util', 'proc/p'])
    put(`src/${room}/meson.build`, '');

/* Each file: what it holds, and `line: rule` of what must be found in it. */
const files = {
    'src/ROOMS': [null, ['4: rooms', '5: rooms', '6: rooms', '7: rooms', '12: rooms']],
    'src/format/a/a.h': ['/* a */\n#ifndef WRIT_FORMAT_A_A_H\n#define WRIT_FORMAT_A_A_H\n#endif\n', []],
    'src/format/a/internal.h': ['/* a */\n#ifndef WRONG_H\n#define WRONG_H\n#endif\n', ['2: guard']],
    'src/format/a/inc.c': [`${head}#include "format/a/a.h"\n#include "format/a/internal.h"\n` +
        '#include "domain/x/x.h"\n#include "a.h"\n#include <uv.h>\n#include <unistd.h>\n' +
        '#include <nowhere.h>\n#include <cmocka.h>\n#include <string.h>\n',
    ['4: include', '5: include', '6: door', '7: kernel', '8: door', '9: door']],
    'src/domain/x/x.h': ['/* x */\n#ifndef WRIT_DOMAIN_X_X_H\n#define WRIT_DOMAIN_X_X_H\n#endif\n', []],
    'src/domain/x/peek.c': [`${head}#include "format/a/internal.h"\nint x_f(void)\n{\n` +
        '    return a__secret();\n}\n', ['2: private', '5: private']],
    'src/domain/x/alone.h': ['/* x */\n#ifndef WRIT_DOMAIN_X_ALONE_H\n#define WRIT_DOMAIN_X_ALONE_H\n#endif\n',
        ['1: built']],
    'src/nowhere/n.c': [head, ['1: rooms']],
    'src/format/a/long.c': [long(70), ['2: function']],
    'src/format/a/fits.c': [long(66), []],
    'src/format/a/huge.c': [`${head}${'int a_x;\n'.repeat(801)}`, ['1: file']],
    'src/format/a/wide.c': [`${head}int a_${'x'.repeat(100)};\nint\ta_t;\nint a_s; \n`,
        ['2: column', '3: column', '4: column']],
    'src/format/a/args.c': [`${head}int a_f(int a, int b, int (*c)(int, int), int d, int e)\n{\n}\n` +
        'int a_g(int a, int b, int c, int d, int e, int f)\n{\n}\nint a_h(bool a, bool b)\n{\n}\n',
    ['5: parameters', '8: bools']],
    'src/format/a/deep.c': [`${head}void a_f(void)\n{\n    for (;;)\n        while (1) {\n` +
        '            if (1)\n                do {\n                    switch (1) {\n' +
        '                    case 1:\n                        a_g();\n                    }\n' +
        '                } while (0);\n            else if (2)\n                a_g();\n        }\n}\n',
    ['8: nesting']],
    'src/format/a/calls.c': [`${head}void a_f(char *a, void *userdata)\n{\n    strcpy(a, "strcpy(x)");\n` +
        '    time(NULL);\n    x.system(1);\n    /* atoi( */\n}\n', ['2: banned', '4: banned', '5: pure']],
    'src/format/a/typedef.c': [`${head}typedef int a_fn(int a);\ntypedef struct a a;\n` +
        'typedef struct { int a; } b;\n', ['3: typedef', '4: typedef']],
    'src/format/a/said.c': [`${head}int a_x; // now\nchar a_y[] = "// no";\n/* TODO later */\n` +
        '/* TODO (#12) later */\n', ['2: comment', '4: todo']],
    'src/format/a/headless.c': ['int a_x;\n', ['1: head']],
    'src/format/a/cond.c': [`${head}#ifdef A\nint a_x;\n#endif\nvoid a_f(void)\n{\n#ifdef A\n    a_g();\n` +
        '#endif\n}\n', ['7: ifdef']],
    'src/format/a/allowed.c': [`${head}int a_x; // allowed\n`, []],
    'src/format/a/sym.c': [`${head}int a_x(void);\nint a_x(void)\n{\n    return 1;\n}\nint b_x(void);\n` +
        'int b_x(void)\n{\n    return 1;\n}\nint abi_one(void);\n' +
        'int abi_one(void)\n{\n    return 1;\n}\n', ['1: prefix']],
    'src/sys/loop_uv.c': [`${head}#include <unistd.h>\nint loop_run(void);\nint loop_run(void)\n{\n` +
        '    return (int)time(NULL);\n}\n', []],
    'src/deps': ['# package\nlibfound-dev  pc:found  a reason\n', []],
    'src/format/a/meson.build': ["x = dependency('found')\ny = dependency('lost')\n" +
        "z = declare_dependency('no')\nw = cc.find_library('gone')\n", ['2: deps', '4: deps']],
    'src/format/a/lost.c': [head, ['1: built']],
    'tools/tidy.allow': ['# exceptions\ncomment src/format/a/allowed.c  a reason\n' +
        'prefix src/format/a/sym.c:abi_*  a reason\n' +
        'comment src/format/a/never.c  a reason\ncolumn src/format/a/never.c\n',
    ['4: allow', '5: allow', '5: allow']],
};

for (const [path, [text]] of Object.entries(files))
    if (text !== null)
        put(path, text);

/* A build folder: one library, and the list of what was compiled. */
put('build/compile_commands.json', JSON.stringify(Object.keys(files)
    .filter((path) => path.endsWith('.c') && !path.endsWith('lost.c'))
    .map((path) => ({ directory: join(root, 'build'), file: `../${path}` }))));
mkdirSync(join(root, 'build/src/format/a'), { recursive: true });
execFileSync('cc', ['-c', join(root, 'src/format/a/sym.c'), '-o', join(root, 'build/sym.c.o')]);
execFileSync('ar', ['rcs', join(root, 'build/src/format/a/libformat_a.a'), join(root, 'build/sym.c.o')]);

const { left } = tidy(root, 'build');
const found = left.map((v) => `${v.path}:${v.line}: ${v.rule}`).sort();
const wanted = Object.entries(files).flatMap(([path, [, lines]]) =>
    lines.map((line) => `${path}:${line}`)).sort();

assert.deepEqual(found, wanted);

/* Every rule that the sources can report is in the tree above. */
const rules = new Set(readdirSync(here).filter((name) => /(?<!_test)\.mjs$/.test(name))
    .flatMap((name) => [...readFileSync(join(here, name), 'utf8')
        .matchAll(/(?:report\([^']*?|say\(|rule: )'([a-z]+)'/g)].map((m) => m[1])));

for (const rule of rules)
    if (rule !== 'tools')
        assert.ok(wanted.some((line) => line.endsWith(`: ${rule}`)) || rule === 'src',
            `no violation of "${rule}" in the tree`);

/* How deep a body is, whatever stands in it. */
const depth = (body) => nestingOf(lex(`void f(void)\n{\n${body}\n}\n`).functions[0].body).deepest;

assert.equal(depth('a();'), 0);
assert.equal(depth('int a[] = { 1, 2 }; struct s b = { .c = { 1 } };'), 0);
assert.equal(depth('if (a) b(); else if (c) d(); else if (e) f(); else g();'), 1);
assert.equal(depth('if (a) { if (b) c(); else d(); } else e();'), 2);
assert.equal(depth('for (;;) for (;;) for (;;) a();'), 3);
assert.equal(depth('switch (a) { case 1: if (b) c(); break; default: d(); }'), 2);
assert.equal(depth('switch (a) { case X ? 1 : 2: b(); }'), 1);
assert.equal(depth('do a(); while (b); if (c) d();'), 1);
assert.equal(depth('a = ({ if (b) c(); 1; });'), 0);
assert.equal(depth('{ { a(); } }'), 0);
console.log(`${wanted.length} violations found, rules: ${[...rules].sort().join(' ')}`);
rmSync(root, { recursive: true });
