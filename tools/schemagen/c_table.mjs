/* errors.json and limits.json: closed lists, one table each. */
import { banner, cText, comment, dispatch } from './text.mjs';
import { readJson, upper, SchemaError } from './schema.mjs';

const ERROR_KEYS = ['code', 'retryable', 'http', 'exit', 'way_out'];

export function readErrors(path) {
    const doc = readJson(path);

    for (const e of doc.errors)
        for (const key of ERROR_KEYS)
            if (e[key] === undefined)
                throw new SchemaError(`${path}: error ${e.code ?? '?'} has no ${key}`);
    return doc;
}

export function errorHeader(doc, source) {
    const rows = doc.errors.map((e, i) =>
        `    ERROR_${upper(e.code)}${i === 0 ? ' = 0' : ''},\n`).join('');

    return `${banner(source, 'Do not edit.')}#ifndef WRIT_MODEL_ERROR_H\n#define WRIT_MODEL_ERROR_H\n\n` +
        `#include "base/base.h"\n#include "base/str.h"\n\n${comment(doc.description)}` +
        `enum error_code {\n${rows}};\n#define ERROR_CODE_COUNT ${doc.errors.length}U\n\n` +
        `struct error_info {\n    struct str name;\n    struct str way_out; /* a sentence for people */\n` +
        `    bool retryable;     /* by whoever asked, without a person */\n` +
        `    int http_status;\n    int exit_code;\n};\n\n` +
        `const struct error_info *error_info(enum error_code code);\n` +
        `struct str error_name(enum error_code code);\n` +
        `/* False, and *ret_code untouched, if text names none. */\n` +
        `bool error_parse(struct str text, enum error_code *ret_code);\n\n#endif\n`;
}

export function errorSource(doc, source) {
    const rows = doc.errors.map((e) =>
        `    [ERROR_${upper(e.code)}] = {\n        .name = { ${cText(e.code)} },\n` +
        `        .way_out = { ${cText(e.way_out)} },\n        .retryable = ${e.retryable},\n` +
        `        .http_status = ${e.http},\n        .exit_code = ${e.exit},\n    },\n`).join('');

    return `${banner(source, 'Do not edit.')}#include "model/error.h"\n\n` +
        `static const struct error_info error_table[] = {\n${rows}};\n\n` +
        `const struct error_info *error_info(enum error_code code)\n{\n` +
        `    CHECK((unsigned)code < ARRAY_COUNT(error_table));\n    return &error_table[code];\n}\n\n` +
        `struct str error_name(enum error_code code)\n{\n    return error_info(code)->name;\n}\n\n` +
        `bool error_parse(struct str text, enum error_code *ret_code)\n{\n` +
        dispatch('text', doc.errors.map((e) => e.code), (code) =>
            `            *ret_code = ERROR_${upper(code)};\n            return true;\n`) +
        `    return false;\n}\n`;
}

export function readLimits(path) {
    const doc = readJson(path);

    for (const l of doc.limits)
        if (!(l.default <= l.ceiling) || !l.name || !l.of)
            throw new SchemaError(`${path}: limit ${l.name ?? '?'} needs name, of, default <= ceiling`);
    return doc;
}

export function limitHeader(doc, source) {
    const width = Math.max(...doc.limits.map((l) => l.name.length)) + 16;
    const pad = (text) => text.padEnd(width);
    const defines = doc.limits.map((l) => `/* ${l.of} */\n` +
        `#define ${pad(`LIMIT_${upper(l.name)}`)} INT64_C(${l.default})\n` +
        `#define ${pad(`LIMIT_${upper(l.name)}_CEILING`)} INT64_C(${l.ceiling})\n`).join('');
    const rows = doc.limits.map((l, i) =>
        `    LIMIT_ID_${upper(l.name)}${i === 0 ? ' = 0' : ''},\n`).join('');

    return `${banner(source, 'Do not edit.')}#ifndef WRIT_MODEL_LIMIT_H\n#define WRIT_MODEL_LIMIT_H\n\n` +
        `#include "base/base.h"\n#include "base/str.h"\n\n${comment(doc.description)}${defines}\n` +
        `enum limit_id {\n${rows}};\n#define LIMIT_COUNT ${doc.limits.length}U\n\n` +
        `struct limit_info {\n    struct str name;\n    struct str of; /* what is limited, in words */\n` +
        `    int64_t standard;\n    int64_t ceiling;\n};\n\n` +
        `const struct limit_info *limit_info(enum limit_id id);\n` +
        `/* False, and *ret_id untouched, if text names none. */\n` +
        `bool limit_parse(struct str text, enum limit_id *ret_id);\n\n#endif\n`;
}

export function limitSource(doc, source) {
    const rows = doc.limits.map((l) => `    [LIMIT_ID_${upper(l.name)}] = {\n` +
        `        .name = { ${cText(l.name)} },\n        .of = { ${cText(l.of)} },\n` +
        `        .standard = LIMIT_${upper(l.name)},\n` +
        `        .ceiling = LIMIT_${upper(l.name)}_CEILING,\n    },\n`).join('');

    return `${banner(source, 'Do not edit.')}#include "model/limit.h"\n\n` +
        `static const struct limit_info limit_table[] = {\n${rows}};\n\n` +
        `const struct limit_info *limit_info(enum limit_id id)\n{\n` +
        `    CHECK((unsigned)id < ARRAY_COUNT(limit_table));\n    return &limit_table[id];\n}\n\n` +
        `bool limit_parse(struct str text, enum limit_id *ret_id)\n{\n` +
        dispatch('text', doc.limits.map((l) => l.name), (name) =>
            `            *ret_id = LIMIT_ID_${upper(name)};\n            return true;\n`) +
        `    return false;\n}\n`;
}
