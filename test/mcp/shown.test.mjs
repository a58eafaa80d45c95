// What a program returns is seen: images come with the answer, other bytes as links that the client reads. By the official
// clients, in both eras, over stdio and HTTP.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Person } from './person.mjs';
import { binary } from './writ.mjs';

const noise = (head, size) => Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(Array.from({ length: size }, (_, i) => (i * 7919) >> 3 & 0xff))]);
const files = {
    png: ['image/png', noise('\x89PNG\r\n\x1a\n', 200000)],
    jpeg: ['image/jpeg', noise('\xff\xd8\xff\xe0', 5000)],
    gif: ['image/gif', noise('GIF89a', 3000)],
    webp: ['application/octet-stream', noise('RIFF\x10\x20\x00\x00WEBPVP8 ', 4000)],
    svg: ['image/svg+xml', noise('<svg onload="alert(1)"/>\xff\xfe', 500)],
    claims: ['image/png', noise('MZ\x90', 900)], // a program, whatever its source says
    odd: ['image/png"><x', noise('%PDF-1.7\xff', 300)],
    pdf: ['application/pdf', noise('%PDF-1.7\n', 70000)],
    csv: ['application/octet-stream', Buffer.from('a,b\n1,"2"\n')],
    large: ['image/png', noise('\x89PNG\r\n\x1a\n', 1500000)],
    larger: ['image/png', noise('\x89PNG\r\n\x1a\n', 2200000)],
};
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
const uri = (name) => `writ://artifact/${hash(files[name][1])}`;

const server = http.createServer((request, response) => {
    const [type, bytes] = files[new URL(request.url, 'http://x').pathname.slice(1)];

    response.writeHead(200, { 'content-type': type }).end(bytes);
});
let person;

before(async () => {
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    person = await Person.up();
    const document = join(person.home, 'o.json');

    writeFileSync(document, JSON.stringify({ openapi: '3.1.0', info: { title: 'O', version: '1' },
        servers: [{ url: `http://127.0.0.1:${server.address().port}` }],
        paths: Object.fromEntries(Object.keys(files).map((operationId) => [`/${operationId}`,
            { get: { operationId, responses: { 200: { description: 'it', content: { '*/*': {} } } } } }])) }));
    await person.terminal('sources', 'add', 'o', document, '--yes', '--allow-host', '127.0.0.1');
    reach();
});

// Where the daemon is; another one after it was ended.
function reach() {
    const status = JSON.parse(person.writ.run('status', '--json'));

    person.writ.url = new URL('/mcp', status.http);
    person.writ.token = readFileSync(status.token_file, 'utf8').trim();
}

after(() => {
    person?.down();
    server.close();
    server.closeAllConnections();
});

const info = { name: 'test', version: '1' };
const stdio = (Transport) => new Transport({ command: binary, args: ['mcp'], env: person.writ.env });
const overHttp = (Transport) => new Transport(person.writ.url, { requestInit: { headers: person.writ.headers() } });
const kinds = {
    '1.x stdio': [() => new Client1(info), () => stdio(Stdio1), -32002],
    '1.x HTTP': [() => new Client1(info), () => overHttp(Http1), -32002],
    '2.x stdio': [() => new Client2(info, { versionNegotiation: { mode: 'auto' } }), () => stdio(Stdio2), -32602],
    '2.x HTTP': [() => new Client2(info, { versionNegotiation: { mode: 'auto' } }), () => overHttp(Http2), -32602],
};

async function open([client, transport]) {
    const made = client();

    await made.connect(transport());
    return { client: made, run: async (code) => (await made.callTool({ name: 'execute', arguments: { code } })).content };
}

for (const [name, kind] of Object.entries(kinds)) {
    test(`${name}: images of a value are there, each once, behind it`, async () => {
        const { client, run } = await open(kind);
        const [value, ...blocks] = await run(`const png = await tools.o.png({}); console.log("seen");
            return { of: [png, { deep: await tools.o.jpeg({}) }, png], gif: await tools.o.gif({}), webp: await tools.o.webp({}) }`);

        assert.equal(JSON.parse(value.text).of[1].deep.$artifact, hash(files.jpeg[1]));
        assert.equal(blocks.shift().text, 'console:\n[log] seen');
        assert.deepEqual(blocks.map(({ type, mimeType }) => [type, mimeType]),
            [['image', 'image/png'], ['image', 'image/jpeg'], ['image', 'image/gif'], ['image', 'image/webp']]);
        ['png', 'jpeg', 'gif', 'webp'].forEach((file, i) => {
            assert.ok(Buffer.from(blocks[i].data, 'base64').equals(files[file][1]), file);
            assert.equal(blocks[i]._meta['writ/artifact'], uri(file));
        });
        await client.close();
    });

    test(`${name}: what is no image by its first bytes is a link, and is read by it`, async () => {
        const { client, run } = await open(kind);
        const [, ...links] = await run('return await Promise.all([tools.o.pdf({}), tools.o.svg({}), tools.o.claims({}), tools.o.odd({}), tools.o.csv({})])');

        assert.deepEqual(links.map(({ type, uri: at, mimeType, size }) => [type, at, mimeType, size]), [
            ['resource_link', uri('pdf'), 'application/pdf', files.pdf[1].length],
            ['resource_link', uri('svg'), 'image/svg+xml', files.svg[1].length],
            ['resource_link', uri('claims'), 'image/png', files.claims[1].length],
            ['resource_link', uri('odd'), undefined, files.odd[1].length],
            ['resource_link', uri('csv'), 'application/octet-stream', files.csv[1].length]]);
        const [pdf] = (await client.readResource({ uri: uri('pdf') })).contents;

        assert.equal(pdf.uri, uri('pdf'));
        assert.equal(pdf.mimeType, 'application/octet-stream');
        assert.ok(Buffer.from(pdf.blob, 'base64').equals(files.pdf[1]));
        assert.deepEqual((await client.readResource({ uri: uri('csv') })).contents, [{ uri: uri('csv'), text: 'a,b\n1,"2"\n' }]);
        await client.close();
    });

    test(`${name}: what is too much for an answer is a link, and what is too much for any is said so`, async () => {
        const { client, run } = await open(kind);
        const [, first, second, third] = await run('return [await tools.o.larger({}), await tools.o.large({}), await tools.o.png({})]');

        assert.deepEqual([first.type, second.type, third.type], ['resource_link', 'image', 'image']);
        await assert.rejects(client.readResource({ uri: uri('larger') }), /it has 2200008 bytes.*tools\.writ\.results\.read/);
        const page = await run(`return (await tools.writ.results.read({ artifact: "${hash(files.larger[1])}", offset: 0, limit: 8 })).$base64`);

        assert.equal(page[0].text, Buffer.from('\x89PNG\r\n\x1a\n', 'latin1').toString('base64'));
        await client.close();
    });

    test(`${name}: what a program keeps to itself is not shown, and what nobody was given is not there`, async () => {
        const { client, run } = await open(kind);
        const said = await run('return { size: (await tools.o.png({})).size, of: { $artifact: "f".repeat(64), type: "image/png", size: 3 }, and: { $artifact: 7 } }');

        assert.deepEqual(said.map(({ type }) => type), ['text']);
        for (const none of [`writ://artifact/${'f'.repeat(64)}`, 'writ://artifact/../../door.key', 'file:///etc/passwd', ''])
            await assert.rejects(client.readResource({ uri: none }), (error) => error.code === kind[2] && /Resource not found/.test(error.message));
        assert.deepEqual((await client.listResources()).resources, []);
        assert.deepEqual((await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate), ['writ://artifact/{digest}']);
        await client.close();
    });
}

test('whoever was not given it does not see it, though they know its name', async () => {
    const mine = Buffer.from('a file of one agent alone \xff', 'latin1');
    files.pdf[1] = mine; // from now on
    const one = await open(kinds['1.x stdio']);
    const other = await open(kinds['2.x HTTP']);
    const [, link] = await one.run('return await tools.o.pdf({})');

    assert.equal(link.uri, `writ://artifact/${hash(mine)}`);
    assert.equal((await one.client.readResource({ uri: link.uri })).contents[0].blob, mine.toString('base64'));
    await assert.rejects(other.client.readResource({ uri: link.uri }), /Resource not found/);
    const [, none] = await other.run(`return { $artifact: "${hash(mine)}", type: "application/pdf", size: 1 }`);

    assert.equal(none, undefined);
    await one.client.close();
    await other.client.close();
    // And it is still there for its own when the daemon has begun again.
    await person.terminal('down');
    await person.command('up', '--http', '127.0.0.1:0');
    reach();
    const again = await open(kinds['1.x stdio']);

    assert.equal((await again.client.readResource({ uri: link.uri })).contents[0].blob, mine.toString('base64'));
    await again.client.close();
});

test('before 2025-06-18 there are images, and no links', async () => {
    const lines = person.writ.stdio();
    const ask = (id, method, params) => lines.ask({ jsonrpc: '2.0', id, method, params });

    await ask(1, 'initialize', { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: info });
    const { result } = await ask(2, 'tools/call', { name: 'execute', arguments: { code: 'return [await tools.o.gif({}), await tools.o.csv({})]' } });

    assert.deepEqual(result.content.slice(1), [{ type: 'image', data: files.gif[1].toString('base64'), mimeType: 'image/gif' }]);
    const read = await ask(3, 'resources/read', { uri: uri('csv') });

    assert.equal(read.result.contents[0].text, 'a,b\n1,"2"\n');
    await lines.close();
});

test('a program that failed shows nothing', async () => {
    const { client, run } = await open(kinds['1.x stdio']);
    const said = await run('const gif = await tools.o.gif({}); throw Object.assign(new Error("no"), { gif })');

    assert.deepEqual(said.map(({ type }) => type), ['text']);
    await client.close();
});
