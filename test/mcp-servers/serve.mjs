// A few lines of MCP over stdio, for servers in tests. No dependencies; on purpose not strict.
import { createInterface } from 'node:readline';

export function send(message) {
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
}

export function text(value) {
    return { content: [{ type: 'text', text: String(value) }] };
}

// tools: { name: { description, call(args, request) } }. A call that gives undefined is not answered.
export function serve(tools, { modern = false, capabilities = { tools: { listChanged: true } } } = {}) {
    const list = () => Object.entries(tools).map(([name, tool]) => ({
        name,
        description: tool.description ?? '',
        inputSchema: tool.inputSchema ?? { type: 'object' },
        annotations: tool.annotations,
    }));
    const info = { name: 'test', version: '1' };
    const answers = {
        'server/discover': () => modern
            ? { supportedVersions: ['2026-07-28'], capabilities,
                _meta: { 'io.modelcontextprotocol/serverInfo': info } }
            : undefined,
        initialize: () => ({ protocolVersion: '2025-06-18', capabilities, serverInfo: info }),
        'tools/list': () => ({ tools: list() }),
        ping: () => ({}),
    };

    createInterface({ input: process.stdin }).on('line', async (line) => {
        const request = JSON.parse(line);
        const { id, method, params } = request;

        if (method === 'notifications/cancelled')
            process.stderr.write(`cancelled ${params.requestId}\n`);
        if (id === undefined)
            return;
        if (method === 'tools/call') {
            try {
                const result = await tools[params.name].call(params.arguments ?? {}, request);

                if (result !== undefined)
                    send({ id, result });
            } catch (error) {
                send({ id, result: { isError: true, ...text(error.message) } });
            }
            return;
        }
        const result = answers[method]?.();

        if (result)
            send({ id, result });
        else
            send({ id, error: { code: -32601, message: `no ${method}` } });
    }).on('close', () => process.exit(0));
}
