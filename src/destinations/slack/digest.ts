import type { Digest, DigestRow, DigestTable } from '../../core/digest.ts';
import { context, fields, type SlackBlock, section, textLength } from './block.ts';
import { chartText } from './chart.ts';
import { codeLine, plain } from './text.ts';

/** Of a line of a table; a phone shows about 40 in one line. */
const NAME_MAX = 48;
/** Of all tables together: with everything else the message stays below the 13,200 characters that Slack takes. */
const TABLES_MAX = 8_000;
const NOTES_MAX = 2_400;
/** One context holds so much; notes go on in the next. */
const CONTEXT_MAX = 1_900;
const NOTE_MAX = 400;
const MAX_FIELDS = 10;
const MAX_ROWS = 20;

/** A digest as blocks: totals, chart, tables, and below what is missing. Names are attackers' texts. */
export function digestBlocks(digest: Digest): SlackBlock[] {
  const { totals, chart, tables, notes } = digest;
  return [
    header(digest.title),
    context(plain(periodText(digest), 200)),
    ...(totals.length === 0 ? [] : [fields(totals.slice(0, MAX_FIELDS).map(totalText))]),
    ...(chart === undefined || chart.bars.length === 0 ? [] : [fenced(chart.title, chartText(chart.bars))]),
    ...tableBlocks(tables),
    ...noteBlocks(notes),
  ];
}

/** `Daily digest — 1204 events (▲ 12%)`: what a phone's lock screen shows. */
export function digestHeadline({ title, totals }: Digest): string {
  const [first] = totals;
  if (first === undefined) return plain(title, 150);
  const moved = change(first);
  const told = `${count(first.count)} ${first.name.toLowerCase()}${moved === '' ? '' : ` (${moved})`}`;
  return `${codeLine(title, 100)} — ${codeLine(told, 100)}`;
}

function header(title: string): SlackBlock {
  return { type: 'header', text: { type: 'plain_text', text: plain(title, 150), emoji: false } };
}

/** `2026-11-20 08:00 – 2026-11-21 08:00 (Europe/Paris)`. */
function periodText({ fromMs, toMs, timeZone }: Digest): string {
  return `${wallText(fromMs, timeZone)} – ${wallText(toMs, timeZone)} (${timeZone})`;
}

/** In UTC where the zone is none. */
function wallText(timeMs: number, timeZone: string): string {
  const shape = { dateStyle: 'short', timeStyle: 'short' } as const;
  if (!Number.isFinite(timeMs) || Math.abs(timeMs) > 8.64e15) return 'an impossible time';
  try {
    return new Intl.DateTimeFormat('sv-SE', { ...shape, timeZone }).format(timeMs);
  } catch {
    return new Intl.DateTimeFormat('sv-SE', { ...shape, timeZone: 'UTC' }).format(timeMs);
  }
}

function totalText(row: DigestRow): string {
  return `*${codeLine(row.name, 60)}*\n${count(row.count)}${comparison(row)}`;
}

function comparison(row: DigestRow): string {
  if (row.before === undefined) return '';
  if (row.before === row.count) return '\nas before';
  return row.before === 0 ? '\nnone before' : `\n${change(row)} from ${count(row.before)}`;
}

/** Figures first: names are of any width, and what follows them would not stand below each other. */
function tableBlocks(tables: readonly DigestTable[]): SlackBlock[] {
  let left = TABLES_MAX;
  const blocks: SlackBlock[] = [];
  for (const table of tables) {
    const block = fenced(table.title, tableText(table));
    left -= textLength(block);
    if (left < 0) break;
    blocks.push(block);
  }
  const omitted = tables.length - blocks.length;
  if (omitted === 0) return blocks;
  return [
    ...blocks,
    context(`${omitted} more ${omitted === 1 ? 'table does' : 'tables do'} not fit into this message.`),
  ];
}

function tableText(table: DigestTable): string {
  const rows = table.rows.slice(0, MAX_ROWS);
  const cut = table.rows.slice(MAX_ROWS);
  const omittedRows = table.omittedRows + cut.length;
  const omittedCount = table.omittedCount + cut.reduce((sum, row) => sum + row.count, 0);
  const width = Math.max(...rows.map((row) => count(row.count).length), 1);
  const changes = rows.map(change);
  const changeWidth = Math.max(...changes.map((text) => text.length), 0);
  const lines = rows.map((row, i) => {
    const moved = changeWidth === 0 ? '' : `${(changes[i] ?? '').padEnd(changeWidth)} `;
    return `${count(row.count).padStart(width)} ${moved}${codeLine(row.name, NAME_MAX)}`;
  });
  const sum = omittedCount === 0 ? '' : ` with ${count(omittedCount)}`;
  return [...lines, ...(omittedRows === 0 ? [] : [`… ${count(omittedRows)} more${sum}`])].join('\n');
}

function fenced(title: string, text: string): SlackBlock {
  return section(`*${codeLine(title, 120)}*\n\`\`\`\n${text}\n\`\`\``);
}

/** Against the period before: `▲12%`, `▼3%`, `▲×14`, `new`, `=`, `≈` for less than a percent; nothing where that is not known. */
function change({ count: now, before }: DigestRow): string {
  if (before === undefined) return '';
  if (now === before) return '=';
  if (before === 0) return 'new';
  const ratio = now / before;
  if (ratio >= 10) return `▲×${Math.round(ratio)}`;
  const percent = Math.round(Math.abs(ratio - 1) * 100);
  return percent === 0 ? '≈' : `${ratio > 1 ? '▲' : '▼'}${percent}%`;
}

function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

function noteBlocks(notes: readonly string[]): SlackBlock[] {
  const texts: string[] = [];
  let left = NOTES_MAX;
  for (const [i, note] of notes.entries()) {
    const line = `• ${codeLine(note, NOTE_MAX)}`;
    left -= line.length + 1;
    const rest = notes.length - i;
    const text = left < 0 ? `… ${rest} more` : line;
    const last = texts.at(-1);
    if (last === undefined || last.length + text.length >= CONTEXT_MAX) texts.push(text);
    else texts[texts.length - 1] = `${last}\n${text}`;
    if (left < 0) break;
  }
  return texts.map(context);
}
