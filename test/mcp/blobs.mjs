// A server of images, sounds and files, by the official SDK, over stdio.
import { createHash } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

/* The same bytes here and in the test: of so many, of one kind. */
export function bytes(size, seed = 1) {
    const out = Buffer.alloc(size);

    for (let i = 0, state = seed; i < size; i++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        out[i] = state >>> 16;
    }
    return out;
}

export const png = bytes(300000);
export const wav = bytes(70, 2);
export const pdf = bytes(5000, 3);

const read = { annotations: { readOnlyHint: true } };
const image = (data) => ({ type: 'image', mimeType: 'image/png', data });
const hash = (text) => createHash('sha256').update(Buffer.from(text, 'base64')).digest('hex');

function make() {
    const server = new McpServer({ name: 'blobs', version: '1' });
    const file = { uri: 'file:///a.pdf', mimeType: 'application/pdf', blob: pdf.toString('base64') };

    server.registerTool('shot', read, () => ({ content: [{ type: 'text', text: 'it' }, image(png.toString('base64'))] }));
    server.registerTool('all', read, () => ({ content: [image(png.toString('base64')), { type: 'audio', mimeType: 'audio/wav', data: wav.toString('base64') },
        { type: 'resource', resource: file }, image(png.toString('base64'))] }));
    server.registerTool('many', { ...read, inputSchema: { count: z.number(), size: z.number() } }, ({ count, size }) => (
        { content: Array.from({ length: count }, (_, i) => image(bytes(size, i + 7).toString('base64'))) }));
    server.registerTool('leaks', read, () => ({ content: [image(Buffer.from('\xff\xfe its key is sk_live_' + 'a1B2c3D4e5F6g7H8i9J0k1L2', 'latin1').toString('base64'))] }));
    server.registerTool('hash', { ...read, inputSchema: { image: z.string(), more: z.array(z.object({ name: z.string(), data: z.string() })).optional() } },
        ({ image: one, more }) => ({ content: [{ type: 'text', text: [one, ...(more ?? []).map(({ data }) => data)].map(hash).join(' ') }] }));
    server.registerTool('note', { ...read, inputSchema: { any: z.any() } }, ({ any }) => ({ content: [{ type: 'text', text: JSON.stringify(any) }] }));
    server.registerTool('picky', { ...read, inputSchema: { any: z.any() } }, () => ({ isError: true, content: [{ type: 'text', text: 'it wants a text' }] }));
    server.registerTool('broken', read, () => ({ isError: true, content: [{ type: 'text', text: 'it fell over' }, image(wav.toString('base64'))] }));
    server.registerTool('broken_leak', read, () => ({ isError: true, content: [{ type: 'text', text: 'it fell over' }, image(Buffer.from('\xff\xfe the key is sk_live_' + 'd1D2e3F4g5H6i7J8k9L0m1N2', 'latin1').toString('base64'))] }));
    server.registerResource('pdf', file.uri, { mimeType: file.mimeType }, () => ({ contents: [file, { uri: 'file:///b', text: 'b' }] }));
    server.registerPrompt('look', {}, () => ({ messages: [{ role: 'user', content: image(png.toString('base64')) },
        { role: 'user', content: { type: 'resource', resource: file } }, { role: 'user', content: { type: 'text', text: 'What is it?' } }] }));
    return server;
}

if (process.argv[2] === 'serve')
    await make().connect(new StdioServerTransport());
