// What a source asks of a model: it reaches the client of the agent whose program called, in both eras on both sides, and nobody else.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { Writ, binary, here } from './writ.mjs';

let writ;
before(() => {
    writ = Writ.up(join(here, 'models.mjs'));
    writ.atTerminal('sources', 'add', 'm', '--yes', '--', process.execPath, join(here, 'models-modern.mjs'));
});
after(() => writ?.down());

const cat = { role: 'assistant', model: 'test-1', content: { type: 'text', text: 'Rex' }, stopReason: 'endTurn' };
const asked = [];

async function older(answer) {
    const client = new Client1({ name: 'c', version: '1' }, { capabilities: answer ? { sampling: {} } : {} });

    if (answer)
        client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
            asked.push(params);
            return answer(params);
        });
    await client.connect(new Stdio1({ command: binary, args: ['mcp'], env: writ.env }));
    return client;
}

async function newer(answer) {
    const client = new Client2({ name: 'c', version: '2' }, { capabilities: { sampling: {} }, versionNegotiation: { mode: 'auto' } });

    client.setRequestHandler('sampling/createMessage', ({ params }) => {
        asked.push(params);
        return answer(params);
    });
    await client.connect(new Http2(writ.url, { requestInit: { headers: writ.headers() } }));
    return client;
}

async function run(client, code) {
    const result = await client.callTool({ name: 'execute', arguments: { code } });

    assert.ok(!result.isError, JSON.stringify(result));
    return JSON.parse(result.content[0].text);
}

for (const [kind, open] of Object.entries({ older, newer })) {
    test(`${kind} client: an older source's question is answered, without what is not the source's`, async () => {
        const client = await open(() => cat);

        asked.length = 0;
        assert.deepEqual(await run(client, `return JSON.parse(await tools.t.name()) // ${kind}`), cat);
        assert.equal(asked.length, 1);
        assert.equal(asked[0].systemPrompt, 'Be brief.');
        assert.equal(asked[0].includeContext, undefined);
        if (kind === 'older') // The newer client keeps _meta to itself.
            assert.match(asked[0]._meta['writ/asks'], /^the source t asks the model for t\.name: Name this cat\./);
        await client.close();
    });

    test(`${kind} client: a newer source's question is answered`, async () => {
        const client = await open(() => cat);

        asked.length = 0;
        assert.deepEqual(await run(client, `return JSON.parse(await tools.m.name()) // ${kind}`), cat);
        assert.equal(asked[0].messages[0].content.text, 'Name this cat.');
        await client.close();
    });
}

test('pictures reach the model, and come back from it', async () => {
    const picture = (seed) => ({ type: 'image', mimeType: 'image/png', data: Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * seed) & 255)).toString('base64') });

    for (const [kind, open] of Object.entries({ older, newer })) {
        const drawn = { role: 'assistant', model: 'test-1', content: picture(11), stopReason: 'endTurn' };
        const client = await open(() => drawn);

        asked.length = 0;
        assert.deepEqual(await run(client, `return JSON.parse(await tools.t.see()) // ${kind}`), drawn);
        assert.deepEqual(asked[0].messages[0].content, picture(7));
        assert.equal(asked[0].messages[1].content.text, 'What is it?');
        await client.close();
    }
});

test('a no is told to the source, with the reason', async () => {
    const client = await older(() => { throw new Error('no budget'); });
    const said = await run(client, 'return JSON.parse(await tools.t.name()) // no');

    assert.match(said.message, /no budget/);
    assert.match((await run(client, 'return { said: await tools.m.name().catch((e) => e.message) }')).said, /no budget/);
    await client.close();
});

test('a source that was greeted and used before there was a model may ask the one that comes', async () => {
    const rules = join(writ.home, 'rules.yaml');

    writeFileSync(rules, `${readFileSync(rules, 'utf8')}  - name: early\n    match: early.**\n    verdict: allow\n    reason: a test\n`);
    writ.atTerminal('policy', 'apply', rules);
    writ.atTerminal('sources', 'add', 'early', '--yes', '--', process.execPath, join(here, 'models.mjs'), writ.counter);
    const able = JSON.parse(writ.run('exec', '--json', '-e', 'return JSON.parse(await tools.early.able())')).result;

    assert.deepEqual(able, {});
    const client = await older(() => cat);

    assert.deepEqual(await run(client, 'return JSON.parse(await tools.early.name())'), cat);
    await client.close();
});

test('where nobody has a model the source hears so, and no person is asked', async () => {
    const client = await older();
    const said = await run(client, 'return JSON.parse(await tools.t.name()) // none');

    assert.match(said.message, /no model/);
    assert.match((await run(client, 'return { said: await tools.m.name().catch((e) => e.message) }')).said, /no model|capabilit/);
    assert.deepEqual(JSON.parse(writ.run('inbox', 'list', '--json')).inputs, []);
    await client.close();
});

test('a secret in what the source asks reaches no model', async () => {
    const client = await older(() => cat);

    asked.length = 0;
    await run(client, 'return JSON.parse(await tools.t.secret())');
    assert.match(asked[0].messages[0].content.text, /^The key is \{\{secret:/);
    await client.close();
});

test('who asked and which model answered is recorded', () => {
    const { executions } = JSON.parse(writ.run('log', '--json'));
    const log = executions.map(({ id }) => writ.run('log', 'show', id, '--json')).join('');

    assert.match(log, /"kind":\s*"model"/);
    assert.match(log, /"via":\s*"sampling"/);
    assert.match(log, /test-1/);
    assert.ok(!log.includes('Kq4Kq4'));
});
