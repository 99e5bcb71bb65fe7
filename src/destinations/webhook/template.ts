import { z } from 'zod';
import type { Delivery, Stream } from '../../core/delivery.ts';
import { type Dialect, MAX_TEMPLATE } from '../template.ts';
import { checkTemplate } from '../template-check.ts';

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,60}\/[a-z0-9!#$&^_.+-]{1,60}(?:; ?charset=utf-8)?$/i;

/** `template`: the whole body of a request in an operator's own words. */
export const bodyTemplate = () =>
  z.strictObject({
    body: z
      .string({ error: 'expected a template' })
      .min(1, { error: 'must not be empty' })
      .max(MAX_TEMPLATE)
      .describe('The whole request body, in the template language liquid; see docs/templates.md.'),
    content_type: z
      .string({ error: 'expected a media type' })
      .regex(MEDIA_TYPE, { error: 'expected a media type, such as application/json' })
      .default('application/json')
      .describe('What that body is; where it is JSON, it is made sure of.'),
  });

export type BodyTemplateConfig = z.output<ReturnType<typeof bodyTemplate>>;

/** Tries the template on samples of everything that those streams bring. */
export function checkBody({ body, content_type }: BodyTemplateConfig, send: readonly Stream[]) {
  return checkTemplate(body, dialectOf(content_type), kindsOf(send));
}

function kindsOf(send: readonly Stream[]): readonly Delivery['kind'][] {
  return [
    ...(send.includes('alerts') ? (['alert', 'digest'] as const) : []),
    ...(send.includes('events') || send.includes('matches') ? (['event'] as const) : []),
  ];
}

/** What a value must not be able to leave is the string, the element or the field that it is written in. */
function dialectOf(contentType: string): Dialect {
  const [type = ''] = contentType.toLowerCase().split(';', 1);
  if (/[/+]json$/.test(type)) return { escape: jsonEscape, isJson: true, verify: verifyJson };
  if (/[/+](?:xml|html)$/.test(type)) return { escape: markupEscape, isJson: false, verify: accept };
  if (type === 'application/x-www-form-urlencoded')
    return { escape: formEscape, isJson: false, verify: accept };
  return { escape: (text) => text, isJson: false, verify: accept };
}

const accept = (): undefined => undefined;

function jsonEscape(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function verifyJson(rendered: string): string | undefined {
  try {
    JSON.parse(rendered);
    return undefined;
  } catch (error) {
    return `is no valid JSON: ${whereInJson(error, rendered)}write texts as {{ … | json }} without quotes around, or inside quotes as they are`;
  }
}

/** The parser's own words quote what stands there, which may be somebody's text. */
function whereInJson(error: unknown, rendered: string): string {
  const [, at] = /at position (\d+)/.exec(error instanceof Error ? error.message : '') ?? [];
  if (at === undefined) return '';
  const lines = rendered.slice(0, Number(at)).split('\n');
  return `see line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1} of what it writes; `;
}

const MARKUP: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

function markupEscape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => MARKUP[char] ?? '').replace(NOT_IN_XML, '');
}

/** XML has no way to write these. */
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function formEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
