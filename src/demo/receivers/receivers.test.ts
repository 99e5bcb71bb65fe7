import { gzipSync } from 'node:zlib';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../core/clock.ts';
import {
  type Fault,
  type HecReceiverOptions,
  type Receiver,
  startHecReceiver,
  startSlackReceiver,
  startWebhookReceiver,
} from './index.ts';

const started: Receiver[] = [];

async function opened<T extends Receiver>(starting: Promise<T>): Promise<T> {
  const receiver = await starting;
  started.push(receiver);
  return receiver;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((receiver) => receiver.close()));
});

function testClock(startMs: number): Clock & { advance(ms: number): void } {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    sleep: () => Promise.resolve(),
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

async function post(url: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(url, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

const section = (length: number) => ({ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(length) } });

describe('Slack', () => {
  const divider = { type: 'divider' };
  it.each([
    ['a text', { text: 'hello' }, 200, 'ok'],
    ['blocks alone', { blocks: [section(1)] }, 200, 'ok'],
    ['blocks in an attachment', { attachments: [{ color: '#a00', blocks: [section(1)] }] }, 200, 'ok'],
    ['fifty blocks', { blocks: Array(50).fill(divider) }, 200, 'ok'],
    ['nothing', {}, 400, 'no_text'],
    ['an empty text', { text: '' }, 400, 'no_text'],
    ['a list', [], 400, 'invalid_payload'],
    ['fifty-one blocks', { text: 'x', blocks: Array(51).fill(divider) }, 400, 'invalid_blocks'],
    ['a block of no type', { text: 'x', blocks: [{}] }, 400, 'invalid_blocks'],
    ['a section of 3,000', { blocks: [section(3000)] }, 200, 'ok'],
    ['a section of 3,001', { blocks: [section(3001)] }, 400, 'invalid_blocks'],
    ['an empty section text', { blocks: [section(0)] }, 400, 'invalid_blocks'],
    ['all text above 13,200', { blocks: Array(5).fill(section(2700)) }, 400, 'msg_blocks_too_long'],
    [
      'a header of 151',
      { blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] },
      400,
      'invalid_blocks',
    ],
    [
      'a header in markdown',
      { blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] },
      400,
      'invalid_blocks',
    ],
    [
      'eleven fields',
      { blocks: [{ type: 'section', fields: Array(11).fill({ type: 'mrkdwn', text: 'x' }) }] },
      400,
      'invalid_blocks',
    ],
    ['101 attachments', { text: 'x', attachments: Array(101).fill({}) }, 400, 'too_many_attachments'],
  ])('%s', async (_, payload, status, body) => {
    const slack = await opened(startSlackReceiver());
    expect(await post(slack.url, JSON.stringify(payload))).toMatchObject({ status, body });
    expect(slack.messages).toHaveLength(status === 200 ? 1 : 0);
  });

  it('refuses broken JSON and unknown webhooks in its own words', async () => {
    const slack = await opened(startSlackReceiver());
    expect(await post(slack.url, '{')).toMatchObject({ status: 400, body: 'invalid_payload' });
    expect(await post(`${slack.origin}/services/other`, '{}')).toMatchObject({
      status: 404,
      body: 'no_service',
    });
  });

  it('takes one message a second where it limits the rate', async () => {
    const clock = testClock(1_000_000);
    const slack = await opened(startSlackReceiver({ clock, rateLimit: true }));
    expect(await post(slack.url, '{"text":"1"}')).toMatchObject({ status: 200 });
    clock.advance(999);
    const refused = await post(slack.url, '{"text":"2"}');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    clock.advance(1);
    expect(await post(slack.url, '{"text":"2"}')).toMatchObject({ status: 200 });
    expect(slack.messages.map(({ text }) => text)).toEqual(['1', '2']);
  });
});

const CHANNEL = '6d6d8b3e-50d4-4a53-9b3c-6e0c8a3f7a11';

describe('HEC', () => {
  const send = (
    hec: { url: string; token: string },
    body: string | Buffer,
    headers: Record<string, string> = {},
  ) =>
    post(`${hec.url}/services/collector/event`, body, { authorization: `Splunk ${hec.token}`, ...headers });
  const good = (id: string) => JSON.stringify({ time: 1.5, event: { tocsin_id: id } });

  it.each<[string, string, number, object, number]>([
    ['two events joined', good('a') + good('b'), 200, { code: 0 }, 2],
    ['events with blanks between', `${good('a')}\n ${good('b')}\n`, 200, { code: 0 }, 2],
    ['braces inside strings', '{"event":"}{\\"}"}{"event":"x"}', 200, { code: 0 }, 2],
    ['nothing', ' \n', 400, { code: 5 }, 0],
    ['an array', `[${good('a')}]`, 400, { code: 6, 'invalid-event-number': 0 }, 0],
    ['a broken second', `${good('a')}{"event":`, 400, { code: 6, 'invalid-event-number': 1 }, 1],
    ['a comma between', `${good('a')},${good('b')}`, 400, { code: 6, 'invalid-event-number': 1 }, 1],
    ['no event', `${good('a')}{"time":1}${good('b')}`, 400, { code: 12, 'invalid-event-number': 1 }, 1],
    ['a blank event', `${good('a')}{"event":""}`, 400, { code: 13, 'invalid-event-number': 1 }, 1],
    ['nested fields', '{"event":1,"fields":{"a":{"b":1}}}', 400, { code: 15, 'invalid-event-number': 0 }, 0],
    ['flat fields', '{"event":1,"fields":{"a":["b"],"c":"d"}}', 200, { code: 0 }, 1],
    ['an unknown envelope key', `${good('a')}{"event":1,"hostname":"x"}${good('b')}`, 200, { code: 0 }, 1],
    [
      'an index that is not allowed',
      '{"event":1,"index":"security"}{"event":1,"index":"x"}',
      400,
      { code: 7, 'invalid-event-number': 2 },
      1,
    ],
  ])('%s', async (_, body, status, answer, indexed) => {
    const hec = await opened(startHecReceiver({ indexes: ['main', 'security'] }));
    const response = await send(hec, body);
    expect(response.status).toBe(status);
    expect(JSON.parse(response.body)).toMatchObject(answer);
    expect(hec.events).toHaveLength(indexed);
  });

  it.each<[string, HecReceiverOptions, string | undefined, number, number]>([
    ['no token', {}, undefined, 401, 2],
    ['another scheme', {}, 'Bearer t', 401, 3],
    ['a scheme without token', {}, 'Splunk', 401, 3],
    ['an unknown token', {}, 'Splunk other', 403, 4],
    ['a disabled token', { tokenDisabled: true }, 'Splunk t', 403, 1],
    ['the token', {}, 'Splunk t', 200, 0],
  ])('%s', async (_, options, authorization, status, code) => {
    const hec = await opened(startHecReceiver({ token: 't', ...options }));
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const response = await post(`${hec.url}/services/collector`, good('a'), headers);
    expect([response.status, JSON.parse(response.body).code]).toEqual([status, code]);
  });

  it('takes gzip, and refuses what only says so', async () => {
    const hec = await opened(startHecReceiver());
    expect(await send(hec, gzipSync(good('a')), { 'content-encoding': 'gzip' })).toMatchObject({
      status: 200,
    });
    expect(await send(hec, good('b'), { 'content-encoding': 'gzip' })).toMatchObject({ status: 400 });
    expect([...hec.counts]).toEqual([['a', 1]]);
  });

  it('answers 413 above its limit and says that it is healthy', async () => {
    const hec = await opened(startHecReceiver({ maxBodyBytes: 10 }));
    expect(await send(hec, good('a'))).toMatchObject({ status: 413 });
    const health = await fetch(`${hec.url}/services/collector/health`);
    expect(await health.json()).toEqual({ text: 'HEC is healthy', code: 17 });
  });

  it('acknowledges once a channel and id, after the delay, and never what it lost', async () => {
    const clock = testClock(0);
    const hec = await opened(
      startHecReceiver({ clock, acknowledge: true, ackDelayMs: 1_000, loses: (request) => request === 2 }),
    );
    const channel = { 'x-splunk-request-channel': CHANNEL };
    const ask = async () => {
      const response = await post(`${hec.url}/services/collector/ack?channel=${CHANNEL}`, '{"acks":[0,1]}', {
        authorization: `Splunk ${hec.token}`,
      });
      return JSON.parse(response.body).acks;
    };
    expect(JSON.parse((await send(hec, good('a'), channel)).body)).toMatchObject({ code: 0, ackId: 0 });
    expect(JSON.parse((await send(hec, good('b'), channel)).body)).toMatchObject({ code: 0, ackId: 1 });
    expect(await ask()).toEqual({ 0: false, 1: false });
    clock.advance(1_000);
    expect(await ask()).toEqual({ 0: true, 1: false });
    expect(await ask()).toEqual({ 0: false, 1: false });
    expect([...hec.counts.keys()]).toEqual(['a']);
  });

  it('asks for a channel where it acknowledges, and for no ack where it does not', async () => {
    const hec = await opened(startHecReceiver({ acknowledge: true }));
    expect(JSON.parse((await send(hec, good('a'))).body).code).toBe(10);
    expect(JSON.parse((await send(hec, good('a'), { 'x-splunk-request-channel': 'x' })).body).code).toBe(11);
    const plain = await opened(startHecReceiver());
    const authorization = `Splunk ${plain.token}`;
    const response = await post(`${plain.url}/services/collector/ack`, '{"acks":[0]}', { authorization });
    expect(JSON.parse(response.body).code).toBe(14);
  });
});

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

describe('webhook', () => {
  const body = JSON.stringify({ type: 'alert.opened', data: {} });
  const signed = (at: Date, secret = SECRET) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', at, body),
  });
  const nowMs = 1_750_000_000_000;
  const other = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;
  const good = signed(new Date(nowMs));

  it.each<[string, Record<string, string>, number]>([
    ['what the reference implementation signs', good, 200],
    [
      'one of several signatures',
      { ...good, 'webhook-signature': `v1,AAAA ${good['webhook-signature']}` },
      200,
    ],
    ['an old secret while it rotates', signed(new Date(nowMs), other), 200],
    ['an unknown secret', signed(new Date(nowMs), `whsec_${Buffer.alloc(24, 9).toString('base64')}`), 401],
    ['another id', { ...good, 'webhook-id': 'msg_2' }, 401],
    [
      'an unknown version',
      { ...good, 'webhook-signature': good['webhook-signature'].replace('v1', 'v2') },
      401,
    ],
    ['no headers', {}, 401],
    ['five minutes ago', signed(new Date(nowMs - 299_000)), 200],
    ['too long ago', signed(new Date(nowMs - 301_000)), 401],
    ['too far ahead', signed(new Date(nowMs + 301_000)), 401],
  ])('%s', async (_, headers, status) => {
    const receiver = await opened(
      startWebhookReceiver({ clock: testClock(nowMs), secrets: [SECRET, other] }),
    );
    expect(await post(receiver.url, body, headers)).toMatchObject({ status });
    expect(receiver.webhooks).toHaveLength(status === 200 ? 1 : 0);
  });

  it('takes an id once and counts how often it came', async () => {
    const seen: boolean[] = [];
    const onWebhook = ({ duplicate }: { duplicate: boolean }) => seen.push(duplicate);
    const receiver = await opened(startWebhookReceiver({ onWebhook }));
    for (const id of ['a', 'a', 'b']) await post(receiver.url, body, { 'webhook-id': id });
    expect(receiver.webhooks.map(({ id, type }) => [id, type])).toEqual([
      ['a', 'alert.opened'],
      ['b', 'alert.opened'],
    ]);
    expect([...receiver.counts]).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    expect(seen).toEqual([false, true, false]);
  });
});

describe('a fault', () => {
  const tried = async (fault: Fault) => {
    const slack = await opened(
      startSlackReceiver({ faults: (request) => (request === 1 ? fault : undefined) }),
    );
    const first = await post(slack.url, '{"text":"x"}').catch(() => 'no answer');
    return { first, processed: slack.messages.length, slack };
  };

  it.each<[Fault, object | string, number]>([
    [
      { kind: 'status', status: 503, body: 'busy', headers: { 'retry-after': '2' } },
      { status: 503, body: 'busy' },
      0,
    ],
    [{ kind: 'reset-before' }, 'no answer', 0],
    [{ kind: 'reset-after' }, 'no answer', 1],
    [{ kind: 'truncate' }, 'no answer', 1],
    [{ kind: 'hang', ms: 5 }, { status: 200, body: 'ok' }, 1],
    [{ kind: 'slow-body', ms: 5 }, { status: 200, body: 'ok' }, 1],
    [{ kind: 'html' }, { status: 200, body: expect.stringContaining('<html>') }, 0],
  ])('$kind', async (fault, first, processed) => {
    const outcome = await tried(fault);
    if (typeof first === 'string') expect(outcome.first).toBe(first);
    else expect(outcome.first).toMatchObject(first);
    expect(outcome.processed).toBe(processed);
    expect(await post(outcome.slack.url, '{"text":"y"}')).toMatchObject({ status: 200 });
  });

  it('that hangs does not keep a receiver from closing', async () => {
    const slack = await startSlackReceiver({ faults: () => ({ kind: 'hang', ms: 3_600_000 }) });
    const answered = post(slack.url, '{"text":"x"}').catch(() => 'no answer');
    while (slack.messages.length === 0) await new Promise(setImmediate);
    await slack.close();
    expect(await answered).toBe('no answer');
  });
});
