// A server that means harm, by the first word of its arguments. It is greeted and listed as any other first, unless
// that is where the harm is.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const [mode, mark] = process.argv.slice(2);
const piece = 'x'.repeat(1 << 18);
const line = (message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
const text = (value) => ({ content: [{ type: 'text', text: value }] });
const note = (method, params) => line({ method: `notifications/${method}`, params });
let listings = 0;

// As much as is taken; ends after so many pieces.
async function pour(some, count = Infinity, stream = process.stdout) {
    for (let i = 0; i < count; i++)
        if (!stream.write(typeof some === 'string' ? some : some(i)))
            await new Promise((done) => stream.once('drain', done));
}
const say = (...lines) => pour((i) => lines[i], lines.length);

const calls = {
    silent: () => {},
    drips: ({ id }) => {
        const whole = line({ id, result: text('x'.repeat(100000)) });
        let at = 0;

        setInterval(() => process.stdout.write(whole[at++]), 200);
    },
    endless_line: () => pour(piece),
    huge: async ({ id }) => {
        await say(`{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"`);
        await pour(piece, 400);
        await say('"}]}}\n');
    },
    nested: ({ id }) => say(`{"jsonrpc":"2.0","id":${id},"result":{"structuredContent":${'['.repeat(1 << 20)}${']'.repeat(1 << 20)}}}\n`),
    others: ({ id }) => say(line({ id: 987654, result: text('not asked') }), line({ id: 987655, error: { code: 1, message: 'not asked' } }),
        line({ id, result: text('asked') }), line({ id, result: text('again') }), line({ id, error: { code: 1, message: 'and again' } })),
    progress: async ({ id, params }) => {
        await pour((i) => Array.from({ length: 100 }, (_, j) => note('progress', { progressToken: params._meta.progressToken, progress: i * 100 + j + 1 })).join(''), 200);
        await say(line({ id, result: text('done') }));
    },
    logs: async ({ id }) => {
        await pour(note('message', { level: 'error', data: 'y'.repeat(1000) }).repeat(100), 100);
        await say(line({ id, result: text('done') }));
    },
    changes: async ({ id }) => {
        await pour(note('tools/list_changed').repeat(100), 100);
        await say(line({ id, result: text(`listed ${listings}`) }));
    },
    stderr: async ({ id }) => {
        await pour(`${piece}\n`, 200, process.stderr);
        await say(line({ id, result: text('done') }));
    },
    forks: async ({ id }) => {
        // Sessions of their own, no mark in the environment, and a parent that is gone.
        for (let i = 0; i < 4; i++)
            spawn('setsid', ['sh', '-c', `sleep ${mark} & sleep ${mark} & exit`], { env: { PATH: process.env.PATH }, detached: true, stdio: 'ignore' }).unref();
        spawn('sleep', [mark], { env: {}, detached: true, stdio: 'ignore' }).unref();
        await new Promise((done) => setTimeout(done, 300));
        await say(line({ id, result: text('done') }));
    },
    stays: ({ id }) => {
        for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'])
            process.on(signal, () => {});
        setInterval(() => {}, 1000);
        return say(line({ id, result: text('done') }));
    },
};

// Of a list: tools, and whether there is a next page.
const padded = (name, size) => ({ name, description: 'y'.repeat(size), inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } });
const lists = {
    endless_pages: () => ({ tools: [padded(`t${listings}`, 10)], nextCursor: 'again' }),
    crowd: () => ({ tools: Array.from({ length: 1000 }, (_, i) => padded(`t${listings}_${i}`, 10)), nextCursor: `c${listings}` }),
    fat: () => ({ tools: Array.from({ length: 100 }, (_, i) => padded(`t${i}`, 90000)) }),
    deep: () => ({ tools: [{ name: 'deep', inputSchema: JSON.parse(`${'{"not":'.repeat(5000)}{}${'}'.repeat(5000)}`) }] }),
};
const honest = () => ({ tools: [padded('get_it', 10)] });

createInterface({ input: process.stdin }).on('line', async (asked) => {
    const { id, method, params } = JSON.parse(asked);

    if (id === undefined)
        return;
    if (method === 'initialize')
        await say(line({ id, result: { protocolVersion: '2025-06-18', capabilities: { tools: { listChanged: true } }, serverInfo: { name: mode, version: '1' } } }));
    else if (method === 'tools/list') {
        listings++;
        await say(line({ id, result: (lists[mode] ?? honest)() }));
    } else if (method === 'tools/call')
        await calls[mode]({ id, params });
    else
        await say(line({ id, error: { code: -32601, message: `no ${method}` } }));
}).on('close', () => {
    if (mode !== 'stays')
        process.exit(0);
});
