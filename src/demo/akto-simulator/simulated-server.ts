import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../../core/clock.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Random } from '../../core/random.ts';
import type { Answer } from '../http-hazards/hazards.ts';
import { seededRandom } from '../http-hazards/seeded.ts';
import { sendHazard, sendJson } from '../http-hazards/send.ts';
import { readJson } from '../http-hazards/server.ts';
import type { Backend, Endpoint, Template } from './backend.ts';
import { ENDPOINTS } from './endpoints.ts';
import { asHttpHazard, type Hazards, NO_HAZARDS, type SimulatorRequest } from './hazards.ts';
import type { AktoSimulatorOptions } from './options.ts';
import { Totals } from './totals.ts';

const PREFIX = '/api/';

/** What stands behind the simulator's port: who may ask, which endpoint answers, and with what hazard. */
export class SimulatedServer {
  readonly requests: SimulatorRequest[] = [];
  readonly hazards: Hazards;
  readonly totals: Totals;
  readonly events: JsonObject[];
  templates: readonly Template[];
  readonly #shown = new Map<string, Set<string>>();
  readonly #remediation: ReadonlyMap<string, string>;
  readonly #options: AktoSimulatorOptions;
  readonly #random: Random;

  constructor(options: AktoSimulatorOptions, clock: Clock = systemClock) {
    this.hazards = { ...NO_HAZARDS, ...options.hazards };
    this.totals = new Totals(clock);
    this.events = [...(options.events ?? [])];
    this.templates = options.templates ?? [];
    this.#remediation = new Map(Object.entries(options.remediation ?? {}));
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 1);
  }

  /** What honest answers of the endpoint have shown, as it names its rows. */
  shownBy(endpoint: string): Set<string> {
    const known = this.#shown.get(endpoint) ?? new Set();
    this.#shown.set(endpoint, known);
    return known;
  }

  add(events: readonly JsonObject[]): void {
    for (const event of events) this.events.push(event);
  }

  update(id: string, changes: JsonObject): void {
    for (const [place, event] of this.events.entries())
      if (event['id'] === id) this.events[place] = { ...event, ...changes };
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    if (request.headers['x-api-key'] !== this.#options.apiKey) return void response.writeHead(403).end();
    const path = request.url ?? '';
    const name = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : '';
    const endpoint = ENDPOINTS.get(name);
    if (endpoint === undefined || request.method !== 'POST') {
      return sendJson(response, 404, { actionErrors: [`no action ${path}`] });
    }
    if (!isJsonObject(body)) {
      return sendJson(response, 422, { actionErrors: ['the body is not a JSON object'] });
    }
    await this.#answer({ index: this.requests.length, path, body }, { name, endpoint }, response);
  }

  async #answer(
    request: SimulatorRequest,
    { name, endpoint }: { readonly name: string; readonly endpoint: Endpoint },
    response: ServerResponse,
  ): Promise<void> {
    this.requests.push(request);
    this.hazards.beforeAnswer?.(request);
    const { answer } = this.hazards;
    const hazard = typeof answer === 'function' ? answer(request) : answer;
    const honest = (): Answer => ({
      body: endpoint.answer(request.body, this.#backend(request)),
      lists: endpoint.lists,
    });
    if (hazard !== undefined && hazard.kind !== 'slow_body')
      return sendHazard(response, asHttpHazard(hazard), honest);
    // Of the hazards only a slow answer arrives whole; what the others show does not count as shown.
    const whole = honest();
    this.#noteShown(name, endpoint, whole);
    if (hazard === undefined) return sendJson(response, 200, whole.body);
    await sendHazard(response, hazard, () => whole);
  }

  #backend({ path, body }: SimulatorRequest): Backend {
    const { stableOrder, mostRows, total } = this.hazards;
    const query = path + JSON.stringify({ ...body, skip: 0, limit: 0, sort: 0, cursor: 0 });
    return {
      events: this.events,
      templates: this.templates,
      remediation: this.#remediation,
      newerServer: this.#options.newerServer ?? true,
      stableOrder,
      mostRows,
      random: this.#random,
      total: (exact) => this.totals.told(total, query, exact),
    };
  }

  #noteShown(name: string, { lists, nameOf }: Endpoint, { body }: Answer): void {
    if (nameOf === undefined || !isJsonObject(body)) return;
    const shown = this.shownBy(name);
    for (const list of lists) {
      const rows = body[list];
      if (Array.isArray(rows)) for (const row of rows.filter(isJsonObject)) shown.add(nameOf(row));
    }
  }
}
