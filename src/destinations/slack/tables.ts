import type { DigestRow, DigestTable } from '../../core/digest.ts';
import { parseSeverity, type Severity } from '../../core/severity.ts';
import { type SlackBlock, section, textLength } from './block.ts';
import { codeLine } from './text.ts';
import { numberText } from './words.ts';

/** Of a line of a table; a phone shows about 40 in one line. */
const NAME_MAX = 48;
/** Of an alert: severity, rule, and whom it is about. */
const ALERT_MAX = 100;
/** Nothing CRITICAL is left out or cut short: forty of these are what one summary names. */
const CRITICAL_MAX = 180;
const TITLE_MAX = 120;
const MAX_ROWS = 20;
/** Slack's bound on a section, with its heading and what stands around its rows. */
const ROWS_MAX = 2_700;
/** `… 1,204 more with 99,120`, and the marks of a code block. */
const AROUND = 80;
/** Less room than this shows nothing. */
const LEAST_ROOM = TITLE_MAX + AROUND + NAME_MAX;

interface Line {
  readonly text: string;
  readonly row: DigestRow;
}

/** Tables as blocks, as many rows of each as there is room for; what is not shown is counted. @param room characters */
export function tableBlocks(tables: readonly DigestTable[], room: number): readonly SlackBlock[] {
  let left = room;
  const blocks: SlackBlock[] = [];
  let omitted = 0;
  for (const table of tables) {
    const shown = left < LEAST_ROOM ? [] : oneTable(table, left);
    if (shown.length === 0) omitted += 1;
    left -= textLength(shown);
    blocks.push(...shown);
  }
  if (omitted === 0) return blocks;
  const words = `${omitted} more ${omitted === 1 ? 'table does' : 'tables do'} not fit into this message.`;
  return [...blocks, section(words)];
}

/** A table whose rows fill more than one section goes on in the next. */
function oneTable(table: DigestTable, room: number): readonly SlackBlock[] {
  const lines = linesOf(table);
  const sections: string[][] = [[]];
  let left = room - TITLE_MAX - AROUND;
  let shown = 0;
  let size = 0;
  for (const { text } of lines) {
    const isFull = size + text.length + 1 > ROWS_MAX;
    const needs = text.length + 1 + (isFull ? AROUND : 0);
    if (needs > left) break;
    if (isFull) sections.push([]);
    size = (isFull ? 0 : size) + text.length + 1;
    left -= needs;
    shown += 1;
    sections.at(-1)?.push(text);
  }
  const rest = restLine(table, lines.slice(0, shown));
  if (rest !== undefined) sections.at(-1)?.push(rest);
  return sections
    .filter((texts) => texts.length > 0)
    .map((texts, index) => fenced(index === 0 ? table.title : '', texts.join('\n')));
}

/** Rows that are not among those, and what they amount to. */
function restLine(table: DigestTable, shown: readonly Line[]): string | undefined {
  const rows = table.rows.length - shown.length + table.omittedRows;
  if (rows === 0) return undefined;
  const all = table.rows.reduce((sum, row) => sum + row.count, table.omittedCount);
  const count = shown.reduce((left, { row }) => left - row.count, all);
  return `… ${numberText(rows)} more${count === 0 ? '' : ` with ${numberText(count)}`}`;
}

/** Figures first: names are of any width, and what follows them would not stand below each other. */
function linesOf({ rows }: DigestTable): readonly Line[] {
  const told = rows.filter((row, index) => index < MAX_ROWS || isCritical(row));
  const width = Math.max(...told.map((row) => numberText(row.count).length), 1);
  const changes = told.map(change);
  const changeWidth = Math.max(...changes.map((text) => text.length), 0);
  return told.map((row, i) => {
    const moved = changeWidth === 0 ? '' : `${(changes[i] ?? '').padEnd(changeWidth)} `;
    const name = codeLine(row.name, nameMax(row));
    return { row, text: `${numberText(row.count).padStart(width)} ${moved}${name}` };
  });
}

/** Alerts are named with their severity first: `CRITICAL SQL injection · 203.0.113.9`. */
export function severityOf({ name }: DigestRow): Severity | undefined {
  const [first = '', second] = name.split(' ', 2);
  return second === undefined ? undefined : parseSeverity(first);
}

function isCritical(row: DigestRow): boolean {
  return severityOf(row) === 'CRITICAL';
}

function nameMax(row: DigestRow): number {
  if (isCritical(row)) return CRITICAL_MAX;
  return severityOf(row) === undefined ? NAME_MAX : ALERT_MAX;
}

/** Against the period before: `▲12%`, `▼3%`, `▲×14`, `new`, `=`, `≈` for less than a percent; nothing where that is not known. */
export function change({ count: now, before }: DigestRow): string {
  if (before === undefined) return '';
  if (now === before) return '=';
  if (before === 0) return 'new';
  const ratio = now / before;
  if (ratio >= 10) return `▲×${Math.round(ratio)}`;
  const percent = Math.round(Math.abs(ratio - 1) * 100);
  return percent === 0 ? '≈' : `${ratio > 1 ? '▲' : '▼'}${percent}%`;
}

/** @param title '' where the block before has said it */
export function fenced(title: string, text: string): SlackBlock {
  const heading = title === '' ? '' : `*${codeLine(title, TITLE_MAX)}*\n`;
  return section(`${heading}\`\`\`\n${text}\n\`\`\``);
}
