// Several connections to one source, through the real program: one set of definitions, and each account its own place and credential.
// Every server notes what it was sent, so that a credential that went astray would be seen.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Person } from './person.mjs';
import { binary, holding } from './writ.mjs';

const planted = { home: 'planted-home-0001', work: 'planted-work-0002', third: 'planted-third-0003',
    far: 'planted-far-0004', away: 'planted-away-0005', one: 'planted-one-0006', two: 'planted-two-0007' };
const seen = { home: [], work: [] }; // by server: what it was sent as a key
const greeted = { far: [], away: [] };
const servers = [];
let person;
let ports;

const listen = (handler) => new Promise((done) => {
    const server = http.createServer(handler);

    servers.push(server);
    server.listen(0, '127.0.0.1', () => done(server.address().port));
});

const account = (name) => (request, response) => {
    seen[name].push(request.headers['x-key']);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ account: name, said: new URL(request.url, 'http://x').searchParams.get('q'),
        token: name === 'home' && `ghp_${'a1B2'.repeat(9)}` }));
};

const mcp = (name) => (request, response) => {
    let body = '';

    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
        greeted[name].push(request.headers.authorization);
        if (request.headers.authorization !== `Bearer ${planted[name]}`) {
            response.writeHead(401).end();
            return;
        }
        const { id, method, params } = body ? JSON.parse(body) : {};
        const result = {
            initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name, version: '1' } },
            'tools/list': { tools: [{ name: 'peek', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
                ...(name === 'away' ? [{ name: 'more', inputSchema: { type: 'object' } }] : [])] },
            'tools/call': { content: [{ type: 'text', text: `from ${name}` }] },
        }[method];

        if (request.method !== 'POST' || id === undefined) {
            response.writeHead(request.method === 'POST' ? 202 : 405).end();
            return;
        }
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'no' } }) }));
    });
};

const document = (port, more = '') => `
openapi: 3.0.3
info: { title: Accounts, version: "1" }
servers: [{ url: "http://127.0.0.1:${port}" }]
paths:
  /me: { get: { operationId: me, security: [{ key: [] }], parameters: [{ name: q, in: query, schema: { type: string } }],
    responses: { "200": { description: ok } } } }
  /gone: { delete: { operationId: drop, security: [{ key: [] }], responses: { "200": { description: ok } } } }
${more}
components: { securitySchemes: { key: { type: apiKey, in: header, name: X-Key } } }
`;

// A command that tells which account it was started for, and that speaks MCP.
const child = `
const lines = require('node:readline').createInterface({ input: process.stdin });
lines.on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    const result = {
        initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
        'tools/list': { tools: [{ name: 'who', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }] },
        'tools/call': { content: [{ type: 'text', text: [process.env.ACCOUNT_KEY.slice(0, 11), process.env.REGION, process.env.LEVEL].join(' ') }] },
    }[method];
    if (id !== undefined)
        console.log(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'no' } }) }));
});`;

const execute = promisify(execFile);

// The execution as it ended, also where its program failed.
async function program(code) {
    return JSON.parse(await execute(binary, ['exec', '--json', '-e', code], { env: person.writ.env, encoding: 'utf8', timeout: 40000 })
        .then((done) => done.stdout, (error) => error.stdout));
}

// Typed where nobody sees it.
async function auth(value, ...words) {
    const { done, out } = person.writ.beginTyping(value, 'sources', 'auth', ...words);

    for (const from = Date.now(); !statSync(done, { throwIfNoEntry: false }); await new Promise((again) => setTimeout(again, 20)))
        assert.ok(Date.now() - from < 40000, 'no end');
    assert.equal(readFileSync(done, 'utf8').trim(), '0', readFileSync(out, 'utf8'));
}

before(async () => {
    ports = { home: await listen(account('home')), work: await listen(account('work')),
        far: await listen(mcp('far')), away: await listen(mcp('away')) };
    person = await Person.up();
    writeFileSync(join(person.home, 'hub.yaml'), document(ports.home));
    await person.terminal('sources', 'add', 'hub', join(person.home, 'hub.yaml'), '--allow-host', '127.0.0.1', '--yes');
    await auth(planted.home, 'hub');
});

after(() => {
    for (const server of servers) {
        server.closeAllConnections();
        server.close();
    }
    person.down();
});

test('a connection has the definitions and the approvals of its source, and none of its credentials', async () => {
    const said = await person.terminal('sources', 'add', 'hub@work', '--base-url', `http://127.0.0.1:${ports.work}`,
        '--allow-host', '127.0.0.1');

    assert.match(said, /hub@work offers what was approved of hub: 2 tools/);
    const shown = await person.source('hub@work');

    assert.deepEqual([shown.state, shown.waiting_count, shown.digest], ['connected', 0, (await person.source('hub')).digest]);
    const { error } = await program('return await tools["hub@work"].me({})');

    assert.equal(error.code, 'auth_required');
    assert.match(error.message, /writ sources auth hub@work key/);
    assert.deepEqual(seen, { home: [], work: [] }); // nothing was sent, to neither
});

test('each is sent its own, at its own place', async () => {
    await auth(planted.work, 'hub@work', 'key');
    const { result } = await program('return [await tools.hub.me({}), await tools["hub@work"].me({}), await tools.hub.me({})]');

    assert.deepEqual(result.map((one) => one.account), ['home', 'work', 'home']);
    assert.deepEqual(seen, { home: [planted.home, planted.home], work: [planted.work] });
    const { schemes } = await person.source('hub@work');

    assert.equal(schemes[0].bound, `http://127.0.0.1:${ports.work}`);
});

test('two accounts at one place are two', async () => {
    await person.terminal('sources', 'add', 'hub@third');
    assert.equal((await program('return await tools["hub@third"].me({})')).error.code, 'auth_required');
    await auth(planted.third, 'hub@third', 'key');
    seen.home.length = 0;
    await program('return [await tools["hub@third"].me({}), await tools.hub.me({})]');
    assert.deepEqual(seen.home, [planted.third, planted.home]);
});

test('a secret that one said is put back into no call of another', async () => {
    const { result } = await program(`const { token } = await tools.hub.me({});
        const lent = await tools["hub@work"].me({ q: token }).catch((error) => error.message);
        return [token, (await tools.hub.me({ q: token })).said, lent];`);

    assert.match(result[0], /^\{\{secret:/);
    assert.equal(result[1], result[0]); // which its own source was sent as it is, and said back
    assert.ok(!JSON.stringify(result[2]).includes('ghp_'), JSON.stringify(result[2]));
    assert.deepEqual(holding(person.home, 'ghp_a1B2'), []);
});

test('a rule on the source is a rule on every connection, and one on a connection is its own', async () => {
    writeFileSync(join(person.home, 'rules.yaml'), `rules:
  - { name: none, match: hub.drop, verdict: deny, reason: nobody drops }
  - { name: work, match: "hub@work.**", verdict: allow, reason: a playground }
`);
    await person.terminal('policy', 'apply', join(person.home, 'rules.yaml'));
    assert.equal((await program('return await tools["hub@work"].drop({})')).error.code, 'refused');
    assert.equal((await program('return await tools["hub@third"].drop({})')).error.code, 'refused');
    assert.match(await person.command('policy', 'why', 'hub@work.me'), /hub@work\.me/);
    assert.doesNotMatch(await person.command('policy', 'why', 'hub@third.me'), /playground/);
});

test('it is found, described, listed and recorded by its own name', async () => {
    const { result } = await program(`return [await tools.describe("hub@work.me"), (await tools.search("me")).items.map((one) => one.address),
        (await tools.sources()).map((one) => one.name)]`);

    assert.match(result[0], /tools\["hub@work"\]\.me/);
    assert.ok(['hub.me', 'hub@work.me', 'hub@third.me'].every((name) => result[1].includes(name)), result[1]);
    assert.deepEqual(result[2], ['hub', 'hub@work', 'hub@third']);
    await program('return await tools["hub@work"].me({})');
    assert.match(await person.command('log', 'show', 'last'), /hub@work\.me/);
    assert.match(await person.command('audit', 'export'), /call\.received.*"address":"hub@work\.me"/);
    const list = await person.command('sources', 'list');

    assert.match(list, /^hub +connected.*\nhub@work +connected.*\nhub@third +connected/m);
    const call = JSON.parse(await person.command('tools', 'call', 'hub@work.me', '{"q":"x"}', '--json'));

    assert.equal(call.result.account, 'work');
});

test('it is there after a restart', async () => {
    await person.terminal('down');
    seen.home.length = seen.work.length = 0;
    await program('return [await tools["hub@work"].me({}), await tools.hub.me({})]');
    assert.deepEqual(seen, { home: [planted.home], work: [planted.work] });
});

test('a document that is read again is read for all, and an approval of its source is one for all', async () => {
    writeFileSync(join(person.home, 'hub.yaml'), document(ports.home, `  /new: { get: { operationId: fresh, security: [{ key: [] }],
    responses: { "200": { description: ok } } } }`));
    await person.terminal('sources', 'refresh', 'hub@work');
    for (const name of ['hub', 'hub@work', 'hub@third'])
        assert.deepEqual([(await person.source(name)).tools_count, (await person.source(name)).waiting_count], [3, 1], name);
    assert.equal((await program('return await tools["hub@work"].fresh({})')).error.code, 'refused');
    await assert.rejects(person.terminal('sources', 'approve', 'hub', 'me', '--effect', 'fresh=write', '--yes'),
        /hub\.fresh waits[^]*name it too/);
    await person.terminal('sources', 'approve', 'hub', '--yes');
    assert.equal((await program('return await tools["hub@work"].fresh({})')).result.account, 'work');
    assert.equal((await person.source('hub@third')).waiting_count, 0);
    await person.terminal('sources', 'reject', 'hub', 'fresh');
    await assert.rejects(person.terminal('sources', 'approve', 'hub', '--effect', 'fresh=write', '--yes'),
        /hub\.fresh was rejected[^]*name it too/);
    assert.equal((await program('return await tools["hub@work"].fresh({})')).error.code, 'refused');
});

test('what is said of one tool of the source is no word of another, and a rejection is taken back for all', async () => {
    await person.terminal('sources', 'approve', 'hub@work', 'fresh', '--yes');
    assert.equal((await program('return await tools["hub@work"].fresh({})')).result.account, 'work');
    await person.terminal('sources', 'reject', 'hub', 'me');
    assert.equal((await program('return await tools["hub@work"].me({})')).error.code, 'refused');
    assert.equal((await program('return await tools["hub@work"].fresh({})')).result.account, 'work');
    await person.terminal('sources', 'approve', 'hub', 'me', '--yes');
    assert.equal((await program('return await tools["hub@work"].me({})')).result.account, 'work');
    assert.equal((await program('return await tools["hub@work"].fresh({})')).result.account, 'work');
});

test('an MCP server of another account has its own address and token; what only it offers waits', async () => {
    const rejected = (...words) => assert.rejects(person.terminal(...words), /auth_required[^]*writ sources auth/);

    await rejected('sources', 'add', 'srv', `http://127.0.0.1:${ports.far}/mcp`, '--kind', 'mcp_http', '--allow-host', '127.0.0.1', '--yes');
    await auth(planted.far, 'srv');
    await person.terminal('sources', 'approve', 'srv', '--yes');
    await rejected('sources', 'add', 'srv@away', `http://127.0.0.1:${ports.away}/mcp`, '--allow-host', '127.0.0.1', '--yes');
    await auth(planted.away, 'srv@away');
    const { result } = await program('return [await tools.srv.peek({}), await tools["srv@away"].peek({}), await tools["srv@away"].more({}).catch((e) => e.code)]');

    assert.deepEqual(result, ['from far', 'from away', 'refused']);
    assert.deepEqual([...new Set(greeted.far)], [undefined, `Bearer ${planted.far}`]);
    assert.deepEqual([...new Set(greeted.away)], [undefined, `Bearer ${planted.away}`]);
    assert.equal((await person.source('srv@away')).waiting_count, 1);
});

test('a command runs once more, with its own environment: what is no secret is as of the first', async () => {
    await person.terminal('sources', 'add', 'cmd', '--secret-env', `ACCOUNT_KEY=${planted.one}`, '--env', 'REGION=north', '--env', 'LEVEL=1',
        '--yes', '--', process.execPath, '-e', child);
    await assert.rejects(person.command('sources', 'add', 'cmd@two', '--yes'), /ACCOUNT_KEY has no value/);
    const said = await person.terminal('sources', 'add', 'cmd@two', '--secret-env', `ACCOUNT_KEY=${planted.two}`, '--env', 'LEVEL=2', '--yes');

    assert.match(said, /REGION=north/);
    assert.doesNotMatch(said, /LEVEL=1/);
    const { result } = await program('return [await tools.cmd.who({}), await tools["cmd@two"].who({})]');

    assert.deepEqual(result, ['planted-one north 1', 'planted-two north 2']);
});

test('who is asked for one by a program sees what it has of the first, and where it runs', async () => {
    await assert.rejects(person.command('exec', '-e', 'await tools.writ.sources.add({ name: "cmd@three", env: { ACCOUNT_KEY: "three" } })'));
    const [input] = JSON.parse(await person.command('inbox', 'list', '--json')).inputs;

    assert.ok(input.title.includes(`, in the folder ${JSON.stringify(process.cwd())}, with the environment "REGION"="north" "LEVEL"="1"`), input.title);
    await person.terminal('inbox', 'answer', input.id, 'deny');
});

test('what cannot be is said, with a way out', async () => {
    const refused = (why, ...words) => assert.rejects(person.terminal('sources', 'add', ...words, '--yes'), why);

    await refused(/no source none/, 'none@work');
    await refused(/there already/, 'hub@work');
    await refused(/NAME@CONNECTION/, 'hub@w.rk');
    await refused(/--base-url/, 'hub@url', 'https://hub.example/');
    await refused(/kind of its first/, 'cmd@url', 'https://hub.example/mcp');
    await refused(/kind of the first/, 'hub@kind', '--kind', 'graphql');
});

test('one goes alone; with its source go all, which is said', async () => {
    await person.terminal('sources', 'remove', 'hub@third');
    assert.deepEqual((await person.source('hub')).connections, ['hub@work']);
    await assert.rejects(person.command('sources', 'remove', 'hub'), /hub@work/);
    assert.match(await person.terminal('sources', 'remove', 'hub', '--yes'), /hub is removed, and with it hub@work/);
    assert.deepEqual(JSON.parse(await person.command('sources', 'list', '--json')).sources.map((one) => one.name),
        ['srv', 'srv@away', 'cmd', 'cmd@two']);
});

test('no credential stands in any file, and the chain holds', async () => {
    for (const [name, value] of Object.entries(planted))
        assert.deepEqual(holding(person.home, value), [], name);
    assert.match(await person.command('audit', 'verify'), /the chain holds/);
});
