import type { Clock } from '../../core/clock.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Secret } from '../../core/secret.ts';
import { createHttpClient, type HttpClient, type HttpRequest, type HttpResponse } from '../../net/index.ts';
import { toSourceError } from '../net-failure.ts';
import { type Asked, readList, readObject } from './answer.ts';
import type { Credentials } from './config.ts';
import { createTokens, type IssuedToken, type Tokens } from './token.ts';
import { readIssuedToken, tokenRequest } from './token-endpoint.ts';

export interface IncidentsClientOptions {
  readonly source: string;
  /** `[base]`. */
  readonly url: string;
  readonly credentials: Credentials;
  readonly timeoutMs: number;
  /** Of one answer. */
  readonly maxResponseBytes: number;
  readonly clock: Clock;
}

/** Asks the identity API, without retrying. Every failure is a {@link SourceError} without secrets. */
export class IncidentsClient {
  readonly #options: IncidentsClientOptions;
  readonly #http: HttpClient;
  readonly #tokens: Tokens;

  constructor(options: IncidentsClientOptions) {
    this.#options = options;
    this.#http = createHttpClient(options);
    const { source, credentials, clock } = options;
    this.#tokens = createTokens({ source, credentials, clock, obtain: () => this.#obtain() });
  }

  /** Newest update first. The filters are of no use: their grain is a day, and a day has many pages. */
  async fetchIncidents(limit: number, offset: number, signal: AbortSignal): Promise<readonly Json[]> {
    const query = `limit=${limit}&offset=${offset}&sort_by=updateTime&sort_order=desc`;
    return readList(await this.#get(`/incidents?${query}`, signal), this.#asked('a list of incidents'));
  }

  /** As it stands now; undefined where there is none of this id. */
  async fetchIncident(id: string, signal: AbortSignal): Promise<JsonObject | undefined> {
    const response = await this.#get(`/incidents/${encodeURIComponent(id)}`, signal);
    return response.status === 404 ? undefined : readObject(response, this.#asked('an incident'));
  }

  close(): void {
    this.#http.close();
  }

  /** A token can end between two requests: the first 401 has it replaced, the second is the answer. */
  async #get(path: string, signal: AbortSignal): Promise<HttpResponse> {
    const token = await this.#tokens.current(signal);
    const response = await this.#getWith(token, path, signal);
    if (response.status !== 401) return response;
    const other = await this.#tokens.replace(token, signal);
    return other === undefined ? response : this.#getWith(other, path, signal);
  }

  #getWith(token: Secret, path: string, signal: AbortSignal): Promise<HttpResponse> {
    const headers = { authorization: `Bearer ${token.reveal()}`, accept: 'application/json' };
    return this.#send({ method: 'GET', url: this.#options.url + path, headers, signal });
  }

  async #obtain(): Promise<IssuedToken> {
    const { url, source, credentials, clock } = this.#options;
    if (credentials.kind === 'token') throw new TypeError('a given token is never obtained');
    const response = await this.#send(tokenRequest(url, credentials));
    return readIssuedToken(response, source, clock.now());
  }

  async #send(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#http.request(request);
    } catch (error) {
      throw toSourceError(error, this.#options.source, keysOf(this.#options.credentials));
    }
  }

  #asked(what: string): Asked {
    const { source, credentials, clock } = this.#options;
    const mend =
      credentials.kind === 'token'
        ? 'the identity API refused the token: set a new one as token, of a client that may read incidents'
        : 'the identity API refused a token that it had just given: give the client of client_id the right to read incidents';
    return { source, what, mend, nowMs: clock.now() };
  }
}

function keysOf({ kind }: Credentials): string {
  return kind === 'token' ? 'token' : 'client_id and client_secret';
}
