/* Reference pages, one a schema. */
function cell(text) {
    return String(text ?? '').replace(/\|/g, '\\|').replace(/\s+/g, ' ').trim();
}

function table(head, rows) {
    const line = (cells) => `| ${cells.map(cell).join(' | ')} |\n`;

    return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

const WORD = {
    str: 'text', json: 'JSON', bool: 'boolean', i64: 'i64', u64: 'u64', u32: 'u32',
    double: 'double', digest: 'digest',
};

function typeWord(f) {
    const t = f.type;
    const word = t.tag ? `[${t.ts}](${t.local ? '' : `${FILE[t.prefix]}.md`}#${t.ts})`
        : t.kind === 'id' ? `id \`${t.prefix}_\`` : WORD[t.kind];

    return f.array ? `list of ${word}` : word;
}

const FILE = { msg: 'messages', event: 'events', error: 'errors', limit: 'limits' };

function structSection(s) {
    const head = s.message !== undefined ? `${s.ts} (${s.message})` : s.event ?? s.ts;
    const anchor = `<a id="${s.ts}"></a>\n\n`;
    const rows = s.fields.map((f) => [`\`${f.name}\``, typeWord(f), f.carry ? 'or carried' : f.required ? 'yes' : '', f.note]);

    return `${anchor}### ${head}\n\n${s.note ? `${s.note}\n\n` : ''}` +
        (rows.length ? table(['field', 'type', 'required', 'meaning'], rows) : 'No fields.\n') + '\n';
}

function enumSection(e) {
    return `<a id="${e.ts}"></a>\n\n### ${e.ts}\n\n${e.note ? `${e.note}\n\n` : ''}` +
        table(['number', 'name', 'meaning'], e.values.map((v, i) => [i, `\`${v.text}\``, v.note])) + '\n';
}

const FORM = {
    messages: `## Wire form

Fields follow each other in the order of their tables, without tags; numbers are little endian.
u32, u64, i64 and double take 4, 8, 8 and 8 bytes; a boolean one byte, 0 or 1; a name of a list of
names is a u16; an id 16 bytes; a digest 32. Text and JSON are a u32 length and that many bytes; the
length 0xFFFFFFFF says that it is absent. A list is a u32 count and its elements. A record inside a
record stands in its place. A payload with a byte too few or too many is refused.

`,
    events: `## Form

An event is a JSON object whose \`type\` is the name in the heading. What is not required may be
absent: a text that is absent, a number 0, \`false\`, the first name of a list of names, an empty
list. Unknown members are ignored. Ids are a prefix and 26 base32 letters, digests 64 hexadecimal
digits.

A field that is *carried* may be left out in a line of the log: it is then that of the last event before, in the
same line, that has it. \`writ log show --json\` puts it back.

`,
};

function modelPage(name, model) {
    const lead = name === 'messages' ? model.messages : model.events;
    const rest = model.structs.filter((s) => !lead.includes(s));
    const sorted = name === 'messages' ? [...lead].sort((a, b) => a.message - b.message) : lead;

    return `${FORM[name] ?? ''}## ${name === 'messages' ? 'Frames' : 'Events'}\n\n` +
        sorted.map(structSection).join('') +
        (rest.length ? `## Records inside them\n\n${rest.map(structSection).join('')}` : '') +
        (model.enums.length ? `## Lists of names\n\n${model.enums.map(enumSection).join('')}` : '');
}

function errorsPage(doc) {
    return table(['code', 'retryable', 'HTTP', 'exit', 'way out'],
        doc.errors.map((e) => [`\`${e.code}\``, e.retryable ? 'yes' : '', e.http, e.exit, e.way_out]));
}

function limitsPage(doc) {
    return table(['name', 'default', 'ceiling', 'of'],
        doc.limits.map((l) => [`\`${l.name}\``, l.default, l.ceiling, l.of]));
}

export function pageOf(name, model, source) {
    const body = name === 'errors' ? errorsPage(model) : name === 'limits' ? limitsPage(model)
        : modelPage(name, model);

    return `# ${model.title}\n\n${model.description ?? model.note ?? ''}\n\n` +
        `Generated from \`${source}\` by \`make docs\`.\n\n${body.trimEnd()}\n`;
}
