// A source that asks the person before it goes on: a form, an address, and a form with a secret in its answer.
import { appendFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

const file = process.argv[2];
const server = new McpServer({ name: 'asks', version: '1' }, { capabilities: { logging: {} } });
const write = { readOnlyHint: false, destructiveHint: false };

function say(value) {
    return { content: [{ type: 'text', text: JSON.stringify(value) }] };
}

server.registerTool('form', { annotations: write }, async () => {
    const answer = await server.server.elicitInput({
        mode: 'form',
        message: 'Who signs?\nAs it stands in the register.',
        requestedSchema: {
            type: 'object',
            properties: {
                name: { type: 'string', minLength: 2 },
                mail: { type: 'string', format: 'email' },
                copies: { type: 'integer', default: 2 },
                how: { type: 'string', enum: ['post', 'courier'] },
            },
            required: ['name'],
        },
    });

    appendFileSync(file, `form ${JSON.stringify(answer)}\n`);
    return say(answer);
});
server.registerTool('address', { annotations: write }, async () => {
    const answer = await server.server.elicitInput({
        mode: 'url', message: 'Sign in there.', url: 'https://signin.example/?a=1', elicitationId: 'e1',
    });

    return say(answer);
});
server.registerTool('twice', { annotations: write }, async () => {
    const requestedSchema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };

    return say([await server.server.elicitInput({ mode: 'form', message: 'First?', requestedSchema }),
        await server.server.elicitInput({ mode: 'form', message: 'Second?', requestedSchema })]);
});
server.registerTool('model', { annotations: write }, async () => {
    try {
        return say(await server.server.request({ method: 'sampling/createMessage',
            params: { messages: [], maxTokens: 1 } }, await import('zod').then(({ z }) => z.any())));
    } catch (error) {
        return say({ code: error.code });
    }
});

await server.connect(new StdioServerTransport());
