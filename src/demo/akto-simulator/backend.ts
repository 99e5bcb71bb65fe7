import type { Json, JsonObject } from '../../core/json.ts';
import type { Random } from '../../core/random.ts';

/** A filter template as the server keeps it. */
export interface Template {
  /** Need not be the id inside `content`. */
  readonly id: string;
  /** The YAML. */
  readonly content: string;
  /** Default `AKTO`. */
  readonly author?: string;
  /** Epoch seconds. */
  readonly createdAt?: number;
  readonly updatedAt?: number;
  /** What the server read out of `content`; done the same way where it is not given. */
  readonly info?: JsonObject;
}

/** What the server holds when it answers one request. */
export interface Backend {
  /** In the order in which they came in. */
  readonly events: readonly JsonObject[];
  readonly templates: readonly Template[];
  /** Markdown by filter id, where it is not the made one. */
  readonly remediation: ReadonlyMap<string, string>;
  /** Whether the keys of newer servers are there: `objectId`, `latestApiHost`, `host`. */
  readonly newerServer: boolean;
  readonly stableOrder: boolean;
  readonly mostRows: number;
  readonly random: Random;
  /** What the server says where so many rows match. */
  total(exact: number): number;
}

/** One of the thirteen. */
export interface Endpoint {
  /** The keys of its answer under which the lists stand. */
  readonly lists: readonly string[];
  answer(body: JsonObject, backend: Backend): Json;
  /** Names a row and its state, for endpoints whose rows a source ingests. */
  readonly nameOf?: (row: JsonObject) => string;
}
