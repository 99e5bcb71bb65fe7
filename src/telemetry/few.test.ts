import { expect, it } from 'vitest';
import type { LogLine } from '../../test/pipeline/bench.ts';
import { ManualClock } from '../../test/pipeline/manual-clock.ts';
import { createFew } from './few.ts';
import { createLogger } from './logger.ts';

function recorded() {
  const lines: LogLine[] = [];
  const logger = createLogger('debug', { write: (line) => void lines.push(JSON.parse(line)) });
  const clock = new ManualClock();
  return { lines, clock, few: createFew(logger, clock) };
}

it('logs the first few of a kind, and says later how many more there were', async () => {
  const { lines, clock, few } = recorded();
  for (let number = 0; number < 60_000; number += 1)
    few.log('info', { destination: 'siem' }, { number }, 'decided');
  expect(lines.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4]);
  few.flush();
  expect(lines).toHaveLength(5);
  await clock.advance(10_000);
  few.flush();
  few.flush();
  expect(lines.slice(5)).toMatchObject([
    { destination: 'siem', lines: 59_995, msg: 'decided: so many more lines were left out' },
  ]);
});

it('counts each kind apart, so that a flood of one hides no other', () => {
  const { lines, few } = recorded();
  for (let number = 0; number < 100; number += 1) few.log('warn', { destination: 'siem' }, {}, 'failed');
  few.log('warn', { destination: 'oncall' }, {}, 'failed');
  few.log('error', { destination: 'siem' }, {}, 'given up');
  expect(lines.slice(5)).toMatchObject([
    { destination: 'oncall', msg: 'failed' },
    { destination: 'siem', msg: 'given up' },
  ]);
});

it('begins anew after a while, whether or not the clock has gone back', async () => {
  const { lines, clock, few } = recorded();
  for (let round = 0; round < 3; round += 1) {
    for (let number = 0; number < 9; number += 1) few.log('info', {}, {}, 'decided');
    await clock.advance(round === 1 ? -60_000 : 10_000);
  }
  expect(lines.filter(({ msg }) => msg === 'decided')).toHaveLength(15);
  expect(lines.filter(({ lines: left }) => left === 4)).toHaveLength(2);
});
