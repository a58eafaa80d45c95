// What is binary in an answer of MCP: bytes under a name, as those of OpenAPI; the official SDK serves it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person } from './person.mjs';
import { bytes, pdf, png, wav } from './blobs.mjs';
import { here } from './writ.mjs';

const hash = (value) => createHash('sha256').update(value).digest('hex');
const named = (value, type) => ({ $artifact: hash(value), type, size: value.length });
const leaked = Buffer.from('\xff\xfe its key is sk_live_' + 'b1B2c3D4e5F6g7H8i9J0k1L2', 'latin1');
const received = []; // { type, body } of the OpenAPI source
let person;

/* Another source of MCP, over HTTP: it says what the text that it gets is. */
function mcp(response, { id, method, params }) {
    const say = (result) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    const inputSchema = { type: 'object', properties: { image: { $ref: '#/$defs/bytes' } }, required: ['image'], $defs: { bytes: { type: 'string', contentEncoding: 'base64' } } };

    if (method === 'server/discover')
        return say({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, serverInfo: { name: 'h', version: '1' } });
    if (method === 'tools/list')
        return say({ tools: [{ name: 'hash', inputSchema, annotations: { readOnlyHint: true } }] });
    return method === 'tools/call' ? say({ content: [{ type: 'text', text: hash(Buffer.from(params.arguments.image, 'base64')) }] }) : response.writeHead(404).end();
}

const server = http.createServer((request, response) => {
    const pieces = [];

    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
        if (request.url === '/mcp')
            return mcp(response, JSON.parse(Buffer.concat(pieces)));
        if (request.url === '/leak')
            return response.writeHead(200, { 'content-type': 'image/png' }).end(leaked);
        received.push({ type: request.headers['content-type'], body: Buffer.concat(pieces) });
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
    });
});

const form = { requestBody: { required: true, content: { 'multipart/form-data': { schema: { type: 'object',
    properties: { image: { type: 'string', contentMediaType: 'application/octet-stream' } } } } } }, responses: { 200: { description: 'ok' } } };

before(async () => {
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const base = `http://127.0.0.1:${server.address().port}`;

    person = await Person.up();
    writeFileSync(join(person.home, 'rules.yaml'), 'rules:\n  - name: all\n    match: "*.**"\n    verdict: allow\n    reason: a test\n');
    await person.terminal('policy', 'apply', join(person.home, 'rules.yaml'));
    writeFileSync(join(person.home, 'o.json'), JSON.stringify({ openapi: '3.1.0', info: { title: 'O', version: '1' }, servers: [{ url: base }],
        paths: { '/form': { post: { operationId: 'form', ...form } }, '/json': { post: { operationId: 'json', requestBody: { required: true, content: {
            'application/json': { schema: { type: 'object', properties: { content: { type: 'string', contentEncoding: 'base64' }, of: {} } } } } },
            responses: { 200: { description: 'ok' } } } }, '/leak': { get: { operationId: 'leak', responses: { 200: { description: 'ok' } } } } } }));
    await person.terminal('sources', 'add', 'b', '--yes', '--', process.execPath, join(here, 'blobs.mjs'), 'serve');
    await person.terminal('sources', 'add', 'h', `${base}/mcp`, '--yes', '--allow-host', '127.0.0.1', '--kind', 'mcp_http');
    await person.terminal('sources', 'add', 'o', join(person.home, 'o.json'), '--yes', '--allow-host', '127.0.0.1');
});
after(() => {
    person?.down();
    server.close();
    server.closeAllConnections();
});

const run = (code) => person.program(code);
const failure = (call) => run(`return await ${call}.then(() => "no error", (e) => ({ code: e.code, message: e.message }))`);
const kept = (value) => readFileSync(join(person.home, 'artifacts', hash(value)));
const log = () => readdirSync(join(person.home, 'log')).map((name) => readFileSync(join(person.home, 'log', name), 'latin1')).join('').replaceAll('\0', '');

test('images, sounds and files of a result are kept, and named where they stood', async () => {
    assert.deepEqual(await run('return await tools.b.all()'), [
        { type: 'image', mimeType: 'image/png', data: named(png, 'image/png') },
        { type: 'audio', mimeType: 'audio/wav', data: named(wav, 'audio/wav') },
        { type: 'resource', uri: 'file:///a.pdf', mimeType: 'application/pdf', data: named(pdf, 'application/pdf') },
        { type: 'image', mimeType: 'image/png', data: named(png, 'image/png') }]);
    for (const value of [png, wav, pdf])
        assert.ok(kept(value).equals(value));
});

test('so are those of a result that is an error, in its data', async () => {
    const said = await run('return await tools.b.broken().catch((e) => ({ code: e.code, message: e.message, data: e.data }))');

    assert.equal(said.code, 'upstream');
    assert.match(said.message, /it fell over/);
    assert.deepEqual(said.data, [{ type: 'text', text: 'it fell over' }, { type: 'image', mimeType: 'image/png', data: named(wav, 'image/png') }]);
    assert.ok(kept(wav).equals(wav));
    assert.equal(await run('const e = await tools.b.broken().catch((e) => e); return await tools.b.hash({ image: e.data[1].data })'), hash(wav));
    assert.ok(log().includes(`"blobs":["${hash(wav)}"]`));
    const { data } = await run('return await tools.b.broken_leak().catch((e) => ({ data: e.data }))');

    assert.match(String(readFileSync(join(person.home, 'artifacts', data[1].data.$artifact), 'latin1')), /the key is \{\{secret:/);
    assert.ok(!log().includes('d1D2e3F4'));
});

test('so are those of resources and prompts, whose answers stay as MCP has them', async () => {
    const { contents } = await run('return await tools.b.$resources.read({ uri: "file:///a.pdf" })');
    const { messages } = await run('return await tools.b.$prompts.get({ name: "look" })');

    assert.deepEqual(contents, [{ uri: 'file:///a.pdf', mimeType: 'application/pdf', blob: named(pdf, 'application/pdf') }, { uri: 'file:///b', text: 'b' }]);
    assert.deepEqual(messages.map(({ content }) => content), [{ type: 'image', mimeType: 'image/png', data: named(png, 'image/png') },
        { type: 'resource', resource: { uri: 'file:///a.pdf', mimeType: 'application/pdf', blob: named(pdf, 'application/pdf') } },
        { type: 'text', text: 'What is it?' }]);
});

test('the record has their names, and none of their bytes', () => {
    const said = log();

    assert.ok(said.includes(`"blobs":["${hash(png)}","${hash(wav)}","${hash(pdf)}"]`));
    assert.ok(!said.includes(png.toString('base64').slice(0, 200)));
    assert.ok(said.length < 60000, `${said.length} bytes`);
});

test('they are read in pages by name', async () => {
    assert.deepEqual(await run(`const [, { data }] = await tools.b.shot();
        return await tools.writ.results.read({ artifact: data.$artifact, offset: 1, limit: 5 })`),
    { $base64: png.subarray(1, 6).toString('base64'), total: png.length, next: 6 });
});

test('very many are kept, each under its name; one more is said at its place', async () => {
    const list = await run('return (await tools.b.many({ count: 64, size: 1000 })).map(({ data }) => data.$artifact)');

    assert.deepEqual(list, Array.from({ length: 64 }, (_, i) => hash(bytes(1000, i + 7))));
    assert.ok(list.every((name, i) => kept(bytes(1000, i + 7)).length === 1000));
    const error = await failure('tools.b.many({ count: 65, size: 10 })');

    assert.equal(error.code, 'limit');
    assert.match(error.message, /\/content\/64\/data is one too many: 64 binary parts are allowed/);
});

test('what is too large is said at its place', async () => {
    const large = await failure(`tools.b.many({ count: 1, size: ${(8 << 20) + 1} })`);

    assert.equal(large.code, 'limit');
    assert.match(large.message, /\/content\/0\/data has 8388609 bytes; 8388608 are allowed/);
});

test('a secret in bytes stays at the door, and the record says that one did', async () => {
    const [{ data }] = await run('return await tools.b.leaks()');

    for (const one of [data, await run('return await tools.o.leak()')]) {
        const without = readFileSync(join(person.home, 'artifacts', one.$artifact), 'latin1');
        const line = log().split('\n').find((text) => text.includes(`"blobs":["${one.$artifact}"]`));

        assert.match(without, /its key is \{\{secret:/);
        assert.ok(!without.includes('sk_live_'));
        assert.equal(one.size, without.length);
        assert.match(line, /"secrets":1\b/);
        assert.match(line, /"conformance":"replaced"/);
    }
});

test('a tool of MCP that takes a text gets the bytes as base64, wherever they stand; over a pipe and over HTTP', async () => {
    const said = await run(`const [, { data }] = await tools.b.shot();
        const [{ data: other }] = await tools.b.many({ count: 1, size: 9 });
        return [await tools.b.hash({ image: data, more: [{ name: "a", data: other }, { name: "b", data }] }), await tools.h.hash({ image: other })]`);

    assert.deepEqual(said, [[png, bytes(9, 7), png].map(hash).join(' '), hash(bytes(9, 7))]);
    assert.match(log(), new RegExp(`"args":\\{"image":\\{"\\$artifact":"${hash(png)}"`));
});

test('a long text of the program itself arrives too', async () => {
    assert.equal(await run('return await tools.b.hash({ image: "A".repeat(700000) })'), hash(Buffer.alloc(525000)));
});

test('an operation of OpenAPI gets them as a part', async () => {
    await run('const [, { data }] = await tools.b.shot(); return await tools.o.form({ body: { image: data } })');

    assert.match(received[0].type, /^multipart\/form-data/);
    assert.ok(received[0].body.includes(png));
});

test('where a tool takes such an object it is data', async () => {
    const name = { $artifact: hash(Buffer.from('of nobody')) };

    assert.deepEqual(JSON.parse(await run(`return await tools.b.note({ any: ${JSON.stringify(name)} })`)), name);
});

test('what is named and was not given, is misnamed, too many or too much is said, and so is what else is wrong', async () => {
    const call = (args) => failure(`tools.b.hash(${args})`);
    const all = 'await tools.b.many({ count: 8, size: 20 })';

    assert.match((await call(`{ image: { $artifact: "${hash('of nobody')}" } }`)).message, /^\/image: no artifact of this name was given/);
    assert.match((await call('{ image: { $artifact: "abc" } }')).message, /^\/image: an \$artifact is named by 64/);
    assert.match((await call(`{ image: "", more: (${all}).map(({ data }) => ({ name: "", data })) }`)).message, /^\/more\/7\/data: more than 7 artifacts/);
    const wrong = await call(`{ image: { $artifact: "${hash(png)}" }, more: 7 }`);

    assert.match(wrong.message, /\/more .*array/);
    assert.doesNotMatch(wrong.message, /\/image/);
    const much = await failure(`(async () => { const two = await tools.b.many({ count: 2, size: ${5 << 20} });
        return tools.b.hash({ image: two[0].data, more: [{ name: "", data: two[1].data }] }); })()`);

    assert.equal(much.code, 'invalid');
    assert.match(much.message, /the artifacts in its arguments have 10485760 bytes together; 8388608 are allowed/);
});

test('where a schema is open, it is said: $as is base64', async () => {
    const said = JSON.parse(await run(`const [{ data }, { data: other }] = await tools.b.many({ count: 2, size: 90000 });
        return await tools.b.note({ any: { deep: [{ ...data, $as: "base64" }, other, { $as: "base64" }], again: { ...data, $as: "base64" } } })`));
    const text = bytes(90000, 7).toString('base64');

    assert.deepEqual(said, { deep: [text, named(bytes(90000, 8), 'image/png'), { $as: 'base64' }], again: text });
    assert.match(log(), new RegExp(`"args":\\{"any":\\{"deep":\\[\\{"\\$artifact":"${hash(bytes(90000, 7))}"`)); // the record has the name
});

test('so it is in JSON of OpenAPI, where a reference without it is data', async () => {
    received.length = 0;
    await run('const [, { data }] = await tools.b.shot(); return await tools.o.json({ body: { content: { ...data, $as: "base64" }, of: data } })');

    assert.deepEqual(JSON.parse(received[0].body), { content: png.toString('base64'), of: named(png, 'image/png') });
});

test('what is said wrongly is said back, with its place', async () => {
    const note = (any) => failure(`tools.b.note({ any: ${any} })`);

    assert.match((await note(`{ $artifact: "${hash(png)}", $as: "hex" }`)).message, /^\/any: \$as can be "base64", and is "hex"/);
    assert.match((await note(`{ $artifact: "${hash(png)}", $as: 7 }`)).message, /^\/any: \$as can be "base64"/);
    assert.match((await note(`[1, { $artifact: "${hash('of nobody')}", $as: "base64" }]`)).message, /^\/any\/1: no artifact of this name was given/);
    assert.match((await note('{ $artifact: "abc", $as: "base64" }')).message, /^\/any: an \$artifact is named by 64/);
    assert.match((await failure(`tools.b.hash({ image: 7, more: [{ name: { $artifact: "${hash(png)}", $as: "base64" }, data: "" }] })`)).message, /\/image .*string/);
});

test('what is no whole reference is never checked as a text: it is refused, or the object that it is', async () => {
    const other = '{ $artifact: 5, $as: "base64" }';
    const wrong = ['{ $artifact: 5, $as: "base64" }', '{ $artifact: "zz", $base64: "", $as: "base64" }', `{ $artifact: "${hash(png)}", $base64: "", $as: "base64" }`,
        '{ $artifact: 5, $as: "anything", more: 1 }', '{ $artifact: 5 }', '{ $artifact: "zz", $base64: "" }'];

    received.length = 0;
    for (const one of wrong) {
        assert.match((await failure(`tools.o.json({ body: { content: ${one} } })`)).message, /\/body\/content .*string/, one);
        assert.match((await failure(`tools.b.hash({ image: ${one} })`)).message, /\/image .*string/, one);
    }
    for (const one of wrong.slice(0, 4)) {
        const said = await failure(`tools.o.json({ body: { of: [1, ${one}] } })`);

        assert.equal(said.code, 'invalid');
        assert.match(said.message, /^\/body\/of\/1: (an \$artifact is named by 64|\$as can be "base64")/, one);
    }
    assert.deepEqual(received, []);
    const beside = await failure(`(async () => { const [, { data }] = await tools.b.shot(); return tools.b.note({ any: [{ ...data, $as: "base64" }, ${other}] }); })()`);

    assert.match(beside.message, /^\/any\/1: an \$artifact is named by 64/);
});

test('as text in very many places it is refused before it is made, over HTTP and a pipe; in some it goes', async () => {
    const texts = (call, count, size) => failure(`(async () => { const [{ data }] = await tools.b.many({ count: 1, size: ${size} });
        return ${call('Array.from({ length: ' + count + ' }, () => ({ ...data, $as: "base64" }))')}; })()`);
    const json = (list) => `tools.o.json({ body: { of: ${list} } })`;
    const note = (list) => `tools.b.note({ any: ${list} })`;

    received.length = 0;
    assert.deepEqual(await texts(json, 49, 1 << 20), { code: 'invalid', message: 'the body has more than 67108864 bytes' });
    assert.deepEqual(await texts(note, 49, 1 << 20), { code: 'invalid', message: 'the message has more than 67108864 bytes' });
    assert.deepEqual(received, []);
    assert.equal(await texts(json, 300, 3000), 'no error');
    assert.deepEqual(JSON.parse(received[0].body).of, Array(300).fill(bytes(3000, 7).toString('base64')));
});

test('very many places of one artifact take no longer than as many objects', async () => {
    const spent = async (member) => {
        const at = performance.now();
        const said = await run(`const [{ data }] = await tools.b.many({ count: 1, size: 1 });
            const list = Array.from({ length: 7500 }, () => ({ $artifact: data.$artifact, ${member}: "base64" }));
            return await tools.o.json({ body: { of: list } });`);

        assert.deepEqual(said, { ok: true });
        return performance.now() - at;
    };
    const least = async (member) => Math.min(await spent(member), await spent(member), await spent(member));
    const data = await least('is');
    const text = await least('$as');

    assert.ok(text < 2 * data + 50, `${text} ms as text, ${data} ms as objects`);
});

test('a call that failed with a name as data says how it goes as text', async () => {
    const error = await failure('(async () => { const [, { data }] = await tools.b.shot(); return tools.b.picky({ any: data }); })()');

    assert.equal(error.code, 'upstream');
    assert.match(error.message, /it wants a text.*\/any went as data: for its bytes as base64 add `\$as: "base64"`/s);
    assert.equal((await failure('tools.b.picky({ any: 7 })')).message, 'it wants a text');
});
