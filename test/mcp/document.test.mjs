// Sources that are documents, through the real program: read, approved, called, and the same after a restart.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Writ, binary, sleep } from './writ.mjs';

const pets = new Map([['a b', { id: 'a b', name: 'Ada' }]]);
const seen = [];
const server = http.createServer((request, response) => {
    let body = '';

    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
        const url = new URL(request.url, 'http://x');
        const id = decodeURIComponent(url.pathname.split('/').at(-1));
        const say = (status, value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

        seen.push({ method: request.method, url: request.url, headers: request.headers });
        if (request.method === 'POST') {
            const pet = JSON.parse(body);

            pets.set(pet.id, pet);
            return say(201, pet);
        }
        return pets.has(id) ? say(200, { ...pets.get(id), verbose: url.searchParams.get('verbose') }) : say(404, { why: 'no such pet' });
    });
});

// This process serves: nothing here may block it.
let writ;
let document;
const execute = promisify(execFile);
const command = async (...args) =>
    (await execute(binary, args, { env: writ.env, encoding: 'utf8', timeout: 30000, maxBuffer: 1 << 26 })).stdout;
const terminal = async (...args) => {
    const { done, out } = writ.beginAtTerminal(...args);

    for (const from = Date.now(); !existsSync(done); await sleep(20))
        assert.ok(Date.now() - from < 50000, `${args.join(' ')}: no end`);
    if (readFileSync(done, 'utf8').trim() !== '0')
        throw new Error(readFileSync(out, 'utf8'));
    return readFileSync(out, 'utf8');
};
const run = async (code) => JSON.parse(await command('exec', '--json', '-e', code)).result;
const described = (url, more = {}) => ({
    openapi: '3.1.0', info: { title: 'Pets', version: '1' }, servers: [{ url }],
    paths: {
        '/pets/{id}': { get: { operationId: 'pets/get',
            parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } },
                { name: 'verbose', in: 'query', schema: { type: 'boolean' } }],
            responses: { 200: { description: 'it', content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } } } } } },
        '/pets': { post: { operationId: 'pets/add',
            requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } } },
            responses: { 201: { description: 'added' } } } },
        ...more,
    },
    components: { schemas: { Pet: { type: 'object', required: ['id'], properties: { id: { type: 'string' }, name: { type: 'string' } } } } },
});

before(async () => {
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    writ = new Writ();
    document = join(writ.home, 'pets.json');
    writeFileSync(document, JSON.stringify(described(`http://127.0.0.1:${server.address().port}/v1`)));
    await command('up', '--http', '127.0.0.1:0');
});
after(() => {
    writ?.down();
    server.close();
    server.closeAllConnections();
});

test('a document is read, shown with effect classes, and approved', async () => {
    const said = await terminal('sources', 'add', 'p', document, '--yes', '--allow-host', '127.0.0.1', '--header', 'X-Key: canary-1234567890');
    const shown = JSON.parse(await command('sources', 'show', 'p', '--json'));

    assert.match(said, /2 tools approved/);
    assert.doesNotMatch(said, /UNDER/);
    assert.equal(shown.kind, 'openapi');
    assert.deepEqual(shown.tools.map((tool) => [tool.address, tool.effect]), [['p.pets.add', 'write'], ['p.pets.get', 'read']]);
    assert.match(await command('tools', 'describe', 'p.pets.get'), /verbose\?: boolean/);
});

test('of many tools it is told how many of which class are where, and the first', async () => {
    const file = join(writ.home, 'many.json');
    const paths = {};

    for (let i = 0; i < 1000; i++)
        paths[`/p${i}`] = { [i % 4 ? 'get' : 'delete']: { operationId: `group${String(i % 50).padStart(2, '0')}/do${i}`, responses: { 200: { description: 'ok' } } } };
    writeFileSync(file, JSON.stringify({ ...described('https://api.example.com'), paths }));
    const said = await terminal('sources', 'add', 'many', file, '--yes');
    const lines = said.split(/\r?\n/);

    assert.ok(lines.length < 90, `${lines.length} lines`);
    assert.match(said, /many\.group00\.do0 +.*destructive/);
    assert.match(said, /and 980 more; `writ sources show many` lists all[^]*`writ tools search --source many`/);
    assert.match(said, /UNDER.*READ.*WRITE.*DESTRUCTIVE/);
    assert.match(said, /many\.group01\.\* +20 +0 +0\b/);
    assert.match(said, /many\.group02\.\* +10 +0 +10\b/);
    assert.match(said, /and under 10 more/);
    assert.match(said, /1000 tools: 750 read, 0 write, 250 destructive/);
    assert.equal((await command('sources', 'show', 'many')).match(/many\.group/g).length, 1000);
    assert.equal(JSON.parse(await command('sources', 'show', 'many', '--json')).tools.length, 1000);
});

test('it is read from and written to; a write waits for a person', async () => {
    assert.deepEqual(await run('return await tools.p.pets.get({ id: "a b", verbose: true })'), { id: 'a b', name: 'Ada', verbose: 'true' });
    assert.equal(seen.at(-1).url, '/v1/pets/a%20b?verbose=true');
    await assert.rejects(run('return await tools.p.pets.add({ body: { id: "c", name: "Cy" } })'), /waits/);
    const [input] = JSON.parse(await command('inbox', 'list', '--json')).inputs;

    assert.ok(!pets.has('c'));
    await terminal('inbox', 'answer', input.id, 'approve');
    for (const from = Date.now(); !pets.has('c'); await sleep(20))
        assert.ok(Date.now() - from < 20000, 'it was not written');
    assert.deepEqual(pets.get('c'), { id: 'c', name: 'Cy' });
});

test('what its server refuses is an error, and arguments are checked before anything is sent', async () => {
    const count = seen.length;

    assert.match(JSON.stringify(await run('return await tools.p.pets.get({}).catch((e) => e.code)')), /invalid/);
    assert.equal(seen.length, count);
    assert.match(JSON.stringify(await run('return await tools.p.pets.get({ id: "none" }).catch((e) => e.code + e.message)')), /404/);
});

test('after a restart the same call goes out, and the log holds', async () => {
    await terminal('down');
    await command('up', '--http', '127.0.0.1:0');
    assert.deepEqual(await run('return await tools.p.pets.get({ id: "c" })'), { id: 'c', name: 'Cy', verbose: null });
    await command('audit', 'verify');
});

test('a refresh loses nothing that it was given', async () => {
    assert.match(await terminal('sources', 'refresh', 'p'), /what it offered before/);
    assert.equal((await run('return await tools.p.pets.get({ id: "c" })')).id, 'c');
    assert.equal(JSON.parse(await command('sources', 'show', 'p', '--json')).state, 'connected');
});

test('a document that is none, and one that refers to others, say what is wrong', async () => {
    const bad = join(writ.home, 'bad.yaml');

    writeFileSync(bad, 'openapi: 3.1.0\ninfo: [\n');
    await assert.rejects(terminal('sources', 'add', 'b', bad, '--yes'), /b is error/);
    writeFileSync(bad, JSON.stringify(described('http://127.0.0.1:1', { '/o': { $ref: 'other.yaml#/o' } })));
    await assert.rejects(terminal('sources', 'add', 'c', bad, '--yes'), /other\.yaml/);
    await assert.rejects(terminal('sources', 'add', 'd', join(writ.home, 'none.json'), '--yes'), /No such file/);
});

test('a search right after a large source was added finds all of it', async () => {
    const paths = {};
    const file = join(writ.home, 'large.json');

    for (let i = 0; i < 4000; i++)
        paths[`/gadgets${i}/{id}`] = { get: { operationId: `gadgets/get-${i}`, summary: `Get gadget ${i}`, description: 'A gadget. '.repeat(50), responses: { 200: { description: 'it' } } } };
    writeFileSync(file, JSON.stringify(described('http://127.0.0.1:1', paths)));
    for (const round of ['large', 'again']) {
        await terminal('sources', 'add', round, file, '--yes');
        const [inside, outside, other, more] = await Promise.all([
            run(`return (await tools.search({ query: 'gadget', source: '${round}' })).total`),
            command('tools', 'search', 'gadget', '--source', round, '--json'),
            run('return 1 + 1'),
            run(`const first = await tools.search({ query: 'gadget', source: '${round}', limit: 1 }); ` +
                `return [first.items.length, (await tools.describe(first.items[0].address)).includes('gadget')]`),
        ]);

        assert.equal(inside, 4000);
        assert.equal(JSON.parse(outside).found.total, 4000);
        assert.equal(other, 2);
        assert.deepEqual(more, [1, true]);
    }
});

test('two hundred who ask for a long list at once all get it, also where what carries it is slow', async () => {
    const status = JSON.parse(await command('status', '--json'));
    const pid = (kind) => status.processes.find((one) => one.kind === kind).pid;
    const headers = { authorization: `Bearer ${readFileSync(status.token_file, 'utf8').trim()}` };
    const ask = async () => {
        const answer = await fetch(new URL('/v1/sources/large', status.http), { headers, signal: AbortSignal.timeout(30000) });

        return JSON.parse(await answer.text()).name;
    };

    // All requests are there before the daemon looks, and its answers are not taken while it gives them.
    process.kill(pid('daemon'), 'SIGSTOP');
    const answers = Promise.all(Array.from({ length: 200 }, ask));
    await sleep(500);
    process.kill(pid('web'), 'SIGSTOP');
    process.kill(pid('daemon'), 'SIGCONT');
    await sleep(500);
    process.kill(pid('web'), 'SIGCONT');
    assert.deepEqual(new Set(await answers), new Set(['large']));
});

test('who waits for a source that is removed is told so at once', async () => {
    const from = Date.now();
    const adding = terminal('sources', 'add', 'mute', '--yes', '--', process.execPath, '-e', 'process.stdin.resume()');

    adding.catch(() => {});
    while (!JSON.parse(await command('sources', 'list', '--json')).sources.some((one) => one.name === 'mute'))
        await sleep(20);
    await terminal('sources', 'remove', 'mute');
    await assert.rejects(adding, /the source was removed/);
    assert.ok(Date.now() - from < 8000, `${Date.now() - from} ms`);
});
