import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint, groupId } from './fingerprint.ts';

type Named = readonly [rule: string, group: Readonly<Record<string, string>>];

describe('a fingerprint', () => {
  it('does not depend on the order in which the group came', () => {
    expect(fingerprint('r', { actor: 'a', host: 'h' })).toBe(fingerprint('r', { host: 'h', actor: 'a' }));
  });

  it('is what it was in earlier versions: stored alerts are found by it', () => {
    expect(fingerprint('sql-injection', { actor: '203.0.113.9' })).toBe('811950340992d99d');
    expect(groupId('urgent', { rule: 'sql-injection' })).toBe('aa460f7048a301b0');
  });

  it.each<[string, Named, Named]>([
    ['the rule ends where the key begins', ['r', { ab: 'c' }], ['ra', { b: 'c' }]],
    ['the key ends where the value begins', ['r', { a: 'bc' }], ['r', { ab: 'c' }]],
    ['a value that looks like a separator', ['r', { a: '","b","' }], ['r', { a: '', b: '' }]],
    ['a value that looks like the next pair', ['r', { a: 'x', b: 'y' }], ['r', { a: 'x\u0000b\u0000y' }]],
    ['values that changed places', ['r', { a: 'x', b: 'y' }], ['r', { a: 'y', b: 'x' }]],
    ['an empty value and no value', ['r', { a: '' }], ['r', {}]],
    ['a key of Object.prototype', ['r', { constructor: 'x' }], ['r', {}]],
    ['different rules', ['r', { a: 'x' }], ['s', { a: 'x' }]],
  ])('tells apart: %s', (_, one, other) => {
    expect(fingerprint(...one)).not.toBe(fingerprint(...other));
  });

  it('never is a group of a route that carries the same words', () => {
    expect(fingerprint('r', { a: 'x' })).not.toBe(groupId('r', { a: 'x' }));
    expect(fingerprint('group', { r: 'x' })).not.toBe(groupId('r', { x: '' }));
  });

  it('differs wherever rule or group differ, whatever an attacker writes', () => {
    const text = fc.string({ maxLength: 4, unit: fc.constantFrom('a', '"', ',', '\\', '[', ']', '\u0000') });
    const pairs = fc.array(fc.tuple(text, text), { maxLength: 3 });
    fc.assert(
      fc.property(text, pairs, text, pairs, (ruleA, a, ruleB, b) => {
        const one = Object.fromEntries(a);
        const other = Object.fromEntries(b);
        const same = JSON.stringify([ruleA, sorted(one)]) === JSON.stringify([ruleB, sorted(other)]);
        expect(fingerprint(ruleA, one) === fingerprint(ruleB, other)).toBe(same);
      }),
    );
  });
});

function sorted(group: Readonly<Record<string, string>>): readonly [string, string][] {
  return Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1));
}
