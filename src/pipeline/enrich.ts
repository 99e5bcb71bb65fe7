import type { Alert, AlertContext } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import type { Source } from '../core/source.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { AskedSource } from './enrich-asked.ts';
import { startDeadline } from './enrich-deadline.ts';

/** By the alert's fingerprint; an alert of which nothing is known, and nothing missing, is not in it. */
export type Contexts = ReadonlyMap<string, AlertContext>;

export interface Enricher {
  /** Those of a notification's alerts that a source can be asked about. */
  select<T extends Alert>(alerts: readonly T[]): readonly T[];
  /** Asks about those, all at once. Never throws, and takes 5 s at most, less where `stop` aborts. */
  enrich(alerts: readonly Alert[], stop: AbortSignal): Promise<Contexts>;
}

export interface EnricherDeps {
  readonly sources: readonly Pick<Source, 'name' | 'enrich'>[];
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Messages show so many alerts whole, the worst of them. */
const SHOWN_WHOLE = 3;

/** Asks sources what else they know about alerts: never inside a transaction, for it takes a network's time. */
export function createEnricher({ sources, clock, telemetry }: EnricherDeps): Enricher {
  const askable = new Map(
    sources
      .filter(({ enrich }) => enrich !== undefined)
      .map((source) => [source.name, new AskedSource(source, clock, telemetry)]),
  );

  function select<T extends Alert>(alerts: readonly T[]): readonly T[] {
    const shown = alerts.slice(0, SHOWN_WHOLE);
    return shown.filter(({ feed, source }) => feed !== 'operations' && askable.has(source));
  }

  async function enrich(alerts: readonly Alert[], stop: AbortSignal): Promise<Contexts> {
    const deadline = startDeadline(clock, stop);
    const answers = select(alerts).map(async (alert): Promise<[string, AlertContext | undefined]> => {
      return [alert.fingerprint, await askable.get(alert.source)?.about(alert, deadline)];
    });
    const contexts = await Promise.all(answers);
    deadline.end();
    return new Map(
      contexts.flatMap(([fingerprint, context]) => (saysSomething(context) ? [[fingerprint, context]] : [])),
    );
  }

  return { select, enrich };
}

function saysSomething(context: AlertContext | undefined): context is AlertContext {
  if (context === undefined) return false;
  const { remediation, evidence, incident, missing } = context;
  return remediation !== undefined || evidence !== undefined || incident !== undefined || missing.length > 0;
}
