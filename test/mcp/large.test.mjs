// Results that are too large for a program to be given whole, and sources that a program asks for.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Writ } from './writ.mjs';

let writ;
before(() => { writ = Writ.up(); });
after(() => writ?.down());

function run(code) {
    return JSON.parse(writ.run('exec', '--json', '-e', code)).result;
}

test('a program is given the name and the beginning, and reads the rest in pages', () => {
    const handle = run('return await tools.t.big({ count: 20000 })');

    assert.match(handle.artifact, /^[0-9a-f]{64}$/);
    assert.match(handle.head, /^\{"items":\[/);
    const read = (more) => run(`return await tools.writ.results.read({ artifact: "${handle.artifact}", ${more} })`);
    const some = read('pointer: "/items", offset: 19998');
    assert.deepEqual(some.value.map(({ i }) => i), [19998, 19999]);
    assert.equal(some.total, 20000);
    assert.equal(some.next, null);
    assert.equal(read('pointer: "/items", limit: 5').next, 5);
    assert.equal(read('pointer: "/items/7/i"').value, 7);
    // All of it, page by page, inside one program.
    const all = run(`let text = ""; for (let offset = 0; offset !== null;) {
        const page = await tools.writ.results.read({ artifact: "${handle.artifact}", offset });
        text += page.text; offset = page.next; }
        return JSON.parse(text).items.length`);
    assert.equal(all, 20000);
});

test('a name that nobody was given is refused', () => {
    const code = run('return await tools.writ.results.read({ artifact: "a".repeat(64) }).catch((e) => e.code)');

    assert.equal(code, 'invalid');
});

// What a client reads of an answer: its value once, and little beside. 2 KB and 200 KB.
const META = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
const ask = (count, more) => ({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'execute',
    arguments: { code: `return await tools.t.big({ count: ${count} })` }, ...more } });
const hello = (protocolVersion) => ({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion, capabilities: {}, clientInfo: { name: 'c', version: '1' } } });

function once(bytes, count) {
    const { text } = JSON.parse(bytes).result.content[0];
    const spoken = JSON.stringify(text).length;

    assert.equal(JSON.parse(text).items.length, count);
    assert.ok(bytes.length < spoken + 400, `${bytes.length} bytes for a value of ${spoken}`);
}

for (const version of ['2024-11-05', '2025-06-18', '2025-11-25', '2026-07-28'])
    for (const count of [30, 3500])
        test(`${version}: a value of ${count} items crosses standard output and HTTP once`, async () => {
            const lines = writ.stdio();
            const modern = version === '2026-07-28';

            if (!modern)
                await lines.ask(hello(version));
            once(JSON.stringify(await lines.ask(ask(count, modern ? { _meta: META } : {}))), count);
            await lines.close();
            const send = (message, more) => fetch(writ.url, { method: 'POST', body: JSON.stringify(message), headers: writ.headers({
                'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': version, ...more }) });
            const session = modern ? { 'mcp-method': 'tools/call', 'mcp-name': 'execute' }
                : { 'mcp-session-id': (await send(hello(version))).headers.get('mcp-session-id') };
            const body = await (await send(ask(count, modern ? { _meta: META } : {}), session)).text();

            once(body.startsWith('{') ? body : body.match(/^data: (\{.*"result".*)$/m)[1], count);
        });
