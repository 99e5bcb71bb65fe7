import { describe, expect, it } from 'vitest';
import { messages, recordedTelemetry } from '../../test/pipeline/bench.ts';
import { Secret } from '../core/secret.ts';

const SECRET = 'hunter2-is-no-password';

/** As axios throws it: the request hangs on it, and the request carries the token. */
function axiosLikeError(): Error {
  const headers = { Authorization: `Bearer ${SECRET}` };
  const config = { url: `https://hooks.example/${SECRET}`, headers, auth: { password: SECRET } };
  const response = { status: 403, config, request: { _header: SECRET }, headers };
  const error = new Error('Request failed with status code 403', { cause: new Error(SECRET) });
  return Object.assign(error, { config, response, request: { _header: SECRET }, code: 'ERR_BAD_REQUEST' });
}

describe('a log line', () => {
  it.each<[string, object]>([
    ['a Secret', { value: new Secret(SECRET) }],
    ['a Secret deep inside', { a: { b: [{ c: new Secret(SECRET) }] } }],
    ['a Secret inside a text', { value: `token ${new Secret(SECRET)}` }],
    ['an error of the HTTP library', { err: axiosLikeError() }],
    ['that error itself', axiosLikeError()],
    ['a key that holds secrets', { token: SECRET, api_key: SECRET, authorization: SECRET }],
    ['such a key one step down', { destination: { password: SECRET, headers: { a: SECRET } } }],
  ])('shows no secret: %s', (_, fields) => {
    const { telemetry, logs } = recordedTelemetry();
    telemetry.logger.error(fields, 'something failed');
    expect(logs).toHaveLength(1);
    expect(JSON.stringify(logs)).not.toContain(SECRET);
  });

  it('still says what failed', () => {
    const { telemetry, logs } = recordedTelemetry();
    telemetry.logger.error({ err: axiosLikeError() }, 'delivery failed');
    expect(logs[0]).toMatchObject({
      ...{ level: 'error', msg: 'delivery failed', time: expect.stringMatching(/^\d{4}-.*Z$/) },
      err: { message: 'Request failed with status code 403', stack: expect.any(String) },
    });
  });

  it('stays one line, whatever text it carries', () => {
    const { telemetry, logs } = recordedTelemetry();
    telemetry.deadLettered('siem', 'event', 'a\n{"level":"fatal"}', 'broken\r\nline\u2028');
    expect(logs).toHaveLength(1);
    expect(logs[0]).toMatchObject({ delivery: 'a\n{"level":"fatal"}' });
  });
});

describe('the status', () => {
  const akto = { source: 'akto', feed: 'malicious_events' } as const;

  it('is not ready before every feed has been read', () => {
    const { telemetry } = recordedTelemetry();
    telemetry.watching([akto], []);
    expect(telemetry.status()).toEqual({
      ready: false,
      problems: ['source "akto": has not been read yet (feed malicious_events)'],
      feeds: [{ ...akto, openGaps: 0 }],
    });
    telemetry.pollSucceeded(akto, 'read', 0);
    expect(telemetry.status()).toMatchObject({ ready: true, problems: [] });
  });

  it('stays ready while a destination is held: the others are served', () => {
    const { telemetry } = recordedTelemetry();
    telemetry.destinationHeld('oncall', 'the webhook is gone', 30_000);
    expect(telemetry.status()).toMatchObject({
      ready: true,
      problems: ['destination oncall is held: the webhook is gone'],
    });
  });

  it('forgets what a reload took away, and remembers what it kept', () => {
    const { telemetry } = recordedTelemetry();
    telemetry.watching([akto, { ...akto, source: 'gone' }], ['oncall', 'gone']);
    telemetry.pollFailed(akto, 'refused', 'the key was refused', 1);
    telemetry.pollFailed({ ...akto, source: 'gone' }, 'refused', 'no', 1);
    telemetry.destinationHeld('gone', 'no', 1);
    telemetry.watching([akto], ['oncall']);
    expect(telemetry.status().problems).toEqual([
      'source "akto": the key was refused (feed malicious_events)',
    ]);
  });

  it('forgets the series of what a reload took away: an alarm on them would never end', async () => {
    const { telemetry } = recordedTelemetry();
    telemetry.watching([{ ...akto, source: 'gone' }], ['gone']);
    telemetry.pollFailed({ ...akto, source: 'gone' }, 'refused', 'no', 1);
    telemetry.destinationHeld('gone', 'no', 1);
    telemetry.watching([akto], ['oncall']);
    const text = await telemetry.metrics.registry.metrics();
    expect(text).not.toContain('tocsin_feed_healthy{source="gone"');
    expect(text).not.toContain('tocsin_destination_held{destination="gone"}');
  });

  it('tells of a failing store once, and of its recovery once', () => {
    const { telemetry, logs } = recordedTelemetry();
    for (let round = 0; round < 3; round += 1) telemetry.storeFailed('full', 'no space left; free some');
    expect(telemetry.status()).toMatchObject({ ready: false, problems: ['store: no space left; free some'] });
    for (let round = 0; round < 3; round += 1) telemetry.storeWorked('grew');
    const told = logs.filter(({ level }) => level !== 'debug');
    expect(messages(told)).toEqual(['store failed: no space left; free some', 'store takes writes again']);
    expect(telemetry.status().ready).toBe(true);
  });
});

it('metrics never carry what an event holds: only names of the configuration and closed sets', async () => {
  const { telemetry } = recordedTelemetry();
  const akto = { source: 'akto', feed: 'malicious_events' } as const;
  telemetry.payloadUndecodable(akto, 'evil-id', 'evil reason');
  telemetry.ruleFailed('r');
  telemetry.rulesFailed(1, new Set(['r']), { event: 'evil-id', reason: 'evil reason' });
  telemetry.deadLettered('siem', 'event', 'evil-id', 'evil reason');
  telemetry.deliveryFailed('siem', 1, 'evil reason', 1);
  telemetry.pageCommitted(akto, {
    fresh: 1,
    repeated: 0,
    rejected: ['evil row'],
    matched: 0,
    late: 0,
    progress: undefined,
  });
  expect(await telemetry.metrics.registry.metrics()).not.toContain('evil');
});
