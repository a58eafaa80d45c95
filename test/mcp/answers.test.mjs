// What a source over HTTP says beside its answer: "not now", "the next page is there", "you have so many left". Through the real program.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Writ, binary } from './writ.mjs';

const seen = []; // { at, url, key } of everything that came
let writ;
let server;

const count = (url) => seen.filter((one) => one.url === url).length;

// The first request of a kind fails.
const first = {
    '/busy': (response) => response.writeHead(429, { 'retry-after': '1' }).end('{}'),
    '/dated': (response) => response.writeHead(503, { 'retry-after': new Date(Date.now() + 2500).toUTCString() }).end('{}'),
    '/gone': (response) => response.socket.destroy(),
    '/once': (response) => response.writeHead(503, { 'retry-after': '1' }).end('{}'),
    '/plain': (response) => response.writeHead(503, { 'retry-after': '1' }).end('{}'),
    '/patient': (response) => response.writeHead(429, { 'retry-after': '3600' }).end('{}'),
};

function answer(request, response) {
    request.resume();
    request.on('end', () => {
        seen.push({ at: Date.now(), url: request.url, key: request.headers['idempotency-key'] });
        if (first[request.url] && count(request.url) === 1) {
            first[request.url](response);
            return;
        }
        response.setHeader('content-type', 'application/json');
        if (request.url.startsWith('/pages')) {
            const page = Number(new URL(request.url, 'http://x').searchParams.get('page') ?? 1);

            if (page < 3)
                response.setHeader('link', `<http://127.0.0.1:${server.address().port}/pages?page=${page + 1}>; rel="next"`);
            response.setHeader('etag', `"page-${page}"`);
            response.setHeader('x-ratelimit-remaining', String(60 - page));
            response.end(JSON.stringify([page]));
            return;
        }
        if (request.url === '/made') {
            response.writeHead(201, { location: '/made/7' }).end('{"id":7}');
            return;
        }
        response.end(JSON.stringify({ url: request.url }));
    });
}

const plain = 'responses: { "200": { description: ok } }';
const document = (port) => `
openapi: 3.0.3
info: { title: Answers, version: "1" }
servers: [{ url: "http://127.0.0.1:${port}" }]
paths:
  /busy: { get: { operationId: busy, ${plain} } }
  /dated: { get: { operationId: dated, ${plain} } }
  /gone: { get: { operationId: gone, ${plain} } }
  /patient: { get: { operationId: patient, ${plain} } }
  /plain: { post: { operationId: plain, ${plain} } }
  /made: { post: { operationId: made, ${plain} } }
  /once:
    post:
      operationId: once
      parameters: [{ name: Idempotency-Key, in: header, schema: { type: string } }]
      ${plain}
  /pages:
    get:
      operationId: pages
      parameters: [{ name: page, in: query, schema: { type: integer } }]
      ${plain}
`;

const execute = promisify(execFile);

async function program(code) {
    const options = { env: writ.env, encoding: 'utf8', timeout: 30000 };

    return JSON.parse(await execute(binary, ['exec', '--json', '-e', code], options)
        .then((done) => done.stdout, (error) => error.stdout));
}

const call = (name) => program(`return await tools.a.${name}({})`);
const at = (url) => seen.filter((one) => one.url === url);

// The attempts of the last execution, as the ledger has them.
const ledger = () => writ.run('log', 'show', 'last');

before(async () => {
    server = http.createServer(answer);
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    writ = new Writ();
    writ.run('up');
    const file = join(writ.home, 'a.yaml');

    writeFileSync(file, document(server.address().port));
    writeFileSync(join(writ.home, 'rules.yaml'), 'rules:\n  - name: a\n    match: a.**\n    verdict: allow\n    reason: a test\n');
    writ.atTerminal('sources', 'add', 'a', file, '--allow-host', '127.0.0.1', '--yes');
    writ.atTerminal('policy', 'apply', join(writ.home, 'rules.yaml'));
});

after(() => {
    server.close();
    writ.down();
});

test('a read that is told to wait is asked again then, and the ledger shows it', async () => {
    assert.equal((await call('busy')).state, 'done');
    const [one, two] = at('/busy');

    assert.equal(at('/busy').length, 2);
    assert.ok(two.at - one.at >= 990, `${two.at - one.at} ms`);
    assert.match(ledger(), /attempt|again|2/);
    const events = writ.run('audit', 'export').match(/"call\.attempted"|call\.attempted/g);

    assert.ok(events.length >= 1);
});

test('also where the time is a date', async () => {
    assert.equal((await call('dated')).state, 'done');
    const [one, two] = at('/dated');

    assert.ok(two.at - one.at >= 1000, `${two.at - one.at} ms`);
});

test('a read whose connection was lost is asked again', async () => {
    assert.equal((await call('gone')).state, 'done');
    assert.equal(at('/gone').length, 2);
});

test('nobody waits an hour', async () => {
    const { error } = await call('patient');

    assert.equal(error.code, 'busy');
    assert.equal(at('/patient').length, 1);
});

test('a write is repeated where its source knows it again by a key, which is the same', async () => {
    assert.equal((await call('once')).state, 'done');
    const [one, two] = at('/once');

    assert.ok(one.key.length >= 16);
    assert.equal(two.key, one.key);
});

test('another write is not', async () => {
    const { error } = await call('plain');

    assert.equal(error.code, 'busy');
    assert.equal(at('/plain').length, 1);
});

test('a program follows pages by their links, and sees what is left', async () => {
    const { result } = await program(`
        const all = [];
        let left, tag;
        for (let page = 1; page; ) {
            const one = await tools.a.pages({ page });
            all.push(...one);
            left = one.$http.headers['x-ratelimit-remaining'];
            tag = one.$http.headers.etag;
            const next = one.$http.links?.next;
            page = next ? Number(/page=(\\d+)/.exec(next)[1]) : 0;
        }
        return { all, left, tag };`);

    assert.deepEqual(result, { all: [1, 2, 3], left: '57', tag: '"page-3"' });
});

test('where a made thing is stands beside it', async () => {
    const { result } = await program('const made = await tools.a.made({}); return [made, made.$http.status, made.$http.headers.location]');

    assert.deepEqual(result, [{ id: 7 }, 201, '/made/7']);
});
