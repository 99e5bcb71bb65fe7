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
