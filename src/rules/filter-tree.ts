import type { Operand } from './datum.ts';
import type { Place, Positioned } from './positioned.ts';
import type { OperatorName } from './vocabulary.ts';

/** What a condition looks at, inside its term. `whole` is the term's plain value. */
export type Aspect = 'whole' | 'key' | 'value' | 'length' | 'percentage_match' | 'percentage_match_schema';

export type Collection = 'for_one' | 'for_all';

export interface Condition {
  readonly kind: 'condition';
  readonly term: string;
  readonly aspect: Aspect;
  readonly collection: Collection | undefined;
  readonly operator: OperatorName;
  readonly operands: readonly Operand[];
  /** Severities have an order of their own, for `gte: HIGH`. */
  readonly ordered?: 'severity';
}

/** Binds a name to what the condition's term, keys or values hold, for `${name}` in later operands. */
export interface Extract {
  readonly kind: 'extract';
  readonly term: string;
  readonly aspect: Aspect;
  readonly name: string;
}

export interface Group {
  /** `term` and a collection are ANDs that forget the keys matched before them. */
  readonly kind: 'and' | 'or' | 'term' | Collection;
  readonly children: readonly Filter[];
}

/** Where a part of a filter stands, and under which word. */
export interface Origin {
  readonly word: string;
  readonly place: Place | undefined;
  /** Of a condition: what stands under its operator. */
  readonly value?: Positioned;
}
/** Kept beside filters, not in them: equal conditions are one to the matcher, wherever they stand. */
export type FilterOrigins = ReadonlyMap<Filter, Origin>;

/** A filter as parsed: checked, lower-cased, without places. A group without children never holds. */
export type Filter = Group | Condition | Extract | { readonly kind: 'constant'; readonly holds: boolean };
