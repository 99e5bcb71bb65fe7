import { hash } from 'node:crypto';

/** An alert's identity: the rule and its `group_by` values, whatever order they came in. 16 hex digits. */
export function fingerprint(rule: string, group: Readonly<Record<string, string>>): string {
  return digest([rule, ...sorted(group)]);
}

/**
 * Where alerts find their group: its route, that route's `group_by` values, and which of its destinations are not
 * told because another group tells them: what is told to fewer is counted apart. 16 hex digits.
 */
export function groupId(
  route: string,
  labels: Readonly<Record<string, string>>,
  leftOut: readonly string[] = [],
): string {
  const parts = ['group', route, ...sorted(labels)];
  return digest(leftOut.length === 0 ? parts : [...parts, 'without', ...leftOut.toSorted()]);
}

/** The id of a group that opens at a place whose own id another group has carried away to another place. 16 hex digits. */
export function movedGroupId(place: string, openedMs: number): string {
  return digest(['group at', place, `${openedMs}`]);
}

/**
 * What names one opening of a group to the outside. No two openings share it, nor do two installations. 16 hex digits.
 * @param instance which installation this is
 */
export function openingKey(instance: string, group: string, openedMs: number): string {
  return digest(['opening', instance, group, `${openedMs}`]);
}

/** The outside name of a group's present opening, of one that an earlier version opened too. */
export function keyOf(group: {
  readonly key?: string;
  readonly route: string;
  readonly labels: Readonly<Record<string, string>>;
}): string {
  return group.key ?? groupId(group.route, group.labels);
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
