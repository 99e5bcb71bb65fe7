import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { STREAMS } from '../../core/delivery.ts';
import { askedBudget, askedRate, redactSwitch } from '../../schema/destination.ts';
import { certificate, pairMistake, privateKey } from '../../schema/tls.ts';
import { byteSize, duration, integer, name } from '../../schema/values.ts';
import { SIEM_SCHEMAS } from '../siem-text.ts';
import { FACILITIES } from './header.ts';

const HOST = /^[A-Za-z0-9._-]{1,253}$/;
/** RFC 5424's PRINTUSASCII, with the bounds of its fields. */
const APP_NAME = /^[\x21-\x7e]{1,48}$/;
const HOSTNAME = /^[\x21-\x7e]{1,255}$/;
/** RFC 5425's own. Plain TCP has none that everybody agrees on. */
const TLS_PORT = 6_514;
/** Set aside for examples by RFC 5612: Tocsin has no number of its own. */
const EXAMPLE_ENTERPRISE = 32_473;

const host = (what: string) =>
  z
    .string({ error: 'expected a host' })
    .refine((text) => isIPv6(text) || HOST.test(text), { error: `expected ${what}, without port` });

const batch = z.strictObject({
  /** Of one delivery: after each the connection must stand for `confirm_after`. */
  max_items: integer({ min: 1, max: 5_000 }).default(1_000),
});

/** `type: syslog`: RFC 5424 messages, counted in octets (RFC 5425, RFC 6587), over one connection. */
const syslogShape = z.strictObject({
  name: name(),
  type: z.literal('syslog'),
  /** A name or an address; IPv6 without brackets. */
  host: host('a host name or an IP address'),
  port: integer({ min: 1, max: 65_535 }).optional(),
  transport: z.enum(['tls', 'tcp']).default('tls'),
  /** PEM certificates to trust instead of the system's. */
  ca: certificate().optional(),
  /** What shows the receiver who we are, with its chain. */
  cert: certificate().optional(),
  key: privateKey().optional(),
  /** The name that the receiver's certificate must bear, where it is not `host`. */
  server_name: host('the name in the certificate').optional(),
  send: z.array(z.enum(STREAMS)).min(1).default(['matches', 'alerts']),
  /** The shape of what is forwarded. */
  schema: z.enum(SIEM_SCHEMAS).default('cef'),
  facility: z.enum(FACILITIES).default('local0'),
  app_name: z
    .string()
    .regex(APP_NAME, { error: 'expected 1 to 48 printable ASCII characters' })
    .default('tocsin'),
  /** Where absent, this machine's own. */
  hostname: z.string().regex(HOSTNAME, { error: 'expected 1 to 255 printable ASCII characters' }).optional(),
  /** Stands behind the @ of the structured data's name. */
  enterprise_number: integer({ min: 1, max: 4_294_967_295 }).default(EXAMPLE_ENTERPRISE),
  /** A byte order mark before the text, as RFC 5424 wants it of UTF-8. */
  bom: z.boolean().default(true),
  /** Of one message, its count apart. A longer one goes to the dead letters: nothing is cut. */
  max_message: byteSize({ min: '2KiB', max: '16MiB' }).prefault('64KiB'),
  batch: batch.prefault({}),
  /** Only where people read what arrives: notifications beyond it are summed up in one. */
  rate: askedRate().optional(),
  /** Of what waits for it; where absent, only the store's bound counts. */
  budget: askedBudget().optional(),
  redact: redactSwitch().prefault('on'),
  /** For one batch: connection, TLS, all bytes acknowledged, `confirm_after`. */
  timeout: duration({ min: '1s', max: '5m' }).prefault('30s'),
  /** How long the connection must stand after a batch before the batch counts as delivered. */
  confirm_after: duration({ max: '30s' }).prefault('500ms'),
});

type Shape = z.output<typeof syslogShape>;

export interface SyslogConfig extends Shape {
  port: number;
}

export const syslogConfig = syslogShape.transform((config, context): SyslogConfig => {
  const mistake = mistakeIn(config);
  if (mistake === undefined) return { ...config, port: config.port ?? TLS_PORT };
  context.addIssue({ code: 'custom', message: mistake.message, path: [mistake.key] });
  return z.NEVER;
});

interface Mistake {
  readonly key: keyof Shape;
  readonly message: string;
}

function mistakeIn(config: Shape): Mistake | undefined {
  const { transport, port, cert, key, timeout, confirm_after: confirmAfter } = config;
  if (transport === 'tcp') {
    const useless = (['ca', 'cert', 'key', 'server_name'] as const).find(
      (each) => config[each] !== undefined,
    );
    if (useless !== undefined)
      return { key: useless, message: 'means nothing with transport: tcp; remove it' };
    if (port === undefined) return { key: 'port', message: 'is required with transport: tcp (601, 514, …)' };
  }
  if (confirmAfter >= timeout) return { key: 'confirm_after', message: 'must be less than "timeout"' };
  return pairMistake(cert, key);
}
