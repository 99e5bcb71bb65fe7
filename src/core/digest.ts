import type { Severity } from './severity.ts';

/** A count, and what it was in the period before; undefined where that is not known. */
export interface DigestRow {
  readonly name: string;
  readonly count: number;
  readonly before?: number;
}

/** The rows that count most, and what the rest amounts to. */
export interface DigestTable {
  readonly title: string;
  readonly rows: readonly DigestRow[];
  readonly omittedRows: number;
  readonly omittedCount: number;
}

/** A summary of many events in one message: of a period, or of history that was read later. Names are attackers' texts, bounded. */
export interface Digest {
  /** Stable across retries and restarts: one for each period. */
  readonly id: string;
  readonly kind: 'period' | 'backfill' | 'storm';
  /** `Daily digest`. */
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** IANA name: how times are shown. */
  readonly timeZone: string;
  readonly totals: readonly DigestRow[];
  readonly tables: readonly DigestTable[];
  /** Equal steps, oldest first. */
  readonly chart?: {
    readonly title: string;
    readonly bars: readonly { readonly label: string; readonly count: number }[];
  };
  /** One sentence each: what could not be delivered, what could not be fetched, what was kept silent. */
  readonly notes: readonly string[];
  /** How bad the worst of it is, where that is known. */
  readonly severity?: Severity;
  readonly createdAtMs: number;
}
