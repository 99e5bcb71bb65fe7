import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Hazard } from '../../src/demo/akto-simulator/index.ts';
import { MANIFEST, rule, stageForEach, template } from './pull-stage.ts';

const on = stageForEach();

describe('names that the server chose', () => {
  it.each<[id: string, file: string]>([
    ['../../etc/x', '___.._etc_x.yaml'],
    ['/etc/passwd', '_etc_passwd.yaml'],
    ['..\\..\\x', '___.._x.yaml'],
    ['CON', '_CON.yaml'],
    ['nul.txt', '_nul.txt.yaml'],
    ['.hidden', '_hidden.yaml'],
    ['-rf', '_rf.yaml'],
    ['a\u0000b', 'a_b.yaml'],
    ['\u001b[2Jx', '__2Jx.yaml'],
    ['Ärger', '_rger.yaml'],
    ['🔥', '__.yaml'],
    ['a\u202eb', 'a_b.yaml'],
    ['X.yaml', 'X.yaml'],
    ['.tocsin-pull.json', '_tocsin-pull.json.yaml'],
    ['__proto__', '__proto__.yaml'],
    ['x'.repeat(300), `${'x'.repeat(100)}.yaml`],
  ])('%j stays in the folder', async (id, file) => {
    on.stage.server.setTemplates([{ id, content: rule('R') }]);
    const report = await on.stage.pullJson();
    expect(report).toMatchObject({ code: 0, written: [{ id, file: join('rules', 'pulled', file) }] });
    expect(readdirSync(on.stage.into).sort()).toEqual([MANIFEST, file].sort());
    expect(readdirSync(on.stage.folder).sort()).toEqual(['config.yaml', 'rules']);
    expect(await on.stage.pullJson()).toMatchObject({ unchanged: [{ id }] });
  });

  it('that are the same file get suffixes, and keep them whatever comes later', async () => {
    on.stage.server.setTemplates(['b/c', 'b:c', 'foo'].map((id, i) => ({ id, content: rule(`R${i}`) })));
    expect(await on.stage.pullJson()).toMatchObject({ code: 0, written: { length: 3 } });
    const names = on.stage.rulesThere();
    expect(names).toEqual([expect.stringMatching(/^b_c-[0-9a-f]{8}\.yaml$/), 'b_c.yaml', 'foo.yaml']);
    on.stage.server.setTemplates(
      ['Foo', 'b c', 'foo', 'b:c', 'b/c'].map((id, i) => ({ id, content: rule(`N${i}`) })),
    );
    expect(await on.stage.pullJson()).toMatchObject({ code: 0, kept: [], written: { length: 5 } });
    expect(on.stage.rulesThere()).toEqual(expect.arrayContaining(names));
    expect(new Set(on.stage.rulesThere().map((name) => name.toLowerCase())).size).toBe(5);
  });

  it('lead through no link', async () => {
    const outside = join(on.stage.folder, 'outside.txt');
    writeFileSync(outside, 'precious');
    mkdirSync(on.stage.into);
    symlinkSync(outside, join(on.stage.into, 'A.yaml'));
    on.stage.server.setTemplates([template('A')]);
    for (const more of [[], ['--force']]) {
      const { out } = await on.stage.pull(...more);
      expect(out).toContain('kept     rules/pulled/A.yaml: a link or a folder is in the way\n');
    }
    expect(readFileSync(outside, 'utf8')).toBe('precious');
    expect(lstatSync(join(on.stage.into, 'A.yaml')).isSymbolicLink()).toBe(true);
  });

  it('are not followed out of the folder where the manifest was tampered with', async () => {
    mkdirSync(on.stage.into);
    const files = { '../a.yaml': { source: 'akto0', id: 'A' }, '/tmp/x.yaml': { source: 'akto0', id: 'A' } };
    writeFileSync(join(on.stage.into, MANIFEST), JSON.stringify({ version: 1, files }));
    on.stage.server.setTemplates([template('A')]);
    expect(await on.stage.pullJson()).toMatchObject({
      written: [{ file: join('rules', 'pulled', 'A.yaml') }],
    });
  });
});

describe('rules that would stop others from being read', () => {
  it.each<[why: string, content: string, code: string]>([
    ['no YAML', 'id: [\n', 'yaml-syntax'],
    ['no rule', 'hello\n', 'wrong-type'],
    ['an unknown word', 'id: B\nfilter: { url: { contain: x } }\n', 'unknown-word'],
    ['a word that needs the vendor', 'id: B\nfilter:\n  api_type: { eq: x }\n', 'unsupported-operator'],
    ['a pattern that does not compile', 'id: B\nfilter: { url: { regex: "(" } }\n', 'bad-pattern'],
  ])('are told with their place and not written: %s', async (_, content, code) => {
    on.stage.server.setTemplates([template('A'), { id: 'B', content }]);
    const ran = await on.stage.pull();
    expect(ran.code).toBe(1);
    expect(ran.out).toContain(
      'invalid  rules/pulled/B.yaml\n1 new, 0 changed, 0 kept, 0 unchanged, 1 invalid\n',
    );
    expect(ran.err).toMatch(new RegExp(`^rules/pulled/B\\.yaml:\\d+:\\d+: error ${code}: `));
    expect(on.stage.rulesThere()).toEqual(['A.yaml']);
    expect(on.stage.loadErrors()).toEqual([]);
    expect(await on.stage.pullJson()).toMatchObject({
      code: 1,
      invalid: [{ id: 'B', problems: [{ code }] }],
    });
  });

  it('leave the rule that was pulled before', async () => {
    on.stage.server.setTemplates([template('A')]);
    await on.stage.pull();
    on.stage.server.setTemplates([{ id: 'A', content: 'id: [' }]);
    expect(await on.stage.pullJson('--force')).toMatchObject({
      code: 1,
      invalid: [{ id: 'A' }],
      written: [],
    });
    expect(on.stage.pulled('A.yaml')).toBe(rule('A'));
  });

  it('are skipped where a rule of ours has their id', async () => {
    writeFileSync(join(on.stage.folder, 'rules', 'mine.yaml'), rule('Taken'));
    on.stage.server.setTemplates([{ id: 'ServerName', content: rule('Taken', 'y') }, template('A')]);
    const { code, out } = await on.stage.pull();
    expect(code).toBe(0);
    expect(out).toContain(
      'skipped  rules/pulled/ServerName.yaml: the rule id "Taken" is in rules/mine.yaml\n1 new, 0 changed, 0 kept, 0 unchanged, 1 skipped\n',
    );
    expect(on.stage.loadErrors()).toEqual([]);
  });

  it('are skipped where another template has their id: the one that was there first stays', async () => {
    on.stage.server.setTemplates([{ id: 'Z', content: rule('Same') }]);
    await on.stage.pull();
    on.stage.server.setTemplates([
      { id: 'A', content: rule('Same') },
      { id: 'Z', content: rule('Same', 'new') },
    ]);
    expect(await on.stage.pullJson()).toMatchObject({
      written: [{ id: 'Z' }],
      skipped: [{ id: 'A', why: `the rule id "Same" is in ${join('rules', 'pulled', 'Z.yaml')}` }],
    });
    expect(on.stage.loadErrors()).toEqual([]);
  });

  it('are not written where the server sends no content, too much of it, or an id twice', async () => {
    const big = { id: 'Big', content: rule('Big', 'x'.repeat(1_048_576)) };
    const twice = [
      { ...template('T', 'older'), updatedAt: 1_700_000_000 },
      { ...template('T', 'newer'), updatedAt: 1_700_000_001 },
    ];
    on.stage.server.setTemplates([
      { id: 'Null', content: 'null' },
      { id: '', content: rule('X') },
      big,
      ...twice,
    ]);
    const report = await on.stage.pullJson();
    expect(report).toMatchObject({ code: 1, written: [{ id: 'T' }], invalid: { length: 4 } });
    expect(on.stage.pulled('T.yaml')).toBe(rule('T', 'newer'));
  });
});

describe('a terminal', () => {
  it('is shown what the server wrote, and obeys none of it', async () => {
    on.stage.server.setTemplates([template('A', 'old')]);
    await on.stage.pull();
    on.stage.server.setTemplates([
      { id: 'A', content: rule('A', 'new', '# \u001b]0;owned\u0007\u009b2J \u202e\u200b\r#\n') },
    ]);
    const { out } = await on.stage.pull();
    expect(out).toContain('# \\x1b]0;owned\\x07\\x9b2J \\u{202e}\\u{200b}\\x0d#');
    expect(out).not.toMatch(/[^\n\P{C}]/u);
  });

  it('stays itself where ids, contents and errors are hostile', async () => {
    const evil = '\u001b[2J\u0007\u202e';
    on.stage.server.setTemplates([
      { id: evil, content: `id: "${evil}\nfilter: [` },
      { id: `b${evil}`, content: '' },
    ]);
    const { code, out, err } = await on.stage.pull();
    expect(code).toBe(1);
    expect(out + err).not.toMatch(/[^\n\P{C}]/u);
  });

  it('is not kept busy by a text that differs everywhere', async () => {
    const lines = (word: string): string => `#${word} \n`.repeat(20_000);
    on.stage.server.setTemplates([template('A', 'a', lines('a'))]);
    await on.stage.pull();
    on.stage.server.setTemplates([template('A', 'b', lines('b'))]);
    const { code, out } = await on.stage.pull();
    expect([code, out.includes('too different to be shown')]).toEqual([0, true]);
  });
});

describe('a pull that cannot be done', () => {
  it.each<[why: string, answer: Hazard, says: string]>([
    ['no list', { kind: 'null_list', spelled: 'missing' }, 'without a list of templates'],
    ['null', { kind: 'null_list', spelled: 'null' }, 'without a list of templates'],
    ['the text null', { kind: 'null_list', spelled: 'string' }, 'without a list of templates'],
    ['a login page', { kind: 'login_page' }, 'an HTML page'],
    ['a revoked key', { kind: 'forbidden', body: 'html' }, 'refused the API key'],
    ['an exception', { kind: 'exception' }, '(422)'],
    ['half an answer', { kind: 'cut' }, 'source "akto0"'],
    ['100 MB', { kind: 'huge_body', bytes: 100_000_000 }, 'source "akto0"'],
  ])('is one sentence: %s', async (_, answer, says) => {
    on.stage.server.setTemplates([template('A')]);
    on.stage.server.setHazards({ answer });
    const { code, out, err } = await on.stage.pull();
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^tocsin: source "akto0": .*\n$/);
    expect(err).toContain(says);
    expect(existsSync(on.stage.into)).toBe(false);
  });

  it('is one sentence where the folder may not be written, and leaves what is there', async () => {
    on.stage.server.setTemplates([template('A', 'old')]);
    await on.stage.pull();
    on.stage.server.setTemplates([template('A', 'new')]);
    chmodSync(on.stage.into, 0o555);
    const { code, err } = await on.stage.pull();
    // The superuser may write everywhere.
    if (process.getuid?.() === 0) return;
    expect([code, on.stage.pulled('A.yaml')]).toEqual([2, rule('A', 'old')]);
    expect(err).toMatch(/^tocsin: .*\.tocsin-pull\.json cannot be written \(EACCES\).*\n$/);
  });

  it('is one sentence where writing fails, and what was there stays', async () => {
    on.stage.server.setTemplates([template('A', 'old')]);
    await on.stage.pull();
    on.stage.server.setTemplates([template('A', 'new')]);
    mkdirSync(join(on.stage.into, `.tocsin-pull-${process.pid}.tmp`, 'in-the-way'), { recursive: true });
    const { code, err } = await on.stage.pull();
    expect([code, on.stage.pulled('A.yaml')]).toEqual([2, rule('A', 'old')]);
    expect(err).toMatch(/^tocsin: .* cannot be written \(.*\n$/);
  });

  it('is one sentence where a file is in the folder’s place, a link too, or the manifest is broken', async () => {
    on.stage.server.setTemplates([template('A')]);
    on.stage.write('pulled', '');
    expect(await on.stage.pull()).toMatchObject({ code: 2, err: expect.stringContaining('--into') });
    rmSync(on.stage.into);
    symlinkSync(on.stage.folder, on.stage.into);
    expect(await on.stage.pull()).toMatchObject({ code: 2, err: expect.stringContaining('is a link') });
    rmSync(on.stage.into);
    mkdirSync(on.stage.into);
    writeFileSync(join(on.stage.into, MANIFEST), '{');
    expect(await on.stage.pull()).toMatchObject({ code: 2, err: expect.stringContaining('delete it') });
  });

  it('leaves no half file where its writing was cut off, and the next one sweeps up', async () => {
    mkdirSync(on.stage.into);
    const left = join(on.stage.into, '.tocsin-pull-1.tmp');
    const underWay = join(on.stage.into, '.tocsin-pull-2.tmp');
    for (const file of [left, underWay]) writeFileSync(file, 'id: half');
    utimesSync(left, 0, 0);
    on.stage.server.setTemplates([template('A')]);
    expect(await on.stage.pullJson()).toMatchObject({ code: 0 });
    expect([existsSync(left), existsSync(underWay)]).toEqual([false, true]);
    expect(on.stage.loadErrors()).toEqual([]);
  });

  it('asks which of several sources is meant', async () => {
    const { url } = on.stage.server;
    on.stage.server.setTemplates([template('A')]);
    on.stage.configure([url, url]);
    expect(await on.stage.pull()).toMatchObject({ code: 2, err: expect.stringContaining('akto0, akto1') });
    expect(await on.stage.pull('--source', 'other')).toMatchObject({ code: 2 });
    expect(await on.stage.pullJson('--source', 'akto1')).toMatchObject({ written: [{ id: 'A' }] });
    // What one source has is not gone because another has it not.
    on.stage.server.setTemplates([]);
    expect(await on.stage.pullJson('--source', 'akto0')).toMatchObject({ gone: [] });
  });

  it('needs a configuration, and says what is wrong with it', async () => {
    writeFileSync(join(on.stage.folder, 'config.yaml'), 'sources: []\n');
    expect(await on.stage.pull()).toMatchObject({ code: 2, err: expect.stringContaining('config.yaml') });
    expect(await on.stage.pull('--schedule', 'often')).toMatchObject({ code: 2 });
  });
});

describe('another folder', () => {
  it('that no rules path has is used, and told of', async () => {
    on.stage.server.setTemplates([template('A')]);
    const { code, err } = await on.stage.pull('--into', 'elsewhere');
    expect(code).toBe(0);
    expect(err).toBe(
      'tocsin: elsewhere is in no folder of rules.paths, so the daemon does not read it; add it there\n',
    );
    expect(readdirSync(join(on.stage.folder, 'elsewhere'))).toContain('A.yaml');
  });
});
