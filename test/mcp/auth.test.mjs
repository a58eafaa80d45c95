// What lets a source be used, through the real program: typed by a person, sealed, sent where it belongs and nowhere else.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import http from 'node:http';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Writ, binary, holding, sleep } from './writ.mjs';

// None has a shape that anybody knows: they are found only where they stand.
const planted = {
    key: 'planted-alpha-0001', other: 'planted-alpha-0002', query: 'planted beta&0003', cookie: 'planted-gamma-0004',
    basic: 'someone:planted-delta-0005', bearer: 'planted-epsilon-0006', oauth: 'planted-zeta-0007', mcp: 'planted-eta-0008',
};
const seen = []; // requests of the source
const strayed = []; // requests of the place that it redirects to
let writ;
let server;
let stranger;
let status = 200;

function answer(request, response) {
    seen.push({ url: request.url, headers: request.headers });
    response.setHeader('content-type', 'application/json');
    if (request.url.startsWith('/moved')) {
        response.writeHead(302, { location: `http://127.0.0.1:${stranger.address().port}/stolen` });
        response.end();
        return;
    }
    response.statusCode = status;
    response.end(JSON.stringify({ you: request.headers, url: request.url }));
}

const operation = (id, security) => `{ get: { operationId: ${id}, security: ${security},
      responses: { "200": { description: ok } } } }`;

const document = (port) => `
openapi: 3.0.3
info: { title: Doors, version: "1" }
servers: [{ url: "http://127.0.0.1:${port}" }]
paths:
  /key: ${operation('key', '[{ header_key: [] }]')}
  /query: ${operation('query', '[{ query_key: [] }]')}
  /cookie: ${operation('cookie', '[{ cookie_key: [] }]')}
  /basic: ${operation('basic', '[{ pair: [] }]')}
  /bearer: ${operation('bearer', '[{ token: [] }]')}
  /oauth: ${operation('oauth', '[{ consent: [read] }]')}
  /both: ${operation('both', '[{ token: [], never: [] }, { header_key: [] }]')}
  /open: ${operation('open', '[]')}
  /moved: ${operation('moved', '[{ header_key: [] }]')}
components:
  securitySchemes:
    header_key: { type: apiKey, in: header, name: X-Key }
    query_key: { type: apiKey, in: query, name: key }
    cookie_key: { type: apiKey, in: cookie, name: session }
    pair: { type: http, scheme: basic }
    token: { type: http, scheme: bearer }
    never: { type: apiKey, in: header, name: X-Never }
    consent: { type: oauth2, flows: { implicit: { authorizationUrl: "https://a.example/auth", scopes: { read: r } } } }
`;

const execute = promisify(execFile);

async function program(code) {
    const options = { env: writ.env, encoding: 'utf8', timeout: 30000 };

    return JSON.parse(await execute(binary, ['exec', '--json', '-e', code], options)
        .then((done) => done.stdout, (error) => error.stdout));
}

const call = (name) => program(`return await tools.doors.${name}({})`);
const shown = (name) => JSON.parse(writ.run('sources', 'show', name, '--json'));
const auth = (value, ...words) => writ.type(value, 'sources', 'auth', ...words);

// Waits for the end of a command that asks a server of this process.
async function served(begun) {
    while (!existsSync(begun.done))
        await sleep(20);
    return writ.wait(begun, ['it']);
}

before(async () => {
    server = http.createServer(answer);
    stranger = http.createServer((request, response) => {
        strayed.push({ url: request.url, headers: request.headers });
        response.end('{}');
    });
    for (const one of [server, stranger])
        await new Promise((done) => one.listen(0, '127.0.0.1', done));
    writ = new Writ();
    writ.run('up');
    const file = join(writ.home, 'doors.yaml');

    writeFileSync(file, document(server.address().port));
    writ.atTerminal('sources', 'add', 'doors', file, '--allow-host', '127.0.0.1', '--yes');
});

after(() => {
    server.close();
    stranger.close();
    writ.down();
});

test('without a credential nothing is sent, and what to type is said', async () => {
    const { error } = await call('key');

    assert.equal(error.code, 'auth_required');
    assert.match(error.message, /"header_key" \(apiKey\).*writ sources auth doors header_key/);
    assert.equal(seen.length, 0);
    assert.equal(shown('doors').state, 'auth_required');
    assert.match(shown('doors').reason, /header_key/);
});

test('what asks for none is not in its way', async () => {
    assert.equal((await call('open')).state, 'done');
    assert.equal(shown('doors').state, 'connected');
});

test('a value is typed where nobody sees it, and goes where its scheme says', async () => {
    const said = auth(planted.key, 'doors', 'header_key');
    const { result } = await call('key');

    assert.ok(!said.includes(planted.key), said);
    assert.equal(seen.at(-1).headers['x-key'], planted.key);
    assert.match(result.you['x-key'], /^\{\{secret:/); // what the source says back is replaced
});

test('each kind of scheme has its place', async () => {
    auth(planted.query, 'doors', 'query_key');
    auth(planted.cookie, 'doors', 'cookie_key');
    auth(planted.basic, 'doors', 'pair');
    auth(planted.bearer, 'doors', 'token');
    auth(planted.oauth, 'doors', 'consent');
    for (const name of ['query', 'cookie', 'basic', 'bearer', 'oauth'])
        assert.equal((await call(name)).state, 'done', name);
    const last = Object.fromEntries(seen.map((one) => [one.url.split('?')[0], one]));

    assert.equal(last['/query'].url, '/query?key=planted%20beta%260003');
    assert.equal(last['/cookie'].headers.cookie, `session=${planted.cookie}`);
    assert.equal(last['/basic'].headers.authorization, `Basic ${Buffer.from(planted.basic).toString('base64')}`);
    assert.equal(last['/bearer'].headers.authorization, `Bearer ${planted.bearer}`);
    assert.equal(last['/oauth'].headers.authorization, `Bearer ${planted.oauth}`);
});

test('of several ways the one that is whole is taken', async () => {
    await call('both');
    assert.equal(seen.at(-1).headers['x-key'], planted.key);
    assert.equal(seen.at(-1).headers.authorization, undefined);
});

test('which schemes have a value is shown, and for where; the value is not', () => {
    const { schemes } = shown('doors');
    const of = Object.fromEntries(schemes.map((one) => [one.scheme, one]));

    assert.deepEqual([of.header_key.given, of.never.given], [true, false]);
    assert.equal(of.header_key.bound, `http://127.0.0.1:${server.address().port}`);
    assert.match(writ.run('sources', 'show', 'doors'), /header_key \(apiKey in header X-Key\): given/);
});

test('a redirect to another origin gets none of it', async () => {
    await call('moved');
    assert.equal(strayed.length, 1);
    assert.equal(strayed[0].headers['x-key'], undefined);
    assert.ok(!JSON.stringify(strayed).includes('planted'));
});

test('a value is replaced, and the old one is forgotten', async () => {
    auth(planted.other, 'doors', 'header_key');
    await call('key');
    assert.equal(seen.at(-1).headers['x-key'], planted.other);
});

test('who is no person can neither give nor take one', () => {
    const refused = (...words) => assert.throws(() => execFileSync(binary, ['sources', 'auth', ...words],
        { env: writ.env, encoding: 'utf8', input: 'planted-by-an-agent', stdio: 'pipe' }), (error) => /only a person/.test(error.stderr));

    // Below `writ mcp` whoever types is its agent: here it is this process, which started one.
    const agent = writ.stdio();

    try {
        refused('doors', 'header_key', '-');
        refused('doors', 'header_key', '--remove');
    } finally {
        agent.child.kill();
    }
    assert.equal(shown('doors').schemes.find((one) => one.scheme === 'header_key').given, true);
});

test('a source that refuses says so, and says what to do', async () => {
    status = 401;
    const { error } = await call('bearer');

    assert.equal(error.code, 'auth_required');
    assert.match(error.message, /writ sources auth doors/);
    assert.equal(shown('doors').state, 'auth_required');
    status = 200;
    assert.equal((await call('bearer')).state, 'done');
    assert.equal(shown('doors').state, 'connected');
});

test('it is there after a restart, until it is taken away', async () => {
    writ.atTerminal('down');
    await call('key');
    assert.equal(seen.at(-1).headers['x-key'], planted.other);
    writ.atTerminal('sources', 'auth', 'doors', 'header_key', '--remove');
    const before = seen.length;

    assert.equal((await call('key')).error.code, 'auth_required');
    assert.equal(seen.length, before);
});

test('a scheme that is not there, and a name that is none, are said', () => {
    assert.throws(() => writ.type('x', 'sources', 'auth', 'doors', 'nothing'), /no such scheme; it has: .*token/);
    assert.throws(() => writ.atTerminal('sources', 'auth', 'doors'), /several ways in/);
    assert.throws(() => writ.atTerminal('sources', 'auth', 'nobody'), /no source nobody/);
});

test('an MCP server over HTTP takes it as a bearer token', async () => {
    const mcp = http.createServer((request, response) => {
        let body = '';

        request.on('data', (piece) => (body += piece));
        request.on('end', () => {
            if (request.headers.authorization !== `Bearer ${planted.mcp}`) {
                response.writeHead(401).end();
                return;
            }
            const { id, method, params } = body ? JSON.parse(body) : {};
            const result = {
                initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
                'tools/list': { tools: [{ name: 'peek', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }] },
                'tools/call': { content: [{ type: 'text', text: `hello ${request.headers.authorization}` }] },
            }[method];

            if (request.method !== 'POST' || id === undefined) {
                response.writeHead(request.method === 'POST' ? 202 : 405).end();
                return;
            }
            response.setHeader('content-type', 'application/json');
            response.end(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'no' } }) }));
        });
    });

    await new Promise((done) => mcp.listen(0, '127.0.0.1', done));
    try {
        await assert.rejects(served(writ.beginAtTerminal('sources', 'add', 'far', `http://127.0.0.1:${mcp.address().port}/mcp`,
            '--kind', 'mcp_http', '--allow-host', '127.0.0.1', '--yes')), /auth_required/);
        assert.match(await served(writ.beginTyping(planted.mcp, 'sources', 'auth', 'far')), /wait for you/);
        writ.atTerminal('sources', 'approve', 'far', '--yes');
        const { result } = await program('return await tools.far.peek({})');

        assert.match(result, /^hello Bearer \{\{secret:/);
    } finally {
        mcp.closeAllConnections();
        mcp.close();
    }
});

test('no value stands in any file, and the log says who gave what', () => {
    for (const [name, value] of Object.entries(planted))
        assert.deepEqual(holding(writ.home, value), [], name);
    assert.deepEqual(holding(writ.home, 'planted-by-an-agent'), []);
    const log = writ.run('audit', 'export');

    assert.match(log, /source\.credential.*header_key/);
    assert.match(writ.run('audit', 'verify'), /the chain holds/);
});
