import { describe, expect, it } from 'vitest';
import { recordedTelemetry } from '../../test/pipeline/bench.ts';
import { ManualClock, settled } from '../../test/pipeline/manual-clock.ts';
import type { Alert, AlertContext } from '../core/alert.ts';
import type { Source } from '../core/source.ts';
import { createEnricher } from './enrich.ts';
import { afterSlow, isSkipped, type Patience } from './enrich-patience.ts';

const alert = (fingerprint: string, over: Partial<Alert> = {}): Alert => ({
  ...{ fingerprint, rule: 'r', ruleName: 'Rule', severity: 'HIGH', source: 'akto', feed: 'malicious_events' },
  ...{ group: {}, count: 1, firstSeenMs: 0, lastSeenMs: 0, openedAtMs: 0, sample: [] },
  ...{ state: 'open', episode: 1, matchedAtMs: 0, resolveAfterMs: 3_600_000 },
  ...{ actors: { count: 1 }, apis: { count: 1 }, labels: {} },
  ...over,
});

type Enrich = NonNullable<Source['enrich']>;

const knows: Enrich = async ({ fingerprint }) => ({ remediation: `fix ${fingerprint}`, missing: [] });
const hangs: Enrich = () => new Promise(() => undefined);
/** As sources should: what was found until it is told to come to an end. */
const windsUp: Enrich = (_, signal) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () =>
      resolve({ remediation: 'half', missing: ['the rest is missing'] }),
    );
  });

const never = new AbortController().signal;

function enricherOf(sources: Readonly<Record<string, Enrich | undefined>>) {
  const clock = new ManualClock();
  const { telemetry, logs } = recordedTelemetry();
  const asked: string[] = [];
  const enricher = createEnricher({
    clock,
    telemetry,
    sources: Object.entries(sources).map(([name, enrich]) => ({
      name,
      ...(enrich && {
        enrich: (each, signal) => {
          asked.push(`${name} ${each.fingerprint}`);
          return enrich(each, signal);
        },
      }),
    })),
  });
  return { enricher, clock, logs, asked };
}

const missingOf = (context: AlertContext | undefined): string => context?.missing.join('\n') ?? '';

describe('which alerts a source is asked about', () => {
  it.each<[why: string, alerts: readonly Alert[], expected: readonly string[]]>([
    ['those that a message shows whole', ['a', 'b', 'c', 'd'].map((id) => alert(id)), ['a', 'b', 'c']],
    ['never what Tocsin says of itself', [alert('a', { feed: 'operations' }), alert('b')], ['b']],
    ['none of a source that knows no more', [alert('a', { source: 'mute' }), alert('b')], ['b']],
    ['none of a source that a reload took away', [alert('a', { source: 'gone' })], []],
    ['none of a name that every object has', [alert('a', { source: 'constructor' })], []],
  ])('%s', (_, alerts, expected) => {
    const { enricher } = enricherOf({ akto: knows, mute: undefined });
    expect(enricher.select(alerts).map(({ fingerprint }) => fingerprint)).toEqual(expected);
  });
});

describe('asking sources', () => {
  it('asks each about its own alerts, all at once', async () => {
    const { enricher, asked } = enricherOf({ akto: knows, other: knows });
    const contexts = await enricher.enrich([alert('a'), alert('b', { source: 'other' })], never);
    expect(asked).toEqual(['akto a', 'other b']);
    expect([...contexts.keys()]).toEqual(['a', 'b']);
    expect(contexts.get('b')?.remediation).toBe('fix b');
  });

  it('leaves out alerts of which there is nothing to say', async () => {
    const { enricher } = enricherOf({ akto: async () => ({ missing: [] }) });
    expect((await enricher.enrich([alert('a')], never)).size).toBe(0);
  });

  it('waits 5 s for one that hangs, says so, and keeps what the other knows', async () => {
    const { enricher, clock, logs } = enricherOf({ akto: hangs, other: knows });
    let contexts: ReadonlyMap<string, AlertContext> | undefined;
    void enricher.enrich([alert('a'), alert('b', { source: 'other' })], never).then((told) => {
      contexts = told;
    });
    await settled();
    await clock.advance(4_999);
    await settled();
    expect(contexts).toBeUndefined();
    await clock.advance(1);
    await settled();
    expect(missingOf(contexts?.get('a'))).toBe(
      '"akto" was asked about this alert, but it did not answer within 5 s',
    );
    expect(contexts?.get('b')?.remediation).toBe('fix b');
    expect(logs.map((line) => line['source'])).toEqual(['akto']);
    expect(clock.naps).toEqual([]);
  });

  it('keeps what a source has when its time is nearly up', async () => {
    const { enricher, clock } = enricherOf({ akto: windsUp });
    const told = enricher.enrich([alert('a')], never);
    await clock.advance(4_500);
    expect((await told).get('a')).toEqual({ remediation: 'half', missing: ['the rest is missing'] });
  });

  it('takes a source that throws for one that could not be read, and never tells its words', async () => {
    const throws: Enrich = async () => {
      throw new Error('planted secret');
    };
    const { enricher, logs } = enricherOf({ akto: throws });
    const contexts = await enricher.enrich([alert('a')], never);
    expect(missingOf(contexts.get('a'))).toBe('what "akto" knows of this alert could not be read');
    expect(JSON.stringify(logs)).not.toContain('planted');
  });

  it('ends at once when the daemon is stopped', async () => {
    const { enricher, clock } = enricherOf({ akto: hangs });
    const stop = new AbortController();
    const told = enricher.enrich([alert('a')], stop.signal);
    await settled();
    stop.abort();
    expect(missingOf((await told).get('a'))).toContain('Tocsin was stopped before it answered');
    expect(clock.naps).toEqual([]);
  });

  it('asks a source about no more than 30 alerts at a time: the rest is told without', async () => {
    const { enricher, clock, asked } = enricherOf({ akto: hangs });
    const told = Array.from({ length: 12 }, (_, group) =>
      enricher.enrich(
        ['a', 'b', 'c'].map((id) => alert(`${group}${id}`)),
        never,
      ),
    );
    const last = await told.at(-1);
    expect(asked).toHaveLength(30);
    expect(missingOf(last?.get('11a'))).toContain('too many at once');
    await clock.advance(5_000);
    await Promise.all(told);
  });

  it('in an outage waits twice, then asks nobody for a minute, then waits once', async () => {
    const { enricher, clock, asked } = enricherOf({ akto: hangs });
    const waits: number[] = [];
    for (const pauseMs of [10_000, 10_000, 10_000, 45_000, 10_000, 10_000]) {
      const startedMs = clock.now();
      const told = enricher.enrich([alert('a'), alert('b')], never);
      await settled();
      if (clock.naps.length > 0) {
        await clock.advance(5_000);
        await settled();
      }
      await told;
      waits.push(clock.now() - startedMs);
      await clock.advance(pauseMs);
    }
    expect(waits).toEqual([5_000, 5_000, 0, 0, 5_000, 0]);
    expect(asked).toHaveLength(6);
  });
});

describe('patience with a slow source', () => {
  it.each<[why: string, slowAtS: readonly number[], askedAtS: number, skipped: boolean]>([
    ['once is nothing', [0], 1, false],
    ['twice is', [0, 5], 6, true],
    ['but not at one moment: three alerts of one notification', [0, 0.2, 0.9], 6, false],
    ['for a minute', [0, 5], 64, true],
    ['and no longer', [0, 5], 65, false],
    ['after it, once is enough', [0, 5, 70], 71, true],
    ['long ago is forgotten', [0, 300], 301, false],
    ['a clock that went back makes it no longer', [0, 5], -3_600, false],
    ['nor does it count as again', [0, -3_600], -3_599, false],
    ['another at the moment of the skip leaves it', [0, 5, 5.5], 6, true],
  ])('%s', (_, slowAtS, askedAtS, skipped) => {
    const patience = slowAtS.reduce<Patience>((before, atS) => afterSlow(before, atS * 1_000), {});
    expect(isSkipped(patience, askedAtS * 1_000)).toBe(skipped);
  });
});
