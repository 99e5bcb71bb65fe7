import { parseSeverity, SEVERITIES } from '../core/severity.ts';
import type { Operand } from './datum.ts';
import { comparison, inert, isCategoryOnly } from './filter-constant.ts';
import type { Aspect, Collection, Filter, Origin } from './filter-tree.ts';
import { type Context, expectedWords, nearestWord, wordElsewhere } from './filter-words.ts';
import { parseOperands } from './operand-parser.ts';
import { kindName, type Positioned, type PositionedEntry, type PositionedMap } from './positioned.ts';
import { didYouMean, type ProblemList, quoted } from './problems.ts';
import { INERT, isOperator, MEASURES, NETWORK_OPERATORS, type TermTable, UNSUPPORTED } from './vocabulary.ts';

/** Reads one filter (what stands under `filter:`, `ignore:`, `when:` …) and tells every problem in it. */
export class FilterParser {
  readonly #terms: TermTable;
  readonly #problems: ProblemList;
  readonly #hint: ((word: string) => string | undefined) | undefined;
  readonly #origins: Map<Filter, Origin>;

  /**
   * @param origins where each part's word and place are written down
   * @param hint says more of an unknown word, where there is more to say
   */
  constructor(
    terms: TermTable,
    problems: ProblemList,
    origins: Map<Filter, Origin>,
    hint?: (word: string) => string | undefined,
  ) {
    this.#terms = terms;
    this.#problems = problems;
    this.#origins = origins;
    this.#hint = hint;
  }

  /** @param owner the key above, for messages */
  parse(node: Positioned, owner: string): Filter {
    if (node.kind === 'map') return { kind: 'and', children: this.#entries(node, {}) };
    this.#problems.error(
      'wrong-type',
      node.place,
      `${owner} takes a map of terms and predicates, not ${kindName(node)}.`,
    );
    return { kind: 'and', children: [] };
  }

  #entries(map: PositionedMap, context: Context): readonly Filter[] {
    return map.entries.flatMap((entry) => {
      const filter = this.#entry(entry, entry.key.toLowerCase(), context);
      if (filter === undefined) return [];
      const { key: word, place, value } = entry;
      this.#origins.set(filter, filter.kind === 'condition' ? { word, place, value } : { word, place });
      return [filter];
    });
  }

  /** What stands under a word that takes conditions: a map, or a list of maps, each of which must hold whole. */
  #children(entry: PositionedEntry, context: Context): readonly Filter[] {
    const { value } = entry;
    if (value.kind === 'map') return this.#entries(value, context);
    if (value.kind === 'scalar') return this.#needsConditions(entry, value);
    if (value.items.length === 0) return this.#needsConditions(entry, value);
    return value.items.map((item) => {
      if (item.kind !== 'map') this.#needsConditions(entry, item);
      const children = item.kind === 'map' ? this.#entries(item, context) : [];
      return children.length === 1 && children[0] ? children[0] : { kind: 'and', children };
    });
  }

  #needsConditions(entry: PositionedEntry, found: Positioned): readonly Filter[] {
    const what = found.kind === 'list' ? 'an empty list' : kindName(found);
    this.#problems.error(
      'empty-node',
      found.place ?? entry.place,
      `${entry.key} takes conditions, not ${what}${this.#terms.has(entry.key.toLowerCase()) ? `; write ${entry.key}: { eq: … }` : ''}.`,
    );
    return [];
  }

  #entry(entry: PositionedEntry, word: string, context: Context): Filter | undefined {
    if (word === 'and' || word === 'or') return { kind: word, children: this.#children(entry, context) };
    if (context.term !== undefined && INERT.has(word)) return inert(entry, word, this.#problems);
    if (this.#terms.has(word)) return this.#term(entry, word, context);
    if (word === 'for_one' || word === 'for_all') return this.#collection(entry, word, context);
    if (word === 'key' || word === 'value') return this.#aspect(entry, word, context);
    const measure = MEASURES.find((name) => name === word);
    if (measure) return this.#aspect(entry, measure, context);
    if (isOperator(word)) return this.#condition(entry, context);
    if (word === 'extract') return this.#extract(entry, context);
    if (word === 'compare_greater') return comparison(entry, this.#problems);
    return this.#unknown(entry, word, context);
  }

  #unknown(entry: PositionedEntry, word: string, context: Context): Filter | undefined {
    if (isCategoryOnly(entry, word)) return inert(entry, word, this.#problems);
    if (UNSUPPORTED.has(word)) {
      this.#problems.error(
        'unsupported-operator',
        entry.place,
        `${word} needs the vendor's database or a language model, which Tocsin does not have; remove it.`,
      );
      return undefined;
    }
    const near = () => nearestWord(word, context, this.#terms) || expectedWords(context);
    const more = this.#hint?.(word) ?? wordElsewhere(word) ?? near();
    this.#problems.error(
      'unknown-word',
      entry.place,
      `${quoted(entry.key)} is no term, operator or predicate${more}`,
    );
    return undefined;
  }

  #misplaced(entry: PositionedEntry, message: string): undefined {
    this.#problems.error('misplaced-word', entry.place, message);
    return undefined;
  }

  #term(entry: PositionedEntry, term: string, context: Context): Filter | undefined {
    if (context.term !== undefined)
      return this.#misplaced(
        entry,
        `The term ${term} stands inside the term ${context.term}; put them side by side.`,
      );
    return { kind: 'term', children: this.#children(entry, { term }) };
  }

  #collection(entry: PositionedEntry, collection: Collection, context: Context): Filter | undefined {
    if (context.term === undefined)
      return this.#misplaced(entry, `${collection} stands without a term above it, such as request_payload.`);
    if (context.collection !== undefined || context.aspect !== undefined)
      return this.#misplaced(
        entry,
        `${collection} cannot stand inside ${context.collection ?? context.aspect}.`,
      );
    this.#checkNetwork(entry, collection, context.term);
    return { kind: collection, children: this.#children(entry, { ...context, collection }) };
  }

  #aspect(entry: PositionedEntry, aspect: Exclude<Aspect, 'whole'>, context: Context): Filter | undefined {
    if (context.term === undefined)
      return this.#misplaced(entry, `${aspect} stands without a term above it, such as request_payload.`);
    if (context.aspect !== undefined)
      return this.#misplaced(entry, `${aspect} cannot stand inside ${context.aspect}.`);
    this.#checkNetwork(entry, aspect, context.term);
    return { kind: 'and', children: this.#children(entry, { ...context, aspect }) };
  }

  #condition(entry: PositionedEntry, context: Context): Filter | undefined {
    const { place, value } = entry;
    const operator = entry.key.toLowerCase();
    if (!isOperator(operator)) return undefined;
    const operands = parseOperands(operator, value, place, this.#problems);
    const { term, collection, aspect } = context;
    if (term === undefined)
      return this.#misplaced(
        entry,
        `${operator} stands without a term above it, such as url or request_payload.`,
      );
    if (collection !== undefined && aspect === undefined)
      return this.#misplaced(
        entry,
        `${operator} stands directly under ${collection}; put key or value between them.`,
      );
    this.#checkNetwork(entry, operator, term);
    const condition = {
      kind: 'condition',
      term,
      aspect: aspect ?? 'whole',
      collection,
      operator,
      operands,
    } as const;
    if (this.#terms.get(term) !== 'severity' || !/^[gl]te?$/.test(operator)) return condition;
    this.#checkSeverity(entry, operands);
    return { ...condition, ordered: 'severity' };
  }

  #checkSeverity(entry: PositionedEntry, operands: readonly Operand[]): void {
    const [first] = operands;
    if (parseSeverity(first) !== undefined) return;
    const near = typeof first === 'string' ? didYouMean(first.toUpperCase(), SEVERITIES) : '';
    this.#problems.error(
      'bad-operand',
      entry.value.place ?? entry.place,
      `${entry.key} takes a severity here: ${SEVERITIES.join(', ')}${near || '.'}`,
    );
  }

  /** @param word an operator, or whatever else stands under the term */
  #checkNetwork(entry: PositionedEntry, word: string, term: string): void {
    const kind = this.#terms.get(term);
    const isNetworkOperator = NETWORK_OPERATORS.has(word);
    if (kind === 'network' && !isNetworkOperator)
      this.#misplaced(entry, `${term} takes contains_either_cidr and not_contains_cidr only, not ${word}.`);
    if (isNetworkOperator && kind !== 'network' && kind !== 'address')
      this.#misplaced(
        entry,
        `${word} works on addresses only (source_ip, destination_ip, actor, ip_address), not on ${term}.`,
      );
  }

  #extract(entry: PositionedEntry, context: Context): Filter | undefined {
    const { value } = entry;
    const { term, aspect, collection } = context;
    if (term === undefined)
      return this.#misplaced(entry, 'extract stands without a term above it, such as url.');
    if (collection !== undefined && aspect === undefined)
      return this.#misplaced(
        entry,
        `extract stands directly under ${collection}; put key or value between them.`,
      );
    this.#checkNetwork(entry, 'extract', term);
    if (value.kind === 'scalar' && typeof value.value === 'string')
      return { kind: 'extract', term, aspect: aspect ?? 'whole', name: value.value };
    this.#problems.error(
      'bad-operand',
      value.place ?? entry.place,
      `extract takes a name, not ${kindName(value)}.`,
    );
    return undefined;
  }
}
