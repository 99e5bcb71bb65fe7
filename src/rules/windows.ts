import { createHash } from 'node:crypto';

/** When matches become an alert. */
export interface WindowCondition {
  /** Matches in the window that fire; ignored where `distinctIdentifier` is set. */
  readonly matchCount: number;
  /** Minutes. */
  readonly windowThreshold: number;
  /** Count only matches that passed this filter too. */
  readonly incrementFilter?: 'success_filter' | 'failure_filter';
  /** Fire only on matches that passed this filter too. */
  readonly thresholdBreachFilter?: 'success_filter' | 'failure_filter';
  /** Count different values at this place of the exchange instead of matches. */
  readonly distinctIdentifier?: DistinctIdentifier;
}

export interface DistinctIdentifier {
  readonly count: number;
  /** `event` is our addition to the language: the key is then a term. */
  readonly source: 'request_payload' | 'response_payload' | 'request_headers' | 'event';
  readonly key: string;
}

/** One minute: a number of matches, or the identities seen. */
export interface WindowBin {
  /** `floor(timestamp / 60)`. */
  readonly minute: number;
  readonly count: number;
  readonly identities: readonly string[];
}

/** One window of one rule and one group, oldest bin first. Plain JSON, so that a store can keep it. */
export interface WindowState {
  readonly bins: readonly WindowBin[];
}

export interface WindowInput {
  /** Event time, seconds since the epoch. */
  readonly timestamp: number;
  readonly identity?: string | undefined;
  /** False: the match does not count. */
  readonly increment?: boolean | undefined;
  /** False: the match cannot fire. */
  readonly breach?: boolean | undefined;
}

/** Different identities remembered a bin: an attacker chooses them. */
export const MAX_IDENTITIES = 10_000;
/** Longer ones are remembered by their digest. */
const MAX_IDENTITY_LENGTH = 256;
/** Minutes kept beyond the window, for events that arrive late. */
const LATE_MINUTES = 120;

export const EMPTY_WINDOW: WindowState = { bins: [] };

/** Counts one match and tells whether the rule fires on it. Firing clears the bin of this minute only. */
export function observeWindow(
  condition: WindowCondition,
  state: WindowState,
  input: WindowInput,
): { readonly state: WindowState; readonly fired: boolean } {
  // Without an identity there is nothing to count, and nothing that could fire.
  if (condition.distinctIdentifier && (input.identity ?? '') === '') return { state, fired: false };
  const minute = Math.floor(input.timestamp / 60);
  const bins =
    input.increment === false ? state.bins : counted(condition, state.bins, minute, input.identity);
  const fired = input.breach !== false && reached(condition, bins, minute);
  const left = fired ? bins.filter((bin) => bin.minute !== minute) : bins;
  return { state: { bins: pruned(left, condition.windowThreshold) }, fired };
}

function counted(
  condition: WindowCondition,
  bins: readonly WindowBin[],
  minute: number,
  identity: string | undefined,
): readonly WindowBin[] {
  const at = bins.findIndex((bin) => bin.minute >= minute);
  const known = bins[at];
  const current = known?.minute === minute ? known : { minute, count: 0, identities: [] };
  const updated = condition.distinctIdentifier
    ? { ...current, identities: withIdentity(current.identities, identity ?? '') }
    : { ...current, count: current.count + 1 };
  const place = at < 0 ? bins.length : at;
  return bins.toSpliced(place, known?.minute === minute ? 1 : 0, updated);
}

function withIdentity(identities: readonly string[], identity: string): readonly string[] {
  const bounded = identity.length > MAX_IDENTITY_LENGTH ? digest(identity) : identity;
  const isFull = identities.length >= MAX_IDENTITIES;
  return isFull || identities.includes(bounded) ? identities : [...identities, bounded];
}

function digest(identity: string): string {
  return createHash('sha256').update(identity).digest('base64url');
}

function reached(condition: WindowCondition, bins: readonly WindowBin[], minute: number): boolean {
  const inWindow = bins.filter(
    (bin) => bin.minute <= minute && bin.minute > minute - condition.windowThreshold,
  );
  const { distinctIdentifier } = condition;
  if (distinctIdentifier === undefined)
    return inWindow.reduce((sum, bin) => sum + bin.count, 0) >= condition.matchCount;
  return new Set(inWindow.flatMap((bin) => bin.identities)).size >= distinctIdentifier.count;
}

function pruned(bins: readonly WindowBin[], windowMinutes: number): readonly WindowBin[] {
  const newest = bins.at(-1)?.minute ?? 0;
  const oldest = newest - windowMinutes - LATE_MINUTES;
  return (bins[0]?.minute ?? newest) > oldest ? bins : bins.filter((bin) => bin.minute > oldest);
}

/** Windows of one condition for many actors, kept in memory. */
export interface Aggregator {
  /** True where the rule fires. `timestamp` in seconds. */
  observe(input: WindowInput & { readonly actor: string }): boolean;
}

export function createAggregator(condition: WindowCondition): Aggregator {
  const states = new Map<string, WindowState>();
  return {
    observe({ actor, ...input }) {
      const { state, fired } = observeWindow(condition, states.get(actor) ?? EMPTY_WINDOW, input);
      states.set(actor, state);
      return fired;
    },
  };
}
