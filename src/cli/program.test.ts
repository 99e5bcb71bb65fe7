import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTocsin } from '../../test/pipeline/fake-io.ts';
import { isJsonObject, type Json } from '../core/json.ts';
import { referenceEvent } from '../demo/akto-simulator/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Few of the pack: each run compiles them anew. */
const RULES = ['scanner-user-agent', 'os-command-injection', 'credential-stuffing'].flatMap((rule) => [
  '--rules',
  `rules/${rule}.yaml`,
]);
const lines = (...values: readonly unknown[]): string =>
  values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join('\n');
const matchesOf = (out: string): Json[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line): Json => JSON.parse(line));

describe('the command line', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['an unknown command', ['chek'], /unknown command 'chek'[\s\S]*check/],
    ['an unknown option', ['check', '--jsn'], /unknown option '--jsn'[\s\S]*--json/],
    ['an unknown command below', ['deliveries', 'lst'], /unknown command 'lst'[\s\S]*list/],
    ['an option without its value', ['check', '-c'], /argument missing/],
    ['a value outside its choices', ['deliveries', 'list', '--state', 'gone'], /pending, done, dead/],
    ['a number that is none', ['deliveries', 'list', '--limit', 'many'], /whole number above 0/],
    ['no command', [], /Usage: tocsin/],
  ])('could not run: %s', async (_, args, told) => {
    const { code, out, err } = await runTocsin(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(told);
  });

  it('could not run: a dry run without rules, that would find nothing in anything', async () => {
    const { code, err } = await runTocsin(['match'], { stdin: lines(referenceEvent) });
    expect(code).toBe(2);
    expect(err).toContain('--rules');
  });

  it('tells what it can do', async () => {
    const { code, out, err } = await runTocsin(['--help']);
    expect([code, err]).toEqual([0, '']);
    for (const word of ['run', 'demo', 'check', 'match', 'test', 'deliveries', 'schema', 'Exit codes']) {
      expect(out).toContain(word);
    }
  });

  it('tells its version', async () => {
    expect(await runTocsin(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+/),
    });
  });
});

describe('tocsin match', () => {
  const exchange = {
    method: 'GET',
    path: '/tools/ping?host=127.0.0.1%7Ccat%20/etc/hostname',
    requestHeaders: '{"host":"api.example","user-agent":"sqlmap/1.8"}',
    responsePayload: '',
    statusCode: '200',
  };

  it('says which rules the reference event matches, one line each', async () => {
    const { code, out, err } = await runTocsin(['match', '-r', 'rules'], { stdin: lines(referenceEvent) });
    expect([code, err]).toEqual([0, '']);
    expect(matchesOf(out)).toContainEqual({
      ...{ event: 'e6cb0490-d627-49cc-a592-7c53bebab799', rule: 'scanner-user-agent', severity: 'MEDIUM' },
    });
  });

  it.each<[string, Json, readonly string[]]>([
    ['a captured exchange', exchange, ['os-command-injection', 'scanner-user-agent']],
    [
      'a captured exchange with headers as an object',
      { ...exchange, requestHeaders: { 'User-Agent': 'nikto' } },
      ['os-command-injection', 'scanner-user-agent'],
    ],
    ['a payload in the text form', String(referenceEvent['payload']), ['scanner-user-agent']],
    ['a payload in the JSON form', JSON.stringify(exchange), ['os-command-injection', 'scanner-user-agent']],
    [
      'an incident',
      { incidentId: 'i1', attackId: 'a', ipAddress: '203.0.113.9', requests: 20 },
      ['credential-stuffing'],
    ],
    [
      'an incident below every bound',
      { incidentId: 'i1', attackId: 'a', ipAddress: '203.0.113.9', requests: 1 },
      [],
    ],
    ['an object that is nothing of all this', { hello: 'world' }, []],
  ])('judges %s', async (_, value, expected) => {
    const { code, out, err } = await runTocsin(['match', ...RULES], { stdin: JSON.stringify(value) });
    expect([code, err]).toEqual([0, '']);
    const rules = matchesOf(out).map((match) => (isJsonObject(match) ? match['rule'] : undefined));
    expect(rules).toEqual(expect.arrayContaining([...expected]));
    expect(rules.length > 0).toBe(expected.length > 0);
  });

  it('names an incident by its id, and what has none by its line', async () => {
    const incident = { incidentId: 'i1', attackId: 'a', ipAddress: '203.0.113.9', requests: 20 };
    const { out } = await runTocsin(['match', ...RULES], { stdin: lines(incident, '', exchange) });
    const events = matchesOf(out).map((match) => (isJsonObject(match) ? match['event'] : undefined));
    expect(new Set(events)).toEqual(new Set(['i1', 'line 3']));
  });

  it('tells of a line that is no JSON, judges the others, and ends with 1', async () => {
    const stdin = lines('{"cut', referenceEvent, '[1]', '17', 'null');
    const { code, out, err } = await runTocsin(['match', ...RULES], { stdin });
    expect(code).toBe(1);
    expect(matchesOf(out)).not.toEqual([]);
    expect(err.match(/^stdin:(\d+): expected one JSON object a line/gm)).toHaveLength(4);
    expect(err).toMatch(/^stdin:1: /);
  });

  it('reads files, and - is stdin among them', async () => {
    const file = join(folder, 'events.jsonl');
    writeFileSync(file, `${lines(referenceEvent)}\r\n`);
    const { code, out } = await runTocsin(['match', ...RULES, file, '-'], { stdin: lines(exchange) });
    expect(code).toBe(0);
    expect(out).toContain('e6cb0490');
    expect(out).toContain('line 1');
  });

  it('says of a file that is not there that it is not there', async () => {
    const { code, err } = await runTocsin(['match', ...RULES, join(folder, 'none.jsonl')]);
    expect(code).toBe(2);
    expect(err).toContain('none.jsonl cannot be read');
  });

  it.each<[string, () => string, RegExp]>([
    ['that is not there', () => join(folder, 'none'), /this rule path cannot be read/],
    ['that holds no rule', () => folder, /holds no \*\.yaml/],
  ])('refuses a rule path %s', async (_, path, told) => {
    const { code, out, err } = await runTocsin(['match', '-r', path()], { stdin: lines(referenceEvent) });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(told);
  });

  it('judges nothing by broken rules', async () => {
    writeFileSync(join(folder, 'a.yaml'), 'id: a\nfilter: { url: { regex: ["("] } }\n');
    const { code, out, err } = await runTocsin(['match', '-r', folder], { stdin: lines(referenceEvent) });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/a\.yaml:2:\d+: error/);
  });
});

describe('tocsin test', () => {
  it('passes on the pack that we ship', async () => {
    const { code, out } = await runTocsin(['test']);
    expect(code).toBe(0);
    expect(out).toMatch(/\d+ rules, \d+ tests passed, 0 failed\n$/);
  });

  const failing = (): void => {
    const tests = 'tests:\n  - { name: is loud, events: [{ filterId: X }], expect: silent }\n';
    writeFileSync(join(folder, 'a.yaml'), `id: a\nfilter: { filter_id: { eq: X } }\n${tests}`);
  };

  it('names a test that fails and ends with 1', async () => {
    failing();
    const { code, out } = await runTocsin(['test', folder]);
    expect(code).toBe(1);
    expect(out).toContain('not ok  a: is loud');
    expect(out).toContain('1 rule, 0 tests passed, 1 failed');
  });

  it('tells programs the same', async () => {
    failing();
    const { code, out } = await runTocsin(['test', '--json', folder]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ...{ passed: 0, failed: 1, results: [{ rule: 'a', name: 'is loud', passed: false }] },
    });
  });
});

describe('tocsin schema', () => {
  it('is a JSON Schema of the whole configuration', async () => {
    const { code, out } = await runTocsin(['schema']);
    expect(code).toBe(0);
    const schema: unknown = JSON.parse(out);
    expect(schema).toMatchObject({ $schema: expect.stringContaining('json-schema.org'), type: 'object' });
    const properties = isJsonObject(schema) ? schema['properties'] : {};
    expect(Object.keys(isJsonObject(properties) ? properties : {})).toEqual(
      expect.arrayContaining(['sources', 'rules', 'destinations', 'routes', 'store', 'server', 'log']),
    );
    expect(danglingReferences(schema, schema)).toEqual([]);
  });
});

/** Every `$ref` of the schema that leads nowhere. */
function danglingReferences(value: unknown, root: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => danglingReferences(item, root));
  if (!isJsonObject(value)) return [];
  const { $ref: reference } = value;
  const own = typeof reference === 'string' && !leads(reference, root) ? [reference] : [];
  return [...own, ...Object.values(value).flatMap((item) => danglingReferences(item, root))];
}

function leads(reference: string, root: unknown): boolean {
  const steps = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
  let value: unknown = root;
  for (const step of steps) value = isJsonObject(value) ? value[step] : undefined;
  return value !== undefined;
}
