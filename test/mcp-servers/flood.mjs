// Says ten thousand times that its tools changed, and changes them once.
import { send, serve, text } from './serve.mjs';

const tools = {
    flood: {
        call: () => {
            tools.late = { description: 'was not there before', call: () => text('late') };
            for (let i = 0; i < 10000; i++)
                send({ method: 'notifications/tools/list_changed' });
            return text('flooded');
        },
    },
};

serve(tools);
