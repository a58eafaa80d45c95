// All that a source of the older protocol has, through the real program, over stdio and over HTTP: the official SDK serves it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { Writ, binary, here, sleep } from './writ.mjs';
import { make, stores } from './whole.mjs';

let writ;
let server;
let url;
const sessions = new Map();
const asked = []; // of the HTTP server: method, and what its body asks
const noted = [];
let cuts = 0; // so many questions about tasks lose their connection
const execute = promisify(execFile);
const command = async (...args) =>
    (await execute(binary, args, { env: writ.env, encoding: 'utf8', timeout: 60000, maxBuffer: 1 << 26 })).stdout;
const run = async (code) => JSON.parse(await command('exec', '--json', '-e', code)).result;

async function terminal(...args) {
    const { done, out } = writ.beginAtTerminal(...args);

    for (const from = Date.now(); !existsSync(done); await sleep(20))
        assert.ok(Date.now() - from < 50000, `${args.join(' ')}: no end`);
    assert.equal(readFileSync(done, 'utf8').trim(), '0', readFileSync(out, 'utf8'));
}

async function until(look) {
    for (const from = Date.now(); !(await look()); await sleep(50))
        assert.ok(Date.now() - from < 20000, `no end of waiting for ${look}`);
}

async function serve(request, response) {
    let body = '';

    for await (const piece of request)
        body += piece;
    const message = body ? JSON.parse(body) : undefined;
    let transport = sessions.get(request.headers['mcp-session-id']);

    asked.push(`${request.method} ${message?.method ?? (message?.query ? 'query' : '')}`);
    if (message?.method === 'tasks/get' && cuts > 0) {
        cuts--;
        return request.socket.destroy();
    }
    if (!transport && message?.method !== 'initialize')
        return response.writeHead(request.headers['mcp-session-id'] ? 404 : 400).end();
    if (!transport) {
        transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, eventStore: new InMemoryEventStore(),
            retryInterval: 50, onsessioninitialized: (id) => sessions.set(id, transport) });
        await make((line) => noted.push(line)).connect(transport);
    }
    return transport.handleRequest(request, response, message);
}

before(async () => {
    writ = new Writ();
    server = http.createServer(serve);
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${server.address().port}/mcp`;
    await command('up', '--http', '127.0.0.1:0');
    writeFileSync(join(writ.home, 'rules.yaml'), 'rules:\n  - name: all\n    match: "**"\n    verdict: allow\n    reason: a test\n');
    await terminal('policy', 'apply', join(writ.home, 'rules.yaml'));
    await terminal('sources', 'add', 's', '--yes', '--', process.execPath, join(here, 'whole.mjs'), writ.counter);
    await terminal('sources', 'add', 'h', url, '--yes', '--allow-host', '127.0.0.1');
});
after(() => {
    if (existsSync(writ?.home ?? ''))
        writ.down();
    server?.close();
    server?.closeAllConnections();
    for (const store of stores)
        store.cleanup();
});

const notes = { s: () => writ.effects(), h: () => noted };

test('what is at a URL is asked as an MCP server before anything else is said to it', () => {
    assert.deepEqual(asked.slice(0, 3), ['GET ', 'POST server/discover', 'POST initialize']);
    assert.ok(!asked.includes('POST query'), asked.join(', '));
});

for (const source of ['s', 'h']) {
    test(`${source}: resources, patterns of them, prompts and completion, from a program`, async () => {
        const tools = `tools.${source}`;
        const all = await run(`return {
            list: (await ${tools}.$resources.list()).resources.map((one) => one.uri),
            patterns: (await ${tools}.$resources.list_templates()).resourceTemplates.map((one) => one.uriTemplate),
            read: (await ${tools}.$resources.read({ uri: 'note://7' })).contents[0].text,
            prompts: (await ${tools}.$prompts.list()).prompts.map((one) => one.name),
            prompt: (await ${tools}.$prompts.get({ name: 'greet', arguments: { who: 'Ann' } })).messages[0].content.text,
            complete: (await ${tools}.$completions.get({ ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: 'An' } })).completion.values,
        }`);

        assert.deepEqual(all, { list: ['note://motd'], patterns: ['note://{id}'], read: 'note 7', prompts: ['greet'],
            prompt: 'Greet Ann.', complete: ['Ann', 'Anton'] });
    });

    test(`${source}: progress reaches the agent, and a cancellation the source`, async () => {
        const client = new Client({ name: 'c', version: '1' });
        const steps = [];
        const stop = new AbortController();

        await client.connect(new StdioClientTransport({ command: binary, args: ['mcp'], env: writ.env }));
        await client.callTool({ name: 'execute', arguments: { code: `return await tools.${source}.steps({ ms: 300 })` } }, undefined,
            { onprogress: ({ message }) => steps.push(message) });
        assert.ok(steps.some((step) => /step [123]/.test(step)), steps.join());
        const gone = client.callTool({ name: 'execute', arguments: { code: `return await tools.${source}.endless()` } }, undefined,
            { signal: stop.signal });

        await until(() => notes[source]().includes('endless'));
        stop.abort('enough');
        await assert.rejects(gone);
        await until(() => notes[source]().includes('aborted'));
        await client.close();
    });

    test(`${source}: a tool that must be a task is one call, and a cancelled one is cancelled there`, async () => {
        const client = new Client({ name: 'c', version: '1' });
        const stop = new AbortController();

        assert.equal(await run(`return await tools.${source}.job({ n: 3 })`), 'did 3');
        await client.connect(new StdioClientTransport({ command: binary, args: ['mcp'], env: writ.env }));
        const gone = client.callTool({ name: 'execute', arguments: { code: `return await tools.${source}.forever({ n: 1 })` } }, undefined,
            { signal: stop.signal });

        await sleep(600);
        stop.abort('enough');
        await assert.rejects(gone);
        await until(() => notes[source]().includes('task cancelled'));
        await client.close();
    });

    test(`${source}: its log messages are shown, from warnings up`, async () => {
        const shown = async () => JSON.parse(await command('sources', 'show', source, '--json')).stderr ?? '';

        await run(`return await tools.${source}.logs()`);
        await until(async () => (await shown()).includes('[warning disk] nearly full'));
        assert.ok(!(await shown()).includes('spinning'));
    });
}

test('a stream that the server ends is taken up again', async () => {
    assert.equal(await run('return await tools.h.breaks()'), 'whole');
    assert.ok(noted.includes('broke true'), noted.join());
});

test('a question about a task that lost its connection is asked again', async () => {
    const before = asked.filter((one) => one === 'POST tools/call').length;

    cuts = 4;
    assert.equal(await run('return await tools.h.job({ n: 5 })'), 'did 5');
    assert.equal(cuts, 0);
    assert.equal(asked.filter((one) => one === 'POST tools/call').length, before + 1);
});

test('a session ends when its source is removed, and when we end', async () => {
    assert.ok(!asked.includes('DELETE '));
    await terminal('sources', 'remove', 'h');
    await until(() => asked.includes('DELETE '));
    await terminal('sources', 'add', 'h2', url, '--yes', '--allow-host', '127.0.0.1');
    assert.equal(await run('return await tools.h2.job({ n: 4 })'), 'did 4');
    asked.length = 0;
    await terminal('down');
    assert.ok(asked.includes('DELETE '), asked.join());
});
