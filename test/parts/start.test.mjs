// Starting where it cannot: each has its own sentence, exit code and way out. And starting where it can
// leaves nothing behind. WRIT is the command; its parts are beside it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync,
    symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

const writ = process.env.WRIT;
const parts = join(dirname(writ), 'libexec/writ');
const root = mkdtempSync(join(tmpdir(), 'writ-start-'));
const base = { PATH: process.env.PATH, HOME: root };
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

after(() => rmSync(root, { recursive: true, force: true }));

function folder(name) {
    mkdirSync(join(root, name), { mode: 0o700 });
    return join(root, name);
}

function run(env, ...args) {
    const { status, stdout, stderr } = spawnSync(writ, args, { env: { ...base, ...env }, encoding: 'utf8' });

    return { code: status, out: stdout, err: stderr };
}

function isRefused(answer, code, sentence) {
    assert.equal(answer.code, code, answer.err);
    assert.match(answer.err, sentence);
    assert.equal(answer.out, '');
}

const parentOf = (pid) => Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

function isAlive(pid) {
    try {
        return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
        return false;
    }
}

// Ends one that runs, as its supervisor would.
async function end(env) {
    const { pid } = JSON.parse(run(env, 'status', '--json').out);
    const keeper = parentOf(pid);

    process.kill(keeper, 'SIGTERM');
    for (let tries = 0; tries < 200; tries++) {
        try {
            process.kill(keeper, 0);
        } catch {
            return;
        }
        await wait(50);
    }
    assert.fail('it does not end');
}

// A folder of parts in which one is another file, or none.
function partsWith(name, file) {
    const made = folder(`parts-${name}-${file ? 'other' : 'none'}`);

    copyFileSync(join(parts, 'keeper'), join(made, 'keeper')); // It looks beside its own file.
    for (const each of readdirSync(parts))
        if (!['keeper', name].includes(each) && !each.endsWith('.p'))
            symlinkSync(join(parts, each), join(made, each));
    if (file)
        symlinkSync(file, join(made, name));
    return made;
}

test('what starts it keeps no descriptor of who typed it', async () => {
    const env = { WRIT_HOME: folder('descriptors') };
    const child = spawn(writ, ['up', '--http', '127.0.0.1:0'],
        { env: { ...base, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ignore', 'ignore', 'ignore', 'pipe'] });
    const closed = new Promise((done) => child.stdio[6].on('close', done));

    child.stdio[6].resume();
    assert.equal(await new Promise((done) => child.on('exit', done)), 0);
    assert.equal(await Promise.race([closed.then(() => 'closed'), wait(10000).then(() => 'held')]), 'closed');
    const kinds = JSON.parse(run(env, 'status', '--json').out).processes.map(({ kind }) => kind);
    assert.ok(kinds.includes('worker') && kinds.includes('web'), kinds);
    await end(env);
});

// proc(5): pid (name) state ppid pgrp session tty_nr
function groupOf(pid) {
    const [, , group, session, terminal] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')
        .split(' ').map(Number);

    return { group, session, terminal };
}

test('parts lead a group each, in a session without a terminal', async () => {
    const env = { WRIT_HOME: folder('session') };

    assert.equal(run(env, 'up', '--workers', '2').code, 0);
    const { pid, processes } = JSON.parse(run(env, 'status', '--json').out);
    const keeper = parentOf(pid);

    assert.ok(processes.length >= 3);
    for (const part of processes)
        assert.deepEqual(groupOf(part.pid), { group: part.pid, session: keeper, terminal: 0 }, part.kind);
    process.kill(keeper, 'SIGKILL');
    for (let tries = 0; tries < 200 && processes.some((part) => isAlive(part.pid)); tries++)
        await wait(50);
    assert.deepEqual(processes.filter((part) => isAlive(part.pid)), []);
});

test('a second daemon is told who has the folder', async () => {
    const data = folder('second');
    const first = { XDG_DATA_HOME: data, XDG_RUNTIME_DIR: folder('second-run-1') };
    const second = { XDG_DATA_HOME: data, XDG_RUNTIME_DIR: folder('second-run-2') };

    assert.equal(run(first, 'up').code, 0);
    isRefused(run(second, 'up'), 7, /in use by writ 0\.1\.0, pid \d+; `writ down`/);
    await end(first);
});

test('a port in use is named', async () => {
    const env = { WRIT_HOME: folder('port') };
    const server = createServer().listen(0, '127.0.0.1');

    await new Promise((done) => server.on('listening', done));
    isRefused(run(env, 'up', '--http', `127.0.0.1:${server.address().port}`), 7,
        new RegExp(`port ${server.address().port} on 127.0.0.1 is in use[^]*another port`));
    server.close();
    await end(env);
});

test('a newer data folder is refused by name', () => {
    const home = folder('newer');

    writeFileSync(join(home, 'VERSION'), 'writ 2\n', { mode: 0o600 });
    isRefused(run({ WRIT_HOME: home }, 'up'), 6, /written by a newer version \(.*2.*\).*install the newer one/);
});

test('a data folder that others may read is refused', () => {
    const home = folder('exposed');

    chmodSync(home, 0o755);
    isRefused(run({ WRIT_HOME: home }, 'up'), 2, /exposed can be read or written by others: `chmod 700` it/);
});

test('a runtime folder that cannot be made is named', () => {
    const home = folder('runtime');

    writeFileSync(join(home, 'file'), '');
    isRefused(run({ XDG_DATA_HOME: home, XDG_RUNTIME_DIR: join(home, 'file') }, 'up'), 2,
        /file\/writ cannot be made or written: Not a directory; set WRIT_HOME, or/);
    writeFileSync(join(home, 'run'), '');
    isRefused(run({ WRIT_HOME: home }, 'up'), 2, /runtime\/run belongs to somebody else, or is no folder/);
});

for (const name of ['daemon', 'web', 'worker'])
    test(`without its ${name} it says so at once`, () => {
        isRefused(run({ WRIT_HOME: folder(`without-${name}`), WRIT_PARTS: partsWith(name) }, 'up'), 5,
            new RegExp(`missing or cannot be run: .*/${name}: No such file.*install Writ again`));
    });

test('without its keeper it says where it looked', () => {
    isRefused(run({ WRIT_HOME: folder('without-keeper'), WRIT_PARTS: root }, 'up'), 5,
        /other programs are missing: there is no .*\/keeper[^]*Install Writ again/);
});

for (const name of ['daemon', 'worker'])
    test(`a ${name} that always ends is named`, () => {
        isRefused(run({ WRIT_HOME: folder(`ending-${name}`), WRIT_PARTS: partsWith(name, '/bin/false') }, 'up'), 70,
            new RegExp(`the part ${name} ends before it is ready[^]*--foreground`));
    });

// A disk of its own needs a mount of its own, which not every machine lets us have.
const disk = folder('disk');
const mounts = (size, ...command) => spawnSync('unshare', ['--mount', '--map-root-user', 'sh', '-c',
    `mount -t tmpfs -o size=${size},mode=700 tmpfs "$0" && exec "$@"`, disk, ...command],
{ env: { ...base, WRIT_HOME: join(disk, 'home'), ASAN_OPTIONS: 'detect_leaks=0' }, encoding: 'utf8' });

test('a full disk is said to be full', { skip: mounts('1m', 'true').status !== 0 && 'no mount here' }, () => {
    const { status, stderr, stdout } = mounts('64k', writ, 'up');

    isRefused({ code: status, err: stderr, out: stdout }, 75, /No space left on device; make room on its disk/);
});

const here = { skip: mounts('1m', 'true').status !== 0 && 'no mount here' };
const onFull = (then) => mounts('300k', 'sh', '-c', `"$0" up --foreground >"$1" 2>&1 & sleep 2
    "$0" status --json; ${then}; kill -TERM $!; wait $!; echo "ended $?"; cat "$1"`, writ, join(root, 'foreground'));

test('what runs on a full disk ends in order', here, () => {
    const { stdout, stderr } = onFull('true');
    const [full, ended] = stdout.split('\n');

    assert.match(JSON.parse(full).stopped, /^the disk is full/, stderr);
    assert.equal(ended, 'ended 0', stdout);
    assert.doesNotMatch(stdout, /the daemon ends/);
});

test('room on a full disk is noticed', here, () => {
    const { stdout, stderr } = onFull(`mount -o remount,size=8m "$(dirname "$WRIT_HOME")"; sleep 3
        "$0" exec -e 'return 2'; "$0" status --json`);
    const [full, result, roomy, ended] = stdout.split('\n');

    assert.match(JSON.parse(full).stopped, /^the disk is full/, stderr);
    assert.equal(result, '2', stderr);
    assert.equal(JSON.parse(roomy).stopped, null);
    assert.equal(ended, 'ended 0', stdout);
});

test('a key of the vault that others may read is named', async () => {
    const home = folder('exposed-key');

    assert.equal(run({ WRIT_HOME: home }, 'up').code, 0);
    for (let tries = 0; tries < 200 && !existsSync(join(home, 'vault/key')); tries++)
        await wait(50);
    await end({ WRIT_HOME: home });
    chmodSync(join(home, 'vault/key'), 0o644);
    assert.equal(run({ WRIT_HOME: home }, 'up').code, 0);
    let status = '';

    for (let tries = 0; tries < 100 && !status.includes('again'); tries++, await wait(50))
        status = run({ WRIT_HOME: home }, 'status').out;
    assert.match(status, /^why +.*\/run\/keeper\.log says what the parts that were started again said$/m);
    assert.match(readFileSync(join(home, 'run/keeper.log'), 'utf8'),
        /^vault: .*\/vault\/key belongs to somebody else, or can be read or written by others: `chown` it to who runs Writ, and `chmod 600` it$/m);
    chmodSync(join(home, 'vault/key'), 0o600);
    await end({ WRIT_HOME: home });
});
