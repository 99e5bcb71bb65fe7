import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { feedAnswer, sendHazard, sendJson } from './answer.ts';
import { type FeedQuery, FeedRows, readQuery } from './feed.ts';
import { type Hazards, NO_HAZARDS, type SimulatorRequest } from './hazards.ts';
import { seededRandom } from '../http-hazards/seeded.ts';

export type { Hazard, Hazards } from './hazards.ts';
export { makeEvents } from './made-events.ts';
export { referenceEvent } from './reference-event.ts';
export { seededRandom } from '../http-hazards/seeded.ts';
export { toJsonForm, toTextFormat } from './text-format.ts';

export interface AktoSimulatorOptions {
  /** The one key it accepts. */
  readonly apiKey: string;
  /** API events, in any order. */
  readonly events?: readonly JsonObject[];
  readonly hazards?: Partial<Hazards>;
  /** Of the order within a second. Default 1. */
  readonly seed?: number;
}

export interface AktoSimulator {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Every feed request whose key was right, oldest first. */
  readonly requests: readonly SimulatorRequest[];
  /** Ids of all events that an honest answer has carried. */
  readonly eventsShown: ReadonlySet<string>;
  add(events: readonly JsonObject[]): void;
  /** Changes the named hazards and leaves the others. */
  setHazards(hazards: Partial<Hazards>): void;
  close(): Promise<void>;
}

const FEED_PATH = '/api/fetchSuspectSampleData';
const MOST_BODY_BYTES = 1_000_000;

/** A feed on 127.0.0.1 that answers as Akto's server does, its bad habits included where they are asked for. */
export async function startAktoSimulator(options: AktoSimulatorOptions): Promise<AktoSimulator> {
  const feed = new SimulatedFeed(options);
  const server = createServer((request, response) => {
    feed.handle(request, response).catch(() => response.destroy());
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requests: feed.requests,
    eventsShown: feed.shown,
    add: (events) => feed.rows.add(events),
    setHazards: (hazards) => Object.assign(feed.hazards, hazards),
    close: () => close(server),
  };
}

class SimulatedFeed {
  readonly requests: SimulatorRequest[] = [];
  readonly shown = new Set<string>();
  readonly hazards: Hazards;
  readonly rows: FeedRows;
  readonly #apiKey: string;
  readonly #totals = new Map<string, number>();

  constructor(options: AktoSimulatorOptions) {
    this.hazards = { ...NO_HAZARDS, ...options.hazards };
    this.rows = new FeedRows(options.events ?? [], seededRandom(options.seed ?? 1));
    this.#apiKey = options.apiKey;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (request.headers['x-api-key'] !== this.#apiKey) return void response.writeHead(403).end();
    if (request.url !== FEED_PATH || request.method !== 'POST') {
      return sendJson(response, 404, { actionErrors: [`no action ${request.url}`] });
    }
    if (body === undefined)
      return sendJson(response, 422, { actionErrors: ['the body is not a JSON object'] });
    await this.#answer({ index: this.requests.length, path: request.url, body }, response);
  }

  async #answer(request: SimulatorRequest, response: ServerResponse): Promise<void> {
    this.requests.push(request);
    this.hazards.beforeAnswer?.(request);
    const { answer } = this.hazards;
    const hazard = typeof answer === 'function' ? answer(request) : answer;
    const query = readQuery(request.body);
    if (hazard === undefined) return sendJson(response, 200, this.#page(request.body, query, true));
    const empty = feedAnswer(request.body, query, {});
    // Of these only a slow answer arrives whole; what the others show does not count as shown.
    const honest = () => this.#page(request.body, query, hazard.kind === 'slow_body');
    await sendHazard(response, hazard, honest, empty);
  }

  #page(body: JsonObject, asked: FeedQuery, isShown: boolean): JsonObject {
    const query = { ...asked, limit: Math.min(asked.limit, this.hazards.mostRows) };
    const { rows, total } = this.rows.answer(query, this.hazards.stableOrder);
    if (isShown) for (const row of rows) this.shown.add(String(row['id']));
    return feedAnswer(body, asked, { maliciousEvents: rows, total: this.#total(body, total) });
  }

  #total(body: JsonObject, exact: number): number {
    const { total } = this.hazards;
    if (total === 'zero') return 0;
    if (total === 'exact') return exact;
    const query = total === 'frozen' ? '' : JSON.stringify({ ...body, skip: 0, limit: 0, sort: 0 });
    const known = this.#totals.get(query) ?? exact;
    this.#totals.set(query, known);
    return known;
  }
}

async function readBody(request: IncomingMessage): Promise<JsonObject | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    if (!Buffer.isBuffer(piece)) continue;
    size += piece.length;
    if (size > MOST_BODY_BYTES) return undefined;
    pieces.push(piece);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
    return isJsonObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port was given'));
      else resolve(address.port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
