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

test('bad words are judged before anything else, also where it runs', () => {
    for (const [words, said] of [['up --http nonsense', '--http takes 127.0.0.1:PORT'], ['up --workers 0', 'from 1 to 256, not "0"'],
        ['policy why t.x --effect reed', 'did you mean read'], ['log show nonsense', 'takes exe_... or last']]) {
        const tried = spawnSync(binary, words.split(' '), { env: writ.env, encoding: 'utf8' });

        assert.equal(tried.status, 2, `${words}: ${tried.stderr}`);
        assert.ok(tried.stderr.includes(said) && tried.stderr.includes('explains it'), tried.stderr);
    }
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

test('log show --follow tells console lines and emits while they come, where they belong', async () => {
    const code = `const pause = (ms) => new Promise((done) => setTimeout(done, ms));
        await pause(2500); console.log("first"); await pause(1000); console.warn("second\\nof two"); emit({ half: true });
        await pause(1000); console.log("last"); return "over"`;
    const id = JSON.parse(spawnSync(binary, ['exec', '--no-wait', '--json', '-e', code],
        { env: writ.env, encoding: 'utf8' }).stdout).id;
    const whole = follow(id);

    await seen(whole, '* {"half":true}');
    assert.ok(!whole.text.includes('ended'), whole.text);
    assert.equal(await whole.gone, 0);
    const said = whole.text.split('\n').map((line) => line.replace(/^ *\d+ ms  /, '').trim());
    const order = ['given to the program: timer 1', '| first', 'given to the program: timer 2', 'warn| second', 'warn| of two',
        '* {"half":true}', 'given to the program: timer 3', '| last'].map((line) => said.findIndex((one) => one.startsWith(line)));
    assert.ok(order.every((at, i) => at >= 0 && (i === 0 || at > order[i - 1])), `${order} in ${whole.text}`);
    assert.ok(said.findIndex((line) => line.startsWith('ended: done')) > order.at(-1), whole.text);
    for (const line of ['| first', 'warn| second', '| last'])
        assert.equal(said.filter((one) => one === line).length, 1, `${line} in ${whole.text}`);

    const later = spawnSync(binary, ['log', 'show', id], { env: writ.env, encoding: 'utf8' }).stdout;
    assert.ok(later.indexOf('| first') < later.indexOf('| last') && later.indexOf('| last') < later.indexOf('ended: done'), later);
    const events = JSON.parse(spawnSync(binary, ['log', 'show', id, '--json'], { env: writ.env, encoding: 'utf8' }).stdout).events;
    assert.deepEqual(events.filter((one) => one.console).map((one) => one.console.text), ['first', 'second\nof two', 'last']);
});
