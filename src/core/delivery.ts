import type { Notification } from './alert.ts';
import type { Digest } from './digest.ts';
import type { Event } from './event.ts';
import type { Severity } from './severity.ts';

/** What a destination may be sent: every event, only events some rule matched, notifications of alerts. */
export const STREAMS = ['events', 'matches', 'alerts'] as const;
export type Stream = (typeof STREAMS)[number];

export interface MatchedRule {
  readonly rule: string;
  readonly name: string;
  readonly severity: Severity;
  /** Rules at whose alerts on the same event it raised none of its own. */
  readonly yieldedTo?: readonly string[];
}

/** One thing for one destination. `id` is its stable identity there (`tocsin_id`, `webhook-id`). */
export type Delivery =
  | {
      readonly kind: 'event';
      readonly id: string;
      readonly event: Event;
      readonly rules: readonly MatchedRule[];
    }
  | { readonly kind: 'alert'; readonly id: string; readonly notification: Notification }
  | { readonly kind: 'digest'; readonly id: string; readonly digest: Digest };

/** What became of one item. `reason` is a short sentence without secrets. */
export type ItemOutcome =
  | { readonly kind: 'done' }
  /** The far side may take it later: try again, not before `afterMs` from now if it said so. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /**
   * An answer came, and it says neither that the item was taken nor that it may be taken later. It may have been: whoever
   * repeats it for ever posts it for ever. Tried a few times in all, then a dead letter that shows the answer.
   */
  | ({ readonly kind: 'unclear'; readonly reason: string } & Answered)
  /** The far side will never take this one: to the dead letters. */
  | ({ readonly kind: 'dead'; readonly reason: string } & Answered);

/** What the far side said, where a person has to read it. */
export interface Answered {
  /** The beginning of the body, without the destination's own secrets. Nothing else is masked in it yet. */
  readonly answer?: string;
}

/** What became of one attempt to send a batch. */
export type Outcome =
  | ItemOutcome
  /**
   * Nothing will pass until a person acts (a revoked token, a deleted webhook): keep all, probe slowly, say so. Where the
   * far side asked to be left alone, not before `probeAfterMs` from now.
   */
  | { readonly kind: 'hold'; readonly reason: string; readonly probeAfterMs?: number }
  /** Outcomes differ: one for each item of the batch, in its order. */
  | { readonly kind: 'partial'; readonly items: readonly ItemOutcome[] };

/** How many messages a destination is sent at most. */
export interface MessageRate {
  readonly perMinute: number;
  /** At once after a quiet time. */
  readonly burst: number;
}

/**
 * What a destination writes down about its far side, such as which message an alert is. It outlives the process;
 * what was not written for as long as events are kept is forgotten. Both may throw {@link StoreError}.
 */
export interface DestinationMemory {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

/**
 * What a destination makes of notifications. Nothing of it where each is a message of its own that people read.
 * - `list`: it keeps a list of alerts: it is sent every alert of a group, in parts, and what ends within one that goes on
 * - `edits`: what it wrote before is brought up to date, so that an end, an acknowledgement or a return wakes nobody
 * - `incidents`: it keeps incidents, which are acknowledged and resolved by their key
 */
export const HEARINGS = ['list', 'edits', 'incidents'] as const;
export type Hearing = (typeof HEARINGS)[number];

/** Where deliveries go. One attempt a call; when to call again is the pipeline's business. */
export interface Destination {
  readonly name: string;
  readonly type: string;
  readonly send: ReadonlySet<Stream>;
  /**
   * Read by people: more messages than this become one, and so does what an outage left behind. Absent: every
   * notification is sent.
   */
  readonly rate?: MessageRate;
  /** How it takes notifications; absent: each is a message that people read. */
  readonly hearing?: Hearing;
  /** Secrets in what it is sent are masked. */
  readonly redact: boolean;
  /** Bounds of one batch. The pipeline never passes more items. */
  readonly batch: { readonly maxItems: number };
  /**
   * How many batches may be under way at once; absent: one. More only where the far side does not mind which of two comes
   * first: notifications of one group never are under way together, events may be.
   */
  readonly maxInFlight?: number;
  /**
   * Sends one batch (never empty) within the destination's own time-out. Never throws: whatever
   * happens is an outcome. An aborted `signal` ends it early with `retry`.
   */
  deliver(batch: readonly Delivery[], signal: AbortSignal): Promise<Outcome>;
  /** Lets go of sockets. */
  close(): Promise<void>;
}
