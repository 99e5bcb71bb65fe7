import type { IncomingMessage } from 'node:http';
import { Logger } from 'splunk-logging';
import type { Secret } from '../../core/secret.ts';
import { type Deadline, type NetErrorKind, netError, toNetError } from '../../net/index.ts';
import { createWatchedAgent, type TlsTrust, type WatchedAgent } from './agent.ts';

/** An answer of the collector is a line of JSON; whatever is longer is not it. */
const MAX_RESPONSE_BYTES = 65_536;

/** What splunk-logging makes an envelope of. */
export interface HecEnvelope {
  readonly message: object;
  readonly metadata: { time: string; host?: string; source?: string; sourcetype?: string; index?: string };
}

interface CollectorAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
  readonly setCookies: readonly string[];
}

/** An envelope as splunk-logging writes it, and its length in bytes. */
export interface Written {
  readonly text: string;
  readonly bytes: number;
}

/** Sends events in one request through splunk-logging. */
export interface Collector {
  /** Throws where the message is not JSON. */
  write(envelope: HecEnvelope): Written;
  /** Calls may overlap; requests do not. Throws {@link NetError} where no whole answer came. */
  post(
    written: readonly Written[],
    headers: Readonly<Record<string, string>>,
    deadline: Deadline,
  ): Promise<CollectorAnswer>;
  close(): void;
}

/** `https://splunk.example.com:8088` → where events go. */
export function collectorUrl(baseUrl: string, path: 'event' | 'ack'): string {
  return `${baseUrl}/services/collector/${path}`;
}

export interface CollectorOptions {
  readonly baseUrl: string;
  readonly token: Secret;
  readonly tls: TlsTrust;
  /** The longest deadline that will be given. */
  readonly timeoutMs: number;
}

export function createCollector(options: CollectorOptions): Collector {
  const url = collectorUrl(options.baseUrl, 'event');
  const trust = url.startsWith('https:') ? options.tls : undefined;
  const watched = createWatchedAgent(trust, MAX_RESPONSE_BYTES);
  const logger = createLogger(url, options.token);
  let last: Promise<unknown> = Promise.resolve();
  return {
    write: (envelope) => write(logger, envelope),
    post: (written, headers, deadline) => {
      // One flush at a time: the logger has one queue, and the watched agent knows one exchange.
      const mine = last.then(() => {
        logger.requestOptions = requestOptions(watched, options, headers);
        return flush(logger, watched, url, written, deadline);
      });
      last = mine.catch(() => undefined);
      return mine;
    },
    close: () => watched.agent.destroy(),
  };
}

/** The library's queue, timer and retries stay off: the outbox is the queue, the pipeline retries. */
function createLogger(url: string, token: Secret): Logger {
  const { protocol, hostname, port, pathname } = new URL(url);
  const logger = new Logger({
    token: token.reveal(),
    protocol: protocol.replace(':', ''),
    host: hostname,
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    path: pathname,
    maxRetries: 0,
    batchInterval: 0,
    maxBatchCount: 0,
    maxBatchSize: 0,
  });
  logger.eventFormatter = (message) => message;
  // The default prints the error to the console.
  logger.error = () => {};
  return logger;
}

/** Fresh for each request: the library writes the token into the headers it is given. */
function requestOptions(
  { agent }: WatchedAgent,
  { tls, timeoutMs }: CollectorOptions,
  headers: Readonly<Record<string, string>>,
): Logger['requestOptions'] {
  // The deadline cuts a request off. needle's own limits come later: they report a broken connection.
  const limitMs = timeoutMs + 1_000;
  return {
    agent,
    rejectUnauthorized: tls.verify,
    strictSSL: tls.verify,
    json: false,
    open_timeout: limitMs,
    response_timeout: limitMs,
    read_timeout: limitMs,
    follow_max: 0,
    parse_response: false,
    decode_response: false,
    parse_cookies: false,
    headers: { 'accept-encoding': 'identity', ...headers },
  };
}

/** The library's own text of it, taken out of its queue: a batch is cut by what it weighs before any of it is sent. */
function write(logger: Logger, { message, metadata }: HecEnvelope): Written {
  logger.serializedContextQueue = [];
  logger.eventsBatchSize = 0;
  logger.send({ message, metadata: { ...metadata } });
  const [text = ''] = logger.serializedContextQueue;
  return { text, bytes: logger.eventsBatchSize };
}

async function flush(
  logger: Logger,
  watched: WatchedAgent,
  url: string,
  written: readonly Written[],
  deadline: Deadline,
): Promise<CollectorAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<CollectorAnswer>();
  const giveUp = (kind: NetErrorKind, detail = ''): void => {
    reject(netError(kind, url, detail));
    watched.agent.destroy();
  };
  const stop = (): void => giveUp(deadline.why() ?? 'aborted');
  if (deadline.signal.aborted) throw netError(deadline.why() ?? 'aborted', url);
  deadline.signal.addEventListener('abort', stop);
  watched.watch({ unfit: (why) => giveUp('too_large', why), closed: () => giveUp('reset') });
  try {
    logger.serializedContextQueue = written.map(({ text }) => text);
    logger.flush((error, response, body) => {
      if (response === undefined) reject(toNetError(error, url));
      else resolve(toAnswer(response, body));
    });
    return await promise;
  } finally {
    watched.unwatch();
    deadline.signal.removeEventListener('abort', stop);
  }
}

/** Unparsed, needle gives a text for what calls itself text or JSON, else a buffer. */
function toAnswer({ statusCode, headers }: IncomingMessage, body: unknown): CollectorAnswer {
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : body;
  return {
    status: statusCode ?? 0,
    body: typeof text === 'string' ? text : '',
    retryAfter: headers['retry-after'],
    setCookies: headers['set-cookie'] ?? [],
  };
}
