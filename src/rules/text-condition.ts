import type { Condition } from './filter-tree.ts';
import type { Lookout } from './lookout.ts';
import {
  CONTAINMENTS,
  type ContainsName,
  containsIn,
  isContains,
  patternText,
  wordsOf,
} from './operators.ts';
import { type Outcome, plainOutcome } from './outcome.ts';
import type { Run } from './run.ts';

type Decide = (run: Run) => Outcome;

export function isRegex({ operator }: Condition): boolean {
  return operator === 'regex' || operator === 'regex_extract';
}

/** Decides a condition on a term's own text by what all rules together have found there; undefined for other conditions. */
export function textDecider(condition: Condition, lookout: Lookout): Decide | undefined {
  const { operator } = condition;
  if (isRegex(condition)) return regexDecider(condition, lookout);
  return isContains(operator) ? wordDecider(condition, operator, lookout) : undefined;
}

function wordDecider(condition: Condition, operator: ContainsName, lookout: Lookout): Decide {
  const { term, operands } = condition;
  const watch = lookout.term(term);
  const wanted = wordsOf(operands).map((text) => lookout.word(term, text));
  return (run) => {
    const datum = run.source.get(term);
    const has = (signal: number): boolean => run.words(watch).words.has(signal);
    return plainOutcome(containsIn(CONTAINMENTS[operator], datum, wanted, has));
  };
}

/** One pattern that is found decides, whichever others gave up. */
function regexDecider(condition: Condition, lookout: Lookout): Decide {
  const { term } = condition;
  const watch = lookout.term(term);
  const wanted = lookout.patterns(condition).map((pattern) => {
    const signal = lookout.pattern(term, pattern);
    watch.lookIntoText(pattern);
    return signal;
  });
  return (run) => {
    const datum = run.source.get(term);
    if (typeof datum !== 'string') return plainOutcome(false);
    const { found, gaveUp } = run.findings(watch, patternText(datum));
    if (wanted.some((signal) => found.has(signal))) return plainOutcome(true);
    const failed = wanted.find((signal) => gaveUp.has(signal));
    if (failed !== undefined) throw gaveUp.get(failed);
    return plainOutcome(false);
  };
}
