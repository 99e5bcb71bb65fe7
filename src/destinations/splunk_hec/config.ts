import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { STREAMS } from '../../core/delivery.ts';
import { askedBudget, askedRate, inFlight, redactSwitch } from '../../schema/destination.ts';
import { splunkMistake } from '../../schema/urls.ts';
import { baseUrl, byteSize, duration, name, secret } from '../../schema/values.ts';
import { JSON_SCHEMAS } from '../siem/index.ts';
import { placementMistake } from './placement.ts';

/** Also keeps line breaks out of the header that carries it. */
const TOKEN = /^[\x21-\x7e]{1,256}$/;

/** A text in which `{{ source }}` and the like stand for what a delivery is. */
const placement = (isIndex = false) =>
  z
    .string()
    .min(1)
    .max(200)
    .superRefine((text, context) => {
      const message = placementMistake(text, isIndex);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });

const certificate = () =>
  secret().refine((pem) => isCertificate(pem.reveal()), {
    error: 'expected a certificate in PEM form (-----BEGIN CERTIFICATE-----)',
  });

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).serialNumber !== '';
  } catch {
    return false;
  }
}

const batch = z.strictObject({
  /** Of one delivery; several requests may carry it. */
  max_items: z.int().min(1).max(5_000).default(500),
  /** Of one request's uncompressed body. Splunk Cloud wants less than 1 MB. */
  max_bytes: byteSize({ min: '10kB', max: '20MB' }).prefault('800kB'),
});

/** `type: splunk_hec`: Splunk's HTTP Event Collector. */
export const splunkHecConfig = z.strictObject({
  name: name(),
  type: z.literal('splunk_hec'),
  /** The collector's base address, `https://splunk.example.com:8088`. */
  url: baseUrl({
    example: 'https://splunk.example.com:8088',
    // The client adds its own end.
    tail: /\/services\/collector(?:\/.*)?$/,
    mistake: splunkMistake,
  }),
  token: secret().refine((token) => TOKEN.test(token.reveal()), {
    error: 'expected a HEC token: printable characters without blanks',
  }),
  send: z.array(z.enum(STREAMS)).min(1).default(['matches', 'alerts']),
  /** The shape of what is forwarded: the source's own JSON, or a data model. */
  schema: z
    .enum(JSON_SCHEMAS, {
      error: ({ input }) =>
        input === 'cef'
          ? 'cef is a line of text for syslog and files: Splunk takes raw, cim, ocsf or ecs'
          : undefined,
    })
    .default('raw'),
  /** Waits until Splunk has indexed what it received. The token must have indexer acknowledgement enabled. */
  acknowledge: z.boolean().default(false),
  /** Where absent, the token's own. */
  index: placement(true).optional(),
  host: placement().optional(),
  source: placement().default('tocsin'),
  sourcetype: placement().default('_json'),
  batch: batch.prefault({}),
  /** Splunk orders events by their time. */
  in_flight: inFlight(4),
  /** Only where people read what arrives: notifications beyond it are summed up in one. */
  rate: askedRate().optional(),
  /** Of what waits for it; where absent, only the store's bound counts. */
  budget: askedBudget().optional(),
  redact: redactSwitch().prefault('on'),
  /** For sending one batch. */
  timeout: duration({ min: '1s', max: '3m' }).prefault('30s'),
  /** How long an acknowledgement may take before a batch is sent again. */
  ack_timeout: duration({ min: '1s', max: '5m' }).prefault('2m'),
  /** False trusts any certificate. */
  verify_tls: z.boolean().default(true),
  /** PEM certificates to trust instead of the system's. */
  ca: certificate().optional(),
});

export type SplunkHecConfig = z.output<typeof splunkHecConfig>;
