// The official clients, 1.x and 2.x, over stdio and HTTP, against the real binary.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Writ, binary, sleep } from './writ.mjs';

let writ;
before(() => { writ = Writ.up(); });
after(() => writ?.down());

const info = { name: 'test', version: '1' };

function stdio(Transport) {
    return new Transport({ command: binary, args: ['mcp'], env: writ.env });
}

function http(Transport) {
    return new Transport(writ.url, { requestInit: { headers: writ.headers() } });
}

// elicit: undefined for a client that shows no forms, else what its person does.
function client1(elicit) {
    const client = new Client1(info, { capabilities: elicit ? { elicitation: {} } : {} });

    if (elicit)
        client.setRequestHandler(ElicitRequestSchema, elicit);
    return { client, call: (tool, args, options) => client.callTool({ name: tool, arguments: args }, undefined, options) };
}

function client2(elicit, mode) {
    const client = new Client2(info, { capabilities: elicit ? { elicitation: {} } : {}, versionNegotiation: { mode } });

    if (elicit)
        client.setRequestHandler('elicitation/create', elicit);
    return { client, call: (tool, args, options) => client.callTool({ name: tool, arguments: args }, options) };
}

const kinds = {
    '1.x stdio': { make: client1, transport: () => stdio(Stdio1), version: '2025-11-25' },
    '1.x HTTP': { make: client1, transport: () => http(Http1), version: '2025-11-25' },
    '2.x stdio': { make: (e) => client2(e, 'auto'), transport: () => stdio(Stdio2), version: '2026-07-28' },
    '2.x HTTP': { make: (e) => client2(e, 'auto'), transport: () => http(Http2), version: '2026-07-28' },
    '2.x HTTP, legacy': { make: (e) => client2(e, 'legacy'), transport: () => http(Http2), version: '2025-11-25' },
};

function text(result) {
    return result.content[0].text;
}

for (const [name, kind] of Object.entries(kinds)) {
    const open = async (elicit) => {
        const made = kind.make(elicit);

        await made.client.connect(kind.transport());
        return made;
    };

    test(`${name}: lists execute, and resume where nobody can be asked`, async () => {
        const { client } = await open();
        const { tools } = await client.listTools();

        assert.deepEqual(tools.map((tool) => tool.name), ['execute', 'resume']);
        assert.ok(tools[0].description.length < 2560);
        assert.equal(client.getServerVersion().name, 'writ');
        await client.close();
    });

    test(`${name}: values, console, errors`, async () => {
        const { client, call } = await open();
        let result = await call('execute', { code: 'console.log("seen"); return { sum: input.a + 1 }', input: { a: 1 } });

        assert.deepEqual(JSON.parse(text(result)), { sum: 2 });
        assert.equal(result.structuredContent, undefined); // it is there once
        assert.equal(result.content[1].text, 'console:\n[log] seen');
        result = await call('execute', { code: 'return await tools.t.get({ text: "x" })' });
        assert.equal(text(result), 'x');
        result = await call('execute', { code: 'const a = 1;\nthrow new Error("broken")' });
        assert.equal(result.isError, true);
        assert.match(text(result), /^program: .*broken.*\(line 2, column \d+\)/s);
        result = await call('execute', { code: 'return 1 +' });
        assert.match(text(result), /^syntax: .*\(line \d+, column \d+\)/s);
        result = await call('execute', { code: 'return await tools.t.gett({})' });
        assert.match(text(result), /unknown_tool.*t\.get/s);
        await client.close();
    });

    test(`${name}: a person approves in the client's own form`, async () => {
        const asked = [];
        const { client, call } = await open((request) => {
            asked.push(request.params);
            return { action: 'accept', content: { decision: 'approve' } };
        });
        const before = writ.effects().length;
        const result = await call('execute', { code: `return await tools.t.ask({ text: ${JSON.stringify(name)} })` });

        assert.equal(result.isError, undefined, text(result));
        assert.equal(text(result), name);
        assert.equal(asked.length, 1);
        assert.match(asked[0].message, new RegExp(name.replace('.', '\\.')));
        assert.equal(writ.effects().length, before + 1);
        await client.close();
    });

    test(`${name}: a person declines, and nothing happens`, async () => {
        const { client, call } = await open(() => ({ action: 'decline' }));
        const before = writ.effects().length;
        const result = await call('execute', { code: 'return await tools.t.ask({ text: "declined" })' });

        assert.equal(result.isError, true);
        assert.match(text(result), /refused/);
        assert.equal(writ.effects().length, before);
        await client.close();
    });

    test(`${name}: two writes at once are asked in two forms`, async () => {
        let forms = 0;
        const { client, call } = await open(() => {
            forms++;
            return { action: 'accept', content: { decision: 'approve' } };
        });
        const result = await call('execute', {
            code: `return await Promise.all([tools.t.ask({ text: "a${name}" }), tools.t.ask({ text: "b${name}" })])`,
        });

        assert.deepEqual(JSON.parse(text(result)), [`a${name}`, `b${name}`]);
        assert.equal(forms, 2);
        await client.close();
    });

    test(`${name}: what only a person elsewhere may allow is not asked in a form`, async () => {
        let forms = 0;
        const { client, call } = await open(() => {
            forms++;
            return { action: 'accept', content: { decision: 'approve' } };
        });
        const before = writ.effects().length;
        const running = call('execute', { code: `return await tools.t.drop({ text: "drop ${name}" })` });
        const input = await writ.input(`drop ${name}`);

        assert.equal(writ.effects().length, before);
        writ.atTerminal('inbox', 'answer', input.id, 'approve');
        assert.equal(text(await running), `drop ${name}`);
        assert.equal(forms, 0);
        await client.close();
    });

    test(`${name}: an idempotency key runs once`, async () => {
        const { client, call } = await open();
        const args = { code: `return await tools.t.put({ text: "once ${name}" })`, idempotency_key: `key ${name}` };
        const before = writ.effects().length;

        assert.equal(text(await call('execute', args)), `once ${name}`);
        assert.equal(text(await call('execute', args)), `once ${name}`);
        assert.equal(writ.effects().length, before + 1);
        await client.close();
    });

    test(`${name}: progress`, async () => {
        const { client, call } = await open();
        const seen = [];

        await call('execute', { code: 'emit("one"); await tools.t.slow({ text: "x", ms: 50 }); return 1' },
            { onprogress: (progress) => seen.push(progress.progress) });
        assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
        assert.ok(seen.length >= 1, `${seen.length} notifications`);
        await client.close();
    });

    test(`${name}: cancelling stops the program before its next call`, async () => {
        const { client, call } = await open();
        const abort = new AbortController();
        const running = call('execute', {
            code: `await tools.t.slow({ text: "first ${name}", ms: 300 }); return await tools.t.put({ text: "never ${name}" })`,
        }, { signal: abort.signal });

        setTimeout(() => abort.abort(), 100);
        await assert.rejects(running);
        await sleep(600);
        assert.ok(!writ.effects().includes(`put never ${name}`));
        await client.close();
    });
}
