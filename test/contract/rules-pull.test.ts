import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { TemplateFolder } from '../../src/app/templates-folder.ts';
import { MANIFEST, rule, stageForEach, template } from './pull-stage.ts';

const on = stageForEach();

describe('what is written', () => {
  it('is each template as the server has it, trailing blanks included, with one line end behind', async () => {
    on.stage.server.setTemplates([
      { id: 'A', content: `${rule('A')}info:\n  name: "A" \n\n\n`, updatedAt: 1_751_743_962 },
      { id: 'B', content: rule('B').trimEnd() },
    ]);
    const { code, out, err } = await on.stage.pull();
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(
      'new      rules/pulled/A.yaml\nnew      rules/pulled/B.yaml\n2 new, 0 changed, 0 kept, 0 unchanged\n',
    );
    expect(on.stage.pulled('A.yaml')).toBe(`${rule('A')}info:\n  name: "A" \n`);
    expect(on.stage.pulled('B.yaml')).toBe(rule('B'));
    expect(statSync(join(on.stage.into, 'A.yaml')).mode & 0o777).toBe(0o644);
    const manifest: unknown = JSON.parse(on.stage.pulled(MANIFEST));
    expect(manifest).toMatchObject({
      version: 1,
      files: {
        'A.yaml': { source: 'akto0', id: 'A', sha256: expect.any(String), updatedAtMs: 1_751_743_962_000 },
      },
    });
    expect(on.stage.loadErrors()).toEqual([]);
    expect(on.stage.server.requestsTo('fetchFilterYamlTemplate').map(({ body }) => body)).toEqual([{}]);
  });

  it('is nothing the second time, and says so', async () => {
    on.stage.server.setTemplates([template('A')]);
    await on.stage.pull();
    const before = [MANIFEST, 'A.yaml'].map((name) => statSync(join(on.stage.into, name)).ino);
    const { code, out } = await on.stage.pull();
    expect([code, out]).toEqual([0, '0 new, 0 changed, 0 kept, 1 unchanged; nothing was written\n']);
    expect([MANIFEST, 'A.yaml'].map((name) => statSync(join(on.stage.into, name)).ino)).toEqual(before);
  });

  it('is nothing in a dry run', async () => {
    on.stage.server.setTemplates([template('A')]);
    const { out } = await on.stage.pull('--dry-run');
    expect(out).toContain('1 new, 0 changed, 0 kept, 0 unchanged; a dry run, so nothing was written');
    expect(existsSync(on.stage.into)).toBe(false);
  });

  it('is what changed on the server, with its difference', async () => {
    on.stage.server.setTemplates([template('A', 'old')]);
    await on.stage.pull();
    on.stage.server.setTemplates([template('A', 'new')]);
    const { code, out } = await on.stage.pull();
    expect(code).toBe(0);
    expect(out).toContain('changed  rules/pulled/A.yaml\n    @@ -1,4 +1,4 @@\n');
    expect(out).toContain('    -    contains_either: old\n    +    contains_either: new\n');
    expect(out).toContain('0 new, 1 changed, 0 kept, 0 unchanged\n');
    expect(on.stage.pulled('A.yaml')).toBe(rule('A', 'new'));
  });

  it('takes up files that are the same as the server’s, though no pull wrote them', async () => {
    on.stage.server.setTemplates([template('A', 'old')]);
    mkdirSync(on.stage.into);
    writeFileSync(join(on.stage.into, 'A.yaml'), rule('A', 'old'));
    expect((await on.stage.pull()).out).toContain('1 unchanged');
    on.stage.server.setTemplates([template('A', 'new')]);
    expect((await on.stage.pull()).out).toContain('1 changed');
  });
});

describe('what was done here', () => {
  const edit = (text: string): void => writeFileSync(join(on.stage.into, 'A.yaml'), text);
  beforeEach(async () => {
    on.stage.server.setTemplates([template('A', 'old')]);
    await on.stage.pull();
  });

  it('is kept where it was edited, and compared only once the server changed, too', async () => {
    edit(rule('A', 'mine'));
    const first = await on.stage.pull();
    expect(first.out).toBe(
      'kept     rules/pulled/A.yaml: edited here\n0 new, 0 changed, 1 kept, 0 unchanged; nothing was written\n',
    );
    on.stage.server.setTemplates([template('A', 'new')]);
    const { code, out } = await on.stage.pull();
    expect(code).toBe(0);
    expect(out).toContain('kept     rules/pulled/A.yaml: edited here, and changed on the server\n');
    expect(out).toContain('    -    contains_either: mine\n    +    contains_either: new\n');
    expect(on.stage.pulled('A.yaml')).toBe(rule('A', 'mine'));
  });

  it('is kept where it was deleted', async () => {
    rmSync(join(on.stage.into, 'A.yaml'));
    expect((await on.stage.pull()).out).toContain('kept     rules/pulled/A.yaml: deleted here\n');
    expect(on.stage.rulesThere()).toEqual([]);
  });

  it.each<[string, () => void]>([
    ['edited', () => edit(rule('A', 'mine'))],
    ['deleted', () => rmSync(join(on.stage.into, 'A.yaml'))],
    ['written by somebody else', () => [edit(rule('A', 'mine')), rmSync(join(on.stage.into, MANIFEST))]],
  ])('gives way to --force: %s', async (_, change) => {
    change();
    expect(await on.stage.pullJson()).toMatchObject({ code: 0, kept: [{ id: 'A' }], written: [] });
    expect(await on.stage.pullJson('--force')).toMatchObject({ code: 0, kept: [], written: [{ id: 'A' }] });
    expect(on.stage.pulled('A.yaml')).toBe(rule('A', 'old'));
  });

  it('outlives the server’s template: the rule stays until somebody deletes it', async () => {
    on.stage.server.setTemplates([]);
    const { code, out } = await on.stage.pull();
    expect(code).toBe(0);
    expect(out).toContain('gone     rules/pulled/A.yaml: no longer on the server; its rule stays in force');
    expect(on.stage.rulesThere()).toEqual(['A.yaml']);
    rmSync(join(on.stage.into, 'A.yaml'));
    expect(await on.stage.pullJson()).toMatchObject({ gone: [] });
  });

  it('is not taken for an edit where pulls were cut off, again and again', async () => {
    mkdirSync(join(on.stage.into, 'in-the-way.yaml', 'x'), { recursive: true });
    const entry = { source: 'akto0', id: 'A' };
    for (const version of ['v1', 'v2', 'v3']) {
      const folder = new TemplateFolder(on.stage.into);
      const texts = new Map([
        ['A.yaml', rule('A', version)],
        ['B.yaml', rule('B', version)],
        // What cannot be written ends it before the manifest is.
        ['in-the-way.yaml', ''],
      ]);
      const manifest = new Map([...texts.keys()].map((name) => [name, { ...entry, id: name.slice(0, 1) }]));
      expect(() => folder.write(texts, manifest, 0)).toThrow('cannot be written');
      expect(on.stage.pulled('B.yaml')).toBe(rule('B', version));
    }
    rmSync(join(on.stage.into, 'in-the-way.yaml'), { recursive: true });
    rmSync(join(on.stage.into, 'B.yaml'));
    on.stage.server.setTemplates([template('A', 'newest'), template('B', 'newest')]);
    expect(await on.stage.pullJson()).toMatchObject({ code: 0, written: [{ id: 'A' }], kept: [{ id: 'B' }] });
  });
});
