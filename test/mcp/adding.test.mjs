// Whatever is at an address, in a file or given by a program: found out, fetched, read, read again. And what is not.
import assert from 'node:assert/strict';
import http from 'node:http';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person } from './person.mjs';
import { sleep } from './writ.mjs';

const operation = (id, more = {}) => ({ operationId: id, responses: { 200: { description: 'it' } }, ...more });
const described = (paths, more = {}) => ({ openapi: '3.1.0', info: { title: 'Pets', version: '1' }, paths, ...more });
const seen = []; // `${method} ${url}` of everything that came
const headers = new Map(); // url -> headers that came with it last
const say = (response, status, body, more = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(typeof body === 'string' ? body : JSON.stringify(body));
let pets = { '/pets': { get: operation('pets/list') } };
let tag = 1;

function mcp(request, response, body) {
    const message = body ? JSON.parse(body) : {};
    const result = (value) => say(response, 200, { jsonrpc: '2.0', id: message.id, result: value });

    if (message.method === 'server/discover')
        return result({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, serverInfo: { name: 'm', version: '1' } });
    if (message.method === 'tools/list')
        return result({ tools: [{ name: 'get_it', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }] });
    say(response, 404, {});
}

const routes = {
    '/openapi.json': (request, response) =>
        request.headers['if-none-match'] === `"${tag}"`
            ? response.writeHead(304).end()
            : say(response, 200, described(pets), { etag: `"${tag}"` }),
    '/api.yaml': (request, response) => say(response, 200,
        'openapi: 3.0.0\ninfo: {title: Y, version: "1"}\npaths:\n  /y:\n    get:\n      operationId: y/get\n      responses: {"200": {description: it}}\n',
        { 'content-type': 'text/plain' }),
    '/pets': (request, response) => say(response, 200, [{ name: 'Ada' }]),
    '/mcp': mcp,
    '/page': (request, response) => say(response, 200, '<!doctype html><p>openapi: 3</p>', { 'content-type': 'text/html; charset=utf-8' }),
    '/loop': (request, response) => response.writeHead(302, { location: '/loop' }).end(),
    '/moved': (request, response) => response.writeHead(302, { location: '/openapi.json' }).end(),
    '/private': (request, response) => response.writeHead(302, { location: `http://localhost:${server.address().port}/openapi.json` }).end(),
    '/huge': (request, response) => response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(1 << 30) }).write('{'),
    '/endless': (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = () => { while (!response.destroyed && response.write('"'.padEnd(1 << 20))); };

        response.on('drain', more);
        response.on('error', () => {});
        more();
    },
    '/silent': () => {},
    '/closed': (request, response) => say(response, 401, {}),
    '/forbidden': (request, response) => say(response, 403, {}),
    '/keyed.json': (request, response) => request.headers['x-key'] === 'canary-5550100-key'
        ? say(response, 200, described({ '/k': { get: operation('k/get') } })) : say(response, 401, {}),
    '/broken.json': (request, response) => say(response, 200, '{"openapi":"3.0.0","paths":'),
    '/other.json': (request, response) => say(response, 200, { hello: 'world' }),
    '/many/root.yaml': (request, response) => say(response, 200,
        'openapi: 3.0.0\ninfo: {title: M, version: "1"}\npaths:\n  /a:\n    $ref: "paths/a.yaml"\n  /b:\n    $ref: "paths/b.yaml#/item"\n'),
    '/many/paths/a.yaml': (request, response) => say(response, 200,
        'get:\n  operationId: a/get\n  parameters: [{$ref: "../shared.yaml#/q"}]\n  responses: {"200": {description: it}}\n'),
    '/many/paths/b.yaml': (request, response) => say(response, 200,
        'item:\n  get:\n    operationId: b/get\n    parameters: [{$ref: "../shared.yaml#/q"}]\n    responses: {"200": {description: it}}\n'),
    '/many/shared.yaml': (request, response) => say(response, 200, 'q: {name: q, in: query, required: true, schema: {type: integer}}\n'),
    '/far/root.json': (request, response) => say(response, 200,
        described({ '/a': { get: operation('a/get', { parameters: [{ $ref: `http://localhost:${server.address().port}/far/p.json#/p` }] }) } })),
    '/far/p.json': (request, response) => say(response, 200, { p: { name: 'p', in: 'query', schema: { type: 'integer' } } }),
};
const server = http.createServer((request, response) => {
    let body = '';

    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
        seen.push(`${request.method} ${request.url}`);
        headers.set(request.url, request.headers);
        (routes[request.url] ?? (() => say(response, 404, {})))(request, response, body);
    });
});
let person;
let base;

before(async () => {
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    base = `http://127.0.0.1:${server.address().port}`;
    person = await Person.up();
});
after(() => {
    person?.down();
    server.close();
    server.closeAllConnections();
});

const add = (name, place, ...more) => person.terminal('sources', 'add', name, place, '--yes', '--allow-host', '127.0.0.1', ...more);
const addresses = async (name) => (await person.source(name)).tools.map((tool) => tool.address);
// Adding fails with this, and the source says the same.
async function fails(name, place, pattern, state = 'error', ...more) {
    await assert.rejects(add(name, place, ...more), pattern);
    const source = await person.source(name);

    assert.equal(source.state, state);
    assert.match(source.reason, pattern);
    assert.match(await person.command('sources'), new RegExp(`${name} +${state}`));
}

test('an address of an OpenAPI document, JSON or YAML, is a source', async () => {
    assert.match(await add('pets', `${base}/openapi.json`), /1 tool approved/);
    const source = await person.source('pets');

    assert.deepEqual([source.kind, source.state, source.url], ['openapi', 'connected', `${base}/openapi.json`]);
    assert.deepEqual(await person.program('return await tools.pets.pets.list()'), [{ name: 'Ada' }]);
    await add('yaml', `${base}/api.yaml`);
    assert.deepEqual(await addresses('yaml'), ['yaml.y.get']);
});

test('an address of an MCP server is one, and what asked it before did no harm', async () => {
    await add('served', `${base}/mcp`);
    assert.equal((await person.source('served')).kind, 'mcp_http');
    assert.deepEqual(await addresses('served'), ['served.get_it']);
});

test('a document that was moved is read where it is now', async () => {
    await add('moved', `${base}/moved`);
    assert.deepEqual(await addresses('moved'), ['moved.pets.list']);
});

test('a web page, a text that is nothing, nothing at all', async () => {
    await fails('page', `${base}/page`, /web page \(HTML\).*no OpenAPI document and no GraphQL service.*MCP/);
    await fails('other', `${base}/other.json`, /no document of a kind that is known/);
    await fails('none', `${base}/nothing`, /status 404/);
});

test('a broken document says where it is broken', async () => {
    await fails('broken', `${base}/broken.json`, /1:\d+: /);
});

test('redirects that never end, an address that nobody allowed, one behind a redirect', async () => {
    await fails('loop', `${base}/loop`, /redirects more than 5 times/);
    await fails('walled', `${base}/private`, /localhost is an address of this machine.*--allow-host localhost/);
    await assert.rejects(person.terminal('sources', 'add', 'own', `${base}/openapi.json`, '--yes'), /only a person may allow: --allow-host 127\.0\.0\.1/);
});

test('a document of 1 GB, and one that never ends', async () => {
    await fails('huge', `${base}/huge`, /larger than 64 MiB/);
    await fails('endless', `${base}/endless`, /larger than 64 MiB/);
});

test('one that never answers ends in time', async () => {
    const from = Date.now();

    await fails('silent', `${base}/silent`, /did not answer within 15 seconds/);
    assert.ok(Date.now() - from < 30000);
});

test('one that wants to know who asks', async () => {
    await fails('closed', `${base}/closed`, /answers 401/, 'auth_required');
    await fails('kept', `${base}/forbidden`, /answers 403: it does not give/, 'error', '--kind', 'openapi');
    await fails('barred', `${base}/forbidden`, /answers 403: it does not let in/, 'error', '--kind', 'mcp_http');
    await add('keyed', `${base}/keyed.json`, '--header', 'X-Key: canary-5550100-key');
    assert.deepEqual(await addresses('keyed'), ['keyed.k.get']);
    assert.ok(!(await person.command('log', '--json')).includes('canary-5550100'));
});

test('what was given for requests goes to where they go, and not to where the document is', async () => {
    await add('apart', `${base}/openapi.json`, '--base-url', 'http://api.example.com', '--header', 'X-Key: canary-5550101-key');
    assert.equal(headers.get('/openapi.json')['x-key'], undefined);
});

test('a kind that was said is not looked for', async () => {
    const before = seen.length;

    await assert.rejects(add('said', `${base}/other.json`, '--kind', 'openapi'), /said is error/);
    assert.deepEqual(seen.slice(before), ['GET /other.json']);
    await assert.rejects(add('ask', `${base}/other.json`, '--kind', 'graphql'), /ask is error/);
    assert.equal(seen.at(-1), 'POST /other.json');
});

test('read again: the same is the same, what changed waits with a diff', async () => {
    assert.match(await person.terminal('sources', 'refresh', 'pets'), /what it offered before/);
    assert.equal(headers.get('/openapi.json')['if-none-match'], '"1"');
    tag = 2;
    pets = { '/pets': { get: operation('pets/list', { description: 'All of them.' }) }, '/pets/new': { post: operation('pets/add') } };
    assert.match(await person.terminal('sources', 'refresh', 'pets'), /something else now[^]*2 of its tools wait/);
    assert.match(await person.command('sources', 'diff', 'pets'), /pets\.pets\.list +changed/);
    await assert.rejects(person.program('return await tools.pets.pets.list()'), /wait/);
    await person.terminal('sources', 'approve', 'pets', '--yes');
    assert.deepEqual(await person.program('return await tools.pets.pets.list()'), [{ name: 'Ada' }]);
});

test('what cannot be read again stays as it was, and says so', async () => {
    const was = routes['/openapi.json'];

    routes['/openapi.json'] = (request, response) => say(response, 500, {});
    await assert.rejects(person.terminal('sources', 'refresh', 'pets'), /stays as it was.*status 500/);
    assert.match((await person.source('pets')).reason, /not read again/);
    assert.deepEqual(await person.program('return await tools.pets.pets.list()'), [{ name: 'Ada' }]);
    routes['/openapi.json'] = was;
    await person.program('return await tools.writ.sources.refresh({ name: "pets" })');
    for (const from = Date.now(); (await person.source('pets')).reason; await sleep(50))
        assert.ok(Date.now() - from < 10000, 'a program had it read again');
});

test('a document of many files, from the web', async () => {
    await add('many', `${base}/many/root.yaml`);
    assert.deepEqual(await addresses('many'), ['many.a.get', 'many.b.get']);
    assert.match(await person.command('tools', 'describe', 'many.b.get'), /q: number/);
    assert.equal(seen.filter((one) => one === 'GET /many/shared.yaml').length, 1);
});

test('of another host only where a person allowed it', async () => {
    await fails('far', `${base}/far/root.json`, /far\/p\.json: it is on another host, which only a person may allow/);
    assert.ok(!seen.includes('GET /far/p.json'));
    await add('near', `${base}/far/root.json`, '--allow-host', 'localhost');
    assert.deepEqual(await addresses('near'), ['near.a.get']);
});

const file = (name, content) => {
    const path = join(person.home, name);

    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
};

test('a document of many files, beside each other; none outside their folder', async () => {
    const root = (ref) => described({ '/a': { $ref: 'paths/a b.yaml' }, '/c': { get: operation('c/get', { parameters: [{ $ref: ref }] }) } },
        { servers: [{ url: base }] });

    file('secret.yaml', 'q: {name: stolen, in: query, schema: {type: string}}\n');
    file('api/paths/a b.yaml', 'get:\n  operationId: a/get\n  parameters: [{$ref: "../shared.yaml#/q"}]\n  responses: {"200": {description: it}}\n');
    file('api/shared.yaml', 'q: {name: q, in: query, schema: {type: string}}\n');
    await add('files', file('api/root.json', root('shared.yaml#/q')));
    assert.deepEqual(await addresses('files'), ['files.a.get', 'files.c.get']);
    await assert.rejects(add('outside', file('api/out.json', root('../secret.yaml#/q'))), /lies outside the folder[^]*outside is error/);
    await assert.rejects(add('absent', file('api/absent.json', root('gone.yaml#/q'))), /gone\.yaml/);
});

test('a file is read again from where it was, or from another', async () => {
    const path = file('one.json', described({ '/a': { get: operation('a/get') } }, { servers: [{ url: base }] }));

    await add('one', path);
    assert.match(await person.terminal('sources', 'refresh', 'one'), /what it offered before/);
    const other = file('two.json', described({ '/b': { get: operation('b/get') } }, { servers: [{ url: base }] }));

    assert.match(await person.terminal('sources', 'refresh', 'one', other), /1 of its tools wait/);
    file('two.json', 'Dear Sir');
    await assert.rejects(person.terminal('sources', 'refresh', 'one', other), /stays as it was/);
    assert.deepEqual(await addresses('one'), ['one.b.get']);
    await assert.rejects(person.command('sources', 'refresh', 'one', other), /only a person gives a document/);
});

test('a specification with 400 errors: those that matter, by line, and with --partial what is sound', async () => {
    const lines = ['openapi: 3.0.0', 'info: {title: E, version: "1"}', `servers: [{url: "${base}"}]`, 'paths:'];

    for (let i = 0; i < 400; i++)
        lines.push(`  /bad${i}:`, '    get:', '      parameters: [{in: query, required: true, schema: {type: string}}]', '      responses: {"200": {description: it}}');
    lines.push('  /pets:', '    get: {operationId: pets/list, responses: {"200": {description: it}}}');
    const path = file('errors.yaml', lines.join('\n'));

    await assert.rejects(add('errors', path), (error) => {
        assert.match(error.message, /7:\d+: .*\(400 times\)/);
        assert.match(error.message, /--partial/);
        assert.ok(error.message.split('\n').length < 40, error.message);
        return true;
    });
    assert.match(await add('errors', path, '--partial'), /1 tool approved/);
    assert.match((await person.source('errors')).reason, /400 operations were left out/);
    assert.deepEqual(await person.program('return await tools.errors.pets.list()'), [{ name: 'Ada' }]);
});

// A program asks, and a person answers.
async function asked(code, pattern, answer = 'approve') {
    const running = person.program(code).catch((error) => error);
    let input;

    while (!(input = JSON.parse(await person.command('inbox', 'list', '--json')).inputs[0]))
        await sleep(30);
    assert.match(input.title, pattern);
    await person.terminal('inbox', 'answer', input.id, answer);
    return running;
}
const settled = async (name) => {
    for (const from = Date.now(); ; await sleep(50)) {
        const source = await person.source(name);

        if (source.state !== 'probing')
            return source;
        assert.ok(Date.now() - from < 20000, `${name} is probing`);
    }
};

test('a program asks for an address; a person sees the exact words', async () => {
    await asked(`return await tools.writ.sources.add({ name: "asked", url: "${base}/openapi.json", allowHost: ["127.0.0.1"] })`,
        /wants to add the source "asked", which is reached at "http:[^"]*openapi\.json", and what may be on this machine or in a private network: "127\.0\.0\.1"/);
    const source = await settled('asked');

    assert.deepEqual([source.kind, source.state], ['openapi', 'connected']);
    await assert.rejects(person.program('return await tools.asked.pets.list()'), /wait|approve/);
    await person.terminal('sources', 'approve', 'asked', '--yes');
    assert.deepEqual(await person.program('return await tools.asked.pets.list()'), [{ name: 'Ada' }]);
});

test('without the host in those words it is not reached', async () => {
    await asked(`return await tools.writ.sources.add({ name: "plain", url: "${base}/openapi.json" })`, /"plain"/);
    assert.match((await settled('plain')).reason, /only a person may allow/);
});

test('what never connected is replaced by what is added under its name, and nothing else is', async () => {
    await fails('again', `${base}/nothing`, /status 404/);
    await fails('again', `${base}/page`, /web page/);
    await asked(`return await tools.writ.sources.add({ name: "again", url: "${base}/closed", allowHost: ["127.0.0.1"] })`,
        /wants to add the source "again", in place of what was added under that name and never connected, which is reached at/);
    assert.equal((await settled('again')).state, 'auth_required');
    await assert.rejects(add('again', file('again.yaml', 'openapi: 3.0.0\npaths: 7\n')), /again is error/);
    assert.match(await add('again', file('again.yaml', described({ '/pets': { get: operation('pets/list') } }, { servers: [{ url: base }] }))),
        /1 tool approved/);
    assert.equal(JSON.parse(await person.command('sources', 'list', '--json')).sources.filter(({ name }) => name === 'again').length, 1);
    await assert.rejects(add('again', `${base}/openapi.json`), /there already; remove it first/);
    await assert.rejects(person.program(`return await tools.writ.sources.add({ name: "Again", url: "${base}/openapi.json" })`), /there already/);
});

test('a program brings a document', async () => {
    const document = described({ '/pets': { get: operation('pets/list') }, '/bad': { get: { parameters: [{}] } } });

    await asked(`return await tools.writ.sources.add({ name: "brought", document: ${JSON.stringify(JSON.stringify(document))}, ` +
        `baseUrl: "${base}", partial: true, allowHost: ["127.0.0.1"] })`,
    /by a document that it gives \(\d+ bytes, sha256 [0-9a-f]{12}\), whose requests go to "http[^"]*", with what is sound/);
    await settled('brought');
    await person.terminal('sources', 'approve', 'brought', '--yes');
    assert.deepEqual(await person.program('return await tools.brought.pets.list()'), [{ name: 'Ada' }]);
    assert.match(await person.program('return await tools.writ.sources.refresh({ name: "brought" }).catch((e) => e.message)'), /a person has it read/);
});

test('over HTTP the same is asked, and waits', async () => {
    const status = JSON.parse(await person.command('status', '--json'));
    const { readFileSync } = await import('node:fs');
    const ask = (path, body) => fetch(new URL(path, status.http), { method: 'POST', body: JSON.stringify(body),
        headers: { authorization: `Bearer ${readFileSync(status.token_file, 'utf8').trim()}`, 'content-type': 'application/json' } });
    const answer = await ask('/v1/sources', { name: 'http', url: `${base}/openapi.json`, allow: ['127.0.0.1'] });

    assert.equal(answer.status, 202);
    const [input] = JSON.parse(await person.command('inbox', 'list', '--json')).inputs;

    assert.match(input.title, /token:local wants to add the source "http"/);
    await person.terminal('inbox', 'answer', input.id, 'approve');
    await sleep(200);
    assert.equal((await settled('http')).kind, 'openapi');
    assert.equal((await ask('/v1/sources/http/refresh', {})).status, 200);
    assert.equal((await ask('/v1/sources', { name: 'x', url: base, headers: { 'X-Key': 'abc' } })).status, 403);
    const unknown = await ask('/v1/sources/nobody/refresh', {});

    assert.deepEqual([unknown.status, (await unknown.json()).error.code], [404, 'unknown_source']);
});

test('after a restart all of them are there, and the log holds', async () => {
    await person.terminal('down');
    assert.deepEqual(await person.program('return await tools.pets.pets.list()'), [{ name: 'Ada' }]);
    assert.match(await person.terminal('sources', 'refresh', 'many'), /what it offered before/);
    await person.command('audit', 'verify');
});
