import type { Positioned } from './positioned.ts';
import type { ProblemList } from './problems.ts';
import type { RuleTest } from './rule.ts';

export function parseTests(_node: Positioned | undefined, _problems: ProblemList): readonly RuleTest[] {
  return [];
}
