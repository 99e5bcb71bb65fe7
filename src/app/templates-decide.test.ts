import { expect, it } from 'vitest';
import { decide } from './templates-decide.ts';
import type { Standing } from './templates-folder.ts';
import type { PulledFile } from './templates-manifest.ts';

const file = (sha256: string): Standing => ({ kind: 'file', text: '', sha256 });
const absent: Standing = { kind: 'absent' };
const link: Standing = { kind: 'other' };
const pulled = (sha256?: string, writing?: string): PulledFile => ({
  source: 's',
  id: 'i',
  ...(sha256 === undefined ? {} : { sha256 }),
  ...(writing === undefined ? {} : { writing }),
});

/** The server has `new`; `old` was pulled before. */
it.each<[why: string, pulled: PulledFile | undefined, standing: Standing, outcome: string, forced: string]>([
  ['never seen', undefined, absent, 'new', 'new'],
  ['there already, by whatever way', undefined, file('new'), 'unchanged', 'unchanged'],
  ['somebody else’s file in the way', undefined, file('x'), 'kept', 'changed'],
  ['a link in the way', undefined, link, 'kept', 'kept'],
  ['a link in the place of ours', pulled('old'), link, 'kept', 'kept'],
  ['as pulled, changed on the server', pulled('old'), file('old'), 'changed', 'changed'],
  ['as pulled, and as on the server', pulled('new'), file('new'), 'unchanged', 'unchanged'],
  ['edited here', pulled('new'), file('x'), 'kept', 'changed'],
  ['edited here and there', pulled('old'), file('x'), 'kept', 'changed'],
  ['edited here to what the server has now', pulled('old'), file('new'), 'unchanged', 'unchanged'],
  ['deleted here', pulled('old'), absent, 'kept', 'new'],
  ['cut off before its first writing', pulled(undefined, 'old'), absent, 'new', 'new'],
  ['cut off after its first writing', pulled(undefined, 'old'), file('old'), 'changed', 'changed'],
  ['cut off before it was written again', pulled('older', 'old'), file('older'), 'changed', 'changed'],
  ['cut off after it was written again', pulled('older', 'old'), file('old'), 'changed', 'changed'],
  ['deleted here while its writing was cut off', pulled('older', 'old'), absent, 'kept', 'new'],
])('%s', (_, before, standing, outcome, forced) => {
  expect(decide(before, standing, 'new', false).outcome).toBe(outcome);
  expect(decide(before, standing, 'new', true).outcome).toBe(forced);
});
