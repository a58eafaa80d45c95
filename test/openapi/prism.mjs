/*
 * Prism, in a process of its own: it throws where nobody catches for some requests, which then
 * have no answer. Takes a file, gives a port.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { getHttpOperationsFromSpec } = require('@stoplight/prism-cli/dist/operations');
const { createServer } = require('@stoplight/prism-http-server');
const { createLogger } = require('@stoplight/prism-core');

let server;

process.on('unhandledRejection', () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', async (file) => {
    try {
        await server?.close();
        server = undefined;
        server = createServer(await getHttpOperationsFromSpec(file), {
            cors: false,
            components: { logger: createLogger('prism', { enabled: false }) },
            config: { mock: { dynamic: false }, isProxy: false, errors: true, checkSecurity: true, validateRequest: true,
                validateResponse: false },
        });
        process.send({ port: Number((await server.listen(0, '127.0.0.1')).split(':').at(-1)) });
    } catch (error) {
        process.send({ fault: String(error) });
    }
});
