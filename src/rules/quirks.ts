import { parseNetwork } from './address.ts';
import type { Condition } from './filter-tree.ts';
import type { TermKind } from './vocabulary.ts';

/** Templates of these ids have a detector built into the original, which then never reads their YAML. */
export const BUILT_IN_IDS: ReadonlySet<string> = new Set([
  'LocalFileInclusionLFIRFI',
  'OSCommandInjection',
  'SSRF',
]);

/** Where our verdict on a condition is on purpose not the original's: one sentence that says how. */
export function differenceOf(condition: Condition, kind: TermKind): string | undefined {
  const { aspect, collection, term } = condition;
  if (kind === 'query' && (aspect === 'key' || aspect === 'value'))
    return `${aspect} of ${term} works here; in the original's daemon it never matches.`;
  if (kind === 'body' && aspect === 'value' && collection === 'for_all')
    return 'for_all takes every value of the payload here; the original is content with one.';
  return networkDifference(condition);
}

function networkDifference({ operator, operands }: Condition): string | undefined {
  if (operator !== 'contains_either_cidr' && operator !== 'not_contains_cidr') return undefined;
  const networks = operands.flatMap((operand) => parseNetwork(String(operand)) ?? []);
  if (networks.some(({ family }) => family === 'ipv6'))
    return 'IPv6 networks work here; the original knows IPv4 only.';
  return networks.some(hasHostBits)
    ? 'Bits behind the width of the network are masked here; the original compares them.'
    : undefined;
}

function hasHostBits({ bytes, bits }: { readonly bytes: readonly number[]; readonly bits: number }): boolean {
  return bytes.some((byte, index) => (byte & (0xff >> Math.min(8, Math.max(0, bits - index * 8)))) !== 0);
}
