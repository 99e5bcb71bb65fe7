import type { Clock } from '../../core/clock.ts';
import type { Hazards } from './hazards.ts';

interface Kept {
  readonly total: number;
  readonly atMs: number;
}

/** What the server says as `total`, which some deployments cache. */
export class Totals {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Of `query`, of which `exact` rows match. */
  told(mode: Hazards['total'], query: string, exact: number): number {
    if (mode === 'zero') return 0;
    if (mode === 'exact') return exact;
    const key = mode === 'frozen' ? '' : query;
    const keptForMs = typeof mode === 'object' ? mode.cachedMs : Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.now();
    const kept = this.#kept.get(key);
    if (kept !== undefined && nowMs - kept.atMs < keptForMs) return kept.total;
    this.#kept.set(key, { total: exact, atMs: nowMs });
    return exact;
  }

  /** Forgets what is cached: the next totals are true. */
  refresh(): void {
    this.#kept.clear();
  }
}
