import { expect, it } from 'vitest';
import { playFlood } from './flood.ts';
import { report } from './report.ts';

const MIB = 1_048_576;
const HOUR_MS = 3_600_000;

/** `npm run flood` plays the large one. */
it('a flood of invented actors costs a bounded amount, the daemon killed in its middle, and leaves the store half empty', async () => {
  const events = 6_000;
  const maxSize = 24;
  const result = await playFlood({
    ...{ events, exploits: 4, seed: 1, maxSize: `${maxSize}MiB`, patienceMs: 60_000 },
    routes: 'routes: [{ to: [oncall, siem], group_wait: 1s }]',
    ...{ stepMs: 10 * HOUR_MS, steps: 3, settleMs: 0 },
  });
  process.stdout.write(`${report(result)}\n`);
  const { afterFlood, afterQuiet, peaks, log } = result;
  expect(result.findings).toEqual([]);
  // Three rules match each event: without bounds these would be some 12,000 alerts, and as many windows as actors.
  expect(afterFlood.openAlerts).toBeLessThan(200);
  expect(afterFlood.groups).toBeLessThan(300);
  expect(afterFlood.windows).toBeLessThan(100);
  expect(result.messages).toBeLessThan(40);
  expect(result.notifications).toBeLessThan(600);
  expect(peaks.databaseBytes).toBeLessThan(maxSize * MIB * 1.25);
  expect(peaks.walBytes).toBeLessThan(maxSize * MIB);
  expect(result.logBytes).toBeLessThan(200_000);
  expect(afterQuiet.usedBytes).toBeLessThan((maxSize * MIB) / 2);
  expect(afterQuiet.windows).toBe(0);
  expect(result.pages.map(({ tookMs }) => tookMs)).not.toContain(undefined);
  // A poll that is under way when ten hours pass has come to its deadline, and says so; the store never failed.
  expect(log).not.toContain('store failed');
}, 180_000);
