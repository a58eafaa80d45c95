// What a stranger tries: answers of megabytes, what the token may not do, a flood at the door.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Writ } from './writ.mjs';

let writ;
before(() => { writ = Writ.up(); });
after(() => writ?.down());

const COUNT = 2500;
const asks = `await Promise.all(Array.from({ length: ${COUNT} }, (_, i) => tools.t.ask({ text: 'n' + i })))`;

async function api(method, path, body) {
    const response = await fetch(new URL(path, writ.url), {
        method,
        headers: writ.headers({ 'content-type': 'application/json' }),
        body: body && JSON.stringify(body),
    });

    return { status: response.status, body: await response.json() };
}

test('an inbox of more than a frame is read whole, and its execution is its owner\'s', async () => {
    const id = writ.run('exec', '--no-wait', '-e', asks).match(/exe_[a-z0-9]+/)[0];

    await writ.input(`n${COUNT - 1}`);
    const { inputs } = JSON.parse(writ.run('inbox', 'list', '--json'));
    assert.equal(inputs.length, COUNT);

    const heard = await api('GET', '/v1/inputs');
    assert.equal(heard.status, 200);
    assert.equal(heard.body.inputs.length, COUNT);

    const refused = await api('POST', `/v1/executions/${id}/cancel`, {});
    assert.equal(refused.status, 403);
    assert.match(refused.body.error.message, /somebody else's/);
    assert.deepEqual(writ.effects(), []);
});

test('the token answers nothing and widens nothing', async () => {
    const waits = await writ.input('n7"');
    const tries = [
        ['POST', `/v1/inputs/${waits.id}/answer`, { answer: 'approve' }],
        ['POST', '/v1/policy', { rules: [] }],
        ['POST', '/v1/sources', { name: 'mine', command: ['/bin/true'], secret_env: { X: 'y' } }],
        ['POST', '/v1/sources', { name: 'mine', command: ['/bin/true'], folder: '/tmp' }],
        ['DELETE', '/v1/sources/t'],
        ['POST', '/v1/shutdown', {}],
    ];

    for (const [method, path, body] of tries)
        assert.equal((await api(method, path, body)).status, 403, path);
    // Adding becomes a call that waits for a person: nothing is there, and nothing ran.
    const asked = await api('POST', '/v1/sources', { name: 'mine', command: ['/bin/true'] });

    assert.equal(asked.status, 202);
    assert.equal(asked.body.state, 'waiting', JSON.stringify(asked.body));
    assert.ok(!(await api('GET', '/v1/sources')).body.sources.some((source) => source.name === 'mine'));
    assert.deepEqual(writ.effects(), []);
});

test('refused requests do not fill the log', async () => {
    const before = readFileSync(`${writ.home}/log/events.jsonl`, 'latin1').split('request.refused').length;

    for (let i = 0; i < 200; i++)
        await fetch(writ.url, { method: 'POST', headers: { authorization: 'Bearer x' } }).then((r) => r.arrayBuffer());
    const now = readFileSync(`${writ.home}/log/events.jsonl`, 'latin1').split('request.refused').length;
    assert.ok(now - before <= 150, `${now - before} refusals were recorded`);
});
