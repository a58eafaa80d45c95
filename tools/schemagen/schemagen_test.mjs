/* Mistakes in a schema are found before C is made of it; the pages and types name everything. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readModel, SchemaError } from './schema.mjs';
import { readErrors, readLimits } from './c_table.mjs';
import { pageOf } from './docs.mjs';
import { typesOf } from './types.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'schemagen-'));

function modelOf($defs) {
    const path = join(folder, 'messages.json');

    writeFileSync(path, JSON.stringify({ title: 'T', $defs }));
    return readModel(path);
}

function refused($defs, sentence) {
    assert.throws(() => modelOf($defs), (error) =>
        error instanceof SchemaError && error.message.includes(sentence), sentence);
}

const object = (properties, more = {}) => ({ type: 'object', properties, ...more });
const ref = (name) => ({ $ref: `#/$defs/${name}` });

refused({ a: object({ b: ref('c') }) }, 'names nothing');
refused({ a: object({ b: { $ref: 'c' } }) }, 'is not of the form');
refused({ a: object({ b: { type: 'string', 'x-c': 'i8' } }) }, 'x-c "i8"');
refused({ a: object({ b: { type: 'string', 'x-c': 'id' } }) }, 'x-prefix');
refused({ a: object({ b: { type: 'array' } }) }, 'needs items');
refused({ a: object({ b: { enum: ['x'] } }) }, 'a name under $defs');
refused({ a: object({ b: {} }) }, 'has no form in C');
refused({ a: object({}, { required: ['b'] }) }, 'which is no property');
refused({ a: object({ a: ref('b') }), b: object({ a: ref('a') }) }, 'may not hold itself');
refused({ a: object({ a: { type: 'array', items: ref('a') } }) }, 'may not hold itself');
refused({ a: object({}, { 'x-message': 1 }), b: object({}, { 'x-message': 1 }) }, 'x-message 1');
refused({ a: { enum: ['x-y', 'x_y'] } }, 'the same name in C');
refused({ a_b: object({}, { 'x-message': 1 }), a: { enum: ['b'] } }, 'the C name A_B');

const structs = modelOf({ b: object({ a: ref('a') }), a: object({}) }).structs;

assert.deepEqual(structs.map((s) => s.name), ['a', 'b'], 'what is embedded comes first');

const write = (name, doc) => {
    const path = join(folder, name);

    writeFileSync(path, JSON.stringify(doc));
    return path;
};

assert.throws(() => readErrors(write('errors.json', { errors: [{ code: 'a' }] })), SchemaError);
assert.throws(() => readLimits(write('limits.json',
    { limits: [{ name: 'a', of: 'b', default: 2, ceiling: 1 }] })), SchemaError);

const trial = readModel(join(here, 'trial.json'));
const page = pageOf('messages', trial, 'schemas/trial.json');
const types = typesOf([['trial', trial]]);

for (const s of trial.structs)
    for (const f of s.fields) {
        assert.ok(page.includes(`| \`${f.name}\` |`), `the page names ${f.name}`);
        assert.ok(types.includes(`"${f.name}"${f.required ? '' : '?'}: `), `the types name ${f.name}`);
    }
rmSync(folder, { recursive: true });
