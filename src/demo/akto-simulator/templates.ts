import type { JsonObject } from '../../core/json.ts';

/** A filter template as the server keeps it. */
export interface Template {
  /** Need not be the id inside `content`. */
  readonly id: string;
  /** The YAML. */
  readonly content: string;
  readonly author?: string;
  /** Epoch seconds. */
  readonly createdAt?: number;
  readonly updatedAt?: number;
  /** What the server read out of `content`; made from it where it is not given. */
  readonly info?: JsonObject;
}
