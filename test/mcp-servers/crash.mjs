// Ends in the middle of a call, with a last word on standard error.
import { serve, text } from './serve.mjs';

serve({
    crash: {
        call: ({ code = 3 }) => {
            process.stderr.write('out of luck, token ghp_0123456789abcdefghijABCDEFGHIJ012345\n',
                () => process.exit(code));
        },
    },
    fine: { call: () => text('fine') },
});
