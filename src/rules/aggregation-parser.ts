import { entryOf, kindName, type Positioned, type PositionedMap, plain } from './positioned.ts';
import { didYouMean, type ProblemList, quoted } from './problems.ts';
import type { Aggregation } from './rule.ts';
import { ALL_TERMS } from './vocabulary.ts';
import { type DistinctIdentifier, MAX_IDENTITIES, type WindowCondition } from './windows.ts';

const CONDITION_KEYS = [
  'matchCount',
  'windowThreshold',
  'incrementFilter',
  'thresholdBreachFilter',
  'distinctIdentifier',
] as const;
export const WINDOW_FILTERS = ['success_filter', 'failure_filter'] as const;
/** `event` is ours: the key is then a term, such as country. */
export const DISTINCT_SOURCES = ['request_payload', 'response_payload', 'request_headers', 'event'] as const;
/** A month of minutes: longer windows would be kept for every actor. */
export const MAX_WINDOW_MINUTES = 44_640;
export const MAX_MATCH_COUNT = 1_000_000;

/** Reads `aggregation_rules`. */
export function parseAggregations(
  node: Positioned | undefined,
  problems: ProblemList,
): readonly Aggregation[] {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return [];
  if (node.kind === 'list')
    return node.items.flatMap((item) => new WindowParser(problems).aggregation(item) ?? []);
  problems.error('wrong-type', node.place, `aggregation_rules takes a list, not ${kindName(node)}.`);
  return [];
}

class WindowParser {
  readonly #problems: ProblemList;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  aggregation(node: Positioned): Aggregation | undefined {
    const outer = node.kind === 'map' ? entryOf(node, 'rule')?.value : undefined;
    const condition = outer?.kind === 'map' ? entryOf(outer, 'condition')?.value : undefined;
    if (outer?.kind !== 'map' || condition?.kind !== 'map') {
      this.#problems.error(
        'bad-window',
        (outer ?? node).place,
        'An aggregation rule is written as rule: {name, condition: {matchCount, windowThreshold}}.',
      );
      return undefined;
    }
    this.#unread(node, ['rule', 'post_aggregate_condition'], 'an aggregation rule');
    this.#unread(outer, ['name', 'condition'], 'rule');
    const name = entryOf(outer, 'name');
    return { name: name ? String(plain(name.value)) : '', condition: this.#condition(condition) };
  }

  #condition(map: PositionedMap): WindowCondition {
    this.#unread(map, CONDITION_KEYS, 'a window condition');
    const distinctIdentifier = this.#distinct(map);
    const incrementFilter = this.#oneOf(map, 'incrementFilter', WINDOW_FILTERS);
    const thresholdBreachFilter = this.#oneOf(map, 'thresholdBreachFilter', WINDOW_FILTERS);
    return {
      matchCount: this.#number(map, 'matchCount', MAX_MATCH_COUNT, distinctIdentifier !== undefined),
      windowThreshold: this.#number(map, 'windowThreshold', MAX_WINDOW_MINUTES, false),
      ...(incrementFilter === undefined ? {} : { incrementFilter }),
      ...(thresholdBreachFilter === undefined ? {} : { thresholdBreachFilter }),
      ...(distinctIdentifier === undefined ? {} : { distinctIdentifier }),
    };
  }

  #unread(node: Positioned, known: readonly string[], owner: string): void {
    for (const { key, place } of node.kind === 'map' ? node.entries : []) {
      if (known.includes(key)) continue;
      const message = `${quoted(key)} is no key of ${owner} and is ignored${didYouMean(key, known) || '.'}`;
      this.#problems.warn('unknown-key', place, message);
    }
  }

  #distinct(map: PositionedMap): DistinctIdentifier | undefined {
    const entry = entryOf(map, 'distinctIdentifier');
    if (entry === undefined || (entry.value.kind === 'scalar' && entry.value.value === null))
      return undefined;
    if (entry.value.kind !== 'map') {
      this.#problems.error(
        'bad-window',
        entry.value.place,
        'distinctIdentifier takes a map of count, source and key.',
      );
      return undefined;
    }
    const source = this.#oneOf(entry.value, 'source', DISTINCT_SOURCES);
    const key = entryOf(entry.value, 'key');
    const name = key && plain(key.value);
    if (source === undefined || typeof name !== 'string' || name === '') {
      this.#problems.error(
        'bad-window',
        key?.value.place ?? entry.place,
        `distinctIdentifier needs a source (${DISTINCT_SOURCES.join(', ')}) and a key.`,
      );
      return undefined;
    }
    if (source === 'event' && !ALL_TERMS.has(name)) {
      this.#problems.error(
        'bad-window',
        key?.value.place ?? entry.place,
        `${quoted(name)} is no term of events${didYouMean(name, [...ALL_TERMS.keys()]) || '.'}`,
      );
    }
    return { count: this.#number(entry.value, 'count', MAX_IDENTITIES, false), source, key: name };
  }

  #number(map: PositionedMap, key: string, max: number, optional: boolean): number {
    const entry = entryOf(map, key);
    const value = entry && plain(entry.value);
    if (value === undefined && optional) return 1;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value;
    this.#problems.error(
      'bad-window',
      entry?.value.place ?? map.place,
      `${key} takes a whole number from 1 to ${max}.`,
    );
    return 1;
  }

  #oneOf<T extends string>(map: PositionedMap, key: string, allowed: readonly T[]): T | undefined {
    const entry = entryOf(map, key);
    const value = entry && plain(entry.value);
    if (value === undefined || value === null || value === '') return undefined;
    const found = allowed.find((name) => name === value);
    if (found === undefined)
      this.#problems.error(
        'bad-window',
        entry?.value.place,
        `${key} takes one of ${allowed.join(', ')}${didYouMean(String(value), allowed) || '.'}`,
      );
    return found;
  }
}
