// A Writ of its own for one test file: a folder, a daemon with HTTP, one source, rules that let its writes run.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
export const binary = resolve(process.env.WRIT ?? join(here, '../../build/writ'));

const RULES = `rules:
  - name: test-writes
    match: t.**
    effect: write
    verdict: allow
    reason: the test counts them
  - name: test-asked
    match: t.ask
    effect: write
    verdict: ask
    reason: the test answers
`;

function pause(ms) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function quote(words) {
    return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
}

export class Writ {
    constructor() {
        this.home = mkdtempSync(join(tmpdir(), 'writ-mcp-'));
        this.counter = join(this.home, 'effects');
        this.terminals = 0;
        this.patience = 30000; // milliseconds for what is typed
        this.env = { ...process.env, WRIT_HOME: this.home };
        writeFileSync(this.counter, '');
    }

    static up(source = join(here, 'source.mjs')) {
        const writ = new Writ();

        try {
            writ.run('up', '--http', '127.0.0.1:0');
            writ.atTerminal('sources', 'add', 't', '--yes', '--', process.execPath, source,
                writ.counter);
            writeFileSync(join(writ.home, 'rules.yaml'), RULES);
            writ.atTerminal('policy', 'apply', join(writ.home, 'rules.yaml'));
            const status = JSON.parse(writ.run('status', '--json'));
            writ.url = new URL('/mcp', status.http);
            writ.token = readFileSync(status.token_file, 'utf8').trim();
        } catch (error) {
            writ.down();
            throw error;
        }
        return writ;
    }

    run(...args) {
        return execFileSync(binary, args, { env: this.env, encoding: 'utf8', timeout: this.patience, maxBuffer: 1 << 26 });
    }

    // In a session of its own, so that it does not descend from this process: whatever started `writ mcp` is an agent,
    // and so is whoever descends from it.
    beginAtTerminal(...args) {
        return this.beginTyping('', ...args);
    }

    // The same, with what the person types once they are asked.
    beginTyping(typed, ...args) {
        const done = join(this.home, `terminal-${++this.terminals}`);
        // Keys come when the question stands there: its end is ": ".
        const keys = typed ? `(for i in $(seq 400); do tail -c 2 ${quote([`${done}.out`])} | grep -q ': ' && break; sleep 0.05; done; ` +
            `printf '%s\\n' ${quote([typed])}; sleep 0.3) | ` : '';
        const line = `${keys}${quote(['script', '-qec', quote([binary, ...args]), '/dev/null'])} >${quote([`${done}.out`])} 2>&1 ` +
            `${typed ? '' : '</dev/null'}; echo $? >${quote([`${done}.new`])}; mv ${quote([`${done}.new`, done])}`;

        execFileSync('setsid', ['--fork', 'sh', '-c', line], { env: this.env, stdio: 'ignore' });
        return { done, out: `${done}.out` };
    }

    // The same, and waits for it.
    atTerminal(...args) {
        return this.wait(this.beginAtTerminal(...args), args);
    }

    type(typed, ...args) {
        return this.wait(this.beginTyping(typed, ...args), args);
    }

    wait({ done, out }, args) {
        for (const from = Date.now(); !existsSync(done); pause(10)) {
            if (Date.now() - from > this.patience)
                throw new Error(`${args.join(' ')}: no end`);
        }
        const said = readFileSync(out, 'utf8');

        if (readFileSync(done, 'utf8').trim() !== '0')
            throw new Error(`${args.join(' ')}: ${said}`);
        return said;
    }

    headers(more = {}) {
        return { authorization: `Bearer ${this.token}`, ...more };
    }

    // The input that waits for a person and speaks of this text.
    async input(text) {
        for (;;) {
            const { inputs } = JSON.parse(this.run('inbox', 'list', '--json'));
            const found = inputs.find((input) => JSON.stringify(input).includes(text));

            if (found)
                return found;
            await sleep(20);
        }
    }

    // What the source did, in order.
    effects() {
        return readFileSync(this.counter, 'utf8').split('\n').filter(Boolean);
    }

    // A bare `writ mcp`, one JSON line at a time.
    stdio() {
        return new Lines(spawn(binary, ['mcp'], { env: this.env, stdio: ['pipe', 'pipe', 'inherit'] }));
    }

    down() {
        try {
            this.atTerminal('down');
        } finally {
            rmSync(this.home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
        }
    }
}

export class Lines {
    constructor(child) {
        this.child = child;
        this.text = '';
        this.waiting = [];
        this.lines = [];
        child.stdout.setEncoding('utf8');
        child.stdout.on('data', (text) => {
            this.text += text;
            for (let end; (end = this.text.indexOf('\n')) >= 0; this.text = this.text.slice(end + 1)) {
                this.lines.push(JSON.parse(this.text.slice(0, end)));
                this.waiting.shift()?.();
            }
        });
        this.ended = new Promise((done) => child.on('close', done));
    }

    send(message) {
        this.child.stdin.write(typeof message === 'string' ? `${message}\n` : `${JSON.stringify(message)}\n`);
    }

    async next() {
        if (this.lines.length === 0)
            await new Promise((done) => this.waiting.push(done));
        return this.lines.shift();
    }

    async ask(message) {
        this.send(message);
        return this.next();
    }

    async close() {
        this.child.stdin.end();
        return this.ended;
    }
}

export function sleep(ms) {
    return new Promise((done) => setTimeout(done, ms));
}

// Every file below a folder that holds the text.
export function holding(folder, text) {
    return readdirSync(folder).flatMap((name) => {
        const path = join(folder, name);
        const is = statSync(path, { throwIfNoEntry: false });

        if (is?.isDirectory())
            return holding(path, text);
        return is?.isFile() && readFileSync(path).includes(text) ? [path] : [];
    });
}
