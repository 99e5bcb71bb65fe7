import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Bench, createBench, event, page, reader, rules } from '../../test/pipeline/bench.ts';
import { wholeIngest } from '../../test/pipeline/whole-ingest.ts';
import type { Route } from '../alerts/route.ts';
import { ALERT_TERMS, ALL_TERMS, compileFilter, type TermSource } from '../rules/index.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const VENDOR = `
id: vendor
filter: { severity: { gte: HIGH } }
yields: true
group_by: [actor]
`;
const INJECTION = `
id: injection
filter: { filter_id: { eq: SQLInjection } }
info: { severity: HIGH }
`;
const WINDOWED = `
id: burst
filter: { filter_id: { eq: Probe } }
info: { severity: CRITICAL }
aggregation_rules:
  - rule: { name: three, condition: { matchCount: 3, windowThreshold: 5 } }
`;
const VENDOR_WINDOWED = `${VENDOR}
aggregation_rules:
  - rule: { name: two, condition: { matchCount: 2, windowThreshold: 5 } }
`;

const timing = { groupWaitMs: 10_000, groupIntervalMs: 300_000, repeatIntervalMs: 3_600_000 };
function route(to: string, filter?: object): Route<TermSource> {
  const compiled =
    filter && compileFilter(filter, { terms: new Map([...ALL_TERMS, ...ALERT_TERMS]), owner: 'when' });
  return {
    ...{ name: to, to: [to], continue: false, groupBy: ['rule'], timing, sendResolved: true },
    speaking: { active: [], mute: [] },
    ...(compiled?.filter === undefined ? {} : { when: compiled.filter }),
  };
}

/** The alerts after the events, as `rule severity ×count`. */
async function alertsAfter(
  ruleTexts: readonly string[],
  events: readonly Record<string, string>[],
  routes = [route('oncall')],
): Promise<readonly string[]> {
  const { store, clock, telemetry } = bench;
  const destinations = routes.map(({ name }) => ({ name, send: new Set(['alerts'] as const) }));
  const take = wholeIngest({
    ...{ store, clock, telemetry, ruleSet: rules(...ruleTexts), routes, resolveAfterMs: 3_600_000 },
    ...{ destinations, storeFull: () => undefined, onCommitted: () => undefined },
  });
  const all = events.map((raw, index) => event(`e${index}`, { actor: 'a', ...raw }, index));
  await take(reader(), page(all, {}));
  const alerts = await store.listAlerts({ limit: 99 });
  return alerts.map(({ rule, severity, count }) => `${rule} ${severity} ×${count}`).sort();
}

const SQLI = { filterId: 'SQLInjection', severity: 'HIGH' };
const XSS = { filterId: 'XSS', severity: 'HIGH' };
const PROBE = { filterId: 'Probe', severity: 'HIGH' };

it.each<[string, readonly string[], Record<string, string>[], string[]]>([
  ['a rule that yields raises none beside one as severe', [VENDOR, INJECTION], [SQLI], ['injection HIGH ×1']],
  ['whatever the order of the rules', [INJECTION, VENDOR], [SQLI], ['injection HIGH ×1']],
  [
    'it counts the events that nobody else tells of',
    [VENDOR, INJECTION],
    [SQLI, XSS, SQLI],
    ['injection HIGH ×2', 'vendor HIGH ×1'],
  ],
  [
    'it keeps what is more severe than the other rule says',
    [VENDOR, INJECTION],
    [{ ...SQLI, severity: 'CRITICAL' }],
    ['injection HIGH ×1', 'vendor CRITICAL ×1'],
  ],
  [
    'it is not silenced by a rule whose windows have not fired, only by one that does fire',
    [VENDOR, WINDOWED],
    [PROBE, PROBE, PROBE],
    ['burst CRITICAL ×1', 'vendor HIGH ×2'],
  ],
  [
    'its own windows count only what it tells itself',
    [VENDOR_WINDOWED, INJECTION],
    [XSS, SQLI, SQLI],
    ['injection HIGH ×2'],
  ],
  [
    'and fire on that',
    [VENDOR_WINDOWED, INJECTION],
    [XSS, SQLI, XSS],
    ['injection HIGH ×1', 'vendor HIGH ×1'],
  ],
  ['two that yield leave one', [VENDOR, VENDOR.replace('vendor', 'other')], [XSS], ['other HIGH ×1']],
])('of alerts, %s', async (_why, texts, events, expected) => {
  expect(await alertsAfter(texts, events)).toEqual(expected);
});

it.each<[string, Route<TermSource>[], string[]]>([
  [
    'a route takes the yielding rule only: its people would hear nothing',
    [route('oncall', { rule: { eq: 'vendor' } }), route('siem')],
    ['injection HIGH ×1', 'vendor HIGH ×1'],
  ],
  [
    'no route takes the other rule',
    [route('oncall', { rule: { eq: 'vendor' } })],
    ['injection HIGH ×1', 'vendor HIGH ×1'],
  ],
  [
    'both take the same way, which yields',
    [route('oncall', { severity: { gte: 'HIGH' } })],
    ['injection HIGH ×1'],
  ],
])('an attack does not vanish where %s', async (_why, routes, expected) => {
  expect(await alertsAfter([VENDOR, INJECTION], [SQLI], routes)).toEqual(expected);
});
