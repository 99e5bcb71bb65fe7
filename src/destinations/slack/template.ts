import { z } from 'zod';
import type { Delivery, Stream } from '../../core/delivery.ts';
import { type Dialect, MAX_TEMPLATE, type Template, TemplateError } from '../template.ts';
import { checkTemplate } from '../template-check.ts';
import { templateContext } from '../template-context.ts';
import { context, type SlackMessage, section } from './block.ts';
import { cutMrkdwn } from './cut.ts';
import { inline, plain } from './text.ts';

/** Of one value: several must fit into a message. */
const VALUE_MAX = 500;
const TITLE_MAX = 1_000;
/** Slack's bound on a section, with room for the word that something was cut. */
const TEXT_MAX = 2_900;

const own = (what: string) =>
  z
    .string({ error: 'expected a template' })
    .min(1, { error: 'must not be empty' })
    .max(MAX_TEMPLATE)
    .optional()
    .describe(`${what}, in the template language liquid; see docs/templates.md.`);

/** `template`: a message in an operator's own words. */
export const messageTemplate = () =>
  z.strictObject({
    title: own('The headline, which lock screens show'),
    text: own('What stands below it, in place of the designed message'),
  });

type TemplateConfig = z.output<ReturnType<typeof messageTemplate>>;
const KEYS = ['title', 'text'] as const;

export interface SlackTemplate {
  readonly title?: Template;
  readonly text?: Template;
}

/** Tries each on samples of everything that those streams bring. @param onProblem one sentence, and whose it is */
export function checkMessage(
  config: TemplateConfig,
  send: readonly Stream[],
  onProblem: (key: (typeof KEYS)[number], problem: string) => void,
): SlackTemplate {
  const compiled: { title?: Template; text?: Template } = {};
  for (const key of KEYS) {
    const text = config[key];
    if (text === undefined) continue;
    const checked = checkTemplate(text, MRKDWN, kindsOf(send));
    if ('template' in checked) compiled[key] = checked.template;
    else onProblem(key, checked.problem);
  }
  return compiled;
}

function kindsOf(send: readonly Stream[]): readonly Delivery['kind'][] {
  const isSentEvents = send.includes('events') || send.includes('matches');
  return [
    ...(send.includes('alerts') ? (['alert', 'digest'] as const) : []),
    ...(isSentEvents ? (['event'] as const) : []),
  ];
}

const MRKDWN: Dialect = {
  escape: (text) => inline(text, VALUE_MAX),
  isJson: false,
  verify: verifyMrkdwn,
};

/** What stands in angle brackets is a link, or wakes people: neither may come from a value. */
function verifyMrkdwn(rendered: string, template: string): string | undefined {
  if (rendered.trim() === '') return 'is empty, and Slack takes no empty text';
  for (const [marked, inside = ''] of rendered.matchAll(/<([^<>]*)>/g)) {
    if (/^(?:https?:\/\/|mailto:)[^|\s]/.test(inside) || template.includes(marked)) continue;
    return 'makes a mention or a broken link of a value: write addresses as <https://…|label>, and test a value that may be missing with {% if %}';
  }
  return undefined;
}

/** Puts an operator's words into a designed message. What they leave out stays; where they fail, all of it, and says so. */
export function createWording(
  template: SlackTemplate | undefined,
  onFailed: ((reason: string) => void) | undefined,
) {
  return (designed: SlackMessage, delivery: Delivery): SlackMessage => {
    if (template === undefined) return designed;
    try {
      return reworded(designed, delivery, template);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      onFailed?.(error.message);
      return withNote(designed, error.message);
    }
  };
}

export type Wording = ReturnType<typeof createWording>;

function reworded(designed: SlackMessage, delivery: Delivery, template: SlackTemplate): SlackMessage {
  const seen = templateContext(delivery);
  const title = template.title?.render(seen).trim();
  const text = template.text?.render(seen).trim();
  const { attachments = [], blocks, ...rest } = designed;
  const titled = title === undefined ? rest : { ...rest, text: cutMrkdwn(title, TITLE_MAX) };
  if (text === undefined)
    return {
      ...titled,
      ...(blocks === undefined ? {} : { blocks }),
      ...(designed.attachments && { attachments }),
    };
  const color = attachments[0]?.color;
  const block = section(cutMrkdwn(text, TEXT_MAX));
  return {
    ...titled,
    attachments: [{ ...(color === undefined ? {} : { color }), fallback: titled.text, blocks: [block] }],
  };
}

function withNote(designed: SlackMessage, reason: string): SlackMessage {
  const note = context(`Written by Tocsin: the template of this destination failed: ${plain(reason, 300)}`);
  const { attachments = [] } = designed;
  return { ...designed, attachments: [...attachments, { fallback: 'The template failed.', blocks: [note] }] };
}
