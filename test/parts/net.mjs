// A service over HTTP on loopback, and the real egress-net before it: net.mjs TEST_NET EGRESS_NET
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

const [test, egress] = process.argv.slice(2);
const asks = new Map();

function body(request, use) {
    const parts = [];

    request.on('data', (part) => parts.push(part));
    request.on('end', () => use(Buffer.concat(parts).toString()));
}

function json(response, status, value, headers = {}) {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

const routes = {
    '/v1/things/a%20b': (request, response) => json(response, 200,
        { id: 7, url: request.url, key: request.headers['x-key'], agent: request.headers['user-agent'] },
        { link: '<https://x/?page=2>; rel="next"', etag: '"e"' }),
    '/v1/things': (request, response) => body(request, (text) => json(response, 201,
        { method: request.method, type: request.headers['content-type'], key: request.headers['idempotency-key'], text })),
    '/v1/busy': (request, response) => json(response, 429, { message: 'not now' }, { 'retry-after': '1' }),
    '/v1/missing': (request, response) => json(response, 404, { message: 'no such thing' }),
    '/v1/bytes': (request, response) => response.writeHead(200, { 'content-type': 'image/png' })
        .end(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0])),
    '/v1/token': (request, response) => json(response, 200, { token: 'ghp_0123456789abcdefghijABCDEFGHIJ012345' }),
    '/v1/page': (request, response) => response.writeHead(200, { 'content-type': 'text/html' })
        .end('<title>Sign in</title>'),
    '/v1/never': () => {},
    '/v1/away': (request, response) => response.writeHead(302, { location: `http://localhost:${port}/v1/seen` }).end(),
    '/v1/seen': (request, response) => json(response, 200, { key: request.headers['x-key'] ?? null }),
    '/graphql': (request, response) => body(request, (text) => {
        const { query, variables } = JSON.parse(text);

        json(response, 200, variables.id === 'none' ? { data: null, errors: [{ message: 'nobody' }] }
            : { data: { user: { id: variables.id, query, who: request.headers.authorization } } });
    }),
};
const server = createServer((request, response) => {
    const path = request.url.split('?')[0];

    asks.set(path, (asks.get(path) ?? 0) + 1);
    (routes[path] ?? ((_, missing) => json(missing, 500, { url: request.url })))(request, response);
});

await new Promise((done) => server.listen(0, '127.0.0.1', done));
const { port } = server.address();
const child = spawn(test, [egress, String(port)], { stdio: 'inherit' });
const code = await new Promise((done) => child.on('exit', (status, signal) => done(signal ?? status)));

server.closeAllConnections();
server.close();
if (code !== 0)
    console.log(`FAILED: the test ended with ${code}`);
process.exit(code === 0 ? 0 : 1);
