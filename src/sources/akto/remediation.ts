import { counted } from '../../core/counted.ts';
import { isJsonObject } from '../../core/json.ts';
import { SourceError } from '../../core/source.ts';
import type { AktoClient } from './client.ts';

/** What an alert carries of it, the note that says so included. Characters. */
export const MAX_REMEDIATION = 4_000;
/** Room for the note and for the end of a code block that the cut left open. */
const RESERVED = 100;
const FENCE = /^ {0,3}(?:`{3,}|~{3,})/gm;

/** What to do about attacks that a filter finds, as Markdown; undefined where Akto has no advice. Throws {@link SourceError}. */
export async function fetchRemediation(
  client: AktoClient,
  filterId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await client.askAny('fetchRemediationInfo', { testId: filterId }, signal);
  if (typeof answer === 'string') {
    const none = answer === 'null' || answer.trim() === '';
    return none ? undefined : boundMarkdown(answer);
  }
  // The reference page shows an empty object where there is none.
  if (answer === null || (isJsonObject(answer) && Object.keys(answer).length === 0)) return undefined;
  throw new SourceError('unavailable', 'Akto answered with something that is no text');
}

/** At most {@link MAX_REMEDIATION} characters: whole lines where there are any, and a word that it was cut. */
export function boundMarkdown(markdown: string): string {
  const text = markdown.toWellFormed();
  if (text.length <= MAX_REMEDIATION) return text;
  const head = text.slice(0, MAX_REMEDIATION - RESERVED);
  const lineEnd = head.lastIndexOf('\n');
  const kept = (lineEnd > 0 ? head.slice(0, lineEnd) : head).toWellFormed().trimEnd();
  const isOpen = (kept.match(FENCE)?.length ?? 0) % 2 === 1;
  return `${kept}${isOpen ? '\n```' : ''}\n\n*Shortened: Akto has ${counted(text.length, 'character')} on this.*`;
}
