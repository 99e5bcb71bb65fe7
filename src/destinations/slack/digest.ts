import type { Digest, DigestRow } from '../../core/digest.ts';
import { context, fields, type SlackBlock, textLength } from './block.ts';
import { chartText } from './chart.ts';
import { change, fenced, tableBlocks } from './tables.ts';
import { codeLine, plain } from './text.ts';

/** Of all blocks together: Slack takes 13,200. */
const BLOCKS_MAX = 13_000;
/** The word that tables do not fit. */
const RESERVED = 80;
const NOTES_MAX = 2_400;
/** One context holds so much; notes go on in the next. */
const CONTEXT_MAX = 1_900;
const NOTE_MAX = 400;
const MAX_FIELDS = 10;

/** A digest as blocks: totals, chart, tables, and below what is missing. Names are attackers' texts. */
export function digestBlocks(digest: Digest): SlackBlock[] {
  const heading = header(digest.title);
  return [heading, ...bodyBlocks(digest, BLOCKS_MAX - textLength(heading))];
}

/** Likewise, below a headline that has its title. @param room characters */
export function bodyBlocks(digest: Digest, room = BLOCKS_MAX): SlackBlock[] {
  const { totals, chart, tables } = digest;
  const above = [
    context(plain(periodText(digest), 200)),
    ...(totals.length === 0 ? [] : [fields(totals.slice(0, MAX_FIELDS).map(totalText))]),
    ...(chart === undefined || chart.bars.length === 0 ? [] : [fenced(chart.title, chartText(chart.bars))]),
  ];
  const notes = noteBlocks(digest.notes);
  const left = room - RESERVED - textLength([above, notes]);
  return [...above, ...tableBlocks(tables, left), ...notes];
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
