import { Logger } from 'splunk-logging';

/*
 * What others do, in a process of its own: `node pipeline-loop.ts bare|splunk-logging FEED_PORT RECEIVER_PORT EVENTS`.
 * `bare`: fetch a page, parse it, post it in requests of the size Tocsin's have. `splunk-logging`: one send an event,
 * with the settings the library has by itself. No rules, nothing written down.
 */

const PAGE = 500;
const MOST_CHARS = 800_000;
const [, , kind = 'bare', feedPort = '', receiverPort = '', events = '0'] = process.argv;
const receiver = `http://127.0.0.1:${receiverPort}/services/collector/event`;
const headers = { authorization: 'Splunk token', 'content-type': 'application/json' };

type Row = Readonly<Record<string, unknown>>;

async function pageAt(skip: number): Promise<readonly Row[]> {
  const body = JSON.stringify({
    skip,
    limit: PAGE,
    sort: { detectedAt: 1 },
    startTimestamp: 0,
    endTimestamp: 0,
  });
  const response = await fetch(`http://127.0.0.1:${feedPort}/api/fetchSuspectSampleData`, {
    method: 'POST',
    headers: { 'x-api-key': 'key', 'content-type': 'application/json' },
    body,
  });
  const { maliciousEvents } = JSON.parse(await response.text());
  return maliciousEvents;
}

async function post(body: string): Promise<void> {
  const response = await fetch(receiver, { method: 'POST', headers, body });
  await response.text();
}

async function postAll(rows: readonly Row[]): Promise<void> {
  let body = '';
  for (const row of rows) {
    const envelope = { time: row['timestamp'], source: 'loop', event: { ...row, tocsin_id: row['id'] } };
    const text = JSON.stringify(envelope);
    if (body.length + text.length > MOST_CHARS) {
      await post(body);
      body = '';
    }
    body += text;
  }
  await post(body);
}

/** Its own defaults, spelled out. */
const logger = new Logger({
  ...{ token: 'token', protocol: 'http', host: '127.0.0.1', port: Number(receiverPort) },
  ...{ path: '/services/collector/event/1.0', maxRetries: 0 },
  ...{ batchInterval: 0, maxBatchCount: 1, maxBatchSize: 0 },
});
type Send = (context: Parameters<Logger['send']>[0], callback: () => void) => void;
const send: Send = logger.send.bind(logger);

async function logAll(rows: readonly Row[]): Promise<void> {
  const sent = rows.map((row) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const metadata = { time: String(row['timestamp']) };
    send({ message: { ...row, tocsin_id: row['id'] }, metadata }, resolve);
    return promise;
  });
  await Promise.all(sent);
}

const forward = kind === 'bare' ? postAll : logAll;
for (let skip = 0; skip < Number(events); skip += PAGE) await forward(await pageAt(skip));
