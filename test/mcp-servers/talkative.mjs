// A server that never stops talking, of what its arguments say, from when it was listed; it answers all the same.
import { createInterface } from 'node:readline';

const mode = process.argv[2];
const line = (message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
const note = (method, params) => line({ method: `notifications/${method}`, params });
const some = {
    changes: note('tools/list_changed').repeat(100),
    logs: note('message', { level: 'error', data: 'y'.repeat(10000) }).repeat(10),
    pings: line({ id: 'p', method: 'ping' }).repeat(100),
    strange: line({ id: 'p', method: 'sampling/createMessage', params: {} }).repeat(100),
    unasked: line({ id: 987654, result: { content: [] } }).repeat(100),
    blank: '\n'.repeat(10000),
    stderr: 'y'.repeat(100).concat('\n').repeat(1000),
}[mode];
const stream = mode === 'stderr' ? process.stderr : process.stdout;

async function talk() {
    for (;;)
        if (!stream.write(some))
            await new Promise((done) => stream.once('drain', done));
        else
            await new Promise((done) => setImmediate(done));
}

createInterface({ input: process.stdin }).on('line', (asked) => {
    const { id, method } = JSON.parse(asked);

    if (id === undefined || !method)
        return;
    if (method === 'initialize')
        process.stdout.write(line({ id, result: { protocolVersion: '2025-06-18', capabilities: { tools: { listChanged: true } }, serverInfo: { name: mode, version: '1' } } }));
    else if (method === 'tools/list') {
        process.stdout.write(line({ id, result: { tools: [{ name: 'get_it', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }] } }));
        talk.begun ??= setTimeout(() => void talk(), 100);
    } else if (method === 'tools/call')
        process.stdout.write(line({ id, result: { content: [{ type: 'text', text: 'said' }] } }));
    else
        process.stdout.write(line({ id, error: { code: -32601, message: `no ${method}` } }));
}).on('close', () => process.exit(0));
