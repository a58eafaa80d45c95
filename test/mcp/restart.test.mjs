// Sources that were being found out when Writ ended: they are found out again, and none of them probes for ever.
import assert from 'node:assert/strict';
import http from 'node:http';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person } from './person.mjs';
import { sleep } from './writ.mjs';

let person;
let server;
let patient = true; // the server lets everybody wait

// A command that says nothing until the file is there.
const child = `
const lines = require('node:readline').createInterface({ input: process.stdin });
lines.on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    const result = {
        initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
        'tools/list': { tools: [{ name: 'who', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }] },
    }[method];
    if (id !== undefined && require('node:fs').existsSync(process.env.GO))
        console.log(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'no' } }) }));
});`;

const DOCUMENT = JSON.stringify({ openapi: '3.0.3', info: { title: 'Late', version: '1' }, servers: [{ url: 'https://late.example' }],
    paths: { '/me': { get: { operationId: 'me', responses: { 200: { description: 'ok' } } } } } });

async function until(name, state) {
    for (const from = Date.now(); ; await sleep(50)) {
        const source = await person.source(name).catch(() => ({}));

        if (source.state === state)
            return source;
        assert.ok(Date.now() - from < 40000, `${name} is ${source.state} (${source.reason}), not ${state}`);
    }
}

before(async () => {
    server = http.createServer((request, response) => {
        if (patient)
            return;
        response.setHeader('content-type', 'application/json');
        response.end(DOCUMENT);
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    person = await Person.up();
});

after(() => {
    server.closeAllConnections();
    server.close();
    person.down();
});

test('a restart finds out what was not known when it ended', async () => {
    const go = join(person.home, 'go');

    person.writ.beginAtTerminal('sources', 'add', 'slow', '--env', `GO=${go}`, '--yes', '--', process.execPath, '-e', child);
    person.writ.beginAtTerminal('sources', 'add', 'late', `http://127.0.0.1:${server.address().port}/openapi.json`, '--allow-host', '127.0.0.1', '--yes');
    await until('slow', 'probing');
    await until('late', 'probing');
    await person.terminal('down');
    writeFileSync(go, '');
    patient = false;
    assert.ok(existsSync(go));
    await person.command('up');
    assert.equal((await until('slow', 'connected')).tools_count, 1);
    assert.equal((await until('late', 'connected')).kind, 'openapi');
    assert.match(await person.command('audit', 'verify'), /the chain holds/);
});
