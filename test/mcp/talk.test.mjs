// MCP sources that never stop talking, over pipes and HTTP: each costs a little of a processor, however much it says;
// none is given up for it, and they answer, as all others do.
import assert from 'node:assert/strict';
import http from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person } from './person.mjs';
import { here, sleep } from './writ.mjs';

const servers = join(here, '../mcp-servers');
const result = (message, value) => ({ jsonrpc: '2.0', id: message.id, result: value });
const event = (value) => `data: ${JSON.stringify({ jsonrpc: '2.0', ...value })}\n\n`;
const pipes = ['changes', 'logs', 'pings', 'strange', 'unasked', 'blank', 'stderr'];
const streams = {
    changes: event({ method: 'notifications/tools/list_changed' }).repeat(100),
    logs: event({ method: 'notifications/message', params: { level: 'error', data: 'y'.repeat(10000) } }).repeat(10),
    pings: event({ id: 'p', method: 'ping' }).repeat(100),
    unasked: event({ id: 987654, result: { content: [] } }).repeat(100),
    comments: ': nothing\n'.repeat(1000),
    others: 'event: other\ndata: nothing\n\n'.repeat(300),
};

/* --- Over HTTP, of 2025: what it says by itself comes in a stream of its own ---------------- */

const sent = {}; // bytes of each stream that were taken

async function pour(name, response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const way of ['error', 'drain', 'close'])
        response.on(way, () => response.going?.());
    while (!response.destroyed) {
        sent[name] = (sent[name] ?? 0) + streams[name].length;
        if (response.write(streams[name]))
            await new Promise((done) => setImmediate(done));
        else
            await new Promise((done) => {
                response.going = done; // until it drains or is closed
            });
    }
}

const answers = {
    initialize: (name) => ({ protocolVersion: '2025-11-25', capabilities: { tools: { listChanged: true } }, serverInfo: { name, version: '1' } }),
    'tools/list': () => ({ tools: [{ name: 'get_it', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }] }),
    'tools/call': () => ({ content: [{ type: 'text', text: 'said' }] }),
};
const server = http.createServer((request, response) => {
    const name = request.url.slice(1);
    let body = '';

    if (request.method === 'GET')
        return void pour(name, response);
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
        const message = body ? JSON.parse(body) : {};
        const answer = answers[message.method];

        if (message.id === undefined || !message.method)
            return response.writeHead(202).end();
        if (!answer)
            return response.writeHead(404).end();
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(result(message, answer(name))));
    });
});

/* --- What it costs ------------------------------------------------------------------------- */

let person;
let base;

async function parts() {
    const { processes } = JSON.parse(await person.command('status', '--json'));

    return Object.fromEntries(processes.map(({ kind, pid }) => [kind, pid]));
}

// Milliseconds of a processor so far, at 100 ticks a second.
function spent(pid) {
    const words = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ');

    return (Number(words[11]) + Number(words[12])) * 10;
}

async function cost(kind, ms) {
    const pid = (await parts())[kind];
    const before = spent(pid);
    const from = Date.now();

    await sleep(ms);
    return (spent(pid) - before) / (Date.now() - from);
}

const logged = () => {
    const log = readFileSync(join(person.home, 'log/events.jsonl'));
    const end = log.indexOf(0); // What is prewritten is NULs.

    return end < 0 ? log.length : end;
};

before(async () => {
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    base = `http://127.0.0.1:${server.address().port}`;
    person = await Person.up();
    await person.terminal('sources', 'add', 'pipe', '--yes', '--', process.execPath, join(servers, 'echo.mjs'));
    writeFileSync(join(person.home, 'rules.yaml'), 'rules:\n  - name: all\n    match: "**"\n    verdict: allow\n    reason: a test\n');
    await person.terminal('policy', 'apply', join(person.home, 'rules.yaml'));
    assert.equal(await person.program('return await tools.pipe.echo({ a: 1 })'), '{"a":1}');
});

after(() => {
    person?.down();
    server.close();
    server.closeAllConnections();
});

// All at once. What they say at first is heard at full speed; then each has its pace.
async function talked(kind, names, add) {
    for (const name of names)
        await add(name);
    for (const from = Date.now(); await cost(kind, 2000) > 0.05 * names.length; )
        assert.ok(Date.now() - from < 60000, 'it does not come to rest');
    const before = logged();
    const share = await cost(kind, 5000);

    console.log(`${kind}: ${names.length} that never stop talking take ${(share * 100).toFixed(0)}% of a processor`);
    assert.ok(share < 0.05 * names.length, `${(share * 100).toFixed(0)}% of a processor`);
    assert.ok(logged() - before < 20000, `${logged() - before} bytes of log`);
    const from = Date.now();

    assert.equal(await person.program('return await tools.pipe.echo({ a: 1 })'), '{"a":1}');
    assert.ok(Date.now() - from < 5000, `another one took ${Date.now() - from} ms`);
    for (const name of names) {
        assert.equal((await person.source(`${kind === 'egress' ? 'p' : 'h'}_${name}`)).state, 'connected', name);
        assert.equal(await person.program(`return await tools.${kind === 'egress' ? 'p' : 'h'}_${name}.get_it({})`), 'said', name);
    }
}

test('pipes: whoever never stops talking costs little, and is still asked', async () => {
    await talked('egress', pipes, (name) => person.terminal('sources', 'add', `p_${name}`, '--yes', '--', process.execPath, join(servers, 'talkative.mjs'), name));
    for (const name of pipes)
        await person.terminal('sources', 'remove', `p_${name}`);
});

test('HTTP: whoever never stops talking costs little, and is still asked', async () => {
    await talked('egress-net', Object.keys(streams), (name) => person.terminal('sources', 'add', `h_${name}`, `${base}/${name}`, '--yes', '--kind', 'mcp_http', '--allow-host', '127.0.0.1'));
    for (const name of Object.keys(streams)) {
        assert.ok(sent[name] > 1 << 20, `${name}: only ${sent[name]} bytes were taken`);
        await person.terminal('sources', 'remove', `h_${name}`);
    }
});

/* --- What it writes into the log ------------------------------------------------------------ */

const addFlighty = (name, mode) => person.terminal('sources', 'add', name, '--yes', '--', process.execPath, join(servers, 'flighty.mjs'), join(person.home, name), mode);
const counted = (name, what) => readFileSync(join(person.home, name), 'utf8').split('\n').filter((one) => one === what).length;

test('what ends after each call, and offers something else after it, does not fill the log', async () => {
    await addFlighty('flighty', 'starts');
    const before = logged();
    const said = await person.program('let said = 0; for (let i = 0; i < 20; i++) said += (await tools.flighty.get_it({})) === "said"; return said');

    assert.equal(said, 20);
    assert.ok(counted('flighty', 'start') >= 20, `${counted('flighty', 'start')} starts`);
    console.log(`${counted('flighty', 'start')} other lists of 2 MB are ${((logged() - before) / (1 << 20)).toFixed(1)} MiB of log`);
    assert.ok(logged() - before < 20 << 20, `${logged() - before} bytes of log`);
    assert.match(readFileSync(join(person.home, 'log/events.jsonl'), 'latin1'), /it changes what it offers all the time/);
    await person.terminal('sources', 'remove', 'flighty');
});

test('what ends after each call and offers the same writes no list', async () => {
    await addFlighty('same', 'same');
    const before = logged();

    assert.equal(await person.program('let said = 0; for (let i = 0; i < 10; i++) said += (await tools.same.get_it({})) === "said"; return said'), 10);
    assert.ok(counted('same', 'start') >= 10);
    assert.ok(logged() - before < 100000, `${logged() - before} bytes of log`);
    await person.terminal('sources', 'remove', 'same');
});

test('a program that wants a source listed anew all the time has it listed now and then', async () => {
    await addFlighty('fresh', 'lists');
    const before = [logged(), counted('fresh', 'listing')];

    await person.program('for (let i = 0; i < 100; i++) { await tools.writ.sources.refresh({ name: "fresh" }); await new Promise((done) => setTimeout(done, 100)); }');
    assert.ok(counted('fresh', 'listing') - before[1] >= 2, 'it was not listed');
    assert.ok(counted('fresh', 'listing') - before[1] <= 5, `${counted('fresh', 'listing') - before[1]} listings`);
    assert.ok(logged() - before[0] < 11 << 20, `${logged() - before[0]} bytes of log`);
    await person.terminal('sources', 'remove', 'fresh');
});
