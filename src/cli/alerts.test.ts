import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FEED } from '../../test/pipeline/bench.ts';
import { createStage, type Stage } from '../../test/pipeline/cli-stage.ts';
import { runCli } from './program.ts';

const HOSTILE = '\u001b[2J\u202eevil\n<!channel>';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
});
afterEach(() => stage.close());

const SQLI = { filterId: 'SQLInjection', host: 'api.example', method: 'GET', url: '/x' };

/** The lines of stdout as JSON. */
const objects = (out: string) =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('tocsin alerts', () => {
  it('lists what goes on, with who and how much', async () => {
    await stage.ingest({ a: SQLI, b: SQLI, c: { ...SQLI, actor: '203.0.113.10' } });
    const { code, out, err } = await stage.tocsin(['alerts']);
    expect(code).toBe(0);
    expect(err).toBe('');
    const [heading, ...rows] = out.split('\n').filter(Boolean);
    expect(heading).toMatch(/^ALERT +STATE +SEVERITY +RULE +WHO +COUNT +ACTORS +APIS +FIRST +LAST$/);
    expect(rows).toHaveLength(2);
    expect(out).toMatch(/^[0-9a-f]{8} +open +HIGH +sqli +actor=203\.0\.113\.9 +2 +1 +1 +5m ago +5m ago$/m);
  });

  it('tells programs the same, an object a line, and nothing else on stdout', async () => {
    await stage.ingest({ a: SQLI });
    const { out } = await stage.tocsin(['alerts', '--json']);
    expect(objects(out)).toEqual([
      expect.objectContaining({
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
        ...{ state: 'open', severity: 'HIGH', rule: 'sqli', source: 'akto', count: 1, quiet: [] },
        ...{ group: { actor: '203.0.113.9' }, actors: { count: 1, atLeast: false } },
        firstSeen: expect.stringMatching(/^\d{4}-.*Z$/),
      }),
    ]);
  });

  it('says below each since when nobody can see whether it goes on, and why', async () => {
    await stage.ingest({ a: SQLI });
    const sinceMs = stage.bench.clock.now();
    await stage.bench.store.transaction(async (tx) => {
      const state = await tx.readFeedState(FEED);
      if (state !== undefined) await tx.writeFeedState({ ...state, failingSinceMs: sinceMs }, sinceMs);
    });
    const { out } = await stage.tocsin(['alerts']);
    expect(out).toMatch(
      /^ {2}nobody can see whether it goes on: last seen .*, feed down since .*\d\d:\d\d UTC$/m,
    );
    const blind = { reason: 'failing', since: new Date(sinceMs).toISOString() };
    const [listed] = objects((await stage.tocsin(['alerts', '--json'])).out);
    expect(listed).toMatchObject({ blind });
    const why = await stage.tocsin(['why', listed.fingerprint]);
    expect(why.out).toContain('nobody can see whether it goes on: last seen');
    expect(JSON.parse((await stage.tocsin(['why', listed.fingerprint, '--json'])).out)).toMatchObject({
      blind,
    });
  });

  it('says of what is over that it is no longer watched, where that is why', async () => {
    await stage.ingest({ a: SQLI });
    const nowMs = stage.bench.clock.now();
    const [open] = await stage.bench.store.listAlerts({ limit: 1 });
    if (open === undefined) throw new Error('no alert');
    const over = { ...open, state: 'resolved', resolvedAtMs: nowMs, resolvedBecause: 'unwatched' } as const;
    await stage.bench.store.transaction((tx) => tx.writeAlerts([over], nowMs));
    expect((await stage.tocsin(['alerts', '--all'])).out).toContain(
      '\n  no longer watched: its feed or rule',
    );
    expect(objects((await stage.tocsin(['alerts', '--all', '--json'])).out)).toMatchObject([
      { resolvedBecause: 'unwatched' },
    ]);
    expect((await stage.tocsin(['why', open.fingerprint])).out).toContain('\n  no longer watched');
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['what goes on, where nothing is said', [], ['acknowledged', 'open']],
    ['those that nobody has in hand', ['--open'], ['open']],
    ['those that somebody has', ['--acknowledged'], ['acknowledged']],
    ['those that are over', ['--resolved'], ['resolved']],
    ['two kinds together', ['--open', '--resolved'], ['open', 'resolved']],
    ['all of them', ['--all'], ['acknowledged', 'open', 'resolved']],
  ])('lists %s', async (_, options, expected) => {
    await stage.ingest({ a: { ...SQLI, actor: '203.0.113.1' } });
    await stage.notify(2 * 3_600_000);
    await stage.ingest({ b: { ...SQLI, actor: '203.0.113.2' }, c: { ...SQLI, actor: '203.0.113.3' } });
    const [first] = objects((await stage.tocsin(['alerts', '--json'])).out);
    await stage.tocsin(['ack', first.fingerprint]);
    const { out } = await stage.tocsin(['alerts', '--json', ...options]);
    expect(
      objects(out)
        .map(({ state }) => state)
        .sort(),
    ).toEqual(expected);
  });

  it('says that there is more than it shows', async () => {
    await stage.ingest({ a: SQLI, c: { ...SQLI, actor: '203.0.113.10' } });
    const { out, err } = await stage.tocsin(['alerts', '--limit', '1']);
    expect(out.split('\n').filter(Boolean)).toHaveLength(2);
    expect(err).toContain('only the first 1 are shown; raise --limit');
  });

  it('says what keeps an alert quiet: a silence, another alert, a route that does not speak', async () => {
    await stage.close();
    stage = await createStage({
      routes: `
time_intervals: [{ name: ever, days_of_month: [1, -1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31] }]
routes:
  - { name: day, to: [archive], when: { rule: { eq: sqli } }, continue: true }
  - { name: night, to: [oncall], mute_times: [ever] }
inhibitions: [{ name: worst-first, source: { rule: { eq: sqli } }, target: { rule: { eq: ours } }, equal: [actor] }]
silences: [{ name: works, when: { host: { eq: old.example } }, from: "2020-01-01T00:00", until: "2099-01-01T00:00", reason: moving }]`,
    });
    await stage.ingest({
      a: { ...SQLI, method: 'POST' },
      b: { ...SQLI, host: 'old.example', actor: '203.0.113.77' },
    });
    const listed = objects((await stage.tocsin(['alerts', '--json'])).out);
    const reasons = (rule: string, actor: string) =>
      listed.find((alert) => alert.rule === rule && alert.group.actor === actor).quiet;
    const inhibitor = listed.find(
      ({ rule, group }) => rule === 'sqli' && group.actor === '203.0.113.9',
    ).fingerprint;
    const muted = { reason: 'muted', by: 'night', until: expect.any(String) };
    expect(reasons('ours', '203.0.113.9')).toEqual([
      { reason: 'inhibited', by: 'worst-first', inhibitor },
      muted,
    ]);
    expect(reasons('sqli', '203.0.113.9')).toEqual([muted]);
    expect(reasons('sqli', '203.0.113.77')).toMatchObject([
      { reason: 'silenced', by: 'config/works', why: 'moving' },
      muted,
    ]);
    const { out } = await stage.tocsin(['alerts']);
    expect(out).toContain(`inhibited by worst-first while alert ${inhibitor.slice(0, 8)} is open`);
    expect(out).toContain('silenced by config/works until 2099-01-01 00:00:00Z');
    expect(out).toContain('muted: route night does not speak until');
  });

  it('lets no text speak to the terminal, and paints only a terminal', async () => {
    await stage.ingest({ a: { ...SQLI, actor: HOSTILE } });
    const plain = await stage.tocsin(['alerts']);
    expect(plain.out).toContain(String.raw`actor=\u{1b}[2J\u{202e}evil\u{a}<!channel>`);
    expect(plain.out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    const painted = await stage.tocsin(['alerts'], { terminal: 'coloured' });
    expect(painted.out).toBe(plain.out);
  });

  it('paints what is bad on a terminal', async () => {
    await stage.ingest({ a: SQLI });
    let out = '';
    const io = {
      ...{ stdin: process.stdin, env: {}, cwd: stage.bench.folder, terminal: true, columns: 100 },
      out(text: string) {
        out += text;
      },
      err: () => undefined,
      ...{ colour: { out: true, err: true }, stop: new AbortController().signal, onHangup: () => undefined },
    };
    await runCli(['alerts', '-c', stage.config], io);
    expect(out).toMatch(/\u001b\[31m[0-9a-f]{8} +open +HIGH/);
  });

  it('lists alerts beside a broken rule: that is not the time to mend it', async () => {
    await stage.ingest({ a: SQLI });
    stage.write('rules/broken.yaml', 'nonsense');
    expect((await stage.tocsin(['alerts'])).code).toBe(0);
  });

  it('cannot look without a configuration', async () => {
    stage.write('config.yaml', 'nonsense: 1');
    const { code, err } = await stage.tocsin(['alerts']);
    expect(code).toBe(2);
    expect(err).toContain('is not valid, so its store cannot be found');
  });
});

describe('tocsin ack', () => {
  const fingerprintOf = async (): Promise<string> =>
    objects((await stage.tocsin(['alerts', '--json', '--all'])).out)[0].fingerprint;

  it('takes an alert in hand by the beginning of its fingerprint', async () => {
    await stage.ingest({ a: SQLI });
    const fingerprint = await fingerprintOf();
    const { code, out } = await stage.tocsin([
      'ack',
      fingerprint.slice(0, 6).toUpperCase(),
      '--note',
      'on it',
    ]);
    expect({ code, out }).toEqual({
      code: 0,
      out: `acknowledged ${fingerprint.slice(0, 8)} sqli actor=203.0.113.9\n`,
    });
    const [alert] = await stage.bench.store.listAlerts({ limit: 1 });
    expect(alert).toMatchObject({ state: 'acknowledged', acknowledged: { by: 'ana', note: 'on it' } });
    expect((await stage.tocsin(['alerts'])).out).toContain('  acknowledged by ana 0s ago: on it');
  });

  it('keeps what the daemon counts meanwhile: no match is lost, and the hand stays', async () => {
    await stage.ingest({ a: SQLI });
    const fingerprint = await fingerprintOf();
    const args = ['src/main.ts', 'ack', fingerprint, '--by', 'ana', '-c', stage.config];
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const exited = once(child, 'exit');
    let count = 1;
    while (child.exitCode === null) {
      count += 1;
      await stage.ingest({ [`e${count}`]: SQLI });
      await stage.bench.clock.sleep(0);
    }
    expect(await exited).toEqual([0, null]);
    expect(await stage.bench.store.listAlerts({ limit: 1 })).toMatchObject([
      { state: 'acknowledged', count, acknowledged: { by: 'ana' } },
    ]);
  });

  it.each<[string, (fingerprint: string) => readonly string[], number, string]>([
    ['says who has it already', (f) => [f, '--by', 'bob'], 0, 'ana has'],
    ['knows no such alert', () => ['0000000000000000'], 1, 'no alert'],
    ['takes no other text', () => ["x' OR 1=1"], 1, "is no alert's fingerprint"],
    ['takes those that it can, and says that one is missing', (f) => [f, '0000'], 1, 'begins with 0000'],
  ])('%s', async (_, args, code, said) => {
    await stage.ingest({ a: SQLI });
    const fingerprint = await fingerprintOf();
    await stage.tocsin(['ack', fingerprint]);
    const ran = await stage.tocsin(['ack', ...args(fingerprint)]);
    expect(ran.code).toBe(code);
    expect(ran.out + ran.err).toContain(said);
    expect(await stage.bench.store.listAlerts({ limit: 1 })).toMatchObject([{ acknowledged: { by: 'ana' } }]);
  });

  it('takes nothing where several begin alike', async () => {
    await stage.ingest(
      Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [`e${i}`, { ...SQLI, actor: `203.0.113.${i}` }]),
      ),
    );
    const all = objects((await stage.tocsin(['alerts', '--json'])).out).map(
      ({ fingerprint }) => fingerprint[0],
    );
    const digit = all.find((each, index) => all.indexOf(each) !== index);
    const { code, err } = await stage.tocsin(['ack', digit]);
    expect(code).toBe(1);
    expect(err).toContain(`several alerts begin with ${digit}`);
  });

  it('leaves alone what is over', async () => {
    await stage.ingest({ a: SQLI });
    const fingerprint = await fingerprintOf();
    await stage.notify(2 * 3_600_000);
    const { code, err } = await stage.tocsin(['ack', fingerprint]);
    expect(code).toBe(1);
    expect(err).toContain('is over; nothing to take in hand');
  });

  it('wants a name, and tells programs what became of each', async () => {
    await stage.ingest({ a: SQLI });
    const fingerprint = await fingerprintOf();
    const nobody = await stage.tocsin(['ack', fingerprint], { env: {} });
    expect(nobody).toMatchObject({ code: 2, err: expect.stringContaining('--by NAME') });
    const { out } = await stage.tocsin(['ack', '--json', '--by', HOSTILE, fingerprint, 'ffff']);
    expect(objects(out)).toMatchObject([
      { asked: fingerprint, result: 'acknowledged', fingerprint, acknowledged: { by: HOSTILE } },
      { asked: 'ffff', result: 'unknown' },
    ]);
    expect((await stage.tocsin(['alerts'])).out).toContain(String.raw`acknowledged by \u{1b}[2J\u{202e}evil`);
  });
});
