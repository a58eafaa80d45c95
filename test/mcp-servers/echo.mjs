// Says back what it is told, as text, as data, in size; and what its environment is.
import { serve, text } from './serve.mjs';

serve({
    echo: { description: 'gives its argument back', call: (args) => text(JSON.stringify(args)) },
    data: { call: (args) => ({ content: [], structuredContent: args }) },
    large: { call: ({ bytes }) => text('x'.repeat(bytes)) },
    fail: { call: () => { throw new Error('no such thing'); } },
    env: { call: () => ({ content: [], structuredContent: { ...process.env } }) },
    pid: { call: () => ({ content: [], structuredContent: { pid: process.pid } }) },
}, { modern: true });
