/* src/ROOMS: the register of rooms, and which floor may look at which. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/* What a floor may ever name; ROOMS says which of it a room does. */
const FLOORS = {
    base: [],
    format: ['base', 'format'],
    sys: ['base', 'sys', 'format/wire'],
    model: ['base', 'format'],
    domain: ['base', 'format', 'model', 'domain'],
    store: ['base', 'format', 'model', 'sys', 'store'],
    edge: ['base', 'format', 'model', 'domain/core', 'edge'],
    proc: ['base', 'format', 'model', 'sys', 'domain', 'store', 'edge'],
};

const NO_ROOMS = ['util', 'utils', 'common', 'helper', 'helpers', 'misc', 'manager'];

export function readRooms(root) {
    const path = join(root, 'src/ROOMS');
    const rooms = new Map();
    let line = 0;
    let last = null;

    for (const text of readFileSync(path, 'utf8').split('\n')) {
        const match = /^(\S+)\s+<-( ?)(.*)$/.exec(text);

        line++;
        /* A sentence may stand on the line below. */
        if (last && !last.what && /^\s+\S/.test(text))
            last.what = text.trim();
        if (!match || text.startsWith('#'))
            continue;
        const [may, what] = /^\s{2,}/.test(match[3]) ? ['', match[3].trim()]
            : match[3].split(/\s{2,}/);

        last = { name: match[1], line, what: what ?? '', may: may.split(/\s+/).filter(Boolean) };
        rooms.set(last.name, last);
    }
    return rooms;
}

export function floorOf(room) {
    return room.split('/')[0];
}

/* The room that a path below src/ lies in, or null. */
export function roomOf(rooms, path) {
    const parts = path.split('/');

    for (let n = parts.length - 1; n > 0; n--)
        if (rooms.has(parts.slice(0, n).join('/')))
            return parts.slice(0, n).join('/');
    return null;
}

function looksDown(room, other) {
    if (floorOf(room) === 'proc' && floorOf(other) === 'proc')
        return false;
    return (FLOORS[floorOf(room)] ?? []).some((may) => other === may || other.startsWith(`${may}/`));
}

function cycleFrom(rooms, name) {
    const trail = [];
    const seen = new Set();
    const visit = (at) => {
        if (at === name && trail.length)
            return true;
        if (seen.has(at))
            return false;
        seen.add(at);
        trail.push(at);
        if ((rooms.get(at)?.may ?? []).some(visit))
            return true;
        trail.pop();
        return false;
    };

    return visit(name) ? [...trail, name] : null;
}

/* The register itself. */
export function checkRooms(root, rooms, report) {
    for (const room of rooms.values()) {
        const say = (sentence) => report('src/ROOMS', room.line, 'rooms', sentence);

        if (NO_ROOMS.some((word) => room.name.split('/').includes(word)))
            say(`"${room.name}" is no noun of the product or the machine`);
        if (!FLOORS[floorOf(room.name)])
            say(`there is no floor "${floorOf(room.name)}"`);
        if (!existsSync(join(root, 'src', room.name)))
            say(`there is no folder src/${room.name}`);
        if (!room.what)
            say(`${room.name} has no sentence on what it is`);
        for (const other of room.may) {
            if (!rooms.has(other))
                say(`${room.name} names ${other}, which is not registered`);
            else if (!looksDown(room.name, other))
                say(`${room.name} may not look at ${other}: floors look down only`);
        }
        const cycle = cycleFrom(rooms, room.name);

        if (cycle)
            say(`a cycle: ${cycle.join(' -> ')}`);
    }
}
