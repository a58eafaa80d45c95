// What a program says while it runs: it arrives before the call that the program waits for has answered, and once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { Writ, binary, sleep } from './writ.mjs';

let writ;
before(() => { writ = Writ.up(); });
after(() => writ?.down());

const STEPS = [1, 2, 3];

function talks(name, call) {
    return `for (const i of [${STEPS}]) { console.log('line ' + i); emit('step ' + i); ` +
        `await tools.t.${call}({ text: '${name} ' + i${call === 'slow' ? ', ms: 500' : ''} }) } ` +
        "console.warn('over'); emit({ last: true }); return 'end'";
}

function execute(code, meta) {
    return { jsonrpc: '2.0', id: 'x', method: 'tools/call', params: { name: 'execute', arguments: { code }, _meta: meta } };
}

// What was told, and how many calls had been answered by then.
function heard(message, name) {
    const { method, params } = message;
    const done = writ.effects().filter((effect) => effect.split(' ').includes(name)).length;

    return method === 'notifications/progress' ? [params.message, done, params.progress] : [params.data, done];
}

async function toTheEnd(lines, name, each = async () => {}) {
    const said = [];

    for (;;) {
        const message = await lines.next();

        if (message.id === 'x')
            return { said, result: message.result };
        said.push(heard(message, name));
        await each(said.at(-1)[0]);
    }
}

const WHOLE = [
    ['line 1', 0], ['step 1', 0, 1], ['line 2', 1], ['step 2', 1, 2], ['line 3', 2], ['step 3', 2, 3],
    ['{"last":true}', 3, 4], ['over', 3],
];

async function older() {
    const lines = writ.stdio();

    await lines.ask({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {} } });
    await lines.ask({ jsonrpc: '2.0', id: 1, method: 'logging/setLevel', params: { level: 'info' } });
    return lines;
}

test('over stdio each line and each value comes while its call runs', async () => {
    const lines = await older();

    lines.send(execute(talks('stdio', 'slow'), { progressToken: 'p' }));
    const { said, result } = await toTheEnd(lines, 'stdio');

    assert.deepEqual(said, WHOLE);
    assert.equal(result.content[0].text, 'end');
    assert.match(result.content[1].text, /^console:\n\[log\] line 1\n\[log\] line 2\n\[log\] line 3\n\[warn\] over$/);
    await sleep(100);
    assert.deepEqual(lines.lines, []);
    await lines.close();
});

test('over HTTP values come as events of a stream', async () => {
    const response = await fetch(writ.url, {
        method: 'POST',
        headers: writ.headers({
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'mcp-protocol-version': '2026-07-28',
            'mcp-method': 'tools/call',
            'mcp-name': 'execute',
        }),
        body: JSON.stringify(execute(talks('http', 'slow'), {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
            progressToken: 7,
        })),
    });
    const said = [];
    let text = '';
    let last;

    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
        text += part;
        for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
            const data = text.slice(0, end).split('\n').find((line) => line.startsWith('data: '));

            last = data && JSON.parse(data.slice(6));
            if (last?.method) {
                assert.equal(last.params.progressToken, 7);
                said.push(heard(last, 'http'));
            }
        }
    }
    assert.deepEqual(said, WHOLE.filter((one) => one.length === 3));
    assert.equal(last.result.content[0].text, 'end');
});

test('on the command line they are on standard error while the program runs', async () => {
    const child = spawn(binary, ['exec', '-e', talks('typed', 'slow')], { env: writ.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    let text = '';
    let out = '';

    child.stdout.on('data', (some) => { out += some; });
    child.stderr.on('data', (some) => {
        text += some;
        for (let end; (end = text.indexOf('\n')) >= 0; text = text.slice(end + 1))
            said.push([text.slice(0, end), heard({ params: {} }, 'typed')[1]]);
    });
    assert.equal(await new Promise((done) => child.on('close', done)), 0);
    assert.equal(out, 'end\n');
    assert.deepEqual(said, [
        ['     | line 1', 0], ['     * "step 1"', 0], ['     | line 2', 1], ['     * "step 2"', 1], ['     | line 3', 2],
        ['     * "step 3"', 2], ['     * {"last":true}', 3], ['warn | over', 3],
    ]);
});

test('a program of many writes that is cancelled at the command line leaves it', async () => {
    for (let i = 0; i < 6; i++) {
        const code = `for (let i = 0; ; i++) await tools.t.put({ text: 'stop ${i}' })`;
        const child = spawn(binary, ['exec', '-e', code], { env: writ.env, stdio: ['ignore', 'ignore', 'pipe'] });
        const ended = new Promise((done) => child.on('close', done));

        while (!writ.effects().includes(`put stop ${i}`))
            await sleep(20);
        await sleep(100);
        child.kill('SIGTERM');
        const exit = await Promise.race([ended, sleep(5000)]);

        child.kill('SIGKILL');
        assert.ok(Number.isInteger(exit), `round ${i}: it goes on after SIGTERM`);
    }
});

test('a program that was put away for a person says nothing twice', async () => {
    const lines = await older();

    lines.send(execute(talks('away', 'ask'), { progressToken: 'p' }));
    const { said } = await toTheEnd(lines, 'away', async (word) => {
        if (word.startsWith('step'))
            writ.atTerminal('inbox', 'answer', (await writ.input(`away ${word.at(-1)}`)).id, 'approve');
    });

    assert.deepEqual(said, WHOLE);
    await lines.close();
});

test('nor does one whose worker died', async () => {
    const lines = await older();
    const workers = () => JSON.parse(writ.run('status', '--json')).processes.filter(({ kind }) => kind === 'worker');

    lines.send(execute(talks('dead', 'slow'), { progressToken: 'p' }));
    const { said } = await toTheEnd(lines, 'dead', async (word) => {
        if (word === 'step 2')
            workers().forEach(({ pid }) => process.kill(pid, 'SIGKILL'));
    });

    assert.deepEqual(said, WHOLE);
    await lines.close();
});
