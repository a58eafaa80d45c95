// The official conformance suite: the scenarios that speak to every server. The others need tools, prompts and
// resources of a reference server; of those that mix both, what is expected to fail is named here, and nothing else may.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Writ, here } from './writ.mjs';

const folder = join(here, 'conformance/node_modules');

const scenarios = [
    ['2025-11-25', 'server-initialize'],
    ['2025-11-25', 'server-session-lifecycle'],
    ['2025-11-25', 'ping'],
    ['2025-11-25', 'logging-set-level'],
    ['2025-11-25', 'tools-list'],
    ['2025-11-25', 'dns-rebinding-protection'],
    ['2026-07-28', 'tools-list'],
    ['2026-07-28', 'dns-rebinding-protection'],
    ['2026-07-28', 'http-header-validation'],
    ['2026-07-28', 'input-required-result-unsupported-methods'],
    // Needs test_missing_capability, test_logging_tool and test_streaming_elicitation.
    ['2026-07-28', 'server-stateless', [
        'sep-2575-http-server-no-independent-requests-on-stream', 'sep-2575-missing-capability-http-400',
        'sep-2575-server-no-log-without-loglevel', 'sep-2575-server-rejects-undeclared-capability']],
    // There are no prompts and no resources.
    ['2026-07-28', 'caching', [
        'sep-2549-prompts-list-caching-hints', 'sep-2549-resources-list-caching-hints',
        'sep-2549-resources-templates-list-caching-hints']],
];

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
            { encoding: 'utf8', timeout: 60000 }, (error, out, err) => done(out + err));
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

for (const [version, scenario, expected = []] of scenarios) {
    test(`${version}: ${scenario}`, async () => {
        const url = `http://127.0.0.1:${proxy.address().port}/mcp`;
        const out = await run(['server', '--url', url, '--scenario', scenario, '--spec-version', version]);
        const plain = out.replaceAll(/\x1b\[\d+m/g, '');
        const failed = [...plain.matchAll(/^\S+ \[(\S+) *\] FAILURE/gm)].map((match) => match[1]);

        assert.match(plain, /^Passed: [1-9]/m, out);
        assert.deepEqual(failed.toSorted(), expected.toSorted(), out);
    });
}
