import { describe, expect, it } from 'vitest';
import { compileSilence } from './silence.ts';

const silence = (when: string, id = 's') => ({
  ...{ id, when, reason: 'r', createdBy: 'me', createdMs: 0, startsMs: 1, endsMs: 2 },
});
const actor = (address: string) => ({ get: (term: string) => (term === 'actor' ? address : undefined) });

describe('a stored silence', () => {
  it('selects alerts by the filter that was written down', () => {
    const compiled = compileSilence(silence('{ actor: { eq: 203.0.113.9 } }'));
    expect(compiled).toMatchObject({ id: 's', startsMs: 1, endsMs: 2 });
    expect(compiled?.when.matches(actor('203.0.113.9'))).toBe(true);
    expect(compiled?.when.matches(actor('203.0.113.8'))).toBe(false);
  });

  it('keeps its own id and times where another has the same filter', () => {
    const ids = ['a', 'b'].map((id) => compileSilence(silence('rule: { eq: x }', id))?.id);
    expect(ids).toEqual(['a', 'b']);
  });

  it.each([
    ['no YAML', '{ a: ['],
    ['no filter', 'text'],
    ['nothing', ''],
    ['a term that alerts do not have', 'request_payload: { contains_either: x }'],
    ['aliases without end', `${'a: &a [*a]'}`],
  ])('of which nothing can be read keeps nobody quiet: %s', (_why, when) => {
    expect(compileSilence(silence(when))).toBeUndefined();
    expect(compileSilence(silence(when))).toBeUndefined();
  });
});
