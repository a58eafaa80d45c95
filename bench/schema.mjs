/*
 * JSON Schema against ajv, on the same real schemas and instances in the same run:
 *
 *     bench/schema.mjs BENCH_SCHEMA FOLDER
 *
 * FOLDER is a copy of SchemaStore (schema/, test/); every schema that has instances is a set.
 * Geometric means over the sets that both take; ajv as its lock file pins it (bench/ajv).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';

const [program, folder] = process.argv.slice(2);
const require = createRequire(join(import.meta.dirname, 'ajv/package.json'));
const rounds = 15;

if (!folder || !existsSync(join(folder, 'schema'))) {
    console.log('schema: SKIPPED: no copy of SchemaStore is here');
    process.exit(0);
}

let Ajv, Ajv04, formats;
try {
    Ajv = require('ajv').default;
    Ajv04 = require('ajv-draft-04').default;
    formats = require('ajv-formats').default;
} catch {
    console.log('schema: SKIPPED: ajv, ajv-formats and ajv-draft-04 are not installed');
    process.exit(0);
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const geometric = (values) =>
    Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

function instances(name) {
    const below = join(folder, 'test', name);

    return existsSync(below) ? readdirSync(below).filter((file) => file.endsWith('.json'))
        .map((file) => join(below, file)) : [];
}

const names = readdirSync(join(folder, 'schema')).filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -5)).filter((name) => instances(name).length).sort();

function measureAjv(name) {
    const schema = read(join(folder, 'schema', `${name}.json`));
    const make = () => {
        const ajv = new (/draft-04/.test(schema.$schema ?? '') ? Ajv04 : Ajv)(
            { strict: false, validateFormats: true, logger: false, validateSchema: false });

        formats(ajv);
        return ajv;
    };
    const compile = [];
    let validate;

    for (let i = 0, began = Date.now(); i < 3 && Date.now() - began < 1000; i++) {
        const ajv = make();
        const from = process.hrtime.bigint();

        validate = ajv.compile(schema);
        compile.push(Number(process.hrtime.bigint() - from) / 1e3);
    }
    const values = instances(name).map(read).filter((value) => validate(value));
    const times = [];

    if (!values.length)
        return null;
    for (let i = 0, began = Date.now(); i < 3000 && Date.now() - began < 200; i++)
        values.forEach((value) => validate(value));
    for (let i = 0; i < rounds; i++) {
        const from = process.hrtime.bigint();
        let count = 0;

        do {
            for (const value of values)
                validate(value);
            count += values.length;
        } while (process.hrtime.bigint() - from < 300_000n);
        times.push(Number(process.hrtime.bigint() - from) / count);
    }
    return { compile_us: median(compile), validate_ns: median(times) };
}

const ours = execFileSync(program, [folder, ...names], { encoding: 'utf8' }).trim().split('\n')
    .map((line) => JSON.parse(line));
const both = [];
const refused = [];

for (const set of ours) {
    try {
        const theirs = measureAjv(set.name);

        if (theirs)
            both.push({ set, theirs });
    } catch {
        refused.push(set.name); // ajv does not compile it
    }
}
const ratio = (key) => geometric(both.map(({ set, theirs }) => theirs[key] / set[key]));
const mean = (pick) => geometric(both.map(pick)).toFixed(1);

if (process.env.BENCH_EACH)
    for (const { set, theirs } of both)
        console.log(`${set.name.padEnd(44)} ${set.validate_ns.toFixed(0).padStart(9)} ns, ajv ${
            theirs.validate_ns.toFixed(0).padStart(9)} ns; compile ${
            set.compile_us.toFixed(0).padStart(6)} us, ajv ${theirs.compile_us.toFixed(0)} us`);
const verdict = (met) => (met ? 'met' : 'NOT MET');
const validate = ratio('validate_ns');
const compile = ratio('compile_us');

console.log(`${names.length} sets of SchemaStore: ${both.length} compared, ${names.length - ours.length} that we do not take (they refer to ` +
    `documents that are not here, or no instance passes), ${refused.length} that ajv does not; ${cpus().length} cores, geometric means`);
console.log(`validate ${mean(({ set }) => set.validate_ns)} ns, ajv ${mean(({ theirs }) => theirs.validate_ns)} ns: ` +
    `${validate.toFixed(2)} times as fast (> 1: ${verdict(validate > 1)}); faster on ${
        both.filter(({ set, theirs }) => set.validate_ns < theirs.validate_ns).length} of ${both.length}`);
console.log(`compile ${mean(({ set }) => set.compile_us)} us, ajv ${mean(({ theirs }) => theirs.compile_us)} us: ` +
    `${compile.toFixed(1)} times as fast (>= 20: ${verdict(compile >= 20)})`);
