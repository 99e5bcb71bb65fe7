import type { Problem } from '../core/problem.ts';
import type { Finding } from './codes.ts';
import type { PositionedFile } from './document.ts';
import type { Reading } from './reader.ts';

/** After a syntax error, only what stands in earlier top-level entries is sure to mean what it says. */
export function trusted(findings: readonly Finding[], yaml: PositionedFile, { places }: Reading): Finding[] {
  if (yaml.trustedUntil === Number.POSITIVE_INFINITY) return [...findings];
  const root = places.at([])?.offset;
  return findings.filter(
    ({ code, offset }) =>
      offset < yaml.trustedUntil &&
      code !== 'unknown-destination' &&
      !(code === 'missing-key' && offset === root),
  );
}

/** A text this short is a word that messages need, not a secret. */
const MIN_HIDDEN_CHARS = 6;

/** Findings with line and column, and problems found elsewhere, in the file's order; none repeats a hidden text. */
export function toProblems(
  findings: readonly Finding[],
  others: readonly Problem[],
  yaml: PositionedFile,
  { places }: Reading,
  file: string,
): Problem[] {
  const hidden = places.hiddenTexts().filter((text) => text.length >= MIN_HIDDEN_CHARS);
  const problems = findings.map(({ code, offset, message, severity = 'error' }): Problem => {
    const { line, column } = positionOf(offset, yaml);
    return { code, severity, message: mask(message, hidden), file, line, column };
  });
  const byPlace = new Map([...problems, ...others].map((problem) => [JSON.stringify(problem), problem]));
  return [...byPlace.values()].sort(inFileOrder);
}

export function inFileOrder(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function positionOf(offset: number, { lineCounter }: PositionedFile): { line: number; column: number } {
  const { line, col } = lineCounter.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** Takes hidden texts out of a message. */
export function mask(message: string, hidden: readonly string[]): string {
  return hidden.reduce((masked, text) => masked.replaceAll(text, '[hidden]'), message);
}
