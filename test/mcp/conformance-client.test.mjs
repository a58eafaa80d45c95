// The official conformance suite against what goes out: all client scenarios that each version requires. Those that are
// expected to fail are named in conformance-client.yaml; one that passes all the same is an error there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary, here } from './writ.mjs';

const folder = join(here, 'conformance/node_modules');

function run(args) {
    return new Promise((done) => {
        execFile(join(folder, `node-linux-${process.arch}/bin/node`),
            [join(folder, '@modelcontextprotocol/conformance/dist/index.js'), ...args],
            { encoding: 'utf8', timeout: 280000, maxBuffer: 1 << 26,
                env: { ...process.env, WRIT: binary, PLACES: mkdtempSync(join(tmpdir(), 'writ-places-')) } },
            (error, out, err) => done({ code: error ? error.code ?? 1 : 0, out: out + err }));
    });
}

for (const version of ['2025-11-25', '2026-07-28'])
    test(`client scenarios of ${version}`, { timeout: 290000 }, async () => {
        const { code, out } = await run(['client', '--command', `${process.execPath} ${join(here, 'conformance-client.mjs')}`,
            '--requirements', version, '--timeout', '120000',
            '--expected-failures', join(here, 'conformance-client.yaml')]);

        assert.equal(code, 0, out);
    });
