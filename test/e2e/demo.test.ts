import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SEED_EVENT = 'demo/malicious_events/e6cb0490-d627-49cc-a592-7c53bebab799';

test('the demo delivers the reference event to all three receivers and ends by itself', {
  timeout: 300_000,
}, async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['bin/tocsin.mjs', 'demo', '--once'],
    {
      maxBuffer: 10_000_000,
    },
  );
  const lines = stdout.trimEnd().split('\n');
  const told = (receiver: string): boolean =>
    lines.some((line) => line.startsWith(receiver) && line.includes(SEED_EVENT));
  expect([told('hec'), told('webhook')]).toEqual([true, true]);
  // A Slack message takes several lines; its ids stand in the last of them.
  expect(lines.some((line) => line.includes('▌') && line.includes(SEED_EVENT))).toBe(true);
  expect(lines.at(-1)).toMatch(
    /^summary {2}(\d+) events read \(61 attacks, .*\), \1 in Splunk, each once; .* reached all three; 0 left$/,
  );
  expect(stdout).not.toContain('\u001b');
  expect(stderr).toBe('');
});
