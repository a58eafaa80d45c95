/* The JSON form: members in the schema's order, absent ones left out; found again by length and bytes. */
import { upper } from './schema.mjs';
import { cText, cString, dispatch } from './text.mjs';
import { carried, cType } from './c_header.mjs';

/* The C condition under which an optional field is printed. */
function present(f) {
    const value = `m->${f.c}`;

    if (f.array)
        return `${value}_count`;
    switch (f.type.kind) {
    case 'str':
    case 'json':
        return `${value}.ptr`;
    case 'id':
    case 'digest':
        return `!codec_zero(${value}.bytes, sizeof(${value}.bytes))`;
    case 'enum':
        return `${value} != 0`;
    case 'double':
        return `${value} < 0 || ${value} > 0`;
    case 'struct':
        return `!${f.type.tag}_empty(&${value})`;
    default:
        return value;
    }
}

function printValue(type, value) {
    switch (type.kind) {
    case 'str':
        return `codec_json_str(out, ${value});`;
    case 'json':
        return `codec_json_raw(out, ${value});`;
    case 'id':
        return `codec_json_id(out, ${value}, ${cString(type.prefix)});`;
    case 'digest':
        return `codec_json_digest(out, &${value});`;
    case 'i64':
        return `buf_add_i64(out, ${value});`;
    case 'u64':
    case 'u32':
        return `buf_add_u64(out, ${value});`;
    case 'bool':
        return `buf_add_c(out, ${value} ? "true" : "false");`;
    case 'double':
        return `codec_json_double(out, ${value});`;
    case 'enum':
        return `codec_json_word(out, ${type.tag}_name(${value}));`;
    default:
        return `${type.tag}_print(&${value}, out);`;
    }
}

function printArray(f, pad) {
    return `${pad}for (size_t i = 0; i < m->${f.c}_count; i++) {\n` +
        `${pad}    if (i)\n${pad}        buf_add_char(out, ',');\n` +
        `${pad}    ${printValue(f.type, `m->${f.c}[i]`)}\n${pad}}\n` +
        `${pad}buf_add_char(out, ']');\n`;
}

function printField(prefix, f) {
    const pad = f.required && !f.carry ? '    ' : '        ';
    const key = `,${JSON.stringify(f.name)}:${f.array ? '[' : ''}`;
    const body = `${pad}buf_add(out, ${cText(key)});\n` +
        (f.array ? printArray(f, pad) : `${pad}${printValue(f.type, `m->${f.c}`)}\n`);

    if (f.carry)
        return `    if (!${prefix}__carry_${f.c}(carry, m->${f.c})) {\n${body}    }\n`;
    return f.required ? body : `    if (${present(f)}) {\n${body}    }\n`;
}

/* One function a carried field: true if the carry says the same; afterwards it does. */
export function carryFunctions(model) {
    const p = model.prefix;

    return carried(model).map((f) =>
        `static bool ${p}__carry_${f.c}(struct ${p}_carry *carry, ${cType(f.type)}value)\n{\n` +
        `    bool same = carry && carry->${f.c}_known && carry->${f.c} == value;\n\n` +
        `    if (carry) {\n        carry->${f.c} = value;\n        carry->${f.c}_known = true;\n    }\n` +
        `    return same;\n}\n\n`).join('');
}

function carries(s) {
    return s.fields.some((f) => f.carry);
}

export function emptyFunction(model, s) {
    const tag = `${model.prefix}_${s.name}`;
    const tests = s.fields.map((f) => `    if (${present(f)})\n        return false;\n`).join('');

    return `bool ${tag}_empty(const struct ${tag} *m)\n{\n${tests || '    (void)m;\n'}` +
        `    return true;\n}\n\n`;
}

export function printFunctions(model, s) {
    const tag = `${model.prefix}_${s.name}`;
    const fields = s.fields.map((f) => printField(model.prefix, f)).join('') ||
        '    (void)m;\n    (void)out;\n';
    const carry = carries(s) ? `struct ${model.prefix}_carry *carry, ` : '';

    return `static void ${tag}__members(const struct ${tag} *m, ${carry}struct buf *out)\n{\n${fields}}\n\n` +
        `void ${tag}_print(const struct ${tag} *m, struct buf *out)\n{\n` +
        `    size_t start = out->len;\n\n    ${tag}__members(m, ${carry && 'NULL, '}out);\n` +
        `    codec_json_close(out, start);\n}\n\n`;
}

function parseValue(f, target, pad) {
    const t = f.type;
    const from = f.array ? 'element' : 'value';

    switch (t.kind) {
    case 'str':
        return `${pad}if (!codec_json_parse_str(${from}, ${t.max ?? 'SIZE_MAX'}, &${target}))\n`;
    case 'json':
        return `${pad}if (!codec_json_parse_raw(${from}, arena, ${t.max ?? 'SIZE_MAX'}, &${target}))\n`;
    case 'id':
        return `${pad}if (!codec_json_parse_id(${from}, ${cString(t.prefix)}, &${target}))\n`;
    case 'enum':
        return `${pad}if (!codec_json_parse_word(${from}, &text) || !${t.tag}_parse(text, &${target}))\n`;
    case 'struct':
        return `${pad}if (!${t.tag}_parse(${from}, arena, &${target}))\n`;
    default:
        return `${pad}if (!codec_json_parse_${t.kind}(${from}, &${target}))\n`;
    }
}

function parseArray(f, pad) {
    const limit = f.max === undefined ? '' : `${pad}if (json_count(value) > ${f.max})\n${pad}    return false;\n`;

    return `${pad}if (!json_is_array(value))\n${pad}    return false;\n${limit}` +
        `${pad}m->${f.c} = ARENA_ARRAY(arena, ${cType(f.type).trim()}, json_count(value));\n` +
        `${pad}m->${f.c}_count = 0;\n` +
        `${pad}items = json_iter(value);\n` +
        `${pad}while ((element = json_next(&items))) {\n` +
        parseValue(f, `m->${f.c}[m->${f.c}_count]`, `${pad}    `) +
        `${pad}        return false;\n${pad}    m->${f.c}_count++;\n${pad}}\n`;
}

function parseField(f, bit) {
    const pad = ' '.repeat(12);
    const optional = f.required || f.type.kind === 'json' ? '' :
        `${pad}if (json_is_null(value))\n${pad}    return true;\n`;

    return optional + (f.array ? parseArray(f, pad)
        : `${parseValue(f, `m->${f.c}`, pad)}${pad}    return false;\n`) +
        (bit === undefined ? '' : `${pad}*seen |= UINT64_C(${1n << BigInt(bit)});\n`) +
        `${pad}return true;\n`;
}

function memberFunction(tag, s, required) {
    const arrays = s.fields.some((f) => f.array);
    const words = s.fields.some((f) => f.type.kind === 'enum');
    const arena = s.fields.some((f) => f.array || ['json', 'struct'].includes(f.type.kind));
    const byName = new Map(s.fields.map((f) => [f.name, f]));
    const locals = (arrays ? '    struct json_iter items;\n    const struct json_value *element;\n' : '') +
        (words ? '    struct str text;\n' : '');

    return `static bool ${tag}__member(struct str key, const struct json_value *value, struct arena *arena,\n` +
        `                   struct ${tag} *m, uint64_t *seen)\n{\n${locals}${locals ? '\n' : ''}` +
        (arena ? '' : '    (void)arena;\n') + (required.length ? '' : '    (void)seen;\n') +
        (s.fields.length ? dispatch('key', s.fields.map((f) => f.name), (name) => {
            const f = byName.get(name);

            return parseField(f, f.required ? required.indexOf(f) : undefined);
        }) : '    (void)key;\n    (void)value;\n    (void)m;\n') +
        `    return true;\n}\n\n`;
}

/* What is carried, and not there, is what the carry says. */
function carriedFields(prefix, s, required) {
    return s.fields.filter((f) => f.carry).map((f) => {
        const bit = `UINT64_C(${1n << BigInt(required.indexOf(f))})`;

        return `    if (carry && carry->${f.c}_known && !(seen & ${bit})) {\n` +
            `        m.${f.c} = carry->${f.c};\n        seen |= ${bit};\n    }\n`;
    }).join('');
}

export function parseFunctions(model, s) {
    const tag = `${model.prefix}_${s.name}`;
    const required = s.fields.filter((f) => f.required);
    const all = (1n << BigInt(required.length)) - 1n;
    const carry = carries(s) ? `struct ${model.prefix}_carry *carry, ` : '';
    const name = carry ? `${tag}__parse_after` : `${tag}_parse`;
    const plain = carry ? `bool ${tag}_parse(const struct json_value *object, struct arena *arena, ` +
        `struct ${tag} *ret_m)\n{\n    return ${name}(object, NULL, arena, ret_m);\n}\n\n` : '';

    return memberFunction(tag, s, required) +
        `${carry && 'static '}bool ${name}(const struct json_value *object, ${carry}struct arena *arena, ` +
        `struct ${tag} *ret_m)\n{\n` +
        `    struct ${tag} m = { 0 };\n    struct json_iter members;\n    const struct json_value *value;\n` +
        `    uint64_t seen = 0;\n\n` +
        `    if (!json_is_object(object))\n        return false;\n` +
        `    members = json_iter(object);\n` +
        `    while ((value = json_next(&members)))\n` +
        `        if (!${tag}__member(members.key, value, arena, &m, &seen))\n            return false;\n` +
        carriedFields(model.prefix, s, required) +
        `    if (seen != UINT64_C(${all}))\n        return false;\n` +
        s.fields.filter((f) => f.carry).map((f) =>
            `    (void)${model.prefix}__carry_${f.c}(carry, m.${f.c});\n`).join('') +
        `    *ret_m = m;\n    return true;\n}\n\n${plain}`;
}

export function enumFunctions(model, e) {
    const tag = `${model.prefix}_${e.name}`;
    const rows = e.values.map((v) => `        { ${cText(v.text)} },\n`).join('');

    return `struct str ${tag}_name(enum ${tag} value)\n{\n` +
        `    static const struct str names[] = {\n${rows}    };\n\n` +
        `    CHECK((unsigned)value < ARRAY_COUNT(names));\n    return names[value];\n}\n\n` +
        `bool ${tag}_parse(struct str text, enum ${tag} *ret_value)\n{\n` +
        dispatch('text', e.values.map((v) => v.text), (text) =>
            `            *ret_value = ${upper(`${tag}_${text}`)};\n            return true;\n`) +
        `    return false;\n}\n\n`;
}

export function eventNames(model) {
    const p = model.prefix;

    return `const char *${p}_type_name(enum ${p}_type type)\n{\n` +
        `    static const char *const names[] = {\n` +
        model.events.map((s) => `        ${cString(s.event)},\n`).join('') +
        `    };\n\n    CHECK((unsigned)type < ARRAY_COUNT(names));\n    return names[type];\n}\n\n`;
}

export function eventFunctions(model) {
    const p = model.prefix;
    const id = (s) => upper(`${p}_${s.event}`);
    const byName = new Map(model.events.map((s) => [s.event, s]));
    let out = `void ${p}_print(const struct ${p} *e, struct ${p}_carry *carry, struct buf *out)\n{\n` +
        `    switch (e->type) {\n`;

    for (const s of model.events)
        out += `    case ${id(s)}:\n        buf_add(out, ${cText(`{"type":"${s.event}"`)});\n` +
            `        ${p}_${s.name}__members(&e->as.${s.name}, ${carries(s) ? 'carry, ' : ''}out);\n        break;\n`;
    out += `    }\n    buf_add_char(out, '}');\n}\n\n`;
    out += `static bool ${p}__type_parse(struct str text, enum ${p}_type *ret_type)\n{\n` +
        dispatch('text', model.events.map((s) => s.event), (text) =>
            `            *ret_type = ${id(byName.get(text))};\n            return true;\n`) +
        `    return false;\n}\n\n`;
    out += `bool ${p}_parse(const struct json_value *object, struct ${p}_carry *carry, struct arena *arena,\n` +
        `           struct ${p} *ret_e)\n{\n` +
        `    enum ${p}_type type;\n    struct str text;\n\n` +
        `    if (!codec_json_parse_word(json_find(object, STR("type")), &text) || !${p}__type_parse(text, &type))\n` +
        `        return false;\n    switch (type) {\n`;
    for (const s of model.events)
        out += `    case ${id(s)}:\n` +
            (carries(s)
                ? `        if (!${p}_${s.name}__parse_after(object, carry, arena, &ret_e->as.${s.name}))\n`
                : `        if (!${p}_${s.name}_parse(object, arena, &ret_e->as.${s.name}))\n`) +
            `            return false;\n        break;\n`;
    return `${out}    }\n    ret_e->type = type;\n    return true;\n}\n\n`;
}
