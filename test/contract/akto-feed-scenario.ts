import fc from 'fast-check';
import type { Hazard, Hazards } from '../../src/demo/akto-simulator/index.ts';

export const LATE_S = 120;
export const INITIAL_S = 900;
/** Clocks are at most so far off. */
const SKEW_S = 300;

/** What no rule sees: a row without an id or a time, one without an id that looks like all others, and an id that was there before, with other content. */
export type Odd = 'no_id' | 'twin' | 'half_second' | 'again';

export interface Round {
  /** Of our clock before the server's: it is set while the daemon runs. */
  readonly aheadS: number;
  readonly odd: readonly { readonly kind: Odd; readonly lateS: number }[];
  /** Seconds since the round before. */
  readonly passed: number;
  /** Rows that appear before the poll: how many share the second, and how late they are. */
  readonly arrivals: readonly { readonly lateS: number; readonly rows: number }[];
  /** Rows that appear while it pages, before the answer of that number. */
  readonly during: readonly { readonly answer: number; readonly lateS: number; readonly rows: number }[];
  readonly hazards: readonly { readonly answer: number; readonly hazard: Hazard }[];
  readonly diesAfterPages: number;
}

const lateS = fc.oneof(fc.integer({ min: -20, max: LATE_S }), fc.constantFrom(0, 1, LATE_S));
const rows = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 1, arbitrary: fc.integer({ min: 14, max: 28 }) },
);
const answer = fc.integer({ min: 0, max: 12 });
const hazard: fc.Arbitrary<Hazard> = fc.constantFrom<Hazard[]>(
  { kind: 'null_list', spelled: 'null' },
  { kind: 'null_list', spelled: 'string' },
  { kind: 'null_list', spelled: 'missing' },
  { kind: 'exception' },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429, retryAfter: '1' },
  { kind: 'login_page' },
  { kind: 'redirect' },
  { kind: 'forbidden', body: 'empty' },
  { kind: 'reset' },
  { kind: 'cut' },
  { kind: 'missing_rows', every: 2 },
  { kind: 'missing_rows', every: 3 },
);
const passed = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 60 }) },
  { weight: 3, arbitrary: fc.integer({ min: 60, max: 2_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 2_000, max: 200_000 }) },
);
const aheadS = fc.constantFrom(0, 0, 0, 0, -SKEW_S, -30, 30, SKEW_S);
const odd = fc.array(
  fc.record({ kind: fc.constantFrom<Odd[]>('no_id', 'twin', 'half_second', 'again'), lateS }),
  {
    maxLength: 2,
  },
);
const round: fc.Arbitrary<Round> = fc.record({
  ...{ aheadS, odd, passed },
  arrivals: fc.array(fc.record({ lateS, rows }), { maxLength: 8 }),
  during: fc.array(fc.record({ answer, lateS, rows }), { maxLength: 3 }),
  hazards: fc.array(fc.record({ answer, hazard }), { maxLength: 4 }),
  diesAfterPages: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 5 })),
});
/** Polls in quick succession over so many rows that a look never shows them all. */
const storm: fc.Arbitrary<Round> = fc.record({
  ...{ aheadS, odd },
  passed: fc.integer({ min: 3, max: 40 }),
  arrivals: fc
    .array(fc.record({ lateS: fc.integer({ min: 60, max: LATE_S }), rows: fc.constant(1) }), { maxLength: 3 })
    .map((late) => [...late, { lateS: 0, rows: 3 }]),
  during: fc.constant([]),
  hazards: fc.array(fc.record({ answer, hazard }), { maxLength: 1 }),
  diesAfterPages: fc.constant(Number.POSITIVE_INFINITY),
});
export const scenario = fc.record({
  seed: fc.integer({ min: 0, max: 1_000_000 }),
  pageSize: fc.oneof(
    { weight: 1, arbitrary: fc.constant(1) },
    { weight: 5, arbitrary: fc.integer({ min: 2, max: 9 }) },
  ),
  aheadS,
  backlog: fc.array(fc.record({ lateS: fc.integer({ min: 0, max: INITIAL_S - SKEW_S }), rows }), {
    maxLength: 12,
  }),
  total: fc.constantFrom<Hazards['total'][]>('exact', 'exact', 'zero', 'cached', 'frozen', {
    cachedMs: 300_000,
  }),
  cappedRows: fc.option(fc.integer({ min: 2, max: 6 }), { nil: Number.POSITIVE_INFINITY, freq: 6 }),
  rounds: fc.oneof(
    { weight: 3, arbitrary: fc.array(round, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(storm, { minLength: 5, maxLength: 12 }) },
  ),
});
export type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;
