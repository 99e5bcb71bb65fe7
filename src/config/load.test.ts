import { describe, expect, it } from 'vitest';
import { GOOD, good, load, MINIMAL } from '../../test/config/fake-adapters.ts';
import { Secret } from '../core/secret.ts';

describe('a good file', () => {
  const config = good(GOOD);

  it('resolves every path against its own folder', () => {
    expect(config.rules.paths).toEqual(['/etc/tocsin/rules', '/etc/more.yaml']);
    expect(config.store).toEqual({ kind: 'sqlite', path: '/etc/tocsin/data/t.db' });
  });

  it('fills in variables and files, typed as the schema wants them', () => {
    const [source] = config.sources;
    expect(source?.settings).toMatchObject({ name: 'prod', page_size: 250, lookback: 900_000 });
    const [, siem] = config.destinations;
    const token = siem !== undefined && 'token' in siem.settings ? siem.settings.token : undefined;
    expect(token instanceof Secret && token.reveal()).toBe('file-secret-31c0');
  });

  it('gives routes with their defaults and compiled filters', () => {
    expect(config.routes).toMatchObject([
      {
        name: 'route-1',
        to: ['oncall', 'siem'],
        continue: false,
        groupBy: ['rule'],
        timing: { groupWaitMs: 1_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 },
      },
      { name: 'route-2', to: ['siem'] },
    ]);
    expect(config.routes[0]?.when).toContain('HIGH');
    expect(config.routes[1]).not.toHaveProperty('when');
  });

  it('is frozen all the way down, and shows no secret', () => {
    const seen = new Set<unknown>();
    const thawed = (value: unknown): boolean => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return false;
      seen.add(value);
      return !Object.isFrozen(value) || Object.values(value).some(thawed);
    };
    expect(thawed(config)).toBe(false);
    expect(JSON.stringify(config)).not.toMatch(/planted-secret|file-secret|literal-secret/);
  });

  it('makes the adapters from their own settings', () => {
    const deps = { clock: { now: () => 0, sleep: () => Promise.resolve() }, random: () => 0 };
    expect(config.sources[0]?.create(deps)).toMatchObject({ name: 'prod', schedule: '*/30 * * * * *' });
    expect(config.destinations[1]?.create(deps).send).toEqual(new Set(['events', 'alerts']));
  });
});

describe('defaults', () => {
  it('take one source and one destination to a whole configuration', () => {
    const { file, routes, ...config } = good(MINIMAL);
    expect(file).toBe('tocsin/c.yaml');
    expect(routes).toMatchObject([{ name: 'default', to: ['d'] }]);
    expect(config).toMatchObject({
      rules: { paths: ['/etc/tocsin/rules'] },
      store: { path: '/etc/tocsin/data/tocsin.db' },
      retention: { eventsMs: 30 * 86_400_000, deadLettersMs: 90 * 86_400_000, maxBytes: 4 * 2 ** 30 },
      server: { host: '127.0.0.1', port: 9_464 },
      log: { level: 'info' },
    });
  });
});

describe('variables', () => {
  const token = (value: string, more: Record<string, string> = {}): string => {
    const { settings } =
      good(
        MINIMAL.replace('token: t', () => `token: ${value}`),
        more,
      ).destinations[0] ?? {};
    return settings !== undefined && 'token' in settings && settings.token instanceof Secret
      ? settings.token.reveal()
      : '';
  };

  it.each<[value: string, more: Record<string, string>, expected: string, why: string]>([
    [`"\${A}-\${B}"`, { A: '1', B: '2' }, '1-2', 'several in one value'],
    [`"\${NONE:-fallback}"`, {}, 'fallback', 'a default'],
    [`"\${EMPTY:-fallback}"`, {}, 'fallback', 'a default where the variable is empty, as shells do'],
    [`"$\${A}"`, { A: '1' }, `\${A}`, 'an escape'],
    [`"\${A}"`, { A: `\${KEY}` }, `\${KEY}`, 'what a variable holds is not read again'],
    [
      `"\${A}"`,
      { A: 'x, url: https://evil.example }' },
      'x, url: https://evil.example }',
      'no YAML is injected',
    ],
    [`"\${A}"`, { A: '0123' }, '0123', 'an all-digits secret stays as it is'],
  ])('%s with %j is %s: %s', (value, more, expected) => {
    expect(token(value, more)).toBe(expected);
  });

  it('are not filled in twice where an alias repeats them', () => {
    const text = MINIMAL.replace('api_key: k', `api_key: &k "\${A}"`).replace('token: t', 'token: *k');
    expect(load(text, { A: `x\${NOT_SET}` }).problems).toEqual([]);
  });

  it.each([
    [`page_size: \${NUM}`, { NUM: '7' }, { page_size: 7 }],
    [`page_size: "\${NUM}"`, { NUM: '7' }, { page_size: 7 }],
    [`verify: \${FLAG}`, { FLAG: 'false' }, { verify: false }],
  ])('%s becomes what the schema wants', (line, more, expected) => {
    const text = GOOD.replace(`page_size: \${N}`, line);
    expect(good(text, more).sources[0]?.settings).toMatchObject(expected);
  });
});
