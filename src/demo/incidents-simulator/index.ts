import type { JsonObject } from '../../core/json.ts';
import { startServer } from '../http-hazards/server.ts';
import type { IncidentsHazards, IncidentsRequest } from './hazards.ts';
import type { IncidentsSimulatorOptions } from './options.ts';
import { SimulatedService } from './simulated-service.ts';

export type { HttpHazard } from '../http-hazards/hazards.ts';
export type { IncidentsHazards, IncidentsRequest } from './hazards.ts';
export { isoTime, makeIncidents } from './made-incidents.ts';
export type { IncidentsSimulatorOptions } from './options.ts';

export interface IncidentsSimulator {
  /** `http://127.0.0.1:<port>`, the API's base. */
  readonly url: string;
  /** Every request, refused ones too, oldest first. */
  readonly requests: readonly IncidentsRequest[];
  /** Every revision that an honest answer has carried, as {@link revisionOf} names it. */
  readonly shown: ReadonlySet<string>;
  /** How many tokens it has issued. */
  readonly tokensIssued: number;
  /** An incident with an id that is there replaces it. */
  add(incidents: readonly JsonObject[]): void;
  /**
   * Makes a revision: `update(id, { requests: 9, updateTime: isoTime(second) })`.
   * @throws Error where there is no such incident
   */
  update(id: string, changes: JsonObject): void;
  /** Ends every token that there is, the given one too. */
  revokeTokens(): void;
  /** Changes the named hazards and leaves the others. */
  setHazards(hazards: Partial<IncidentsHazards>): void;
  close(): Promise<void>;
}

/** The identity incidents API on 127.0.0.1, its bad habits included where they are asked for. */
export async function startIncidentsSimulator(
  options: IncidentsSimulatorOptions,
): Promise<IncidentsSimulator> {
  const behind = new SimulatedService(options);
  const server = await startServer((request, response) => behind.handle(request, response));
  return {
    url: server.url,
    requests: behind.requests,
    shown: behind.shown,
    get tokensIssued() {
      return behind.tokens.issuedCount;
    },
    add: (incidents) => behind.add(incidents),
    update: (id, changes) => behind.update(id, changes),
    revokeTokens: () => behind.tokens.revokeAll(),
    setHazards: (hazards) => void Object.assign(behind.hazards, hazards),
    close: server.close,
  };
}
