import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openSqliteStore } from './index.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 21);
const retention = {
  eventsMs: 7 * DAY_MS,
  deadLettersMs: 30 * DAY_MS,
  maxBytes: 1_000_000_000,
  lookbackMs: 0,
};
const folder = mkdtempSync(join(tmpdir(), 'tocsin-memory-'));
const file = join(folder, 'store.db');

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('remembers what each destination wrote, through a restart, until it is old', async () => {
  const first = openSqliteStore({ file, exclusive: true });
  await first.writeMemory('oncall', 'thread/a', 'one', NOW_MS);
  await first.writeMemory('oncall', 'thread/a', 'two', NOW_MS);
  await first.writeMemory('other', 'thread/a', 'another', NOW_MS + DAY_MS);
  await first.close();
  const second = openSqliteStore({ file, exclusive: true });
  expect(await second.readMemory('oncall', 'thread/a')).toBe('two');
  expect(await second.readMemory('other', 'thread/a')).toBe('another');
  expect(await second.readMemory('oncall', 'thread/b')).toBeUndefined();
  await second.prune(retention, NOW_MS + 7 * DAY_MS + 1);
  expect(await second.readMemory('oncall', 'thread/a')).toBeUndefined();
  expect(await second.readMemory('other', 'thread/a')).toBe('another');
  await second.close();
});
