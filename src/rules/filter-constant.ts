import type { Filter } from './filter-tree.ts';
import { operandOf } from './operand-parser.ts';
import type { PositionedEntry } from './positioned.ts';
import type { ProblemList } from './problems.ts';
import { parseDecimal } from './text.ts';
import { INERT } from './vocabulary.ts';

/** A word that always counts as the same, whatever stands under it. */
export function inert(entry: PositionedEntry, word: string, problems: ProblemList): Filter {
  const holds = INERT.get(word) ?? false;
  const message = `${word} decides nothing here and always counts as ${holds}; remove it.`;
  problems.warn('unsupported-operator', entry.place, message);
  return { kind: 'constant', holds };
}

/** The original never asks its model without a `confidence`: such a condition is false for ever, and no error. */
export function isCategoryOnly({ value }: PositionedEntry, word: string): boolean {
  return (
    word === 'nlp_classification' &&
    value.kind === 'map' &&
    value.entries.every(({ key, value: inner }) => key === 'category' && inner.kind === 'scalar')
  );
}

/** Two constants: `compare_greater: [5, 2.4]` holds. */
export function comparison({ value, place }: PositionedEntry, problems: ProblemList): Filter | undefined {
  const items = value.kind === 'list' ? value.items : [];
  const [left, right] = items.map((item) => (item.kind === 'scalar' ? numberOf(item) : undefined));
  if (items.length === 2)
    return { kind: 'constant', holds: left !== undefined && right !== undefined && left > right };
  problems.error('bad-operand', value.place ?? place, 'compare_greater takes a list of two numbers.');
  return undefined;
}

function numberOf(item: Parameters<typeof operandOf>[0]): number | undefined {
  const operand = operandOf(item);
  if (typeof operand === 'object') return operand.value;
  return typeof operand === 'boolean' ? undefined : parseDecimal(String(operand));
}
