import { describe, expect, it } from 'vitest';
import type { Json } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { SourceError } from '../../core/source.ts';
import { createTokens } from './token.ts';

const { signal } = new AbortController();
const MINUTE_MS = 60_000;

/** Tokens `t1`, `t2` … whose endpoint can be told to fail or to wait. */
function stage(expiresIn: Json | undefined) {
  const world = { nowMs: 1e12, asked: 0, fails: false, gate: Promise.resolve() };
  const tokens = createTokens({
    source: 'identity',
    credentials: { kind: 'client', id: new Secret('id'), secret: new Secret('secret') },
    clock: { now: () => world.nowMs, sleep: async () => {} },
    obtain: async () => {
      world.asked += 1;
      const token = new Secret(`t${world.asked}`);
      await world.gate;
      if (world.fails) throw new SourceError('unavailable', 'down');
      return { token, expiresIn };
    },
  });
  const current = async (): Promise<string> => (await tokens.current(signal)).reveal();
  return { world, tokens, current };
}

describe('an obtained token', () => {
  it.each<[Json | undefined, number, number, string]>([
    [600, 7, 1, 'within its life'],
    [600, 8, 2, 'early'],
    [600_000, 7, 1, 'within its life in milliseconds'],
    [600_000, 8, 2, 'early in milliseconds'],
    ['600', 8, 2, 'as a text'],
    [0, 100_000, 1, 'no life is told'],
    [-1, 100_000, 1, 'a negative life'],
    [undefined, 100_000, 1, 'none is told'],
  ])(
    'with expires_in %j is asked for after %d minutes %d times in all: %s',
    async (expiresIn, minutes, asked) => {
      const { world, current } = stage(expiresIn);
      await current();
      world.nowMs += minutes * MINUTE_MS;
      await current();
      await current();
      expect(world.asked).toBe(asked);
    },
  );

  it('is asked for once by all who need it at the same time, and when it is refused to several', async () => {
    const { world, tokens, current } = stage(600);
    expect(await Promise.all([current(), current(), current()])).toEqual(['t1', 't1', 't1']);
    const refused = await tokens.current(signal);
    const replaced = await Promise.all([tokens.replace(refused, signal), tokens.replace(refused, signal)]);
    const late = await tokens.replace(refused, signal);
    expect([...replaced, late].map((token) => token?.reveal())).toEqual(['t2', 't2', 't2']);
    expect(world.asked).toBe(2);
  });

  it('is not asked for at every request while its life is over at once', async () => {
    const { world, current } = stage(1);
    for (let request = 0; request < 100; request += 1) {
      await current();
      world.nowMs += 100;
    }
    expect(world.asked).toBe(1);
  });

  it('is used on while its renewal fails, which is tried now and then', async () => {
    const { world, current } = stage(600);
    await current();
    world.fails = true;
    world.nowMs += 9 * MINUTE_MS;
    const used: string[] = [];
    for (let request = 0; request < 10; request += 1) {
      used.push(await current());
      world.nowMs += 6_000;
    }
    expect(new Set(used)).toEqual(new Set(['t1']));
    expect(world.asked).toBe(3);
    world.fails = false;
    world.nowMs += MINUTE_MS;
    expect(await current()).toBe('t4');
  });

  it('is renewed where the clock went back before it began', async () => {
    const { world, current } = stage(600);
    await current();
    world.nowMs -= 60 * MINUTE_MS;
    expect([await current(), await current()]).toEqual(['t2', 't2']);
  });

  it('fails where there is none, and is asked for again by the next request', async () => {
    const { world, current } = stage(600);
    world.fails = true;
    await expect(current()).rejects.toThrow('down');
    world.fails = false;
    expect(await current()).toBe('t2');
  });

  it('keeps nobody waiting who was stopped, and serves the others', async () => {
    const { world, tokens, current } = stage(600);
    const { promise, resolve } = Promise.withResolvers<void>();
    world.gate = promise;
    const stop = new AbortController();
    const stopped = tokens.current(stop.signal);
    const other = current();
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ kind: 'aborted' });
    await expect(tokens.current(stop.signal)).rejects.toMatchObject({ kind: 'aborted' });
    resolve();
    expect(await other).toBe('t1');
    expect(world.asked).toBe(1);
  });
});

it('a given token is used as it is, and nothing replaces it', async () => {
  const token = new Secret('given');
  const clock = { now: () => 0, sleep: async () => {} };
  const obtain = () => expect.fail('asked for a token');
  const tokens = createTokens({ source: 'a', credentials: { kind: 'token', token }, clock, obtain });
  expect(await tokens.current(signal)).toBe(token);
  expect(await tokens.replace(token, signal)).toBeUndefined();
});
