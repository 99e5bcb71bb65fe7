import type { Pattern } from '../regex/index.ts';
import type { Condition } from './filter-tree.ts';
import { CLOSED, type Gate, gateOfAll, gateOfAny } from './gate.ts';
import { NetworkWatch } from './network-watch.ts';
import { textOf, wordsOf } from './operators.ts';
import { compileRulePattern } from './rule-pattern.ts';
import type { Run } from './run.ts';
import { TermWatch } from './term-watch.ts';
import { EXCHANGE_TERMS } from './vocabulary.ts';
import type { Signal, Watch } from './watch.ts';

/** Stronger than most words, for an address is in few networks. */
const NETWORK_STRENGTH = 6;
/** Keys are in every event of their kind, and so are methods. */
const WEAK = 1;

/** All watches of a machine, one for each term, with the numbering of what they look for. */
export class Lookout {
  readonly #terms = new Map<string, TermWatch>();
  readonly #networks = new Map<string, NetworkWatch>();
  readonly #patterns = new Map<string, Pattern>();
  /** Whose signal each is. */
  readonly #owners: Watch[] = [];

  term(term: string): TermWatch {
    const watch = this.#terms.get(term) ?? new TermWatch(term);
    this.#terms.set(term, watch);
    return watch;
  }

  ownerOf(signal: Signal): Watch | undefined {
    return this.#owners[signal];
  }

  /** Patterns that several conditions ask for are compiled once. */
  patterns({ operands }: Condition): readonly Pattern[] {
    return operands.map(textOf).map((text) => {
      const pattern = this.#patterns.get(text) ?? compileRulePattern(text).pattern;
      this.#patterns.set(text, pattern);
      return pattern;
    });
  }

  word(term: string, text: string): Signal {
    const watch = this.term(term);
    return watch.word(text, () => this.#number(watch));
  }

  pattern(term: string, pattern: Pattern): Signal {
    const watch = this.term(term);
    return watch.pattern(pattern, () => this.#number(watch));
  }

  /** Whether a condition may hold as far as a look at its term shows. */
  mayHold(gate: Gate, term: string, run: Run): boolean {
    const { isOpen, seen } = run.sighting(this.term(term));
    return isOpen || gate.signals.some((signal) => seen.has(signal));
  }

  /** Whether a condition on keys or values can do without what a look at their term does not show. */
  looksIntoFields({ aspect, collection }: Condition): boolean {
    return collection !== 'for_all' && (aspect === 'key' || aspect === 'value');
  }

  /** Of a condition's patterns those that some key or value may hold, as far as a look at their term shows. */
  patternsIn(condition: Condition): (run: Run) => readonly Pattern[] {
    const { term } = condition;
    const watch = this.term(term);
    const all = this.patterns(condition);
    const watched = all.map((pattern) => ({ pattern, signal: this.pattern(term, pattern) }));
    watch.lookIntoFields();
    return (run) => {
      const { isOpen, seen } = run.sighting(watch);
      return isOpen ? all : watched.filter(({ signal }) => seen.has(signal)).map(({ pattern }) => pattern);
    };
  }

  /** What must be there for a condition to hold; undefined where nothing can be told. */
  gateOf(condition: Condition): Gate | undefined {
    const { aspect, collection } = condition;
    // Where no key was asked for and none matched, all of no values may hold: see condition.ts.
    if (aspect === 'value' && collection === 'for_all') return undefined;
    if (aspect !== 'whole' && aspect !== 'key' && aspect !== 'value') return undefined;
    const gate = this.#gateOf(condition);
    if (gate === undefined || aspect === 'whole') return gate;
    this.term(condition.term).lookIntoFields();
    return aspect === 'key' ? { ...gate, strength: WEAK } : gate;
  }

  #gateOf(condition: Condition): Gate | undefined {
    const { operator, operands, aspect } = condition;
    switch (operator) {
      case 'contains_either':
        return gateOfAny(this.#words(condition));
      case 'contains_all':
        // Numbers and booleans hold all words.
        return operands.length === 0 || aspect === 'value' ? undefined : gateOfAll(this.#words(condition));
      case 'regex':
      case 'regex_extract':
        return gateOfAny(
          this.patterns(condition).map((pattern) => this.#patternGate(condition.term, pattern)),
        );
      case 'eq':
        return this.#equalityGate(condition);
      case 'contains_either_cidr':
        return aspect === 'whole' ? this.#networkGate(condition) : undefined;
      default:
        return undefined;
    }
  }

  #words({ term, operands }: Condition): readonly Gate[] {
    return wordsOf(operands).map((text) => ({ signals: [this.word(term, text)], strength: text.length }));
  }

  #patternGate(term: string, pattern: Pattern): Gate | undefined {
    const signals = [this.pattern(term, pattern)];
    const lengths = pattern.literals.map((clause) => Math.min(...clause.map((text) => text.length)));
    return lengths.length === 0 ? undefined : { signals, strength: Math.max(...lengths) };
  }

  /** Where the datum is a text for certain: numbers and booleans equal texts that are not in them. */
  #equalityGate(condition: Condition): Gate | undefined {
    const { term, aspect, operands } = condition;
    const [first] = operands;
    if (first === undefined) return CLOSED;
    const isText = aspect === 'key' || (aspect === 'whole' && EXCHANGE_TERMS.get(term) !== 'number');
    if (typeof first !== 'string' || !isText || !EXCHANGE_TERMS.has(term)) return undefined;
    const gate = gateOfAll(this.#words({ ...condition, operands: [first] }));
    return gate && term === 'method' ? { ...gate, strength: WEAK } : gate;
  }

  #networkGate({ term, operands }: Condition): Gate {
    const watch = this.#networks.get(term) ?? new NetworkWatch(term);
    this.#networks.set(term, watch);
    const signals = operands.flatMap(
      (operand) => watch.network(textOf(operand), () => this.#number(watch)) ?? [],
    );
    return { signals, strength: NETWORK_STRENGTH };
  }

  #number(owner: Watch): Signal {
    return this.#owners.push(owner) - 1;
  }
}
