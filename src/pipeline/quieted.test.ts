import { afterEach, describe, expect, it } from 'vitest';
import { createStage, type Stage } from '../../test/pipeline/cli-stage.ts';
import type { StoredSilence } from '../core/store.ts';
import { readQuiet, readQuieting, subjectOf } from './quieted.ts';

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const rule = (id: string, severity: string, group = 'actor') =>
  `{ id: ${id}, source: malicious_events, info: { severity: ${severity} }, group_by: [${group}], filter: { filter_id: { eq: ${id} } } }`;
const RULES = {
  'a.yaml': rule('a', 'CRITICAL'),
  'b.yaml': rule('b', 'HIGH'),
  'c.yaml': rule('c', 'MEDIUM'),
  'wide.yaml': rule('wide', 'CRITICAL', 'host'),
};
const GROUPED = 'group_by: [rule, actor, host], group_wait: 10s, group_interval: 1m';
const ALL = `routes: [{ name: all, to: [oncall], ${GROUPED} }]`;
const inhibitions = (arrows: readonly string[], more: string): string => {
  const entries = arrows.map((arrow) => {
    const [source, target] = arrow.split('>');
    return `{ name: ${source}-${target}, source: { rule: { eq: ${source} } }, target: { rule: { eq: ${target} } }, equal: [actor]${more} }`;
  });
  return `inhibitions: [${entries.join(', ')}]`;
};

/** A real store and pipeline, in which alerts are told of by their rules' names. */
async function world(arrows: readonly string[], routes = ALL, keys = '') {
  const own = await createStage({ routes, rules: RULES, more: inhibitions(arrows, keys) });
  stage = own;
  const { store, clock } = own.bench;
  let events = 0;
  return {
    /** One event each, by one actor. */
    async happen(rules: string, actor = '203.0.113.9') {
      const made = [...rules.split(' ')].map((filterId) => {
        events += 1;
        return [`e${events}`, { filterId, actor, host: 'api.example' }] as const;
      });
      await own.ingest(Object.fromEntries(made));
    },
    /** Waits and says which rules were told of meanwhile. */
    async told(seconds: number): Promise<string> {
      for (let second = 0; second < seconds; second += 5) await own.notify(5_000);
      const names: string[] = [];
      for (const name of ['oncall', 'archive'])
        for (const delivery of (await own.deliver(name)).deliveries) {
          if (delivery.kind !== 'alert' || delivery.notification.reason === 'resolved') continue;
          names.push(...delivery.notification.alerts.map((alert) => alert.rule));
        }
      return names.toSorted().join(' ');
    },
    async silence(when: string, minutes: number, over: Partial<StoredSilence> = {}) {
      const nowMs = clock.now();
      const asked = { id: 's', when, reason: 'r', createdBy: 'ann', createdMs: nowMs, startsMs: nowMs };
      await store.transaction((tx) =>
        tx.writeSilence({ ...asked, endsMs: nowMs + minutes * 60_000, ...over }),
      );
    },
    async fingerprintOf(name: string): Promise<string> {
      const alerts = await store.listAlerts({ limit: 100 });
      return alerts.find((alert) => alert.rule === name)?.fingerprint ?? '';
    },
    ...{ store, clock, tocsin: own.tocsin },
  };
}

describe('an alert keeps others quiet', () => {
  it('while it waits for its group_wait, and as long as it is open', async () => {
    const { happen, told } = await world(['a>b']);
    await happen('a b');
    expect(await told(20)).toBe('a');
    expect(await told(300)).toBe('');
    expect(await told(3_600), 'until it is over').toBe('');
  });

  it('when it comes after them, and only from then on', async () => {
    const { happen, told } = await world(['a>b']);
    await happen('b');
    expect(await told(15)).toBe('b');
    await happen('a');
    await happen('b', '203.0.113.10');
    expect(await told(15), 'another actor is another matter').toBe('a b');
  });

  it('in spite of a silence, once somebody was told of it', async () => {
    const { happen, told, silence } = await world(['a>b']);
    await happen('a');
    expect(await told(15)).toBe('a');
    await silence('{ rule: { eq: a } }', 60);
    await happen('b');
    expect(await told(120)).toBe('');
  });

  it('when somebody has it in hand', async () => {
    const { happen, told, tocsin, fingerprintOf } = await world(['a>b']);
    await happen('a');
    await told(15);
    expect((await tocsin(['ack', await fingerprintOf('a')])).code).toBe(0);
    await happen('b');
    expect(await told(120)).toBe('');
  });

  it('when its silence ends: it is told of, and they are not', async () => {
    const { happen, told, silence, store, clock } = await world(['a>b']);
    await silence('{ actor: { eq: 203.0.113.9 } }', 60);
    await happen('a b');
    expect(await told(60)).toBe('');
    await store.expireSilence('s', clock.now());
    expect(await told(120)).toBe('a');
  });

  it('when its silence breaks', async () => {
    const { happen, told, silence, store, fingerprintOf } = await world(['a>b']);
    await happen('a');
    const [seen] = await store.listAlerts({ limit: 1 });
    const fingerprint = await fingerprintOf('a');
    const { episode = 0, openedAtMs = 0 } = seen ?? {};
    const before = { episode, openedAtMs, severity: 'HIGH', exploited: false } as const;
    await silence('', 60, {
      fingerprints: [fingerprint],
      breakOnEscalation: true,
      seen: { [fingerprint]: before },
    });
    await happen('b');
    expect(await told(30)).toBe('a');
  });
});

describe('an alert that nobody was told of keeps nobody quiet', () => {
  it('silenced', async () => {
    const { happen, told, silence } = await world(['a>b']);
    await silence('{ rule: { eq: a } }', 60);
    await happen('a b');
    expect(await told(20)).toBe('b');
  });

  it('silenced by a silence that names it', async () => {
    const { happen, told, silence, fingerprintOf } = await world(['a>b']);
    await happen('a');
    await silence('', 60, { fingerprints: [await fingerprintOf('a')] });
    await happen('b');
    expect(await told(20)).toBe('b');
  });

  it('muted', async () => {
    const days = Array.from({ length: 31 }, (_, index) => index + 1).join(', ');
    const routes = `time_intervals: [{ name: ever, days_of_month: [${days}] }]
routes:
  - { name: night, when: { rule: { eq: a } }, to: [oncall], mute_times: [ever], ${GROUPED} }
  - { name: all, to: [oncall], ${GROUPED} }`;
    const { happen, told } = await world(['a>b'], routes);
    await happen('a b');
    expect(await told(20)).toBe('b');
  });

  it('told of by one route while another is muted, it does', async () => {
    const days = Array.from({ length: 31 }, (_, index) => index + 1).join(', ');
    const routes = `time_intervals: [{ name: ever, days_of_month: [${days}] }]
routes:
  - { name: night, when: { rule: { eq: a } }, to: [oncall], mute_times: [ever], continue: true, ${GROUPED} }
  - { name: all, to: [archive], ${GROUPED} }`;
    const { happen, told } = await world(['a>b'], routes);
    await happen('a b');
    expect(await told(20)).toBe('a');
  });

  it('without a route', async () => {
    const routes = `routes: [{ name: rest, when: { rule: { neq: a } }, to: [oncall], ${GROUPED} }]`;
    const { happen, told } = await world(['a>b'], routes);
    await happen('a b');
    expect(await told(20)).toBe('b');
  });

  it('inhibited itself', async () => {
    const { happen, told } = await world(['a>b', 'b>c']);
    await happen('a b c');
    expect(await told(20)).toBe('a c');
    expect(await told(300)).toBe('');
  });

  it('in a circle', async () => {
    const { happen, told } = await world(['a>b', 'b>a']);
    await happen('a b');
    expect(await told(20)).toBe('a b');
  });

  it('told of in an episode before this one', async () => {
    const { happen, told, silence } = await world(['a>b']);
    await happen('a');
    expect(await told(15)).toBe('a');
    await told(3_700);
    await silence('{ rule: { eq: a } }', 60);
    await happen('a b');
    expect(await told(20)).toBe('b');
  });

  it('over', async () => {
    const { happen, told } = await world(['a>b']);
    await happen('a');
    expect(await told(15)).toBe('a');
    await told(1_800);
    await happen('b');
    expect(await told(1_700)).toBe('');
    expect(await told(300), 'within a minute of its end').toBe('b');
  });

  it('of many actors where they are of none', async () => {
    const { happen, told } = await world(['wide>b']);
    await happen('wide', '203.0.113.1');
    await happen('wide', '203.0.113.2');
    await happen('b', '');
    expect(await told(20)).toBe('b wide');
  });

  it('of no actor where they are of none either, unless the inhibition says so', async () => {
    const { happen, told } = await world(['a>b']);
    await happen('a b', '');
    expect(await told(20)).toBe('a b');
    await stage?.close();
    const other = await world(['a>b'], ALL, ', equal_absent: true');
    await other.happen('a b', '');
    expect(await other.told(20)).toBe('a');
  });
});

describe('what is told of quiet alerts', () => {
  it('names the one that keeps others quiet, and no longer once nobody was told of it', async () => {
    const { happen, told, tocsin, fingerprintOf } = await world(['a>b']);
    await happen('a b');
    await told(20);
    const [a, b] = [await fingerprintOf('a'), await fingerprintOf('b')];
    const line = `inhibited by a-b while alert ${a.slice(0, 8)} is open`;
    expect((await tocsin(['alerts'])).out).toContain(line);
    expect((await tocsin(['why', b])).out).toContain(line);
    const tried = await tocsin(['routes', 'test'], {
      stdin: JSON.stringify({ filterId: 'b', actor: '203.0.113.9', host: 'api.example' }),
    });
    expect(tried.out).toContain(`kept quiet: ${line}`);
  });

  it('does not name one that is silent itself', async () => {
    const { happen, told, tocsin, silence, clock } = await world(['a>b']);
    await silence('{ rule: { eq: a } }', 60);
    await happen('a b');
    await told(20);
    await clock.advance(0);
    expect((await tocsin(['alerts'])).out).not.toContain('inhibited by');
    expect((await tocsin(['alerts'])).out).toContain('silenced by s');
  });
});

describe('more alerts than can be looked at', () => {
  it('costs messages and hides none: the most severe count', async () => {
    const { happen, told, store, clock } = await world(['a>b']);
    await happen('a');
    await told(15);
    const [real] = await store.listAlerts({ limit: 1 });
    expect(real).toMatchObject({ rule: 'a' });
    if (real === undefined) return;
    const copies = Array.from({ length: 5_100 }, (_, index) => ({
      ...real,
      ...{
        fingerprint: `${index}`.padStart(16, '0'),
        severity: 'CRITICAL' as const,
        rule: 'flood',
        labels: {},
      },
    }));
    await store.transaction(async (tx) => {
      await tx.writeAlerts([{ ...real, severity: 'HIGH' }, ...copies], clock.now());
      const [group] = await tx.groupsOf(real.fingerprint);
      const rows = copies.map(({ fingerprint }) => ({ group: group?.id ?? '', fingerprint, count: 1 }));
      await tx.addPending(rows);
      await tx.markTold(group?.id ?? '', []);
    });
    const target = { matches: () => true };
    const source = { matches: (s: { get(term: string): unknown }) => s.get('rule') === 'a' };
    const inhibition = { name: 'i', source, target, equal: [] };
    const look = () =>
      store.transaction((tx) =>
        readQuieting(tx, { silences: [], routes: [], inhibitions: [inhibition] }, clock.now()),
      );
    const victim = subjectOf({ ...real, fingerprint: 'victim', labels: { rule: 'b' } });
    expect((await look()).of(victim), 'five thousand are more severe').toBeUndefined();
    await store.transaction((tx) =>
      tx.writeAlerts(
        copies.slice(0, 200).map((each) => ({ ...each, state: 'resolved' as const })),
        clock.now(),
      ),
    );
    expect((await look()).of(victim)).toMatchObject({ reason: 'inhibited', inhibitor: real.fingerprint });
  });

  it('leaves an alert silent that a silence names, however mild and however large its group', async () => {
    const routes = 'routes: [{ name: all, to: [oncall], group_by: [source], group_wait: 10s }]';
    const { happen, store, clock, silence } = await world(['a>b'], routes);
    await happen('c');
    const [mild] = await store.listAlerts({ limit: 1 });
    if (mild === undefined) throw new Error('there is one');
    const copies = Array.from({ length: 5_100 }, (_, index) => ({
      ...{ ...mild, fingerprint: `${index}`.padStart(16, '0'), severity: 'CRITICAL' as const },
    }));
    await silence('', 60, { fingerprints: [mild.fingerprint, 'f'.repeat(16)] });
    const quiet = await store.transaction(async (tx) => {
      await tx.writeAlerts(copies, clock.now());
      const [group] = await tx.groupsOf(mild.fingerprint);
      const id = group?.id ?? '';
      await tx.addPending(copies.map(({ fingerprint }) => ({ group: id, fingerprint, count: 1 })));
      const compileSilence = ({ fingerprints = [], ...rest }: StoredSilence) => ({
        ...{ ...rest, when: { matches: () => true }, fingerprints: new Set(fingerprints) },
      });
      const deps = { compileSilence, silences: [], routes: [], inhibitions: [] };
      return (await readQuiet(tx, deps, clock.now())).membersOf(tx, id);
    });
    expect([...quiet]).toMatchObject([[mild.fingerprint, { reason: 'silenced', by: 's' }]]);
  });
});
