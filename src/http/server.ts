import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatProblem, type Problem } from '../core/problem.ts';
import type { Secret } from '../core/secret.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { openapi } from './openapi.ts';

export interface ServerDeps {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Guards everything but the two probes; without one, metrics are open and reloading is off. */
  readonly token?: Secret;
  readonly version: string;
  readonly telemetry: Telemetry;
  /** Problems, or none where the new configuration is in force. */
  readonly reload: () => Promise<readonly Problem[]>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Access = 'open' | 'token-if-set' | 'token-required';

interface Endpoint {
  readonly method: 'GET' | 'POST';
  readonly access: Access;
  readonly answer: () => Answer | Promise<Answer>;
}

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'",
  'x-content-type-options': 'nosniff',
};

/** Probes, metrics and reload. Takes no request bodies, so there is nothing to parse. */
export async function startServer(
  deps: ServerDeps,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const endpoints = createEndpoints(deps);
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    void respond(endpoints, deps.token, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(deps.port, deps.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function createEndpoints({ telemetry, reload, version }: ServerDeps): ReadonlyMap<string, Endpoint> {
  const json = (status: number, value: unknown): Answer => ({ status, body: `${JSON.stringify(value)}\n` });
  const endpoints: Record<string, Endpoint> = {
    '/healthz': { method: 'GET', access: 'open', answer: () => json(200, { status: 'ok', version }) },
    '/readyz': {
      method: 'GET',
      access: 'open',
      answer: () => {
        const status = telemetry.status();
        return json(status.ready ? 200 : 503, status);
      },
    },
    '/metrics': {
      method: 'GET',
      access: 'token-if-set',
      answer: async () => {
        const { registry } = telemetry.metrics;
        return { status: 200, body: await registry.metrics(), type: registry.contentType };
      },
    },
    '/api/v1/openapi.json': {
      method: 'GET',
      access: 'token-if-set',
      answer: () => json(200, openapi(version)),
    },
    '/api/v1/reload': {
      method: 'POST',
      access: 'token-required',
      answer: async () => {
        const problems = await reload();
        // What is only a warning is in force all the same.
        const isRefused = problems.some(({ severity }) => severity === 'error');
        return json(isRefused ? 422 : 200, { problems: problems.map(formatProblem) });
      },
    },
  };
  return new Map(Object.entries(endpoints));
}

async function respond(
  endpoints: ReadonlyMap<string, Endpoint>,
  token: Secret | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume();
  const answer = await answerTo(endpoints, token, request).catch(() =>
    problem(500, 'this is a bug in Tocsin; see its log'),
  );
  response.writeHead(answer.status, {
    ...SECURITY_HEADERS,
    'content-type': answer.type ?? 'application/json; charset=utf-8',
    ...answer.headers,
  });
  response.end(request.method === 'HEAD' ? '' : answer.body);
}

async function answerTo(
  endpoints: ReadonlyMap<string, Endpoint>,
  token: Secret | undefined,
  request: IncomingMessage,
): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const endpoint = endpoints.get(path);
  if (endpoint === undefined) return problem(404, 'there is no such path; see /api/v1/openapi.json');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method !== endpoint.method) {
    return { ...problem(405, `use ${endpoint.method}`), headers: { allow: endpoint.method } };
  }
  return refusal(endpoint.access, token, request.headers.authorization) ?? (await endpoint.answer());
}

function refusal(
  access: Access,
  token: Secret | undefined,
  authorization: string | undefined,
): Answer | undefined {
  if (access === 'open') return undefined;
  if (token === undefined) {
    return access === 'token-required'
      ? problem(403, 'set server.token in the configuration to use this')
      : undefined;
  }
  if (authorization !== undefined && sameText(authorization, `Bearer ${token.reveal()}`)) return undefined;
  return {
    ...problem(401, 'send the configured server.token as Authorization: Bearer'),
    headers: { 'www-authenticate': 'Bearer' },
  };
}

/** Takes as long for a wrong text as for a right one. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function problem(status: number, message: string): Answer {
  return { status, body: `${JSON.stringify({ error: message })}\n` };
}
