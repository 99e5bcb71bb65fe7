import { distance } from 'fastest-levenshtein';

/** Comparing costs the product of both lengths, and an operator's slip is short. */
const MAX_COMPARED_CHARS = 64;
/** Longer lists of names teach nothing in one line. */
const MAX_LISTED = 24;

/** The valid name that was probably meant; undefined where nothing is near enough to guess. */
export function nearest(written: string, valid: Iterable<string>): string | undefined {
  if (written.length > MAX_COMPARED_CHARS) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(written.length / 2)) + 1;
  for (const name of valid) {
    const steps = distance(written.toLowerCase(), name.toLowerCase());
    if (steps < bestDistance && steps < name.length) [best, bestDistance] = [name, steps];
  }
  return best;
}

/** What Alertmanager and its kin call our keys. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ...{ location: 'time_zone', tz: 'time_zone', days: 'weekdays', mute_time_intervals: 'mute_times' },
  ...{ active_time_intervals: 'active_times', receiver: 'to', receivers: 'to', destinations: 'to' },
  ...{ match: 'when', match_re: 'when', matchers: 'when', filter: 'when' },
  ...{ source_match: 'source', source_matchers: 'source', target_match: 'target', target_matchers: 'target' },
  ...{ inhibit_rules: 'inhibitions', mute_times: 'time_intervals', starts_at: 'from', ends_at: 'until' },
  ...{ comment: 'reason', webhook_url: 'url', endpoint: 'url', hec_token: 'token' },
};

/** The valid key that another program calls so. */
export function calledElsewhere(key: string, valid: readonly string[]): string | undefined {
  const ours = Object.hasOwn(ELSEWHERE, key) ? ELSEWHERE[key] : undefined;
  return valid.find((name) => name === ours);
}

/** A name without what people write differently: `Splunk-HEC` and `splunk_hec` are alike. */
export function plainName(text: string): string {
  return text.toLowerCase().replaceAll(/[-_. ]/g, '');
}

/** How a message goes on after naming what is unknown: the nearest name, or all there are. */
export function suggestion(near: string | undefined, valid: Iterable<string>): string {
  if (near !== undefined) return `; did you mean "${near}"?`;
  const names = [...valid];
  if (names.length === 0) return '';
  const listed = names.slice(0, MAX_LISTED).join(', ');
  return `; valid here: ${listed}${names.length > MAX_LISTED ? ', …' : ''}`;
}

/**
 * Whether a text from the file may be repeated: a word or a few, plain characters, nothing long enough to
 * be a key or a password in the wrong place.
 */
export function isHarmless(text: string): boolean {
  if (!/^[A-Za-z0-9_ .,*/:[\]"'-]{1,60}$/.test(text) || /:\/\/.*:/.test(text)) return false;
  return text.split(/[ .,*/:[\]"']+/).every((word) => word.length < 16 || /^[A-Za-z_-]{16,40}$/.test(word));
}

/** `"text"` where it may be repeated, `fallback` where not. */
export function quoted(text: string, fallback: string): string {
  return isHarmless(text) && text.length <= 40 ? `"${text.replaceAll('"', "'")}"` : fallback;
}

/** What a value is, in an operator's words. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'boolean' ? 'true or false' : 'a number';
}
