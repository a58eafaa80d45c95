// What a source asks of a person during a call: through the inbox, through the agent's own client, and what no model gets.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Writ, binary, here } from './writ.mjs';

let writ;
before(() => { writ = Writ.up(join(here, 'asks.mjs')); });
after(() => writ?.down());

let programs = 0;

// A program that calls one tool, and is no other's; its answer is there when it ends, or waits.
function program(tool) {
    return new Promise((done) => {
        execFile(binary, ['exec', '-e', `return JSON.parse(await tools.t.${tool}()) // ${++programs}`], { env: writ.env, timeout: 60000 },
            (error, out, err) => done(error ? { error: `${out}${err}` } : JSON.parse(out)));
    });
}

function everyFile(folder) {
    return readdirSync(folder).flatMap((name) => {
        const path = join(folder, name);

        return statSync(path).isDirectory() ? everyFile(path) : statSync(path).isFile() ? [path] : [];
    });
}

// writ exec ends at once when it waits and nobody is there; the execution goes on.
async function ended(id) {
    for (;;) {
        const shown = JSON.parse(writ.run('log', 'show', id, '--json'));

        if (JSON.stringify(shown).includes('execution.ended'))
            return shown;
        await new Promise((done) => setTimeout(done, 50));
    }
}

test('a form waits in the inbox, is checked, and its defaults are filled in', async () => {
    const done = program('form');
    const input = await writ.input('Who signs?');

    assert.equal(input.kind, 'form');
    assert.match(input.title, /^the source t asks for t\.form: Who signs\?$/);
    assert.equal(input.detail.schema.properties.mail.format, 'email');
    assert.throws(() => writ.run('inbox', 'answer', input.id, 'submit', '{"name":"Mallory"}'), /person/);
    assert.throws(() => writ.atTerminal('inbox', 'answer', input.id, 'approve'), /submit or deny/);
    assert.throws(() => writ.atTerminal('inbox', 'answer', input.id, 'submit', '{"name":"A","mail":"x","odd":1}'),
        /name[^]*mail[^]*odd|odd[^]*name[^]*mail/);
    writ.atTerminal('inbox', 'answer', input.id, 'submit', '{"name":"Ann","mail":"ann@a.example"}');
    await done;
    await ended(input.execution);
    assert.equal(writ.effects().at(-1),
        'form {"action":"accept","content":{"name":"Ann","mail":"ann@a.example","copies":2}}');
});

test('a secret in an answer reaches the source and no record', async () => {
    const secret = `ghp_${'Zq7'.repeat(12)}`;
    const done = program('form');
    const input = await writ.input('Who signs?');

    writ.atTerminal('inbox', 'answer', input.id, 'submit', JSON.stringify({ name: secret }));
    await done;
    await ended(input.execution);
    assert.equal(JSON.parse(writ.effects().at(-1).slice(5)).content.name, secret);
    for (const file of everyFile(writ.home).filter((path) => path !== writ.counter && !/terminal-/.test(path)))
        assert.ok(!readFileSync(file).includes(secret), file);
});

test('a secret that does not open is no answer, also where it is named again in that call', async () => {
    const done = program('twice');

    for (const question of ['First?', 'Second?']) {
        const input = await writ.input(question);

        writ.atTerminal('inbox', 'answer', input.id, 'submit', `{"name":"{{secret:${'0a'.repeat(12)}}}"}`);
        await done;
        if (question === 'Second?')
            assert.match(JSON.stringify(await ended(input.execution)), /cancel[^]*cancel/);
    }
});

test('an address is shown whole, and no is told to the source', async () => {
    const done = program('address');
    const input = await writ.input('signin.example');

    assert.equal(input.kind, 'confirm');
    assert.equal(input.detail.url, 'https://signin.example/?a=1');
    writ.atTerminal('inbox', 'answer', input.id, 'deny');
    await done;
    assert.match(JSON.stringify(await ended(input.execution)), /decline/);
});

test('the agent\'s own client shows the form to its person', async () => {
    const client = new Client({ name: 'c', version: '1' }, { capabilities: { elicitation: { form: {} } } });
    let asked;

    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
        asked = params;
        return { action: 'accept', content: { name: 'Bob', how: 'post' } };
    });
    await client.connect(new StdioClientTransport({ command: binary, args: ['mcp'], env: writ.env }));
    const result = await client.callTool({ name: 'execute', arguments: { code: 'return JSON.parse(await tools.t.form())' } });

    assert.match(asked.message, /the source t asks for t\.form[^]*As it stands in the register/);
    assert.deepEqual(Object.keys(asked.requestedSchema.properties), ['name', 'mail', 'copies', 'how']);
    assert.deepEqual(JSON.parse(result.content[0].text),
        { action: 'accept', content: { name: 'Bob', how: 'post', copies: 2 } });
    await client.close();
});

test('a model is asked by nobody: the source hears so at once', async () => {
    assert.deepEqual(await program('model'), { code: -1 });
});
