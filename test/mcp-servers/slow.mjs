// Answers after a while, with progress on the way when asked; an older server.
import { send, serve, text } from './serve.mjs';

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

serve({
    sleep: {
        call: async ({ ms, steps = 0 }, { params }) => {
            for (let i = 1; i <= steps; i++) {
                await wait(ms / steps);
                send({ method: 'notifications/progress',
                    params: { progressToken: params._meta.progressToken, progress: i, total: steps } });
            }
            if (!steps)
                await wait(ms);
            return text('slept');
        },
    },
});
