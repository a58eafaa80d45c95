/*
 * GraphQL services as sources of the real program, which graphql-js serves on loopback: added, approved, called from a
 * program, there again after a restart.
 */
import assert from 'node:assert';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildSchema, introspectionFromSchema } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';
import { Person } from '../mcp/person.mjs';

const text = `
    type Book { id: ID! title: String! author: Author }
    type Author { name: String! books: [Book!]! }
    type Query { book(id: ID!): Book books: [Book!]! some(count: Int! = 1, from: Int = 0): [Book!]! }
    type Mutation { rename(id: ID!, title: String!): Book }
`;
const schema = buildSchema(text);
const books = [{ id: 'b1', title: 'Emma', author: { name: 'Jane', books: [] } }, { id: 'b2', title: 'Ulysses', author: null }];
const find = ({ id }) => books.find((one) => one.id === id);
const root = { book: find, books: () => books, some: ({ count, from }) => books.slice(from, from + count), rename: ({ id, title }) => Object.assign(find({ id }), { title }) };
let server;
let url;
let person;

before(async () => {
    const handler = createHandler({ schema, rootValue: root });

    server = createServer(handler);
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${server.address().port}/graphql`;
    person = await Person.up();
});
after(() => {
    person?.down();
    server.close();
    server.closeAllConnections();
});

const file = (name, content) => {
    const path = join(person.home, name);

    writeFileSync(path, content);
    return path;
};
const add = (...args) => person.terminal('sources', 'add', ...args, '--yes', '--allow-host', '127.0.0.1');
const tools = async (name) => (await person.source(name)).tools.map((tool) => [tool.address, tool.effect]);
const offered = (name) => [[`${name}.mutation.rename`, 'write'], [`${name}.query.book`, 'read'], [`${name}.query.books`, 'read'],
    [`${name}.query.some`, 'read']];

test('what a service says of itself, in a file, is a source', async () => {
    await add('told', file('told.json', JSON.stringify({ data: introspectionFromSchema(schema) })), '--base-url', url);
    assert.equal((await person.source('told')).kind, 'graphql');
    assert.deepEqual(await tools('told'), offered('told'));
    assert.deepEqual(await person.program('return await tools.told.query.book({ id: "b1" })'),
        { id: 'b1', title: 'Emma', author: { name: 'Jane', books: [] } });
});

test('so is a schema in its own language, whatever its file is called', async () => {
    await add('said', file('said.txt', text), '--base-url', url);
    assert.deepEqual(await tools('said'), offered('said'));
    assert.deepEqual(await person.program('return await tools.said.query.books({ select: "title" })'),
        [{ title: 'Emma' }, { title: 'Ulysses' }]);
    await assert.rejects(person.program('return await tools.said.mutation.rename({ id: "b1", title: "Emily" })'), /waits/);
});

test('by its address it is asked about itself, and asked again', async () => {
    await add('here', url);
    const source = await person.source('here');

    assert.deepEqual([source.kind, source.state, source.url], ['graphql', 'connected', url]);
    assert.deepEqual(await person.program('return await tools.here.query.book({ id: "b2", select: "title" })'), { title: 'Ulysses' });
    assert.match(await person.terminal('sources', 'refresh', 'here'), /what it offered before/);
});

test('what has a default need not be given', async () => {
    for (const name of ['told', 'said', 'here']) {
        assert.deepEqual(await person.program(`return await tools.${name}.query.some({ select: "id" })`), [{ id: 'b1' }]);
        assert.deepEqual(await person.program(`return await tools.${name}.query.some({ count: 2, from: 1, select: "id" })`), [{ id: 'b2' }]);
    }
});

test('one that does not say what it has', async () => {
    const shut = createServer((request, response) => response.writeHead(200, { 'content-type': 'application/json' })
        .end('{"errors":[{"message":"introspection is off"}]}'));

    await new Promise((done) => shut.listen(0, '127.0.0.1', done));
    await assert.rejects(add('shut', `http://127.0.0.1:${shut.address().port}/graphql`), /introspection is off/);
    shut.close();
    shut.closeAllConnections();
});

test('a kind that was said is believed, and a wrong one says what is wrong', async () => {
    await add('forced', file('forced.txt', `# a comment\n\n${text}`), '--base-url', url, '--kind', 'graphql');
    assert.equal((await person.source('forced')).kind, 'graphql');
    await assert.rejects(add('wrong', file('wrong.txt', text), '--base-url', url, '--kind', 'openapi'), /wrong is error/);
    await assert.rejects(add('odd', file('odd.txt', text), '--kind', 'mcp_http'), /openapi or graphql of a document/);
});

test('a schema that does not say where it is served, and a text that is none', async () => {
    await assert.rejects(add('nowhere', file('nowhere.graphql', text)), /does not say where its service answers; --base-url/);
    await assert.rejects(add('none', file('none.txt', 'Dear Sir')), /neither an OpenAPI .* nor a GraphQL schema/);
});

test('after a restart it is called as before', async () => {
    await person.terminal('down');
    assert.deepEqual(await person.program('return await tools.told.query.book({ id: "b2" })'),
        { id: 'b2', title: 'Ulysses', author: null });
    await person.command('audit', 'verify');
});
