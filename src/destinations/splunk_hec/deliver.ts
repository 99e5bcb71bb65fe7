import type { Delivery, ItemOutcome, Outcome } from '../../core/delivery.ts';
import { type Deadline, NetError, outcomeOfError, parseRetryAfter, startDeadline } from '../../net/index.ts';
import { heardAs, listUnlessPaced } from '../alert-slices.ts';
import { recordsOf } from '../siem/index.ts';
import { markOf } from './ack-ledger.ts';
import { type AckContext, type Acknowledging, awaitSent, recallSent } from './acknowledge.ts';
import { cutBatch, type Encoded, halves } from './batch.ts';
import type { Channel, CookieJar } from './channel.ts';
import type { Collector } from './collector.ts';
import { encodeHec } from './encode.ts';
import type { Pace } from './pace.ts';
import { newProgress, outcomeOf, type Progress, setAll } from './progress.ts';
import { classifyHec, type HecVerdict } from './reply.ts';

export interface HecContext extends AckContext {
  /** Undefined where no acknowledgements are asked for. */
  readonly acknowledging: Acknowledging | undefined;
  readonly cookies: CookieJar;
  readonly collector: Collector;
  readonly pace: Pace;
}

/**
 * records of each delivery → ask for what was sent before → encode → cut → send → await acknowledgements → one outcome for
 * each delivery.
 */
export async function deliverBatch(
  context: HecContext,
  batch: readonly Delivery[],
  signal: AbortSignal,
): Promise<Outcome> {
  const { acknowledging, config, pace } = context;
  const progress = newProgress();
  const { hearing } = listUnlessPaced(config.rate);
  const written = batch.map((delivery) => recordsOf(heardAs(delivery, hearing)));
  const records = written.flatMap((each, of) => each.map((record) => ({ of, record })));
  if (acknowledging !== undefined) {
    const sent = records.map(({ record }) => record);
    await recallSent(context, acknowledging, sent, progress, signal);
  }
  if (progress.stopped === undefined) {
    await pace.wait(signal);
    await sendAll(
      context,
      cutBatch(encodeAll(records, context, progress), config.batch.max_bytes),
      progress,
      signal,
    );
    if (acknowledging !== undefined) await awaitSent(context, acknowledging, progress, signal);
  }
  return outcomeOf(
    written.map(({ length }) => length),
    progress,
  );
}

function encodeAll(
  records: readonly { readonly of: number; readonly record: Delivery }[],
  { collector, config }: HecContext,
  { outcomes }: Progress,
): Encoded[] {
  return records.flatMap(({ of, record }, at) => {
    if (outcomes.has(at)) return [];
    try {
      return [{ at, of, id: record.id, ...collector.write(encodeHec(record, config)) }];
    } catch {
      outcomes.set(at, { kind: 'dead', reason: 'the event could not be written as JSON' });
      return [];
    }
  });
}

async function sendAll(
  context: HecContext,
  requests: Encoded[][],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const deadline = startDeadline(context.config.timeout, signal);
  const channel = context.acknowledging?.channels.current();
  try {
    for (let next = requests.shift(); next !== undefined && !progress.stopped; next = requests.shift()) {
      const verdict = await send(context, channel, next, deadline);
      requests.unshift(...(await note(context, channel, progress, next, verdict)));
    }
  } finally {
    deadline.dispose();
  }
}

async function send(
  { collector, cookies, clock }: HecContext,
  channel: Channel | undefined,
  items: readonly Encoded[],
  deadline: Deadline,
): Promise<HecVerdict> {
  const headers = channel === undefined ? {} : { 'x-splunk-request-channel': channel.id };
  try {
    const answer = await collector.post(items, { ...headers, ...cookies.headers() }, deadline);
    cookies.keep(answer.setCookies);
    const retryAfterMs = parseRetryAfter(answer.retryAfter, clock.now());
    return classifyHec({ status: answer.status, body: answer.body, retryAfterMs }, items.length);
  } catch (error) {
    const { reason } = outcomeOfError(error);
    // An answer did come, and no collector answers so. Where it broke off, only the connection is to blame.
    const isAnswer = error instanceof NetError && error.kind === 'too_large';
    return isAnswer ? { kind: 'unclear', reason, answer: '' } : { kind: 'retry', reason };
  }
}

/** Records what a verdict says about its items; gives the requests to send in their stead. */
async function note(
  context: HecContext,
  channel: Channel | undefined,
  progress: Progress,
  items: readonly Encoded[],
  verdict: HecVerdict,
): Promise<Encoded[][]> {
  switch (verdict.kind) {
    case 'accepted':
      await accept(context, channel, progress, items, verdict);
      return [];
    case 'rejected':
      setAll(progress, items.slice(0, verdict.at), { kind: 'done' });
      setAll(progress, items.slice(verdict.at, verdict.at + 1), { kind: 'dead', reason: verdict.reason });
      return afterRejected(progress, items, verdict.at);
    case 'split':
      if (items.length > 1) return halves(items);
      setAll(progress, items, { kind: 'dead', reason: verdict.reason });
      return [];
    case 'hold':
      // Those before it could go, and would come again with every probe: they go by themselves, then it alone.
      if (verdict.at !== undefined)
        return [items.slice(0, verdict.at), items.slice(verdict.at, verdict.at + 1)];
      progress.stopped = verdict;
      return [];
    case 'unclear':
      setAll(progress, items, verdict);
      progress.stopped = AFTER_AN_UNCLEAR_ONE;
      return [];
    default:
      progress.stopped = verdict;
      return [];
  }
}

/** The rest of the same delivery goes now, for it would meet the rejected record again on every attempt. */
function afterRejected(progress: Progress, items: readonly Encoded[], at: number): Encoded[][] {
  const after = items.slice(at + 1);
  const same = after.filter(({ of }) => of === items[at]?.of);
  setAll(progress, after.slice(same.length), AFTER_A_REJECTED_ONE);
  return same.length === 0 ? [] : [same];
}

const AFTER_A_REJECTED_ONE: ItemOutcome = {
  kind: 'retry',
  reason: 'Splunk rejected an event before this one in the same request',
  afterMs: 0,
};

/** What was not sent has not been answered. */
const AFTER_AN_UNCLEAR_ONE = {
  kind: 'retry',
  reason: 'it was not sent: what Splunk answered to the request before could not be understood',
} as const;

type Accepted = Extract<HecVerdict, { kind: 'accepted' }>;

async function accept(
  context: HecContext,
  channel: Channel | undefined,
  progress: Progress,
  items: readonly Encoded[],
  { ackId, nearCapacity }: Accepted,
): Promise<void> {
  if (channel === undefined) setAll(progress, items, { kind: 'done' });
  else if (ackId !== undefined) await expectAck(context, channel, progress, items, ackId);
  else progress.stopped = { kind: 'hold', reason: NO_ACKS };
  if (nearCapacity === undefined) return context.pace.speedUp();
  const afterMs = context.pace.slowDown(nearCapacity.afterMs);
  progress.stopped ??= { kind: 'retry', reason: 'Splunk is near its capacity: sending more slowly', afterMs };
}

const NO_ACKS = 'Splunk gives no acknowledgements for this token: enable them, or set acknowledge: false';

/** Written down before anything more is sent: a restart asks for it. */
async function expectAck(
  { acknowledging, clock, cookies }: HecContext,
  channel: Channel,
  progress: Progress,
  items: readonly Encoded[],
  ackId: number,
): Promise<void> {
  acknowledging?.channels.count(channel, ackId);
  const marks = items.map(({ id }) => markOf(id));
  const { cookie = '' } = cookies.headers();
  const request = { channel, ackId, cookie, sentMs: clock.now(), marks };
  progress.unacknowledged.set(request, items);
  await acknowledging?.ledger.sent(request);
}
