// What a source says its values are, and what they are: alternatives told apart, and answers that break a promise.
import assert from 'node:assert/strict';
import http from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person } from './person.mjs';

let answer; // what comes next
const seen = [];
const server = http.createServer((request, response) => {
    let body = '';

    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
        seen.push(body);
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
});
const document = (port) => `
openapi: 3.0.3
info: { title: Zoo, version: "1" }
servers: [{ url: "http://127.0.0.1:${port}" }]
paths:
  /pet:
    get:
      operationId: pet/get
      responses: { "200": { description: it, content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } } } } }
    post:
      operationId: pet/put
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } } } }
      responses: { "200": { description: it } }
  /list:
    get:
      operationId: pet/list
      responses: { "200": { description: it, content: { application/json: { schema:
        { type: array, items: { $ref: "#/components/schemas/Cat" } } } } } }
components:
  schemas:
    Pet:
      oneOf: [{ $ref: "#/components/schemas/Cat" }, { $ref: "#/components/schemas/Dog" }]
      discriminator: { propertyName: petType, mapping: { cat: "#/components/schemas/Cat", kitten: Cat } }
    Cat: { type: object, required: [petType, lives], properties: { petType: { type: string }, lives: { type: integer, maximum: 9 } } }
    Dog: { type: object, required: [petType], properties: { petType: { type: string }, bark: { type: string } } }
`;
let person;
const run = async (code) => JSON.parse(await person.command('exec', '--json', '-e', code).catch((error) => error.stdout));

before(async () => {
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    person = await Person.up();
    writeFileSync(join(person.home, 'zoo.yaml'), document(server.address().port));
    writeFileSync(join(person.home, 'rules.yaml'), 'rules:\n  - name: zoo\n    match: zoo.**\n    verdict: allow\n    reason: a test\n');
    await person.terminal('sources', 'add', 'zoo', join(person.home, 'zoo.yaml'), '--allow-host', '127.0.0.1', '--yes');
    await person.terminal('policy', 'apply', join(person.home, 'rules.yaml'));
});
after(() => {
    person?.down();
    server.close();
    server.closeAllConnections();
});

test('alternatives are a union that a literal narrows, in what is taken and in what is given', async () => {
    for (const name of ['zoo.pet.get', 'zoo.pet.put'])
        assert.match(await person.command('tools', 'describe', name),
            /type Pet = \{ petType: "cat" \| "kitten" \} & Cat \| \{ petType: "Dog" \} & Dog;/);
});

test('what names an alternative is checked against that one, and the error says which', async () => {
    const put = (pet) => run(`return await tools.zoo.pet.put({ body: ${JSON.stringify(pet)} })`);

    answer = {};
    assert.equal((await put({ petType: 'Dog', lives: 'none' })).state, 'done'); // as no alternative's own schema forbids it
    assert.equal((await put({ petType: 'kitten', lives: 9 })).state, 'done'); // which a Dog could be too
    assert.equal(seen.length, 2);
    const { error } = await put({ petType: 'kitten', lives: 10 });

    assert.equal(error.code, 'invalid');
    assert.match(error.message, /"petType" names to match, which is "kitten"/);
    assert.match(error.message, /\/body\/lives expected at most 9, got 10/);
    assert.doesNotMatch(error.message, /Dog|number 2/);
    assert.match((await put({ petType: 7 })).error.message, /expected "petType" to be one of .*"kitten".*; got 7/);
    assert.equal(seen.length, 2);
});

test('so is what is answered', async () => {
    answer = { petType: 'cat', lives: 9 };
    assert.deepEqual((await run('return await tools.zoo.pet.get({})')).result, answer);
    answer = { petType: 'cat', lives: 10 };
    const { error } = await run('return await tools.zoo.pet.get({})');

    assert.equal(error.code, 'nonconforming');
    assert.match(error.message, /which is "cat"/);
});

test('of an answer that breaks its promise everything is told, and the answer is there', async () => {
    answer = [{ petType: 'cat', lives: 10 }, { petType: 7 }, 'x', { petType: 'cat', lives: 1 }];
    const caught = await run('try { await tools.zoo.pet.list({}) } catch (e) { return { code: e.code, message: e.message, data: e.data } }');

    assert.equal(caught.result.code, 'nonconforming');
    assert.deepEqual(caught.result.data.value, answer);
    assert.deepEqual(caught.result.data.problems.map(({ path, keyword }) => [path, keyword]),
        [['/0/lives', 'maximum'], ['/1/petType', 'type'], ['/1', 'required'], ['/2', 'type']]);
    for (const { path, message } of caught.result.data.problems) {
        assert.match(message, /^expected /);
        assert.ok(caught.result.message.includes(`${path} ${message}`), caught.result.message);
    }
    const thrown = await run('await tools.zoo.pet.list({})'); // nobody catches it

    assert.equal(thrown.error.code, 'nonconforming');
    assert.deepEqual(thrown.error.data, caught.result.data);
    const shown = await person.command('log', 'show', 'last');

    assert.match(shown, /answered otherwise than promised.*\/0\/lives expected at most 9, got 10.*\/2 expected object/s);
    assert.match(await person.command('log', 'show', 'last', '--json'), /"value":\[\{"petType":"cat","lives":10\}/);
});

test('however much is wrong, and however long the answer is', async () => {
    answer = Array.from({ length: 900 }, (_, i) => ({ petType: i, lives: 'many' }));
    // Longer than is kept in the log, it is checked all the same, and read by the name of its artifact.
    const { result: long } = await run(`return await tools.zoo.pet.list({}).catch(async ({ code, data: { artifact, value } }) =>
        [code, value, (await tools.writ.results.read({ artifact, pointer: '/899' })).value])`);

    assert.deepEqual(long, ['nonconforming', null, answer[899]]);
    answer = answer.slice(0, 450);
    const { error: short } = await run('await tools.zoo.pet.list({})');

    assert.equal(short.code, 'nonconforming');
    assert.deepEqual(short.data.value, answer);
    assert.ok(short.data.problems.length > 20);
    assert.ok(short.data.more > 800, `${short.data.more}`);
    assert.match(short.message, /and \d+ more/);
});
