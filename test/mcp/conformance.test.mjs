// The official conformance suite: all that it requires of a server, of both revisions. What needs the tools, prompts and
// resources of a reference server is named, with the reason, in conformance/expected-*.yml; nothing else may fail.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Writ, here } from './writ.mjs';

const folder = join(here, 'conformance/node_modules');

// The suite knows no token, so it speaks to this, which adds it and leaves everything else as it is.
function front(writ) {
    const server = http.createServer((request, response) => {
        const own = `127.0.0.1:${server.address().port}`;
        const rename = (value) => value?.replace(own, writ.url.host).replace(own.replace('127.0.0.1', 'localhost'),
            writ.url.host.replace('127.0.0.1', 'localhost'));
        const headers = { ...request.headers, ...writ.headers(), host: rename(request.headers.host) };

        if (headers.origin)
            headers.origin = rename(headers.origin);
        const onward = http.request(writ.url, { method: request.method, headers }, (answer) => {
            response.writeHead(answer.statusCode, answer.headers);
            answer.pipe(response);
        });

        onward.on('error', () => response.destroy());
        response.on('close', () => onward.destroy());
        request.pipe(onward);
    });

    return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

function run(args) {
    return new Promise((done) => {
        execFile(join(folder, `node-linux-${process.arch}/bin/node`), [join(folder, '@modelcontextprotocol/conformance/dist/index.js'), ...args],
            { encoding: 'utf8', timeout: 120000, maxBuffer: 1 << 26 },
            (error, out, err) => done({ code: error ? error.code ?? 1 : 0, out: (out + err).replaceAll(/\x1b\[\d+m/g, '') }));
    });
}

let writ;
let proxy;
before(async () => {
    writ = Writ.up();
    proxy = await front(writ);
});
after(() => {
    proxy?.close();
    proxy?.closeAllConnections();
    writ?.down();
});

for (const [revision, least] of [['2025-11-25', 6], ['2026-07-28', 6]]) {
    test(`what ${revision} requires`, { timeout: 150000 }, async () => {
        const { code, out } = await run(['server', '--url', `http://127.0.0.1:${proxy.address().port}/mcp`,
            '--requirements', revision, '--expected-failures', join(here, `conformance/expected-${revision}.yml`)]);
        const passed = [...out.matchAll(/^✓ (\S+): [1-9]\d* passed, 0 failed/gm)].map((match) => match[1]);

        assert.equal(code, 0, out);
        assert.ok(passed.length >= least, `${passed.length} scenarios passed: ${passed}`);
    });
}
