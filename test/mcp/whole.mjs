// A server with all that the older protocol has, by the official SDK: over stdio, or made for whoever serves it.
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { InMemoryTaskStore, InMemoryTaskMessageQueue } from '@modelcontextprotocol/sdk/experimental/tasks';
import { z } from 'zod';

const read = { annotations: { readOnlyHint: true } };
const text = (value) => ({ content: [{ type: 'text', text: value }] });

/* Their timers keep a process: who ends clears them. */
export const stores = [];

class NotedStore extends InMemoryTaskStore {
    constructor(note) {
        super();
        this.note = note;
        stores.push(this);
    }

    async updateTaskStatus(id, status, ...rest) {
        this.note(`task ${status}`);
        return super.updateTaskStatus(id, status, ...rest);
    }
}

function addTask(server, name, work) {
    server.experimental.tasks.registerToolTask(name, { ...read, inputSchema: { n: z.number() }, execution: { taskSupport: 'required' } }, {
        async createTask({ n }, { taskStore, taskRequestedTtl }) {
            const task = await taskStore.createTask({ ttl: taskRequestedTtl, pollInterval: 100 });

            work(n).then((value) => taskStore.storeTaskResult(task.taskId, 'completed', value));
            return { task };
        },
        getTask: (_args, { taskId, taskStore }) => taskStore.getTask(taskId),
        getTaskResult: (_args, { taskId, taskStore }) => taskStore.getTaskResult(taskId),
    });
}

export function make(note) {
    const server = new McpServer({ name: 'whole', version: '1' }, {
        capabilities: { logging: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } },
        taskStore: new NotedStore(note), taskMessageQueue: new InMemoryTaskMessageQueue(),
    });

    server.registerResource('motd', 'note://motd', {}, () => ({ contents: [{ uri: 'note://motd', text: 'hello' }] }));
    server.registerResource('one', new ResourceTemplate('note://{id}', { list: undefined }), {},
        (uri, { id }) => ({ contents: [{ uri: uri.href, text: `note ${id}` }] }));
    server.registerPrompt('greet', { argsSchema: { who: completable(z.string(), (start) => ['Ann', 'Anton', 'Bob'].filter((one) => one.startsWith(start))) } },
        ({ who }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Greet ${who}.` } }] }));
    server.registerTool('steps', { ...read, inputSchema: { ms: z.number() } }, async ({ ms }, { sendNotification, _meta }) => {
        for (let progress = 1; progress <= 3; progress++) {
            await sendNotification({ method: 'notifications/progress', params: { progressToken: _meta.progressToken, progress, total: 3, message: `step ${progress}` } });
            await pause(ms);
        }
        return text('stepped');
    });
    server.registerTool('endless', read, ({ signal }) => new Promise((done) => {
        note('endless');
        signal.addEventListener('abort', () => {
            note('aborted');
            done(text('never'));
        });
    }));
    server.registerTool('logs', read, async ({ sessionId }) => {
        await server.server.sendLoggingMessage({ level: 'debug', logger: 'disk', data: 'spinning' }, sessionId);
        await server.server.sendLoggingMessage({ level: 'warning', logger: 'disk', data: 'nearly full' }, sessionId);
        return text('logged');
    });
    server.registerTool('breaks', read, async ({ closeSSEStream }) => {
        closeSSEStream?.(); // What is said from now on is to be asked for again.
        await pause(100);
        note(`broke ${Boolean(closeSSEStream)}`);
        return text('whole');
    });
    addTask(server, 'job', async (n) => {
        await pause(400);
        return text(`did ${n}`);
    });
    addTask(server, 'forever', () => new Promise(() => {}));
    return server;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
    await make((line) => appendFileSync(process.argv[2], `${line}\n`)).connect(new StdioServerTransport());
