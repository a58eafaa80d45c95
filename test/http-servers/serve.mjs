// What a test of the HTTP engine speaks to: an HTTP server that does what its path says, and a name server that says
// what the name asks for. Prints "PORT DNS_PORT TLS_PORT CA_FILE", and ends with its standard input.
import { execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { deflateSync, gzipSync } from 'node:zlib';

const connections = new Map(); // socket -> its number
const lookups = new Map();
let other; // a second origin: the same server, another port

const routes = {
    '/connection': (request, response) => response.end(String(connections.get(request.socket))),
    '/echo': (request, response) => {
        let body = '';

        request.on('data', (piece) => (body += piece));
        request.on('end', () => response.end(JSON.stringify({ method: request.method, headers: request.headers, body })));
    },
    '/slow': () => {},
    '/drip': (request, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write('.'), 20);

        response.on('close', () => clearInterval(timer));
    },
    '/reset': (request) => request.socket.destroy(),
    '/bomb': (request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(gzipSync(Buffer.alloc(64 << 20)));
    },
    '/bomb-twice': (request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip, deflate' });
        response.end(deflateSync(gzipSync(Buffer.alloc(64 << 20))));
    },
    '/gzip': (request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(gzipSync('what was packed'));
    },
    '/heads': (request, response) => {
        for (let i = 0; i < 8; i++)
            response.setHeader(`x-long-${i}`, 'h'.repeat(60000));
        response.end();
    },
    '/loop': (request, response) => response.writeHead(302, { location: '/loop' }).end(),
    '/away': (request, response) => response.writeHead(307, { location: `http://localhost:${other}/echo` }).end(),
    '/private': (request, response) => response.writeHead(302, { location: `http://127.0.0.2:${other}/echo` }).end(),
    '/chain': (request, response) => response.writeHead(302, { location: '/private' }).end(),
    '/file': (request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    '/broken': (request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half');
        setTimeout(() => request.socket.destroy(), 20);
    },
    '/stream': (request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: one\n\n');
        setTimeout(() => response.end('data: two\n\n'), 50);
    },
};

// A connection that is kept is ended by this side a little later.
routes['/end-later'] = (request, response) => {
    response.end('kept');
    setTimeout(() => request.socket.destroy(), 20);
};

// A connection that is kept dies exactly when the next request arrives on it.
routes['/die-when-used'] = (request, response) => {
    response.end('kept');
    request.socket.once('data', () => request.socket.destroy());
};

const server = http.createServer({ maxHeaderSize: 1 << 20 }, (request, response) => {
    const route = routes[request.url];

    if (route)
        route(request, response);
    else
        response.writeHead(404).end('nothing here');
});

server.on('connection', (socket) => {
    connections.set(socket, connections.size + 1);
    socket.on('error', () => {});
});

// RFC 1035, as little as is needed: one A record for one question.
function answer(question) {
    const labels = [];
    let at = 12;

    for (; question[at]; at += question[at] + 1)
        labels.push(question.toString('latin1', at + 1, at + 1 + question[at]));
    const name = labels.join('.');
    const type = question.readUInt16BE(at + 1);
    const times = (lookups.get(`${name} ${type}`) ?? 0) + 1;
    const head = Buffer.from(question.subarray(0, at + 5));

    lookups.set(`${name} ${type}`, times);
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(0, 8);
    head.writeUInt16BE(0, 10);
    if (name === 'none.test')
        head.writeUInt16BE(0x8183, 2);
    if (name === 'none.test' || type !== 1) {
        head.writeUInt16BE(0, 6);
        return head;
    }
    const address = name === 'rebinds.test' && times === 1 ? [203, 0, 114, 1] : [127, 0, 0, 1];

    head.writeUInt16BE(1, 6);
    return Buffer.concat([head, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address])]);
}

// An authority of this run, a certificate of it for good.test, and one for self.test that nobody vouches for. A client
// that asks for another name is shown good.test's.
const folder = mkdtempSync(join(tmpdir(), 'writ-http-servers-'));
const ca = join(folder, 'ca.pem');

process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function certify(name, ...by) {
    const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];

    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-keyout',
        key, '-out', certificate, '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, ...by], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(certificate) };
}

certify('ca');
const good = certify('good.test', '-CA', ca, '-CAkey', join(folder, 'ca.key'), '-addext', 'basicConstraints=critical,CA:FALSE');
const self = createSecureContext(certify('self.test'));
const secure = http2.createSecureServer({ ...good, allowHTTP1: true,
    SNICallback: (name, done) => done(null, name === 'self.test' ? self : createSecureContext(good)) },
(request, response) => {
    // As Node itself ends a connection after some 1,000 requests of it: this one was not looked at.
    if (request.url !== '/goaway' || goaways++ % 2 === 1) {
        response.end(`version ${request.httpVersion}`);
        return;
    }
    const { session } = request.stream;

    session.goaway(http2.constants.NGHTTP2_INTERNAL_ERROR, request.stream.id - 2);
    setTimeout(() => session.destroy(), 20);
});
let goaways = 0;

secure.on('sessionError', () => {});

const names = dgram.createSocket('udp4');

names.on('message', (question, from) => names.send(answer(question), from.port, from.address));
names.bind(0, '127.0.0.1', () => {
    const second = http.createServer((request, response) => server.emit('request', request, response));

    second.listen(0, '0.0.0.0', () => {
        other = second.address().port;
        secure.listen(0, '127.0.0.1', () => server.listen(0, '127.0.0.1', () => process.stdout.write(
            `${server.address().port} ${names.address().port} ${secure.address().port} ${ca}\n`)));
    });
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
