import { createServer as createHttps } from 'node:https';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { HostAddresses, type OutboundFailure, OutboundHttp, OutboundHttpSettings } from '.';

/** Of localhost, signed by itself, for 100 years. Secures nothing. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgL+M+UXbMVItQHoBn
+VATa1DEcHABCoG6STleAtgoGFmhRANCAATlA7YgAoXDDoS8U4IXd6GJ00GYyQoT
Hk8VE7f7BCP/HP2pN4yLkW0O7sdeaV+OP/HyF82Av49wY99vexGNT9SC
-----END PRIVATE KEY-----
`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIURqM+Bay4qOwcY5802S0qvGWiu6UwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjAzNTMyNFoYDzIxMjYxMDI5
MDM1MzI0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATlA7YgAoXDDoS8U4IXd6GJ00GYyQoTHk8VE7f7BCP/HP2pN4yLkW0O
7sdeaV+OP/HyF82Av49wY99vexGNT9SCo28wbTAdBgNVHQ4EFgQUCy29tsDcirFe
T3xO5bVrTW6NnDwwHwYDVR0jBBgwFoAUCy29tsDcirFeT3xO5bVrTW6NnDwwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgXT7BYt04HmTp7OesEgGl82HjXxZtAy8O49bIwsfQK5YCIGlK
7hLk7coo+8haIiqQ3GPHMbg5R+PvrQTh020JDZCG
-----END CERTIFICATE-----
`;

/** A name server that a test writes. */
class Zone extends HostAddresses {
  asked = 0;

  constructor(private readonly answer: (asked: number) => string[]) {
    super();
  }

  override async of(): Promise<string[]> {
    this.asked += 1;
    return this.answer(this.asked);
  }
}

const opened: Server[] = [];

function http(allowed = '', zone: HostAddresses = new Zone(() => ['127.0.0.1'])): OutboundHttp {
  return new OutboundHttp(new OutboundHttpSettings({ WEBHOOK_ALLOWED_HOSTS: allowed }), zone);
}

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  opened.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

const post = (url: string, client = http('127.0.0.1'), timeouts?: { connect: number; headers: number }) =>
  client.post({ url, headers: { 'content-type': 'application/json' }, body: '{"a":1}', timeouts });

const reasonOf = (sent: Promise<unknown>): Promise<string | undefined> =>
  sent.then(
    () => undefined,
    (error: OutboundFailure) => error.reason,
  );

afterAll(() => {
  for (const server of opened) {
    server.closeAllConnections();
    server.close();
  }
});

describe('A request to a URL that a user chose', () => {
  let listener: TcpServer;
  let port: number;
  let connections = 0;

  beforeAll(async () => {
    listener = createTcp((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((done) => listener.listen(0, done)); // all addresses of this machine
    port = (listener.address() as AddressInfo).port;
  });
  beforeEach(() => {
    connections = 0;
  });
  afterAll(() => listener.close());

  /** P stands for the port of the listener. */
  const hostile = [
    // loopback, in every spelling that a URL parser takes
    'https://127.0.0.1:P/',
    'https://127.1:P/',
    'https://127.0.1:P/',
    'https://0177.0.0.1:P/',
    'https://0x7f.0.0.1:P/',
    'https://0x7f000001:P/',
    'https://2130706433:P/',
    'https://017700000001:P/',
    'https://127.0.0.1.:P/',
    'https://127.0.0.2:P/',
    'https://127.255.255.254:P/',
    'https://%31%32%37.0.0.1:P/',
    'https://１２７.０.０.１:P/',
    'https://①②⑦.⓪.⓪.①:P/',
    'https://127。0。0。1:P/',
    'https://0.0.0.0:P/',
    'https://0:P/',
    'https://[::1]:P/',
    'https://[0:0:0:0:0:0:0:1]:P/',
    'https://[::]:P/',
    'https://localhost:P/',
    'https://LOCALHOST:P/',
    'https://localhost.:P/',
    'https://app.localhost:P/',
    'https://ｌocalhost:P/',
    'https://localhost.localdomain:P/',
    // IPv6 that embeds IPv4
    'https://[::ffff:127.0.0.1]:P/',
    'https://[::ffff:7f00:1]:P/',
    'https://[::127.0.0.1]:P/',
    'https://[64:ff9b::127.0.0.1]:P/',
    'https://[64:ff9b:1::7f00:1]:P/',
    'https://[2002:7f00:1::]:P/',
    'https://[2001:0:7f00:1::]:P/',
    'https://[::ffff:0:7f00:1]:P/',
    // private, link-local, unique local, metadata
    'https://10.0.0.1:P/',
    'https://172.16.0.1:P/',
    'https://192.168.0.1:P/',
    'https://100.64.0.1:P/',
    'https://100.100.100.200:P/latest/meta-data/',
    'https://169.254.169.254:P/latest/meta-data/',
    'https://2852039166:P/latest/meta-data/',
    'https://0xA9FEA9FE:P/',
    'https://0251.0376.0251.0376:P/',
    'https://[::ffff:169.254.169.254]:P/',
    'https://[fd00:ec2::254]:P/latest/meta-data/',
    'https://168.63.129.16:P/',
    'https://192.0.0.192:P/',
    'https://metadata.google.internal:P/',
    'https://metadata:P/',
    'https://[fe80::1]:P/',
    'https://[fe80::1%25lo]:P/',
    'https://[fc00::1]:P/',
    'https://[fec0::1]:P/',
    // multicast, broadcast, reserved
    'https://224.0.0.1:P/',
    'https://255.255.255.255:P/',
    'https://240.0.0.1:P/',
    'https://[ff02::1]:P/',
    // names of local networks
    'https://redis:P/',
    'https://printer.local:P/',
    'https://db.internal:P/',
    'https://nas.home.arpa:P/',
    'https://router.lan:P/',
    // names that resolve to this machine
    'https://hooks.example.com:P/',
    'https://127.0.0.1.nip.io:P/',
    'https://xn--bcher-kva.example:P/',
    'https://localhost@127.0.0.1:P/',
    // schemes, credentials, ports of other protocols, confused parsers
    'http://hooks.example.com:P/',
    'http://127.0.0.1:P/',
    'ftp://127.0.0.1:P/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:P/_',
    'data:text/plain,x',
    'unix:/var/run/docker.sock',
    'https://user:password@hooks.example.com:P/',
    'https://1.1.1.1@127.0.0.1:P/',
    'https://127.0.0.1:P@hooks.example.com/',
    'https://hooks.example.com:22/',
    'https://hooks.example.com:25/',
    'https://1.1.1.1:80/',
    'https:\\\\127.0.0.1:P\\',
    'https:127.0.0.1:P',
    'https://127.0.0.1:P#@1.1.1.1/',
    'https://127.0.0.1\t:P/',
    'https://1.2.3.256:P/',
    'https://',
    '//127.0.0.1:P/',
    ' ',
    `https://127.0.0.1:P/${'a'.repeat(2_048)}`,
  ];

  it(`connects to nothing for any of ${hostile.length} hostile URLs`, async () => {
    const reasons = await Promise.all(
      hostile.map(async (url) => [url, await reasonOf(post(url.replaceAll('P', String(port)), http()))]),
    );
    expect(reasons.filter(([, reason]) => reason !== 'blocked')).toEqual([]);
    expect(connections).toBe(0);
  });

  it('would have connected: the listener is reached if the host is allowed', async () => {
    expect(await reasonOf(post(`http://127.0.0.1:${port}/`))).toBe('connection');
    expect(await reasonOf(post(`https://localhost:${port}/`, http('localhost')))).toMatch(/connection|tls/);
    expect(connections).toBe(2);
  });

  it.each([
    ['127.0.0.1'],
    ['1.1.1.1', '127.0.0.1'],
    ['::1', '1.1.1.1'],
    ['1.1.1.1', '::ffff:10.0.0.1'],
    ['169.254.169.254'],
  ])('is refused when one of the addresses of its name is not public: %s', async (...addresses) => {
    expect(
      await reasonOf(post(`https://hooks.example.com:${port}/`, http('', new Zone(() => addresses)))),
    ).toBe('blocked');
    expect(connections).toBe(0);
  });

  it('asks the name server once for a connection, so that a second answer cannot lead elsewhere', async () => {
    // Global unicast that nobody has: the first answer passes the check and leads nowhere.
    const zone = new Zone((asked) => (asked % 2 === 1 ? ['2a00::1'] : ['127.0.0.1']));
    const client = http('', zone);
    const reasons = [];
    for (let nr = 1; nr <= 6; nr += 1)
      reasons.push(
        await reasonOf(post(`https://rebind.example.com:${port}/`, client, { connect: 200, headers: 400 })),
      );
    expect(reasons.filter((_, nr) => nr % 2 === 1)).toEqual(['blocked', 'blocked', 'blocked']);
    for (const reason of reasons.filter((_, nr) => nr % 2 === 0))
      expect(reason).toMatch(/timeout|unreachable/);
    expect(zone.asked).toBe(6);
    expect(connections).toBe(0);
  });

  it('resolves nothing to check a URL for a route', () => {
    const zone = new Zone(() => ['127.0.0.1']);
    http('', zone).verify('https://hooks.example.com/x');
    expect(zone.asked).toBe(0);
    expect(() => http('', zone).verify('https://127.0.0.1/x')).toThrow('blocked');
  });

  it('says nothing about the URL when it fails', async () => {
    const failure: Error = await post(`https://secret-host.example.com:${port}/secret-path`, http()).then(
      () => new Error('It did not fail.'),
      (error: Error) => error,
    );
    expect(failure.message).toContain('blocked');
    expect(`${failure.message} ${failure.stack}`).not.toMatch(/secret-(host|path)/);
  });
});

describe('A host that operators allow', () => {
  const allowed = (hosts: string, url: string) => {
    try {
      http(hosts).verify(url);
      return true;
    } catch {
      return false;
    }
  };

  it('may be private and without TLS, on the port that is named or on all', () => {
    expect(allowed('127.0.0.1', 'http://127.0.0.1:81/')).toBe(true);
    expect(allowed('127.0.0.1:8080', 'http://127.0.0.1:8080/')).toBe(true);
    expect(allowed('127.0.0.1:8080', 'http://127.0.0.1:8081/')).toBe(false);
    expect(allowed('hooks.intern:443', 'https://hooks.intern/')).toBe(true);
    expect(allowed('hooks.intern:443', 'http://hooks.intern/')).toBe(false);
    expect(allowed('[::1]', 'http://[::1]:9/')).toBe(true);
  });

  it('allows no other host, and no credentials', () => {
    expect(allowed('hooks.intern', 'http://evil.hooks.intern/')).toBe(false);
    expect(allowed('hooks.intern', 'https://hooks.intern.evil.localhost/')).toBe(false);
    expect(allowed('hooks.intern', 'https://user:password@hooks.intern/')).toBe(false);
    expect(allowed('127.0.0.1', 'http://127.0.0.2/')).toBe(false);
  });

  it.each(['https://hooks.intern', 'hooks.intern/path', 'a b', '*.intern:x'])(
    'is refused as a setting if it is no host: %s',
    (hosts) => {
      expect(() => new OutboundHttpSettings({ WEBHOOK_ALLOWED_HOSTS: hosts })).toThrow(
        'WEBHOOK_ALLOWED_HOSTS',
      );
    },
  );
});

describe('The response to a request', () => {
  const times = { connect: 300, headers: 300 };

  it('arrives with status and headers', async () => {
    let received: unknown;
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      received = { method: request.method, body: await text(request), type: request.headers['content-type'] };
      response.writeHead(503, { 'retry-after': '7' }).end('later');
    };
    const port = await serve((request, response) => void answer(request, response));
    expect(await post(`http://127.0.0.1:${port}/hook?x=1`)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '7' },
    });
    expect(received).toEqual({ method: 'POST', body: '{"a":1}', type: 'application/json' });
  });

  it.each([301, 302, 303, 307, 308])('is final with %i: a redirect is not followed', async (status) => {
    let followed = 0;
    const elsewhere = await serve((_, response) => {
      followed += 1;
      response.end();
    });
    const port = await serve((_, response) => {
      response.writeHead(status, { location: `http://127.0.0.1:${elsewhere}/` }).end();
    });
    expect((await post(`http://127.0.0.1:${port}/`)).status).toBe(status);
    expect(followed).toBe(0);
  });

  it('is aborted if the server is silent, sends headers slowly, or sends 1xx forever', async () => {
    const raw = async (write: (socket: Socket) => void): Promise<number> => {
      const server = createTcp((socket) => {
        socket.on('error', () => undefined);
        write(socket);
      });
      opened.push(server as unknown as Server);
      Object.assign(server, { closeAllConnections: () => undefined });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      return (server.address() as AddressInfo).port;
    };
    const repeat = (socket: Socket, part: string) => {
      const dripping = setInterval(() => socket.writable && socket.write(part), 20);
      socket.on('close', () => clearInterval(dripping));
    };
    const silent = await raw(() => undefined);
    const slow = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
      repeat(socket, 'a');
    });
    const hinting = await raw((socket) => repeat(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'));
    for (const port of [silent, slow, hinting])
      expect(await reasonOf(post(`http://127.0.0.1:${port}/`, http('127.0.0.1'), times))).toBe('timeout');
    const [long, garbage, upgrade] = [
      await raw((socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`)),
      await raw((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n')),
      await raw((socket) =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
      ),
    ];
    for (const port of [long, garbage, upgrade])
      expect(await reasonOf(post(`http://127.0.0.1:${port}/`))).toBe('connection');
  });

  it('does not need its body, which is cut off if it is endless', async () => {
    let closed: () => void = () => undefined;
    const over = new Promise<void>((done) => (closed = done));
    let written = 0;
    const port = await serve((_, response) => {
      response.on('close', closed);
      response.on('error', () => undefined);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16_384))) written += 16_384;
      };
      response.on('drain', more);
      more();
    });
    expect((await post(`http://127.0.0.1:${port}/`)).status).toBe(200);
    await over; // within the time of this test, although nobody ends it
    expect(written).toBeLessThan(64 * 1_024 * 1_024);
  });

  it('is not waited for any longer than the caller wants', async () => {
    const port = await serve(() => undefined);
    const signal = AbortSignal.timeout(50);
    const sent = http('127.0.0.1').post({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '', signal });
    expect(await reasonOf(sent)).toBe('timeout');
    const late = http('127.0.0.1').post({
      url: `http://127.0.0.1:${port}/`,
      headers: {},
      body: '',
      signal: AbortSignal.abort(),
    });
    expect(await reasonOf(late)).toBe('timeout');
  });

  it('is accepted only over TLS with a certificate for the name', async () => {
    const server = createHttps({ key: KEY, cert: CERTIFICATE }, (_, response) => response.end());
    opened.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const client = () => http('localhost,ip.invalid', new LoopbackNames());
    expect(await reasonOf(post(`https://localhost:${port}/`, client()))).toBe('tls');
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, CERTIFICATE]);
    try {
      expect((await post(`https://localhost:${port}/`, client())).status).toBe(200);
      expect(await reasonOf(post(`https://ip.invalid:${port}/`, client()))).toBe('tls');
    } finally {
      setDefaultCACertificates(trusted);
    }
  });

  it('distinguishes the reasons for a missing response', async () => {
    const port = await serve(() => undefined);
    await new Promise((done) => opened.pop()!.close(done));
    expect(await reasonOf(post(`http://127.0.0.1:${port}/`))).toBe('unreachable');
    expect(await reasonOf(post('http://nowhere.invalid/', http('nowhere.invalid')))).toBe('dns');
  });
});

/** Every allowed name is this machine. */
class LoopbackNames extends HostAddresses {
  override async ofAllowed(): Promise<string[]> {
    return ['127.0.0.1'];
  }
}
