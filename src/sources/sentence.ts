import type { Json } from '../core/json.ts';

const QUOTED_CHARS = 80;

/** How every sentence about a source begins. */
export function named(source: string): string {
  return `source "${source}":`;
}

/** A value of the wire for one line of a log. */
export function quoted(value: Json | undefined): string {
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? value.slice(0, QUOTED_CHARS) : value;
  return (JSON.stringify(text) ?? 'undefined').replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
}
