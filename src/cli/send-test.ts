import type { TocsinConfig } from '../app/load.ts';
import { systemClock } from '../core/clock.ts';
import type { Delivery, Destination, ItemOutcome, Outcome } from '../core/delivery.ts';
import { systemRandom } from '../core/random.ts';
import { withShownAnswers } from '../pipeline/shown-answer.ts';
import { createRedactor } from '../redaction/index.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { requireConfig } from './setup.ts';
import { visible } from './table.ts';
import { isHeard, isSent, type TestKind, testDeliveries } from './test-delivery.ts';

export { TEST_KINDS } from './test-delivery.ts';

export interface SendTestOptions {
  readonly config: string;
  readonly kind?: TestKind;
  readonly json?: boolean;
}

/** Longer than any destination may take for one message. */
const DEADLINE_MS = 2 * 60_000;

/** `tocsin send-test`: a marked message through the real destination. Exit code 1 where it was not taken. */
export async function sendTest(io: Io, name: string, options: SendTestOptions): Promise<ExitCode> {
  const config = requireConfig(io, options.config, 'its destinations cannot be found');
  const configured = config.destinations.find((destination) => destination.name === name);
  if (configured === undefined) {
    const names = config.destinations.map((destination) => destination.name).join(', ');
    throw new CliError(`there is no destination ${JSON.stringify(name)}; there is ${names}`);
  }
  const { send } = configured;
  const kind = options.kind ?? (send.includes('alerts') ? 'alert' : 'event');
  if (!isSent(kind, send))
    io.err(`${name} is sent ${send.join(' and ')} only, so the daemon would never send it this; sending\n`);
  const destination = configured.create({ clock: systemClock, random: systemRandom });
  try {
    if (!isHeard(kind, destination))
      throw new CliError(
        `${name} cannot change what it has sent, so it is never told of this; nothing was sent`,
      );
    const [first, ...others] = testDeliveries(kind, destination, systemClock.now(), systemRandom);
    let sent = { delivery: first, outcome: await deliver(io, config, destination, first) };
    for (const delivery of others) {
      if (sent.outcome.kind === 'done')
        sent = { delivery, outcome: await deliver(io, config, destination, delivery) };
    }
    return report(io, options, { name, kind, ...sent });
  } finally {
    await destination.close();
  }
}

/** As the pipeline sends: masked unless the destination says otherwise, one attempt. */
async function deliver(
  io: Io,
  { redaction }: TocsinConfig,
  destination: Destination,
  delivery: Delivery,
): Promise<Exclude<Outcome, { kind: 'partial' }>> {
  const outgoing = destination.redact ? createRedactor(redaction).delivery(delivery) : delivery;
  const signal = AbortSignal.any([io.stop, AbortSignal.timeout(DEADLINE_MS)]);
  const outcome = await destination.deliver([outgoing], signal);
  const shown = withShownAnswers(outcome, createRedactor(redaction).text);
  return shown.kind === 'partial' ? (shown.items[0] ?? NO_OUTCOME) : shown;
}

const NO_OUTCOME: ItemOutcome = { kind: 'retry', reason: 'the destination gave no outcome' };

interface Sent {
  readonly name: string;
  readonly kind: TestKind;
  readonly delivery: Delivery;
  readonly outcome: Exclude<Outcome, { kind: 'partial' }>;
}

const MEANING = {
  retry: 'not taken now; the daemon would try again',
  unclear:
    'nobody knows whether it was taken; the daemon would try twice more, then put it among the dead letters',
  dead: 'refused for good; the daemon would put it among the dead letters',
  hold: 'refused until a person acts; the daemon would keep everything and probe slowly',
} as const;

function report(io: Io, { json }: SendTestOptions, { name, kind, delivery, outcome }: Sent): ExitCode {
  const reason = outcome.kind === 'done' ? undefined : outcome.reason;
  const answer = 'answer' in outcome && outcome.answer !== '' ? outcome.answer : undefined;
  if (json === true) {
    const told = { destination: name, kind, id: delivery.id, outcome: outcome.kind, reason, answer };
    io.out(`${JSON.stringify(told)}\n`);
  } else if (outcome.kind === 'done') io.out(`${name} took the ${kind} ${delivery.id}\n`);
  else {
    const said = answer === undefined ? '' : `; it said: ${visible(answer)}`;
    io.out(`${name} did not take the ${kind}: ${visible(outcome.reason)}${said}\n${MEANING[outcome.kind]}\n`);
  }
  return outcome.kind === 'done' ? 0 : 1;
}
