import type { Datum, Operand } from './datum.ts';
import type { Condition, Extract } from './filter-tree.ts';
import type { MatchedKeys } from './outcome.ts';
import type { Run } from './run.ts';

const NAME = /\$\{([^}]{1,200})\}/g;
const SAMPLE = /^sample_(request_payload|response_payload|request_headers|response_headers)\.(.+)$/;
/** Values a name may stand for. */
const MAX_VALUES = 100;

/** Whether an operand names a variable. Patterns never do: the attacker would be writing them. */
export function usesVariables({ operator, operands }: Condition): boolean {
  if (operator === 'regex' || operator === 'regex_extract') return false;
  return operands.some((operand) => typeof operand === 'string' && operand.includes('${'));
}

/** The operands with known names replaced; an unknown `${name}` stays as it is written. */
export function bindVariables(condition: Condition, run: Run): readonly Operand[] {
  return condition.operands.flatMap<Operand>((operand) =>
    typeof operand === 'string' ? bound(operand, run) : operand,
  );
}

function bound(text: string, run: Run): readonly string[] {
  const [, whole] = /^\$\{([^}]{1,200})\}$/.exec(text) ?? [];
  if (whole !== undefined) return valuesOf(whole, run) ?? [text];
  return [text.replaceAll(NAME, (match, name: string) => valuesOf(name, run)?.[0] ?? match)];
}

function valuesOf(name: string, run: Run): readonly string[] | undefined {
  const known = run.variables.get(name);
  if (known) return known;
  const [, term, key] = SAMPLE.exec(name) ?? [];
  if (term === undefined || key === undefined) return undefined;
  const fields = run.source.fields?.(term);
  const wanted = fields?.kind === 'headers' ? key.toLowerCase() : key;
  const values: string[] = [];
  for (const [index, candidate] of (fields?.keys ?? []).entries()) {
    if (candidate === wanted && values.length < MAX_VALUES) values.push(textOf(fields?.values[index]));
  }
  return values.length > 0 ? values : undefined;
}

function textOf(datum: Datum): string {
  if (datum === undefined) return 'null';
  return typeof datum === 'object' ? datum.text : String(datum);
}

/** Binds what the term holds, or the matched keys, or their values. Nothing there: the name stays unbound. */
export function extractInto(extract: Extract, run: Run, linked: MatchedKeys): void {
  const values = extracted(extract, run, linked);
  if (values.length > 0) run.variables.set(extract.name, values);
}

function extracted({ term, aspect }: Extract, run: Run, linked: MatchedKeys): readonly string[] {
  if (aspect === 'key') return [...(linked ?? [])].slice(0, MAX_VALUES);
  if (aspect !== 'value') {
    const datum = run.datum(term, aspect);
    return datum === undefined ? [] : [textOf(datum)];
  }
  const fields = run.source.fields?.(term);
  const keys = fields?.keys ?? [];
  const indexes = [...keys.keys()].filter((index) => linked?.has(keys[index] ?? '') ?? true);
  return indexes.slice(0, MAX_VALUES).map((index) => textOf(fields?.values[index]));
}
