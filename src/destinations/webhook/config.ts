import { z } from 'zod';
import { STREAMS } from '../../core/delivery.ts';
import { Secret } from '../../core/secret.ts';
import { askedRate, redactSwitch } from '../../schema/destination.ts';
import { duration, name, secret, secretUrl } from '../../schema/values.ts';
import type { Template } from '../template.ts';
import { bodyTemplate, checkBody } from './template.ts';

const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const HEADER_VALUE = /^[\t\x20-\x7e]+$/;
/** Ours to set: another value would break the signature or the framing. */
const RESERVED = /^(webhook-.*|content-(type|length|encoding)|transfer-encoding|connection|host)$/i;

const signingSecret = () =>
  z
    .string({ error: 'expected a text' })
    .meta({ writeOnly: true })
    .transform((text, context) => {
      const key = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '';
      const bytes = BASE64.test(key) ? Buffer.from(key, 'base64').length : 0;
      if (bytes >= 24 && bytes <= 64) return new Secret(key);
      const message = `expected a signing secret: ${PREFIX} and the base64 of 24 to 64 random bytes`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });

const headerName = () =>
  z
    .string()
    .regex(HEADER_NAME, { error: 'expected the name of an HTTP header' })
    .refine((text) => !RESERVED.test(text), { error: 'this header is set by Tocsin itself' });

const headerValue = () =>
  secret().refine((value) => HEADER_VALUE.test(value.reveal()), {
    error: 'expected a header value: printable ASCII on one line',
  });

/** `type: webhook`: one signed POST for each delivery. */
const webhookShape = z.strictObject({
  name: name(),
  type: z.literal('webhook'),
  /** Where to post. A secret whole: path and query often carry a token. */
  url: secretUrl(),
  send: z.array(z.enum(STREAMS)).min(1).default(['alerts']),
  /** The body's shape. */
  format: z.enum(['tocsin']).default('tocsin'),
  /** A body of the operator's own instead. */
  template: bodyTemplate().optional(),
  /** Signs each request; several while one replaces another. Without it nothing is signed. */
  secret: z.union([signingSecret(), z.array(signingSecret()).min(1).max(5)]).optional(),
  /** Further request headers, such as `Authorization`. */
  headers: z.record(headerName(), headerValue()).prefault({}),
  /** Only where people read what arrives: notifications beyond it are summed up in one. */
  rate: askedRate().optional(),
  redact: redactSwitch().prefault('on'),
  /** For one whole request. */
  timeout: duration({ min: '1s', max: '1m' }).prefault('15s'),
  /** False trusts any certificate. */
  verify_tls: z.boolean().default(true),
});

/** A template comes out compiled: what an operator writes there may hold a key. */
export interface WebhookConfig extends Omit<z.output<typeof webhookShape>, 'template'> {
  template?: { readonly body: Template; readonly contentType: string };
}

export const webhookConfig = webhookShape.transform(({ template, ...config }, context): WebhookConfig => {
  if (template === undefined) return config;
  const checked = checkBody(template, config.send);
  if ('template' in checked)
    return { ...config, template: { body: checked.template, contentType: template.content_type } };
  context.addIssue({ code: 'custom', message: checked.problem, path: ['template', 'body'] });
  return z.NEVER;
});
