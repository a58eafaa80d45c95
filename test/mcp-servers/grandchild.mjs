// Starts processes that want to outlive it: one in its group, one in a session of its own.
import { spawn } from 'node:child_process';
import { serve } from './serve.mjs';

const start = (detached) => {
    const child = spawn('sleep', ['600'], { detached, stdio: 'ignore' });

    child.unref();
    return child.pid;
};

serve({
    spawn: { call: () => ({ content: [], structuredContent: { pids: [start(false), start(true)] } }) },
});
