import type { Clock } from '../../core/clock.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Secret } from '../../core/secret.ts';
import { SourceError } from '../../core/source.ts';
import { createHttpClient, type HttpClient, type HttpResponse } from '../../net/index.ts';
import { toSourceError } from '../net-failure.ts';
import { named, readAnswer, readEventList } from './answer.ts';

export { TooLargeError } from '../net-failure.ts';

/** One request for events. Bounds are epoch seconds, both inclusive. */
export interface EventQuery {
  readonly fromS: number;
  readonly toS: number;
  readonly limit: number;
  readonly skip: number;
  /** 1 is oldest first. Within one second there is no order. */
  readonly order: 1 | -1;
}

export interface EventAnswer {
  readonly rows: readonly Json[];
  /** How many the server says there are for this range. A hint: it may be cached, or 0. */
  readonly total: number;
  /** Of the whole answer. */
  readonly chars: number;
}

export interface AktoClientOptions {
  readonly source: string;
  readonly url: string;
  readonly apiKey: Secret;
  readonly timeoutMs: number;
  /** Of one answer. */
  readonly maxResponseBytes: number;
  readonly clock: Clock;
}

/** Asks Akto, one request at a time, without retrying. Every failure is a {@link SourceError} without secrets. */
export class AktoClient {
  readonly #options: AktoClientOptions;
  readonly #http: HttpClient;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: AktoClientOptions) {
    this.#options = options;
    this.#http = createHttpClient(options);
  }

  async fetchEvents(query: EventQuery, signal: AbortSignal): Promise<EventAnswer> {
    const action = 'fetchSuspectSampleData';
    const response = await this.#inTurn(action, requestBody(query), signal);
    return {
      ...readEventList(this.#object(action, response), this.#options.source),
      chars: response.body.length,
    };
  }

  /** One of the API's actions, answered with a JSON object. Further endpoints stand in files of their own and ask through this. */
  async ask(action: string, body: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    return this.#object(action, await this.#inTurn(action, body, signal));
  }

  /** As `ask`, for the one action whose whole answer is a string. */
  async askAny(action: string, body: JsonObject, signal: AbortSignal): Promise<Json> {
    return this.#read(await this.#inTurn(action, body, signal));
  }

  close(): void {
    this.#http.close();
  }

  #inTurn(action: string, body: JsonObject, signal: AbortSignal): Promise<HttpResponse> {
    const answer = this.#turn.then(() => this.#send(action, body, signal));
    // Whoever comes next waits for this one's end, good or bad.
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  #object(action: string, response: HttpResponse): JsonObject {
    const answer = this.#read(response);
    if (isJsonObject(answer)) return answer;
    throw new SourceError(
      'unavailable',
      `${named(this.#options.source)} Akto answered ${action} with no object`,
    );
  }

  #read(response: HttpResponse): Json {
    const { source, clock, apiKey } = this.#options;
    return readAnswer(response, source, clock.now(), apiKey);
  }

  async #send(name: string, body: JsonObject, signal: AbortSignal): Promise<HttpResponse> {
    const request = {
      method: 'POST' as const,
      url: `${this.#options.url}/api/${name}`,
      headers: { 'x-api-key': this.#options.apiKey.reveal(), 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    };
    try {
      return await this.#http.request(request);
    } catch (error) {
      throw toSourceError(error, this.#options.source, 'api_key');
    }
  }
}

/** The lists must be there and are ignored when empty. */
function requestBody({ fromS, toS, limit, skip, order }: EventQuery): JsonObject {
  return {
    urls: [],
    types: [],
    limit,
    skip,
    sort: { detectedAt: order },
    startTimestamp: fromS,
    endTimestamp: toS,
  };
}
