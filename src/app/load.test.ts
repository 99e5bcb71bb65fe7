import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatProblem } from '../core/problem.ts';
import { loadSetup } from './load.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-load-'));
  mkdirSync(join(folder, 'rules', 'deep'), { recursive: true });
  write('rules/a.yaml', 'id: a\nfilter: { filter_id: { eq: A } }\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

const config = (more = ''): string => `
sources:
  - { name: akto, type: akto, url: "https://akto.example", api_key: key }
destinations:
  - { name: soar, type: webhook, url: "https://soar.example/hook" }
${more}
`;

function load(text = config()) {
  write('config.yaml', text);
  return loadSetup({ file: join(folder, 'config.yaml'), cwd: folder, env: {} });
}

const told = (text?: string): string => load(text).problems.map(formatProblem).join('\n');

describe('loadSetup', () => {
  it('gives the configuration and its rules, those of folders below too', () => {
    write('rules/deep/b.yml', 'id: b\nfilter: { filter_id: { eq: B } }\n');
    write('rules/notes.txt', 'no rule');
    const { setup, problems } = load();
    expect(problems).toEqual([]);
    expect(setup?.ruleSet.rules.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('tells what is wrong in every rule file, each with its place', () => {
    write('rules/b.yaml', 'id: b\nfilter: { filter_idd: { eq: B } }\n');
    write('rules/deep/c.yaml', 'id: c\nfilter: [\n');
    const { setup, problems } = load();
    expect(setup).toBeUndefined();
    const files = new Set(problems.map(({ file }) => file));
    expect(files).toEqual(new Set([join(folder, 'rules/b.yaml'), join(folder, 'rules/deep/c.yaml')]));
    for (const { line, column } of problems) expect([line, column]).not.toContain(undefined);
  });

  it('tells what is wrong in the configuration, and keeps its text for excerpts', () => {
    const { setup, problems, text } = load(config('nonsense: 1'));
    expect(setup).toBeUndefined();
    expect(problems).toMatchObject([{ code: 'unknown-key', line: 6, column: 1 }]);
    expect(text).toContain('nonsense');
  });

  it('tells what is wrong in a template at its place, and nothing that a variable held', () => {
    const body =
      '{ name: b, type: webhook, url: "https://b.example", template: { body: "{{ ${SECRET} }}" } }';
    write('config.yaml', config().replace('destinations:', `destinations:\n  - ${body}`));
    const place = { file: join(folder, 'config.yaml'), cwd: folder, env: { SECRET: 'planted' } };
    const { problems } = loadSetup(place);
    expect(problems).toMatchObject([{ code: 'bad-value', line: 5, column: 75 }]);
    expect(problems[0]?.message).toContain('body: for a single alert, nothing is named this there');
    expect(JSON.stringify(problems)).not.toContain('planted');
  });

  it.each<[string, () => void, string]>([
    ['that is not there', () => undefined, 'rules: { paths: [rules/, gone/] }'],
    ['that holds no rule', () => mkdirSync(join(folder, 'gone')), 'rules: { paths: [rules/, gone/] }'],
    ['that is no text', () => write('gone', '\u0000'.repeat(2_000_000)), 'rules: { paths: [rules/, gone] }'],
  ])('tells of a rule path %s', (_, prepare, more) => {
    prepare();
    expect(told(config(more))).toContain('gone');
    expect(load(config(more)).setup).toBeUndefined();
  });

  it('tells of two rules of one id: the second would never be heard', () => {
    write('rules/b.yaml', 'id: a\nfilter: { filter_id: { eq: B } }\n');
    expect(told()).toContain('b.yaml');
    expect(load().setup).toBeUndefined();
  });

  it('says what to do where there is no configuration', () => {
    const { problems, text } = loadSetup({ file: join(folder, 'none.yaml'), cwd: folder, env: {} });
    expect(problems).toMatchObject([
      { code: 'unreadable-config', message: expect.stringContaining('--config') },
    ]);
    expect(text).toBeUndefined();
  });
});
