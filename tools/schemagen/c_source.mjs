/* The sources of one schema: what c_header declared. */
import { banner } from './text.mjs';
import { binaryFunctions, messageNames, printAny } from './c_binary.mjs';
import {
    carryFunctions, emptyFunction, enumFunctions, eventFunctions, eventNames, parseFunctions, printFunctions,
} from './c_json.mjs';

function includes(source, header, more) {
    return `${banner(source, 'Do not edit.')}#include "${header}"\n\n` +
        more.map((name) => `#include "${name}"\n`).join('') + '\n';
}

/* Names and the wire form. */
export function cSource(model, source, header, binary) {
    let out = includes(source, header, ['model/codec.h']);

    out += model.enums.map((e) => enumFunctions(model, e)).join('');
    for (const s of model.structs)
        out += (binary ? binaryFunctions(model, s) : '') + emptyFunction(model, s);
    if (model.messages.length)
        out += messageNames(model);
    if (model.events.length)
        out += eventNames(model);
    return `${out.trimEnd()}\n`;
}

/* The JSON form. */
export function cJsonSource(model, source, header) {
    let out = includes(source, header, ['format/json/json.h', 'model/codec.h', 'model/codec_json.h']);

    out += carryFunctions(model);
    for (const s of model.structs)
        out += printFunctions(model, s) + parseFunctions(model, s);
    if (model.messages.length)
        out += printAny(model);
    if (model.events.length)
        out += eventFunctions(model);
    return `${out.trimEnd()}\n`;
}
