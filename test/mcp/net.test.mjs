// Sources over HTTP through the real program: each era, and servers that do what they should not.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Writ, binary, sleep } from './writ.mjs';

const tool = (name, more = {}) => ({ name, description: `Reads ${name}.`, inputSchema: { type: 'object' },
    annotations: { readOnlyHint: true }, ...more });
const json = (response, body, headers = {}) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
};
const result = (message, value) => ({ jsonrpc: '2.0', id: message.id, result: value });
const text = (value) => ({ content: [{ type: 'text', text: value }] });
const seen = []; // headers of everything that came
const servers = [];

function serve(handle) {
    const server = http.createServer((request, response) => {
        let body = '';

        request.on('data', (piece) => (body += piece));
        request.on('end', () => {
            seen.push(request.headers);
            handle(request, response, body ? JSON.parse(body) : null);
        });
    });

    servers.push(server);
    return new Promise((done) => server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${server.address().port}/mcp`)));
}

const region = tool('get_region', { inputSchema: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } } });
const polls = []; // Mcp-Name of questions about a task

function modern(request, response, message, tools = [tool('get_echo'), tool('get_slow'), tool('get_task'), region]) {
    switch (message?.method) {
    case 'server/discover':
        return json(response, result(message, { supportedVersions: ['2026-07-28'], capabilities: { tools: {}, resources: {} },
            serverInfo: { name: 'modern', version: '1' } }));
    case 'tools/list':
        return json(response, result(message, { tools }));
    case 'resources/read':
        return json(response, result(message, { contents: [{ uri: message.params.uri, text: 'what it says' }] }));
    case 'tasks/get':
        polls.push(request.headers['mcp-name']);
        return json(response, result(message, { resultType: 'complete', taskId: message.params.taskId,
            ...(polls.length < 3 ? { status: 'working', pollIntervalMs: 100 } : { status: 'completed', result: text('worked') }) }));
    case 'tools/call':
        if (message.params.name === 'get_slow')
            return; // It never answers.
        if (message.params.name === 'get_task') {
            assert.deepEqual(message.params._meta['io.modelcontextprotocol/clientCapabilities'].extensions, { 'io.modelcontextprotocol/tasks': {} });
            return json(response, result(message, { resultType: 'task', taskId: 'job-1', status: 'working', ttlMs: null, pollIntervalMs: 100 }));
        }
        return json(response, result(message, text(JSON.stringify(message.params.arguments))));
    }
    response.writeHead(404).end();
}

// A server of 2025 whose sessions end when it says so.
const sessions = new Set();
let sessionCount = 0;

function legacy(request, response, message) {
    const id = request.headers['mcp-session-id'];

    if (request.method === 'GET')
        return response.writeHead(405).end();
    if (message.method === 'initialize') {
        sessions.add(`s${++sessionCount}`);
        return json(response, result(message, { protocolVersion: '2025-06-18', capabilities: { tools: {} },
            serverInfo: { name: 'legacy', version: '1' } }), { 'mcp-session-id': `s${sessionCount}` });
    }
    if (!id)
        return response.writeHead(400).end('no session');
    if (!sessions.has(id))
        return response.writeHead(404).end('no such session');
    if (message.id === undefined)
        return response.writeHead(202).end();
    if (message.method === 'tools/list')
        return json(response, result(message, { tools: [tool('get_session')] }));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`data: ${JSON.stringify(result(message, text(id)))}\n\n`);
}

// HTTP+SSE of 2024.
let stream;

function oldest(request, response, message) {
    if (request.method === 'GET') {
        stream = response;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        return response.write('event: endpoint\ndata: /say\n\n');
    }
    if (request.url !== '/say')
        return response.writeHead(405).end();
    response.writeHead(202).end();
    if (message.method === 'initialize')
        stream.write(`data: ${JSON.stringify(result(message, { protocolVersion: '2024-11-05', capabilities: { tools: {} },
            serverInfo: { name: 'oldest', version: '1' } }))}\n\n`);
    if (message.method === 'tools/list')
        stream.write(`data: ${JSON.stringify(result(message, { tools: [tool('get_age')] }))}\n\n`);
    if (message.method === 'tools/call')
        stream.write(`data: ${JSON.stringify(result(message, text('old')))}\n\n`);
}

// The servers live in this process: nothing here may block it.
let writ;
const execute = promisify(execFile);
const command = async (...args) =>
    (await execute(binary, args, { env: writ.env, encoding: 'utf8', timeout: 30000, maxBuffer: 1 << 26 })).stdout;
const terminal = async (...args) => {
    const { done, out } = writ.beginAtTerminal(...args);

    for (const from = Date.now(); !existsSync(done); await sleep(20))
        assert.ok(Date.now() - from < 50000, `${args.join(' ')}: no end`);
    if (readFileSync(done, 'utf8').trim() !== '0')
        throw new Error(readFileSync(out, 'utf8'));
    return readFileSync(out, 'utf8');
};
const add = (name, url, ...more) => terminal('sources', 'add', name, url, '--yes', '--allow-host', '127.0.0.1', ...more);
const run = async (code) => JSON.parse(await command('exec', '--json', '-e', code)).result;
const fails = (action, pattern) => assert.rejects(action, (error) => {
    assert.match(`${error.message}${error.stdout}`, pattern);
    return true;
});

before(async () => {
    writ = new Writ();
    await command('up', '--http', '127.0.0.1:0');
    writeFileSync(join(writ.home, 'rules.yaml'), 'rules:\n  - name: all\n    match: "**"\n    verdict: allow\n    reason: a test\n');
    await terminal('policy', 'apply', join(writ.home, 'rules.yaml'));
});
after(() => {
    writ?.down();
    servers.forEach((server) => {
        server.close();
        server.closeAllConnections();
    });
});

test('2026-07-28: a tool, a resource, headers that nobody sees', async () => {
    await add('modern', await serve(modern), '--header', 'Authorization: Bearer canary-1234567890');
    assert.equal(await run('return await tools.modern.get_echo({ a: 1 })'), '{"a":1}');
    assert.deepEqual(await run('return await tools.modern.$resources.read({ uri: "file:///x" })'),
        { contents: [{ uri: 'file:///x', text: 'what it says' }] });
    assert.equal(seen.at(-1)['mcp-name'], 'file:///x');
    assert.equal(seen.at(-1).authorization, 'Bearer canary-1234567890');
    for (const shown of [await command('sources', 'show', 'modern', '--json'), await command('log', '--json')])
        assert.ok(!shown.includes('canary'), shown);
});

test('2026-07-28: an argument that its schema wants in a header is there, too', async () => {
    await run('return await tools.modern.get_region({ region: "Zürich" })');
    assert.equal(seen.at(-1)['mcp-param-region'], '=?base64?WsO8cmljaA==?=');
});

test('2026-07-28: a call that becomes a task is asked for until it has ended', async () => {
    assert.equal(await run('return await tools.modern.get_task({})'), 'worked');
    assert.deepEqual(polls, ['job-1', 'job-1', 'job-1']);
});

test('2025: a session that expired is begun anew, and the call is made once', async () => {
    await add('legacy', await serve(legacy));
    assert.equal(await run('return await tools.legacy.get_session()'), 's1');
    sessions.clear();
    assert.equal(await run('return await tools.legacy.get_session()'), 's2');
});

test('2024: HTTP+SSE is found out', async () => {
    await add('oldest', await serve(oldest));
    assert.equal(await run('return await tools.oldest.get_age()'), 'old');
});

test('addresses of this machine need a word of a person', async () => {
    const url = await serve(modern);

    for (const way of [url, url.replace('127.0.0.1', 'localhost'), url.replace('127.0.0.1', '0x7f.1'),
        url.replace('127.0.0.1', '[::ffff:127.0.0.1]')]) {
        await fails(terminal('sources', 'add', 'near', way, '--yes'), /private network/);
        await terminal('sources', 'remove', 'near');
    }
});

test('servers that are none, or want more, say so', async () => {
    const bad = {
        html: [(request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'), /no MCP|neither JSON/],
        refuses: [(request, response) => response.writeHead(401).end(), /auth_required|who asks/],
        loops: [(request, response) => response.writeHead(307, { location: '/mcp' }).end(), /redirects more than 5/],
        leaves: [(request, response) => response.writeHead(307, { location: 'http://127.0.0.2:1/' }).end(), /private network/],
        resets: [(request) => request.socket.destroy(), /127\.0\.0\.1/],
    };

    for (const [name, [handle, pattern]] of Object.entries(bad)) {
        const url = await serve(handle);

        await fails(add(name, url), pattern);
    }
    assert.equal(await run('return await tools.modern.get_echo({ still: true })'), '{"still":true}');
});

test('a call without an answer can be cancelled, and harms nobody', async () => {
    const code = 'const slow = tools.modern.get_slow({}).catch((e) => e.code); const fast = await tools.legacy.get_session(); return fast';

    assert.match(await run(code), /^s\d$/);
});

test('a server that goes away is unreachable, and comes back', async () => {
    const url = await serve(modern);
    const server = servers.at(-1);
    const port = new URL(url).port;

    await add('gone', url);
    assert.equal(await run('return await tools.gone.get_echo({ a: 2 })'), '{"a":2}');
    server.close();
    server.closeAllConnections();
    await sleep(50);
    assert.match(JSON.stringify(await run('return await tools.gone.get_echo({}).catch((e) => e.code)')), /unreachable/);
    await new Promise((done) => server.listen(port, '127.0.0.1', done));
    assert.equal(await run('return await tools.gone.get_echo({ a: 3 })'), '{"a":3}');
});
