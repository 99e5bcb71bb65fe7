import { hostname } from 'node:os';
import type { Clock } from '../../core/clock.ts';
import type { Delivery, Destination, Outcome } from '../../core/delivery.ts';
import { startDeadline } from '../../net/index.ts';
import type { AdapterDeps, DestinationType } from '../../schema/adapter.ts';
import { heardAs, listUnlessPaced } from '../alert-slices.ts';
import { batchOutcome, deliveriesOutcome } from '../batch-outcome.ts';
import { recordsOf } from '../siem/index.ts';
import { type SyslogConfig, syslogConfig } from './config.ts';
import { classifyLoss, type Failure } from './failure.ts';
import { type Link, LinkError, openLink } from './link.ts';
import { type MessageOptions, toFrame } from './message.ts';

/** RFC 5424 over TLS or TCP. Syslog has no answers: see {@link Link} for what counts as delivered. */
export const syslogDestination: DestinationType<SyslogConfig> = {
  type: 'syslog',
  otherNames: {
    rsyslog: '',
    syslogng: '',
    syslogtls: '',
    syslogtcp: 'transport: tcp',
    rfc5424: '',
    cef: 'schema: cef',
    qradar: '',
    arcsight: 'schema: cef',
  },
  config: syslogConfig,
  create: createSyslog,
};

function createSyslog(config: SyslogConfig, { clock }: AdapterDeps): Destination {
  const line = createLine(config, clock);
  const options = messageOptions(config);
  return {
    name: config.name,
    type: config.type,
    send: new Set(config.send),
    ...(config.rate === undefined ? {} : { rate: config.rate }),
    ...listUnlessPaced(config.rate),
    redact: config.redact,
    batch: { maxItems: config.batch.max_items },
    deliver: (batch, signal) => deliver(batch, signal, { config, line, options }),
    close: () => line.close(),
  };
}

function messageOptions(config: SyslogConfig): MessageOptions {
  const { facility, app_name: appName, enterprise_number: enterpriseNumber } = config;
  return {
    sender: { facility, appName, enterpriseNumber, hostname: config.hostname ?? ownName() },
    schema: config.schema,
    bom: config.bom,
    maxBytes: config.max_message,
  };
}

function ownName(): string {
  const own = hostname();
  return /^[\x21-\x7e]{1,255}$/.test(own) ? own : '-';
}

interface Line {
  /** The connection, opened where there is none. Throws {@link LinkError}. */
  ready(signal: AbortSignal): Promise<Link>;
  close(): Promise<void>;
}

/** One connection at a time; deliveries that come while it opens share it. */
function createLine(config: SyslogConfig, clock: Clock): Line {
  const closing = new AbortController();
  let link: Link | undefined;
  let opening: Promise<Link> | undefined;
  async function open(signal: AbortSignal): Promise<Link> {
    link = undefined;
    link = await openLink(config, clock, AbortSignal.any([signal, closing.signal]));
    return link;
  }
  return {
    ready: async (signal) => {
      if (opening === undefined && link?.isOpen()) return link;
      opening ??= open(signal).finally(() => {
        opening = undefined;
      });
      return opening;
    },
    close: async () => {
      closing.abort();
      await link?.close();
    },
  };
}

interface Context {
  readonly config: SyslogConfig;
  readonly line: Line;
  readonly options: MessageOptions;
}

async function deliver(
  batch: readonly Delivery[],
  signal: AbortSignal,
  { config, line, options }: Context,
): Promise<Outcome> {
  const { hearing } = listUnlessPaced(config.rate);
  const records = batch.map((delivery) => recordsOf(heardAs(delivery, hearing)));
  const encoded = records.flat().map((record) => toFrame(record, options));
  const frames = encoded.filter((each) => Buffer.isBuffer(each));
  const dead = encoded.map((each) => (Buffer.isBuffer(each) ? undefined : each));
  const failure = frames.length === 0 ? undefined : await send(Buffer.concat(frames), signal, config, line);
  const done = failure === undefined ? frames.length : 0;
  return deliveriesOutcome(
    batchOutcome(dead, done, failure),
    records.map(({ length }) => length),
  );
}

/** Undefined where all went well. */
async function send(
  frames: Buffer,
  signal: AbortSignal,
  config: SyslogConfig,
  line: Line,
): Promise<Failure | undefined> {
  const place = config.host.includes(':')
    ? `[${config.host}]:${config.port}`
    : `${config.host}:${config.port}`;
  const deadline = startDeadline(config.timeout, signal);
  let doing = 'did not take the connection';
  try {
    const link = await line.ready(deadline.signal);
    doing = 'did not acknowledge all that it was sent';
    await link.send(frames, deadline.signal);
    return undefined;
  } catch (error) {
    const why = deadline.why();
    if (why === 'aborted') return { kind: 'retry', reason: `the delivery to ${place} was stopped` };
    if (why === 'timeout')
      return { kind: 'retry', reason: `${place} ${doing} in time (${config.timeout} ms)` };
    if (error instanceof LinkError) return classifyLoss(place, error.code);
    return { kind: 'retry', reason: `${place} could not be sent to, in an unexpected way` };
  } finally {
    deadline.dispose();
  }
}
