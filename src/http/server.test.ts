import { afterEach, describe, expect, test } from 'vitest';
import type { Problem } from '../core/problem.ts';
import { Secret } from '../core/secret.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { startServer } from './server.ts';

const TOKEN = 'correct-horse';
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function serve(options: { token?: string; problems?: readonly Problem[] } = {}) {
  const telemetry = createTelemetry(createLogger('silent'));
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    ...(options.token === undefined ? {} : { token: new Secret(options.token) }),
    version: '1.2.3',
    telemetry,
    reload: async () => options.problems ?? [],
  });
  open.push(server);
  const call = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { telemetry, call };
}

const bearer = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });

describe('probes', () => {
  test('healthz answers without a token, since orchestrators have none', async () => {
    const { call } = await serve({ token: TOKEN });
    const response = await call('/healthz');
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok', version: '1.2.3' }]);
  });

  test('readyz is false until every feed was read, and says which was not', async () => {
    const { call, telemetry } = await serve();
    const name = { source: 'akto-prod', feed: 'malicious_events' } as const;
    telemetry.watching([name], []);
    expect((await call('/readyz')).status).toBe(503);
    telemetry.pollSucceeded(name, 'read', 0);
    expect((await call('/readyz')).status).toBe(200);
    telemetry.pollFailed(name, 'refused', 'the key was refused', 60_000);
    const response = await call('/readyz');
    expect([response.status, await response.json()]).toEqual([
      503,
      {
        ready: false,
        problems: ['source "akto-prod": the key was refused (feed malicious_events)'],
        feeds: [{ ...name, lastRead: '1970-01-01T00:00:00.000Z', openGaps: 0 }],
      },
    ]);
  });

  test('readyz is false while the store takes no writes', async () => {
    const { call, telemetry } = await serve();
    telemetry.storeFailed('full', 'no space');
    expect((await call('/readyz')).status).toBe(503);
    telemetry.storeWorked('grew');
    expect((await call('/readyz')).status).toBe(200);
  });
});

describe('access', () => {
  const rows: [string, string, string | undefined, RequestInit, number][] = [
    ['metrics are open where no token is set', '/metrics', undefined, {}, 200],
    ['metrics need the token once there is one', '/metrics', TOKEN, {}, 401],
    ['the token opens them', '/metrics', TOKEN, bearer(TOKEN), 200],
    ['a longer token is a wrong token', '/metrics', TOKEN, bearer(`${TOKEN}x`), 401],
    [
      'reload is off without a token: any page in a browser could post to it',
      '/api/v1/reload',
      undefined,
      { method: 'POST' },
      403,
    ],
    ['reload needs the token', '/api/v1/reload', TOKEN, { method: 'POST' }, 401],
    ['reload with the token', '/api/v1/reload', TOKEN, { method: 'POST', ...bearer(TOKEN) }, 200],
    ['reading is not reloading', '/api/v1/reload', TOKEN, bearer(TOKEN), 405],
    ['unknown paths say so', '/__proto__', undefined, {}, 404],
    ['the interface describes itself', '/api/v1/openapi.json', undefined, {}, 200],
  ];
  test.each(rows)('%s', async (_why, path, token, init, status) => {
    const { call } = await serve(token === undefined ? {} : { token });
    expect((await call(path, init)).status).toBe(status);
  });

  test('a refused reload names every problem', async () => {
    const problem: Problem = {
      code: 'unknown-key',
      severity: 'error',
      message: 'unknown key rulez; did you mean rules?',
      line: 3,
    };
    const { call } = await serve({ token: TOKEN, problems: [problem] });
    const response = await call('/api/v1/reload', { method: 'POST', ...bearer(TOKEN) });
    expect(response.status).toBe(422);
    expect(await response.json()).toEqual({
      problems: ['3: error unknown-key: unknown key rulez; did you mean rules?'],
    });
  });
});
