#!/usr/bin/env node
/*
 * schemagen - from schemas/*.json, the C, the TypeScript and the reference pages.
 *
 *     schemagen.mjs messages SCHEMA OUT.h OUT.c OUT_json.c   structs, wire form, JSON form
 *     schemagen.mjs events SCHEMA OUT.h OUT.c OUT_json.c     structs, JSON form, the union
 *     schemagen.mjs errors|limits SCHEMA OUT.h OUT.c         one table
 *     schemagen.mjs types OUT.ts SCHEMA...                   TypeScript
 *     schemagen.mjs docs FOLDER SCHEMA...                    docs/reference/NAME.md
 *     schemagen.mjs docs --check FOLDER SCHEMA...            compares instead of writing
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readModel, stem, SchemaError } from './schema.mjs';
import { cHeader } from './c_header.mjs';
import { cJsonSource, cSource } from './c_source.mjs';
import { errorHeader, errorSource, limitHeader, limitSource, readErrors, readLimits } from './c_table.mjs';
import { typesOf } from './types.mjs';
import { pageOf } from './docs.mjs';

function write(path, text) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
}

function source(path) {
    return `schemas/${basename(path)}`;
}

function writeModel([path, headerPath, sourcePath, jsonPath], binary) {
    const model = readModel(path);
    const header = `model/${basename(headerPath)}`;

    write(headerPath, cHeader(model, source(path), binary));
    write(sourcePath, cSource(model, source(path), header, binary));
    write(jsonPath, cJsonSource(model, source(path), header));
}

function readAny(path) {
    const readers = { errors: readErrors, limits: readLimits };

    return (readers[stem(path)] ?? readModel)(path);
}

function docs(args) {
    const check = args[0] === '--check';
    const [folder, ...paths] = check ? args.slice(1) : args;
    let stale = 0;

    for (const path of paths) {
        const page = join(folder, `${stem(path)}.md`);
        const text = pageOf(stem(path), readAny(path), source(path));

        if (!check)
            write(page, text);
        else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
            console.error(`${page}: is not what ${source(path)} says. Run \`make docs\` and commit it.`);
            stale++;
        }
    }
    return stale ? 1 : 0;
}

const commands = {
    messages: (paths) => writeModel(paths, true),
    events: (paths) => writeModel(paths, false),
    errors: ([path, header, c]) => {
        const doc = readErrors(path);

        write(header, errorHeader(doc, source(path)));
        write(c, errorSource(doc, source(path)));
    },
    limits: ([path, header, c]) => {
        const doc = readLimits(path);

        write(header, limitHeader(doc, source(path)));
        write(c, limitSource(doc, source(path)));
    },
    types: ([out, ...paths]) => write(out, typesOf(paths.map((p) => [stem(p), readAny(p)]))),
    docs,
};

const [name, ...args] = process.argv.slice(2);

if (!commands[name]) {
    console.error(`schemagen: no command "${name ?? ''}"; one of ${Object.keys(commands).join(' ')}`);
    process.exit(2);
}
try {
    process.exitCode = commands[name](args) ?? 0;
} catch (error) {
    if (!(error instanceof SchemaError))
        throw error;
    console.error(`schemagen: ${error.message}`);
    process.exitCode = 1;
}
