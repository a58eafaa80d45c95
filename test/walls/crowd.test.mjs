// An agent opens every connection that it can get. A person still answers, and whoever is turned away hears why.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Writ, binary, here } from '../mcp/writ.mjs';

let writ;
let crowds = [];

// A process that opens so many connections and keeps them; gives how many were not closed on it.
function crowd(count) {
    const code = `
        const net = require('node:net');
        let open = 0, closed = 0, left = ${count};
        const told = () => { if (--left === 0) setTimeout(() => console.log(open - closed), 300); };
        for (let i = 0; i < ${count}; i++) {
            const one = net.connect(process.argv[1]);
            one.on('connect', () => { open++; told(); });
            one.on('error', () => {});
            one.on('close', () => closed++);
            one.resume();
        }
        setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['-e', code, join(writ.home, 'run/socket')], { detached: true });

    crowds.push(child);
    return new Promise((done) => child.stdout.once('data', (data) => done(Number(data))));
}

before(() => {
    writ = Writ.up(join(here, '../mcp-servers/echo.mjs'));
});
after(() => {
    for (const child of crowds)
        child.kill('SIGKILL');
    writ?.down();
});

test('one process gets its share, one agent gets its share', async () => {
    const kept = [];

    for (let i = 0; i < 5; i++)
        kept.push(await crowd(100));
    assert.deepEqual(kept, [64, 64, 0, 0, 0]);
});

test('whoever is turned away hears why, and may try again', () => {
    const told = spawnSync('setsid', ['--wait', binary, 'inbox'], { env: writ.env, encoding: 'utf8' });

    assert.equal(told.status, 75, told.stderr);
    assert.match(told.stderr, /this agent has as many connections as one may have/);
});

test('a person has a place', () => {
    assert.match(writ.atTerminal('inbox'), /nothing waits|Nothing waits/);
});

test('what one gives back, another gets', async () => {
    const [first] = crowds;
    const gone = new Promise((done) => first.on('exit', done));

    first.kill('SIGKILL');
    await gone;
    assert.equal(spawnSync('setsid', ['--wait', binary, 'status'], { env: writ.env }).status, 0);
});
