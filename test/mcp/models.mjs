// A source of the older kind that asks the model of whoever called it.
import { appendFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

const file = process.argv[2];
const server = new McpServer({ name: 'models', version: '1' });
const write = { readOnlyHint: false, destructiveHint: false };

async function ask(text, more = {}) {
    let said;

    try {
        said = await server.server.createMessage({
            messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens: 100, systemPrompt: 'Be brief.', ...more,
        });
    } catch (error) {
        said = { code: error.code, message: error.message };
    }
    appendFileSync(file, `${text} ${JSON.stringify(said)}\n`);
    return { content: [{ type: 'text', text: JSON.stringify(said) }] };
}

server.registerTool('name', { annotations: write }, () => ask('Name this cat.', { includeContext: 'allServers' }));
server.registerTool('secret', { annotations: write }, () => ask(`The key is ghp_${'Kq4'.repeat(12)}.`));
const picture = (seed) => ({ type: 'image', mimeType: 'image/png', data: Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * seed) & 255)).toString('base64') });
server.registerTool('see', { annotations: write }, () => ask('What is it?', { messages: [
    { role: 'user', content: picture(7) }, { role: 'user', content: { type: 'text', text: 'What is it?' } }] }));
server.registerTool('able', { annotations: { readOnlyHint: true } },
    () => ({ content: [{ type: 'text', text: JSON.stringify(server.server.getClientCapabilities().sampling ?? null) }] }));

await server.connect(new StdioServerTransport());
