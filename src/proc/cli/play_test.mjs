#!/usr/bin/env node
/*
 * play_test - the command line against a daemon that plays a part (double.c): what it asks, what it prints, how
 * it ends.
 *
 *     play_test.mjs WRIT DOUBLE
 *
 * Every *.play file here is a scene: "$ " and the arguments, "= " and the exit code, "< " a line typed at the
 * terminal (^C is Ctrl-C), "> " a line of standard output, "! " a part of standard error, "? " a request that must have come,
 * "| " the script of the double.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [writ, double] = process.argv.slice(2);
const here = import.meta.dirname;

function readPlays(name) {
    const plays = [];

    for (const line of readFileSync(join(here, name), 'utf8').split('\n')) {
        const [mark, text] = [line[0], line.slice(2)];

        if (line.startsWith('# '))
            plays.push({ title: text, name, args: '', exit: 0, typed: [], out: [], err: [], asked: [], script: [] });
        else if (mark === '$')
            plays.at(-1).args = text;
        else if (mark === '=')
            plays.at(-1).exit = Number(text);
        else if (mark && '<>!?|'.includes(mark))
            plays.at(-1)[{ '<': 'typed', '>': 'out', '!': 'err', '?': 'asked', '|': 'script' }[mark]].push(text);
    }
    return plays;
}

function started(child) {
    return new Promise((done) => {
        child.heard = '';
        child.stdout.on('data', (data) => {
            child.heard += data;
            if (child.heard.startsWith('ready\n'))
                done();
        });
    });
}

/* When the double was asked for a program, and a little after. */
async function asked(daemon) {
    while (!daemon.heard.includes('POST /v1/executions'))
        await new Promise((done) => setTimeout(done, 20));
    await new Promise((done) => setTimeout(done, 300));
}

/* In a terminal that script(1) makes; each line is typed when a question stands there. */
function runTyping(play, command, env, daemon) {
    return new Promise((done) => {
        const child = spawn('script', ['-qec', command, '/dev/null'], { env, timeout: 20000 });
        const lines = [...play.typed];
        let shown = '';

        child.stdout.on('data', (data) => {
            shown += data;
            if (/(\[l\]ater:|\(nothing: null\)|\[y\/N\]|all of it:) $/.test(shown) && lines.length > 0) {
                shown = '';
                child.stdin.write(`${lines.shift()}\n`);
            }
        });
        if (lines[0] === '^C')
            asked(daemon).then(() => child.stdin.write('\x03'));
        child.on('exit', (code) => done(code));
    });
}

/* Where nothing is typed there is no terminal at all. */
async function run(play, home, daemon) {
    const env = { ...process.env, WRIT_HOME: home, NO_COLOR: '1' };
    const args = play.args.includes(' -- ') ? play.args.replace(' -- ', ' --no-start -- ') : `${play.args} --no-start`;
    const command = `${writ} ${args} >${home}/out 2>${home}/err`;
    const exit = play.typed.length > 0
        ? await runTyping(play, command, env, daemon)
        : spawnSync('setsid', ['--wait', 'bash', '-c', command], { env, timeout: 20000 }).status;

    return { exit, out: readFileSync(join(home, 'out'), 'utf8'), err: readFileSync(join(home, 'err'), 'utf8') };
}

async function perform(play) {
    const home = mkdtempSync(join(tmpdir(), 'writ-play-'));
    const wrong = [];
    let child = null;

    mkdirSync(join(home, 'run'), { mode: 0o700 });
    writeFileSync(join(home, 'script'), `${play.script.join('\n')}\n`);
    if (play.script.length > 0) {
        child = spawn(double, [join(home, 'run/socket'), join(home, 'script')], { stdio: ['ignore', 'pipe', 'inherit'] });
        await started(child);
    }
    const ran = await run(play, home, child);

    if (ran.exit !== play.exit)
        wrong.push(`exit ${ran.exit}, not ${play.exit}`);
    if (ran.out !== play.out.map((line) => `${line}\n`).join(''))
        wrong.push(`printed:\n${ran.out}`);
    wrong.push(...play.err.filter((part) => !ran.err.includes(part)).map((part) => `standard error has no "${part}"`));
    // What the double heard comes over a pipe of its own, perhaps a little later.
    for (let tries = 0; tries < 100 && play.asked.some((part) => !child.heard.includes(part)); tries++)
        await new Promise((done) => setTimeout(done, 20));
    wrong.push(...play.asked.filter((part) => !child.heard.includes(part)).map((part) => `it did not ask ${part}`));
    if (wrong.length > 0)
        wrong.push(`standard error:\n${ran.err}`, `asked:\n${child?.heard}`);
    child?.kill();
    rmSync(home, { recursive: true, force: true });
    return wrong;
}

let failed = 0;
let count = 0;

for (const name of readdirSync(here).filter((file) => file.endsWith('.play')))
    for (const play of readPlays(name)) {
        const wrong = await perform(play);

        count++;
        if (wrong.length > 0) {
            failed++;
            console.log(`${name}: ${play.title}\n  ${wrong.join('\n  ')}`);
        }
    }
console.log(`${count} plays, ${failed} wrong`);
process.exit(failed === 0 ? 0 : 1);
