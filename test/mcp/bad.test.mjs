// Documents that are meant to do harm, or are none, through the real program. Each is answered in time with what is
// wrong, and after each the rest works: a good source is called, a program runs, the log holds.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Writ, binary, sleep } from './writ.mjs';

const IN_TIME_MS = 40000; // sanitized builds, machines with other work
const execute = promisify(execFile);
const seen = [];
const server = http.createServer((request, response) => {
    seen.push(request.url);
    response.setHeader('content-type', 'application/json');
    response.end('{"name":"Rex"}');
});
let writ;

// This process serves: nothing here may block it.
const command = async (...args) =>
    (await execute(binary, args, { env: writ.env, encoding: 'utf8', timeout: IN_TIME_MS, maxBuffer: 1 << 26 })).stdout;

async function terminal(...args) {
    const { done, out } = writ.beginAtTerminal(...args);

    for (const from = Date.now(); !existsSync(done); await sleep(20))
        assert.ok(Date.now() - from < IN_TIME_MS, `${args.join(' ').slice(0, 200)}: no end`);
    return { code: Number(readFileSync(done, 'utf8')), said: readFileSync(out, 'utf8') };
}

const program = async (code) => JSON.parse(await execute(binary, ['exec', '--json', '-e', code],
    { env: writ.env, encoding: 'utf8', timeout: IN_TIME_MS }).then((done) => done.stdout, (error) => error.stdout));

const document = (paths, more = {}) => ({ openapi: '3.1.0', info: { title: 'T', version: '1' },
    servers: [{ url: `http://127.0.0.1:${server.address().port}` }], paths, ...more });
const get = (operationId, more = {}) => ({ get: { operationId, responses: { 200: { description: 'ok' } }, ...more } });

let count = 0;

// Adds a text as a source; what was said, and how it ended.
async function add(text, ...options) {
    const name = `bad${++count}`;
    const file = join(writ.home, `${name}.yaml`);

    writeFileSync(file, text);
    return { name, ...await terminal('sources', 'add', name, file, '--yes', '--allow-host', '127.0.0.1', ...options) };
}

async function refused(text, why) {
    const { name, code, said } = await add(text);

    assert.notEqual(code, 0, said.slice(0, 2000));
    assert.match(said, why);
    const { result } = await program(`return (await tools.sources()).filter((one) => one.name === "${name}").map((one) => one.tools ?? 0)`);

    assert.ok(!result?.[0], `${name} offers tools: ${JSON.stringify(result)}`);
    return said;
}

before(async () => {
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    writ = new Writ();
    await command('up', '--http', '127.0.0.1:0');
    const { name, code, said } = await add(JSON.stringify(document({ '/pet': get('pet') })));

    assert.equal(code, 0, said);
    assert.equal(name, 'bad1');
});

after(() => {
    writ?.down();
    server.close();
    server.closeAllConnections();
});

afterEach(async () => {
    const asked = seen.length;

    assert.equal((await program('return 1 + 1')).result, 2);
    assert.deepEqual((await program('return await tools.bad1.pet({})')).result, { name: 'Rex' });
    assert.equal(seen.length, asked + 1);
    assert.match(await command('audit', 'verify'), /the chain holds/);
});

test('400 errors are told in groups with lines, 20 at most; what is sound is imported if asked', async () => {
    const lines = ['openapi: 3.1.0', 'info: { title: T, version: "1" }', `servers: [{ url: "http://127.0.0.1:${server.address().port}" }]`, 'paths:'];

    for (let i = 0; i < 400; i++)
        lines.push(`  /p${i}:`, '    get:', `      operationId: op${i}`,
            `      parameters: [{ ${i % 2 ? 'in: query, required: true, schema: { type: integer }' : 'name: q, in: nowhere, schema: { type: integer }'} }]`,
            '      responses: { "200": { description: ok } }');
    lines.push('  /good:', '    get:', '      operationId: good', '      responses: { "200": { description: ok } }');
    const said = await refused(lines.join('\n'), /200 times/);
    const told = said.split('\n').filter((line) => /\b\d+:\d+: /.test(line));

    assert.ok(told.length >= 2 && told.length <= 20, said);
    assert.match(said, /\b8:\d+: /); // the first of them stands on line 8
    assert.equal(said.split('--partial').length, 2, said); // once
    const { name, code, said: partly } = await add(lines.join('\n'), '--partial');

    assert.equal(code, 0, partly);
    assert.match(partly, /1 tool/);
    assert.deepEqual((await program(`return await tools.${name}.good({})`)).result, { name: 'Rex' });
});

test('a bomb of aliases is refused', async () => {
    let text = 'openapi: 3.1.0\ninfo: { title: T, version: "1" }\na0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n';

    for (let i = 1; i < 12; i++)
        text += `a${i}: &a${i} [${Array(9).fill(`*a${i - 1}`).join(', ')}]\n`;
    await refused(`${text}paths: { /x: { get: { operationId: x, responses: {} } } }\n`, /too large|ended|limit/i);
});

test('a bomb of values is refused', async () => {
    await refused(`{"openapi":"3.1.0","x":[0${',0'.repeat(12 << 20)}]}`, /compile|memory|ended|document/i);
});

test('allOf that doubles at each of 40 levels is imported, and checks no argument for ever', async () => {
    const schemas = { S0: { type: 'object' } };

    for (let i = 1; i <= 40; i++)
        schemas[`S${i}`] = { allOf: [{ $ref: `#/components/schemas/S${i - 1}` }, { $ref: `#/components/schemas/S${i - 1}` }] };
    const { name, code, said } = await add(JSON.stringify(document({ '/fan': { post: { operationId: 'fan',
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/S40' } } } }, responses: {} } } },
    { components: { schemas } })));
    const from = Date.now();

    assert.equal(code, 0, said);
    const { state, error } = await program(`return await tools.${name}.fan({ body: { a: 1 } })`);

    assert.ok(Date.now() - from < 20000, `it took ${Date.now() - from} ms`);
    assert.equal(state, 'failed');
    assert.match(error.message, /too costly to check/);
});

test('schemas that only refer to each other check nothing for ever', async () => {
    const { name, code, said } = await add(JSON.stringify(document({ '/r': { get: { operationId: 'r',
        parameters: [{ name: 'q', in: 'query', schema: { $ref: '#/components/schemas/A' } }], responses: {} } } },
    { components: { schemas: { A: { $ref: '#/components/schemas/B' }, B: { allOf: [{ $ref: '#/components/schemas/A' }] } } } })));

    assert.equal(code, 0, said);
    const { state, error } = await program(`return await tools.${name}.r({ q: "x" })`);

    assert.equal(state, 'failed');
    assert.match(error.message, /too costly to check/);
});

test('100,000 operations are over the limit, which is said', async () => {
    const paths = {};

    for (let i = 0; i < 100000; i++)
        paths[`/p${i}`] = get(`op${i}`);
    await refused(JSON.stringify(document(paths)), /20,?000/);
});

test('a pattern that would search for ever does not: arguments are answered at once', async () => {
    const { name, code, said } = await add(JSON.stringify(document({ '/s': { get: { operationId: 's',
        parameters: [{ name: 'q', in: 'query', required: true, schema: { type: 'string', pattern: '^(a+)+$' } }], responses: {} } } })));
    const asked = seen.length;
    const from = Date.now();

    assert.equal(code, 0, said);
    const { state } = await program(`return await tools.${name}.s({ q: "${'a'.repeat(40000)}!" })`);

    assert.ok(Date.now() - from < 10000, `it took ${Date.now() - from} ms`);
    assert.equal(state, 'failed');
    assert.equal(seen.length, asked, 'it was sent');
    assert.equal((await program(`return await tools.${name}.s({ q: "aaa" })`)).state, 'done');
});

test('a document of 1 GB is refused before it is read', async () => {
    const file = join(writ.home, 'huge.json');
    const fd = openSync(file, 'w');

    writeSync(fd, '{"openapi":"3.1.0",');
    ftruncateSync(fd, 1 << 30);
    closeSync(fd);
    const from = Date.now();
    const { code, said } = await terminal('sources', 'add', 'huge', file, '--yes');

    assert.notEqual(code, 0, said);
    assert.match(said, /64 MiB|too large|larger than/);
    assert.ok(Date.now() - from < 10000, `it took ${Date.now() - from} ms`);
});

test('a document that is HTML says so', async () => {
    await refused('<!DOCTYPE html>\n<html><body><h1>Sign in</h1></body></html>\n', /HTML/i);
});

test('a document without a byte is none', async () => {
    await refused('', /empty/);
    await refused(' \n', /no document|empty/);
});
