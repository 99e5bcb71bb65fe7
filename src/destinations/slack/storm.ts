import type { Digest, DigestRow, DigestTable } from '../../core/digest.ts';
import { parseSeverity, type Severity, severityRank } from '../../core/severity.ts';
import type { SlackAttachment } from './block.ts';
import { bodyBlocks } from './digest.ts';
import { severityOf } from './tables.ts';
import { bold, plain } from './text.ts';
import { COLOURS, counted, ICONS, numberText, OVER_COLOUR, OVER_ICON } from './words.ts';

const TITLE_MAX = 150;
/** Alerts that the headline names. */
const MOST_NAMES = 3;
const NAME_MAX = 100;
/** Of the message without blocks: it names every CRITICAL that there is room for. */
const PLAIN_MAX = 3_000;

/**
 * One message for what had none of its own: how many matches of which severity, and the worst by name.
 * `🌊 *Summed up* · 99,120 matches that would have been 1,204 messages`, then `🔴 *CRITICAL* 20 · CRITICAL SQL injection · …`.
 * What tells of ends alone, or goes on from another message, is called by its title.
 */
export function stormHeadline(digest: Digest): string {
  const isTitled = isOver(digest) || digest.totals.length === 0;
  const told = [...severities(digest).map(severityText), ...names(digest)];
  if (!isTitled) {
    const second = told.length === 0 ? plain(digest.title, TITLE_MAX) : told.join(' · ');
    return `🌊 *Summed up* · ${summedUp(digest)}\n${second}`;
  }
  const first = `${isOver(digest) ? OVER_ICON : '🌊'} ${bold(digest.title, TITLE_MAX)}`;
  const second = [...(matchesOf(digest) === 0 ? [] : [matchesText(digest)]), ...told];
  return second.length === 0 ? first : `${first}\n${second.join(' · ')}`;
}

/** Where Slack refuses the design: the headline, and below it every CRITICAL alert by name. */
export function stormPlainly(digest: Digest): string {
  const lines = criticals(digest).map(({ name }) => `• ${plain(name, NAME_MAX)}`);
  let text = stormHeadline(digest);
  for (const [index, line] of lines.entries()) {
    if (text.length + line.length > PLAIN_MAX) return `${text}\n… and ${lines.length - index} more`;
    text += `\n${line}`;
  }
  return text;
}

export function stormAttachment(digest: Digest): SlackAttachment {
  // What there is none of needs no figure.
  const totals = digest.totals.filter(({ count }) => count > 0);
  const blocks = bodyBlocks({ ...digest, totals });
  return { color: colourOf(digest), fallback: plain(digest.title, TITLE_MAX), blocks };
}

/** It tells of nothing that goes on: its severity would be that of what does, though it names alerts, or counts no match. */
function isOver(digest: Digest): boolean {
  const { severity, tables } = digest;
  if (severity !== undefined) return false;
  return matchesOf(digest) === 0 || namedIn(tables).some((row) => severityOf(row) !== undefined);
}

function colourOf(digest: Digest): string {
  if (isOver(digest)) return OVER_COLOUR;
  const [worst] = severities(digest);
  return COLOURS[digest.severity ?? worst?.[0] ?? 'INFO'];
}

function matchesOf({ totals: [matches] }: Digest): number {
  return matches?.count ?? 0;
}

function matchesText(digest: Digest): string {
  return counted(matchesOf(digest), 'match', 'matches');
}

/** Ends of alerts bring no match, and are no "0 matches" either. */
function summedUp(digest: Digest): string {
  const [, notifications] = digest.totals;
  if (notifications === undefined) return matchesText(digest);
  const messages = counted(notifications.count, 'message');
  if (matchesOf(digest) === 0) return `${messages} without a new match`;
  return `${matchesText(digest)} that would have been ${messages}`;
}

function severityText([severity, { count }]: readonly [Severity, DigestRow]): string {
  return `${ICONS[severity]} *${severity}* ${numberText(count)}`;
}

/** The worst by name; of what is only over, what that was. */
function names(digest: Digest): string[] {
  const all = isOver(digest) ? namedIn(digest.tables.slice(0, 1)) : criticals(digest);
  const shown = all.slice(0, MOST_NAMES).map(({ name }) => plain(name, NAME_MAX));
  if (shown.length === 0) return [];
  const rest = all.length - shown.length + (isOver(digest) ? (digest.tables[0]?.omittedRows ?? 0) : 0);
  return [`${shown.join('; ')}${rest === 0 ? '' : `; and ${numberText(rest)} more`}`];
}

function criticals({ tables }: Digest): readonly DigestRow[] {
  return namedIn(tables).filter((row) => severityOf(row) === 'CRITICAL');
}

function namedIn(tables: readonly DigestTable[]): readonly DigestRow[] {
  return tables.flatMap(({ rows }) => rows);
}

/** Most severe first. Totals carry severities by name, beside others. */
function severities({ totals }: Digest): readonly (readonly [Severity, DigestRow])[] {
  return totals
    .flatMap((row): (readonly [Severity, DigestRow])[] => {
      const severity = parseSeverity(row.name);
      return severity === undefined || row.count === 0 ? [] : [[severity, row]];
    })
    .toSorted(([a], [b]) => severityRank(b) - severityRank(a));
}
