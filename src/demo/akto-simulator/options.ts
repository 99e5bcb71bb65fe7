import type { Clock } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Template } from './backend.ts';
import type { Hazards } from './hazards.ts';

export interface AktoSimulatorOptions {
  /** The one key it accepts. */
  readonly apiKey: string;
  /** API events, in any order. Actors, APIs, vocabularies and statistics are counted from them. */
  readonly events?: readonly JsonObject[];
  /** What fetchFilterYamlTemplate gives. Default none. */
  readonly templates?: readonly Template[];
  /** Markdown by filter id, in place of the made one. */
  readonly remediation?: Readonly<Record<string, string>>;
  /** Whether the keys that older servers lack are there (`objectId`, `latestApiHost`, `host`). Default true. */
  readonly newerServer?: boolean;
  readonly hazards?: Partial<Hazards>;
  /** Of the order within a second. Default 1. */
  readonly seed?: number;
  /** What cached totals age by. Default the system's. */
  readonly clock?: Clock;
}
