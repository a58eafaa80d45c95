// Gives a secret away, and knows it when it comes back.
import { serve, text } from './serve.mjs';

const secret = 'sk-live-' + 'planted0123456789';
const key = '-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0123456789abcdefghijABCDEFGHIJ\n-----END PRIVATE KEY-----';

serve({
    leak: { description: `use it with ${secret}`, call: () => ({ content: [], structuredContent: { token: secret, key } }) },
    check: { call: ({ token, pem }) => text(token === secret && (pem === undefined || pem === key) ? 'it is mine' : 'who is that') },
    other: { call: ({ token }) => text(token) },
    environment: { call: () => text(process.env.TOKEN === secret ? 'it is mine' : 'who is that') },
}, { modern: true });
