import type { Feed } from '../core/event.ts';
import { FEEDS } from '../core/event.ts';
import { isJsonObject, type Json } from '../core/json.ts';
import type { Problem } from '../core/problem.ts';
import { parseSeverity, SEVERITIES, type Severity } from '../core/severity.ts';
import { parseAggregations } from './aggregation-parser.ts';
import { FilterParser } from './filter-parser.ts';
import type { Filter } from './filter-tree.ts';
import {
  entryOf,
  kindName,
  type Positioned,
  type PositionedEntry,
  type PositionedMap,
  plain,
} from './positioned.ts';
import { didYouMean, ProblemList, quoted } from './problems.ts';
import type { Rule, RuleInfo } from './rule.ts';
import { parseTests } from './test-parser.ts';
import { ALL_TERMS, FEED_TERMS, isFeed, type TermTable } from './vocabulary.ts';
import { readYaml } from './yaml-file.ts';

/** What Tocsin adds to a template. A file that has one of them was written for Tocsin. */
const OWN_KEYS = ['source', 'group_by', 'runbook', 'tests'] as const;
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

export interface ParsedRule {
  /** Undefined where any problem is an error. */
  readonly rule?: Rule;
  readonly problems: readonly Problem[];
}

/** Reads one rule file and tells every problem in it. Never throws. */
export function parseRule(text: string, file?: string): ParsedRule {
  return parsePlacedRule(text, file);
}

interface PlacedRule extends ParsedRule {
  readonly idPlace?: { readonly line: number; readonly column: number } | undefined;
}

export function parsePlacedRule(text: string, file?: string): PlacedRule {
  const problems = new ProblemList(file);
  const root = readYaml(text, problems);
  const parsed = root && new RuleParser(problems, file).parse(root);
  const rule = parsed && !problems.failed ? { rule: parsed } : {};
  const idPlace = root?.kind === 'map' ? entryOf(root, 'id')?.value.place : undefined;
  return { ...rule, problems: problems.all, idPlace };
}

/** Reads many files; an id that two of them use is an error in each but the first. */
export function parseRules(files: readonly { readonly file: string; readonly text: string }[]): {
  readonly rules: readonly Rule[];
  readonly problems: readonly Problem[];
} {
  const rules = new Map<string, Rule>();
  const problems: Problem[] = [];
  for (const { file, text } of files) {
    const { rule, problems: found, idPlace } = parsePlacedRule(text, file);
    problems.push(...found);
    const other = rule && rules.get(rule.id);
    if (rule && other === undefined) rules.set(rule.id, rule);
    if (other === undefined) continue;
    const message = `The id ${quoted(other.id)} is already used in ${other.file ?? 'another file'}; give each rule its own.`;
    problems.push({ code: 'duplicate-id', severity: 'error', message, file, ...idPlace });
  }
  return { rules: [...rules.values()], problems };
}

class RuleParser {
  readonly #problems: ProblemList;
  readonly #file: string | undefined;

  constructor(problems: ProblemList, file: string | undefined) {
    this.#problems = problems;
    this.#file = file;
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
    const info = this.#info(root);
    const filters = this.#filters(root, feed);
    const aggregations = parseAggregations(entryOf(root, 'aggregation_rules')?.value, this.#problems);
    const groupBy = this.#groupBy(root, feed);
    const tests = parseTests(entryOf(root, 'tests')?.value, this.#problems);
    const runbook = this.#text(entryOf(root, 'runbook'));
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

  #info(root: PositionedMap): { info: RuleInfo; severity?: Severity } {
    const entry = entryOf(root, 'info');
    if (entry === undefined) return { info: { other: {} } };
    if (entry.value.kind !== 'map') {
      this.#problems.error(
        'wrong-type',
        entry.value.place ?? entry.place,
        `info takes a map, not ${kindName(entry.value)}.`,
      );
      return { info: { other: {} } };
    }
    const severity = this.#severity(entryOf(entry.value, 'severity'));
    return { info: infoFrom(plain(entry.value)), ...(severity === undefined ? {} : { severity }) };
  }

  #severity(entry: PositionedEntry | undefined): Severity | undefined {
    const value = entry && plain(entry.value);
    const severity = parseSeverity(value);
    if (severity === undefined && value !== undefined && value !== null && value !== '') {
      this.#problems.error(
        'bad-value',
        entry?.value.place,
        `severity takes one of ${SEVERITIES.join(', ')}${didYouMean(String(value).toUpperCase(), SEVERITIES) || '.'}`,
      );
    }
    return severity;
  }

  #filters(
    root: PositionedMap,
    feed: Feed,
  ): Pick<Rule, 'filter' | 'ignore' | 'successFilter' | 'failureFilter'> {
    const parser = new FilterParser(termsFor(root), this.#problems);
    const read = (key: string): Filter | undefined => {
      const entry = entryOf(root, key);
      return entry && parser.parse(entry.value, key);
    };
    const filter = read('filter');
    const ignore = read('ignore');
    const successFilter = read('success_filter');
    const failureFilter = read('failure_filter');
    if (filter === undefined && successFilter === undefined && failureFilter === undefined) {
      this.#problems.error(
        'missing-key',
        root.place,
        'A rule needs a filter, a success_filter or a failure_filter.',
      );
    }
    for (const unseen of unseenTerms([filter, ignore, successFilter, failureFilter], feed)) {
      this.#problems.warn(
        'misplaced-word',
        entryOf(root, 'filter')?.place ?? root.place,
        `Events of ${feed} have no ${unseen}: conditions on it never see anything. Set source to the feed that has it.`,
      );
    }
    return {
      ...(filter === undefined ? {} : { filter }),
      ...(ignore === undefined ? {} : { ignore }),
      ...(successFilter === undefined ? {} : { successFilter }),
      ...(failureFilter === undefined ? {} : { failureFilter }),
    };
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

/** `host` is a word of ours that Akto's language refuses: a file with nothing else of ours keeps Akto's verdict. */
function termsFor(root: PositionedMap): TermTable {
  if (OWN_KEYS.some((key) => entryOf(root, key))) return ALL_TERMS;
  return AKTO_TEMPLATE_TERMS;
}
const AKTO_TEMPLATE_TERMS: TermTable = new Map([...ALL_TERMS].filter(([term]) => term !== 'host'));

function unseenTerms(filters: readonly (Filter | undefined)[], feed: Feed): ReadonlySet<string> {
  const unseen = new Set<string>();
  const walk = (filter: Filter): void => {
    if (filter.kind === 'condition' || filter.kind === 'extract') {
      if (!FEED_TERMS[feed].has(filter.term)) unseen.add(filter.term);
    } else if (filter.kind !== 'constant') filter.children.forEach(walk);
  };
  for (const filter of filters) if (filter) walk(filter);
  return unseen;
}

function infoFrom(value: Json): RuleInfo {
  if (!isJsonObject(value)) return { other: {} };
  const { name, description, category, subCategory, ...other } = value;
  const categoryName = isJsonObject(category) ? category['name'] : category;
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(typeof categoryName === 'string' ? { category: categoryName } : {}),
    ...(typeof subCategory === 'string' ? { subCategory } : {}),
    other,
  };
}

function otherKeys(root: PositionedMap): Readonly<Record<string, Json>> {
  const others = root.entries.filter(({ key }) => !KNOWN_KEYS.includes(key));
  return Object.fromEntries(others.map(({ key, value }) => [key, plain(value)]));
}
