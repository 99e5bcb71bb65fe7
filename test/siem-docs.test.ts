import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeCef, encodeJson, JSON_SCHEMAS } from '../src/destinations/siem/index.ts';
import { CIM_SEVERITY, OCSF_SEVERITY, SEVERITY_NUMBER } from '../src/destinations/siem/severity.ts';
import { readCef } from './contract/siem-cef.ts';
import { SIEM_RECORDS } from './contract/siem-deliveries.ts';

const COLUMNS = ['raw', 'cim', 'ocsf', 'ecs', 'cef'] as const;
const page = readFileSync('docs/siem-schemas.md', 'utf8');
const names = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');

function section(heading: string): string {
  const [, below = expect.fail(`no section ${heading}`)] = page.split(`## ${heading}\n`);
  return below.split(/^## /m)[0] ?? '';
}

function rows(heading: string): string[][] {
  const lines = section(heading)
    .split('\n')
    .filter((line) => /^\| (?!-|meaning)/.test(line));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What the table says a schema has. */
function documented(schema: (typeof COLUMNS)[number]): Set<string> {
  return new Set(rows('Fields').flatMap((cells) => names(cells[COLUMNS.indexOf(schema) + 1] ?? '')));
}

/** What it has, digests left out where they are told as they are. */
function written(schema: (typeof COLUMNS)[number]): Set<string> {
  const deliveries = Object.values(SIEM_RECORDS).filter(({ kind }) => kind !== 'digest');
  const found =
    schema === 'cef'
      ? deliveries.flatMap((delivery) => [...readCef(encodeCef(delivery)).extension.keys()])
      : deliveries.flatMap((delivery) => leaves('', encodeJson(schema, delivery)));
  return new Set(found.filter((name) => !name.endsWith('Label')));
}

function leaves(at: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item) => (isObject(item) ? leaves(`${at}[]`, item) : [at]));
  if (!isObject(value)) return [at];
  return Object.entries(value).flatMap(([key, inner]) => leaves(at === '' ? key : `${at}.${key}`, inner));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

describe('docs/siem-schemas.md', () => {
  it.each(COLUMNS)('names no field that %s does not have', (schema) => {
    const has = [...written(schema)];
    const isThere = (name: string): boolean =>
      has.includes(name) || has.some((path) => name.endsWith('*') && path.startsWith(name.slice(0, -1)));
    // A list of plain values is its own leaf, and one that is empty has none.
    expect([...documented(schema)].filter((name) => !isThere(name))).toEqual([]);
  });

  it.each(COLUMNS)('names every field that %s has', (schema) => {
    const named = [...documented(schema), ...names(section('Fields').split('\n\n').at(-2) ?? '')];
    const isNamed = (path: string): boolean =>
      named.includes(path) || named.some((name) => name.endsWith('*') && path.startsWith(name.slice(0, -1)));
    expect([...written(schema)].filter((path) => !isNamed(path))).toEqual([]);
  });

  it('has every schema, and each severity as it is written', () => {
    expect(names(rows('What becomes what')[0]?.join() ?? '')).toEqual([
      'cim',
      'ocsf',
      'ecs',
      'event.kind',
      'cef',
    ]);
    expect([...JSON_SCHEMAS, 'cef']).toEqual([...COLUMNS]);
    for (const severity of ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO'] as const) {
      const { id, caption } = OCSF_SEVERITY[severity];
      const row = [severity, CIM_SEVERITY[severity], `${id} ${caption}`, String(SEVERITY_NUMBER[severity])];
      expect(rows('Severity')).toContainEqual(row);
    }
  });

  it('has a search that removes repeats', () => {
    expect(section('Splunk')).toContain('| dedup tocsin_id\n');
  });
});
