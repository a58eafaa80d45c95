// What is binary in an answer of MCP: bytes under a name, as those of OpenAPI; the official SDK serves it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person } from './person.mjs';
import { bytes, pdf, png, wav } from './blobs.mjs';
import { here } from './writ.mjs';

const hash = (value) => createHash('sha256').update(value).digest('hex');
const named = (value, type) => ({ $artifact: hash(value), type, size: value.length });
let person;

before(async () => {
    person = await Person.up();
    writeFileSync(join(person.home, 'rules.yaml'), 'rules:\n  - name: all\n    match: "**"\n    verdict: allow\n    reason: a test\n');
    await person.terminal('policy', 'apply', join(person.home, 'rules.yaml'));
    await person.terminal('sources', 'add', 'b', '--yes', '--', process.execPath, join(here, 'blobs.mjs'), 'serve');
});
after(() => person?.down());

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

test('a secret in bytes stays at the door', async () => {
    const [{ data }] = await run('return await tools.b.leaks()');
    const without = readFileSync(join(person.home, 'artifacts', data.$artifact), 'latin1');

    assert.match(without, /its key is \{\{secret:/);
    assert.ok(!without.includes('sk_live_'));
    assert.equal(data.size, without.length);
});
