import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

/** Of one value of an object that a source wrote. Longer payloads exist; the source keeps them. */
const LONGEST_VALUE = 65_536;
const MOST_CHARACTERS = 262_144;
const MOST_ENTRIES = 500;
const DEEPEST = 16;
/** The years 1970 to 9999: what every receiver reads. */
const LAST_MS = 253_402_300_799_999;

/** The beginning of a text, and never half a character of it. */
export function cut(text: string, max: number): string {
  return text.slice(0, max).toWellFormed();
}

/** Whole milliseconds since the epoch within the years 1970 to 9999. */
export function epochMs(timeMs: number): number {
  return Number.isFinite(timeMs) ? Math.min(Math.max(Math.round(timeMs), 0), LAST_MS) : 0;
}

export function isoTime(timeMs: number): string {
  return new Date(epochMs(timeMs)).toISOString();
}

/** A text with something in it; the feeds write the word `null` where they have nothing. */
export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && value !== 'null' ? value : undefined;
}

/** A count as receivers take one: whole, not negative, exact. */
export function countOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** What we wrote ourselves, without what has no value: texts cut, empty objects and lists left out. */
export function tidy(object: JsonObject, longestText: number): JsonObject {
  const kept = Object.entries(object).flatMap(([key, value]): [string, Json][] => {
    const clean = tidyValue(value, longestText);
    return clean === undefined ? [] : [[key, clean]];
  });
  return Object.fromEntries(kept);
}

function tidyValue(value: Json | undefined, longestText: number): Json | undefined {
  if (typeof value === 'string') return value === '' ? undefined : cut(value, longestText);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'object') return value;
  if (value === null) return undefined;
  if (isJsonObject(value)) {
    const clean = tidy(value, longestText);
    return Object.keys(clean).length === 0 ? undefined : clean;
  }
  const items = value.map((item) => tidyValue(item, longestText)).filter((item) => item !== undefined);
  return items.length === 0 ? undefined : items;
}

/**
 * What a source wrote, as it wrote it, as long as it is of a sane size: long texts lose their end, and what is too much
 * or too deep is left out. `isWhole` says whether nothing was.
 */
export function boundedJson(value: JsonObject): { readonly json: JsonObject; readonly isWhole: boolean } {
  const budget: Budget = { left: MOST_CHARACTERS, isWhole: true };
  const json = boundedObject(value, budget, 0);
  return { json, isWhole: budget.isWhole };
}

interface Budget {
  left: number;
  isWhole: boolean;
}

function boundedValue(value: Json, budget: Budget, depth: number): Json {
  if (typeof value === 'string') return boundedText(value, budget);
  budget.left -= 8;
  if (typeof value !== 'object' || value === null) return value;
  return isJsonObject(value)
    ? boundedObject(value, budget, depth)
    : take(value, budget, depth).map((item) => boundedValue(item, budget, depth + 1));
}

function boundedObject(value: JsonObject, budget: Budget, depth: number): JsonObject {
  const entries = take(Object.entries(value), budget, depth).flatMap(([key, inner]): [string, Json][] =>
    inner === undefined ? [] : [[boundedText(key, budget), boundedValue(inner, budget, depth + 1)]],
  );
  return Object.fromEntries(entries);
}

function boundedText(text: string, budget: Budget): string {
  const short = cut(text, Math.min(LONGEST_VALUE, Math.max(budget.left, 0)));
  budget.left -= short.length + 8;
  if (short.length < text.length) budget.isWhole = false;
  return short;
}

function take<T>(items: readonly T[], budget: Budget, depth: number): readonly T[] {
  const most = depth >= DEEPEST || budget.left <= 0 ? 0 : MOST_ENTRIES;
  if (items.length > most) budget.isWhole = false;
  return items.slice(0, most);
}
