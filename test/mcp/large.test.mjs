// Results that are too large for a program to be given whole, and sources that a program asks for.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Writ } from './writ.mjs';

let writ;
before(() => { writ = Writ.up(); });
after(() => writ?.down());

function run(code) {
    return JSON.parse(writ.run('exec', '--json', '-e', code)).result;
}

test('a program is given the name and the beginning, and reads the rest in pages', () => {
    const handle = run('return await tools.t.big({ count: 20000 })');

    assert.match(handle.artifact, /^[0-9a-f]{64}$/);
    assert.match(handle.head, /^\{"items":\[/);
    const read = (more) => run(`return await tools.writ.results.read({ artifact: "${handle.artifact}", ${more} })`);
    const some = read('pointer: "/items", offset: 19998');
    assert.deepEqual(some.value.map(({ i }) => i), [19998, 19999]);
    assert.equal(some.total, 20000);
    assert.equal(some.next, null);
    assert.equal(read('pointer: "/items", limit: 5').next, 5);
    assert.equal(read('pointer: "/items/7/i"').value, 7);
    // All of it, page by page, inside one program.
    const all = run(`let text = ""; for (let offset = 0; offset !== null;) {
        const page = await tools.writ.results.read({ artifact: "${handle.artifact}", offset });
        text += page.text; offset = page.next; }
        return JSON.parse(text).items.length`);
    assert.equal(all, 20000);
});

test('a name that nobody was given is refused', () => {
    const code = run('return await tools.writ.results.read({ artifact: "a".repeat(64) }).catch((e) => e.code)');

    assert.equal(code, 'invalid');
});
