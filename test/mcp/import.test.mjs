// What other programs are configured with, through the real program: addresses with headers, what is typed, what is in our
// environment. Secrets reach the server they are for, and no file, line or stream of ours.
import assert from 'node:assert/strict';
import http from 'node:http';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Person } from './person.mjs';
import { binary, here, sleep } from './writ.mjs';

// Each is in one place of one file, and must be nowhere else.
const planted = { claude: 'canary-claude-7391', cursor: 'canary-cursor-7392', code: 'canary-code-7393', codex: 'canary-codex-7394',
    typed: 'canary-typed-7395', command: 'canary-command-7397', passed: 'canary-passed-7398' };
const seen = new Map(); // path -> headers that came with its requests
const server = http.createServer((request, response) => {
    let body = '';

    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
        seen.set(request.url, request.headers);
        const message = body ? JSON.parse(body) : {};
        const result = message.method === 'server/discover'
            ? { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, serverInfo: { name: 'm', version: '1' } }
            : { tools: [{ name: 'get_it', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }] };

        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
    });
});
let person;
let folder;
let env;
let base;

const write = (path, text) => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text));
};

// At a terminal of its own: what is typed are the answers, each when its question stands there.
async function terminal(args, answers = []) {
    const quoted = [binary, ...args].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', `cd '${folder}' && stty cols 300 && ${quoted}`, '/dev/null'], { env });
    let said = '', from = 0;

    child.stdout.on('data', (piece) => {
        said += piece;
        while (answers.length && answers[0][0].test(said.slice(from))) {
            from = said.length;
            child.stdin.write(`${answers.shift()[1]}\n`);
        }
    });
    const code = await new Promise((done) => child.on('close', done));

    return { code, said };
}

before(async () => {
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    base = `http://127.0.0.1:${server.address().port}`;
    person = await Person.up();
    const home = join(person.home, 'someone');

    folder = join(home, 'work');
    env = { ...person.writ.env, HOME: home, CODEX_HOME: '', MY_TOKEN: planted.cursor, CODEX_TOKEN: planted.codex, PASSED_KEY: planted.passed, TERM: 'dumb' };
    write(join(home, '.claude.json'), { mcpServers: { claude: { type: 'http', url: `${base}/claude`, headers: { Authorization: `Bearer ${planted.claude}` } },
        helped: { type: 'http', url: `${base}/helped`, headersHelper: './token.sh' }, socket: { type: 'ws', url: 'wss://x.example' } } });
    write(join(home, '.cursor/mcp.json'), { mcpServers: { cursor: { url: `${base}/cursor`, headers: { 'X-Key': '${env:MY_TOKEN}', 'X-Kind': 'plain' } },
        unset: { url: `${base}/unset`, headers: { Authorization: 'Bearer ${env:NOT_SET}' } }, leaky: { url: `${base}/leaky?key=\${env:MY_TOKEN}` } } });
    write(join(folder, '.vscode/mcp.json'), `{
        // as VS Code writes it
        "inputs": [{ "type": "promptString", "id": "token", "description": "The token", "password": true },
            { "type": "promptString", "id": "region", "description": "Where", "default": "eu" },
            { "type": "command", "id": "made", "command": "x" }],
        "servers": {
            "code": { "type": "http", "url": "${base}/code", "headers": { "Authorization": "Bearer \${input:token}", "X-Region": "\${input:region}" } },
            "made": { "type": "http", "url": "${base}/made", "headers": { "Authorization": "\${input:made}" } },
            "run": { "type": "stdio", "command": "${process.execPath}", "args": ["${join(here, 'source.mjs')}", "${join(person.home, 'counter')}"],
                "env": { "THE_TOKEN": "\${input:token}", "MY_PASSWORD": "${planted.command}", "LEVEL": "debug" } },
        },
    }`);
    write(join(home, '.codex/config.toml'), `
model = "x"
[mcp_servers]
inline = { url = "https://mcp.example.com/inline" }
[mcp_servers.codex]
url = "${base}/codex"
bearer_token_env_var = "CODEX_TOKEN"
http_headers = { "X-Static" = "${planted.code}" }
env_http_headers = { "X-Passed" = "PASSED_KEY" }
[mcp_servers.off]
url = "${base}/off"
enabled = false
[mcp_servers.far]
url = "https://mcp.example.com/mcp"
`);
});
after(() => {
    person?.down();
    server.close();
    server.closeAllConnections();
});

test('what there is, is shown without a value of it', async () => {
    const { said, code } = await terminal(['sources', 'import', '--dry-run', '--allow-host', '127.0.0.1']);

    assert.equal(code, 0, said);
    for (const name of ['claude', 'cursor', 'code', 'codex', 'far', 'inline', 'run'])
        assert.match(said, new RegExp(`^${name}\\b`, 'm'));
    assert.match(said, /Authorization kept as a secret/);
    assert.match(said, /without what its headersHelper gives/);
    assert.match(said, /asks for a value that is not here: \$\{env:NOT_SET\}/);
    assert.match(said, /asks for a value that is not here: \$\{input:made\}/);
    assert.match(said, /would have a secret in it/);
    assert.match(said, /switched off/);
    assert.match(said, /does not begin with https/);
    for (const value of Object.values(planted))
        assert.ok(!said.includes(value), value);
    const { said: told } = await terminal(['sources', 'import', '--dry-run', '--json', '--allow-host', '127.0.0.1']);
    const found = JSON.parse(told.slice(told.indexOf('{'))).found;

    assert.deepEqual(found.find((one) => one.name === 'codex').secrets, ['X-Static', 'X-Passed', 'Authorization']);
    assert.equal(found.find((one) => one.name === 'codex').url, `${base}/codex`);
});

test('what is near is not asked unless somebody says so', async () => {
    const { said } = await terminal(['sources', 'import', 'claude', 'codex']);

    assert.match(said, /--allow-host 127\.0\.0\.1/);
    assert.match(said, /nothing to import/);
    assert.equal(seen.size, 0);
});

test('no is no', async () => {
    const { said, code } = await terminal(['sources', 'import', 'claude', 'run', '--allow-host', '127.0.0.1'],
        [[/Run this 1 command, ask this 1 address, and add them as sources\? \[y\/N\] /, 'n']]);

    assert.equal(code, 3, said);
    assert.equal(seen.size, 0);
});

test('each is added with what it is to be given, and typed is what is asked for, once', async () => {
    const { said, code } = await terminal(['sources', 'import', 'claude', 'cursor', 'code', 'codex', 'run', '--allow-host', '127.0.0.1'],
        [[/\[y\/N\] /, 'y'], [/The token \(token\): /, planted.typed], [/Where \(region\) \[eu\]: /, '']]);

    assert.equal(code, 0, said);
    assert.equal(said.split('The token (token)').length, 2);
    for (const value of Object.values(planted))
        assert.ok(!said.includes(value), value);
    for (const name of ['claude', 'cursor', 'code', 'codex', 'run']) {
        for (const from = Date.now(); (await person.source(name)).state !== 'connected'; await sleep(50))
            assert.ok(Date.now() - from < 20000, `${name}: ${JSON.stringify(await person.source(name)).slice(0, 500)}`);
    }
    const got = (path, name) => seen.get(path)?.[name];

    assert.equal(got('/claude', 'authorization'), `Bearer ${planted.claude}`);
    assert.equal(got('/cursor', 'x-key'), planted.cursor);
    assert.equal(got('/cursor', 'x-kind'), 'plain');
    assert.equal(got('/code', 'authorization'), `Bearer ${planted.typed}`);
    assert.equal(got('/code', 'x-region'), 'eu');
    assert.equal(got('/codex', 'authorization'), `Bearer ${planted.codex}`);
    assert.equal(got('/codex', 'x-static'), planted.code);
    assert.equal(got('/codex', 'x-passed'), planted.passed);
});

test('no secret is in a file, in the log, or in what is shown', async () => {
    const told = [await person.command('audit', 'export')];

    for (const name of ['claude', 'cursor', 'code', 'codex', 'run'])
        told.push(await person.command('sources', 'show', name, '--json'));
    assert.match(told.at(-1), /LEVEL=debug/);
    assert.match(told.at(-1), /THE_TOKEN=\{\{secret:/);
    const look = (path) => {
        for (const name of readdirSync(path)) {
            const file = join(path, name), facts = statSync(file, { throwIfNoEntry: false });

            if (facts?.isDirectory() && name !== 'someone')
                look(file);
            else if (facts?.isFile())
                told.push(readFileSync(file, 'latin1'));
        }
    };

    look(person.home);
    for (const text of told)
        for (const value of Object.values(planted))
            assert.ok(!text.includes(value), value);
    assert.match(await person.command('audit', 'verify'), /the chain holds/);
});

test('a header that is none is named on one line', async () => {
    write(join(folder, '.mcp.json'), { mcpServers: { broken: { url: `${base}/broken`, headers: { 'A\nB': 'x' } } } });
    const { said, code } = await terminal(['sources', 'import', 'broken', '--yes', '--allow-host', '127.0.0.1']);

    assert.equal(code, 1, said);
    assert.match(said, /invalid: A\\nB is no header with a value of one line/);
});

test('of names that are the same for a source the first comes, or the one that is chosen', async () => {
    const run = { command: '/bin/true' };

    write(join(folder, '.mcp.json'), { mcpServers: { Same: run, same: run, 'same!': run, 'other': { ...run, disabled: true }, Other: run, none: 5 } });
    const problems = async (...names) => {
        const { said } = await terminal(['sources', 'import', '--dry-run', '--json', ...names]);
        const found = JSON.parse(said.slice(said.indexOf('{'), said.lastIndexOf('}') + 1)).found;

        return ['Same', 'same', 'same-', 'Other', 'none'].map((name) => found.find((one) => one.name === name).problem);
    };
    const told = 'as a name it is the same as Same, which came before';

    assert.deepEqual(await problems(), [undefined, told, told, undefined, 'it is no table of what it runs or asks']);
    assert.deepEqual((await problems('same')).slice(0, 3), [undefined, undefined, undefined]);
});

test('without a terminal nothing that must be typed is added', async () => {
    await person.terminal('sources', 'remove', 'code', '--yes');
    seen.clear();
    await assert.rejects(promisify(execFile)(binary, ['sources', 'import', 'code', '--yes', '--allow-host', '127.0.0.1'], { env, cwd: folder }),
        /Type it at a terminal/);
    assert.equal(seen.size, 0);
});
