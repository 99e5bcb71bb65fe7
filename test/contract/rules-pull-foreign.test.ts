import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MANIFEST, rule, stageForEach } from './pull-stage.ts';

const on = stageForEach();
const ID = (id: string, filter: string): string => `id: ${id}\nfilter: ${filter}\n`;

/** As a pull of another version left it. */
function pulledBefore(name: string, text: string): void {
  mkdirSync(on.stage.into, { recursive: true });
  writeFileSync(join(on.stage.into, name), text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const files = { [name]: { source: 'akto0', id: name, sha256 } };
  writeFileSync(join(on.stage.into, MANIFEST), JSON.stringify({ version: 1, files }));
}

async function matchedBy(event: object): Promise<string[]> {
  const file = join(on.stage.folder, 'events.jsonl');
  writeFileSync(file, JSON.stringify(event));
  const { code, out } = await on.stage.run(['match', '-r', join(on.stage.folder, 'rules'), file]);
  expect(code).toBe(0);
  return out.split('\n').flatMap((line) => /"rule":"([^"]*)"/.exec(line)?.[1] ?? []);
}

const REQUEST = { payload: { method: 'GET', path: '/a?b=c', statusCode: 200 } };

describe('templates whose logic is code at Akto', () => {
  it.each<[string, string]>([
    ['a bare .*', '{ url: { regex: ".*" } }'],
    ['anything at all', '{ url: { regex: ["(?s)^.+$"] } }'],
    ['the start of every path', '{ url: { contains_either: / } }'],
    ['every status', '{ response_code: { gte: 100 } }'],
    ['one of everything', '{ or: [{ method: { neq: X } }, { url: { regex: x } }] }'],
  ])('are written, told of, and match only what Akto found: %s', async (_why, filter) => {
    on.stage.server.setTemplates([{ id: 'A', content: ID('CodeAtAkto', filter) }]);
    const { code, out } = await on.stage.pull();
    expect([code, out.split('\n')[0]]).toEqual([
      0,
      'new      rules/pulled/A.yaml: it matches every request, since its logic is code at Akto; it is limited to the events with its filter_id',
    ]);
    expect(on.stage.pulled('A.yaml')).toBe(ID('CodeAtAkto', filter));
    expect(await matchedBy(REQUEST)).toEqual([]);
    expect(await matchedBy({ ...REQUEST, filterId: 'CodeAtAkto' })).toEqual(['CodeAtAkto']);
    const { err } = await on.stage.run(['check', '-c', 'config.yaml']);
    expect(err).toContain('warning matches-everything: This template matches every request');
  });

  it('are what they say where windows count, where they ask for something, and once somebody edited them', async () => {
    const window =
      'aggregation_rules: [{ rule: { name: w, condition: { matchCount: 9, windowThreshold: 1 } } }]\n';
    on.stage.server.setTemplates([
      { id: 'A', content: `${ID('Counts', '{ url: { regex: ".*" } }')}${window}` },
      { id: 'B', content: ID('Asks', '{ response_code: { lt: 300 } }') },
      { id: 'C', content: ID('Mine', '{ url: { regex: ".*" } }') },
    ]);
    const { out } = await on.stage.pull();
    expect(out.match(/code at Akto/g)).toHaveLength(1);
    writeFileSync(join(on.stage.into, 'C.yaml'), `${on.stage.pulled('C.yaml')}# every request, on purpose\n`);
    expect((await matchedBy(REQUEST)).sort()).toEqual(['Asks', 'Counts', 'Mine']);
  });

  it('are told of where Akto never reads their YAML', async () => {
    on.stage.server.setTemplates([{ id: 'A', content: rule('SSRF') }]);
    const { out } = await on.stage.pull();
    expect(out).toContain('A.yaml: Akto judges by code of its own under this id; here the YAML runs\n');
  });
});

describe('templates that cannot run here', () => {
  it.each<[string, string, string]>([
    ['a word that nobody knows', ID('B', '{ request_payload: { brand_new: x } }'), 'unknown-word'],
    ['a word that needs the vendor', ID('B', '{ url: { magic_validate: x } }'), 'unsupported-operator'],
    ['no YAML', 'id: [', 'yaml-syntax'],
    ['no id', 'filter: { url: { eq: / } }\n', 'missing-key'],
    ['the id of a rule of ours', rule('ours'), 'duplicate-id'],
  ])(
    'and were pulled all the same never match, and keep no other rule from running: %s',
    async (_, text, code) => {
      on.stage.write('ours.yaml', rule('ours', '/a'));
      pulledBefore('B.yaml', text);
      const checked = await on.stage.run(['check', '-c', 'config.yaml']);
      expect(checked.code).toBe(0);
      expect(checked.err).toContain(`warning ${code}:`);
      expect(await matchedBy(REQUEST)).toEqual(['ours']);
    },
  );

  it.each([
    '{ request_payload: { magic_validate: x } }',
    '{ or: [{ url: { nlp_classification: { category: x, confidence: 1 } } }, { url: { regex: . } }] }',
  ])('but in the original never match where somebody put them here, and say so: %s', async (filter) => {
    on.stage.write('ours.yaml', rule('ours', '/a'));
    on.stage.write('theirs.yaml', ID('theirs', filter));
    const { code, err } = await on.stage.run(['check', '-c', 'config.yaml']);
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('warning left-out: This template cannot run here'),
    ]);
    expect(await matchedBy(REQUEST)).toEqual(['ours']);
  });

  it('with extractMultiple run, and that word never holds', async () => {
    on.stage.write('a.yaml', ID('a', '{ url: { extractMultiple: x } }'));
    on.stage.write('b.yaml', ID('b', '{ or: [{ url: { extractMultiple: x } }, { url: { regex: /a } }] }'));
    const { code, err } = await on.stage.run(['check', '-c', 'config.yaml']);
    expect(code).toBe(0);
    expect(err).toContain('warning unsupported-operator: extractmultiple decides nothing here');
    expect(await matchedBy(REQUEST)).toEqual(['b']);
  });

  it('are errors in what people wrote', async () => {
    on.stage.write('a.yaml', ID('a', '{ url: { contians_either: x } }'));
    expect((await on.stage.run(['check', '-c', 'config.yaml'])).code).toBe(2);
    on.stage.write('a.yaml', `${ID('a', '{ url: { magic_validate: x } }')}source: malicious_events\n`);
    expect((await on.stage.run(['check', '-c', 'config.yaml'])).code).toBe(2);
    pulledBefore('B.yaml', ID('B', '{ url: { contians_either: x } }'));
    writeFileSync(
      join(on.stage.into, 'B.yaml'),
      `${readFileSync(join(on.stage.into, 'B.yaml'), 'utf8')}# mine\n`,
    );
    on.stage.write('a.yaml', rule('a'));
    expect((await on.stage.run(['check', '-c', 'config.yaml'])).code).toBe(2);
  });
});
