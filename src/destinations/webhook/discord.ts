import type { Delivery } from '../../core/delivery.ts';
import { moreText, within } from './bounded.ts';
import { type Summary, type SummaryPart, summarise, type Tone } from './summary.ts';

/** Discord's own bounds: an embed's title, description, fields; all embeds of a message together. */
const MAX_TITLE = 256;
const MAX_EMBEDS = 10;
const MAX_TOTAL = 6_000;
/** Far below what Discord takes, so that several alerts fit into the total. */
const MAX_TEXT = 600;
const MAX_LINE = 240;
const MAX_NAME = 100;
const MAX_VALUE = 200;
const MAX_FOOTER = 300;

export interface DiscordMessage {
  readonly username: string;
  readonly content: string;
  readonly embeds: readonly DiscordEmbed[];
  /** Whatever a text says, nobody is called. */
  readonly allowed_mentions: { readonly parse: readonly [] };
}

interface DiscordEmbed {
  readonly title?: string;
  readonly description?: string;
  readonly url?: string;
  readonly color: number;
  readonly timestamp?: string;
  readonly fields?: readonly { readonly name: string; readonly value: string; readonly inline: boolean }[];
  readonly footer?: { readonly text: string };
}

const COLOURS: Readonly<Record<Tone, number>> = {
  ...{ CRITICAL: 0xb00020, HIGH: 0xe8590c, MEDIUM: 0xf2b705, LOW: 0x1c7ed6, INFO: 0x868e96 },
  ...{ over: 0x2b8a3e, operations: 0x7048e8 },
};

/** One message with an embed for each alert; those that do not fit are counted in its last. */
export function discordMessage(delivery: Delivery): DiscordMessage {
  const summary = summarise(delivery);
  let shown = Math.min(summary.parts.length, MAX_EMBEDS - 1);
  let embeds = embedsOf(summary, shown);
  while (shown > 0 && embeds.reduce((sum, embed) => sum + lengthOf(embed), 0) > MAX_TOTAL) {
    shown -= 1;
    embeds = embedsOf(summary, shown);
  }
  const content = `**${within(summary.title, 500, escaped)}**`;
  return { username: 'Tocsin', content, embeds, allowed_mentions: { parse: [] } };
}

function embedsOf(summary: Summary, shown: number): DiscordEmbed[] {
  const { parts, notes, noun, tone, origin, timestamp } = summary;
  const color = COLOURS[tone];
  const hidden = parts.length - shown + summary.omitted;
  const said = [
    ...(hidden === 0 ? [] : [`${moreText(hidden, noun)} did not fit here.`]),
    ...notes.slice(0, 5).map((note) => within(note, MAX_TEXT, escaped)),
    ...(notes.length > 5 ? [`${moreText(notes.length - 5, 'note')} did not fit here.`] : []),
  ].join('\n');
  const last = { timestamp, footer: { text: within(origin, MAX_FOOTER) } };
  const embeds = parts.slice(0, shown).map((part) => embedOf(part, color));
  const final = said === '' ? embeds.pop() : { description: said, color };
  return [...embeds, { color, ...final, ...last }];
}

function embedOf({ heading, text, facts, lines, runbook }: SummaryPart, color: number): DiscordEmbed {
  const description = [
    ...(text === undefined ? [] : [within(text, MAX_TEXT, escaped)]),
    ...lines.map((line) => code(line, MAX_LINE)),
  ].join('\n');
  return {
    title: filled(within(heading, MAX_TITLE, escaped)),
    ...(description === '' ? {} : { description }),
    ...(isWebAddress(runbook) ? { url: runbook } : {}),
    color,
    fields: facts.map(([name, value]) => {
      return { name: filled(within(name, MAX_NAME, escaped)), value: code(value, MAX_VALUE), inline: true };
    }),
  };
}

function isWebAddress(text: string | undefined): text is string {
  return text !== undefined && text.length <= 2_000 && /^https?:$/.test(URL.parse(text)?.protocol ?? '');
}

/** A backslash takes its meaning from every character of Discord's markdown, and from the addresses it would link. */
function escaped(char: string): string {
  return /[\\*_~|`>#[\]()<@:]/.test(char) ? `\\${char}` : char;
}

/** A code span, in which no character means anything. */
function code(text: string, max: number): string {
  return `\`${filled(within(text.slice(0, 4 * max).replaceAll('`', "'"), max - 2))}\``;
}

function filled(text: string): string {
  return text === '' ? '(none)' : text;
}

function lengthOf({ title = '', description = '', fields = [], footer }: DiscordEmbed): number {
  const inFields = fields.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
  return title.length + description.length + inFields + (footer?.text.length ?? 0);
}
