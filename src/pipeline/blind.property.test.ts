import fc from 'fast-check';
import { expect, it } from 'vitest';
import { listening, openInMemory, recordedTelemetry, rules } from '../../test/pipeline/bench.ts';
import { ManualClock } from '../../test/pipeline/manual-clock.ts';
import { runs } from '../../test/seed.ts';
import type { StoredAlert } from '../core/alert.ts';
import { type Event, eventId } from '../core/event.ts';
import { type Cursor, type FeedReader, type Gap, type Page, SourceError } from '../core/source.ts';
import type { Store } from '../core/store.ts';
import { createIngest, type OpenIntake } from './ingest.ts';
import { createNotifier } from './notify.ts';
import { createPoller } from './poll.ts';

const FEED = 'malicious_events';
const SOURCES = ['akto', 'tenant two'] as const;
const ACTORS = ['a', 'b'] as const;
const RESOLVE_AFTER = 60;
const DEADLINE = 40;
const RULES = rules('id: r\nfilter: { filter_id: { eq: SQLi } }\ninfo: { severity: HIGH }\n');

type Source = (typeof SOURCES)[number];

/**
 * - `whole`: all that it shows, to its end
 * - `down`: the first page, then no answer
 * - `behind`: the first page, and no time for more
 * - `gap`: to its end, with events missing from the last minute
 * - `slow`: to its end, while more appears that it does not see
 * - `hangs`: no answer until the poll's deadline
 * - `full`, `blocked`: nothing may be taken in
 */
const POLLS = [
  'whole',
  'whole',
  'whole',
  'down',
  'behind',
  'gap',
  'slow',
  'hangs',
  'full',
  'blocked',
] as const;
type Poll = (typeof POLLS)[number];

type Step =
  | { readonly kind: 'attack'; readonly source: Source; readonly actor: (typeof ACTORS)[number] }
  | { readonly kind: 'poll'; readonly source: Source; readonly how: Poll }
  | { readonly kind: 'wait' | 'back'; readonly seconds: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'reload'; readonly sources: readonly Source[] };

const source = fc.constantFrom(...SOURCES);
const seconds = fc.constantFrom(1, 10, 30, 59, 60, 61, 300);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('attack' as const), source, actor: fc.constantFrom(...ACTORS) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('poll' as const), source, how: fc.constantFrom(...POLLS) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('back' as const), seconds }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('reload' as const), sources: fc.subarray([...SOURCES]) }),
  },
);

/** What has truly happened; its seconds only ever go on. */
class World {
  readonly #clock = new ManualClock();
  readonly #store: Store = openInMemory();
  readonly #shown = new Map<Source, Event[]>(SOURCES.map((name) => [name, []]));
  /** Seconds of the last match that was committed, by alert; and when the last poll began that saw all of a feed. */
  readonly #matched = new Map<string, number>();
  readonly #seen = new Map<Source, { readonly at: number; readonly gapFromMs?: number }>();
  readonly #judged = new Set<string>();
  #watched: readonly Source[] = SOURCES;
  #hasGoneBack = false;
  #hadGaps = false;
  #at = 0;
  #ids = 0;
  #full = false;
  #blocked = false;
  #notifier = this.#start();
  #pollers = this.#connect();

  #start() {
    const { telemetry } = recordedTelemetry();
    return createNotifier({
      ...{ store: this.#store, clock: this.#clock, telemetry, onEnqueued: () => undefined },
      ...listening(['oncall']),
      watch: {
        feeds: this.#watched.map((name) => ({ source: name, feed: FEED })),
        rules: RULES.rules,
        destinations: [],
      },
    });
  }

  /** As a new process has them: nothing of what the last one knew but the store. */
  #connect() {
    const { telemetry } = recordedTelemetry();
    const ingest = createIngest({
      ...{ store: this.#store, clock: this.#clock, telemetry, ruleSet: RULES, routes: [], destinations: [] },
      ...{ resolveAfterMs: RESOLVE_AFTER * 1_000, onCommitted: () => undefined },
      storeFull: () => (this.#full ? 'full' : undefined),
      blocked: () => (this.#blocked ? 'waits' : undefined),
    });
    const noted: OpenIntake = (reader, polledMs) => {
      const intake = ingest(reader, polledMs);
      return {
        judge: intake.judge,
        commit: async (judged) => {
          await intake.commit(judged);
          for (const { event } of judged.verdicts) this.#matched.set(alertOf(event), this.#at);
        },
      };
    };
    return new Map(
      SOURCES.map((name) => {
        const how: { now: Poll } = { now: 'whole' };
        const readers = [this.#reader(name, how)];
        const poller = createPoller({
          ...{ store: this.#store, clock: this.#clock, telemetry, random: () => 0, ingest: noted },
          source: { name, deadlineMs: DEADLINE * 1_000, readers },
        });
        return [name, { poller, how }];
      }),
    );
  }

  #reader(name: Source, how: { readonly now: Poll }): FeedReader {
    const world = this;
    async function* poll(cursor: Cursor | undefined): AsyncGenerator<Page> {
      const began = world.#at;
      const from = typeof cursor?.['read'] === 'number' ? cursor['read'] : 0;
      const shown = (world.#shown.get(name) ?? []).slice(from);
      if (how.now === 'hangs') await world.#pass(DEADLINE + 1);
      if (how.now === 'hangs') throw new SourceError('aborted', 'stopped');
      const [first] = shown;
      const gaps: Gap[] = how.now === 'gap' ? [gapAt(world.#clock.now())] : [];
      const page = (events: readonly Event[], read: number): Page => ({
        ...{ events, cursor: { read }, rejected: [] },
        progress: { readToMs: 0, gaps },
      });
      if (first !== undefined) yield page([first], from + 1);
      if (how.now === 'down') throw new SourceError('unavailable', 'no answer', 1);
      if (how.now === 'behind')
        return yield { ...page([], from + (first === undefined ? 0 : 1)), behind: true };
      if (how.now === 'slow') await world.#pass(DEADLINE / 2);
      yield page(shown.slice(1), from + shown.length);
      world.#seen.set(name, { at: began, ...(gaps[0] === undefined ? {} : { gapFromMs: gaps[0].fromMs }) });
    }
    return { source: name, feed: FEED, poll };
  }

  async #pass(forSeconds: number): Promise<void> {
    this.#at += forSeconds;
    await this.#clock.advance(forSeconds * 1_000);
  }

  async take(next: Step): Promise<void> {
    switch (next.kind) {
      case 'attack':
        return this.#attack(next.source, next.actor);
      case 'poll':
        return this.#poll(next.source, next.how);
      case 'wait':
        await this.#pass(next.seconds);
        return this.#look();
      case 'back':
        this.#hasGoneBack = true;
        this.#clock.nowMs -= next.seconds * 1_000;
        return this.#look();
      case 'reload':
      case 'restart':
        if (next.kind === 'reload') this.#watched = next.sources;
        this.#notifier = this.#start();
        this.#pollers = this.#connect();
        return this.#look();
    }
  }

  #attack(name: Source, actor: string): void {
    this.#ids += 1;
    const feedId = `e${this.#ids}`;
    const event = { source: name, feed: FEED, id: eventId(name, FEED, feedId), feedId } as const;
    this.#shown
      .get(name)
      ?.push({ ...event, timeMs: this.#clock.now(), raw: { id: feedId, actor, filterId: 'SQLi' } });
  }

  async #poll(name: Source, how: Poll): Promise<void> {
    const polled = this.#pollers.get(name);
    if (polled === undefined || !this.#watched.includes(name)) return;
    polled.how.now = how;
    this.#hadGaps ||= how === 'gap';
    this.#full = how === 'full';
    this.#blocked = how === 'blocked';
    const seenBefore = this.#seen.get(name);
    const [result] = await polled.poller.pass(new AbortController().signal);
    if (result !== 'read' && seenBefore !== this.#seen.get(name)) {
      this.#seen.delete(name);
      if (seenBefore !== undefined) this.#seen.set(name, seenBefore);
    }
    await this.#look();
  }

  async #look(): Promise<void> {
    for (let looks = 0; looks < 20; looks += 1) {
      const dueMs = await this.#notifier.pass();
      if (dueMs === undefined || dueMs > this.#clock.now()) break;
      expect(looks, 'it never comes to rest').toBeLessThan(19);
    }
    for (const alert of await this.#store.listAlerts({ limit: 100 })) this.#check(alert);
  }

  #check(alert: StoredAlert): void {
    const name = SOURCES.find((each) => each === alert.source) ?? 'akto';
    const seen = this.#seen.get(name);
    const quiet = (seen?.at ?? Number.NEGATIVE_INFINITY) - (this.#matched.get(keyOf(alert)) ?? 0);
    const hasGap = seen?.gapFromMs !== undefined;
    const isWatched = this.#watched.includes(name);
    const episode = `${keyOf(alert)} ${alert.episode}`;
    if (alert.state !== 'resolved') {
      const mustBeOver = !isWatched || (quiet >= RESOLVE_AFTER && !hasGap && !this.#hasGoneBack);
      // What a gap put off is looked at within half a minute.
      const mayWait = isWatched && this.#hadGaps;
      expect(mustBeOver && !mayWait, `${episode} is open at ${this.#at}`).toBe(false);
      return;
    }
    if (this.#judged.has(episode)) return;
    this.#judged.add(episode);
    if (alert.resolvedBecause === 'unwatched') {
      expect(isWatched).toBe(false);
      return;
    }
    expect(quiet, `${episode} is over at ${this.#at}`).toBeGreaterThanOrEqual(RESOLVE_AFTER);
    expect(hasGap, `${episode} is over with a gap at ${this.#at}`).toBe(false);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

const gapAt = (nowMs: number): Gap => ({ fromMs: nowMs - 60_000, toMs: nowMs, problem: 'too few' });
const alertOf = ({ source: name, raw }: Event): string => `${name} ${raw['actor']}`;
const keyOf = ({ source: name, group }: StoredAlert): string => `${name} ${group['actor']}`;

it('an alert is over only when its feed was read to its end so long past its last match, and then it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
      const world = new World();
      try {
        for (const next of steps) await world.take(next);
      } finally {
        await world.close();
      }
    }),
    { numRuns: runs(300) },
  );
}, 600_000);
