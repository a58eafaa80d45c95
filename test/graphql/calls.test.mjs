/*
 * What we make of GraphQL services, judged by graphql-js: GitHub's schema, whose operations must
 * all be valid, and a server on loopback that answers them.
 */
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildSchema, introspectionFromSchema, parse, validate } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';

const { CALLS } = process.env;

function ask(words, input) {
    return execFileSync(CALLS, words, { input, maxBuffer: 1 << 29 }).toString().split('\n').filter(Boolean)
        .map((line) => JSON.parse(line));
}

/* --- A real schema ----------------------------------------------------------------------- */

const github = join(import.meta.dirname, 'node_modules/@octokit/graphql-schema');
/* It has fields that are defined twice. */
const LAX = { assumeValidSDL: true, assumeValid: true };
const sdl = readFileSync(join(github, 'schema.graphql'), 'utf8');

test('every operation of GitHub is valid, from SDL and from introspection', () => {
    const schema = buildSchema(sdl, LAX);
    const tools = ask(['tools'], sdl);
    const told = ask(['tools'], JSON.stringify({ data: introspectionFromSchema(schema) }));
    const wrong = tools.map(({ path, plan }) => [path, validate(schema, parse(plan.document))])
        .filter(([, errors]) => errors.length);

    assert.deepEqual(wrong.map(([path, errors]) => `${path}: ${errors[0].message}`), []);
    assert.ok(tools.length > 250, `${tools.length} tools`);
    assert.deepEqual(told.map((one) => one.path), tools.map((one) => one.path));
    for (const tool of told)
        assert.equal(validate(schema, parse(tool.plan.document)).length, 0, tool.path);
    assert.equal(tools.find((one) => one.path === 'query.viewer').effect, 'read');
    assert.equal(tools.find((one) => one.path === 'mutation.deleteIssue').effect, 'destructive');
});

test('another selection takes its place, and stays valid', () => {
    const schema = buildSchema(sdl, LAX);
    const { plan } = ask(['tools'], sdl).find((one) => one.path === 'query.repository');
    const select = 'nameWithOwner issues(first: 3, orderBy: {field: CREATED_AT, direction: DESC}) { nodes { n: number } } ' +
        'owner { ... on User { email } }';
    const [request] = ask(['requests'], JSON.stringify({ plan, args: { owner: 'a', name: 'b', select } }));

    assert.deepEqual(validate(schema, parse(JSON.parse(request.body).query)), []);
    assert.match(JSON.parse(request.body).query, /\{nameWithOwner issues\(first:3/);
});

/* --- A real server ----------------------------------------------------------------------- */

const shop = buildSchema(`
    scalar Json
    enum Kind { FRUIT VEGETABLE }
    interface Thing { id: ID! name: String! }
    type Apple implements Thing { id: ID! name: String! red: Boolean! kind: Kind }
    type Leek implements Thing { id: ID! name: String! length: Float extra: Json }
    union Found = Apple | Leek
    input Filter { kinds: [Kind!]! = [FRUIT] names: [String!] any: Json and: Filter }
    type Seller { id: ID! name: String boss: Seller things: [Thing!]! broken: String }
    type Query {
        thing(id: ID!): Thing
        things(filter: Filter, limit: Int = 2): [Thing!]!
        find(text: String!): [Found]
        seller(id: ID!): Seller
        echo(value: Json): Json
        sum(numbers: [Float!]!): Float!
        fails: Int!
    }
    type Mutation { rename(id: ID!, name: String!): Thing deleteThing(id: ID!): Boolean! }
`);
const things = [
    { __typename: 'Apple', id: 'a1', name: 'Cox', red: true, kind: 'FRUIT' },
    { __typename: 'Leek', id: 'l1', name: 'Bandit', length: 30.5, extra: { organic: true, at: [1, 2] } },
];
const seller = { id: 's1', name: 'Ann', things: () => things, boss: () => ({ id: 's2', name: 'Bo', things: () => [],
    boss: null }), broken: () => { throw new Error('broken is broken'); } };
const root = {
    thing: ({ id }) => things.find((one) => one.id === id),
    things: ({ filter, limit }) => things.filter((one) => !filter?.names || filter.names.includes(one.name)).slice(0, limit),
    find: ({ text }) => things.filter((one) => one.name.includes(text)),
    seller: () => seller,
    echo: ({ value }) => value,
    sum: ({ numbers }) => numbers.reduce((a, b) => a + b, 0),
    fails: () => { throw new Error('it fails'); },
    rename: ({ id, name }) => ({ ...things.find((one) => one.id === id), name }),
    deleteThing: () => true,
};
let server;
let url;
let tools;

before(async () => {
    const handler = createHandler({ schema: shop, rootValue: root });

    server = createServer((request, response) => {
        if (request.headers.authorization === 'Bearer wrong')
            response.writeHead(401, { 'content-type': 'application/json' }).end('{"errors":[{"message":"who are you"}]}');
        else
            handler(request, response);
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${server.address().port}/graphql`;
    const asked = execFileSync(CALLS, ['introspection']);
    const answer = await fetch(url, { method: 'POST', body: asked, headers: { 'content-type': 'application/json' } });

    tools = ask(['tools', url], await answer.text());
});
after(() => server.close());

async function call(path, args, credentials = {}) {
    const { plan } = tools.find((one) => one.path === path);
    const [request] = ask(['requests'], JSON.stringify({ plan, args, credentials }));

    if (request.fault)
        return request;
    const answer = await fetch(request.url, { method: request.method, headers: request.headers, body: request.body });
    const [outcome] = ask(['outcomes'], JSON.stringify({ plan, reads: path.startsWith('query'), status: answer.status,
        type: answer.headers.get('content-type'), body: await answer.text() }));

    return { ...outcome, value: outcome.value && JSON.parse(outcome.value), data: outcome.data && JSON.parse(outcome.data) };
}

test('a service says what it has', () => {
    assert.deepEqual(tools.map((one) => one.path), ['mutation.deleteThing', 'mutation.rename', 'query.echo', 'query.fails',
        'query.find', 'query.seller', 'query.sum', 'query.thing', 'query.things']);
});

test('calls have values', async () => {
    assert.deepEqual((await call('query.thing', { id: 'a1' })).value,
        { __typename: 'Apple', id: 'a1', name: 'Cox', red: true, kind: 'FRUIT' });
    assert.deepEqual((await call('query.thing', { id: 'none' })).value, null);
    assert.deepEqual((await call('query.find', { text: 'Ban' })).value,
        [{ __typename: 'Leek', id: 'l1', name: 'Bandit', length: 30.5, extra: { organic: true, at: [1, 2] } }]);
    assert.deepEqual((await call('query.things', { filter: { names: ['Cox'], kinds: ['FRUIT'] } })).value.map((one) => one.id),
        ['a1']);
    assert.equal((await call('query.things', { limit: 1 })).value.length, 1);
    assert.equal((await call('query.sum', { numbers: [1.5, 2] })).value, 3.5);
    assert.deepEqual((await call('query.echo', { value: { deep: [1, { '"}': null }] } })).value, { deep: [1, { '"}': null }] });
    assert.equal((await call('mutation.rename', { id: 'a1', name: '"}) { x' })).value.name, '"}) { x');
    assert.equal((await call('mutation.deleteThing', { id: 'a1' })).value, true);
});

test('a selection of its own', async () => {
    assert.deepEqual((await call('query.seller', { id: 's1', select: 'n: name boss { boss { id } id }' })).value,
        { n: 'Ann', boss: { boss: null, id: 's2' } });
    assert.match((await call('query.seller', { id: 's1', select: 'id } fails seller(id: 1) { id' })).fault, /^select: /);
    const outcome = await call('query.seller', { id: 's1', select: 'nothing' });

    assert.equal(outcome.status, 'failed');
    assert.match(outcome.text, /Cannot query field "nothing"/);
});

test('errors are a failure that keeps what came', async () => {
    const outcome = await call('query.seller', { id: 's1', select: 'id broken' });

    assert.equal(outcome.status, 'failed');
    assert.equal(outcome.code, 'upstream');
    assert.equal(outcome.text, 'broken is broken');
    assert.deepEqual(outcome.data.data, { seller: { id: 's1', broken: null } });
    assert.equal((await call('query.fails', {})).text, 'it fails');
    assert.match((await call('query.sum', { numbers: ['x'] })).text, /Float cannot represent/);
    const refused = await call('query.fails', {}, { Authorization: 'Bearer wrong' });

    assert.equal(refused.code, 'auth_required');
    assert.match(refused.text, /401 Unauthorized: who are you/);
});
