// Documents as they are found: packed, in another encoding, with a wrong name or a wrong media type. And bombs among them.
import assert from 'node:assert/strict';
import http from 'node:http';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Person } from './person.mjs';

const yaml = `openapi: 3.0.3
info: { title: "Caf\u00e9", version: "1" }
paths:
  /cups:
    get: { operationId: cups/list, summary: "A cup of caf\u00e9 \u{1f600}", responses: { "200": { description: it } } }
`;
const json = JSON.stringify({ openapi: '3.0.3', info: { title: 'J', version: '1' },
    paths: { '/cups': { get: { operationId: 'cups/list', summary: 'A cup of caf\u00e9 \u{1f600}', responses: { 200: { description: 'it' } } } } } });
const introspection = JSON.stringify({ data: { __schema: { queryType: { name: 'Query' }, types: [
    { kind: 'OBJECT', name: 'Query', fields: [{ name: 'cup', args: [], type: { kind: 'SCALAR', name: 'Int' } }] },
    { kind: 'SCALAR', name: 'Int' }] } } });
const sdl = '"What one may ask."\ntype Query { cup: Int }\n';
const little = (text) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
const big = (text) => little(text).swap16();
const marked = (text) => Buffer.from(`\ufeff${text}`);
const spaces = (count) => Buffer.alloc(count, ' ');

// path -> [body, headers]
const served = {
    '/coded.json': [gzipSync(json), { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    '/br.json': [brotliCompressSync(json), { 'content-type': 'application/json', 'content-encoding': 'br' }],
    '/api.yaml.gz': [gzipSync(yaml), { 'content-type': 'application/gzip' }],
    '/both.json.gz': [gzipSync(gzipSync(json)), { 'content-type': 'application/gzip', 'content-encoding': 'gzip' }],
    '/named.html': [json, { 'content-type': 'text/html; charset=utf-8' }],
    '/named.yaml': [yaml, { 'content-type': 'text/html' }],
    '/yaml.json': [yaml, { 'content-type': 'application/json' }],
    '/no-type': [json, {}],
    '/marked.json': [marked(json), { 'content-type': 'application/json' }],
    '/little.json': [little(json), { 'content-type': 'application/json; charset=utf-16' }],
    '/big.yaml': [big(yaml), { 'content-type': 'application/yaml' }],
    '/schema.json': [introspection, { 'content-type': 'text/html' }],
    '/schema.graphql.gz': [gzipSync(marked(sdl)), { 'content-type': 'application/octet-stream' }],
    '/page.json': ['<!DOCTYPE html><title>Sign in</title>', { 'content-type': 'application/json' }],
    '/bomb.json': [gzipSync(Buffer.concat([Buffer.from(json.slice(0, -1)), spaces(70 << 20), Buffer.from('}')])),
        { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    '/bomb.json.gz': [gzipSync(Buffer.concat([Buffer.from(json.slice(0, -1)), spaces(70 << 20), Buffer.from('}')])),
        { 'content-type': 'application/gzip' }],
    '/values.json': [gzipSync(Buffer.concat([Buffer.from('{"openapi":"3.0.3","x":[0'), Buffer.alloc(40 << 20, ',0'), Buffer.from(']}')])),
        { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    '/cut.json.gz': [gzipSync(json).subarray(0, 60), { 'content-type': 'application/gzip' }],
    '/twice.json.gz': [gzipSync(gzipSync(json)), { 'content-type': 'application/gzip' }],
    '/parts/root.yaml': [yaml + '  /a: { $ref: "a.yaml.gz#/item" }\n', {}],
    '/parts/a.yaml.gz': [gzipSync(little('item: { get: { operationId: a/get, responses: { "200": { description: it } } } }\n')), {}],
};
const server = http.createServer((request, response) => {
    const found = request.method === 'GET' && served[request.url];

    if (!found) {
        response.writeHead(request.url === '/cups' ? 200 : 404, { 'content-type': 'application/json' }).end('[]');
        return;
    }
    response.writeHead(200, found[1]).end(found[0]);
});
let person;
let base;
let count = 0;

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

const add = (place, ...more) => person.terminal('sources', 'add', `s${++count}`, place, '--yes', '--allow-host', '127.0.0.1', ...more);
const last = async () => (({ kind, tools }) => [kind, ...tools.map((tool) => tool.address.slice(`s${count}.`.length))])(await person.source(`s${count}`));
const file = (name, content) => {
    const path = join(person.home, name);

    writeFileSync(path, content);
    return path;
};

for (const path of ['/coded.json', '/br.json', '/api.yaml.gz', '/both.json.gz', '/named.html', '/named.yaml', '/yaml.json', '/no-type',
    '/marked.json', '/little.json', '/big.yaml']) {
    test(`from the web: ${path}`, async () => {
        await add(base + path);
        assert.deepEqual(await last(), ['openapi', 'cups.list']);
        assert.match(await person.command('tools', 'describe', `s${count}.cups.list`), /A cup of caf\u00e9 \u{1f600}/u);
        assert.deepEqual(await person.program(`return await tools.s${count}.cups.list({})`), []);
    });
}

for (const path of ['/schema.json', '/schema.graphql.gz']) {
    test(`a schema of GraphQL from the web: ${path}`, async () => {
        await add(base + path);
        assert.deepEqual(await last(), ['graphql', 'query.cup']);
    });
}

test('what a document refers to may be packed and encoded too', async () => {
    await add(`${base}/parts/root.yaml`);
    assert.deepEqual(await last(), ['openapi', 'a.get', 'cups.list']);
});

const files = {
    'api.json': yaml, 'api.yaml': json, 'api.txt': marked(yaml), 'api.json.gz': gzipSync(json), 'packed.yaml': gzipSync(marked(yaml)),
    'little.yaml': little(yaml), 'big.json': big(json), 'unmarked.json': Buffer.from(json, 'utf16le'), 'dos.yaml': yaml.replaceAll('\n', '\r\n'),
    'flow.json': '{openapi: 3.0.3, info: {title: F, version: "1"}, paths: {/cups: {get: {operationId: cups/list, responses: {}}}}}',
    'commas.json': `// what we have\n${json.slice(0, -1)},}`.replace('//', '#'),
    'quoted.yaml': yaml.replace('openapi:', '"openapi":'), 'ruled.yaml': `%YAML 1.2\n--- # it\n${yaml}`,
};

for (const [name, content] of Object.entries(files)) {
    test(`in a file: ${name}`, async () => {
        await add(file(name, content), '--base-url', base);
        assert.deepEqual(await last(), ['openapi', 'cups.list']);
    });
}

for (const [name, content] of Object.entries({ 'told.txt': introspection, 'said.json': sdl, 'said.gz': gzipSync(little(sdl)),
    'linked.graphql': `extend schema @link(url: "https://specs.apollo.dev/federation/v2.0")\n${sdl}`, 'tight.graphql': 'schema{query:Query}type Query{cup:Int}' })) {
    test(`a schema of GraphQL in a file: ${name}`, async () => {
        await add(file(name, content), '--base-url', base);
        assert.deepEqual(await last(), ['graphql', 'query.cup']);
    });
}

test('files beside each other, each as it is', async () => {
    mkdirSync(join(person.home, 'beside'));
    file('beside/a.yaml', big('item: { get: { operationId: a/get, responses: { "200": { description: it } } } }\n'));
    await add(file('beside/root.yaml.gz', gzipSync(yaml + '  /a: { $ref: "a.yaml#/item" }\n')), '--base-url', base);
    assert.deepEqual(await last(), ['openapi', 'a.get', 'cups.list']);
});

test('a page is told to be one, whatever it is served as', async () => {
    await assert.rejects(add(`${base}/page.json`), /a web page \(HTML\)/);
});

test('what unpacks to more than is read stops at that, and says how much it is', async () => {
    await assert.rejects(add(`${base}/bomb.json`), /larger than 64 MiB/);
    await assert.rejects(add(`${base}/bomb.json.gz`), /larger than 64 MiB/);
    await assert.rejects(add(file('bomb.json.gz', served['/bomb.json.gz'][0])), /larger than 64 MiB/);
    await assert.rejects(add(file('bomb.gz', Buffer.concat(Array(80).fill(gzipSync(spaces(1 << 20)))))), /larger than 64 MiB/);
});

// With sanitizers memory has no limit, and it is read to its end.
test('what takes too much to be read is told, and asked nothing more', async () => {
    await assert.rejects(add(`${base}/values.json`), /is error: (reading it takes more memory or time|the document has no operation)/);
});

test('what is packed and broken, or packed twice, is told', async () => {
    await assert.rejects(add(`${base}/cut.json.gz`), /packed with gzip, and broken/);
    await assert.rejects(add(`${base}/twice.json.gz`), /packed with gzip more than once/);
    await assert.rejects(add(file('cut.gz', served['/cut.json.gz'][0])), /packed with gzip, and broken/);
    await assert.rejects(add(file('half.json', little(json).subarray(0, -1))), /UTF-8|character/);
});

test('the rest goes on, and the log holds', async () => {
    assert.equal(await person.program('return 1 + 1'), 2);
    assert.match(await person.command('audit', 'verify'), /the chain holds/);
});
