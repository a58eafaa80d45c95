// Runs the real keeper, egress and vault with a daemon that plays scenarios (daemon.c), and looks
// at what is left afterwards: nothing. run.mjs KEEPER EGRESS VAULT DAEMON
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync,
    writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [keeper, egress, vault, daemon] = process.argv.slice(2);
const root = mkdtempSync(join(tmpdir(), 'writ-parts-'));
const parts = join(root, 'parts');
const home = join(root, 'home');
const problems = [];

mkdirSync(parts);
mkdirSync(home, { mode: 0o700 });
for (const [name, file] of Object.entries({ keeper, egress, vault, daemon, web: daemon, worker: daemon,
    compile: daemon }))
    copyFileSync(file, join(parts, name));
writeFileSync(join(home, 'servers'), new URL('../mcp-servers', import.meta.url).pathname);

const descendants = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`WRIT_CHILD=${child.pid}.`);
    } catch {
        return false;
    }
});
const lines = () => existsSync(join(home, 'result'))
    ? readFileSync(join(home, 'result'), 'utf8').trim().split('\n') : [];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const until = async (what, ms) => {
    for (let waited = 0; waited < ms; waited += 50) {
        if (what())
            return true;
        await wait(50);
    }
    return false;
};

const started = process.hrtime.bigint();
const child = spawn(join(parts, 'keeper'), ['--home', home, '--workers', '2', '--ready-fd', '3'], {
    env: { PATH: process.env.PATH, HOME: root, CANARY: 'must not be seen' },
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
});
const exited = new Promise((done) => child.on('exit', (code, signal) => done(signal ?? code)));
let said = '';

child.stdio[3].on('data', (data) => {
    said += data;
    console.log(`# ready after ${Number(process.hrtime.bigint() - started) / 1e6} ms`);
});
if (!await until(() => said.includes('\n'), 5000) || said !== 'ready\n')
    problems.push(`it said ${JSON.stringify(said)}, not ready`);
await until(() => lines().some((line) => line === 'done' || line.startsWith('FAILED')), 60000);
console.log(lines().join('\n'));
if (lines().at(-1) !== 'done')
    problems.push('a scenario failed or did not end');
child.kill('SIGTERM');
const code = await Promise.race([exited, wait(10000).then(() => 'alive')]);

if (code !== 0)
    problems.push(`keeper ended with ${code}`);
if (!await until(() => descendants().length === 0, 3000))
    problems.push(`left behind: ${descendants()}`);
if (readFileSync(join(home, 'vault/sealed')).includes('planted'))
    problems.push('a secret stands in clear in the vault');

// A keeper that is killed leaves a grandchild of a source behind; the next one ends it.
const stray = spawn('sleep', ['600'], {
    env: { WRIT_CHILD: `${child.pid}.1` }, stdio: 'ignore', detached: true,
});
const strayGone = new Promise((done) => stray.on('exit', () => done(true)));
const next = spawn(join(parts, 'keeper'), ['--home', home, '--workers', '1'], {
    env: { PATH: process.env.PATH, HOME: root }, stdio: ['ignore', 'inherit', 'inherit'],
});
const nextGone = new Promise((done) => next.on('exit', () => done(true)));

if (!await Promise.race([strayGone, wait(5000)]))
    problems.push('a stray of a killed keeper lives');
next.kill('SIGKILL');
await nextGone;
stray.kill('SIGKILL');
for (const problem of problems)
    console.log(`FAILED: ${problem}`);
if (!problems.length)
    rmSync(root, { recursive: true });
process.exit(problems.length ? 1 : 0);
