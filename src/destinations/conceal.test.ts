import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../core/secret.ts';
import { createConceal } from './conceal.ts';

const URL_TEXT = 'https://user:pa55word@chat.example/hooks/AbCd1234%2FxyZ/T0k3nT0k3n?code=s%20ecret-code&v=1';
const TOKEN = 'xoxb-12345-abcdef/+=';
const conceal = createConceal([new Secret(URL_TEXT), new Secret(TOKEN), new Secret('Bearer k3yk3yk3y')]);
const answerOf = (answer: string): string => {
  const outcome = conceal({ kind: 'unclear', reason: 'x', answer });
  return 'answer' in outcome ? (outcome.answer ?? '') : '';
};

describe('an answer that echoes', () => {
  it.each<[string, string, string]>([
    ['the address', `no route ${URL_TEXT}`, 'T0k3nT0k3n'],
    ['its path', 'POST /hooks/AbCd1234%2FxyZ/T0k3nT0k3n', 'T0k3n'],
    ['a part of it, unescaped', 'bad token AbCd1234/xyZ', 'AbCd1234'],
    ['a part of it in other letters', 'bad token t0k3nt0k3n', 't0k3n'],
    ['a value of its query', 'code s ecret-code is over', 's ecret-code'],
    ['its password', 'user pa55word unknown', 'pa55word'],
    ['the token', `{"token":"${TOKEN}"}`, 'xoxb-12345'],
    ['the token in JSON of PHP', '{"token":"xoxb-12345-abcdef\\/+="}', 'xoxb-12345'],
    ['the token in an address', `?t=${encodeURIComponent(TOKEN)}`, 'xoxb-12345'],
    [
      'the token in base64',
      Buffer.from(TOKEN).toString('base64'),
      Buffer.from(TOKEN).toString('base64').slice(0, 12),
    ],
    ['a header without its scheme', 'key k3yk3yk3y refused', 'k3yk3yk3y'],
  ])('%s does not show it', (_, answer, secret) => {
    expect(answerOf(answer)).not.toContain(secret);
    expect(answerOf(answer)).toContain('[secret]');
  });

  it('says the rest as it is', () => {
    expect(answerOf('no such webhook, services ok')).toBe('no such webhook, services ok');
  });

  it('shows no half of a secret where it is cut', () => {
    fc.assert(
      fc.property(fc.nat(200), (before) => {
        const shown = answerOf(`${'x '.repeat(4_050)}${'y'.repeat(before)}${TOKEN}`);
        expect(shown).not.toContain('xoxb-');
        expect(shown.length).toBeLessThanOrEqual(8_192);
      }),
    );
  });

  it('is concealed in every item of a partial outcome', () => {
    const outcome = conceal({
      kind: 'partial',
      items: [{ kind: 'done' }, { kind: 'dead', reason: 'x', answer: TOKEN }],
    });
    expect(JSON.stringify(outcome)).not.toContain('xoxb');
  });

  it('stays as it is where there is no secret', () => {
    expect(createConceal([])({ kind: 'dead', reason: 'x', answer: 'no' })).toEqual({
      kind: 'dead',
      reason: 'x',
      answer: 'no',
    });
  });
});
