// The MCP Inspector's command line, over both transports: what a person tries first. Over HTTP the token is a header.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Writ, binary, here } from './writ.mjs';

const node = join(here, `conformance/node_modules/node-linux-${process.arch}/bin/node`);
const inspector = join(here, 'inspector/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');

let writ;
before(() => {
    writ = Writ.up();
});
after(() => writ?.down());

function inspect(...args) {
    return spawnSync(node, [inspector, '--cli', ...args],
        { env: { ...writ.env, HOME: writ.home }, encoding: 'utf8', timeout: 50000 });
}

for (const [name, target] of [
    // The Inspector starts servers with an environment of its own.
    ['stdio', () => [binary, 'mcp', '-e', `WRIT_HOME=${writ.home}`]],
    ['HTTP', () => [writ.url.href, '--header', `Authorization: Bearer ${writ.token}`]],
]) {
    test(`${name}: it lists the tools, and finds no error in their schemas`, () => {
        const listed = inspect(...target(), '--method', 'tools/list', '--strict');

        assert.equal(listed.status, 0, listed.stderr);
        assert.ok(JSON.parse(listed.stdout).tools.some((tool) => tool.name === 'execute'), listed.stdout);
        assert.match(listed.stderr, /^$|0 errors/);
    });

    test(`${name}: it runs a program that uses a tool`, () => {
        const before = writ.effects().length;
        const called = inspect(...target(), '--method', 'tools/call', '--tool-name', 'execute', '--tool-arg',
            `code=await tools.t.put({ text: "inspector ${name}" }); return 6 * 7`);

        assert.equal(called.status, 0, called.stderr + called.stdout);
        assert.equal(JSON.parse(called.stdout).content[0].text, '42', called.stdout);
        assert.equal(writ.effects().length, before + 1);
    });
}

test('HTTP: without the token it is refused', () => {
    const refused = inspect(writ.url.href, '--method', 'tools/list');

    assert.notEqual(refused.status, 0);
    assert.equal(refused.stdout, '');
});
