// A source of 2026-07-28 that asks the model of whoever called it.
import { McpServer, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

serveStdio(() => {
    const server = new McpServer({ name: 'models', version: '2' });

    server.registerTool('name', { annotations: { readOnlyHint: true } }, async (context) => {
        const said = inputResponse(context.mcpReq.inputResponses, 'cat');

        if (said.kind !== 'sampling')
            return inputRequired({ inputRequests: { cat: inputRequired.createMessage({
                messages: [{ role: 'user', content: { type: 'text', text: 'Name this cat.' } }], maxTokens: 100 }) } });
        return { content: [{ type: 'text', text: JSON.stringify(said.result ?? said) }] };
    });
    return server;
}, { legacy: 'reject' });
