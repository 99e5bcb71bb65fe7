import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { messages, recordedTelemetry } from '../../test/pipeline/bench.ts';
import { API_KEY, type Running, ruleFor, startRunning } from '../../test/pipeline/running.ts';
import { fingerprint } from '../alerts/fingerprint.ts';
import type { StoredAlert } from '../core/alert.ts';
import { systemClock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import { startDaemon } from './daemon.ts';
import { loadSetup } from './load.ts';

let running: Running;
let stopped: boolean;
afterEach(async () => {
  if (!stopped) await running.stop();
});

async function start(apiKey?: string): Promise<Running> {
  running = await startRunning(apiKey);
  stopped = false;
  return running;
}

const eventually = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 60_000, interval: 20 });
const arrived = (id: string) => eventually(() => expect(running.siem.counts.get(id)).toBe(1));

describe('a daemon', () => {
  it('delivers what a rule matches, is ready, and ends with all sockets closed', async () => {
    const { daemon, show, ready } = await start();
    await arrived(show('e1', 'First'));
    await eventually(async () => expect(await ready()).toMatchObject({ status: 200 }));
    await running.stop();
    stopped = true;
    await expect(fetch(`http://127.0.0.1:${daemon.port}/healthz`)).rejects.toThrow();
  });

  it('reads a feed while another one of its source hangs', async () => {
    const { daemon, write, config, feed, show } = await start();
    const all = 'feeds: [malicious_events, threat_actors, threat_apis], deadline: 1h';
    write('config.yaml', config().replace('type: akto,', `type: akto, ${all},`));
    expect(await daemon.reload()).toEqual([]);
    const hangs = 'fetchThreatApis';
    feed.setHazards({ answer: ({ path }) => (path.endsWith(hangs) ? { kind: 'hang' } : undefined) });
    await eventually(() => expect(feed.requestsTo(hangs).length).toBeGreaterThan(0));
    await systemClock.sleep(1_100);
    await arrived(show('e1', 'First'));
  });

  it('does not begin the quiet of what has healed anew with a reload: nobody was away', async () => {
    const { daemon, write, config } = await start();
    const matchedAtMs = systemClock.now() - 5 * 60_000;
    const healed: StoredAlert = {
      ...{
        fingerprint: fingerprint('tocsin-reload-refused', {}),
        rule: 'tocsin-reload-refused',
        ruleName: 'Reload',
      },
      ...{
        severity: 'HIGH',
        source: 'tocsin',
        feed: 'operations',
        group: {},
        count: 1,
        sample: [],
        labels: {},
      },
      ...{ firstSeenMs: matchedAtMs, lastSeenMs: matchedAtMs, openedAtMs: matchedAtMs, matchedAtMs },
      ...{ state: 'open', episode: 1, resolveAfterMs: 600_000, seen: { actors: [], apis: [] } },
      ...{ actors: { count: 0 }, apis: { count: 0 } },
    };
    await daemon.store.transaction((tx) => tx.writeAlerts([healed], matchedAtMs));
    for (const line of ['# 1', '# 2']) {
      write('config.yaml', `${config()}\n${line}\n`);
      expect(await daemon.reload()).toEqual([]);
    }
    const [known] = await daemon.store.listAlerts({ limit: 9 });
    expect(known).toMatchObject({ state: 'open', matchedAtMs });
  });

  it('says how many incidents stay open at a destination that a reload removes, and what runs is in force', async () => {
    const more = 'routes: [{ to: [people], group_wait: 0s }]';
    const { daemon, write, config, show, logs } = await start();
    write('config.yaml', config({ more }));
    expect(await daemon.reload()).toEqual([]);
    show('e1', 'First');
    await eventually(async () =>
      expect(await daemon.store.countTold()).toEqual([{ destination: 'people', count: 1 }]),
    );
    write(
      'config.yaml',
      config({ more: more.replace('people', 'others') }).replace('name: people', 'name: others'),
    );
    const message =
      '1 incident stays open at destination "people", which is no longer in the configuration: close them there, or bring it back under its name';
    expect(await daemon.reload()).toEqual([{ code: 'left-open', severity: 'warning', message }]);
    expect(messages(logs)).toContainEqual(expect.stringContaining('1 incident stays open at a destination'));
    expect(messages(logs)).not.toContainEqual(expect.stringContaining('reload refused'));
  });

  it('refuses a second one on its store, and goes on', async () => {
    const { folder, show } = await start();
    const place = { file: join(folder, 'config.yaml'), cwd: folder, env: {} };
    const { setup } = loadSetup(place);
    if (setup === undefined) throw new Error('the configuration is valid');
    const { telemetry } = recordedTelemetry();
    const second = startDaemon({ place, setup, telemetry, clock: systemClock, random: systemRandom });
    await expect(second).rejects.toMatchObject({
      kind: 'locked',
      message: expect.stringContaining('another Tocsin'),
    });
    await arrived(show('e1', 'First'));
  });

  it('with a wrong key says so once, is not ready, keeps running, and recovers by a reload', async () => {
    const { daemon, write, config, ready, logs, show } = await start('a-wrong-key');
    const id = show('e1', 'First');
    await eventually(async () => {
      const { status, body } = await ready();
      expect(status).toBe(503);
      expect(body).toContain('(feed malicious_events)');
      expect(body).toContain('refused the API key');
    });
    // A further tick of the schedule: it must not ask again.
    await systemClock.sleep(1_100);
    const failures = messages(logs).filter((message) => message.startsWith('poll failed'));
    expect(failures).toEqual([expect.stringContaining('akto-prod')]);
    expect(JSON.stringify(logs)).not.toContain('a-wrong-key');
    write('config.yaml', config({ apiKey: API_KEY }));
    expect(await daemon.reload()).toEqual([]);
    await eventually(async () => expect(await ready()).toMatchObject({ status: 200 }));
    await arrived(id);
  });
});

describe('a reload', () => {
  it('with a broken rule changes nothing, says why, and the old rules go on', async () => {
    const { daemon, write, show, logs, folder } = await start();
    write('rules/b.yaml', 'id: b\nfilter: { filter_idd: { eq: B } }\n');
    const problems = await daemon.reload();
    expect(problems).toMatchObject([{ severity: 'error', file: join(folder, 'rules/b.yaml'), line: 2 }]);
    expect(logs.at(-1)).toMatchObject({
      ...{ level: 'error', msg: 'reload refused; the running configuration stays' },
      problems: [expect.stringContaining('b.yaml:2:')],
    });
    await arrived(show('e1', 'First'));
  });

  it('with a good rule puts it in force, and loses nothing on the way', async () => {
    const { daemon, write, show, siem } = await start();
    const before = show('e1', 'First');
    const unmatched = show('e2', 'Second');
    await arrived(before);
    write('rules/b.yaml', ruleFor('Second'));
    expect(await daemon.reload()).toEqual([]);
    await arrived(show('e3', 'Second'));
    expect(siem.counts.has(unmatched)).toBe(false);
    expect(siem.counts.get(before)).toBe(1);
  });

  it.each<[string, (of: Running) => string, string]>([
    ['another store', ({ config }) => config({ store: './other.db' }), '"store"'],
    [
      'another bound on disk',
      ({ config }) => config({ more: 'retention: { max_size: 1GiB }' }),
      '"retention.max_size"',
    ],
    ['another server', ({ config }) => config().replace('127.0.0.1:0', '127.0.0.1:1'), '"server"'],
  ])('with %s is refused by name', async (_, changed, key) => {
    const { daemon, write } = await start();
    write('config.yaml', changed(running));
    expect(await daemon.reload()).toMatchObject([
      { code: 'needs-restart', message: expect.stringContaining(`${key} cannot change while Tocsin runs`) },
    ]);
    expect(daemon.store).toBeDefined();
  });

  it('takes place by itself once an edited file has come to rest', async () => {
    const { write, show, logs } = await start();
    write('rules/b.yaml', 'id: b\nfilter: [');
    await eventually(() =>
      expect(messages(logs)).toContain('reload refused; the running configuration stays'),
    );
    write('rules/b.yaml', ruleFor('Second'));
    await eventually(() => expect(messages(logs)).toContain('configuration reloaded'));
    await arrived(show('e1', 'Second'));
  });

  it('takes its turn: many at once are applied one after the other', async () => {
    const { daemon, write, config, show } = await start();
    write('config.yaml', config({ more: 'log: { level: debug }' }));
    const results = await Promise.all([daemon.reload(), daemon.reload(), daemon.reload()]);
    expect(results).toEqual([[], [], []]);
    await arrived(show('e1', 'First'));
  });

  it('that fails in a way nobody expected says so, ends nothing, and can be made again', async () => {
    const { daemon, show, logs, write } = await start();
    const bug = new TypeError('a bug');
    const abandonOthers = vi.fn(daemon.store.abandonOthers);
    abandonOthers.mockRejectedValueOnce(bug).mockRejectedValueOnce(bug);
    Object.assign(daemon.store, { abandonOthers });
    write('rules/b.yaml', ruleFor('Second'));
    expect(await daemon.reload()).toMatchObject([{ code: 'not-started' }]);
    expect(messages(logs)).toContainEqual(expect.stringContaining('unexpected error'));
    expect(await daemon.reload()).toEqual([]);
    await arrived(show('e1', 'Second'));
  });

  it('that comes while the daemon stops does not claim to be in force', async () => {
    const { daemon } = await start();
    const stopping = running.stop();
    stopped = true;
    const problems = await daemon.reload();
    await stopping;
    expect(problems).not.toEqual([]);
  });

  it('that takes a destination away leaves what waited for it where somebody can act on it', async () => {
    const { daemon, write, config, show, siem } = await start();
    write('config.yaml', config().replace(siem.url, 'http://127.0.0.1:9'));
    expect(await daemon.reload()).toEqual([]);
    const id = show('e1', 'First');
    const waits = () => daemon.store.listDeliveries({ destination: 'siem', deliveryId: id, limit: 1 });
    await eventually(async () => expect(await waits()).toMatchObject([{ state: 'pending' }]));
    write('config.yaml', config().replace(/^.*name: siem.*$/m, ''));
    expect(await daemon.reload()).toEqual([]);
    expect(await waits()).toMatchObject([{ state: 'dead' }]);
  });

  it('that takes a silence away tells at once of what it kept quiet', async () => {
    const { daemon, write, config, show, siem } = await start();
    const route = 'routes: [{ name: page, to: [people], group_wait: 0s }]';
    const silence = `silences: [{ name: s, when: { source: { eq: akto-prod } }, from: 2020-01-01T00:00, until: 2099-01-01T00:00, reason: r }]`;
    const told = () => siem.events.filter((event) => JSON.stringify(event).includes('"opened"'));
    write('config.yaml', config({ more: `${route}\n${silence}` }));
    expect(await daemon.reload()).toEqual([]);
    await arrived(show('e1', 'First'));
    const held = async () => {
      const groups = await daemon.store.transaction((tx) => tx.dueGroups(systemClock.now() + 3_600_000, 10));
      return groups.map(({ heldBecause }) => heldBecause);
    };
    await eventually(async () => expect(await held()).toEqual(['silenced']));
    expect(told()).toEqual([]);
    write('config.yaml', config({ more: route }));
    expect(await daemon.reload()).toEqual([]);
    await eventually(() => expect(told()).toHaveLength(1));
  });
});

const SOON = 'routes: [{ to: [people], group_by: [rule], group_wait: 0s }]';

/** What people were told of rules of Tocsin's own. */
function toldOf(rule: string): readonly string[] {
  const events = running.siem.events.map((event) => JSON.stringify(event));
  return events.filter((text) => text.includes(`"${rule}"`));
}

describe('what the daemon says of itself', () => {
  it('a refused reload is told to people, without its secrets, and is over once it is mended', async () => {
    const { daemon, write, config } = await start();
    write('config.yaml', config({ more: SOON }));
    expect(await daemon.reload()).toEqual([]);
    write('config.yaml', config({ apiKey: 'planted-key', more: `${SOON}\nroutess: []` }));
    expect(await daemon.reload()).toMatchObject([{ code: 'unknown-key' }]);
    await eventually(() => expect(toldOf('tocsin-reload-refused').length).toBe(1));
    const [text] = toldOf('tocsin-reload-refused');
    expect(text).toContain('unknown-key');
    expect(text).not.toContain('planted');
    write('config.yaml', config({ more: SOON }));
    expect(await daemon.reload()).toEqual([]);
    const open = await daemon.store.listAlerts({ states: ['open'], limit: 9 });
    expect(open.map(({ rule, count }) => `${rule} ${count}`)).toEqual(['tocsin-reload-refused 1']);
  });

  it('a held destination is told to people by another one', async () => {
    const { daemon, write, config, show, siem } = await start();
    const revoked = `  - { name: revoked, type: splunk_hec, url: "${siem.url}", token: a-revoked-token, send: [matches] }`;
    write('config.yaml', config({ more: SOON }).replace('store:', `${revoked}\nstore:`));
    expect(await daemon.reload()).toEqual([]);
    await arrived(show('e1', 'First'));
    await eventually(() => expect(toldOf('tocsin-destination-held').length).toBe(1));
    expect(toldOf('tocsin-destination-held')[0]).toContain(
      'Destination revoked takes nothing until somebody acts',
    );
    expect(JSON.stringify(siem.events)).not.toContain('a-revoked-token');
  });
});
