import type { Clock } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import type { IncidentsHazards } from './hazards.ts';

export interface IncidentsSimulatorOptions {
  /** A token that it takes until it is revoked. */
  readonly token?: string;
  /** Who may obtain tokens. Without it nobody may. */
  readonly client?: { readonly id: string; readonly secret: string };
  /** In any order; `Incident`s, or what a service gone wrong would show. */
  readonly incidents?: readonly JsonObject[];
  readonly hazards?: Partial<IncidentsHazards>;
  /** Of the order within a sort key, and of the tokens. Default 1. */
  readonly seed?: number;
  /** What tokens age by. Default the system's. */
  readonly clock?: Clock;
}
