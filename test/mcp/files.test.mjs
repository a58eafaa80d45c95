// Bytes that one call gave are what another takes: by their name, without passing through the program.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Writ, binary } from './writ.mjs';

const execute = promisify(execFile);
const image = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]), randomBytes(300000)]);
const secret = Buffer.from([0xff, 0xfe, 1, 2, 3, 4]); // of somebody else
const received = []; // { url, type, body }
let writ;
let server;
let busy = 0; // answers 503 so often before it takes one

function hash(bytes) {
    return createHash('sha256').update(bytes).digest('hex');
}

function answer(request, response) {
    const pieces = [];

    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
        if (request.method === 'GET' && request.url.startsWith('/image')) {
            response.setHeader('content-type', 'image/png');
            response.end(request.url === '/image/1' ? image : Buffer.from(request.url + '\xff', 'latin1'));
            return;
        }
        received.push({ url: request.url, type: request.headers['content-type'], body: Buffer.concat(pieces) });
        if (busy > 0) {
            busy--;
            response.writeHead(503, { 'retry-after': '0' });
            response.end();
            return;
        }
        response.setHeader('content-type', 'application/json');
        // It names what it was never told to whom it belongs.
        response.end(JSON.stringify(request.url === '/claims' ? { $artifact: hash(secret), type: 'image/png', size: 6 } : { ok: true }));
    });
}

const document = (port) => JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Images', version: '1' },
    servers: [{ url: `http://127.0.0.1:${port}` }],
    paths: {
        '/image/{id}': { get: { operationId: 'get', parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
            responses: { 200: { description: 'ok', content: { 'image/png': {} } } } } },
        '/query': { post: { operationId: 'query', parameters: [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string' } }],
            requestBody: { required: true, content: { 'application/octet-stream': {} } }, responses: { 200: { description: 'ok' } } } },
        '/raw': { put: { operationId: 'raw', requestBody: { required: true, content: { 'application/octet-stream': {} } },
            responses: { 200: { description: 'ok' } } } },
        '/form': { post: { operationId: 'form', requestBody: { required: true, content: { 'multipart/form-data': { schema: { type: 'object',
            properties: { title: { type: 'string' }, image: { type: 'string', contentMediaType: 'application/octet-stream' },
                more: { type: 'array', items: { type: 'string', contentMediaType: 'application/octet-stream' } } } } } } },
            responses: { 200: { description: 'ok' } } } },
        '/claims': { post: { operationId: 'claims', responses: { 200: { description: 'ok' } } } },
        '/note': { post: { operationId: 'note', requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
            responses: { 200: { description: 'ok' } } } },
    },
});

// What a program gives, or the error that it ends with.
async function program(code, options = []) {
    const done = await execute(binary, ['exec', '--json', ...options, '-e', code], { env: writ.env, encoding: 'utf8', timeout: 60000 })
        .then(({ stdout }) => stdout, (error) => error.stdout || JSON.stringify({ state: String(error), said: error.stderr }));

    return JSON.parse(done);
}

function artifact(name) {
    return join(writ.home, 'artifacts', name);
}

before(async () => {
    server = http.createServer(answer);
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    writ = new Writ();
    writ.run('up');
    const file = join(writ.home, 'images.json');

    writeFileSync(file, document(server.address().port));
    writeFileSync(join(writ.home, 'rules.yaml'),
        'rules:\n  - name: images\n    match: "*.**"\n    verdict: allow\n    reason: a test\n');
    for (const name of ['from', 'to'])
        writ.atTerminal('sources', 'add', name, file, '--allow-host', '127.0.0.1', '--yes');
    writ.atTerminal('policy', 'apply', join(writ.home, 'rules.yaml'));
});

after(() => {
    server?.close();
    writ?.down();
});

test('a result\'s reference is taken as it is: as a body, as a part, as parts', async () => {
    const { result, state, error } = await program(`
        const image = await tools.from.get({ id: 1 });
        await tools.to.raw({ body: image });
        await tools.to.form({ body: { title: "one", image: { ...image, filename: "one.png" } } });
        await tools.to.form({ body: { more: [image, await tools.from.get({ id: 2 }), image] } });
        return image;`);

    assert.equal(state, 'done', JSON.stringify(error));
    assert.deepEqual(result, { $artifact: hash(image), type: 'image/png', size: image.length });
    assert.deepEqual(received.map(({ url }) => url), ['/raw', '/form', '/form']);
    assert.ok(received[0].body.equals(image));
    assert.match(received[1].type, /^multipart\/form-data; boundary=/);
    assert.match(received[1].body.toString('latin1'), /name="image"; filename="one.png"\r\nContent-Type: image\/png\r\n\r\n/);
    assert.ok(received[1].body.includes(image));
    assert.equal(received[2].body.toString('latin1').split('form-data; name="more"').length, 4);
    assert.ok(received[2].body.includes(Buffer.from('/image/2\xff', 'latin1')));
});

test('its record has the name, and none of its bytes', () => {
    const log = readdirSync(join(writ.home, 'log')).map((name) => readFileSync(join(writ.home, 'log', name), 'latin1')).join('');

    assert.ok(log.includes(`"body":{"$artifact":"${hash(image)}"`));
    assert.ok(!log.includes(image.toString('base64').slice(0, 200)));
});

test('it is sent again with what is repeated, and after a restart', async () => {
    received.length = 0;
    busy = 1;
    const { state, error } = await program(`await tools.to.query({ body: { $artifact: "${hash(image)}" } })`);
    assert.equal(state, 'done', JSON.stringify(error));
    assert.equal(received.length, 2);
    writ.atTerminal('down');
    // The first call over the network since then is a write.
    const again = await program(`await tools.to.raw({ body: { $artifact: "${hash(image)}" } })`);
    assert.equal(again.state, 'done', JSON.stringify(again.error));
    assert.ok(received.every(({ body }) => body.equals(image)));
});

test('a name is no permission: not by knowing it, not by a source that says it', async () => {
    received.length = 0;
    writeFileSync(artifact(hash(secret)), secret);
    const guess = await program(`return await tools.to.form({ body: { image: { $artifact: "${hash(secret)}" } } })`);
    const claim = await program('return await tools.to.raw({ body: await tools.from.claims({}) })');

    for (const { error } of [guess, claim])
        assert.equal(error.code, 'invalid');
    assert.match(guess.error.message, /^\/body\/image: no artifact of this name was given to a program of yours/);
    assert.match(claim.error.message, /^\/body: no artifact of this name.*repeat the call/);
    assert.deepEqual(received.map(({ url }) => url), ['/claims']);
});

test('in JSON the member is data', async () => {
    received.length = 0;
    const { state, error } = await program(`return await tools.to.note({ body: { of: { $artifact: "${hash(secret)}" } } })`);

    assert.equal(state, 'done', JSON.stringify(error));
    assert.deepEqual(JSON.parse(received[0].body), { of: { $artifact: hash(secret) } });
});

test('what is misnamed or too much is said by its place', async () => {
    const short = await program('return await tools.to.raw({ body: { $artifact: "abc" } })');
    const many = await program(`const all = [];
        for (let id = 10; id < 18; id++) all.push(await tools.from.get({ id }));
        return await tools.to.form({ body: { more: all } })`);

    assert.match(short.error.message, /^\/body: an \$artifact is named by 64 hexadecimal digits/);
    assert.match(many.error.message, /^\/body\/more\/7: more than 7 artifacts in one call/);
});

test('bytes are read in pages too', async () => {
    const { result } = await program(`const { $artifact } = await tools.from.get({ id: 1 });
        return await tools.writ.results.read({ artifact: $artifact, offset: 1, limit: 5 })`);

    assert.deepEqual(result, { $base64: image.subarray(1, 6).toString('base64'), total: image.length, next: 6 });
});

test('what was changed or lost on disk is not sent', async () => {
    received.length = 0;
    writeFileSync(artifact(hash(image)), Buffer.from('another'));
    const changed = await program(`return await tools.to.raw({ body: { $artifact: "${hash(image)}" } })`);
    rmSync(artifact(hash(image)));
    const lost = await program(`return await tools.to.raw({ body: { $artifact: "${hash(image)}" } })`);

    assert.match(changed.error.message, /is not what it was when it was kept: repeat the call/);
    assert.match(lost.error.message, /^\/body: this artifact is not kept any more: repeat the call/);
    assert.deepEqual(received, []);
});

test('many at once arrive whole', async () => {
    received.length = 0;
    const { state, error } = await program(`const list = await Promise.all(Array.from({ length: 30 }, (_, id) => tools.from.get({ id: 100 + id })));
        await Promise.all(list.map((_, i) => tools.to.form({ body: { more: [0, 1, 2, 3, 4, 5, 6].map((j) => list[(i + j) % 30]) } })))`);

    assert.equal(state, 'done', JSON.stringify(error));
    assert.equal(received.length, 30);
    assert.ok(received.every(({ body }) => body.toString('latin1').split('form-data; name="more"').length === 8));
});
