import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json, text } from 'node:stream/consumers';
import { isJsonObject } from '../src/core/json.ts';

/*
 * A feed and a Slack in one process of its own, so that one clock times both: `node latency-feed.ts PER_SECOND SECONDS`.
 * Every event is of an actor of its own, some match a rule, and each shows itself from a time of its own on. Begins with
 * `PUT /`. `GET /` gives, for each event that Slack was told of, when it showed itself, was first in an answer, and was
 * told, in milliseconds.
 */

const [, , rate = '100', seconds = '30'] = process.argv;
const perSecond = Number(rate);
const count = perSecond * Number(seconds);
/** One event in so many matches. */
const TOLD_EVERY = 100;
const PAYLOAD = 'x'.repeat(6_000);

interface Times {
  readonly shownMs: number;
  readonly answeredMs: number;
  readonly toldMs: number;
}

let beganMs = Number.POSITIVE_INFINITY;
const answered = new Map<number, number>();
const told = new Map<number, Times>();

const shownMs = (index: number): number => beganMs + (index * 1_000) / perSecond;
const secondOf = (index: number): number => Math.floor(shownMs(index) / 1_000);

function eventAt(index: number): object {
  const actor = `actor-${index}-`;
  return {
    id: `e${index}`,
    actor,
    filterId: index % TOLD_EVERY === 0 ? 'Bench' : 'Other',
    timestamp: secondOf(index),
    payload: '',
    metadata: PAYLOAD,
  };
}

function answer(query: Record<string, unknown>): string {
  const { startTimestamp, endTimestamp, skip, limit, sort } = query;
  const nowMs = Date.now();
  const end = Number(endTimestamp) === 0 ? Number.POSITIVE_INFINITY : Number(endTimestamp);
  const indexes: number[] = [];
  for (let index = 0; index < count && shownMs(index) <= nowMs; index += 1) {
    const second = secondOf(index);
    if (second >= Number(startTimestamp) && second <= end) indexes.push(index);
  }
  if (isJsonObject(sort) && sort['detectedAt'] === -1) indexes.reverse();
  const page = indexes.slice(Number(skip), Number(skip) + Number(limit));
  for (const index of page) if (!answered.has(index)) answered.set(index, nowMs);
  return JSON.stringify({ maliciousEvents: page.map(eventAt), total: indexes.length });
}

function hear(message: string): void {
  const toldMs = Date.now();
  for (const [, digits] of message.matchAll(/actor-(\d+)-/g)) {
    const index = Number(digits);
    const times = { shownMs: shownMs(index), answeredMs: answered.get(index) ?? toldMs, toldMs };
    if (!told.has(index)) told.set(index, times);
  }
}

async function said(request: IncomingMessage): Promise<string> {
  if (request.method === 'GET') return JSON.stringify([...told.values()]);
  if (request.method === 'PUT') {
    beganMs = Date.now();
    return 'begun';
  }
  if (request.url?.startsWith('/api/') === true) {
    const query: unknown = await json(request);
    return answer(isJsonObject(query) ? query : {});
  }
  hear(await text(request));
  return 'ok';
}

const server = createServer(async (request, response: ServerResponse) => {
  const body = await said(request);
  response.writeHead(200, {
    'content-type': request.url?.startsWith('/api/') ? 'application/json' : 'text/plain',
  });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
