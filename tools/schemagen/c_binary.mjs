/* The wire form: fields in order, little endian, no tags. docs/reference/messages.md says it byte by byte. */
import { upper } from './schema.mjs';
import { cType } from './c_header.mjs';

/* Least bytes a value takes on the wire: bounds an array's count before memory is asked for. */
const WIRE_MIN = {
    str: 4, json: 4, id: 16, digest: 32, i64: 8, u64: 8, u32: 4, bool: 1, double: 8, enum: 2,
};

export function wireMin(model, type) {
    if (type.kind !== 'struct')
        return WIRE_MIN[type.kind];
    const s = model.structs.find((one) => one.name === type.name);

    return s.fields.reduce((sum, f) => sum + (f.array ? 4 : wireMin(model, f.type)), 0);
}

function put(type, value) {
    switch (type.kind) {
    case 'str':
    case 'json':
        return `codec_put_str(out, ${value});`;
    case 'id':
        return `buf_add(out, ${value}.bytes, sizeof(${value}.bytes));`;
    case 'digest':
        return `buf_add(out, ${value}.bytes, sizeof(${value}.bytes));`;
    case 'i64':
        return `codec_put_u64(out, (uint64_t)${value});`;
    case 'bool':
        return `codec_put_u8(out, ${value});`;
    case 'enum':
        return `codec_put_u16(out, (uint16_t)${value});`;
    case 'struct':
        return `${type.tag}__put(&${value}, out);`;
    default:
        return `codec_put_${type.kind}(out, ${value});`;
    }
}

function take(type, target) {
    switch (type.kind) {
    case 'str':
    case 'json':
        return `${target} = codec_str(in, ${type.max ?? 'UINT32_MAX'});`;
    case 'id':
    case 'digest':
        return `codec_bytes(in, ${target}.bytes, sizeof(${target}.bytes));`;
    case 'i64':
        return `${target} = (int64_t)codec_u64(in);`;
    case 'bool':
        return `${target} = codec_bool(in);`;
    case 'enum':
        return `${target} = (enum ${type.tag})codec_enum(in, ${upper(type.tag)}_COUNT);`;
    case 'struct':
        return `${type.tag}__take(in, arena, &${target});`;
    default:
        return `${target} = codec_${type.kind}(in);`;
    }
}

function putField(f) {
    if (!f.array)
        return `    ${put(f.type, `m->${f.c}`)}\n`;
    return `    codec_put_u32(out, (uint32_t)m->${f.c}_count);\n` +
        `    for (size_t i = 0; i < m->${f.c}_count; i++)\n` +
        `        ${put(f.type, `m->${f.c}[i]`)}\n`;
}

function takeField(model, f) {
    if (!f.array)
        return `    ${take(f.type, `m->${f.c}`)}\n`;
    return `    m->${f.c}_count = codec_count(in, ${f.max ?? 'UINT32_MAX'}, ${wireMin(model, f.type)});\n` +
        `    if (m->${f.c}_count)\n` +
        `        m->${f.c} = ARENA_ARRAY(arena, ${cType(f.type).trim()}, m->${f.c}_count);\n` +
        `    for (size_t i = 0; i < m->${f.c}_count && in->ok; i++)\n` +
        `        ${take(f.type, `m->${f.c}[i]`)}\n`;
}

function usesArena(model, s) {
    return s.fields.some((f) => f.array || (f.type.kind === 'struct' &&
        usesArena(model, model.structs.find((one) => one.name === f.type.name))));
}

export function binaryFunctions(model, s) {
    const tag = `${model.prefix}_${s.name}`;
    const arena = usesArena(model, s) || s.fields.some((f) => f.type.kind === 'struct');
    const unused = (s.fields.length ? '' : '    (void)m;\n') ;

    return `static void ${tag}__put(const struct ${tag} *m, struct buf *out)\n{\n` +
        (s.fields.map(putField).join('') || `${unused}    (void)out;\n`) + `}\n\n` +
        `static void ${tag}__take(struct codec *in, struct arena *arena, struct ${tag} *m)\n{\n` +
        (arena ? '' : '    (void)arena;\n') +
        (s.fields.map((f) => takeField(model, f)).join('') || `${unused}    (void)in;\n`) + `}\n\n` +
        `void ${tag}_encode(const struct ${tag} *m, struct buf *out)\n{\n` +
        `    ${tag}__put(m, out);\n}\n\n` +
        `bool ${tag}_decode(struct str payload, struct arena *arena, struct ${tag} *ret_m)\n{\n` +
        `    struct codec in = CODEC_INIT(payload);\n    struct ${tag} m = { 0 };\n\n` +
        `    ${tag}__take(&in, arena, &m);\n` +
        `    if (!in.ok || in.at != in.end)\n        return false;\n` +
        `    *ret_m = m;\n    return true;\n}\n\n`;
}

export function messageNames(model) {
    const p = model.prefix;
    let out = `const char *${p}_type_name(unsigned type)\n{\n    switch (type) {\n`;

    for (const s of model.messages)
        out += `    case ${upper(`${p}_${s.name}`)}:\n        return "${s.ts}";\n`;
    return `${out}    default:\n        return NULL;\n    }\n}\n\n`;
}

export function printAny(model) {
    const p = model.prefix;
    const name = `${p}_print_any`;
    let out = '';

    for (const s of model.messages)
        out += `static bool ${p}_${s.name}__any(struct str payload, struct arena *arena, struct buf *out)\n{\n` +
            `    struct ${p}_${s.name} m;\n\n` +
            `    if (!${p}_${s.name}_decode(payload, arena, &m))\n        return false;\n` +
            `    ${p}_${s.name}_print(&m, out);\n    return true;\n}\n\n`;
    out += `bool ${name}(unsigned type, struct str payload, struct arena *arena, struct buf *out)\n{\n` +
        `    switch (type) {\n`;
    for (const s of model.messages)
        out += `    case ${upper(`${p}_${s.name}`)}:\n` +
            `        return ${p}_${s.name}__any(payload, arena, out);\n`;
    return `${out}    default:\n        return false;\n    }\n}\n\n`;
}
