// A GraphQL service that wants to know who asks, through the real program: the credential arrives there, and nowhere else.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Person } from './person.mjs';
import { binary, holding, sleep } from './writ.mjs';

const planted = { shop: 'planted-shop-0001', two: 'planted-two-0002', key: 'planted-key-0003' };
const seen = { shop: [], two: [], stranger: [] };
const servers = [];
const execute = promisify(execFile);
let person;
let ports;
let answer; // of the shop, instead of data

const SCHEMA = `type Query { me(name: String): Who }
type Mutation { rename(name: String!): Who }
type Who { name: String shop: String said: String }
`;

const serve = (name) => new Promise((done) => {
    const server = http.createServer((request, response) => {
        let body = '';

        request.on('data', (piece) => (body += piece));
        request.on('end', () => {
            const { authorization } = request.headers;

            seen[name].push({ authorization, key: request.headers['x-key'], method: request.method, url: request.url });
            if (name === 'shop' && answer) {
                response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
                response.end(JSON.stringify(answer.body ?? {}));
                return;
            }
            response.setHeader('content-type', 'application/json');
            response.end(JSON.stringify({ data: { me: { name: 'Ada', shop: name, said: authorization }, rename: { name: 'Eve', shop: name } } }));
        });
    });

    servers.push(server);
    server.listen(0, '127.0.0.1', () => done(server.address().port));
});

// The execution as it ended, also where its program failed.
async function program(code) {
    return JSON.parse(await execute(binary, ['exec', '--json', '-e', code], { env: person.writ.env, encoding: 'utf8', timeout: 40000 })
        .then((done) => done.stdout, (error) => error.stdout));
}

async function auth(value, ...words) {
    const begun = person.writ.beginTyping(value, 'sources', 'auth', ...words);

    while (!existsSync(begun.done))
        await sleep(20);
    return person.writ.wait(begun, words);
}

before(async () => {
    ports = { shop: await serve('shop'), two: await serve('two'), stranger: await serve('stranger') };
    person = await Person.up();
    writeFileSync(join(person.home, 'shop.graphql'), SCHEMA);
    await person.terminal('sources', 'add', 'shop', join(person.home, 'shop.graphql'), '--base-url', `http://127.0.0.1:${ports.shop}/graphql`,
        '--allow-host', '127.0.0.1', '--yes');
});

after(() => {
    for (const server of servers) {
        server.closeAllConnections();
        server.close();
    }
    person.down();
});

test('a token is sent as a bearer to its place, and what is said back of it is replaced', async () => {
    await auth(planted.shop, 'shop');
    const { result } = await program('return await tools.shop.query.me({})');

    assert.deepEqual(seen.shop.at(-1), { authorization: `Bearer ${planted.shop}`, key: undefined, method: 'POST', url: '/graphql' });
    assert.match(result.said, /^Bearer \{\{secret:/);
    const { schemes } = await person.source('shop');

    assert.deepEqual([schemes[0].scheme, schemes[0].given, schemes[0].bound], ['Authorization', true, `http://127.0.0.1:${ports.shop}`]);
});

test('another header is sent beside it', async () => {
    await auth(planted.key, 'shop', 'X-Key');
    await program('return await tools.shop.query.me({})');
    assert.deepEqual([seen.shop.at(-1).authorization, seen.shop.at(-1).key], [`Bearer ${planted.shop}`, planted.key]);
});

test('a redirect to another origin gets none of it', async () => {
    answer = { status: 307, headers: { location: `http://127.0.0.1:${ports.stranger}/stolen` } };
    await program('return await tools.shop.query.me({})');
    answer = undefined;
    assert.ok(!JSON.stringify(seen.stranger).includes('planted'), JSON.stringify(seen.stranger));
});

test('another account has a place and a credential of its own', async () => {
    await person.terminal('sources', 'add', 'shop@two', '--base-url', `http://127.0.0.1:${ports.two}/api`, '--allow-host', '127.0.0.1');
    assert.equal((await program('return await tools["shop@two"].query.me({})')).result.shop, 'two');
    assert.deepEqual(seen.two.at(-1), { authorization: undefined, key: undefined, method: 'POST', url: '/api' });
    await auth(planted.two, 'shop@two');
    await program('return [await tools["shop@two"].query.me({}), await tools.shop.query.me({})]');
    assert.equal(seen.two.at(-1).authorization, `Bearer ${planted.two}`);
    assert.equal(seen.shop.at(-1).authorization, `Bearer ${planted.shop}`);
});

test('401 is of the source: it says what to type; 403 is of the one call, and leaves the source as it is', async () => {
    answer = { status: 403, body: { message: 'not yours' } };
    const forbidden = (await program('return await tools.shop.query.me({})')).error;

    assert.equal(forbidden.code, 'upstream');
    assert.match(forbidden.message, /403 Forbidden: not yours.*not enough for this.*writ sources auth shop` gives it another/);
    assert.equal((await person.source('shop')).state, 'connected');
    answer = { status: 403, headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="write"' } };
    const scope = (await program('return await tools.shop.query.me({})')).error;

    assert.deepEqual([scope.code, scope.data.headers['www-authenticate'].includes('scope="write"')], ['auth_required', true]);
    assert.equal((await person.source('shop')).state, 'connected');
    answer = { status: 401, body: { message: 'who?' } };
    assert.equal((await program('return await tools.shop.query.me({})')).error.code, 'auth_required');
    assert.equal((await person.source('shop')).state, 'auth_required');
    assert.match((await person.source('shop')).reason, /401 Unauthorized: who\?.*writ sources auth shop/);
    answer = undefined;
    assert.equal((await program('return await tools.shop.query.me({})')).result.shop, 'shop');
    assert.equal((await person.source('shop')).state, 'connected');
});

test('no value stands in any file, and what the person gave is in the log', async () => {
    for (const [name, value] of Object.entries(planted))
        assert.deepEqual(holding(person.home, value), [], name);
    assert.match(await person.command('audit', 'export'), /source\.credential.*"scheme":"X-Key"/);
    assert.match(await person.command('audit', 'verify'), /the chain holds/);
});
