import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock } from '../../core/clock.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Random } from '../../core/random.ts';
import { seededRandom } from '../http-hazards/seeded.ts';
import { sendHazard, sendJson } from '../http-hazards/send.ts';
import { readJson } from '../http-hazards/server.ts';
import { type IncidentsHazards, type IncidentsRequest, NO_HAZARDS } from './hazards.ts';
import { revisionOf } from './incident.ts';
import { listIncidents } from './listing.ts';
import type { IncidentsSimulatorOptions } from './options.ts';
import { QueryError, readQuery } from './query.ts';
import { Tokens } from './tokens.ts';

interface Reply {
  readonly status: number;
  readonly body: Json;
  /** The incidents in it. */
  readonly shows: readonly JsonObject[];
}

const INCIDENTS = '/incidents';
const TOKENS = '/tokens';

/** What stands behind the simulator's port. */
export class SimulatedService {
  readonly requests: IncidentsRequest[] = [];
  readonly shown = new Set<string>();
  readonly hazards: IncidentsHazards;
  readonly tokens: Tokens;
  /** By their id, in the order in which they came in. */
  readonly #incidents = new Map<string, JsonObject>();
  readonly #basic: string | undefined;
  readonly #random: Random;

  constructor({ token, client, incidents, hazards, seed, clock }: IncidentsSimulatorOptions) {
    this.hazards = { ...NO_HAZARDS, ...hazards };
    this.#random = seededRandom(seed ?? 1);
    this.tokens = new Tokens(token, clock ?? systemClock, this.#random);
    this.#basic = client && `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
    this.add(incidents ?? []);
  }

  add(incidents: readonly JsonObject[]): void {
    for (const incident of incidents) this.#incidents.set(String(incident['incidentId']), incident);
  }

  update(id: string, changes: JsonObject): void {
    const known = this.#incidents.get(id);
    if (known === undefined) throw new Error(`there is no incident ${id} to update`);
    this.#incidents.set(id, { ...known, ...changes });
  }

  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(message);
    const url = new URL(message.url ?? '/', 'http://127.0.0.1');
    const asked = {
      index: this.requests.length,
      method: message.method ?? '',
      path: url.pathname,
      query: new Map(url.searchParams),
    };
    this.hazards.beforeAnswer?.(asked);
    const request = { ...asked, authorized: this.#isAuthorized(asked.path, message.headers.authorization) };
    this.requests.push(request);
    if (!request.authorized) return refuse(response, asked.path);
    await this.#answer(request, () => this.#reply(request, url.searchParams, body), response);
  }

  #isAuthorized(path: string, authorization: string | undefined): boolean {
    if (path !== TOKENS) return this.tokens.accepts(authorization, this.hazards);
    return this.#basic !== undefined && authorization === this.#basic;
  }

  async #answer(request: IncidentsRequest, reply: () => Reply, response: ServerResponse): Promise<void> {
    const { answer } = this.hazards;
    const hazard = typeof answer === 'function' ? answer(request) : answer;
    if (hazard !== undefined && hazard.kind !== 'slow_body')
      return sendHazard(response, hazard, () => ({ body: reply().body, lists: [] }));
    // Of the hazards only a slow answer arrives whole; what the others show does not count as shown.
    const { status, body, shows } = reply();
    for (const incident of shows) this.shown.add(revisionOf(incident));
    if (hazard === undefined) return sendJson(response, status, body);
    await sendHazard(response, hazard, () => ({ body, lists: [] }));
  }

  #reply({ method, path }: IncidentsRequest, parameters: URLSearchParams, body: unknown): Reply {
    if (path === TOKENS && method === 'POST') return this.#issue(body);
    if (path === INCIDENTS && method === 'GET') return this.#list(parameters);
    if (path.startsWith(`${INCIDENTS}/`) && method === 'GET') {
      const incident = this.#incidents.get(decodeURIComponent(path.slice(INCIDENTS.length + 1)));
      if (incident !== undefined) return { status: 200, body: incident, shows: [incident] };
    }
    return fault(404, `no ${method} ${path}`);
  }

  #list(parameters: URLSearchParams): Reply {
    try {
      const { stableOrder, mostRows } = this.hazards;
      const habits = { stableOrder, mostRows, random: this.#random };
      const rows = listIncidents([...this.#incidents.values()], readQuery(parameters), habits);
      return { status: 200, body: rows, shows: rows };
    } catch (error) {
      if (error instanceof QueryError) return fault(400, error.message);
      throw error;
    }
  }

  #issue(body: unknown): Reply {
    if (!isJsonObject(body) || body['grant_type'] !== 'client_credentials')
      return fault(400, 'unsupported_grant_type');
    const answer = {
      access_token: this.tokens.issue(),
      token_type: 'Bearer',
      expires_in: this.hazards.expiresIn,
    };
    return { status: 200, body: answer, shows: [] };
  }
}

function refuse(response: ServerResponse, path: string): void {
  const [error, scheme] = path === TOKENS ? ['invalid_client', 'Basic'] : ['invalid_token', 'Bearer'];
  sendJson(response, 401, { error }, { 'www-authenticate': scheme });
}

function fault(status: number, error: string): Reply {
  return { status, body: { error }, shows: [] };
}
