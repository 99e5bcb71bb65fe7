import type { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { Destination, DestinationMemory, Stream } from '../core/delivery.ts';
import type { Feed } from '../core/event.ts';
import type { Random } from '../core/random.ts';
import type { Source } from '../core/source.ts';

/** What an adapter is given besides its configuration. */
export interface AdapterDeps {
  readonly clock: Clock;
  readonly random: Random;
}

export interface DestinationDeps extends AdapterDeps {
  /** Absent where nothing outlives the process: then it is remembered only as long as that. */
  readonly memory?: DestinationMemory;
  /** What tells this installation from others: what names things at a pager must not be another's. */
  readonly instance?: string;
  /** An operator's template gave no text and the built-in message goes in its place. One sentence, no event's text. */
  readonly onTemplateFailed?: (reason: string) => void;
}

/**
 * A kind of source: its configuration's shape and how to make one. `config` is the object under
 * `sources:` whole, `name` and `type` included.
 */
export interface SourceType<Config extends { name: string; type: string }> {
  readonly type: Config['type'];
  readonly config: z.ZodType<Config>;
  /** What it is read for. Absent where nobody can say before it is made. */
  feeds?(config: Config): readonly Feed[];
  /** What people may call it instead: see {@link DestinationType}. */
  readonly otherNames?: Readonly<Record<string, string>>;
  create(config: Config, deps: AdapterDeps): Source;
}

/** A kind of destination, likewise. */
export interface DestinationType<Config extends { name: string; type: string; send: readonly Stream[] }> {
  readonly type: Config['type'];
  readonly config: z.ZodType<Config>;
  /**
   * What people may write as its `type`, without dashes, dots and underscores, and what else is then to be written:
   * `format: teams`, or nothing. They are not taken, but they are understood.
   */
  readonly otherNames?: Readonly<Record<string, string>>;
  /** The same with its paths made absolute. Absent where it has none. */
  locate?(config: Config, folder: string): Config;
  /** What no two destinations may share, as people call it: `stdout`, the path of a file. Asked once located. */
  exclusive?(config: Config): string;
  /**
   * What the far side has said of a delivery that is not done, as far as it is written down: one sentence. Absent where
   * nothing is said before a delivery is done.
   */
  recall?(memory: DestinationMemory, deliveryId: string): Promise<string | undefined>;
  create(config: Config, deps: DestinationDeps): Destination;
}
