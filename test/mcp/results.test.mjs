// What a tool's answer becomes, by real sources of each kind: what is large is a name that the rest is read by, what is
// too large is said so, bytes are kept, and errors of every kind of source are one kind to a program.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person } from './person.mjs';

const MIB = 1 << 20;
const image = Buffer.from(Array.from({ length: 300000 }, (_, i) => (i * 7919) >> 3 & 0xff));
const digest = createHash('sha256').update(image).digest('hex');
const items = (bytes) => Array.from({ length: Math.floor(bytes / 1024) }, (_, i) => ({ i, pad: 'x'.repeat(1024 - 20 - String(i).length) }));
const text = (value) => ({ content: [{ type: 'text', text: value }] });
const json = (response, value, status = 200) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

const calls = {
    big: ({ mib }) => ({ result: { ...text('as data'), structuredContent: { items: items(mib * MIB) } } }),
    long: ({ mib }) => ({ result: text('y'.repeat(mib * MIB)) }),
    image: () => ({ result: { content: [{ type: 'image', mimeType: 'image/png', data: image.toString('base64') }] } }),
    broken: () => ({ result: { content: [{ type: 'text', text: 'it' }, { type: 'image', mimeType: 'image/png', data: `${image.toString('base64')}%` }] } }),
    fails: () => ({ result: { ...text('it is closed'), structuredContent: { until: 'Monday' }, isError: true } }),
    refuses: () => ({ error: { code: -32007, message: 'it is closed', data: { until: 'Monday' } } }),
};

function mcp(response, message) {
    const say = (answer) => json(response, { jsonrpc: '2.0', id: message.id, ...answer });

    if (message.method === 'server/discover')
        return say({ result: { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, serverInfo: { name: 'm', version: '1' } } });
    if (message.method === 'tools/list')
        return say({ result: { tools: Object.keys(calls).map((name) => ({ name, inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } })) } });
    return message.method === 'tools/call' ? say(calls[message.params.name](message.params.arguments)) : json(response, {}, 404);
}

const server = http.createServer((request, response) => {
    let body = '';

    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
        const url = new URL(request.url, 'http://x');

        if (url.pathname === '/mcp')
            return mcp(response, JSON.parse(body));
        if (url.pathname === '/graphql')
            return json(response, { data: { door: null }, errors: [{ message: 'it is closed', path: ['door'], extensions: { until: 'Monday' } }] });
        if (url.pathname === '/image')
            return response.writeHead(200, { 'content-type': 'image/png' }).end(image);
        if (url.pathname === '/big')
            return json(response, { items: items(Number(url.searchParams.get('mib')) * MIB) });
        json(response, { message: 'it is closed', until: 'Monday' }, 404);
    });
});

const operation = (operationId, parameters = []) => ({ get: { operationId, parameters, responses: { 200: { description: 'it' } } } });
let person;

before(async () => {
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const base = `http://127.0.0.1:${server.address().port}`;
    const file = (name, content) => {
        writeFileSync(join(person.home, name), content);
        return join(person.home, name);
    };
    const add = (name, place, ...more) => person.terminal('sources', 'add', name, place, '--yes', '--allow-host', '127.0.0.1', ...more);

    person = await Person.up();
    await add('m', `${base}/mcp`, '--kind', 'mcp_http');
    await add('o', file('o.json', JSON.stringify({ openapi: '3.1.0', info: { title: 'O', version: '1' }, servers: [{ url: base }], paths: {
        '/image': operation('image'), '/gone': operation('gone'),
        '/big': operation('big', [{ name: 'mib', in: 'query', schema: { type: 'integer' } }]) } })));
    await add('g', file('g.graphql', 'type Query { door: String }\n'), '--base-url', `${base}/graphql`);
});

after(() => {
    person?.down();
    server.close();
    server.closeAllConnections();
});

const run = (code) => person.program(code);
const kept = (name) => {
    const found = readdirSync(person.home, { recursive: true }).find((path) => path.endsWith(name));

    return found && readFileSync(join(person.home, found));
};

for (const [source, call] of [['m', 'tools.m.big'], ['o', 'tools.o.big']])
    test(`${source}: 5 MiB are a name and a beginning; the rest is read by it, once each`, async () => {
        const handle = await run(`return await ${call}({ mib: 5 })`);

        assert.match(handle.artifact, /^[0-9a-f]{64}$/);
        assert.match(handle.head, /^\{"items":\[\{"i":0,/);
        assert.match(handle.read, /results\.read/);
        const all = await run(`const seen = []; let total; for (let offset = 0; offset !== null;) {
            const page = await tools.writ.results.read({ artifact: "${handle.artifact}", pointer: "/items", offset, limit: 400 });
            seen.push(...page.value.map(({ i }) => i)); total = page.total; offset = page.next; }
            return { total, count: seen.length, ordered: seen.every((i, at) => i === at) }`);

        assert.deepEqual(all, { total: 5120, count: 5120, ordered: true });
        const { total } = await run(`return await tools.writ.results.read({ artifact: "${handle.artifact}", limit: 10 })`);
        const end = await run(`return await tools.writ.results.read({ artifact: "${handle.artifact}", offset: ${total - 100} })`);

        assert.match(end.text, /\}\]\}$/);
        assert.equal(end.text.length, 100);
        assert.equal(end.next, null);
        assert.equal(createHash('sha256').update(kept(handle.artifact)).digest('hex'), handle.artifact);
    });

for (const [what, code] of [['MCP data', 'tools.m.big({ mib: 20 })'], ['MCP text', 'tools.m.long({ mib: 50 })'], ['OpenAPI', 'tools.o.big({ mib: 50 })']])
    test(`${what}: what is more than is kept is refused, and the limit is said`, async () => {
        const error = await run(`return await ${code}.catch((e) => ({ code: e.code, message: e.message, retryable: e.retryable }))`);

        assert.equal(error.code, 'limit');
        assert.equal(error.retryable, false);
        assert.match(error.message, /\d+ (bytes|MiB)|\d MiB/);
    });

test('bytes of OpenAPI are kept under their digest, and named', async () => {
    assert.deepEqual(await run('return await tools.o.image({})'), { $artifact: digest, type: 'image/png', size: image.length });
    assert.ok(kept(digest)?.equals(image));
});

test('bytes of MCP are named as those of OpenAPI', async () => {
    assert.deepEqual(await run('return await tools.m.image({})'),
        [{ type: 'image', mimeType: 'image/png', data: { $artifact: digest, type: 'image/png', size: image.length } }]);
});

test('what says that it is base64, and is none, is said at its place', async () => {
    const error = await run('return await tools.m.broken({}).catch((e) => ({ code: e.code, message: e.message }))');

    assert.equal(error.code, 'upstream');
    assert.match(error.message, /\/content\/1\/data is no base64/);
});

const errors = {
    'MCP, of the tool': ['m.fails', { until: 'Monday' }],
    'MCP, of the protocol': ['m.refuses', { rpc_code: -32007, data: { until: 'Monday' } }],
    OpenAPI: ['o.gone', { status: 404, body: { message: 'it is closed', until: 'Monday' } }],
    GraphQL: ['g.query.door', { errors: [{ message: 'it is closed', path: ['door'], extensions: { until: 'Monday' } }], data: { door: null } }],
};

for (const [what, [name, data]] of Object.entries(errors))
    test(`errors are one kind: ${what}`, async () => {
        const error = await run(`return await tools.${name}({}).then(() => "no error", (e) => ({ is: e instanceof Error, code: e.code, message: e.message,
            retryable: e.retryable, data: e.data }))`);

        assert.equal(error.is, true);
        assert.equal(error.code, 'upstream');
        assert.match(error.message, /it is closed$/);
        assert.equal(error.retryable, false);
        assert.deepEqual({ ...error.data, headers: undefined, links: undefined }, { ...data, headers: undefined, links: undefined });
    });
