import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messages } from '../pipeline/bench.ts';
import {
  type AnswerStage,
  createAnswerStage,
  HOUR_MS,
  HTML,
  type Kind,
  PLANTED,
  SIGN_IN,
  says,
  TEAMS_SAYS,
} from './answer-stage.ts';
import { pour, truncate } from './faulty-server.ts';

let stage: AnswerStage;
beforeEach(() => {
  stage = createAnswerStage();
});
afterEach(() => stage.close());

describe('what is taken is posted once', () => {
  it.each<[string, Kind, RequestListener]>([
    ['Slack', 'slack', says(200, 'ok', 'text/html')],
    ['Mattermost', 'slack', says(200, 'ok', 'text/plain')],
    ["Discord's address for Slack", 'slack', says(200, 'ok', HTML)],
    ["Discord's address for Slack, asked to wait", 'slack', says(200, '{"id":"1","channel_id":"2"}')],
    ['Rocket.Chat', 'slack', says(200, '{"success":true}')],
    ['Rocket.Chat with a script', 'slack', says(200, '{"text":"seen","success":true}')],
    ["Slack's workflows", 'slack', says(200, '{"ok":true}')],
    ["Slack's older workflows", 'slack', says(200, '')],
    ['Zulip', 'slack', says(200, '{"result":"success","msg":"","ok":true}')],
    ['a bridge without a word', 'slack', says(204)],
    ['a workflow of Teams', 'teams', says(202)],
    ['a workflow of Teams that answers', 'teams', says(202, '{"run":"08585"}')],
    ['a workflow with a response of its own', 'teams', says(200)],
    ['the classic connector', 'teams', says(200, '1', 'text/plain')],
    ['Discord', 'discord', says(200, '{"id":"1123","type":0,"channel_id":"9","content":""}')],
    ['Discord, not asked to wait', 'discord', says(204)],
    ['PagerDuty', 'pagerduty', says(202, '{"status":"success","message":"Event processed","dedup_key":"k"}')],
    ['what is like PagerDuty', 'pagerduty', says(200, '{"status":"success"}')],
    ['a receiver that says anything', 'tocsin', says(200, '{"success":false}')],
    ['a small script', 'alertmanager', says(200, '<p>Thanks</p>', HTML)],
    ['a receiver that only accepts', 'cloudevents', says(202)],
  ])('%s (%s)', async (_, kind, answer) => {
    await stage.enqueue(1);
    const { posts } = await stage.course(kind, answer);
    expect([posts, await stage.states()]).toEqual([[0], ['done']]);
  });
});

const unclear: readonly [string, Kind, RequestListener, string][] = [
  [
    'Rocket.Chat that failed',
    'slack',
    says(200, '{"success":false,"error":"error-invalid-channel"}'),
    'error-invalid-channel',
  ],
  ['a sign-in', 'slack', says(200, SIGN_IN, HTML), '"Sign in to your account"'],
  ['prose', 'slack', says(200, 'Message queued for delivery', 'text/plain'), 'Message queued for delivery'],
  [
    'an answer that breaks off',
    'slack',
    (_, response) => truncate(response, 'ok'),
    'could not be read to the end',
  ],
  ['an endless answer', 'slack', (_, response) => pour(response, 10_000_000), 'could not be read to the end'],
  [
    'garbage that calls itself gzip',
    'slack',
    (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('ok'),
    'could not be read to the end',
  ],
  ['a teapot', 'slack', says(418, 'short and stout', 'text/plain'), 'short and stout'],
  [
    "a word of next year's",
    'bot',
    says(200, '{"ok":false,"error":"word_of_next_year"}'),
    'word_of_next_year',
  ],
  ['a sign-in', 'bot', says(200, SIGN_IN, HTML), '"Sign in to your account"'],
  ['a yes without a message', 'bot', says(200, '{"ok":true}'), 'does not say which message it is'],
  ['Teams that refuses within a 200', 'teams', says(200, TEAMS_SAYS(400), 'text/plain'), 'HTTP error 400'],
  ['Teams with an error', 'teams', says(200, '{"error":{"code":"TriggerDisabled"}}'), 'TriggerDisabled'],
  ['a sign-in', 'teams', says(200, SIGN_IN, HTML), '"Sign in to your account"'],
  ['a sign-in that says 202', 'teams', says(202, SIGN_IN, HTML), '"Sign in to your account"'],
  ['Discord that failed', 'discord', says(200, '{"success":false,"error":"failed"}'), '"failed"'],
  [
    'Discord without a message',
    'discord',
    says(200, '{"message":"Unknown Webhook","code":10015}'),
    'Unknown Webhook',
  ],
  ['a sign-in', 'discord', says(200, SIGN_IN, HTML), '"Sign in to your account"'],
  ['what is not PagerDuty', 'pagerduty', says(200, 'ready', 'text/plain'), 'ready'],
  ['a sign-in', 'tocsin', says(200, SIGN_IN, HTML), '"Sign in to your account"'],
  ['a sign-in that calls itself JSON', 'alertmanager', says(200, SIGN_IN), '"Sign in to your account"'],
  ['a redirect by script', 'cloudevents', says(200, '<script>location="/sso"</script>', HTML), '/sso'],
  ['a sign-in', 'splunk_hec', says(200, SIGN_IN, HTML), '"Sign in to your account"'],
  ['an unknown code', 'splunk_hec', says(200, '{"text":"?","code":99}'), '"code":99'],
  ['nothing at all', 'splunk_hec', says(200), 'without its word of success'],
  [
    'garbage that calls itself gzip',
    'splunk_hec',
    (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('ok'),
    'compressed',
  ],
];

describe('what nobody understands is posted three times at most, and then shown', () => {
  it.each(unclear)('%s (%s)', async (_, kind, answer, shown) => {
    await stage.enqueue(1);
    const { posts } = await stage.course(kind, answer);
    expect(posts.length).toBeGreaterThan(0);
    expect(posts.length).toBeLessThanOrEqual(3);
    expect(posts.every((atMs, index) => index === 0 || atMs - (posts[index - 1] ?? 0) >= 5_000)).toBe(true);
    const [record] = await stage.bench.store.listDeliveries({ limit: 1 });
    expect(record).toMatchObject({ state: 'dead', attempts: 3, reason: expect.stringContaining(shown) });
    expect(record?.reason).toMatch(/^given up after 3 answers/);
    expect(messages(stage.bench.logs)).toContain('delivery went to the dead letters');
  });

  it('is tried three times more once it is redriven', async () => {
    await stage.enqueue(1);
    const first = await stage.course('slack', says(200, 'what?'));
    await stage.bench.store.redrive({}, stage.bench.clock.now());
    const second = await stage.course('slack', says(200, 'what?'));
    expect([first.posts.length, second.posts.length, await stage.states()]).toEqual([3, 3, ['dead']]);
  });

  it('counts them whatever comes in between, and however often', async () => {
    await stage.enqueue(1);
    let requests = 0;
    // Time-outs and the like leave entries of their own, more than are kept.
    const answer: RequestListener = (request, response) => {
      requests += 1;
      if (requests % 12 === 1) return says(200, `what? ${requests}`)(request, response);
      return says(500 + (requests % 12))(request, response);
    };
    const { posts } = await stage.course('slack', answer, { forMs: 24 * HOUR_MS });
    expect([posts.length, await stage.states()]).toEqual([25, ['dead']]);
  });
});

describe('what answers say no, or later, means what it did', () => {
  it.each<[string, Kind, RequestListener, string, RegExp]>([
    ['too many inside a 200', 'teams', says(200, TEAMS_SAYS(429), 'text/plain'), 'pending', /\(429\)/],
    ['out of order inside a 200', 'teams', says(200, TEAMS_SAYS(503), 'text/plain'), 'pending', /\(503\)/],
    [
      'Teams that cannot be reached',
      'teams',
      says(200, 'Webhook message delivery failed with error: Error contacting Microsoft Teams endpoint', ''),
      'pending',
      /did not deliver/,
    ],
    ['too large inside a 200', 'teams', says(200, TEAMS_SAYS(413), 'text/plain'), 'dead', /\(413\).*tcid=0/],
    ['too many', 'slack', says(429, 'rate_limited', 'text/plain'), 'pending', /429/],
    ['out of order', 'slack', says(503, SIGN_IN, HTML), 'pending', /503/],
    ['a reset', 'slack', (request) => request.socket.destroy(), 'pending', /closed the connection/],
    [
      'wait, inside a 200',
      'discord',
      says(200, '{"retry_after":7.5,"global":false}'),
      'pending',
      /left alone/,
    ],
    [
      'Rocket.Chat that refuses',
      'slack',
      says(400, '{"success":false,"error":"no-such-thing"}'),
      'dead',
      /no-such-thing/,
    ],
    ['a receiver that refuses', 'tocsin', says(422, '{"detail":"field x"}'), 'dead', /field x/],
    ['a redirect to a sign-in', 'tocsin', says(302), 'pending', /redirects are not followed/],
    [
      'an error that Slack has a word for',
      'slack',
      says(200, '{"ok":false,"error":"ratelimited"}'),
      'pending',
      /ratelimited/,
    ],
    [
      'a channel that is gone',
      'slack',
      says(200, '{"ok":false,"error":"is_archived"}'),
      'pending',
      /unarchive/,
    ],
    [
      "a token, in a proxy's 200",
      'splunk_hec',
      says(200, '{"text":"Invalid token","code":4}'),
      'pending',
      /code 4/,
    ],
  ])('%s (%s)', async (_, kind, answer, state, reason) => {
    await stage.enqueue(1);
    await stage.course(kind, answer, { forMs: 10 * 60_000 });
    const [record] = await stage.bench.store.listDeliveries({ limit: 1 });
    expect(record).toMatchObject({ state, reason: expect.stringMatching(reason) });
  });

  it('no answer at all is tried again for days', async () => {
    await stage.enqueue(1);
    const { posts } = await stage.course('slack', (request) => request.socket.destroy(), {
      forMs: 48 * HOUR_MS,
      isRestarted: false,
    });
    expect(posts.length).toBeGreaterThan(500);
    expect(await stage.states()).toEqual(['pending']);
  });
});

describe('what is shown of an answer', () => {
  const echo: RequestListener = (request, response) => {
    const { authorization } = request.headers;
    const body = `\u001b[2J you asked ${request.url} with ${authorization} \u202e password=hunter2-planted-9911`;
    response.writeHead(200, { 'content-type': 'text/plain' }).end(body);
  };

  it.each<Kind>(['slack', 'bot', 'teams', 'discord', 'pagerduty', 'splunk_hec'])(
    'holds no secret and nothing that a terminal obeys (%s)',
    async (kind) => {
      await stage.enqueue(1);
      await stage.course(kind, echo);
      const [record] = await stage.bench.store.listDeliveries({ limit: 1 });
      expect(record?.reason).toMatch(/it said: \\u\{1b\}\[2J you asked .*\\u\{202e\}/);
      const shown = JSON.stringify([record, stage.bench.logs]);
      expect(shown).not.toContain(PLANTED);
      expect(shown).not.toContain('hunter2');
      expect(record?.reason?.length).toBeLessThan(600);
    },
  );
});
