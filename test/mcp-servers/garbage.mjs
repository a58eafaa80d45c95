// Prints what is no MCP before, between and after its answers.
import { serve, text } from './serve.mjs';

process.stdout.write('Starting server on stdio...\n{"half":\n\u0000\u0001\n');
serve({
    half: {
        call: (_, { id }) => {
            process.stdout.write(`{"jsonrpc":"2.0","id":${id},"result":{"content":[\n`);
        },
    },
    noise: {
        call: () => {
            process.stdout.write('debug: called\n[1,2\n{"jsonrpc":"2.0","id":999,"result":{}}\n');
            return text('through the noise');
        },
    },
});
