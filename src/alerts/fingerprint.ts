import { hash } from 'node:crypto';

/** An alert's identity: the rule and its `group_by` values, whatever order they came in. 16 hex digits. */
export function fingerprint(rule: string, group: Readonly<Record<string, string>>): string {
  return digest([rule, ...sorted(group)]);
}

/**
 * A group's identity: its route, that route's `group_by` values, and which of its destinations are not
 * told because an earlier route tells them: what is told to fewer is counted apart. 16 hex digits.
 */
export function groupId(
  route: string,
  labels: Readonly<Record<string, string>>,
  leftOut: readonly string[] = [],
): string {
  const parts = ['group', route, ...sorted(labels)];
  return digest(leftOut.length === 0 ? parts : [...parts, 'without', ...leftOut.toSorted()]);
}

function sorted(values: Readonly<Record<string, string>>): string[] {
  return Object.keys(values)
    .sort()
    .flatMap((key) => [key, values[key] ?? '']);
}

/** Hashes the JSON form, so that no value can be mistaken for a separator. */
function digest(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 16);
}
