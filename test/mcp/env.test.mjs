// Variables of a source's environment: what is a secret reaches the child, and no file of ours.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Writ, here } from './writ.mjs';

const planted = { API_TOKEN: 'short-one', DATABASE_URL: 'postgres://app:planted-two@db.example/x',
    ANYTHING: 'q7Wm3Kx9Rb5Tz1Lp8Vn4Jd6H', CHOSEN: 'planted-plain-words', AGAIN: 'planted-other-words' };
let writ;
let said;

before(() => {
    writ = new Writ();
    writ.run('up');
    // A server that writes its environment down, and then is the usual one.
    const script = join(writ.home, 'source.mjs');

    writeFileSync(script, `import { writeFileSync } from 'node:fs';
writeFileSync(process.argv[2] + '.env', Buffer.from(JSON.stringify(process.env)).toString('hex'));
await import(${JSON.stringify(join(here, 'source.mjs'))});
`);
    said = writ.atTerminal('sources', 'add', 't', '--yes', '--env', `API_TOKEN=${planted.API_TOKEN}`,
        '--env', `DATABASE_URL=${planted.DATABASE_URL}`, '--env', `ANYTHING=${planted.ANYTHING}`, '--env', 'REGION=eu-central',
        '--secret-env', `CHOSEN=${planted.CHOSEN}`, '--secret-env', `AGAIN=${planted.AGAIN}`, '--', process.execPath, script, writ.counter);
});

after(() => writ.down());

test('the child has the values', () => {
    const env = JSON.parse(Buffer.from(readFileSync(`${writ.counter}.env`, 'utf8'), 'hex').toString());

    for (const [name, value] of Object.entries(planted))
        assert.equal(env[name], value, name);
    assert.equal(env.REGION, 'eu-central');
});

test('the record has references, and what is none as it is', () => {
    const { env } = JSON.parse(writ.run('sources', 'show', 't', '--json'));

    for (const name of Object.keys(planted))
        assert.match(env.find((one) => one.startsWith(`${name}=`)), /=\{\{secret:[0-9a-f]{24}\}\}$/);
    assert.ok(env.includes('REGION=eu-central'));
    const log = writ.run('audit', 'export');

    for (const value of Object.values(planted))
        assert.ok(!log.includes(value), value);
    assert.ok(log.includes('REGION=eu-central'));
});

test('the person is told', () => {
    assert.match(said, /kept as a secret: API_TOKEN, DATABASE_URL, ANYTHING, CHOSEN, AGAIN/);
});
