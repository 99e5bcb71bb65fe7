import { describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { Secret } from '../../core/secret.ts';
import { AktoClient } from './client.ts';
import { planPoll } from './cursor.ts';
import { Reading } from './reading.ts';

const client = new AktoClient({
  ...{ source: 'a', url: 'http://127.0.0.1:9', apiKey: new Secret('k'), clock: systemClock },
  ...{ timeoutMs: 1_000, maxResponseBytes: 1_000 },
});
const options = {
  ...{ source: 'a', client, pageSize: 1, mostRows: 1, deadlineMs: 1_000 },
  ...{ clock: systemClock, random: () => 0 },
};

describe('a reading', () => {
  it('tells of every gap that it gives up, those for which there is no room too', () => {
    const plan = planPoll(undefined, 1_780_000_000, { initialS: 1, lateArrivalS: 1 });
    const reading = new Reading(plan, options, new AbortController().signal);
    for (let second = 1; second <= 22; second += 1)
      reading.addGap({ fromS: second, toS: second }, 'missing', 9);
    const { cursor, rejected } = reading.page();
    expect(cursor['gaps']).toHaveLength(20);
    expect(rejected.map((sentence) => /seconds (\d+) to/.exec(sentence)?.[1])).toEqual(['1', '2']);
  });
});
