import { describe, expect, it } from 'vitest';
import { SourceError, type SourceErrorKind } from '../core/source.ts';
import { decideRetry, type Retry } from './retry.ts';

const giveUp = (reason: Extract<Retry, { kind: 'give_up' }>['reason']): Retry => ({
  kind: 'give_up',
  reason,
});
const wait = (ms: number, reason: 'back_off' | 'retry_after' = 'back_off'): Retry => ({
  kind: 'wait',
  ms,
  reason,
});

describe('decideRetry', () => {
  it.each<{
    why: string;
    kind?: SourceErrorKind;
    attempt: number;
    after?: number;
    left?: number;
    retry: Retry;
  }>([
    { why: 'a first failure waits up to half a second', attempt: 1, retry: wait(250) },
    { why: 'each further one up to twice as long', attempt: 2, retry: wait(500) },
    { why: 'and again', attempt: 3, retry: wait(1_000) },
    { why: 'four are enough for one poll', attempt: 4, retry: giveUp('asked_enough') },
    {
      why: 'a short Retry-After is honoured, with jitter on top',
      attempt: 1,
      after: 3_000,
      retry: wait(3_250, 'retry_after'),
    },
    { why: 'a long one ends the poll', attempt: 1, after: 60_000, retry: giveUp('asked_to_wait_long') },
    { why: 'a wait that would outlast the poll ends it', attempt: 1, left: 200, retry: giveUp('deadline') },
    { why: 'a refused key is not hammered', kind: 'refused', attempt: 1, retry: giveUp('needs_a_person') },
    { why: 'a stopped poll stops', kind: 'aborted', attempt: 1, retry: giveUp('stopped') },
  ])('$why', ({ kind = 'unavailable', attempt, after, left = 100_000, retry }) => {
    expect(decideRetry(new SourceError(kind, 'x', after), attempt, left, () => 0.5)).toEqual(retry);
  });
});
