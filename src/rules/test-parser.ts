import { isJsonObject } from '../core/json.ts';
import { parseSeverity, SEVERITIES } from '../core/severity.ts';
import { parseDuration } from '../schema/values.ts';
import { entryOf, kindName, type Positioned, type PositionedMap, plain } from './positioned.ts';
import { didYouMean, type ProblemList, quoted } from './problems.ts';
import type { Expectation, RuleTest, RuleTestEvent } from './rule.ts';
import { eventOfTest } from './test-event.ts';

const TEST_KEYS = ['name', 'events', 'expect'] as const;
const ALERT_KEYS = ['severity', 'count'] as const;
/** Events of one test, repeats counted. */
const MAX_EVENTS = 10_000;
const MAX_COUNT = 1_000_000;
const ALSO =
  'also takes other rules with the severity of their alert on this event, such as {sql-injection: HIGH}';
const EXPECTED = 'expect takes silent, match, or {alert: {severity: HIGH, count: 1}}';

/**
 * Reads `tests`: a list of `{name, events, expect}`. An event is a part of one of the feed's own
 * objects, with four keys of ours: `exchange` (a captured exchange, instead of `payload`), `at` (when, from the
 * test's start: `30s`; where absent, with the event before), `repeat` (so often) and `also` (other rules that raise an
 * alert on the event, each with its severity).
 */
export function parseTests(node: Positioned | undefined, problems: ProblemList): readonly RuleTest[] {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return [];
  if (node.kind === 'list') return node.items.flatMap((item) => new TestParser(problems).test(item) ?? []);
  problems.error(
    'bad-test',
    node.place,
    `tests takes a list of {name, events, expect}, not ${kindName(node)}.`,
  );
  return [];
}

class TestParser {
  readonly #problems: ProblemList;
  #atSeconds = 0;
  #events = 0;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  test(node: Positioned): RuleTest | undefined {
    if (node.kind !== 'map')
      return this.#bad(node, `A test is a map of name, events and expect, not ${kindName(node)}.`);
    this.#onlyKeys(node, TEST_KEYS, 'a test');
    const name = this.#name(node);
    const events = this.#eventList(node);
    const expect = this.#expectation(node);
    return name === undefined || expect === undefined ? undefined : { name, events, expect };
  }

  #bad(node: Pick<Positioned, 'place'>, message: string): undefined {
    this.#problems.error('bad-test', node.place, message);
    return undefined;
  }

  #onlyKeys(map: PositionedMap, known: readonly string[], what: string): void {
    for (const { key, place } of map.entries) {
      if (known.includes(key)) continue;
      this.#bad({ place }, `${quoted(key)} is no key of ${what}${didYouMean(key, known) || '.'}`);
    }
  }

  #name(map: PositionedMap): string | undefined {
    const entry = entryOf(map, 'name');
    const value = entry && plain(entry.value);
    if (typeof value === 'string' && value !== '') return value;
    return this.#bad(entry?.value ?? map, 'A test needs a name that says what it shows.');
  }

  #eventList(map: PositionedMap): readonly RuleTestEvent[] {
    const node = entryOf(map, 'events')?.value;
    if (node?.kind === 'list' && node.items.length > 0)
      return node.items.flatMap((item) => this.#event(item) ?? []);
    this.#bad(node ?? map, 'A test needs events: a list of at least one event.');
    return [];
  }

  #event(node: Positioned): RuleTestEvent | undefined {
    const value = plain(node);
    if (node.kind !== 'map' || !isJsonObject(value))
      return this.#bad(node, `An event is a map, not ${kindName(node)}.`);
    this.#atSeconds = this.#time(node) ?? this.#atSeconds;
    const repeat = this.#repeat(node);
    const atSeconds = this.#atSeconds;
    const also = this.#also(node);
    const raw = eventOfTest(value);
    if (raw !== undefined) return { raw, atSeconds, repeat, also };
    return this.#bad(
      entryOf(node, 'exchange') ?? node,
      'exchange takes a map of method, path, requestHeaders …, and stands instead of payload.',
    );
  }

  #time(map: PositionedMap): number | undefined {
    const entry = entryOf(map, 'at');
    const value = entry && plain(entry.value);
    if (entry === undefined) return undefined;
    const ms = typeof value === 'string' ? parseDuration(value) : undefined;
    if (ms !== undefined) return ms / 1_000;
    return this.#bad(entry.value, 'at takes a duration since the start of the test, such as 30s or 5m.');
  }

  #repeat(map: PositionedMap): number {
    const entry = entryOf(map, 'repeat');
    const value = entry === undefined ? 1 : plain(entry.value);
    const isWhole = typeof value === 'number' && Number.isInteger(value) && value >= 1;
    if (isWhole) this.#events += value;
    if (isWhole && this.#events <= MAX_EVENTS) return value;
    this.#bad(entry?.value ?? map, `repeat takes a whole number; a test has at most ${MAX_EVENTS} events.`);
    return 1;
  }

  #also(map: PositionedMap): RuleTestEvent['also'] {
    const entry = entryOf(map, 'also');
    if (entry === undefined) return [];
    if (entry.value.kind !== 'map') {
      this.#bad(entry.value, `${ALSO}, not ${kindName(entry.value)}.`);
      return [];
    }
    return entry.value.entries.flatMap(({ key: rule, value, place }) => {
      const severity = parseSeverity(plain(value));
      if (severity !== undefined) return [{ rule, severity }];
      this.#bad({ place: value.place ?? place }, `${ALSO}; a severity is one of ${SEVERITIES.join(', ')}.`);
      return [];
    });
  }

  #expectation(map: PositionedMap): Expectation | undefined {
    const node = entryOf(map, 'expect')?.value;
    const value = node && plain(node);
    if (value === 'silent') return { count: 0 };
    if (value === 'match') return {};
    const alert = node?.kind === 'map' ? entryOf(node, 'alert')?.value : undefined;
    if (node?.kind !== 'map' || alert?.kind !== 'map') {
      const near = typeof value === 'string' ? didYouMean(value, ['silent', 'match']) : '';
      return this.#bad(node ?? map, `${EXPECTED}${near || '.'}`);
    }
    this.#onlyKeys(node, ['alert'], 'expect');
    this.#onlyKeys(alert, ALERT_KEYS, 'alert');
    return this.#alert(alert);
  }

  #alert(map: PositionedMap): Expectation {
    const severityEntry = entryOf(map, 'severity');
    const countEntry = entryOf(map, 'count');
    const severity = severityEntry && parseSeverity(plain(severityEntry.value));
    const count = countEntry && plain(countEntry.value);
    if (severityEntry && severity === undefined)
      this.#bad(severityEntry.value, `severity takes one of ${SEVERITIES.join(', ')}.`);
    const isCount = typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= MAX_COUNT;
    if (countEntry && !isCount)
      this.#bad(countEntry.value, 'count takes a whole number: how often the rule fires.');
    return { ...(severity === undefined ? {} : { severity }), ...(isCount ? { count } : {}) };
  }
}
