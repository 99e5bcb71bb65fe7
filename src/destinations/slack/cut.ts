const FENCE = '```';
const CUT = '… (cut)';
/** A last line that is longer is a row of its list, and no word that closes it. */
const LONGEST_CLOSING = 300;
/** Below this there is no room for a last line and for something before it. */
const LEAST_WITH_CLOSING = 400;
/** What may be added where a text is cut: the word for it, two fences, marks, and their line breaks. */
const RESERVED = CUT.length + 2 * (FENCE.length + 1) + 6;

/**
 * Mrkdwn of at most `max` characters. What is too long is cut between two lines, or in a line at a whole character,
 * link and escape; code spans, code blocks and marks that are open there are closed. The last line stays, since lists
 * close with "and 12 more".
 */
export function cutMrkdwn(text: string, max: number): string {
  const whole = text.trimEnd();
  if (whole.length <= max) return text.length <= max ? text : whole;
  const closing = max < LEAST_WITH_CLOSING ? '' : closingOf(whole);
  const before = whole.slice(0, whole.length - closing.length);
  const head = headOf(before, max - RESERVED - closing.length);
  const [isHeadCode, isClosingCode] = [isInFence(head), closing !== '' && isInFence(before)];
  if (isHeadCode && isClosingCode) return `${head}\n${CUT}\n${closing}`;
  const note = `${closed(head, isHeadCode)}${CUT}`;
  if (closing === '') return note;
  return `${note}\n${isClosingCode ? `${FENCE}\n` : ''}${closing}`;
}

/** The last line that says something, with the end of the code block that it stands in; '' where that is a long one. */
function closingOf(text: string): string {
  const lines = text.split('\n');
  const isFenceLast = lines.at(-1)?.trim() === FENCE;
  const closing = lines.slice(isFenceLast ? -2 : -1).join('\n');
  return closing.length > LONGEST_CLOSING || closing.length === text.length ? '' : closing;
}

/** The beginning, up to the end of a line where that loses little. */
function headOf(text: string, max: number): string {
  const head = text
    .slice(0, max)
    .toWellFormed()
    .replace(/(?:<[^<>]*|&[a-z]{0,3}|`{1,2})$/, '');
  const lineEnd = head.lastIndexOf('\n');
  return (lineEnd > max / 2 ? head.slice(0, lineEnd) : head).trimEnd();
}

function isInFence(text: string): boolean {
  return (text.split(FENCE).length - 1) % 2 === 1;
}

function closed(head: string, isInCode: boolean): string {
  if (isInCode) return `${head}\n${FENCE}\n`;
  const [block = ''] = head.split(FENCE).slice(-1);
  const line = block.slice(block.lastIndexOf('\n') + 1);
  if ((line.split('`').length - 1) % 2 === 1) return `${head}\``;
  return `${head}${openMarks(line)}`;
}

/** Marks that begin a word and do not end one any more, innermost first. Inside code and links they mean nothing. */
function openMarks(line: string): string {
  const text = line.replaceAll(/`[^`]*`|<[^<>]*>/g, 'x');
  const open: string[] = [];
  for (const [index, mark] of [...text].entries()) {
    if (!'*_~'.includes(mark)) continue;
    const [before = ' ', after = ' '] = [[...text][index - 1], [...text][index + 1]];
    const at = open.indexOf(mark);
    if (at >= 0 && /\S/.test(before)) open.splice(at, 1);
    else if (at < 0 && /[^\p{L}\p{N}]/u.test(before) && /\S/.test(after)) open.push(mark);
  }
  return open.toReversed().join('');
}
