/*
 * Reads one schemas/*.json into a plain model: enums and structs, in an order in which C can
 * declare them. Every mistake in a schema ends here, with its path, and nowhere later.
 *
 *   enums    [{ name, note, values: [{ text, note }] }]
 *   structs  [{ name, note, message, event, fields }]
 *   field    { name, c, note, required, type, array, max, carry }
 *   type     { kind: str json id digest i64 u64 u32 bool double enum struct, ... }
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const PREFIX = { messages: 'msg', events: 'event', errors: 'error', limits: 'limit' };

const C_WORDS = new Set(`auto break case char const continue default do double else enum extern
float for goto if inline int long register restrict return short signed sizeof static struct switch
typedef union unsigned void volatile while bool true false asm typeof`.split(/\s+/));

export class SchemaError extends Error {}

function fail(where, sentence) {
    throw new SchemaError(`${where}: ${sentence}`);
}

export function upper(name) {
    return name.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase();
}

export function lower(name) {
    return name.replace(/[^A-Za-z0-9]+/g, '_').toLowerCase();
}

export function stem(path) {
    return basename(path).replace(/\.json$/, '');
}

export function prefixOf(path) {
    return PREFIX[stem(path)] ?? lower(stem(path));
}

export function readJson(path) {
    try {
        return JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
        return fail(path, error.message);
    }
}

function enumValues(def, where) {
    const notes = def['x-values'] ?? {};
    const values = def.enum.map((text) => {
        if (typeof text !== 'string')
            fail(where, 'an enum holds strings only');
        return { text, note: notes[text] ?? '' };
    });

    if (new Set(values.map((v) => upper(v.text))).size !== values.length)
        fail(where, 'two values of the enum have the same name in C');
    return values;
}

/* What a $ref names: { file, prefix, name, def }. A reference may go to a file beside this one. */
function refTarget(ref, doc, path, where) {
    const match = /^([\w.-]*)#\/\$defs\/([\w.-]+)$/.exec(ref);

    if (!match)
        fail(where, `$ref "${ref}" is not of the form [file.json]#/$defs/name`);
    const file = match[1] ? join(dirname(path), match[1]) : path;
    const target = match[1] ? readJson(file) : doc;
    const def = target.$defs?.[match[2]];

    if (!def)
        fail(where, `$ref "${ref}" names nothing`);
    return { file, prefix: prefixOf(file), name: match[2], def, local: !match[1] };
}

function refType(ref, doc, path, where) {
    const target = refTarget(ref, doc, path, where);
    const tag = `${target.prefix}_${lower(target.name)}`;

    if (Array.isArray(target.def.enum))
        return { kind: 'enum', name: lower(target.name), tag, prefix: target.prefix,
            ts: target.name, local: target.local };
    if (target.def.type === 'object')
        return { kind: 'struct', name: lower(target.name), tag, prefix: target.prefix,
            ts: target.name, local: target.local };
    /* A named scalar is what it says, with its limits. */
    return scalarType(target.def, doc, path, where);
}

const X_C = {
    json: () => ({ kind: 'json' }),
    digest: () => ({ kind: 'digest' }),
    u64: () => ({ kind: 'u64' }),
    u32: () => ({ kind: 'u32' }),
};

function scalarType(def, doc, path, where) {
    const word = def['x-c'];

    if (word === 'id') {
        if (!/^[a-z]{3}$/.test(def['x-prefix'] ?? ''))
            fail(where, 'x-c "id" needs x-prefix, three letters');
        return { kind: 'id', prefix: def['x-prefix'] };
    }
    if (word !== undefined) {
        if (!X_C[word])
            fail(where, `x-c "${word}" is not one of json id digest u64 u32`);
        return { ...X_C[word](), max: def.maxLength };
    }
    switch (def.type) {
    case 'string':
        return { kind: 'str', max: def.maxLength };
    case 'integer':
        return { kind: 'i64' };
    case 'number':
        return { kind: 'double' };
    case 'boolean':
        return { kind: 'bool' };
    default:
        return fail(where, `type ${JSON.stringify(def.type)} has no form in C`);
    }
}

function fieldType(def, doc, path, where) {
    if (def.$ref)
        return { ...refType(def.$ref, doc, path, where) };
    if (Array.isArray(def.enum))
        fail(where, 'give the enum a name under $defs and refer to it');
    return scalarType(def, doc, path, where);
}

function readField(name, def, required, doc, path, where) {
    const c = C_WORDS.has(lower(name)) ? `${lower(name)}_` : lower(name);
    const array = def.type === 'array' && def['x-c'] === undefined;

    if (array && !def.items)
        fail(where, 'an array needs items');
    if (def['x-carry'] && !(required && ['u64', 'u32'].includes(def['x-c'])))
        fail(where, 'x-carry is for a required u64 or u32');
    return {
        name, c, array, required, carry: def['x-carry'] === true,
        note: def.description ?? '',
        type: array ? fieldType(def.items, doc, path, `${where}/items`)
            : fieldType(def, doc, path, where),
        max: array ? def.maxItems : undefined,
    };
}

function readStruct(name, def, doc, path) {
    const where = `${path}#/$defs/${name}`;
    const required = new Set(def.required ?? []);
    const fields = Object.entries(def.properties ?? {}).map(([key, value]) =>
        readField(key, value, required.has(key), doc, path, `${where}/properties/${key}`));
    const names = new Set(fields.map((f) => f.name));

    for (const key of required)
        if (!names.has(key))
            fail(where, `required names "${key}", which is no property`);
    if (required.size > 64)
        fail(where, 'more than 64 required fields');
    return {
        name: lower(name), ts: name, note: def.description ?? '',
        message: def['x-message'], event: def['x-event'], fields,
    };
}

/* Structs in an order in which each comes after those it embeds. A cycle is refused. */
function sortStructs(structs, path) {
    const byName = new Map(structs.map((s) => [s.name, s]));
    const done = new Map();
    const sorted = [];
    const visit = (s, trail) => {
        if (done.get(s.name) === 2)
            return;
        if (done.get(s.name) === 1)
            fail(path, `${[...trail, s.name].join(' -> ')}: a struct may not hold itself`);
        done.set(s.name, 1);
        for (const f of s.fields)
            if (f.type.kind === 'struct' && f.type.local)
                visit(byName.get(f.type.name), [...trail, s.name]);
        done.set(s.name, 2);
        sorted.push(s);
    };

    structs.forEach((s) => visit(s, []));
    return sorted;
}

function checkUnique(items, what, path) {
    const seen = new Map();

    for (const [key, name] of items) {
        if (seen.has(key))
            fail(path, `${what} ${key} is both ${seen.get(key)} and ${name}`);
        seen.set(key, name);
    }
}

export function readModel(path) {
    const doc = readJson(path);
    const enums = [];
    const structs = [];

    for (const [name, def] of Object.entries(doc.$defs ?? {})) {
        if (Array.isArray(def.enum))
            enums.push({ name: lower(name), ts: name, note: def.description ?? '',
                values: enumValues(def, `${path}#/$defs/${name}`) });
        else if (def.type === 'object')
            structs.push(readStruct(name, def, doc, path));
    }
    const messages = structs.filter((s) => s.message !== undefined);
    const events = structs.filter((s) => s.event !== undefined);
    const prefix = prefixOf(path);

    checkUnique(messages.map((s) => [s.message, s.name]), 'x-message', path);
    checkUnique(events.map((s) => [s.event, s.name]), 'x-event', path);
    checkUnique([
        ...messages.map((s) => [upper(s.name), s.name]),
        ...events.map((s) => [upper(s.event), s.name]),
        ...enums.flatMap((e) => e.values.map((v) => [upper(`${e.name}_${v.text}`), e.name])),
    ], 'the C name', path);
    return {
        path, prefix, note: doc.description ?? '', title: doc.title ?? stem(path),
        enums, structs: sortStructs(structs, path), messages, events,
        needs: [...new Set(structs.flatMap((s) => s.fields)
            .filter((f) => f.type.tag && !f.type.local).map((f) => f.type.prefix))].sort(),
    };
}
