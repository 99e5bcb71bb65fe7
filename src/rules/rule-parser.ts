import type { Feed } from '../core/event.ts';
import { FEEDS } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import { parseDuration } from '../schema/values.ts';
import { parseAggregations } from './aggregation-parser.ts';
import type { Filter, Origin } from './filter-tree.ts';
import { parseInfo } from './info-parser.ts';
import {
  entryOf,
  kindName,
  type Positioned,
  type PositionedEntry,
  type PositionedMap,
  plain,
} from './positioned.ts';
import { didYouMean, type ProblemList, quoted } from './problems.ts';
import type { Aggregation, Rule } from './rule.ts';
import { OWN_KEYS, parseFilters } from './rule-filters.ts';
import { parseTests } from './test-parser.ts';
import { FEED_TERMS, isFeed } from './vocabulary.ts';

const KNOWN_KEYS: readonly string[] = [
  'id',
  'filter',
  'ignore',
  'success_filter',
  'failure_filter',
  'info',
  'aggregation_rules',
  ...OWN_KEYS,
];
/** Kept and not read, without a word: templates carry them. */
const QUIET_KEYS: ReadonlySet<string> = new Set([
  'wordLists',
  'api_selection_filters',
  'inactive',
  'author',
  'createdAt',
  'updatedAt',
]);

const DEFAULT_GROUP: Readonly<Record<Feed, readonly string[]>> = {
  malicious_events: ['actor'],
  incidents: ['attack_id'],
  threat_actors: ['actor'],
  threat_apis: ['host', 'api', 'method'],
};

/** As `alerts.resolve_after` of the configuration. */
const LEAST_RESOLVE_MS = 60_000;
const MOST_RESOLVE_MS = 7 * 86_400_000;

/** Reads a rule from what its file says, and tells every problem in it. */
export class RuleParser {
  readonly #problems: ProblemList;
  readonly #file: string | undefined;
  readonly #origins: Map<Filter, Origin>;

  constructor(problems: ProblemList, file: string | undefined, origins: Map<Filter, Origin>) {
    this.#problems = problems;
    this.#file = file;
    this.#origins = origins;
  }

  parse(root: Positioned): Rule | undefined {
    if (root.kind !== 'map') {
      this.#problems.error(
        'wrong-type',
        root.place,
        `A rule file is a map with id and filter, not ${kindName(root)}.`,
      );
      return undefined;
    }
    this.#unknownKeys(root);
    const id = this.#id(root);
    const feed = this.#feed(root);
    const info = parseInfo(entryOf(root, 'info'), this.#problems);
    const filters = parseFilters(root, feed, this.#problems, this.#origins);
    const aggregations = parseAggregations(entryOf(root, 'aggregation_rules')?.value, this.#problems);
    this.#countedFilters(root, aggregations);
    const groupBy = this.#groupBy(root, feed);
    const tests = parseTests(entryOf(root, 'tests')?.value, this.#problems);
    const runbook = this.#text(entryOf(root, 'runbook'));
    const resolveAfterMs = this.#resolveAfter(entryOf(root, 'resolve_after'));
    const yields = this.#yields(entryOf(root, 'yields'));
    if (id === undefined) return undefined;
    return {
      id,
      feed,
      ...filters,
      ...info,
      aggregations: info.info.subCategory === 'API_LEVEL_RATE_LIMITING' ? [] : aggregations,
      groupBy,
      tests,
      other: otherKeys(root),
      ...(this.#file === undefined ? {} : { file: this.#file }),
      ...(runbook === undefined ? {} : { runbook }),
      ...(resolveAfterMs === undefined ? {} : { resolveAfterMs }),
      ...(yields ? { yields } : {}),
    };
  }

  #unknownKeys(root: PositionedMap): void {
    for (const { key, place } of root.entries) {
      if (KNOWN_KEYS.includes(key) || QUIET_KEYS.has(key)) continue;
      this.#problems.warn(
        'unknown-key',
        place,
        `${quoted(key)} is no key of a rule and is ignored${didYouMean(key, KNOWN_KEYS) || '.'}`,
      );
    }
  }

  #id(root: PositionedMap): string | undefined {
    const entry = entryOf(root, 'id');
    const value = entry?.value.kind === 'scalar' ? entry.value.value : undefined;
    if (typeof value === 'string' && value !== '') return value;
    if (entry === undefined)
      this.#problems.error('missing-key', root.place, 'A rule needs an id, such as id: CredentialStuffing.');
    else
      this.#problems.error(
        'wrong-type',
        entry.value.place ?? entry.place,
        `id takes a text, not ${value === '' ? 'an empty one' : kindName(entry.value)}; quote it if it looks like a number.`,
      );
    return undefined;
  }

  /** A window that counts by a filter which is not there counts nothing. */
  #countedFilters(root: PositionedMap, aggregations: readonly Aggregation[]): void {
    const named = aggregations.flatMap(({ condition }) => [
      condition.incrementFilter,
      condition.thresholdBreachFilter,
    ]);
    for (const name of new Set(named)) {
      if (name === undefined || entryOf(root, name)) continue;
      this.#problems.warn(
        'unmatchable-rule',
        entryOf(root, 'aggregation_rules')?.place,
        `A window asks for events that passed ${name}, which this rule does not have: it never fires. Add ${name}.`,
      );
    }
  }

  #feed(root: PositionedMap): Feed {
    const entry = entryOf(root, 'source');
    if (entry === undefined) return 'malicious_events';
    const value = plain(entry.value);
    if (isFeed(value)) return value;
    this.#problems.error(
      'bad-value',
      entry.value.place,
      `source takes one of ${FEEDS.join(', ')}${didYouMean(String(value), FEEDS) || '.'}`,
    );
    return 'malicious_events';
  }

  #groupBy(root: PositionedMap, feed: Feed): readonly string[] {
    const entry = entryOf(root, 'group_by');
    if (entry === undefined) return DEFAULT_GROUP[feed];
    const items = entry.value.kind === 'list' ? entry.value.items : [entry.value];
    const terms = FEED_TERMS[feed];
    return items.flatMap((item) => {
      const name = plain(item);
      if (typeof name === 'string' && terms.has(name)) return [name];
      this.#problems.error(
        'bad-value',
        item.place ?? entry.place,
        `group_by takes terms of ${feed}; ${quoted(String(name))} is none${didYouMean(String(name), terms.keys()) || '.'}`,
      );
      return [];
    });
  }

  #resolveAfter(entry: PositionedEntry | undefined): number | undefined {
    if (entry === undefined) return undefined;
    const value = plain(entry.value);
    const ms = typeof value === 'string' ? parseDuration(value) : undefined;
    if (ms !== undefined && ms >= LEAST_RESOLVE_MS && ms <= MOST_RESOLVE_MS) return ms;
    this.#problems.error(
      'bad-value',
      entry.value.place ?? entry.place,
      'resolve_after takes a duration of 1m to 7d with its unit, such as 30m.',
    );
    return undefined;
  }

  #yields(entry: PositionedEntry | undefined): boolean {
    const value = entry && plain(entry.value);
    if (entry === undefined || typeof value === 'boolean') return value === true;
    this.#problems.error(
      'wrong-type',
      entry.value.place ?? entry.place,
      `yields takes true or false, not ${kindName(entry.value)}: true raises an alert only where no other rule does.`,
    );
    return false;
  }

  #text(entry: PositionedEntry | undefined): string | undefined {
    if (entry === undefined) return undefined;
    const value = plain(entry.value);
    if (typeof value === 'string') return value;
    this.#problems.error(
      'wrong-type',
      entry.value.place ?? entry.place,
      `${entry.key} takes a text, not ${kindName(entry.value)}.`,
    );
    return undefined;
  }
}

function otherKeys(root: PositionedMap): Readonly<Record<string, Json>> {
  const others = root.entries.filter(({ key }) => !KNOWN_KEYS.includes(key));
  return Object.fromEntries(others.map(({ key, value }) => [key, plain(value)]));
}
