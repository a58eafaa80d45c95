// A server whose tools are what a file says now: odd.mjs FILE. It says when that has changed.
import { readFileSync, watchFile } from 'node:fs';
import { createInterface } from 'node:readline';

const file = process.argv[2];
const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const answers = {
    initialize: () => ({ protocolVersion: '2025-11-25', capabilities: { tools: { listChanged: true } }, serverInfo: { name: 'odd', version: '1' } }),
    'tools/list': () => ({ tools: JSON.parse(readFileSync(file, 'utf8')) }),
    'tools/call': ({ name }) => ({ content: [{ type: 'text', text: `did ${name}` }] }),
};

watchFile(file, { interval: 50 }, () => say({ method: 'notifications/tools/list_changed' }));
createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);

    if (id !== undefined)
        say(answers[method] ? { id, result: answers[method](params) } : { id, error: { code: -32601, message: 'no such method' } });
}).on('close', () => process.exit());
