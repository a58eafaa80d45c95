// Real processes killed at random times, real sources, real disk. Programs write while daemon, egress,
// workers and sources are killed (-9); a truthful person answers what is UNKNOWN. Nothing may happen twice,
// nothing that was answered `done` may be missing, and the chain must hold.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Writ, binary } from '../mcp/writ.mjs';

const ROUNDS = Number(process.env.CHAOS_ROUNDS ?? 12);
const PROGRAMS = 6;
const WRITES = 20;

// A small generator of its own, so that a failing seed can be played again.
function random(seed) {
    let x = seed >>> 0 || 1;
    return (below) => {
        x ^= x << 13; x >>>= 0; x ^= x >>> 17; x ^= x << 5; x >>>= 0;
        return x % below;
    };
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function status(writ) {
    try {
        return JSON.parse(writ.run('status', '--json'));
    } catch {
        return undefined;
    }
}

async function running(writ) {
    for (let tries = 0; tries < 100; tries++) {
        const now = status(writ);
        if (now?.processes?.some((part) => part.kind === 'worker'))
            return now;
        await sleep(100);
    }
    assert.fail('Writ does not come back');
}

const program = (name) => `
    const done: string[] = [];
    for (let i = 0; i < ${WRITES}; i++) {
        const id = ${JSON.stringify(name)} + "-" + i;
        try { await tools.t.effect({ id }); done.push(id); }
        catch (e: any) { if (!e.retryable) throw e; }
    }
    return done;`;

// An agent that asks until it has an answer: the key says that it is the same request.
async function agent(writ, name) {
    for (let tries = 0; tries < 60; tries++) {
        const result = await new Promise((answered) => {
            const child = spawn(binary, ['exec', '--json', '--key', name, '-e', program(name)],
                { env: writ.env, stdio: ['ignore', 'pipe', 'ignore'] });
            let out = '';

            child.stdout.on('data', (bytes) => { out += bytes; });
            child.on('close', () => {
                try {
                    answered(JSON.parse(out));
                } catch {
                    answered(undefined);
                }
            });
        });
        if (result?.state === 'done')
            return result.result;
        if (result?.state === 'failed')
            assert.fail(`${name} failed: ${JSON.stringify(result.error)}`);
        await sleep(200);
    }
    assert.fail(`${name} has no answer`);
}

// Looks what happened, and says so.
async function person(writ, stop) {
    while (!stop.now) {
        let inputs = [];
        try {
            inputs = JSON.parse(writ.run('inbox', 'list', '--json')).inputs;
        } catch { /* it is down */ }
        for (const input of inputs ?? []) {
            const id = input.detail?.args?.id;
            if (input.kind !== 'unknown')
                continue;
            const happened = writ.effects().includes(id);
            try {
                writ.atTerminal('inbox', 'answer', input.id, ...(happened ? ['done', '"yes"'] : ['not-done']));
                stop.answered++;
            } catch { /* somebody killed it in between: asked again */ }
        }
        await sleep(150);
    }
}

test('nothing twice, nothing lost, under kill -9 at random times', { timeout: 280000 }, async () => {
    const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 100000);
    const below = random(seed);
    const stop = { now: false, answered: 0 };
    let kills = 0;
    const writ = Writ.up(fileURLToPath(new URL('source.mjs', import.meta.url)));

    console.log(`# seed ${seed}`);
    try {
        const asked = person(writ, stop);
        const agents = Array.from({ length: PROGRAMS }, (_, n) => agent(writ, `p${n}`));
        for (let round = 0; round < ROUNDS; round++) {
            const kind = ['daemon', 'egress', 'worker', 'daemon', 'vault', 'web'][below(6)];
            await sleep(50 + below(400));
            const victims = (await running(writ)).processes.filter((part) => part.kind === kind).map((part) => part.pid);
            if (victims.length > 0) {
                try {
                    process.kill(victims[below(victims.length)], 'SIGKILL');
                    kills++;
                } catch { /* it ended by itself */ }
            }
            await running(writ);
        }
        const results = await Promise.all(agents);
        stop.now = true;
        await asked;
        const effects = writ.effects();
        console.log(`# ${kills} killed, ${stop.answered} answered, ${effects.length} effects`);
        assert.ok(kills > ROUNDS / 2, 'too few were killed for this to mean anything');
        assert.equal(new Set(effects).size, effects.length, `an effect happened twice: ${effects}`);
        for (const done of results)
            for (const id of done)
                assert.ok(effects.includes(id), `${id} was answered done, and did not happen`);
        for (const id of effects)
            assert.ok(results.flat().includes(id), `${id} happened, and nobody was told`);
        assert.match(writ.run('audit', 'verify'), /the chain holds/);
    } finally {
        stop.now = true;
        writ.down();
    }
});
