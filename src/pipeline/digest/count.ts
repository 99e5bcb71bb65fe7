import type { Clock } from '../../core/clock.ts';
import { parseSeverity } from '../../core/severity.ts';
import type { EventFacts, Store } from '../../core/store.ts';
import type { Period, Step } from './period.ts';
import { Tally } from './tally.ts';

/** Read at a time: whatever else the daemon does waits no longer than for these. */
const CHUNK = 250;
const LONGEST_NAME = 200;

/** What happened, told apart from objects whose revisions are events too and would count again and again. */
const HAPPENINGS: ReadonlySet<string> = new Set(['malicious_events', 'incidents']);

/** What our own store knows of a period. */
export interface Counts {
  readonly matched: number;
  /** Their payload is gone, or says neither who nor what. */
  readonly unnamed: number;
  /** `akto-prod malicious_events`; its total is that of all events. */
  readonly feeds: Tally;
  readonly rules: Tally;
  readonly severities: Tally;
  readonly categories: Tally;
  readonly actors: Tally;
  readonly countries: Tally;
  readonly apis: Tally;
  /** One for each step. */
  readonly bars: readonly number[];
}

/**
 * Counts the events of a period in bounded memory. Between chunks others have their turn, so what is
 * committed meanwhile may be counted or not. Throws {@link StoreError}.
 */
export async function countEvents(
  store: Store,
  clock: Clock,
  period: Period,
  steps: readonly Step[],
  signal: AbortSignal,
): Promise<Counts> {
  const counter = new Counter(steps);
  const slice = { fromMs: period.fromMs, toMs: period.toMs - 1 };
  let afterSeq = 0;
  while (!signal.aborted) {
    const chunk = await store.scanEvents(slice, afterSeq, CHUNK);
    for (const facts of chunk) counter.add(facts);
    afterSeq = chunk.at(-1)?.seq ?? afterSeq;
    if (chunk.length < CHUNK) break;
    await clock.sleep(0);
  }
  return counter;
}

class Counter implements Counts {
  matched = 0;
  unnamed = 0;
  readonly feeds = new Tally();
  readonly rules = new Tally();
  readonly severities = new Tally();
  readonly categories = new Tally();
  readonly actors = new Tally();
  readonly countries = new Tally();
  readonly apis = new Tally();
  readonly bars: number[];
  readonly #steps: readonly Step[];

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.bars = steps.map(() => 0);
  }

  add(facts: EventFacts): void {
    this.feeds.add(feedName(facts));
    if (facts.rules.length > 0) this.matched += 1;
    for (const { name } of facts.rules) this.rules.add(bounded(name));
    if (!HAPPENINGS.has(facts.feed)) return;
    const step = this.#steps.findLastIndex(({ fromMs }) => fromMs <= facts.timeMs);
    if (step >= 0) this.bars[step] = (this.bars[step] ?? 0) + 1;
    this.#addNames(facts);
  }

  #addNames(facts: EventFacts): void {
    const { actor, country, category } = facts;
    const api = apiOf(facts);
    const severity = parseSeverity(facts.severity);
    if (actor !== undefined) this.actors.add(bounded(actor));
    if (country !== undefined) this.countries.add(bounded(country));
    if (category !== undefined) this.categories.add(bounded(category));
    if (severity !== undefined) this.severities.add(severity);
    if (api !== undefined) this.apis.add(api);
    if (actor === undefined && category === undefined && api === undefined) this.unnamed += 1;
  }
}

export function feedName({ source, feed }: { readonly source: string; readonly feed: string }): string {
  return `${source} ${feed}`;
}

/** Without the query, which differs from request to request. */
function apiOf({ method, host, url }: EventFacts): string | undefined {
  if (url === undefined) return undefined;
  const path = url.split(/[?#]/, 1)[0] ?? '';
  return bounded(`${method ?? ''} ${host ?? ''}${path}`.trim());
}

function bounded(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME).toWellFormed()}…`;
}
