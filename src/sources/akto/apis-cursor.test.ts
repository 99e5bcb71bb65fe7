import { describe, expect, it } from 'vitest';
import { KnownStates, type Position, planSweep, readPosition, toCursor } from './apis-cursor.ts';

const NOW = 1_780_000_000_000;
const position = (more: Partial<Position>): Position => ({ startMs: 0, known: '', ...more });

describe('whether a poll reads the whole list of APIs', () => {
  it.each<{ why: string; stored: Position | undefined; kind: string; reason: string }>([
    { why: 'the first poll does', stored: undefined, kind: 'sweep', reason: 'first' },
    {
      why: 'one after a cut does',
      stored: position({ sweep: { startedMs: NOW, offset: 45, requests: 1 } }),
      kind: 'sweep',
      reason: 'unfinished',
    },
    {
      why: 'a short list costs no more',
      stored: position({ swept: { startedMs: NOW, requests: 2 } }),
      kind: 'sweep',
      reason: 'cheap',
    },
    {
      why: 'a long one waits',
      stored: position({ swept: { startedMs: NOW - 299_000, requests: 14 } }),
      kind: 'glance',
      reason: 'not_due',
    },
    {
      why: 'and is due after five minutes',
      stored: position({ swept: { startedMs: NOW - 300_000, requests: 14 } }),
      kind: 'sweep',
      reason: 'due',
    },
    {
      why: 'a very long one is read more rarely',
      stored: position({ swept: { startedMs: NOW - 300_000, requests: 200 } }),
      kind: 'glance',
      reason: 'not_due',
    },
    {
      why: 'a clock that went back puts nothing off',
      stored: position({ swept: { startedMs: NOW + 9_000_000, requests: 14 } }),
      kind: 'sweep',
      reason: 'due',
    },
  ])('$why', ({ stored, kind, reason }) => {
    expect(planSweep(stored, NOW)).toEqual({ kind, reason });
  });
});

describe('the states that have been seen', () => {
  it('are known again from the cursor', () => {
    const known = new KnownStates('');
    expect(known.see('a/1')).toBe(true);
    expect(known.see('a/1')).toBe(false);
    const cursor = toCursor(position({ known: known.packed() }));
    const again = new KnownStates(readPosition(cursor, 's')?.known ?? '');
    expect([again.see('a/1'), again.see('a/2')]).toEqual([false, true]);
  });

  it('stay bounded, and those that are seen stay', () => {
    const known = new KnownStates('');
    known.see('stays');
    for (let i = 0; i < 25_000; i += 1) {
      known.see(`made up ${i}`);
      if (i % 5_000 === 0) known.see('stays');
    }
    expect(known.packed().length).toBe(200_000);
    expect(known.see('stays')).toBe(false);
    expect(known.see('made up 0')).toBe(true);
  });

  it('are refused where the cursor is not ours', () => {
    expect(() => readPosition({ startMs: 1, known: 'ä' }, 's')).toThrow(/version that wrote it/);
  });
});
