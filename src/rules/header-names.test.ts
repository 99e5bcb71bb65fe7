import { expect, it } from 'vitest';
import { headerName } from './header-names.ts';

it.each([
  ['User-Agent', 'user-agent', '"user-agent"'],
  ['user-agent', 'user-agent', '"user-agent"'],
  ['__proto__', '__proto__', '"__proto__"'],
  ['x"y', 'x"y', '"x\\"y"'],
  ['Größe', 'größe', '"größe"'],
  ['', '', '""'],
  ['X'.repeat(100), 'x'.repeat(100), `"${'x'.repeat(100)}"`],
])('folds and quotes %s, the first time and every other', (written, folded, quoted) => {
  expect(headerName(written)).toMatchObject({ folded, quoted });
  expect(headerName(written)).toMatchObject({ folded, quoted });
});

it('forgets names before it knows too many', () => {
  for (let i = 0; i < 5_000; i += 1) expect(headerName(`X-${i}`).folded).toBe(`x-${i}`);
  expect(headerName('X-0').hash).toBe(headerName('x-0').hash);
});
