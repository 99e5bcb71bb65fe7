import type { Delivery } from '../../core/delivery.ts';
import { firstFitting, moreText, within } from './bounded.ts';
import { type Summary, type SummaryPart, summarise, type Tone } from './summary.ts';

/** Teams takes about 28 KB for one message. */
const MAX_BYTES = 27_000;
const MAX_PARTS = 10;
const MAX_TEXT = 1_000;
const MAX_LINE = 300;
const MAX_NAME = 100;
const MAX_VALUE = 300;

interface TextRun {
  readonly type: 'TextRun';
  readonly text: string;
  readonly weight?: 'Bolder';
  readonly size?: 'Large';
  readonly color?: string;
  readonly fontType?: 'Monospace';
  readonly isSubtle?: true;
}

const COLOURS: Readonly<Record<Tone, string>> = {
  ...{ CRITICAL: 'Attention', HIGH: 'Attention', MEDIUM: 'Warning', LOW: 'Accent', INFO: 'Default' },
  ...{ over: 'Good', operations: 'Accent' },
};

/**
 * A message for a Teams workflow: an Adaptive Card whose texts all stand in text runs, which know no markdown and so
 * no link, mention or heading that somebody else wrote. Alerts that do not fit are counted.
 */
export function teamsMessage(delivery: Delivery): string {
  const summary = summarise(delivery);
  return firstFitting(MAX_BYTES, messages(summary));
}

function* messages(summary: Summary): Iterable<string> {
  for (let shown = Math.min(summary.parts.length, MAX_PARTS); shown >= 0; shown -= 1)
    yield JSON.stringify(messageOf(summary, shown));
}

function messageOf(summary: Summary, shown: number): object {
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content: card(summary, shown) }] };
}

function card(summary: Summary, shown: number): object {
  const { title, tone, parts, notes, noun, origin, timestamp } = summary;
  const head = run(title, 500, { weight: 'Bolder', size: 'Large', color: COLOURS[tone] });
  const hidden = parts.length - shown + summary.omitted;
  const said = [
    ...(hidden === 0 ? [] : [`${moreText(hidden, noun)} did not fit here.`]),
    ...notes.slice(0, 5),
    ...(notes.length > 5 ? [`${moreText(notes.length - 5, 'note')} did not fit here.`] : []),
  ];
  const actions = parts.slice(0, shown).flatMap(runbookOf).slice(0, 3);
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: head.text,
    msteams: { width: 'Full' },
    body: [
      block([head]),
      ...parts.slice(0, shown).flatMap(blocksOf),
      ...said.map((note) => block([run(note, MAX_TEXT)])),
      block([run(`${timestamp} · ${origin}`, MAX_VALUE, { isSubtle: true })]),
    ],
    ...(actions.length === 0 ? {} : { actions }),
  };
}

function blocksOf({ heading, text, facts, lines }: SummaryPart): object[] {
  return [
    block([run(heading, MAX_VALUE, { weight: 'Bolder' })], 'Medium'),
    ...(text === undefined || text === '' ? [] : [block([run(text, MAX_TEXT)])]),
    ...facts.map(([name, value]) =>
      block([run(`${name}: `, MAX_NAME), run(value, MAX_VALUE, { fontType: 'Monospace' })]),
    ),
    ...lines.map((line) => block([run(line, MAX_LINE, { fontType: 'Monospace', isSubtle: true })])),
  ];
}

function block(inlines: readonly TextRun[], spacing = 'Small'): object {
  return { type: 'RichTextBlock', spacing, inlines };
}

/** `{{` would begin a function of the card's own. */
function run(text: string, max: number, style: Omit<TextRun, 'type' | 'text'> = {}): TextRun {
  const shown = within(text.slice(0, 4 * max).replaceAll('{', '❴'), max);
  return {
    type: 'TextRun',
    text: shown === '' ? '(none)' : `${shown}${/\s$/.test(text) ? ' ' : ''}`,
    ...style,
  };
}

function runbookOf({ runbook, heading }: SummaryPart): object[] {
  const isWeb = runbook !== undefined && /^https?:$/.test(URL.parse(runbook)?.protocol ?? '');
  if (!isWeb || runbook.length > 2_000) return [];
  return [{ type: 'Action.OpenUrl', title: `Runbook: ${within(heading, 60)}`, url: runbook }];
}
