/* The header of one schema: enums, structs, the declarations of what c_binary and c_json define. */
import { banner, comment } from './text.mjs';
import { upper } from './schema.mjs';

const C_TYPE = {
    str: 'struct str ', json: 'struct str ', id: 'struct id ', digest: 'struct digest ',
    i64: 'int64_t ', u64: 'uint64_t ', u32: 'uint32_t ', bool: 'bool ', double: 'double ',
};

export function cType(type) {
    if (type.kind === 'enum')
        return `enum ${type.tag} `;
    if (type.kind === 'struct')
        return `struct ${type.tag} `;
    return C_TYPE[type.kind];
}

function enumHeader(prefix, e) {
    const tag = `${prefix}_${e.name}`;
    const name = (v) => upper(`${tag}_${v.text}`);
    const rows = e.values.map((v, i) =>
        `    ${name(v)}${i === 0 ? ' = 0' : ''},${v.note ? ` /* ${v.note} */` : ''}\n`).join('');

    return `${comment(e.note)}enum ${tag} {\n${rows}};\n` +
        `#define ${upper(tag)}_COUNT ${e.values.length}U\n\n` +
        `struct str ${tag}_name(enum ${tag} value);\n` +
        `/* False, and *ret_value untouched, if text names none. */\n` +
        `bool ${tag}_parse(struct str text, enum ${tag} *ret_value);\n\n`;
}

function kindNote(f) {
    const t = f.type;
    const words = [];

    if (t.kind === 'json')
        words.push('JSON text');
    if (t.kind === 'id')
        words.push(`${t.prefix}_...`);
    if (!f.required)
        words.push('optional');
    if (f.max !== undefined)
        words.push(`at most ${f.max}`);
    if (t.max !== undefined)
        words.push(`at most ${t.max} bytes${f.array ? ' each' : ''}`);
    return words.join(', ');
}

export function fieldDeclaration(f) {
    const note = [f.note, kindNote(f)].filter(Boolean).join(f.note ? ' (' : '') +
        (f.note && kindNote(f) ? ')' : '');
    const star = f.array ? '*' : '';
    const count = f.array ? `    size_t ${f.c}_count;\n` : '';

    return `${comment(note, '    ')}    ${cType(f.type)}${star}${f.c};\n${count}`;
}

function structHeader(prefix, s) {
    const tag = `${prefix}_${s.name}`;
    const fields = s.fields.map(fieldDeclaration).join('') ||
        '    char nothing; /* it has no fields */\n';

    return `${comment(s.note)}struct ${tag} {\n${fields}};\n\n`;
}

function structFunctions(prefix, s, binary) {
    const tag = `${prefix}_${s.name}`;
    let out = '';

    if (binary)
        out += `void ${tag}_encode(const struct ${tag} *m, struct buf *out);\n` +
            `bool ${tag}_decode(struct str payload, struct arena *arena, struct ${tag} *ret_m) MUST;\n`;
    return `${out}bool ${tag}_empty(const struct ${tag} *m);\n` +
        `void ${tag}_print(const struct ${tag} *m, struct buf *out);\n` +
        `bool ${tag}_parse(const struct json_value *object, struct arena *arena, struct ${tag} *ret_m) MUST;\n\n`;
}

function messageHeader(model) {
    if (model.messages.length === 0)
        return '';
    const rows = [...model.messages].sort((a, b) => a.message - b.message).map((s) =>
        `    ${upper(`${model.prefix}_${s.name}`)} = ${s.message},\n`).join('');

    return `/* What a frame's type says; payloads are the structs of the same name. */\n` +
        `enum ${model.prefix}_type {\n${rows}};\n\n` +
        `/* NULL if no frame has this type. */\n` +
        `const char *${model.prefix}_type_name(unsigned type);\n` +
        `/*\n * Decodes a payload of any type and prints it, for the trace. False if the type is unknown\n` +
        ` * or the payload malformed.\n */\n` +
        `bool ${model.prefix}_print_any(unsigned type, struct str payload, struct arena *arena,\n` +
        `                    struct buf *out) MUST;\n\n`;
}

/* The fields that an event of a line takes from the one before, by name, each once. */
export function carried(model) {
    const fields = model.events.flatMap((s) => s.fields.filter((f) => f.carry));

    return [...new Map(fields.map((f) => [f.c, f])).values()];
}

function carryHeader(model) {
    const p = model.prefix;
    const fields = carried(model).map((f) => `    ${cType(f.type)}${f.c};\n    bool ${f.c}_known;\n`)
        .join('') || '    char nothing; /* no field is carried */\n';

    return `/*\n * Events of one list share it, all zeros before the first: a field that is carried is left out\n` +
        ` * where it is that of the last event before that has one.\n */\n` +
        `struct ${p}_carry {\n${fields}};\n\n`;
}

function eventHeader(model) {
    if (model.events.length === 0)
        return '';
    const p = model.prefix;
    const rows = model.events.map((s, i) =>
        `    ${upper(`${p}_${s.event}`)}${i === 0 ? ' = 0' : ''}, /* ${s.event} */\n`).join('');
    const arms = model.events.map((s) => `        struct ${p}_${s.name} ${s.name};\n`).join('');

    return `enum ${p}_type {\n${rows}};\n#define ${upper(p)}_TYPE_COUNT ${model.events.length}U\n\n` +
        `struct ${p} {\n    enum ${p}_type type;\n    union {\n${arms}    } as;\n};\n\n` +
        `const char *${p}_type_name(enum ${p}_type type);\n` +
        carryHeader(model) +
        `/*\n * {"type":"...", fields}. Absent optional fields are left out; with a carry (or NULL), what it\n` +
        ` * says the same of, too.\n */\n` +
        `void ${p}_print(const struct ${p} *e, struct ${p}_carry *carry, struct buf *out);\n` +
        `/*\n * False if the type is unknown, a required field is missing (and not carried) or one has the\n` +
        ` * wrong form.\n */\n` +
        `bool ${p}_parse(const struct json_value *object, struct ${p}_carry *carry, struct arena *arena,\n` +
        `           struct ${p} *ret_e) MUST;\n\n`;
}

const RULES = `/*
 * An absent field is a str with ptr NULL, an id or digest of zeros, a number 0, false, the first
 * name of an enum, an array of 0; _empty says that all fields are absent. _encode writes the wire
 * form; _decode checks all of it, borrows text from the payload, takes arrays from the arena.
 * _print writes JSON without what is absent and optional (an empty text that is there stays);
 * _parse reads it back and ignores unknown members: text is borrowed from the object's arena,
 * arrays and JSON text are made in the arena. Both leave *ret_m untouched where they give false.
 */
`;

export function cHeader(model, source, binary) {
    const p = model.prefix;
    const guard = `WRIT_MODEL_${upper(p)}_H`;
    const includes = model.needs.map((n) => `#include "model/${n}.h"\n`).join('');

    return `${banner(source, 'Do not edit.')}#ifndef ${guard}\n#define ${guard}\n\n` +
        `#include "base/arena.h"\n#include "base/base.h"\n#include "base/buf.h"\n` +
        `#include "base/digest.h"\n#include "base/id.h"\n${includes}\n` +
        `struct json_value;\n\n${RULES}\n` +
        model.enums.map((e) => enumHeader(p, e)).join('') +
        model.structs.map((s) => structHeader(p, s)).join('') +
        messageHeader(model) + eventHeader(model) +
        model.structs.map((s) => structFunctions(p, s, binary)).join('') +
        `#endif\n`;
}
