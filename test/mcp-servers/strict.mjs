// Ends at any first word but initialize, as servers on some frameworks do.
import { serve, text } from './serve.mjs';

process.stdin.once('data', (data) => {
    if (!data.toString().includes('"initialize"')) {
        process.stderr.write('expected initialize\n');
        process.exit(1);
    }
});
serve({ fine: { call: () => text('fine') } });
