import { z } from 'zod';
import { STREAMS } from '../../core/delivery.ts';
import { Secret } from '../../core/secret.ts';
import { askedBudget, askedRate, inFlight, redactSwitch } from '../../schema/destination.ts';
import { certificate, privateKey } from '../../schema/tls.ts';
import { webhookMistake } from '../../schema/urls.ts';
import { baseUrl, duration, integer, name, secret, secretUrl } from '../../schema/values.ts';
import { FORMATS } from './format-names.ts';
import { bodyTemplate } from './template.ts';

const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const ROUTING_KEY = /^[A-Za-z0-9]{32}$/;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const HEADER_VALUE = /^[\t\x20-\x7e]+$/;
/** Ours to set: another value would break the signature or the framing. */
const RESERVED = /^(webhook-.*|ce-.*|content-(type|length|encoding)|transfer-encoding|connection|host)$/i;

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

const batch = z.strictObject({
  /** Of one request, as a JSON array; 1 sends each delivery by itself, and no array. */
  max_items: integer({ min: 1, max: 500 }).default(1),
});

/** `type: webhook`: signed POSTs. */
export const webhookShape = z.strictObject({
  name: name(),
  type: z.literal('webhook'),
  /** Where to post. A secret whole: path and query often carry a token. PagerDuty's is known. */
  url: secretUrl({ mistake: webhookMistake }).optional(),
  send: z.array(z.enum(STREAMS)).min(1).default(['alerts']),
  /** The body's shape; `template` where there is one, else `tocsin`. */
  format: z.enum(FORMATS).optional(),
  /** A body of the operator's own. */
  template: bodyTemplate().optional(),
  /** Of `format: cloudevents`. */
  mode: z.enum(['structured', 'binary']).optional(),
  /** Of `format: pagerduty`: the integration's key. */
  routing_key: secret()
    .refine((key) => ROUTING_KEY.test(key.reveal()), {
      error: 'expected an integration key of the Events API v2: 32 letters and digits',
    })
    .optional(),
  /** Where people look at alerts; named in the bodies that have a place for it. */
  external_url: baseUrl({ example: 'https://tocsin.example.com' }).optional(),
  /** Signs each request; several while one replaces another. Without it nothing is signed. */
  secret: z.union([signingSecret(), z.array(signingSecret()).min(1).max(5)]).optional(),
  /** Further request headers, such as `Authorization`. */
  headers: z.record(headerName(), headerValue()).prefault({}),
  batch: batch.prefault({}),
  /** Receivers that mind in which order events come want one; notifications of one group keep theirs anyway. */
  in_flight: inFlight(1),
  /** Where people read what arrives (Teams and Discord have one): notifications beyond it are summed up in one. */
  rate: askedRate().optional(),
  /** Of what waits for it; where absent, only the store's bound counts. */
  budget: askedBudget().optional(),
  redact: redactSwitch().prefault('on'),
  /** For one whole request. */
  timeout: duration({ min: '1s', max: '1m' }).prefault('15s'),
  /** PEM certificates to trust instead of the system's. */
  ca: certificate().optional(),
  /** What shows the receiver who we are, with its chain. */
  cert: certificate().optional(),
  key: privateKey().optional(),
  /** False trusts any certificate. */
  verify_tls: z.boolean().default(true),
});

export type WebhookShape = z.output<typeof webhookShape>;
