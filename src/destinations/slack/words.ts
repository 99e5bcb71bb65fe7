import type { Severity } from '../../core/severity.ts';
import { code, plain } from './text.ts';

export const COLOURS: Readonly<Record<Severity, string>> = {
  CRITICAL: '#b00020',
  HIGH: '#e8590c',
  MEDIUM: '#f2b705',
  LOW: '#1c7ed6',
  INFO: '#868e96',
};
/** Whatever it was: over is green. */
export const OVER_COLOUR = '#2b8a3e';
/** What Tocsin says of itself is told apart from attacks before a word is read. */
export const OPERATIONS_COLOUR = '#7048e8';

export const ICONS: Readonly<Record<Severity, string>> = {
  CRITICAL: '🔴',
  HIGH: '🟠',
  MEDIUM: '🟡',
  LOW: '🔵',
  INFO: '⚪',
};
export const OVER_ICON = '✅';
export const OPERATIONS_ICON = '🔧';

/** `1,204`. */
export function numberText(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString('en-US', { maximumFractionDigits: 0 }) : '?';
}

/** `1 alert`, `1,204 alerts`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${numberText(count)} ${count === 1 ? noun : plural}`;
}

const ORDINALS = ['second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth'];

/** `third`, `11th`, `22nd`. */
export function ordinal(value: number): string {
  const word = value === 1 ? 'first' : ORDINALS[value - 2];
  if (word !== undefined) return word;
  const isTeen = value % 100 >= 11 && value % 100 <= 13;
  const ending = isTeen ? undefined : ({ 1: 'st', 2: 'nd', 3: 'rd' } as Record<number, string>)[value % 10];
  return `${numberText(value)}${ending ?? 'th'}`;
}

const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** `2 h 5 min`: the two largest units that are there. `0 s` for less than a second. */
export function spanText(ms: number): string {
  if (!Number.isFinite(ms) || ms < 1_000) return '0 s';
  const first = UNITS.findIndex(([size]) => ms >= size);
  let left = ms;
  const parts = UNITS.slice(first, first + 2).flatMap(([size, unit]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${numberText(count)} ${unit}`];
  });
  return parts.join(' ');
}

const countries = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/** `France` for `FR`; what is no country's code is shown as it is, marked as somebody's text. */
export function countryText(country: string): string {
  const name = /^[A-Za-z]{2}$/.test(country) ? countries.of(country.toUpperCase()) : undefined;
  return name === undefined ? code(country, 40) : plain(name, 60);
}
