import { styleText } from 'node:util';
import { structuredPatch } from 'diff';
import { counted } from '../core/counted.ts';

/** Comparing takes the square of these: lines taken away and added. */
const MOST_EDITS = 1_000;
const MOST_LINES = 200;
const MOST_COLUMNS = 400;

/** What a terminal would obey, or nobody could see. Tabs stay. */
const INVISIBLE = /[^\t\P{C}]|[\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Control and other invisible characters as escapes: `\x1b`, `\u202e`. */
export function visible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
  });
}

/** A unified diff from what is here to what the server has, safe on a terminal. */
export function unifiedDiff(here: string, server: string, colour: boolean): string {
  const patch = structuredPatch('', '', here, server, undefined, undefined, {
    context: 3,
    maxEditLength: MOST_EDITS,
  });
  if (patch === undefined) return '    (too different to be shown)\n';
  const lines = patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: own }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...own,
  ]);
  const shown = lines.slice(0, MOST_LINES).map((line) => `    ${paint(cut(visible(line)), colour)}\n`);
  const more = lines.length - shown.length;
  return [...shown, ...(more > 0 ? [`    (${counted(more, 'more line')})\n`] : [])].join('');
}

function cut(line: string): string {
  return line.length > MOST_COLUMNS ? `${line.slice(0, MOST_COLUMNS)}…` : line;
}

const COLOURS: Readonly<Record<string, 'green' | 'red' | 'cyan'>> = { '+': 'green', '-': 'red', '@': 'cyan' };

function paint(line: string, colour: boolean): string {
  const format = colour ? COLOURS[line.charAt(0)] : undefined;
  return format === undefined ? line : styleText(format, line, { validateStream: false });
}
