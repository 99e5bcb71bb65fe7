import { span } from './progress.ts';

export { counted as many } from '../core/counted.ts';

/** A terminal obeys control characters, and some hide or turn round what stands beside them: they are written out. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (found) => {
    return `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** The same for JSON, whose value stays what it is: programs read it, and people look at it in a terminal. */
export function jsonLine(json: string): string {
  return `${json.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapedUnits)}\n`;
}

function escapedUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** Of a text that somebody else wrote, as much as a line has room for. */
export function clipped(text: string, maxChars: number): string {
  const shown = visible(text.slice(0, maxChars + 1));
  return shown.length > maxChars ? `${shown.slice(0, maxChars)}…` : shown;
}

/** Rows as lines, each column as wide as its widest cell. */
export function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** For programs. */
export function iso(ms: number): string;
export function iso(ms: number | undefined): string | undefined;
export function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** `5m ago`; of what is to come more exactly: `in 1h 59m`. */
export function away(ms: number, nowMs: number): string {
  return ms > nowMs ? `in ${ahead(ms - nowMs)}` : `${span(nowMs - ms)} ago`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function ahead(ms: number): string {
  // What is a moment short of two hours is two hours to people.
  const rounded = ms < MINUTE_MS ? ms : Math.round(ms / MINUTE_MS) * MINUTE_MS;
  const restMs = rounded % (rounded >= 24 * HOUR_MS ? 24 * HOUR_MS : HOUR_MS);
  return rounded < HOUR_MS || restMs < MINUTE_MS ? span(rounded) : `${span(rounded)} ${span(restMs)}`;
}

/** `2026-03-01 08:30:12Z (5m ago)` */
export function moment(ms: number, nowMs: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z (${away(ms, nowMs)})`;
}
