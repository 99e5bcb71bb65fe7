import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpClient, type HttpRequest, NetError } from './index.ts';

const PLANTED = 'planted-secret-7f3a';
const open: { close(): unknown }[] = [];

afterEach(() => {
  for (const thing of open.splice(0)) thing.close();
});

function client(options: { timeoutMs?: number; maxResponseBytes?: number } = {}): HttpClient {
  const made = createHttpClient({ timeoutMs: 60_000, maxResponseBytes: 100_000, ...options });
  open.push(made);
  return made;
}

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ close: () => server.closeAllConnections() }, server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/path-${PLANTED}`;
}

async function failure(request: Promise<unknown>): Promise<NetError> {
  const error = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof NetError)) throw new Error(`expected a NetError, got ${inspect(error)}`);
  return error;
}

const post = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url,
  headers: { authorization: PLANTED },
  body: PLANTED,
  ...more,
});

describe('an answer', () => {
  it('is given with its status, headers and text, whatever the status', async () => {
    const url = await serve((_, response) => {
      response.writeHead(503, { 'Retry-After': '7', 'Content-Type': 'application/json' }).end('{"broken":');
    });
    const answer = await client().request({ method: 'GET', url });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '7' }, body: '{"broken":' });
  });

  it('to a redirect is the redirect itself: no key travels to another host', async () => {
    let reached = 0;
    const elsewhere = await serve((_, response) => {
      reached += 1;
      response.end();
    });
    const url = await serve((_, response) => response.writeHead(302, { location: elsewhere }).end());
    expect((await client().request(post(url))).status).toBe(302);
    expect(reached).toBe(0);
  });

  it('is decompressed, and its bound holds for what comes out of a bomb', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000)));
    });
    expect(await failure(client().request(post(url)))).toMatchObject({ kind: 'too_large' });
  });

  it('comes over a connection that is kept', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      request.resume().on('end', () => response.end('ok'));
    });
    const http = client();
    for (let i = 0; i < 3; i += 1) await http.request(post(url));
    expect(ports.size).toBe(1);
  });

  it.each<[string, RequestListener]>([
    [
      'endless',
      (_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
          if (!response.destroyed) response.once('drain', more);
        };
        response.writeHead(202);
        more();
      },
    ],
    [
      'cut short',
      (_, response) => {
        response.writeHead(202, { 'content-length': 9 }).write('x');
        setTimeout(() => response.destroy(), 10);
      },
    ],
    ['hanging', (_, response) => response.writeHead(202, { 'content-length': 9 }).write('x')],
  ])(
    'whose status counts is that status and what came of the body, the body being %s',
    async (body, listener) => {
      const url = await serve(listener);
      const timeoutMs = body === 'hanging' ? 2_000 : 60_000;
      const answer = await client({ timeoutMs }).request(post(url, { takeWhatComes: true }));
      expect(answer).toMatchObject({ status: 202 });
      expect(answer.body.length).toBeLessThanOrEqual(100_000);
    },
  );

  it('receives the body byte for byte, also one that is several JSON documents', async () => {
    let seen = '';
    const url = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (chunk: string) => {
        seen += chunk;
      });
      request.on('end', () => response.end());
    });
    const headers = { 'content-type': 'application/json' };
    await client().request(post(url, { body: '{"a":1}{"a":2}', headers }));
    expect(seen).toBe('{"a":1}{"a":2}');
  });
});

describe('no answer', () => {
  it.each<[string, string, RequestListener]>([
    ['timeout', 'a server that never answers', () => {}],
    [
      'timeout',
      'a body that trickles past the deadline',
      (_, response) => {
        const timer = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
    ['reset', 'a connection reset before the answer', (request) => request.socket.destroy()],
    [
      'reset',
      'a body shorter than its length',
      (_, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"a":');
        setTimeout(() => response.destroy(), 10);
      },
    ],
    [
      'reset',
      'chunks that stop in the middle',
      (_, response) => {
        response.write('{"a":');
        setTimeout(() => response.destroy(), 10);
      },
    ],
    [
      'too_large',
      'an endless answer',
      (_, response) => {
        const more = (): void => {
          while (response.write(Buffer.alloc(65_536))) if (response.destroyed) return;
          response.once('drain', more);
        };
        more();
      },
    ],
  ])('is a %s: %s', async (kind, _, listener) => {
    const url = await serve(listener);
    const error = await failure(client({ timeoutMs: kind === 'timeout' ? 250 : 60_000 }).request(post(url)));
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(new URL(url).host);
  });

  it('is refused where nothing listens', async () => {
    expect(await failure(client().request(post('http://127.0.0.1:1/x')))).toMatchObject({ kind: 'refused' });
  });

  it('is dns where the name does not exist', async () => {
    expect(await failure(client().request(post('http://no-such-host.invalid/')))).toMatchObject({
      kind: 'dns',
    });
  });

  it('is tls where the far side speaks none', async () => {
    const server = createTcpServer((socket) => void socket.end('HTTP/1.1 400 no\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(server);
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await failure(client().request(post(url)))).toMatchObject({ kind: 'tls' });
  });

  it.each(['before it is sent', 'in flight'])('is aborted when the caller stops it %s', async (when) => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort());
    if (when === 'before it is sent') stop.abort();
    const error = await failure(client().request(post(url, { signal: stop.signal })));
    expect(error.kind).toBe('aborted');
  });

  it('never shows path, headers or body', async () => {
    const url = await serve((request) => request.socket.destroy());
    const urls = [
      url,
      url.replace('http:', 'https:'),
      `http://127.0.0.1:1/${PLANTED}`,
      `nonsense ${PLANTED}`,
    ];
    for (const each of urls) {
      const error = await failure(client().request(post(each)));
      const shown =
        inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error) + String(error.stack);
      expect(shown).not.toContain(PLANTED);
    }
  });
});
