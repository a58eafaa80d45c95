/* Size and shape: lines, files, functions, nesting, parameters. */
import { closing } from './lex.mjs';

export const LIMITS = { column: 100, function: 70, c: 800, h: 300, nesting: 4, parameters: 5 };

const CONTROL = new Set(['if', 'for', 'while', 'switch', 'do', 'else']);

/*
 * Deepest control statement of a body, an else-if counting as its if. Walks the tokens with a
 * stack of depths: what a brace closes, and what ends with the next statement.
 */
export function nestingOf(body) {
    let deepest = 0;
    let line = body[0].line;
    const statement = (i, depth) => {
        if (depth > deepest) {
            deepest = depth;
            line = body[i].line;
        }
        const text = body[i].text;

        if (text === '{')
            return block(i, depth);
        if (text === 'else')
            return body[i + 1].text === 'if' ? statement(i + 1, depth) : statement(i + 1, depth + 1);
        if (text === 'do') {
            const end = statement(i + 1, depth + 1);

            return closing(body, end + 1) + 2; /* while ( ... ) ; */
        }
        if (CONTROL.has(text))
            return after(statement(closing(body, i + 1) + 1, depth + 1), depth);
        if (text === 'case' || text === 'default')
            return statement(labelEnd(i) + 1, depth);
        if (/^[A-Z][A-Z0-9_]*$/.test(text) && body[i + 1]?.text === '(' &&
            body[closing(body, i + 1) + 1]?.text === '{')
            return statement(closing(body, i + 1) + 1, depth + 1);
        return expression(i);
    };
    const after = (i, depth) => (body[i]?.text === 'else' ? statement(i, depth) : i);
    const block = (i, depth) => {
        const close = closing(body, i);

        for (i++; i < close;)
            i = statement(i, depth);
        return close + 1;
    };
    const labelEnd = (i) => {
        while (body[i].text !== ':')
            i += body[i].text === '(' ? closing(body, i) - i + 1 : 1;
        return i;
    };
    const expression = (i) => {
        while (i < body.length && body[i].text !== ';')
            i = '({['.includes(body[i].text) ? closing(body, i) + 1 : i + 1;
        return i + 1;
    };

    block(0, 0);
    return { deepest, line };
}

function checkFunction(file, f, report) {
    const lines = f.end - f.line + 1;
    const bools = f.parameters.filter((p) => /^bool\b/.test(p)).length;
    const { deepest, line } = nestingOf(f.body);

    if (lines > LIMITS.function)
        report(file.path, f.line, 'function', `${f.name} has ${lines} lines, more than ${LIMITS.function}`, f.name);
    if (f.parameters.length > LIMITS.parameters)
        report(file.path, f.line, 'parameters',
            `${f.name} has ${f.parameters.length} parameters, more than ${LIMITS.parameters}: pass a struct`, f.name);
    if (bools > 1)
        report(file.path, f.line, 'bools', `${f.name} has ${bools} bool parameters: pass a struct with names`, f.name);
    if (deepest > LIMITS.nesting)
        report(file.path, line, 'nesting', `${f.name} nests ${deepest} deep, more than ${LIMITS.nesting}`, f.name);
}

export function checkShape(file, report) {
    const kind = file.path.endsWith('.h') ? 'h' : 'c';
    const count = file.c.lines.length - 1;

    if (count > LIMITS[kind])
        report(file.path, 1, 'file', `${count} lines, more than ${LIMITS[kind]}: it is two files`);
    file.c.lines.forEach((text, i) => {
        const width = [...text].length;

        if (width > LIMITS.column)
            report(file.path, i + 1, 'column', `${width} columns, more than ${LIMITS.column}`);
        if (text.includes('\t'))
            report(file.path, i + 1, 'column', 'a tab: indent by four spaces');
        if (/\s$/.test(text))
            report(file.path, i + 1, 'column', 'white space at the end of the line');
    });
    for (const f of file.c.functions)
        checkFunction(file, f, report);
}
