import type { Alert, AlertContext } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import { framesOf } from '../core/frames.ts';
import type { Source } from '../core/source.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Deadline } from './enrich-deadline.ts';
import { afterSlow, isSkipped, type Patience } from './enrich-patience.ts';

interface Told {
  /** With all there is, with some of it, with nothing in time, not asked at all, badly. */
  readonly outcome: 'whole' | 'partial' | 'late' | 'skipped' | 'failed';
  readonly context: AlertContext;
}

/** Alerts that one source is asked about at a time. */
const MOST_AT_ONCE = 30;
/** An answer that took this long and lacks something counts against its source as if there had been none. */
const SLOW_MS = 3_000;

/** One source, how it has answered about alerts lately, and how much it is asked just now. */
export class AskedSource {
  readonly #source: Pick<Source, 'name' | 'enrich'>;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  #patience: Patience = {};
  #underWay = 0;

  constructor(source: Pick<Source, 'name' | 'enrich'>, clock: Clock, telemetry: Telemetry) {
    this.#source = source;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** Never throws, and not later than the deadline. */
  async about(alert: Alert, deadline: Deadline): Promise<AlertContext> {
    const { outcome, context } = this.#whyNot() ?? (await this.#ask(alert, deadline));
    this.#telemetry.enriched(this.#source.name, outcome);
    return context;
  }

  #whyNot(): Told | undefined {
    const { name } = this.#source;
    if (isSkipped(this.#patience, this.#clock.now())) {
      return without('skipped', `"${name}" did not answer in time lately and was not asked about this alert`);
    }
    if (this.#underWay < MOST_AT_ONCE) return undefined;
    return without('skipped', `"${name}" was not asked about this alert: there were too many at once`);
  }

  async #ask(alert: Alert, deadline: Deadline): Promise<Told> {
    const startedMs = this.#clock.now();
    const late = deadline.over.then((sentence) =>
      without('late', `"${this.#source.name}" was asked about this alert, but ${sentence}`),
    );
    this.#underWay += 1;
    const told = await Promise.race([this.#answer(alert, deadline.windUp), late]);
    this.#underWay -= 1;
    const nowMs = this.#clock.now();
    const wasSlow = nowMs - startedMs >= SLOW_MS && told.context.missing.length > 0;
    if (wasSlow) this.#patience = afterSlow(this.#patience, nowMs);
    return told;
  }

  async #answer(alert: Alert, signal: AbortSignal): Promise<Told> {
    try {
      const context = (await this.#source.enrich?.(alert, signal)) ?? { missing: [] };
      return { outcome: context.missing.length === 0 ? 'whole' : 'partial', context };
    } catch (error) {
      this.#telemetry.unexpected(`enrichment from ${this.#source.name}`, framesOf(error));
      return without('failed', `what "${this.#source.name}" knows of this alert could not be read`);
    }
  }
}

function without(outcome: Told['outcome'], sentence: string): Told {
  return { outcome, context: { missing: [sentence] } };
}
