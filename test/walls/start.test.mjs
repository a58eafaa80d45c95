// What a start leaves behind in whoever started it, and what a person who watches sees.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { Writ, binary, sleep } from '../mcp/writ.mjs';

let writ;

before(() => {
    writ = new Writ();
});
after(() => writ?.down());

test('writ up holds nothing that its caller had open', async () => {
    const child = spawn(binary, ['up'], { env: writ.env, stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe', 'pipe', 'pipe'] });
    const ends = child.stdio.slice(3).map((pipe) => {
        pipe.resume();
        return new Promise((done) => pipe.on('end', done));
    });

    assert.equal(await new Promise((done) => child.on('exit', done)), 0);
    assert.equal(await Promise.race([Promise.all(ends).then(() => 'ended'), sleep(5000).then(() => 'held')]), 'ended');
    assert.equal(spawnSync(binary, ['status'], { env: writ.env }).status, 0);
});

function follow(id) {
    const child = spawn(binary, ['log', 'show', id, '--follow'], { env: writ.env, stdio: ['ignore', 'pipe', 'inherit'] });

    child.text = '';
    child.stdout.on('data', (data) => { child.text += data; });
    child.gone = new Promise((done) => child.on('close', (code, signal) => done(signal === 'SIGINT' ? 130 : code)));
    return child;
}

async function seen(child, text) {
    for (const from = Date.now(); !child.text.includes(text); await sleep(20))
        assert.ok(Date.now() - from < 20000, `no "${text}" in ${child.text}`);
}

test('log show --follow tells a program while it runs, to its end; Ctrl-C leaves it', async () => {
    const code = 'for (let i = 0; i < 30; i++) await new Promise((done) => setTimeout(done, 100)); return "over"';
    const id = JSON.parse(spawnSync(binary, ['exec', '--no-wait', '--json', '-e', code],
        { env: writ.env, encoding: 'utf8' }).stdout).id;
    const whole = follow(id);
    const short = follow(id);

    await seen(short, 'timer 2');
    assert.ok(!short.text.includes('ended'), short.text);
    short.kill('SIGINT');
    assert.equal(await short.gone, 130);
    await seen(whole, 'ended: done, over');
    assert.equal(await whole.gone, 0);
});
