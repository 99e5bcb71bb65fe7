import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { isJsonObject } from '../src/core/json.ts';
import { ruleMix } from './rule-mix.ts';
import { traffic } from './traffic.ts';

/*
 * A feed that costs next to nothing, in a process of its own: bodies are written once, and an answer is a concatenation.
 * `node pipeline-feed.ts EVENTS FIRST_SECOND ALARMING`; event N is of second FIRST_SECOND + N / PER_SECOND, and one in
 * ALARMING is of severity HIGH, which a shipped rule raises alerts for.
 */

const PER_SECOND = 10;
const BODIES = 400;
const OPEN = Buffer.from('{"maliciousEvents":[');
const COMMA = Buffer.from(',');

const [, , events = '20000', first = '0', alarming = '1'] = process.argv;
const count = Number(events);
const firstS = Number(first);

/** What stands behind an event's id and time, which are its own. */
const bodies = traffic(BODIES, ruleMix(1_000)).map((text, index) => {
  const { id: _id, timestamp: _timestamp, ...rest } = JSON.parse(text);
  const severity = index % Number(alarming) === 0 ? 'HIGH' : 'LOW';
  return Buffer.from(JSON.stringify({ ...rest, severity }).slice(1));
});

function eventAt(index: number): readonly Buffer[] {
  const own = `{"id":"e${index}","timestamp":${firstS + Math.floor(index / PER_SECOND)},`;
  const body = bodies[index % bodies.length];
  return body === undefined ? [] : [Buffer.from(own), body];
}

/** The events of a range of seconds, both inclusive: `from` up to but not `end`. */
function indexesOf(startS: number, endS: number): { from: number; end: number } {
  const at = (second: number): number => Math.min(count, Math.max(0, (second - firstS) * PER_SECOND));
  return { from: at(startS), end: endS === 0 ? count : at(endS + 1) };
}

function answer(query: Record<string, unknown>): Buffer {
  const { startTimestamp, endTimestamp, skip, limit, sort } = query;
  const { from, end } = indexesOf(Number(startTimestamp), Number(endTimestamp));
  const total = Math.max(0, end - from);
  const rows = Math.max(0, Math.min(Number(limit), total - Number(skip)));
  const isDescending = isJsonObject(sort) && sort['detectedAt'] === -1;
  const parts: Buffer[] = [OPEN];
  for (let row = 0; row < rows; row += 1) {
    const place = Number(skip) + row;
    if (row > 0) parts.push(COMMA);
    parts.push(...eventAt(isDescending ? end - 1 - place : from + place));
  }
  parts.push(Buffer.from(`],"total":${total}}`));
  return Buffer.concat(parts);
}

const server = createServer(async (request, response) => {
  const query: unknown = await json(request);
  const body = answer(isJsonObject(query) ? query : {});
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
