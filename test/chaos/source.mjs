// Counts effects: each write appends one line to the file that its argument names, at once.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve, text } from '../mcp-servers/serve.mjs';

const file = process.argv[2];

serve({
    effect: {
        annotations: { readOnlyHint: false, destructiveHint: false },
        inputSchema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
        // Long enough, on both sides of the effect, for somebody to be killed there.
        call: async ({ id }) => {
            await sleep(20);
            appendFileSync(file, `${id}\n`);
            await sleep(60);
            return text('yes');
        },
    },
});
