// What the transport refuses, over real sockets.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { Writ, sleep } from './writ.mjs';

let writ;
before(() => { writ = Writ.up(); });
after(() => writ?.down());

function send(options, body = '') {
    return new Promise((done, fail) => {
        const request = http.request(writ.url, {
            method: 'POST',
            ...options,
            headers: {
                'content-type': 'application/json',
                accept: 'application/json, text/event-stream',
                ...(options.anonymous ? {} : writ.headers()),
                ...options.headers,
            },
        }, (response) => {
            let text = '';

            response.setEncoding('utf8');
            response.on('data', (part) => { text += part; });
            response.on('end', () => done({ status: response.statusCode, headers: response.headers, text }));
        });

        request.on('error', fail);
        request.end(body);
    });
}

const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
};
const discover = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: meta } });
const modern = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'server/discover' };

const cases = [
    ['a good request', { headers: modern }, 200],
    ['no token', { headers: modern, anonymous: true }, 401],
    ['a wrong token', { headers: { ...modern, authorization: 'Bearer x' } }, 401],
    ['a foreign Host', { headers: { ...modern, host: 'evil.example' } }, 403],
    ['a foreign Host with our port', { headers: { ...modern, host: () => `evil.example:${writ.url.port}` } }, 403],
    ['a foreign Origin', { headers: { ...modern, origin: 'http://evil.example' } }, 403],
    ['Origin: null', { headers: { ...modern, origin: 'null' } }, 403],
    ['our own Origin', { headers: { ...modern, origin: () => writ.url.origin } }, 200],
    ['a header that lies', { headers: { ...modern, 'mcp-method': 'tools/list' } }, 400],
    ['no version header', { headers: { 'mcp-method': 'server/discover' } }, 400],
    ['GET', { method: 'GET', headers: modern }, 405],
    ['another type', { headers: { ...modern, 'content-type': 'text/plain' } }, 415],
];

for (const [name, options, status] of cases) {
    test(name, async () => {
        const headers = Object.fromEntries(Object.entries(options.headers)
            .map(([key, value]) => [key, typeof value === 'function' ? value() : value]));

        assert.equal((await send({ ...options, headers }, options.method === 'GET' ? '' : discover)).status, status);
    });
}

test('a body that is too long', async () => {
    const answer = await send({ headers: { ...modern, 'content-length': '2000000' } }).catch((error) => error);

    assert.ok(answer.status === 413 || answer.code === 'EPIPE' || answer.code === 'ECONNRESET', `${answer.status}`);
});

test('what is no JSON', async () => {
    const answer = await send({ headers: modern }, '{"jsonrpc"');

    assert.equal(answer.status, 400);
    assert.equal(JSON.parse(answer.text).error.code, -32700);
});

test('web is killed under a waiting request: it listens again, at the same place', async () => {
    const pid = () => JSON.parse(writ.run('status', '--json')).processes.find(({ kind }) => kind === 'web').pid;
    const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'execute',
        arguments: { code: 'return await tools.t.ask({ text: "killed" })' }, _meta: meta } });
    const waiting = send({ headers: { ...modern, 'mcp-method': 'tools/call', 'mcp-name': 'execute' } }, call);
    const old = pid();

    await writ.input('killed');
    process.kill(old, 'SIGKILL');
    await assert.rejects(waiting);
    for (let answer; answer?.status !== 200;)
        answer = await send({ headers: modern, agent: new http.Agent() }, discover).catch(() => sleep(20));
    assert.notEqual(pid(), old);
});

test('the token is in no answer', async () => {
    const answer = await send({ headers: modern }, discover);

    assert.ok(!JSON.stringify(answer).includes(writ.token));
});
