// Clients that cannot be asked: WAITING and resume; a client that goes away and comes back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Writ, sleep } from './writ.mjs';

let writ;
before(() => { writ = Writ.up(); });
after(() => writ?.down());

function hello(version) {
    return { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: version, capabilities: {} } };
}

function execute(id, code, more = {}) {
    return { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'execute', arguments: { code }, ...more } };
}

function resume(id, execution) {
    return { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'resume', arguments: { execution } } };
}

test('WAITING after half a minute, then resume gives the result', { timeout: 90000 }, async () => {
    const lines = writ.stdio();

    await lines.ask(hello('2025-11-25'));
    const waiting = (await lines.ask(execute(1, 'return await tools.t.ask({ text: "later" })'))).result;

    assert.match(waiting.content[0].text, /^WAITING for a person:\n- .*\(inp_[0-9a-z]{26}\)\nExecution exe_/);
    assert.equal(waiting.structuredContent.state, 'waiting');
    assert.ok(!writ.effects().includes('ask later'));
    const running = lines.ask(resume(2, waiting.structuredContent.execution));

    writ.atTerminal('inbox', 'answer', waiting.structuredContent.inputs[0].id, 'approve');
    assert.equal((await running).result.content[0].text, 'later');
    assert.equal(writ.effects().filter((effect) => effect === 'ask later').length, 1);
    assert.equal(await lines.close(), 0);
});

test('resume of what is not there', async () => {
    const lines = writ.stdio();

    await lines.ask(hello('2025-11-25'));
    const answer = await lines.ask(resume(1, `exe_${'0'.repeat(26)}`));

    assert.equal(answer.result.isError, true);
    assert.match(answer.result.content[0].text, /^invalid: /);
    await lines.close();
});

test('an older client that goes away: its program goes on, and the same program attaches', async () => {
    const code = 'await tools.t.slow({ text: "gone 1", ms: 300 }); return await tools.t.put({ text: "gone 2" })';
    let lines = writ.stdio();

    await lines.ask(hello('2025-11-25'));
    lines.send(execute(1, code));
    await sleep(100);
    await lines.close();
    await sleep(800);
    assert.ok(writ.effects().includes('put gone 2'));
    lines = writ.stdio();
    await lines.ask(hello('2025-11-25'));
    assert.equal((await lines.ask(execute(1, code))).result.content[0].text, 'gone 2');
    assert.equal(writ.effects().filter((effect) => effect.endsWith('gone 2')).length, 1);
    await lines.close();
});

test('a client of 2026-07-28 that goes away: no further call starts', async () => {
    const meta = {
        _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
        },
    };
    const lines = writ.stdio();

    lines.send(execute(1, 'await tools.t.slow({ text: "left 1", ms: 1500 }); return await tools.t.put({ text: "left 2" })',
        meta));
    await sleep(700);
    await lines.close();
    await sleep(2500);
    assert.ok(writ.effects().includes('slow left 1')); // it was sent: it is awaited
    assert.ok(!writ.effects().includes('put left 2'));
});

test('a daemon that is restarted in between: requestState still opens the execution', { timeout: 60000 }, async () => {
    const meta = {
        _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
        },
    };
    const code = 'return await tools.t.ask({ text: "restarted" })';
    let lines = writ.stdio();
    const asked = (await lines.ask(execute(1, code, meta))).result;
    const [input] = Object.keys(asked.inputRequests);

    assert.equal(asked.resultType, 'input_required');
    await lines.close();
    writ.atTerminal('down');
    writ.run('up');
    lines = writ.stdio();
    const answer = await lines.ask(execute(2, code, {
        ...meta,
        requestState: asked.requestState,
        inputResponses: { [input]: { action: 'accept', content: { decision: 'approve' } } },
    }));

    assert.equal(answer.result?.content[0].text, 'restarted', JSON.stringify(answer));
    assert.equal(writ.effects().filter((effect) => effect === 'ask restarted').length, 1);
    await lines.close();
});
