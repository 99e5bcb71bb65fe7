import type { Books } from './books.ts';
import type { Stage } from './stage.ts';

/** Rules that count in windows, so that not every match of theirs fires. */
const WINDOWED = new Set(['new-country', 'client-error-burst', 'login-brute-force']);

/** What does not add up, one sentence each. `atFlood`: the books as they were before the quiet, whose alerts may be gone since. */
export function audit({ received }: Stage, books: Books, events: number, atFlood?: Books): readonly string[] {
  const { counted, matched } = atFlood ?? books;
  const fired = [...counted.values()].reduce((sum, count) => sum + count, 0);
  const told = [...received.notifications.values()].reduce(
    (sum, { matches, isOwn }) => sum + (isOwn ? 0 : matches),
    0,
  );
  const sum = told + books.pending + books.unheard;
  const repeated = [...received.events.values()].filter((times) => times > 1).length;
  return [
    ...(received.events.size === events ? [] : [`the SIEM has ${received.events.size} of ${events} events`]),
    // One batch may be under way when the daemon is killed.
    ...(repeated <= 2_000 ? [] : [`${repeated} events came to the SIEM more than once`]),
    ...[...matched].flatMap(([rule, matches]) =>
      WINDOWED.has(rule) || counted.get(rule) === matches
        ? []
        : [`alerts of ${rule} count ${counted.get(rule) ?? 0} matches; there were ${matches}`],
    ),
    ...(sum === fired
      ? []
      : [`${told} matches were told, ${books.pending} wait, ${books.unheard} were unheard: not ${fired}`]),
    ...(books.deadLetters === 0 ? [] : [`${books.deadLetters} deliveries are dead letters`]),
  ];
}
