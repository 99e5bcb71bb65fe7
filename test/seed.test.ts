import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs, SEED } from './seed.ts';
import { parseRuns, parseSeed, settled } from './seed-setting.ts';

describe('TOCSIN_SEED', () => {
  it.each([
    ['nothing: the seed that all have', '', { seed: 20_260_801 }],
    ['a number', '17', { seed: 17 }],
    ['a negative one, as fast-check prefers them', '-413870824', { seed: -413_870_824 }],
    ['the least and the greatest there are', '-2147483648', { seed: -2_147_483_648 }],
    ['a failure’s seed and path', '-413870824:1144:0:2', { seed: -413_870_824, path: '1144:0:2' }],
    ['random', 'random', { seed: 5 }],
  ])('takes %s', (_what, said, expected) => {
    expect(parseSeed(said, () => 5)).toEqual(expected);
  });

  it.each([
    'Random',
    '1.5',
    '0x10',
    '1e3',
    ' 1',
    '17:',
    ':3',
    '17:a',
    '17:1:',
    '99999999999',
    '2147483648',
    'true',
  ])('refuses %j in one sentence', (said) => {
    expect(() => parseSeed(said)).toThrow(/^TOCSIN_SEED must be [^.]*, not "[^"]*"\.$/);
  });

  it('is chosen once for all threads', () => {
    const chosen = settled({ TOCSIN_SEED: 'random' });
    expect(chosen['TOCSIN_SEED']).toMatch(/^-?\d+$/);
    expect(settled(chosen)).toEqual(chosen);
    expect(settled({ TOCSIN_SEED: '3:4:5', TOCSIN_RUNS: '20' })).toEqual({
      TOCSIN_SEED: '3:4:5',
      TOCSIN_RUNS: '20',
    });
  });

  it('reaches properties that name no seed', () => {
    expect(fc.readConfigureGlobal()).toMatchObject({ ...SEED, numRuns: runs(100) });
    const seen = [0, 1].map(() => fc.check(fc.property(fc.nat(), () => true)).runConfiguration.seed);
    expect(seen).toEqual([SEED.seed, SEED.seed]);
  });
});

it.each(['0', '-1', '1.5', 'many', '20x', '100000', '10001'])('TOCSIN_RUNS refuses %j', (said) => {
  expect(() => parseRuns(said)).toThrow(/^TOCSIN_RUNS must be [^.]*, not "[^"]*"\.$/);
});

/** A seed of its own, or runs that nothing multiplies, would keep a property out of `npm run test:long`. */
const OWN_SETTING =
  /numRuns: *(?!runs\()[^,}\s]|process\.env\[['"]\w*(?:SEED|RUNS)['"]\]|fc\.assert\([^;]*\bseed: *-?\d/g;

it('no property has a seed or a number of runs of its own', () => {
  const files = ['src', 'test'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/^seed[-.\w]*\.ts$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  const found = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(OWN_SETTING)].map(([text]) => `${file}: ${text}`),
  );
  expect(found).toEqual([]);
});
