// Every class of forbidden system call, tried behind the walls of every process, with the very words that its main.c
// promises. What is refused says EPERM or kills; what a process may do is listed, and nothing else may work.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const EPERM = '1';
const source = new URL('../../src/proc/', import.meta.url);
const files = ['open', 'stat'];

// What may work behind each wall, and why.
const allowed = {
    worker: [],
    egress: [], // it has pipes and no network
    'egress-net': ['socket_inet', 'connect', 'bind'], // the network and nothing else; names are asked from a bound port
    compile: [],
    web: ['bind', 'socket_inet'], // it listens
    vault: [...files, 'write', 'unlink'], // its one file
    daemon: [...files, 'write', 'unlink', 'socket_unix', 'connect', 'bind', 'pidfd_open'], // its folder, its socket, who is there
    // It starts programs that may need any of these; what nobody needs it cannot do either.
    keeper: [...files, 'write', 'unlink', 'socket_inet', 'socket_unix', 'socket_netlink', 'connect', 'bind', 'execve', 'execveat',
        'fork', 'unshare', 'kill', 'tgkill', 'tkill', 'pidfd_open', 'owner', 'owner_signal', 'map_code', 'make_code', 'io_uring',
        'setuid', 'chroot', 'dumpable', 'limit', 'filter', 'x32'],
};
// Where the words stand, if not in its main.c.
const places = { egress: 'egress/pipes.c', 'egress-net': 'egress/net.c' };
// An argument that is no good is refused by the kernel, after the filter let it pass.
const passed = (answer) => answer !== 'killed' && answer !== EPERM;

function tries(words) {
    const folder = mkdtempSync(join(tmpdir(), 'writ-walls-'));

    try {
        const out = execFileSync(process.env.FORBIDDEN, [words, folder], { encoding: 'utf8' });

        return Object.fromEntries(out.trim().split('\n').map((line) => {
            const at = line.lastIndexOf(' ');

            return [line.slice(0, at), line.slice(at + 1)];
        }));
    } finally {
        rmSync(folder, { recursive: true });
    }
}

for (const [process, may] of Object.entries(allowed)) {
    test(`${process}: what was not promised is refused, or ends it`, (context) => {
        const main = readFileSync(new URL(places[process] ?? `${process}/main.c`, source), 'utf8');
        const [, words] = main.match(/sandbox_enter\("([^"]*)"\)/);
        const found = tries(words);

        if (found['wall relaxed'] === '1' || found['wall seccomp'] === '0')
            return context.skip('no seccomp here, or a relaxed build');
        assert.equal(found['wall undumpable'], '1');
        assert.equal(found['wall privileges'], '1');
        assert.match(main, /sandbox_undumpable\(\)|sandbox_enter/);
        const works = Object.keys(found).filter((name) => !name.startsWith('wall ') && passed(found[name]));

        assert.deepEqual(works.filter((name) => !may.includes(name)), [], JSON.stringify(found));
        // Nobody reads or changes another's memory, or hears or holds another.
        for (const never of ['ptrace', 'read_memory', 'write_memory', 'bpf', 'keyctl', 'perf', 'userfaultfd', 'mount'])
            assert.ok(!passed(found[never]), `${never}: ${found[never]}`);
    });
}
