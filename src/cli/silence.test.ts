import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rules } from '../../test/pipeline/bench.ts';
import { createStage, type Stage } from '../../test/pipeline/cli-stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
  await stage.ingest({ a: SQLI, b: { ...SQLI, actor: '203.0.113.10' } });
});
afterEach(() => stage.close());

const SQLI = { filterId: 'SQLInjection', host: 'api.example', method: 'GET', url: "/x?q=${it's}" };
/** The rule, more severe than it was. */
const WORSE = `
id: sqli
source: malicious_events
info: { severity: CRITICAL, name: SQL injection }
filter: { filter_id: { eq: SQLInjection } }
`;
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

  it.each(['203.0.113.9', 'a"b\\c: ${x} \u202e {', '\n- x', '~', ''])(
    'means an alert of %j by its fingerprint, and no other',
    async (actor) => {
      await stage.ingest({ c: { ...SQLI, actor } });
      const { fingerprint } = await alertOf(actor);
      const { code, out } = await add('--alert', fingerprint.slice(0, 8), '--json', ...WHY);
      expect(code).toBe(0);
      expect(objects(out)).toMatchObject([
        {
          id: expect.any(String),
          by: 'ana',
          reason: 'our own scanner',
          alerts: 1,
          fingerprints: [fingerprint],
        },
      ]);
      expect(await quiet()).toEqual([fingerprint]);
    },
  );

  it('keeps quiet one alert whose actor nobody knows, not all 22 of its rule', async () => {
    const many = Array.from({ length: 19 }, (_, index) => [
      `m${index}`,
      { ...SQLI, actor: `198.51.100.${index}` },
    ]);
    await stage.ingest({ none: { ...SQLI, actor: '' }, ...Object.fromEntries(many) });
    expect(objects((await stage.tocsin(['alerts', '--json'])).out)).toHaveLength(22);
    const { fingerprint } = await alertOf('');
    await add('--alert', fingerprint, ...WHY);
    expect(await quiet()).toEqual([fingerprint]);
    await stage.notify(6 * 60_000);
    const waiting = await stage.bench.store.countDeliveries();
    expect(waiting.find(({ destination }) => destination === 'oncall')).toMatchObject({ count: 21 });
  });

  it('names several alerts, each once', async () => {
    const [a, b] = [await alertOf('203.0.113.9'), await alertOf('203.0.113.10')];
    const { out, err } = await add(
      '--alert',
      a.fingerprint,
      '--alert',
      b.fingerprint,
      '--alert',
      a.fingerprint,
      ...WHY,
    );
    expect(out).toMatch(/silent until .*\(in 2h\)\n$/);
    expect(err).toContain(`alert ${a.fingerprint.slice(0, 8)} HIGH sqli actor=203.0.113.9\n`);
    expect(err).toContain('it breaks if the alert becomes more severe or an exploit succeeds; end it with');
    expect((await quiet()).toSorted()).toEqual([a.fingerprint, b.fingerprint].toSorted());
  });

  it('refuses the whole where one of several is not known', async () => {
    const { fingerprint } = await alertOf('203.0.113.9');
    const { code, err } = await add('--alert', fingerprint, '--alert', '0000000000000000', ...WHY);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('--alert: no alert') });
    expect(await stage.bench.store.listSilences(0)).toEqual([]);
  });
});

const alertOf = async (actor: string) =>
  objects((await stage.tocsin(['alerts', '--json'])).out).find(({ group }) => group.actor === actor);
const quiet = async (): Promise<readonly string[]> =>
  objects((await stage.tocsin(['alerts', '--json'])).out)
    .filter((alert) => alert.quiet.length > 0)
    .map(({ fingerprint }) => fingerprint);

describe('a filter that covers several open alerts', () => {
  const BOTH = '{ rule: { eq: sqli } }';
  const typed = (answer: string) =>
    stage.tocsin(['silence', 'add', BOTH, ...WHY], { terminal: 'plain', typed: answer });

  it.each<[string, readonly string[], number]>([
    ['nobody can be asked', [BOTH], 2],
    ['a program asks', [BOTH, '--json'], 2],
    ['it is said that all are meant', [BOTH, '--yes'], 0],
    ['a program says so', [BOTH, '--json', '-y'], 0],
    ['--all is said of a filter that does not pass everything', [BOTH, '--all'], 2],
    ['--all is said of one that does', ['{ severity: { gte: INFO } }', '--all'], 0],
    ['it covers one', ['{ actor: { eq: 203.0.113.9 } }'], 0],
    ['it covers none', ['{ actor: { eq: 192.0.2.1 } }'], 0],
  ])('%s', async (_, args, code) => {
    const ran = await add(...args, ...WHY);
    expect(ran.code).toBe(code);
    expect(await stage.bench.store.listSilences(0)).toHaveLength(code === 0 ? 1 : 0);
    if (code === 2)
      expect(ran).toMatchObject({
        out: '',
        err: 'tocsin: nothing is silenced: the filter covers 2 open alerts; say --yes if all of them are meant, or name alerts with --alert\n',
      });
  });

  it('asks on a terminal, and shows what it covers', async () => {
    const { code, err } = await typed('y\n');
    expect(code).toBe(0);
    expect(err).toContain('the filter covers 2 open alerts:\n');
    expect(err).toMatch(/^ {2}[0-9a-f]{8} HIGH sqli actor=203\.0\.113\.10$/m);
    expect(err).toContain('keep all of them quiet? [y/N] 2 open alerts match now; end it with');
    expect(await quiet()).toHaveLength(2);
  });

  it('shows no secret and lets no text speak to the terminal', async () => {
    const actor =
      'x\u001b[2J eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
    await stage.ingest({ c: { ...SQLI, actor } });
    const asked = (await typed('n\n')).err;
    expect(asked).toContain('x\\u{1b}[2J');
    expect(asked).not.toContain('dozjgNryP4J3');
    const { fingerprint } = objects((await stage.tocsin(['alerts', '--json'])).out).find(({ group }) =>
      group.actor.startsWith('x'),
    );
    const { err } = await add('--alert', fingerprint, ...WHY);
    expect(err).toContain(fingerprint.slice(0, 8));
    expect(err).not.toContain('dozjgNryP4J3');
  });

  it.each(['n\n', '\n', '', 'sure\n'])('silences nothing after %j', async (answer) => {
    const { code, err } = await typed(answer);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('nothing is silenced') });
    expect(await stage.bench.store.listSilences(0)).toEqual([]);
  });

  it('does not take for an answer what is piped in', async () => {
    const ran = await stage.tocsin(['silence', 'add', BOTH, ...WHY], { terminal: 'plain', stdin: 'y\n' });
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('say --yes') });
  });

  it('says of a filter that covers nothing what might be a slip', async () => {
    const slip = await add('{ rule: { eq: sqly }, host: { eq: API.example } }', ...WHY);
    expect(slip.err).toContain('0 open alerts match now\n');
    expect(slip.err).toContain('no alert that is kept has the rule "sqly"; did you mean "sqli"?');
    expect(slip.err).not.toContain('the host');
    const asked = await add('{ rule: { eq: zzzzzzzzzz } }', '--json', ...WHY);
    expect(objects(asked.out)).toMatchObject([{ alerts: 0 }]);
    expect(asked.err).toContain('no alert that is kept has the rule "zzzzzzzzzz"\n');
  });
});

describe('a silence that ends with its alert', () => {
  const named = async (...args: readonly string[]) => {
    const { fingerprint } = await alertOf('203.0.113.9');
    return { fingerprint, ...(await add('--alert', fingerprint, '--reason', 'known', ...args)) };
  };
  const told = async () =>
    (await stage.deliver('oncall')).deliveries.flatMap((each) =>
      each.kind === 'alert' ? each.notification.alerts.map(({ group }) => group['actor']) : [],
    );

  it('needs no time, and has one all the same', async () => {
    expect(await named('--until-resolved')).toMatchObject({
      code: 0,
      out: expect.stringContaining('(in 7d)'),
      err: expect.stringContaining('silent until it is over; it breaks'),
    });
    expect((await named('--until-resolved', '--for', '1h')).out).toContain('(in 1h)');
    expect((await stage.tocsin(['silence', 'list'])).out).toMatch(/ alert [0-9a-f]{8} until over +known\n/);
  });

  it.each<[string, readonly string[], string]>([
    ['no time at all', [], '--for: say for how long'],
    ['too long a time', ['--until-resolved', '--for', '91d'], 'at most 90d'],
  ])('refuses %s', async (_, args, said) => {
    expect(await named(...args)).toMatchObject({ code: 2, err: expect.stringContaining(said) });
  });

  it('is refused for a filter, and for what is over', async () => {
    const filter = await add('{ actor: { eq: 203.0.113.9 } }', '--until-resolved', ...WHY);
    expect(filter).toMatchObject({
      code: 2,
      err: expect.stringContaining('--until-resolved: needs --alert'),
    });
    await stage.notify(3 * 3_600_000);
    const { fingerprint } = objects((await stage.tocsin(['alerts', '--all', '--json'])).out)[0];
    const over = await add('--alert', fingerprint, '--until-resolved', ...WHY);
    expect(over).toMatchObject({ code: 1, err: expect.stringContaining('is over already') });
    expect(await add('--alert', fingerprint, ...WHY)).toMatchObject({
      code: 0,
      err: expect.stringContaining('which is over now'),
    });
  });

  it('lets the next episode page', async () => {
    const { fingerprint } = await named('--until-resolved');
    await stage.notify(6 * 60_000);
    expect(await told()).toEqual(['203.0.113.10']);
    await stage.notify(3 * 3_600_000);
    await told();
    expect((await stage.tocsin(['silence', 'list'])).out, 'it is over with its alert').toBe('');
    const all = objects((await stage.tocsin(['silence', 'list', '--expired', '--json'])).out);
    expect(all).toMatchObject([{ state: 'over', fingerprints: [fingerprint], untilResolved: true }]);
    await stage.ingest({ again: { ...SQLI, actor: '203.0.113.9' } });
    await stage.notify(30_000);
    expect(await told()).toEqual(['203.0.113.9']);
  });

  it('without that, keeps the next episode quiet, too', async () => {
    await named('--for', '90d');
    await stage.notify(3 * 3_600_000);
    await told();
    await stage.ingest({ again: { ...SQLI, actor: '203.0.113.9' } });
    await stage.notify(30_000);
    expect(await told()).toEqual([]);
  });
});

describe('a silence whose alert becomes worse', () => {
  const exploit = { ...SQLI, successfulExploit: true };
  const told = async () =>
    (await stage.deliver('oncall')).deliveries.flatMap((each) =>
      each.kind === 'alert' ? [each.notification] : [],
    );

  it('is broken when an exploit succeeds, and that is shown everywhere', async () => {
    const { fingerprint } = await alertOf('203.0.113.9');
    const other = (await alertOf('203.0.113.10')).fingerprint;
    const [{ id }] = objects((await add('--alert', fingerprint, '--alert', other, '--json', ...WHY)).out);
    await stage.notify(6 * 60_000);
    expect(await told()).toEqual([]);
    await stage.ingest({ worse: { ...exploit, actor: '203.0.113.9' } });
    await stage.notify(30_000);
    expect(await told()).toMatchObject([{ group: { actor: '203.0.113.9' }, alerts: [{ fingerprint }] }]);

    const short = fingerprint.slice(0, 8);
    expect((await stage.tocsin(['silence', 'list'])).out).toContain(
      `\n  alert ${short}: broken: an exploit succeeded\n`,
    );
    expect(objects((await stage.tocsin(['silence', 'list', '--json'])).out)).toMatchObject([
      {
        id,
        state: 'active',
        alerts: 1,
        breakOnEscalation: true,
        broken: [{ fingerprint, reason: 'exploited' }],
      },
    ]);
    const line = `silence ${id} is broken: an exploit succeeded`;
    expect((await stage.tocsin(['alerts'])).out).toContain(`\n  ${line}\n`);
    expect(await alertOf('203.0.113.9')).toMatchObject({
      quiet: [],
      broken: [{ by: id, reason: 'exploited' }],
    });
    expect((await stage.tocsin(['why', fingerprint])).out).toContain(line);
    expect(JSON.parse((await stage.tocsin(['why', fingerprint, '--json'])).out)).toMatchObject({
      broken: [{ by: id, reason: 'exploited' }],
    });
    const tried = await stage.tocsin(['routes', 'test'], {
      stdin: JSON.stringify({ ...SQLI, actor: '203.0.113.9' }),
    });
    expect(tried.out).toContain(`  ${line}\n`);
  });

  it('would be broken by what routes test is given', async () => {
    const { fingerprint } = await alertOf('203.0.113.9');
    await add('--alert', fingerprint, ...WHY);
    const given = { ...exploit, actor: '203.0.113.9' };
    const tried = await stage.tocsin(['routes', 'test', '--json'], { stdin: JSON.stringify(given) });
    expect(JSON.parse(tried.out).matches[0]).toMatchObject({
      fingerprint,
      broken: [{ reason: 'exploited' }],
    });
  });

  it('is broken when its severity rises, for good', async () => {
    const { fingerprint } = await alertOf('203.0.113.9');
    await add('--alert', fingerprint, ...WHY);
    await stage.ingest({ worse: { ...SQLI, actor: '203.0.113.9' } }, rules(WORSE));
    expect((await stage.tocsin(['silence', 'list'])).out).toMatch(
      / broken .*\n {2}alert [0-9a-f]{8}: broken: rose to CRITICAL\n/,
    );
    await stage.notify(3 * 3_600_000);
    await stage.ingest({ again: { ...SQLI, actor: '203.0.113.9' } });
    expect(await alertOf('203.0.113.9')).toMatchObject({
      severity: 'HIGH',
      episode: 2,
      broken: [{ to: 'CRITICAL' }],
    });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string | undefined, object]>([
    ['its severity rises', {}, WORSE, { severity: 'CRITICAL' }],
    ['an exploit succeeds', { successfulExploit: true }, undefined, { alerts: [{ exploited: true }] }],
  ])('pages again where %s, its alert having been told of before', async (_, raw, text, expected) => {
    await stage.notify(6 * 60_000);
    expect(await told()).toHaveLength(2);
    const { fingerprint } = await alertOf('203.0.113.9');
    await add('--alert', fingerprint, ...WHY);
    await stage.ingest({ same: { ...SQLI, actor: '203.0.113.9' } });
    await stage.notify(10 * 60_000);
    expect(await told(), 'more of the same is silent').toEqual([]);
    const worse = { worse: { ...SQLI, ...raw, actor: '203.0.113.9' } };
    await stage.ingest(worse, text === undefined ? undefined : rules(text));
    await stage.notify(15_000);
    expect(await told()).toMatchObject([{ reason: 'grew', group: { actor: '203.0.113.9' }, ...expected }]);
  });

  it.each<[string, readonly string[], boolean]>([
    ['a filter stays silent', [], true],
    ['unless it was to break', ['--break-on-escalation'], false],
  ])('%s', async (_, args, isQuiet) => {
    await add('{ rule: { eq: sqli } }', '--yes', ...args, ...WHY);
    await stage.ingest({ worse: { ...exploit, actor: '203.0.113.9' } });
    const { fingerprint } = await alertOf('203.0.113.9');
    expect((await quiet()).includes(fingerprint)).toBe(isQuiet);
    expect((await quiet()).length).toBe(isQuiet ? 2 : 1);
  });

  it('a filter that breaks does not keep quiet what comes later and is worse', async () => {
    await add('{ source: { eq: akto } }', '--all', '--break-on-escalation', '--yes', ...WHY);
    await stage.ingest({ far: { ...SQLI, actor: '203.0.113.11', host: 'bank.example' } });
    const listed = objects((await stage.tocsin(['alerts', '--json'])).out);
    const of = (rule: string) =>
      listed.find((alert) => alert.rule === rule && alert.group.actor === '203.0.113.11');
    expect(of('far')).toMatchObject({ quiet: [], broken: [{ reason: 'rose', to: 'CRITICAL' }] });
    expect(of('sqli')).toMatchObject({ quiet: [{ reason: 'silenced' }], broken: [] });
  });

  it('a silence of the configuration breaks where it says so', async () => {
    const works = (name: string, more: string) =>
      `{ name: ${name}, when: { actor: { eq: 203.0.113.${name === 'soft' ? 9 : 10} } }, from: "2020-01-01T00:00", until: "2099-01-01T00:00", reason: moving${more} }`;
    await stage.close();
    stage = await createStage({
      more: `silences: [${works('soft', ', break_on_escalation: true')}, ${works('hard', '')}]`,
    });
    await stage.ingest({ a: { ...SQLI, actor: '203.0.113.9' }, b: { ...SQLI, actor: '203.0.113.10' } });
    expect(await quiet()).toHaveLength(2);
    await stage.ingest({ c: { ...exploit, actor: '203.0.113.9' }, d: { ...exploit, actor: '203.0.113.10' } });
    expect(await quiet()).toEqual([(await alertOf('203.0.113.10')).fingerprint]);
    expect((await alertOf('203.0.113.9')).broken).toEqual([{ by: 'config/soft', reason: 'exploited' }]);
  });
});

describe('an alert with several values', () => {
  it.each([
    '{ actor: { neq: 192.0.2.1 } }',
    '{ actor: { eq: "" } }',
    '{ actor: { not_contains: 192.0.2.1 } }',
  ])('is not covered as if it had none: %s', async (filter) => {
    const rule =
      'id: wide\nsource: malicious_events\ngroup_by: [host]\nfilter: { filter_id: { eq: Wide } }\n';
    await stage.close();
    stage = await createStage({ rules: { 'wide.yaml': rule } });
    const wide = { ...SQLI, filterId: 'Wide' };
    await stage.ingest({ a: { ...wide, actor: '203.0.113.1' }, b: { ...wide, actor: '203.0.113.2' } });
    await add(filter, '--all', '--yes', ...WHY);
    expect(objects((await stage.tocsin(['alerts', '--json'])).out)).toMatchObject([
      { rule: 'wide', count: 2, quiet: [], severalValues: ['actor'] },
    ]);
  });
});

describe('tocsin silence list', () => {
  it('says that nothing is silent', async () => {
    expect(await stage.tocsin(['silence', 'list'])).toEqual({ code: 0, out: '', err: 'nothing is silent\n' });
  });

  it('tells how long, how much it keeps quiet now, and who asked for it', async () => {
    await add('{ rule: { eq: sqli } }', '--yes', ...WHY, '--by', '\u001b[2Jeve');
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
    const { out } = await add('{ rule: { eq: sqli } }', '--yes', '--json', ...WHY);
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
