import { legible } from '../legible.ts';

/** One line of somebody's text, at most `max` UTF-16 units once each character is `written`; what is cut ends in `…`. */
export function within(
  text: string,
  max: number,
  written: (char: string) => string = (char) => char,
): string {
  let escaped = '';
  let fitting = '';
  for (const char of legible(text.slice(0, 4 * max)).trim()) {
    escaped += written(char);
    if (escaped.length > max) return `${fitting}…`;
    if (escaped.length < max) fitting = escaped;
  }
  return text.length > 4 * max ? `${fitting}…` : escaped;
}

/** The first that is no longer than `max` bytes of UTF-8; the last where none is. From the fullest to the barest. */
export function firstFitting(max: number, bodies: Iterable<string>): string {
  let last = '';
  for (const body of bodies) {
    last = body;
    if (Buffer.byteLength(body) <= max) return body;
  }
  return last;
}

export function moreText(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} more ${noun}${count === 1 ? '' : 's'}`;
}
