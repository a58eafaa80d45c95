// A connection cut at every byte: of the request on its way in, of the answer on its way out. Whoever was cut sends
// the same thing again, on a new connection and with the same key. The effect is there once.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Writ, sleep } from './writ.mjs';

let writ;
before(() => { writ = Writ.up(); });
after(() => writ?.down());

function request(text, keyed) {
    const body = JSON.stringify({
        jsonrpc: '2.0', id: 1, method: 'tools/call',
        params: {
            name: 'execute',
            arguments: { code: `return await tools.t.put({ text: ${JSON.stringify(text)} })`,
                ...(keyed ? { idempotency_key: text } : {}) },
            _meta: {
                'io.modelcontextprotocol/protocolVersion': '2026-07-28',
                'io.modelcontextprotocol/clientCapabilities': {},
            },
        },
    });
    return `POST /mcp HTTP/1.1\r\nHost: ${writ.url.host}\r\nAuthorization: Bearer ${writ.token}\r\n` +
        'Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n' +
        'MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: execute\r\n' +
        `Connection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

// Sends all, or the first bytes of it; reads all, or so many bytes; then cuts the connection.
function exchange(bytes, { send = bytes.length, read = Infinity } = {}) {
    return new Promise((done) => {
        const socket = net.connect(Number(writ.url.port), '127.0.0.1');
        let text = '';
        const end = () => { socket.resetAndDestroy(); done(text); };

        socket.on('error', () => done(text));
        socket.on('close', () => done(text));
        socket.on('data', (part) => {
            text += part.toString('latin1');
            if (text.length >= read)
                end();
        });
        socket.on('connect', () => {
            socket.write(bytes.slice(0, send), () => {
                if (send < bytes.length || read === 0)
                    end();
            });
        });
    });
}

function answerOf(text) {
    return JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
}

async function again(text) {
    const answer = answerOf(await exchange(request(text, true)));

    assert.equal(answer.result.content[0].text, text, JSON.stringify(answer));
    assert.equal(writ.effects().filter((effect) => effect === `put ${text}`).length, 1, text);
}

async function inTurns(count, width, work) {
    let next = 0;

    await Promise.all(Array.from({ length: width }, async () => {
        while (next < count)
            await work(next++);
    }));
}

test('the answer, cut at every byte', async () => {
    const whole = await exchange(request('out whole', true));

    assert.match(whole, /^HTTP\/1\.1 200 /);
    await inTurns(whole.length, 8, async (read) => {
        await exchange(request(`out ${read}`, true), { read });
        await again(`out ${read}`);
    });
});

test('the request, cut at every byte', async () => {
    const bytes = request('in 0000', true);

    await inTurns(bytes.length, 8, async (send) => {
        const text = `in ${String(send).padStart(4, '0')}`;

        await exchange(request(text, true), { send });
        await again(text);
    });
});

test('without a key, the same program attaches while its answer was not delivered', async () => {
    for (let i = 0; i < 5; i++) {
        await exchange(request(`attach ${i}`, false), { read: 0 });
        await sleep(50);
        await exchange(request(`attach ${i}`, false));
        assert.ok(writ.effects().filter((effect) => effect === `put attach ${i}`).length <= 1);
    }
});
