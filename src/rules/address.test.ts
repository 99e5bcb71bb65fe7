import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { expect, it } from 'vitest';
import { parseAddress } from './address.ts';

it.each([
  ['203.0.113.9', [203, 0, 113, 9], 'plain'],
  ['0.0.0.0', [0, 0, 0, 0], 'zeros alone are no octal'],
  ['203.0.113.9:57796', [203, 0, 113, 9], 'with a port'],
  [' 203.0.113.9 ', [203, 0, 113, 9], 'blanks around it'],
  ['::ffff:203.0.113.9', [203, 0, 113, 9], 'inside IPv6'],
  ['203.0.113.09', undefined, 'perhaps octal'],
  ['203.0.113.256', undefined, 'no byte'],
  ['203.0.113', undefined, 'too short'],
  ['203.0.113.9.', undefined, 'too long'],
  ['203.0..9', undefined, 'a part is missing'],
  ['.0.113.9', undefined, 'the first part is missing'],
  ['', undefined, 'nothing'],
])('%j is %j: %s', (text, bytes, _) => {
  expect(parseAddress(text)).toStrictEqual(bytes);
});

it('four parts are read as by ipaddr.js', () => {
  const part = fc.constantFrom('0', '00', '01', '1', '9', '77', '255', '256', '0x7', '', '4294967296', ' 1');
  const texts = fc.array(part, { minLength: 2, maxLength: 5 }).map((parts) => parts.join('.'));
  fc.assert(
    fc.property(texts, (text) => {
      const bare = text.trim();
      const isPlain = ipaddr.IPv4.isValidFourPartDecimal(bare);
      expect(parseAddress(text)).toStrictEqual(isPlain ? ipaddr.IPv4.parse(bare).toByteArray() : undefined);
    }),
  );
});
