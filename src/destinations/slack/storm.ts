import type { Digest, DigestRow } from '../../core/digest.ts';
import { parseSeverity, type Severity, severityRank } from '../../core/severity.ts';
import type { SlackAttachment } from './block.ts';
import { digestBlocks } from './digest.ts';
import { plain } from './text.ts';
import { COLOURS, counted, ICONS, numberText } from './words.ts';

/**
 * One message for what would have been too many: how many matches of which severity, and who leads.
 * `🌊 *Summed up* · 99,120 matches in 1,204 alert messages`, then `🔴 CRITICAL 20 · 🟠 HIGH 99,100`.
 */
export function stormHeadline(digest: Digest): string {
  const first = `🌊 *Summed up* · ${summedUp(digest)}`;
  const second = severities(digest).map(
    ([severity, { count }]) => `${ICONS[severity]} *${severity}* ${numberText(count)}`,
  );
  return second.length === 0 ? `${first}\n${plain(digest.title, 150)}` : `${first}\n${second.join(' · ')}`;
}

/** Ends of alerts bring no match, and are no "0 matches" either. */
function summedUp({ totals: [matches, notifications] }: Digest): string {
  if (notifications === undefined) return counted(matches?.count ?? 0, 'match', 'matches');
  const messages = counted(notifications.count, 'message');
  if (matches === undefined || matches.count === 0) return `${messages} without a new match`;
  return `${counted(matches.count, 'match', 'matches')} that would have been ${messages}`;
}

export function stormAttachment(digest: Digest): SlackAttachment {
  const [worst] = severities(digest);
  return {
    color: COLOURS[worst?.[0] ?? 'INFO'],
    fallback: plain(digest.title, 150),
    blocks: digestBlocks(digest),
  };
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
