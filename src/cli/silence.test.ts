import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStage, type Stage } from '../../test/pipeline/cli-stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
  await stage.ingest({ a: SQLI, b: { ...SQLI, actor: '203.0.113.10' } });
});
afterEach(() => stage.close());

const SQLI = { filterId: 'SQLInjection', host: 'api.example', method: 'GET', url: "/x?q=${it's}" };
const objects = (out: string) =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const add = (...args: readonly string[]) => stage.tocsin(['silence', 'add', ...args]);
const WHY = ['--for', '2h', '--reason', 'our own scanner'];

describe('tocsin silence add', () => {
  it('keeps quiet what passes the filter, at once, and says how much that is', async () => {
    const { code, out, err } = await add('{ actor: { eq: 203.0.113.9 } }', ...WHY);
    expect(code).toBe(0);
    expect(out).toMatch(/^[a-z][a-z2-9]{4} {2}silent until \d{4}-.*\(in 2h\)\n$/);
    expect(err).toContain('1 open alert matches now; end it with "tocsin silence expire');
    await stage.notify(6 * 60_000);
    const told = await stage.deliver('oncall');
    expect(told).toMatchObject({ deliveries: [{ notification: { group: { actor: '203.0.113.10' } } }] });
  });

  it.each<[string, readonly string[], number, string]>([
    ['a word that is no term', ['{ acto: { eq: x } }', ...WHY], 2, '1 | { acto: { eq: x } }\n    |   ^'],
    [
      'a term that alerts do not keep',
      ['{ request_payload: { eq: x } }', ...WHY],
      2,
      'alerts have no payload',
    ],
    ['a severity that there is not', ['{ severity: { eq: HIHG } }', ...WHY], 2, 'did you mean "HIGH"?'],
    ['a source that there is not', ['{ source: { eq: aktoo } }', ...WHY], 2, 'did you mean "akto"?'],
    ['a feed that there is not', ['{ feed: { eq: audit } }', ...WHY], 2, 'write one of malicious_events'],
    ['what is no YAML', ['{ actor: ', ...WHY], 2, 'filter:1:'],
    ['a bare word', ['actor', ...WHY], 2, 'not a text'],
    ['nothing at all', ['', ...WHY], 2, 'not nothing'],
    ['what could never be', ['{}', ...WHY], 2, 'no alert could ever pass'],
    ['every alert', ['{ severity: { gte: INFO } }', ...WHY], 2, '--all'],
    ['all but one', ['{ actor: { neq: 203.0.113.9 } }', ...WHY], 2, '--all'],
    ['too long a time', ['{ rule: { eq: sqli } }', '--for', '91d', '--reason', 'x'], 2, 'at most 90d'],
    ['no time', ['{ rule: { eq: sqli } }', '--for', 'soon', '--reason', 'x'], 2, 'with its unit'],
    ['no reason', ['{ rule: { eq: sqli } }', '--for', '2h', '--reason', ' '], 2, 'say why'],
    ['a time that is over', ['{ rule: { eq: sqli } }', ...WHY, '--from', '2020-01-01'], 2, 'over already'],
    ['a filter and an alert', ['{ rule: { eq: sqli } }', '--alert', 'ff', ...WHY], 2, 'a filter, or --alert'],
    ['neither', [...WHY], 2, 'a filter, or --alert'],
    ['an alert that nobody knows', ['--alert', '0000000000000000', ...WHY], 1, '--alert: no alert'],
  ])('refuses %s, and silences nothing', async (_, args, code, said) => {
    const ran = await add(...args);
    expect(ran).toMatchObject({ code, out: '' });
    expect(ran.err).toContain(said);
    expect(await stage.bench.store.listSilences(0)).toEqual([]);
  });

  it('warns of a rule that nobody knows, and keeps it quiet all the same', async () => {
    const { code, err } = await add('{ rule: { eq: sqlli } }', ...WHY);
    expect(code).toBe(0);
    expect(err).toContain('warning unknown-name: no rule here is called "sqlli"; did you mean "sqli"?');
  });

  it('keeps everything quiet where that is said', async () => {
    expect((await add('{ severity: { gte: INFO } }', '--all', ...WHY)).code).toBe(0);
  });

  it.each(['203.0.113.9', 'a"b\\c: ${x} \u202e {', '\n- x', '~'])(
    'makes the filter from an alert of %j, and of no other',
    async (actor) => {
      await stage.ingest({ c: { ...SQLI, actor } });
      const alerts = objects((await stage.tocsin(['alerts', '--json'])).out);
      const { fingerprint } = alerts.find(({ group }) => group.actor === actor);
      const { code, out } = await add('--alert', fingerprint.slice(0, 8), '--json', ...WHY);
      expect(code).toBe(0);
      expect(objects(out)).toMatchObject([
        { id: expect.any(String), by: 'ana', reason: 'our own scanner', alerts: 1 },
      ]);
      const after = objects((await stage.tocsin(['alerts', '--json'])).out).filter(
        ({ quiet }) => quiet.length > 0,
      );
      expect(after.map((alert) => alert.fingerprint)).toEqual([fingerprint]);
    },
  );
});

describe('tocsin silence list', () => {
  it('says that nothing is silent', async () => {
    expect(await stage.tocsin(['silence', 'list'])).toEqual({ code: 0, out: '', err: 'nothing is silent\n' });
  });

  it('tells how long, how much it keeps quiet now, and who asked for it', async () => {
    await add('{ rule: { eq: sqli } }', ...WHY, '--by', '\u001b[2Jeve');
    const { out } = await stage.tocsin(['silence', 'list']);
    const [heading, row] = out.split('\n');
    expect(heading).toMatch(/^SILENCE +STATE +STARTS +ENDS +BY +ALERTS +UNTOLD +FILTER +REASON$/);
    expect(row).toMatch(
      /^[a-z2-9]{5} +active +0s ago +in 2h +\\u\{1b\}\[2Jeve +2 +2 +\{ rule: \{ eq: sqli \} \} +our own scanner$/,
    );
  });

  it('tells programs the same, those of the configuration too', async () => {
    await stage.close();
    stage = await createStage({
      more: 'silences: [{ name: works, when: { rule: { eq: sqli } }, from: "2020-01-01T00:00", until: "2099-01-01T00:00", reason: moving }]',
    });
    await add('{ rule: { eq: other } }', '--from', '2090-01-01', ...WHY).then(({ code }) =>
      expect(code).toBe(2),
    );
    await add('{ rule: { eq: other } }', ...WHY);
    const listed = objects((await stage.tocsin(['silence', 'list', '--json'])).out);
    expect(listed).toMatchObject([
      { id: 'config/works', state: 'active', reason: 'moving', ends: '2099-01-01T00:00:00.000Z', alerts: 0 },
      {
        id: expect.stringMatching(/^[a-z2-9]{5}$/),
        state: 'active',
        alerts: 0,
        untold: 0,
        unreadable: false,
      },
    ]);
  });
});

describe('tocsin silence expire', () => {
  it('ends it now: what still goes on is told of', async () => {
    const { out } = await add('{ rule: { eq: sqli } }', '--json', ...WHY);
    const [{ id }] = objects(out);
    await stage.notify(6 * 60_000);
    expect(await stage.deliver('oncall')).toMatchObject({ deliveries: [] });
    const ended = await stage.tocsin(['silence', 'expire', id]);
    expect(ended).toMatchObject({ code: 0, out: expect.stringContaining(`${id} has ended`) });
    expect((await stage.tocsin(['silence', 'list'])).out).toBe('');
    const all = objects((await stage.tocsin(['silence', 'list', '--expired', '--json'])).out);
    expect(all).toMatchObject([{ id, state: 'expired' }]);
    await stage.notify(60_000);
    expect(await stage.deliver('oncall')).toMatchObject({
      deliveries: [{ kind: 'alert' }, { kind: 'alert' }],
    });
  });

  it.each<[string, string, string]>([
    ['one that is not there', 'zzzzz', 'no silence zzzzz'],
    ['one of the configuration', 'config/works', 'stands in the configuration'],
    ['what speaks to the terminal', '\u001b[2J', 'no silence \\u{1b}[2J'],
  ])('cannot end %s', async (_, id, said) => {
    const { code, err } = await stage.tocsin(['silence', 'expire', id]);
    expect(code).toBe(1);
    expect(err).toContain(said);
    expect(JSON.parse((await stage.tocsin(['silence', 'expire', '--json', id])).out)).toEqual({
      id,
      expired: false,
    });
  });
});
