import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/*
 * A collector that looks for ids and parses nothing, in a process of its own. `GET /` tells what came since the last
 * `DELETE /`: how many events, how many distinct ones, in how
 * many requests and bytes, and for how long since the first of them, whose events do not count in `timed`.
 */

/** Every sender writes it into its events, followed by anything that ends in `e` and the event's number. */
const MARK = Buffer.from('"tocsin_id":"');
const QUOTE = 0x22;
const ACCEPTED = '{"text":"Success","code":0}';

const seen = new Set<number>();
const NOTHING = { events: 0, requests: 0, bytes: 0, timed: 0, ms: 0 };
let came = { ...NOTHING };
let firstMs = 0;

function take(body: Buffer): void {
  came.requests += 1;
  came.bytes += body.length;
  for (let at = body.indexOf(MARK); at !== -1; at = body.indexOf(MARK, at + MARK.length)) {
    const end = body.indexOf(QUOTE, at + MARK.length);
    const number = /e(\d+)$/.exec(body.toString('latin1', at + MARK.length, end))?.[1];
    if (number === undefined) continue;
    came.events += 1;
    seen.add(Number(number));
    if (came.requests > 1) came.timed += 1;
  }
  if (came.requests === 1) firstMs = performance.now();
  came.ms = performance.now() - firstMs;
}

function forget(): void {
  seen.clear();
  came = { ...NOTHING };
}

const server = createServer(async (request, response) => {
  const body = await buffer(request);
  if (request.method === 'POST') take(body);
  if (request.method === 'DELETE') forget();
  const said = request.method === 'GET' ? JSON.stringify({ ...came, distinct: seen.size }) : ACCEPTED;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(said);
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
