import fc from 'fast-check';
import type { Inhibition } from '../../src/alerts/inhibition.ts';
import type { TimeInterval } from '../../src/alerts/intervals.ts';
import type { Route } from '../../src/alerts/route.ts';
import type { Hearing, MessageRate } from '../../src/core/delivery.ts';
import { parseSeverity, SEVERITIES, type Severity, severityRank } from '../../src/core/severity.ts';
import type { TermSource } from '../../src/rules/index.ts';

const RULES = ['r1', 'r2', 'r3'] as const;
const ACTORS = ['a', 'b', 'c'] as const;

export const nameOf = (rule: string, actor: string): string => `${rule}/${actor}`;
export const ruleOf = (alert: string): string => alert.split('/')[0] ?? '';
export const actorOf = (alert: string): string => alert.split('/')[1] ?? '';

/** Seconds of quiet after which alerts are over. */
export const RESOLVE_AFTER: Readonly<Record<string, number>> = { r1: 300, r2: 900, r3: 100 };

/** One destination of each habit. */
export const DESTINATIONS: Readonly<
  Record<string, { readonly hearing?: Hearing; readonly rate?: MessageRate }>
> = {
  siem: { hearing: 'list' },
  list: { hearing: 'list' },
  pager: { hearing: 'incidents' },
  bot: { hearing: 'edits', rate: { perMinute: 1, burst: 2 } },
  chat: { rate: { perMinute: 1, burst: 2 } },
};
const TOLD = ['list', 'pager', 'bot', 'chat'] as const;

const FILTERS: Readonly<Record<string, (subject: TermSource) => boolean>> = {
  all: () => true,
  severe: (subject) => rankOf(subject) >= severityRank('HIGH'),
  mild: (subject) => rankOf(subject) < severityRank('HIGH'),
  r1: (subject) => subject.get('rule') === 'r1',
  a: (subject) => subject.get('actor') === 'a',
};

function rankOf(subject: TermSource): number {
  return severityRank(parseSeverity(subject.get('severity')) ?? 'INFO');
}

/** Quiet from the 20th to the 30th minute of every hour. */
const BREAK: TimeInterval = {
  name: 'break',
  timeZone: 'UTC',
  times: Array.from({ length: 24 }, (_, hour) => ({ from: hour * 60 + 20, to: hour * 60 + 30 })),
};

/** A route as somebody might write it. */
export interface Written {
  readonly name: string | undefined;
  readonly when: string;
  readonly to: readonly string[];
  readonly groupBy: readonly string[] | undefined;
  readonly continue: boolean;
  readonly isMuted: boolean;
  readonly escalatesTo: readonly string[];
}

const groupBy = fc.constantFrom(undefined, ['rule'], ['actor'], [], ['rule', 'actor']);
const written: fc.Arbitrary<Written> = fc.record({
  name: fc.constantFrom('alpha', 'beta', undefined),
  when: fc.constantFrom(...Object.keys(FILTERS)),
  to: fc.subarray([...TOLD], { minLength: 1 }),
  groupBy,
  continue: fc.boolean(),
  isMuted: fc.boolean(),
  escalatesTo: fc.subarray([...TOLD], { maxLength: 1 }),
});

/** The SIEM hears everything, whatever its route is called and however it groups. */
const siem: fc.Arbitrary<Written> = fc.record({
  name: fc.constantFrom('siem', 'archive'),
  when: fc.constant('all'),
  to: fc.constant(['siem']),
  groupBy,
  continue: fc.constant(true),
  isMuted: fc.constant(false),
  escalatesTo: fc.constant([]),
});

export const configured: fc.Arbitrary<readonly Written[]> = fc
  .tuple(siem, fc.uniqueArray(written, { maxLength: 3, selector: ({ name }) => name ?? Symbol('unnamed') }))
  .map(([first, others]) => [first, ...others]);

const TIMING = { groupWaitMs: 10_000, groupIntervalMs: 60_000, repeatIntervalMs: 600_000 };

/** As the configuration makes routes of them: what has no name is told apart by what it takes and how it groups. */
export function toRoutes(all: readonly Written[]): readonly Route<TermSource>[] {
  const seen = new Map<string, number>();
  return all.map(({ name, when, to, groupBy: terms, isMuted, escalatesTo, ...rest }, index) => {
    const content = JSON.stringify([when, terms ?? null]);
    const number = (seen.get(content) ?? 0) + 1;
    seen.set(content, number);
    const further = escalatesTo.filter((each) => !to.includes(each));
    return {
      name: name ?? `route-${index + 1}`,
      ...(name === undefined ? { id: `${content} ${number}` } : {}),
      when: { matches: FILTERS[when] ?? (() => false) },
      ...{ to, continue: rest.continue, timing: TIMING, sendResolved: true },
      ...(terms === undefined ? {} : { groupBy: terms }),
      speaking: { active: [], mute: isMuted ? [BREAK] : [] },
      ...(further.length === 0 ? {} : { escalate: { afterMs: 120_000, to: further } }),
    };
  });
}

/** While r1 of an actor is open, r2 of the same one says nothing. */
export const INHIBITION: Inhibition<TermSource> = {
  name: 'r1 explains r2',
  source: { matches: (subject) => subject.get('rule') === 'r1' },
  target: { matches: (subject) => subject.get('rule') === 'r2' },
  equal: ['actor'],
};

export const SILENCES: Readonly<Record<string, (alert: string) => boolean>> = {
  'actor a': (alert) => actorOf(alert) === 'a',
  'rule r2': (alert) => ruleOf(alert) === 'r2',
  all: () => true,
};

export type Step =
  | {
      readonly kind: 'matches';
      readonly alerts: readonly string[];
      readonly severity: Severity;
      readonly exploit: boolean;
    }
  | { readonly kind: 'ack'; readonly alert: string }
  | { readonly kind: 'silence'; readonly what: string; readonly seconds: number }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'reload'; readonly routes: readonly Written[] }
  | { readonly kind: 'restart' }
  /** The next look breaks at its nth transaction. */
  | { readonly kind: 'crash'; readonly at: number }
  /** A destination takes nothing for so long. */
  | { readonly kind: 'outage'; readonly destination: string; readonly seconds: number };

const alertName = fc
  .tuple(fc.constantFrom(...RULES), fc.constantFrom(...ACTORS))
  .map(([rule, actor]) => nameOf(rule, actor));
const seconds = fc.constantFrom(5, 10, 30, 60, 120, 300, 600, 1_200, 2_400);
const kind = <K extends Step['kind']>(name: K): fc.Arbitrary<K> => fc.constant(name);

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: kind('matches'),
      alerts: fc.array(alertName, { minLength: 1, maxLength: 4 }),
      severity: fc.constantFrom(...SEVERITIES),
      exploit: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: kind('wait'), seconds }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('ack'), alert: alertName }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind('silence'),
      what: fc.constantFrom(...Object.keys(SILENCES)),
      seconds,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: kind('reload'), routes: configured }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('restart') }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('crash'), at: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind('outage'),
      destination: fc.constantFrom(...Object.keys(DESTINATIONS)),
      seconds,
    }),
  },
);
