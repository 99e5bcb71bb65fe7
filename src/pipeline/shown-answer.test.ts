import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../redaction/index.ts';
import { shownAnswer, withShownAnswers } from './shown-answer.ts';

const { text } = createRedactor({ patterns: [] });
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';

describe('an answer as it is shown', () => {
  it.each<[string, string, string]>([
    [
      'as it is',
      '{"success":false,"error":"error-invalid-channel"}',
      '{"success":false,"error":"error-invalid-channel"}',
    ],
    ['on one line', 'no\r\n\tsuch  thing\n', 'no such thing'],
    [
      'with what a terminal obeys written out',
      'a\u001b[2Jb\u0000\u202ec\u200d',
      'a\\u{1b}[2Jb\\u{0}\\u{202e}c\\u{200d}',
    ],
    [
      'with its title first where it is a page',
      '<html><head><TITLE lang=en>\nSign in </TITLE>x',
      '"Sign in" <html><head><TITLE lang=en> Sign in </TITLE>x',
    ],
    ['without half a character', 'a\ud800', 'a\ufffd'],
    [
      'without secrets of what we sent',
      `you sent api_key=planted-7c1e9b2d44`,
      'you sent api_key=[redacted:api-key]',
    ],
  ])('%s', (_, answer, shown) => {
    expect(shownAnswer(answer, text)).toBe(shown);
  });

  it('is bounded, and cut only after it is masked', () => {
    const shown = shownAnswer(`${'x '.repeat(110)}${JWT} ${'y '.repeat(9_000)}`, text);
    expect(shown.length).toBeLessThanOrEqual(241);
    expect(shown).not.toContain('eyJ');
  });

  it('shows nothing of a JWT, wherever it stands', () => {
    fc.assert(
      fc.property(fc.nat(9_000), (before) => {
        expect(shownAnswer(`${'x '.repeat(before / 2)}${JWT}`, text)).not.toContain('eyJ');
      }),
    );
  });

  it('is written into every kind of outcome that has one', () => {
    const items = [{ kind: 'done' as const }, { kind: 'dead' as const, reason: 'r', answer: 'a\n' }];
    expect(withShownAnswers({ kind: 'partial', items }, text)).toEqual({
      kind: 'partial',
      items: [{ kind: 'done' }, { kind: 'dead', reason: 'r', answer: 'a' }],
    });
    expect(withShownAnswers({ kind: 'unclear', reason: 'r' }, text)).toEqual({
      kind: 'unclear',
      reason: 'r',
    });
  });
});
