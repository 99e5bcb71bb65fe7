import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idOf } from '../../test/pipeline/bench.ts';
import { createStage, type Stage } from '../../test/pipeline/cli-stage.ts';
import { runTocsin } from '../../test/pipeline/fake-io.ts';

const HOSTILE = '\u001b]0;owned\u0007\u202e\n  forged: delivered';
const SQLI = { filterId: 'SQLInjection', host: 'api.example', method: 'GET', url: '/x' };

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
});
afterEach(() => stage.close());

const why = (...args: readonly string[]) => stage.tocsin(['why', ...args]);
const story = async (...args: readonly string[]) => JSON.parse((await why(...args, '--json')).out);
const sqliFingerprint = async (): Promise<string> =>
  JSON.parse((await stage.tocsin(['alerts', '--json'])).out.split('\n')[0] ?? '').fingerprint;

describe('tocsin why, of an event', () => {
  it.each([
    ['the id that receivers have', idOf('a')],
    ['the id that its feed has', 'a'],
  ])('finds it by %s', async (_, id) => {
    await stage.ingest({ a: SQLI });
    expect((await story(id)).event.id).toBe(idOf('a'));
  });

  it('tells all of it: fetched, matched, nearly matched, alert, notification, attempts', async () => {
    await stage.ingest({ a: SQLI });
    await stage.notify(60_000);
    await stage.deliver('oncall', () => ({ kind: 'retry', reason: 'HTTP 503' }));
    await stage.deliver('oncall', () => ({ kind: 'dead', reason: 'HTTP 413: too long' }));
    await stage.deliver('soar');
    const told = await story('a');
    expect(told).toMatchObject({
      kind: 'event',
      event: { id: idOf('a'), source: 'akto', feed: 'malicious_events', feedId: 'a', payload: 'kept' },
      rules: [{ rule: 'sqli', severity: 'HIGH' }],
      present: {
        added: [],
        gone: [],
        changed: [],
        nearMisses: [
          { rule: 'far', isIgnored: false },
          { rule: 'ours', isIgnored: true },
        ],
      },
      alerts: [
        { alert: { rule: 'sqli', state: 'open', count: 1 }, groups: [{ route: 'urgent', to: ['oncall'] }] },
      ],
      deliveries: [{ destination: 'soar', state: 'done', attempts: 1, history: [] }],
      notSent: [{ destination: 'oncall', because: 'it is sent alerts only' }, { destination: 'archive' }],
    });
    expect(Date.parse(told.event.committed) - Date.parse(told.event.polled)).toBe(2_000);
    expect(told.alerts[0].notifications).toMatchObject([
      {
        notification: { reason: 'opened', route: 'urgent', newCount: 1 },
        newCountOfAlert: 1,
        deliveries: [
          {
            ...{
              destination: 'oncall',
              state: 'dead',
              attempts: 2,
              redrive: expect.stringMatching(/^tocsin deliveries redrive \d+$/),
            },
            history: [
              { outcome: 'retry', times: 1, reason: 'HTTP 503' },
              { outcome: 'dead', times: 1, reason: 'HTTP 413: too long' },
            ],
          },
        ],
        notSent: [
          { destination: 'soar', because: 'it is sent matches only' },
          { destination: 'archive', because: 'route urgent does not name it' },
        ],
      },
    ]);
    const { out } = await why('a');
    for (const line of [
      '  rule sqli matched (HIGH)',
      'rule far nearly matched, but for host eq "bank.example" saw "api.example" (',
      'rule ours nearly matched: its "ignore" holds: method eq "GET" saw "GET" (',
      'oncall: given up',
      'dead: HTTP 413: too long',
      'send it again: tocsin deliveries redrive',
      'archive: not sent there: route urgent does not name it',
    ])
      expect(out).toContain(line);
  });

  it('leads to the alert of many actors where there was no room for one of its own', async () => {
    await stage.close();
    stage = await createStage({ bounds: { each: 1, all: 1, members: 1 } });
    const actors = Array.from({ length: 9 }, (_, index) => [
      `a${index}`,
      { ...SQLI, actor: `10.0.0.${index}` },
    ]);
    await stage.ingest(Object.fromEntries(actors));
    // The sample shows the newest five only.
    for (const id of ['a2', 'a8']) {
      const { alerts } = await story(id);
      expect(alerts).toMatchObject([
        { alert: { rule: 'sqli', ruleName: expect.stringContaining('many actors'), count: 7 } },
      ]);
    }
    expect((await story('a0')).alerts).toMatchObject([{ alert: { rule: 'sqli', count: 1 } }]);
  });

  it('tells how far the windows of its rules have come', async () => {
    await stage.ingest({ a: { filterId: 'Probe' }, b: { filterId: 'Probe' } });
    expect(await story('a')).toMatchObject({
      windows: [
        {
          rule: 'probe',
          name: 'thrice',
          count: 2,
          needed: 3,
          minutes: 60,
          counts: 'matches',
          since: expect.any(String),
        },
      ],
      alerts: [],
    });
    expect((await why('a')).out).toContain('window thrice of probe: 2 of 3 matches in the 60 min to ');
    await stage.ingest({ c: { filterId: 'Probe' } });
    expect(await story('a')).toMatchObject({
      windows: [{ count: 0 }],
      alerts: [{ alert: { rule: 'probe', count: 1 } }],
    });
  });

  it('says where the rules of now differ from those that judged it', async () => {
    await stage.ingest({ a: SQLI, b: SQLI });
    stage.write(
      'rules/sqli.yaml',
      'id: other\nsource: malicious_events\nfilter: { filter_id: { eq: SQLInjection } }\n',
    );
    stage.write(
      'rules/ours.yaml',
      'id: ours\nsource: malicious_events\nfilter: { filter_id: { eq: SQLInjection } }\n',
    );
    const told = await story('a');
    expect(told.present).toMatchObject({ added: ['ours', 'other'], gone: ['sqli'], changed: [] });
    // The rule is gone, and what it raised is found by the event that the alert shows.
    expect(told.alerts).toMatchObject([{ alert: { rule: 'sqli', count: 2 } }]);
    expect((await why('a')).out).toContain('rule sqli is there no more');
  });

  it('tells at most five near misses, the nearest first', async () => {
    await stage.ingest({ a: SQLI });
    for (const n of [0, 1, 2, 3, 4, 5, 6, 7])
      stage.write(
        `rules/n${n}.yaml`,
        `id: n${n}\nsource: malicious_events\nfilter: { method: { eq: GET }, url: { eq: /other }${n === 7 ? ', host: { eq: api.example }, filter_id: { eq: SQLInjection }' : ''} }\n`,
      );
    const { nearMisses } = (await story('a')).present;
    expect(nearMisses).toHaveLength(5);
    expect(nearMisses[0]).toMatchObject({ rule: 'n7', held: 3, condition: { words: 'url eq', saw: '"/x"' } });
  });

  it('shows no secret that a condition saw', async () => {
    await stage.ingest({ a: { ...SQLI, url: '/x?access_token=hunter2-hunter2' } });
    stage.write(
      'rules/u.yaml',
      'id: u\nsource: malicious_events\nfilter: { method: { eq: GET }, url: { eq: /other } }\n',
    );
    const { out } = await why('a');
    expect(out).toContain('rule u nearly matched, but for url eq "/other" saw "/x?access_token=[redacted');
    expect(out).not.toContain('hunter2');
  });

  it('says that nobody was told, and why: silenced', async () => {
    await stage.ingest({ a: SQLI });
    await stage.tocsin(['silence', 'add', '{ rule: { eq: sqli } }', '--for', '1d', '--reason', 'known']);
    await stage.notify(6 * 60_000);
    const { out } = await why('a');
    expect(out).toMatch(/ {2}silenced by [a-z2-9]{5} until .*: known\n/);
    expect(out).toContain('1 match untold; looked at');
    expect(out).toContain('held: silenced');
    expect(out).toContain('no notification has told of it since');
  });

  it('lets no text speak to the terminal or forge a line', async () => {
    await stage.ingest({ [`a${HOSTILE}`]: { ...SQLI, actor: HOSTILE, host: HOSTILE, url: HOSTILE } });
    await stage.notify(60_000);
    await stage.deliver('oncall', () => ({ kind: 'dead', reason: HOSTILE }));
    const { code, out } = await why(`a${HOSTILE}`);
    expect(code).toBe(0);
    expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    expect(out).not.toMatch(/^ +forged/m);
  });
});

describe('tocsin why, of the rest', () => {
  it('tells the story of an alert by the beginning of its fingerprint', async () => {
    await stage.ingest({ a: SQLI });
    await stage.notify(60_000);
    const fingerprint = await sqliFingerprint();
    await stage.tocsin(['ack', fingerprint, '--note', HOSTILE]);
    const told = await story(fingerprint.slice(0, 8));
    expect(told).toMatchObject({
      kind: 'alert',
      alert: { fingerprint, state: 'acknowledged', acknowledged: { by: 'ana' } },
      notifications: [{ notification: { reason: 'opened' } }],
      omittedNotifications: 0,
    });
    expect((await why(fingerprint)).out).toMatch(/^ {2}acknowledged by ana .*\\u\{1b\}\]0;owned/m);
  });

  it('finds notifications of an alert that has left its group: when it is over', async () => {
    await stage.ingest({ a: SQLI });
    const fingerprint = await sqliFingerprint();
    await stage.notify(60_000);
    await stage.notify(2 * 3_600_000);
    await stage.notify(600_000);
    const told = await story(fingerprint);
    expect(told).toMatchObject({ alert: { state: 'resolved' }, groups: [] });
    const reasons = told.notifications.map(
      ({ notification }: { notification: { reason: string } }) => notification.reason,
    );
    expect(reasons).toEqual(['opened', 'resolved']);
  });

  it('tells the story of a notification and of a delivery by what "deliveries" shows of them', async () => {
    await stage.ingest({ a: SQLI });
    await stage.notify(60_000);
    const listed = (await stage.tocsin(['deliveries', 'list', '--json'])).out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const [event, alert] = listed;
    expect(await story(`${alert.deliveryId}#2`)).toEqual(await story(alert.deliveryId));
    expect(await story(alert.deliveryId)).toMatchObject({
      kind: 'notification',
      notification: { id: alert.deliveryId, alerts: [{ rule: 'sqli' }] },
    });
    expect(await story(String(event.seq))).toMatchObject({
      kind: 'delivery',
      delivery: { number: event.seq },
      event: { event: { id: idOf('a') } },
    });
    expect(await story(String(alert.seq))).toMatchObject({
      kind: 'delivery',
      notification: { notification: { id: alert.deliveryId } },
    });
    expect((await why(String(alert.seq))).out).toContain('  alert ');
  });

  it('remembers an outage as one entry, and that a person sent it again', async () => {
    await stage.ingest({ a: SQLI });
    for (let attempt = 0; attempt < 30; attempt += 1) {
      await stage.deliver('soar', () => ({ kind: 'retry', reason: 'HTTP 503' }));
      await stage.bench.clock.advance(1_000);
    }
    await stage.deliver('soar', () => ({ kind: 'hold', reason: 'the token was revoked' }));
    await stage.deliver('soar', () => ({ kind: 'dead', reason: 'gone' }));
    await stage.tocsin(['deliveries', 'redrive', '--all']);
    await stage.bench.clock.advance(600_000);
    await stage.deliver('soar');
    expect((await story('a')).deliveries).toMatchObject([
      {
        state: 'done',
        history: [
          { outcome: 'retry', times: 30, reason: 'HTTP 503' },
          { outcome: 'held', times: 1 },
          { outcome: 'dead', reason: 'gone' },
          { outcome: 'redriven', times: 1 },
        ],
      },
    ]);
  });

  it('shows the answers that nobody understood, as "deliveries show" does', async () => {
    await stage.ingest({ a: SQLI });
    const answer = '<title>Log in</title>\u001b[2J token=planted-7c1e9b2d44';
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await stage.deliver('soar', () => ({ kind: 'unclear', reason: 'it answered 200', answer }));
      await stage.bench.clock.advance(600_000);
    }
    const said = /it answered 200; it said: "Log in" <title>Log in<\/title>\\u\{1b\}\[2J token=\[redacted/;
    for (const told of [await why('a'), await stage.tocsin(['deliveries', 'show', '1'])]) {
      expect(told.out).toMatch(new RegExp(`unclear, 2 times .*${said.source}`));
      expect(told.out).toMatch(new RegExp(`dead: given up after 3 answers .*${said.source}`));
      expect(told.out).not.toContain('planted');
    }
    const [delivery] = (await story('a')).deliveries;
    expect(delivery.history).toMatchObject([{ outcome: 'unclear', times: 2 }, { outcome: 'dead' }]);
    expect((await stage.tocsin(['deliveries', 'list'])).out).toMatch(said);
  });

  it.each([
    ['akto/malicious', [idOf('a')]],
    ['ak', []],
    ['nothing-like-it', []],
    ['', []],
    ["a' OR '1'='1", []],
  ])('says of %j that nobody knows of it, and what is near', async (what, nearest) => {
    await stage.ingest({ a: SQLI });
    const { code, out, err } = await why(what, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({ kind: 'unknown', asked: what, nearest });
    expect(err).toContain('nobody knows of');
  });

  it('tells what the store knows beside a broken rule, and without any configuration by --store', async () => {
    await stage.ingest({ a: SQLI });
    stage.write('rules/broken.yaml', 'nonsense');
    const beside = await why('a');
    expect(beside).toMatchObject({ code: 0, err: expect.stringContaining('a rule is not valid') });
    expect(beside.out).toContain('alert ');
    stage.write('config.yaml', 'nonsense: 1');
    expect(await why('a')).toMatchObject({ code: 2, err: expect.stringContaining('--store FILE') });
    const alone = await why('a', '--store', stage.bench.file);
    expect(alone).toMatchObject({ code: 0, err: expect.stringContaining('only what the store knows') });
    expect(alone.out).toContain('rule sqli matched (HIGH)');
    expect(alone.out).toContain('soar: waits');
    expect(await why('a', '--store', `${stage.bench.file}.no`)).toMatchObject({ code: 2 });
  });

  it('tells that a payload was cleared', async () => {
    await stage.ingest({ a: SQLI });
    await stage.deliver('soar');
    await stage.bench.store.prune(
      { eventsMs: 1e12, deadLettersMs: 1e12, maxBytes: 1, lookbackMs: 1e12 },
      stage.bench.clock.now(),
    );
    const { out } = await why(idOf('a'));
    expect(out).toContain('its payload was cleared to make room');
    expect(out).toContain('rule sqli matched');
  });
});

describe('tocsin, of a rule that yields', () => {
  const vendor = 'id: vendor\nyields: true\nfilter: { severity: { gte: LOW } }\n';
  const EVENT = { ...SQLI, severity: 'HIGH' };
  beforeEach(async () => {
    await stage.close();
    stage = await createStage({ rules: { 'vendor.yaml': vendor } });
  });

  it('why says that it matched, to whom it yielded, and no alert of it', async () => {
    await stage.ingest({ a: EVENT });
    const { out } = await why('a');
    expect(out).toContain('rule vendor matched (HIGH) and yielded to sqli: it raised no alert\n');
    const told = await story('a');
    expect(told.rules).toContainEqual({
      rule: 'vendor',
      name: 'vendor',
      severity: 'HIGH',
      yieldedTo: ['sqli'],
    });
    expect(told.alerts.map(({ alert }: { alert: { rule: string } }) => alert.rule)).toEqual(['sqli']);
  });

  it.each([
    [
      ['rules', 'explain', 'vendor', '-c', 'config.yaml'],
      /^vendor matches this event; it yields to sqli and raises no alert\n/,
    ],
    [['match', '-r', 'FOLDER/rules'], /"rule":"vendor","severity":"HIGH","yields_to":\["sqli"\]}\n/],
    [
      ['routes', 'test', '-c', 'config.yaml'],
      /^vendor \(HIGH\) matches; it yields to sqli and raises no alert$/m,
    ],
  ])('%s says so too', async (args, told) => {
    const { out } = await runTocsin(
      args.map((arg) => arg.replace('FOLDER', stage.bench.folder)),
      { cwd: stage.bench.folder, stdin: JSON.stringify(EVENT) },
    );
    expect(out).toMatch(told);
  });
});
