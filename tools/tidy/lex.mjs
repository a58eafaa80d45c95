/*
 * A C file as tidy sees it: its text with comments and literals blanked (same lines, same columns),
 * its comments, its tokens, its functions. Not a compiler: macros stay as they are written.
 */

function blank(text) {
    return text.replace(/[^\n]/g, ' ');
}

const PIECES = new RegExp([
    /\/\*[\s\S]*?(?:\*\/|$)/,          // comment
    /\/\/(?:\\\n|[^\n])*/,             // line comment
    /"(?:\\[\s\S]|[^"\\\n])*"?/,       // string
    /'(?:\\[\s\S]|[^'\\\n])*'?/,       // character
].map((r) => r.source).join('|'), 'g');

function lineOf(starts, at) {
    let low = 0;
    let high = starts.length - 1;

    while (low < high) {
        const middle = (low + high + 1) >> 1;

        if (starts[middle] <= at)
            low = middle;
        else
            high = middle - 1;
    }
    return low + 1;
}

function lineStarts(text) {
    const starts = [0];

    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1))
        starts.push(at + 1);
    return starts;
}

/* Preprocessor lines, continued ones whole: { line, text }. */
function directives(code, starts) {
    return [...code.matchAll(/^[ \t]*#(?:\\\n|[^\n])*/gm)].map((m) =>
        ({ line: lineOf(starts, m.index), text: m[0].replace(/\\\n/g, ' ').trim() }));
}

function tokensOf(code, starts) {
    const tokens = [];

    for (const m of code.matchAll(/[A-Za-z_]\w*|\d[\w.]*|\S/g))
        tokens.push({ text: m[0], line: lineOf(starts, m.index) });
    return tokens;
}

/* Index of the token that closes the bracket at the index. */
export function closing(tokens, open) {
    const pairs = { '(': ')', '{': '}', '[': ']' };
    const want = pairs[tokens[open].text];
    let depth = 0;

    for (let i = open; i < tokens.length; i++) {
        if (tokens[i].text === tokens[open].text)
            depth++;
        else if (tokens[i].text === want && --depth === 0)
            return i;
    }
    return tokens.length - 1;
}

/* The parameters between two parentheses, each its tokens. */
function parametersOf(tokens, open, close) {
    const list = [[]];
    let depth = 0;

    for (const token of tokens.slice(open + 1, close)) {
        if (token.text === ',' && depth === 0) {
            list.push([]);
            continue;
        }
        depth += token.text === '(' || token.text === '[' ? 1 : 0;
        depth -= token.text === ')' || token.text === ']' ? 1 : 0;
        list[list.length - 1].push(token.text);
    }
    const words = list.map((one) => one.join(' ')).filter(Boolean);

    return words.length === 1 && words[0] === 'void' ? [] : words;
}

/* Function definitions at the top level: name, lines, parameters, the tokens of the body. */
function functionsOf(tokens) {
    const found = [];
    let start = 0;

    for (let i = 0; i < tokens.length; i++) {
        const text = tokens[i].text;

        if (text === ';') {
            start = i + 1;
        } else if (text === '{') {
            const close = closing(tokens, i);
            const head = headOf(tokens, start, i);

            if (head)
                found.push({ ...head, line: tokens[start].line, end: tokens[close].line,
                    body: tokens.slice(i, close + 1) });
            i = close;
            if (head || tokens[close + 1]?.text !== ';')
                start = close + 1;
        }
    }
    return found;
}

/* The name and parameters of what stands before a brace, or null if that is no function. */
function headOf(tokens, start, brace) {
    const words = tokens.slice(start, brace).map((t) => t.text);

    if (words.includes('='))
        return null;
    for (let i = start + 1; i < brace; i++) {
        if (tokens[i].text !== '(' || !/^[A-Za-z_]\w*$/.test(tokens[i - 1].text))
            continue;
        const close = closing(tokens, i);

        if (/^(__attribute__|__extension__|[A-Z_0-9]+)$/.test(tokens[i - 1].text)) {
            i = close;
            continue;
        }
        return { name: tokens[i - 1].text, parameters: parametersOf(tokens, i, close) };
    }
    return null;
}

export function lex(text) {
    const starts = lineStarts(text);
    const comments = [];
    const strings = [];
    const code = text.replace(PIECES, (piece, at) => {
        if (piece.startsWith('/'))
            comments.push({ line: lineOf(starts, at), text: piece });
        else
            strings.push({ line: lineOf(starts, at), text: piece });
        return piece.startsWith('"') ? `"${blank(piece.slice(2))}"`.slice(0, piece.length) : blank(piece);
    });
    const bare = code.replace(/^[ \t]*#(?:\\\n|[^\n])*/gm, blank);
    const tokens = tokensOf(bare.replace(/"[^"\n]*"/g, (s) => `0${blank(s.slice(1))}`), starts);

    return {
        lines: text.split('\n'), comments, strings, tokens,
        /* With strings, for #include "..."; comments gone. */
        directives: directives(text.replace(PIECES, (piece) =>
            (piece.startsWith('/') ? blank(piece) : piece)), starts),
        functions: functionsOf(tokens),
    };
}
