/* What a build folder knows: symbols of the static libraries, files that are compiled. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { floorOf, roomOf } from './rooms.mjs';

function librariesBelow(folder) {
    const found = [];

    for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);

        if (entry.isDirectory() && !entry.name.endsWith('.p'))
            found.push(...librariesBelow(path));
        else if (/^lib.*\.a$/.test(entry.name))
            found.push(path);
    }
    return found;
}

/* Extern symbols of a library: { object, name }. */
function symbolsOf(library) {
    const out = execFileSync('nm', ['-A', '--extern-only', '--defined-only', library],
        { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });

    return out.split('\n').filter(Boolean).map((line) => {
        const match = /^.*?:(.+?):\S*\s+\S\s+(\S+)$/.exec(line);

        return match && { object: match[1], name: match[2] };
    }).filter((s) => s && !/^__(odr_)?asan|^__ubsan|^_?__sancov/.test(s.name));
}

/* "meson-generated_.._msg_json.c.o" -> "msg_json" */
function fileOf(object) {
    return object.replace(/\.c\.o$/, '').replace(/^.*meson-generated_(\.\._)?/, '')
        .split(/[_/]?\.\._|\//).pop();
}

/* Names of the files of a room and its subfolders, without tests: "arena", "sandbox_seccomp". */
function fileNames(root, room) {
    const names = new Set();

    for (const entry of readdirSync(join(root, 'src', room), { withFileTypes: true })) {
        if (entry.isDirectory())
            fileNames(root, `${room}/${entry.name}`).forEach((name) => names.add(name));
        else if (/(?<!_test|_fuzz)\.[ch]$/.test(entry.name))
            names.add(entry.name.replace(/\.[ch]$/, ''));
    }
    return names;
}

/* "sandbox_seccomp" -> "sandbox_", "sandbox_seccomp_": a mechanism is a file. */
function beginningsOf(name) {
    const words = name.split('_');

    return words.map((_, i) => `${words.slice(0, i + 1).join('_')}_`);
}

/*
 * The prefix is the room's. In base, sys and model it is the name of a file; in proc, where a room is a
 * program of its own, it may be.
 */
function prefixesOf(root, room, generated) {
    const parts = room.split('/');
    const own = [`${parts[parts.length - 1]}_`, `${parts.slice(1).join('_')}_`];
    const files = [...fileNames(root, room), ...generated].flatMap(beginningsOf);

    if (['base', 'sys', 'model'].includes(floorOf(room)))
        return files;
    return floorOf(room) === 'proc' ? [...own, ...files] : own;
}

export function checkSymbols(root, build, rooms, report) {
    const folder = join(root, build, 'src');

    for (const library of existsSync(folder) ? librariesBelow(folder) : []) {
        const room = roomOf(rooms, relative(folder, library));

        if (!room) {
            report(relative(root, library), 1, 'rooms', 'a library of no room');
            continue;
        }
        const symbols = symbolsOf(library);
        const generated = symbols.filter(({ object }) => object.includes('meson-generated'))
            .map(({ object }) => fileOf(object));
        const prefixes = prefixesOf(root, room, generated);

        for (const { object, name } of symbols) {
            /* What another program wrote keeps its names; model/ is ours. */
            if (object.includes('meson-generated') && floorOf(room) !== 'model')
                continue;
            if (!prefixes.some((prefix) => name.startsWith(prefix)))
                report(`src/${room}/${fileOf(object)}.c`, 1, 'prefix',
                    `${name} does not begin with ${prefixes.length > 2 ? 'the name of a file of the room' : prefixes[0]}`,
                    name);
        }
    }
}

export function checkBuilt(root, build, files, report) {
    const path = join(root, build, 'compile_commands.json');

    if (!existsSync(path)) {
        report(build, 1, 'built', 'no compile_commands.json: build it first');
        return;
    }
    const compiled = new Set(JSON.parse(readFileSync(path, 'utf8')).map((one) =>
        relative(root, resolve(one.directory, one.file))));

    for (const file of files)
        if (file.path.endsWith('.c') && !compiled.has(file.path))
            report(file.path, 1, 'built', 'nobody builds it: add it to its meson.build or remove it');
}

function mesonFilesBelow(root, folder) {
    return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
        const path = `${folder}/${entry.name}`;

        if (entry.isDirectory())
            return /^(node_modules|build.*)$/.test(entry.name) ? [] : mesonFilesBelow(root, path);
        return entry.name === 'meson.build' ? [path] : [];
    });
}

/* Every library that meson asks for is in src/deps, so that `make setup` brings it. */
export function checkDeps(root, report) {
    const path = join(root, 'src/deps');
    const known = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const paths = ['meson.build', ...mesonFilesBelow(root, 'src')]
        .filter((one) => existsSync(join(root, one)));

    for (const one of paths)
        readFileSync(join(root, one), 'utf8').split('\n').forEach((text, i) => {
            const name = /(?<!\w)dependency\('([^']+)'/.exec(text)?.[1];
            const library = /find_library\('([^']+)'/.exec(text)?.[1];

            if (name && !['threads', 'yyjson'].includes(name) && !known.includes(`pc:${name.replace(/-static$/, '')} `))
                report(one, i + 1, 'deps', `src/deps does not say which package has ${name}`);
            if (library && !['m', 'yyjson'].includes(library) && !known.includes(`lib:${library} `)
                && !known.includes(`pc:lib${library} `))
                report(one, i + 1, 'deps', `src/deps does not say which package has lib${library}`);
        });
}

/* A header that nothing includes. */
export function checkHeaders(files, report) {
    const named = new Set(files.flatMap((file) => file.c.directives)
        .map(({ text }) => /^#\s*include\s*"([^"]+)"/.exec(text)?.[1]).filter(Boolean));

    for (const file of files)
        if (file.path.endsWith('.h') && !named.has(file.path.replace(/^src\//, '')) &&
            !named.has(file.path.split('/').pop()))
            report(file.path, 1, 'built', 'nobody includes it');
}
