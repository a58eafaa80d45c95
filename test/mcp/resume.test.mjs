// A stream of a session that breaks is taken up again where it broke, by hand and by the official clients.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { Writ, sleep } from './writ.mjs';

let writ;
before(() => { writ = Writ.up(); });
after(() => writ?.down());

const info = { name: 'test', version: '1' };
const program = (name) => `const pause = () => new Promise((done) => setTimeout(done, 300));
    for (let i = 1; i <= 3; i++) { emit('step ' + i); await pause(); }
    return await tools.t.put({ text: ${JSON.stringify(name)} });`;

function ask(method, headers, body, signal) {
    return fetch(writ.url, { method, signal, body: body && JSON.stringify(body), headers: { ...writ.headers(),
        'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers } });
}

async function session(version) {
    const answer = await ask('POST', {}, { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: version,
        capabilities: {}, clientInfo: info } });

    return { 'mcp-session-id': answer.headers.get('mcp-session-id'), 'mcp-protocol-version': version };
}

// Events of a stream; reads until the end, or until so many with an id came, and then cuts.
async function events(method, headers, body, most = Infinity) {
    const cut = new AbortController();
    const answer = await ask(method, headers, body, cut.signal);
    const found = [];
    let text = '';

    assert.equal(answer.status, 200, answer.status === 200 ? '' : await answer.text());
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
        text += part;
        for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
            const field = (name) => text.slice(0, end).split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);

            if (field('id'))
                found.push({ id: field('id'), data: field('data') && JSON.parse(field('data')) });
        }
        if (found.length >= most) {
            cut.abort();
            break;
        }
    }
    return found;
}

for (const version of ['2025-06-18', '2025-11-25'])
    test(`${version}: cut after every event, taken up again each time: nothing is missed, nothing comes twice`, async () => {
        const headers = await session(version);
        const call = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'execute',
            arguments: { code: program(version) }, _meta: { progressToken: 'p' } } };
        const all = await events('POST', headers, call, 1);

        for (let tries = 0; tries < 20 && !all.some(({ data }) => data?.id === 7); tries++)
            all.push(...await events('GET', { ...headers, 'last-event-id': all.at(-1).id }, undefined, 1));
        assert.equal(new Set(all.map(({ id }) => id)).size, all.length, JSON.stringify(all));
        assert.deepEqual(all.filter(({ data }) => data?.method === 'notifications/progress').map(({ data }) => data.params.message),
            ['step 1', 'step 2', 'step 3']);
        assert.equal(all.at(-1).data.result.content[0].text, version);
        assert.deepEqual(writ.effects().filter((effect) => effect === `put ${version}`).length, 1);
        // From the first: the same again, until it is forgotten.
        const again = await events('GET', { ...headers, 'last-event-id': all[0].id.replace(/-.*/, '-0') });
        assert.deepEqual(again, all.filter(({ data }) => data));

        assert.equal((await ask('DELETE', headers)).status, 204);
        assert.equal((await ask('GET', { ...headers, 'last-event-id': all[0].id })).status, 404);
    });

test('nobody else takes it up, and without Last-Event-ID there is nothing to get', async () => {
    const headers = await session('2025-11-25');
    const [first] = await events('POST', headers, { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'execute',
        arguments: { code: program('mine') }, _meta: { progressToken: 'p' } } }, 1);
    const other = await session('2025-11-25');

    assert.equal((await ask('GET', { ...other, 'last-event-id': first.id })).status, 400);
    assert.equal((await ask('GET', headers)).status, 405);
});

// The client's own fetch, whose first stream breaks after its first piece.
function breaking(state) {
    return async (url, init) => {
        const answer = await fetch(url, init);

        if (state.broken || !answer.headers.get('content-type')?.startsWith('text/event-stream'))
            return answer;
        state.broken = true;
        const reader = answer.body.getReader();
        return new Response(new ReadableStream({
            async pull(controller) {
                if (state.cut) {
                    void reader.cancel();
                    controller.error(new Error('cut'));
                    return;
                }
                controller.enqueue((await reader.read()).value);
                state.cut = true;
                await sleep(50);
            },
        }), { status: 200, headers: answer.headers });
    };
}

for (const [name, make, Http] of [
    ['1.x', () => new Client1(info), Http1],
    ['2.x, legacy', () => new Client2(info, { versionNegotiation: { mode: 'legacy' } }), Http2]])
    test(`${name}: the official client takes it up by itself and has its answer`, async () => {
        const state = {};
        const client = make();
        const steps = [];
        const reconnectionOptions = { initialReconnectionDelay: 50, maxReconnectionDelay: 500, reconnectionDelayGrowFactor: 1, maxRetries: 5 };

        client.onerror = () => {};
        await client.connect(new Http(writ.url, { requestInit: { headers: writ.headers() }, fetch: breaking(state), reconnectionOptions }));
        const params = { name: 'execute', arguments: { code: program(name) } };
        const options = { onprogress: ({ message }) => steps.push(message) };
        const result = Http === Http1 ? await client.callTool(params, undefined, options) : await client.callTool(params, options);

        assert.ok(state.cut);
        assert.equal(result.content[0].text, name);
        assert.deepEqual(steps, ['step 1', 'step 2', 'step 3']);
        await client.close();
    });
