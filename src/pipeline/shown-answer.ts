import type { Outcome } from '../core/delivery.ts';

/** As much as anybody will read of it. Characters. */
const MAX_SHOWN = 240;
/** Behind that, enough for what is masked to be recognised whole. */
const MAX_LOOKED_AT = 8_192;

/**
 * An outcome whose answers may be shown: in logs, in the dead letters, on a terminal. They are somebody else's texts and may
 * echo ours, so secrets are masked first and the rest is cut after that: half a secret is none that anybody recognises.
 *
 * @param mask as everything is masked that leaves
 */
export function withShownAnswers(outcome: Outcome, mask: (text: string) => string): Outcome {
  return outcome.kind === 'partial'
    ? { ...outcome, items: outcome.items.map((item) => shown(item, mask)) }
    : shown(outcome, mask);
}

function shown<T extends Outcome>(outcome: T, mask: (text: string) => string): T {
  if (!('answer' in outcome) || typeof outcome.answer !== 'string') return outcome;
  return { ...outcome, answer: shownAnswer(outcome.answer, mask) };
}

/** One line of it, with everything that a terminal would obey or hide written out. A page's title stands first. */
export function shownAnswer(answer: string, mask: (text: string) => string): string {
  const read = answer.length <= MAX_LOOKED_AT ? answer : answer.slice(0, MAX_LOOKED_AT).replace(/\S+$/, '');
  const masked = mask(read.toWellFormed());
  const line = visible(`${titleOf(masked)}${masked}`.replaceAll(/\s+/g, ' ').trim());
  return line.length <= MAX_SHOWN ? line : `${line.slice(0, MAX_SHOWN).replace(/\\(?:u[{\da-f]*)?$/, '')}…`;
}

/** The beginning of a page is for browsers; what it is called is for people. */
function titleOf(text: string): string {
  if (!text.trimStart().startsWith('<')) return '';
  const at = text.search(/<title/i);
  const title = /^<title[^<>]{0,100}>([^<]{1,120})/i
    .exec(at < 0 ? '' : text.slice(at, at + 300))?.[1]
    ?.trim();
  return title === undefined || title === '' ? '' : `"${title}" `;
}

function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, (found) => {
    return `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
