import type { JsonObject } from '../../core/json.ts';
import { startServer } from '../http-hazards/server.ts';
import type { Template } from './backend.ts';
import type { Hazards, SimulatorRequest } from './hazards.ts';
import type { AktoSimulatorOptions } from './options.ts';
import { SimulatedServer } from './simulated-server.ts';

export { seededRandom } from '../http-hazards/seeded.ts';
export type { Template } from './backend.ts';
export type { Hazard, Hazards, SimulatorRequest } from './hazards.ts';
export { makeEvents } from './made-events.ts';
export type { AktoSimulatorOptions } from './options.ts';
export { referenceEvent } from './reference-event.ts';
export { referenceTemplate } from './reference-template.ts';
export { toJsonForm, toTextFormat } from './text-format.ts';

export interface AktoSimulator {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Every request to one of the thirteen whose key was right, oldest first. */
  readonly requests: readonly SimulatorRequest[];
  /** Those to one endpoint: `requestsTo('fetchThreatActors')`. */
  requestsTo(endpoint: string): SimulatorRequest[];
  /** Ids of all events that an honest answer has carried. */
  readonly eventsShown: ReadonlySet<string>;
  /** The same for actors, each state of each: `id@discoveredAt`. */
  readonly actorsShown: ReadonlySet<string>;
  /** The same for APIs: `METHOD hostpath@discoveredAt@requestsCount@actorsCount`. */
  readonly apisShown: ReadonlySet<string>;
  /** An event may come late, or with an id that was there before. */
  add(events: readonly JsonObject[]): void;
  /** Changes every event of that id, as people do who set a status. */
  update(id: string, changes: JsonObject): void;
  setTemplates(templates: readonly Template[]): void;
  /** Changes the named hazards and leaves the others. */
  setHazards(hazards: Partial<Hazards>): void;
  /** Lets totals that are cached or frozen become true again, once. */
  refreshTotals(): void;
  close(): Promise<void>;
}

/** A threat server on 127.0.0.1 that answers as Akto's does, its bad habits included where they are asked for. */
export async function startAktoSimulator(options: AktoSimulatorOptions): Promise<AktoSimulator> {
  const behind = new SimulatedServer(options, options.clock);
  const server = await startServer((request, response) => behind.handle(request, response));
  return {
    url: server.url,
    requests: behind.requests,
    requestsTo: (endpoint) => behind.requests.filter(({ path }) => path === `/api/${endpoint}`),
    eventsShown: behind.shownBy('fetchSuspectSampleData'),
    actorsShown: behind.shownBy('fetchThreatActors'),
    apisShown: behind.shownBy('fetchThreatApis'),
    add: (events) => behind.add(events),
    update: (id, changes) => behind.update(id, changes),
    setTemplates: (templates) => {
      behind.templates = templates;
    },
    setHazards: (hazards) => void Object.assign(behind.hazards, hazards),
    refreshTotals: () => behind.totals.refresh(),
    close: server.close,
  };
}
