import type { TocsinConfig } from '../app/load.ts';
import { systemClock } from '../core/clock.ts';
import type { Delivery } from '../core/delivery.ts';
import type { DeliveryHistory, RecordedStore, Records } from '../core/records.ts';
import { createRedactor } from '../redaction/index.ts';
import { stepsFor } from './delivery-steps.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { withStore } from './setup.ts';
import { jsonLine, many, moment, visible } from './table.ts';
import { deliveryJson } from './why/json.ts';
import { attemptText, stateText } from './why/print.ts';

export interface ShowOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** All that is known of one delivery. */
interface Shown {
  readonly delivery: DeliveryHistory;
  /** What is sent, its secrets masked; absent where the store no longer holds it. */
  readonly content?: Delivery;
  /** What the far side has said of it, where that is more than its state. */
  readonly acknowledgement?: string;
  /** Each a sentence or a command. */
  readonly next: readonly string[];
}

/** `tocsin deliveries show`: everything of one delivery. Exit code 1 where there is none of that number. */
export async function showDelivery(io: Io, number: string, options: ShowOptions): Promise<ExitCode> {
  const seq = Number(number);
  if (!Number.isSafeInteger(seq))
    throw new CliError(`${JSON.stringify(number)} is not a delivery's number; see "tocsin deliveries list"`);
  return withStore<ExitCode>(io, options.config, async (store, config) => {
    const delivery = await store.records.readDelivery(seq);
    if (delivery === undefined) {
      const message = `there is no delivery ${seq}; it may have aged out (retention), see "tocsin deliveries list"`;
      throw new CliError(message, 1);
    }
    print(io, await look(store, config, delivery), config, options.json === true);
    return 0;
  });
}

async function look(
  store: RecordedStore,
  { redaction, destinations }: TocsinConfig,
  delivery: DeliveryHistory,
): Promise<Shown> {
  const content = await contentOf(store.records, delivery);
  const configured = destinations.find(({ name }) => name === delivery.destination);
  const acknowledgement =
    delivery.state === 'pending'
      ? await configured?.recall?.(memoryOf(store, delivery), delivery.deliveryId)
      : undefined;
  return {
    delivery,
    ...(content === undefined ? {} : { content: createRedactor(redaction).delivery(content) }),
    ...(acknowledgement === undefined ? {} : { acknowledgement }),
    next: stepsFor(delivery, configured !== undefined, content !== undefined),
  };
}

/** Nothing is written here: a command beside the daemon only looks. */
function memoryOf(store: RecordedStore, { destination }: DeliveryHistory) {
  return { get: (key: string) => store.readMemory(destination, key), set: async () => undefined };
}

async function contentOf(
  records: Records,
  { kind, deliveryId: id }: DeliveryHistory,
): Promise<Delivery | undefined> {
  if (kind === 'alert') {
    const notification = await records.readNotification(id);
    return notification && { kind, id, notification };
  }
  if (kind === 'digest') {
    const digest = await records.readDigest(id);
    return digest && { kind, id, digest };
  }
  const { raw, rules = [], ...event } = (await records.readEvent(id)) ?? {};
  return raw === undefined || !('id' in event) ? undefined : { kind, id, event: { ...event, raw }, rules };
}

function print(io: Io, shown: Shown, { redaction }: TocsinConfig, json: boolean): void {
  const { text: mask } = createRedactor(redaction);
  if (!json) {
    for (const line of linesOf(shown, systemClock.now())) io.out(`${mask(line)}\n`);
    return;
  }
  const { delivery, content, acknowledgement, next } = shown;
  const { redrive: _, ...told } = deliveryJson(delivery);
  io.out(
    jsonLine(mask(JSON.stringify({ ...told, acknowledgement, content: content && bodyOf(content), next }))),
  );
}

function linesOf({ delivery, content, acknowledgement, next }: Shown, nowMs: number): readonly string[] {
  const { seq, destination, kind, deliveryId, attempts, enqueuedMs, history } = delivery;
  const body = content === undefined ? undefined : JSON.stringify(bodyOf(content), null, 2).split('\n');
  return [
    `delivery ${seq}: ${kind} ${visible(deliveryId)} to ${visible(destination)}`,
    `  ${stateText(delivery, nowMs)}`,
    `  ${many(attempts, 'attempt')}, queued ${moment(enqueuedMs, nowMs)}`,
    ...history.map((run) => `    ${attemptText(run, nowMs)}`),
    ...(acknowledgement === undefined ? [] : [`  ${visible(acknowledgement)}`]),
    ...(body === undefined
      ? ['what was sent: the store no longer holds it']
      : ['what is sent, before it is given the shape that its destination wants; secrets are masked:']),
    ...(body ?? []).map((line) => `  ${visible(line)}`),
    'what to do:',
    ...next.map((step) => `  ${step}`),
  ];
}

function bodyOf(content: Delivery) {
  switch (content.kind) {
    case 'event':
      return { event: content.event, rules: content.rules };
    case 'alert':
      return content.notification;
    case 'digest':
      return content.digest;
  }
}
