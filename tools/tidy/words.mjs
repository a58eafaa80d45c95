/* Words that do not stand here: banned calls, line comments, bare reminders, typedefs, guards. */
const BANNED = {
    strcpy: 'str_copy', strcat: 'buf_add_str', sprintf: 'buf_printf or snprintf',
    vsprintf: 'vsnprintf', strtok: 'str_split', atoi: 'str_to_i64', atol: 'str_to_i64',
    atoll: 'str_to_i64', alloca: 'an arena', system: 'sys/proc', popen: 'sys/proc',
    signal: 'sigaction, in sys', gets: 'sys/stream',
};

/* Time and chance arrive in the command. */
const IMPURE = new Set(`time clock clock_gettime gettimeofday rand random srand getrandom getenv
arc4random localtime gmtime`.split(/\s+/));

function checkCalls(file, pure, report) {
    const tokens = file.c.tokens;

    tokens.forEach((token, i) => {
        const name = token.text;

        if (name === 'userdata')
            report(file.path, token.line, 'banned', 'no void *userdata: embed the handle, use container_of');
        if (tokens[i + 1]?.text !== '(' || ['.', '>'].includes(tokens[i - 1]?.text))
            return;
        if (Object.hasOwn(BANNED, name))
            report(file.path, token.line, 'banned', `${name}: use ${BANNED[name]}`);
        if (pure && IMPURE.has(name))
            report(file.path, token.line, 'pure', `${name}: time, chance and settings arrive from outside`);
    });
}

function checkTypedefs(file, report) {
    const tokens = file.c.tokens;

    tokens.forEach((token, i) => {
        if (token.text !== 'typedef')
            return;
        const end = tokens.findIndex((t, at) => at > i && t.text === ';');
        const words = tokens.slice(i, end).map((t) => t.text);

        if (words.includes('{') || !words.includes('('))
            report(file.path, token.line, 'typedef', 'a typedef is for function types only');
    });
}

function checkComments(file, report) {
    for (const { line, text } of file.c.comments) {
        if (text.startsWith('//'))
            report(file.path, line, 'comment', '// is for you, today: take it out or write /* */');
        text.split('\n').forEach((part, i) => {
            const match = /\b(TODO|FIXME|XXX|HACK)\b(?!\s*\(?#\d)/.exec(part);

            if (match)
                report(file.path, line + i, 'todo', `a ${match[1]} carries its issue: ${match[1]} (#12)`);
        });
    }
}

function checkHead(file, report) {
    if (!file.c.lines[0].startsWith('/*') && !/_test\.c$/.test(file.path))
        report(file.path, 1, 'head', 'a file opens with what it is, in a comment');
    if (!file.path.endsWith('.h'))
        return;
    const guard = `WRIT_${file.path.replace(/^src\//, '').replace(/[^A-Za-z0-9]/g, '_').toUpperCase()}`;
    const found = file.c.directives[0]?.text;

    if (found !== `#ifndef ${guard}`)
        report(file.path, file.c.directives[0]?.line ?? 1, 'guard', `the guard is ${guard}`);
}

function checkConditionals(file, report) {
    for (const { line, text } of file.c.directives) {
        const inside = file.c.functions.find((f) => f.line < line && line < f.end);

        if (inside && /^#\s*(if|ifdef|ifndef)\b/.test(text))
            report(file.path, line, 'ifdef', `inside ${inside.name}: a platform or a mechanism is a file`);
    }
}

export function checkWords(file, report) {
    const floor = file.path.split('/')[1];
    const pure = file.path.startsWith('src/') && !/_test\.c$/.test(file.path) &&
        !['sys', 'proc'].includes(floor);

    checkCalls(file, pure, report);
    checkTypedefs(file, report);
    checkComments(file, report);
    checkHead(file, report);
    checkConditionals(file, report);
}
