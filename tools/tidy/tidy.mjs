#!/usr/bin/env node
/*
 * tidy - the rules of this house that a program can check. Prints `file:line: rule: sentence` and
 * ends with 1 if there is one.
 *
 *     tidy.mjs [--root FOLDER] [--build FOLDER]
 *
 * With a build folder it also reads the symbols of the libraries and the list of compiled files.
 * Exceptions stand in tools/tidy.allow, one a line: `rule path[:name]  reason`. One that nothing
 * needs any more is itself a violation, so that the list only shrinks.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lex } from './lex.mjs';
import { checkRooms, readRooms } from './rooms.mjs';
import { checkIncludes } from './includes.mjs';
import { checkShape } from './shape.mjs';
import { checkWords } from './words.mjs';
import { checkBuilt, checkDeps, checkHeaders, checkSymbols } from './built.mjs';

const FOLDERS = ['src', 'test', 'bench', 'include'];

function filesBelow(root, folder) {
    const found = [];

    if (!existsSync(join(root, folder)))
        return found;
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
        const path = `${folder}/${entry.name}`;

        if (entry.isDirectory() && !/^(node_modules|build.*|vector|corpus)$/.test(entry.name))
            found.push(...filesBelow(root, path));
        else if (entry.isFile() && /\.[ch]$/.test(entry.name))
            found.push(path);
    }
    return found.sort();
}

function readAllow(root, report) {
    const path = join(root, 'tools/tidy.allow');
    const allow = new Map();

    if (!existsSync(path))
        return allow;
    readFileSync(path, 'utf8').split('\n').forEach((text, i) => {
        const match = /^(\S+)\s+(\S+)(?:\s+(.*))?$/.exec(text);

        if (!match || text.startsWith('#'))
            return;
        if (!match[3])
            report('tools/tidy.allow', i + 1, 'allow', 'an exception has a reason');
        allow.set(`${match[1]} ${match[2]}`, { line: i + 1, used: false });
    });
    return allow;
}

/* The exception for a violation: by path, by path:name, or by path:beginning-of-name* */
function allowing(allow, v) {
    const exact = allow.get(`${v.rule} ${v.path}:${v.name}`) ?? allow.get(`${v.rule} ${v.path}`);

    return exact ?? [...allow].find(([key]) => key.endsWith('*') && v.name &&
        `${v.rule} ${v.path}:${v.name}`.startsWith(key.slice(0, -1)))?.[1];
}

/* Everything that is not tidy: { path, line, rule, sentence }. */
export function tidy(root, build) {
    const found = [];
    const report = (path, line, rule, sentence, name) =>
        found.push({ path, line, rule, sentence, name });
    const allow = readAllow(root, report);
    const rooms = readRooms(root);
    const files = FOLDERS.flatMap((folder) => filesBelow(root, folder)).map((path) =>
        ({ path, c: lex(readFileSync(join(root, path), 'utf8')) }));

    checkRooms(root, rooms, report);
    for (const file of files) {
        if (file.path.startsWith('src/'))
            checkIncludes(file, rooms, report);
        checkShape(file, report);
        checkWords(file, report);
    }
    checkHeaders(files, report);
    checkDeps(root, report);
    if (build) {
        checkSymbols(root, build, rooms, report);
        checkBuilt(root, build, files, report);
    }
    const left = found.filter((v) => {
        const entry = allowing(allow, v);

        if (entry)
            entry.used = true;
        return !entry;
    });

    // What one build leaves out another one has: such an entry is looked at by a person.
    for (const [key, entry] of allow)
        if (!entry.used && !key.startsWith('built ') && (build || !key.startsWith('prefix ')))
            left.push({ path: 'tools/tidy.allow', line: entry.line, rule: 'allow',
                sentence: `nothing needs "${key}" any more: remove it` });
    return { left, files: files.length };
}

function option(name, fallback) {
    const at = process.argv.indexOf(name);

    return at < 0 ? fallback : process.argv[at + 1];
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
    const root = resolve(option('--root', join(dirname(fileURLToPath(import.meta.url)), '../..')));
    const { left, files } = tidy(root, option('--build', null));

    for (const v of left.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line)))
        console.log(`${v.path}:${v.line}: ${v.rule}: ${v.sentence}`);
    console.log(`tidy: ${files} files, ${left.length} not tidy`);
    process.exitCode = left.length ? 1 : 0;
}
