// A source whose effects can be counted: each write appends a line to the file that its argument names.
import { appendFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const file = process.argv[2];
const server = new McpServer({ name: 'counter', version: '1' });
const write = { readOnlyHint: false, destructiveHint: false };

function note(what, text) {
    appendFileSync(file, `${what} ${text}\n`);
    return { content: [{ type: 'text', text }] };
}

server.registerTool('get', { inputSchema: { text: z.string() }, annotations: { readOnlyHint: true } },
    ({ text }) => ({ content: [{ type: 'text', text }] }));
server.registerTool('big', { inputSchema: { count: z.number() }, annotations: { readOnlyHint: true } },
    ({ count }) => ({ content: [{ type: 'text', text: 'as data' }],
        structuredContent: { items: Array.from({ length: count }, (_, i) => ({ i, pad: 'x'.repeat(40) })) } }));
server.registerTool('put', { inputSchema: { text: z.string() }, annotations: write },
    ({ text }) => note('put', text));
server.registerTool('ask', { inputSchema: { text: z.string() }, annotations: write },
    ({ text }) => note('ask', text));
server.registerTool('drop', { inputSchema: { text: z.string() }, annotations: { destructiveHint: true } },
    ({ text }) => note('drop', text));
server.registerTool('slow', { inputSchema: { text: z.string(), ms: z.number() }, annotations: write },
    async ({ text, ms }) => {
        await new Promise((done) => setTimeout(done, ms));
        return note('slow', text);
    });

await server.connect(new StdioServerTransport());
