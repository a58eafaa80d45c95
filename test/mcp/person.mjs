// A person at a terminal, beside servers in the same process: nothing here blocks it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Writ, binary, sleep } from './writ.mjs';

const execute = promisify(execFile);

export class Person {
    constructor() {
        this.writ = new Writ();
        this.home = this.writ.home;
    }

    static async up() {
        const person = new Person();

        await person.command('up', '--http', '127.0.0.1:0');
        return person;
    }

    // As an agent would type it.
    async command(...args) {
        const options = { env: this.writ.env, encoding: 'utf8', timeout: 40000, maxBuffer: 1 << 26 };

        return (await execute(binary, args, options)).stdout;
    }

    // What it prints; fails with that where it fails.
    async terminal(...args) {
        const { done, out } = this.writ.beginAtTerminal(...args);

        for (const from = Date.now(); !existsSync(done); await sleep(20))
            assert.ok(Date.now() - from < 50000, `${args.join(' ')}: no end`);
        if (readFileSync(done, 'utf8').trim() !== '0')
            throw new Error(readFileSync(out, 'utf8'));
        return readFileSync(out, 'utf8');
    }

    async source(name) {
        return JSON.parse(await this.command('sources', 'show', name, '--json'));
    }

    async program(code) {
        return JSON.parse(await this.command('exec', '--json', '-e', code)).result;
    }

    down() {
        this.writ.down();
    }
}
