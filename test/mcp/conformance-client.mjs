// The client that the official suite tests: the real program. It adds the suite's server by its URL, approves what it
// offers, and runs programs that call its tools. Only which tools are called is chosen here, by the scenario's name.
//   node conformance-client.mjs URL        MCP_CONFORMANCE_SCENARIO and _CONTEXT say which, and with what
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writ } from './writ.mjs';

const url = process.argv.at(-1);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? '';
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT || '{}');
const writ = new Writ();

writ.patience = 100000; // The suite runs all scenarios of a version at once.

const RULES = ['read', 'write', 'destructive'].map((effect) => `  - name: suite-${effect}
    match: t.**
    effect: ${effect}
    verdict: allow
    reason: the suite calls them
`).join('');

// What is asked of the person who owns it: forms are submitted with their defaults, and what else they must have.
function answerAll() {
    for (const { id, kind, detail } of JSON.parse(writ.run('inbox', 'list', '--json')).inputs) {
        const { properties = {}, required = [] } = detail.schema ?? {};
        const filled = Object.fromEntries(required.filter((name) => properties[name]?.default === undefined)
            .map((name) => [name, value(properties[name])]));

        writ.atTerminal('inbox', 'answer', id, ...(kind === 'form' ? ['submit', JSON.stringify(filled)] : ['approve']));
    }
}

function value({ type, minimum, enum: choices, items }) {
    return choices?.[0] ?? { boolean: true, integer: minimum ?? 1, number: minimum ?? 1, array: [items?.enum?.[0]] }[type] ??
        'conformance';
}

// An execution that waits for a person goes on when the person has answered.
function goOn(execution) {
    for (const until = Date.now() + 20000; Date.now() < until;) {
        answerAll();
        if (writ.run('log', 'show', execution, '--json').includes('execution.ended'))
            return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
}

function program(code, input) {
    try {
        return writ.run('exec', '-e', code, '--input', JSON.stringify(input ?? null));
    } catch (error) {
        const waits = /(exe_\w+) waits/.exec(error.stderr);

        console.log(`${error.stdout}${error.stderr}`);
        if (waits)
            goOn(waits[1]);
        return '';
    }
}

function call(name, args = {}) {
    return program('return await tools.t[input.name](input.args)', { name, args });
}

// The suite starts all scenarios at once; so many whole programs beside each other would answer nobody in time.
async function placeTaken() {
    for (let i = 0; ; i = (i + 1) % 4)
        try {
            mkdirSync(join(process.env.PLACES, `${i}`));
            return join(process.env.PLACES, `${i}`);
        } catch {
            await new Promise((done) => setTimeout(done, 50));
        }
}

const calls = {
    'initialize': () => {},
    'tools_call': () => call('add_numbers', { a: 5, b: 3 }),
    'sse-retry': () => call('test_reconnection'),
    'elicitation-sep1034-client-defaults': () => call('test_client_elicitation_defaults'),
    // Its null is not what the tool's own schema allows, so it would not leave: it is left out.
    'http-custom-headers': () => context.toolCalls.forEach((one) => call(one.name,
        Object.fromEntries(Object.entries(one.arguments).filter(([, value]) => value !== null)))),
    'json-schema-2020-12-preservation': () => {
        const tool = JSON.parse(writ.run('tools', 'describe', 't.json_schema_2020_12_tool', '--json'));

        call('json_schema_echo', { schema: tool.input });
    },
};

// Everything that is offered and approved, with what its schema wants most.
function callAll() {
    const { tools } = JSON.parse(writ.run('sources', 'show', 't', '--json'));

    for (const tool of tools ?? []) {
        const { input } = JSON.parse(writ.run('tools', 'describe', tool.address, '--json'));
        const wanted = (input?.required ?? []).map((key) => [key, 'x']);

        call(tool.name, Object.fromEntries(wanted));
    }
}

const place = await placeTaken();

try {
    writ.run('up', '--http', '127.0.0.1:0');
    // Said, not found out: the suite counts every request, also one that asks what is there.
    writ.atTerminal('sources', 'add', 't', url, '--kind', 'mcp_http', '--yes', '--allow-host', 'localhost', '--allow-host', '127.0.0.1');
    writeFileSync(join(writ.home, 'rules.yaml'), `rules:\n${RULES}`);
    writ.atTerminal('policy', 'apply', join(writ.home, 'rules.yaml'));
    (calls[scenario] ?? callAll)();
} finally {
    writ.down();
    rmdirSync(place);
}
