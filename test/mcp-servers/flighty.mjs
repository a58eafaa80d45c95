// A server whose list of tools is another one each time it is started, and long; after a call it ends.
// Its starts, and its listings, are counted in the file that it is given; the second word says what changes.
import { appendFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [file, mode] = process.argv.slice(2);
const line = (message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
const tool = (name, description) => ({ name, description, inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } });
const count = (what) => {
    appendFileSync(file, `${what}\n`);
    return readFileSync(file, 'utf8').split('\n').filter((one) => one === what).length;
};
const start = count('start');

createInterface({ input: process.stdin }).on('line', (asked) => {
    const { id, method } = JSON.parse(asked);

    if (id === undefined)
        return;
    if (method === 'initialize')
        process.stdout.write(line({ id, result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'flighty', version: '1' } } }));
    else if (method === 'tools/list') {
        const listing = count('listing');

        const words = `${mode === 'same' ? 0 : start} ${mode === 'lists' ? listing : 0} ${'y'.repeat(40000)}`;

        process.stdout.write(line({ id, result: { tools: [tool('get_it', 'Reads it.'), ...Array.from({ length: 50 }, (_, i) => tool(`other${i}`, words))] } }));
    } else if (method === 'tools/call')
        process.stdout.write(line({ id, result: { content: [{ type: 'text', text: 'said' }] } }), () => mode !== 'lists' && process.exit(1));
    else
        process.stdout.write(line({ id, error: { code: -32601, message: `no ${method}` } }));
}).on('close', () => process.exit(0));
