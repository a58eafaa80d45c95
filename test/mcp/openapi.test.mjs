// An OpenAPI document as a source, through the real program: added from a file, called over HTTP, there again after a restart.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Writ, binary } from './writ.mjs';

const seen = []; // method, address and body of everything that came
let writ;
let server;

function answer(request, response) {
    let body = '';

    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${body}`);
        response.setHeader('content-type', 'application/json');
        response.statusCode = request.url.startsWith('/pets/9') ? 404 : 200;
        response.end(response.statusCode === 404 ? '{"message":"no such pet"}' : JSON.stringify({ asked: request.url }));
    });
}

const document = (port) => `
openapi: 3.0.3
info: { title: Pets, version: "1" }
servers: [{ url: "http://127.0.0.1:${port}" }]
paths:
  /pets/{id}:
    get:
      operationId: pets/get
      parameters:
        - { name: id, in: path, required: true, schema: { type: integer } }
        - { name: tags, in: query, schema: { type: array, items: { type: string } } }
      responses: { "200": { description: ok, content: { application/json: { schema: { type: object } } } } }
  /pets:
    post:
      operationId: pets/create
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } } } }
      responses: { "200": { description: ok } }
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties: { name: { type: string }, friend: { $ref: "#/components/schemas/Pet" } }
`;

const execute = promisify(execFile);

// What a program gives, or the error that it ends with.
async function program(code) {
    const options = { env: writ.env, encoding: 'utf8', timeout: 30000 };

    return JSON.parse(await execute(binary, ['exec', '--json', '-e', code], options)
        .then((done) => done.stdout, (error) => error.stdout));
}

before(async () => {
    server = http.createServer(answer);
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    writ = new Writ();
    writ.run('up');
    const file = join(writ.home, 'pets.yaml');

    writeFileSync(file, document(server.address().port));
    writeFileSync(join(writ.home, 'rules.yaml'),
        'rules:\n  - name: pets\n    match: pets.**\n    verdict: allow\n    reason: a test\n');
    writ.atTerminal('sources', 'add', 'pets', file, '--allow-host', '127.0.0.1', '--yes');
    writ.atTerminal('policy', 'apply', join(writ.home, 'rules.yaml'));
});

after(() => {
    server.close();
    writ.down();
});

test('an operation is a tool with the types of its document', async () => {
    const { result } = await program('return await tools.describe("pets.pets.create")');

    assert.match(result, /friend\?: Pet/);
});

test('a call is one request, made as the document says', async () => {
    const read = await program('return await tools.pets.pets.get({ id: 7, tags: ["a b", "c"] })');
    const made = await program('return await tools.pets.pets.create({ body: { name: "Rex" } })');

    assert.equal(read.result.asked, '/pets/7?tags=a%20b&tags=c');
    assert.equal(made.state, 'done');
    assert.deepEqual(seen, ['GET /pets/7?tags=a%20b&tags=c ', 'POST /pets {"name":"Rex"}']);
});

test('what does not fit the document is not sent', async () => {
    const before = seen.length;
    const { error } = await program('return await tools.pets.pets.create({ body: { nam: 1 } })');

    assert.equal(error.code, 'invalid');
    assert.match(error.message, /\/body.*"name"/);
    assert.equal(seen.length, before);
});

test('an HTTP error is a failure that says what was said', async () => {
    const { error } = await program('return await tools.pets.pets.get({ id: 9 })');

    assert.equal(error.code, 'upstream');
    assert.match(error.message, /404.*no such pet/);
});

test('its tools are there again after a restart', async () => {
    writ.atTerminal('down');
    const { result } = await program('return await tools.pets.pets.get({ id: 8 })');

    assert.equal(result.asked, '/pets/8');
    assert.match(writ.run('audit', 'verify'), /the chain holds/);
});

test('without a person\'s word no private address is asked', async () => {
    const file = join(writ.home, 'pets.yaml');

    writ.atTerminal('sources', 'add', 'walled', file, '--yes');
    const before = seen.length;
    const { state } = await program('return await tools.walled.pets.get({ id: 1 })');

    assert.equal(state, 'failed');
    assert.equal(seen.length, before);
});
