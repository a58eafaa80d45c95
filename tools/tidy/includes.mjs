/* Who includes what: rooms by the register, third-party headers by their doors. */
import { floorOf, roomOf } from './rooms.mjs';

/* A third-party header has one door. */
const DOORS = [
    [/^yyjson\.h$/, ['format/json']],
    [/^yaml\.h$/, ['format/yaml']],
    [/^libstemmer\.h$/, ['format/stem']],
    [/^zlib\.h$/, ['format/plain']],
    [/^pcre2\.h$/, ['format/regex']],
    [/^openssl\//, ['base', 'proc/egress']],
    [/^uv\.h$/, ['sys']],
    [/^seccomp\.h$/, ['sys']],
    [/^sanitizer\//, ['sys']],
    [/^microhttpd\.h$/, ['proc/web']],
    [/^curl\//, ['proc/egress']],
    [/^ares\.h$/, ['proc/egress']],
    [/^sodium\.h$/, ['proc/vault']],
    [/^sqlite3\.h$/, ['store/index']],
    [/^libpq-fe\.h$/, ['store/pg']],
    [/^(wasm-rt.*\.[ch]|quickjs\.h)$/, ['proc/worker']],
];

const C_HEADERS = new Set(`assert.h ctype.h endian.h errno.h float.h inttypes.h limits.h locale.h math.h
setjmp.h stdalign.h stdarg.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h
wchar.h`.split(/\s+/));

/* The kernel's side: sys and proc only. */
const KERNEL = new RegExp('^(?:sys|linux|netinet|arpa|net|asm)/|^(?:unistd|fcntl|poll|signal|pthread|' +
    'dirent|termios|sched|spawn|netdb|pwd|grp|time|syslog|ucontext|syscall|dlfcn|ftw|glob|fnmatch|' +
    'execinfo|malloc|stdatomic|pty|utime|elf|link)\\.h$');

function isTest(path) {
    return /_(test|fuzz)\.c$/.test(path) || /(^|\/)test\.h$/.test(path);
}

function checkAngle(file, room, name, line, report) {
    const say = (rule, sentence) => report(file.path, line, rule, sentence);
    const door = DOORS.find(([pattern]) => pattern.test(name));

    if (door) {
        if (!door[1].includes(room))
            say('door', `<${name}> has one door, ${door[1].join(', ')}`);
    } else if (name === 'cmocka.h') {
        if (!isTest(file.path))
            say('door', '<cmocka.h> is for tests');
    } else if (KERNEL.test(name)) {
        if (!['sys', 'proc'].includes(floorOf(room)) && !isTest(file.path))
            say('kernel', `<${name}> stays in sys and proc`);
    } else if (!C_HEADERS.has(name)) {
        say('door', `<${name}> has no door: name one in tools/tidy/includes.mjs`);
    }
}

function checkQuoted(file, rooms, room, name, line, report) {
    const other = roomOf(rooms, name);

    if (!other) {
        report(file.path, line, 'include', `"${name}" does not start at a room of src/`);
        return;
    }
    if (other === room)
        return;
    if (!rooms.get(room).may.includes(other))
        report(file.path, line, 'include', `${room} may not include ${other}: see src/ROOMS`);
    if (/(^|\/)internal\.h$/.test(name))
        report(file.path, line, 'private', `"${name}" is private to ${other}`);
}

function checkPrivateNames(file, rooms, room, report) {
    const prefixes = new Map();

    for (const name of rooms.keys())
        if (name.includes('/'))
            prefixes.set(name.split('/').pop(), name);
    for (const token of file.c.tokens) {
        const match = /^([a-z][a-z0-9]*)__[a-z0-9]/.exec(token.text);
        const other = match && prefixes.get(match[1]);

        if (other && other.split('/').pop() !== room.split('/').pop())
            report(file.path, token.line, 'private', `${token.text} is private to ${other}`);
    }
}

export function checkIncludes(file, rooms, report) {
    const room = roomOf(rooms, file.path.replace(/^src\//, ''));

    if (!room) {
        report(file.path, 1, 'rooms', 'lies in no room of src/ROOMS');
        return;
    }
    for (const { line, text } of file.c.directives) {
        const match = /^#\s*include\s*(?:<([^>]+)>|"([^"]+)")/.exec(text);

        if (match?.[1])
            checkAngle(file, room, match[1], line, report);
        else if (match)
            checkQuoted(file, rooms, room, match[2], line, report);
    }
    checkPrivateNames(file, rooms, room, report);
}
