import { expect, it } from 'vitest';
import type { Json } from '../../core/json.ts';
import { readTemplates } from './templates.ts';

const CONTENT = 'id: A\nfilter: {}\n';

it('reads what the reference page shows: seconds, and an id that is not the one inside', () => {
  const row = {
    createdAt: 1_751_743_962,
    author: 'AKTO',
    id: 'X',
    content: CONTENT,
    updatedAt: 1_751_743_962,
  };
  expect(readTemplates([row])).toEqual({
    templates: [{ id: 'X', content: CONTENT, updatedAtMs: 1_751_743_962_000 }],
    rejected: [],
  });
});

it.each<[why: string, row: Json, id: string | undefined]>([
  ['no object', 'template', undefined],
  ['null', null, undefined],
  ['no id', { content: CONTENT }, undefined],
  ['the text null as id', { id: 'null', content: CONTENT }, undefined],
  ['a number as id', { id: 7, content: CONTENT }, undefined],
  ['an endless id', { id: 'x'.repeat(10_000), content: CONTENT }, undefined],
  ['no content', { id: 'A' }, 'A'],
  ['the text null as content', { id: 'A', content: 'null' }, 'A'],
  ['blanks as content', { id: 'A', content: ' \n' }, 'A'],
  ['content that no rule file may be as long as', { id: 'A', content: 'é'.repeat(524_288) }, 'A'],
])('rejects with one sentence: %s', (_, row, id) => {
  const { templates, rejected } = readTemplates([row, { id: 'B', content: CONTENT }]);
  expect(templates.map((each) => each.id)).toEqual(['B']);
  expect(rejected).toEqual([
    { problem: expect.stringMatching(/^.{10,200}$/), ...(id === undefined ? {} : { id }) },
  ]);
});

it.each<[why: string, updatedAt: Json]>([
  ['milliseconds', 1_751_743_962_000],
  ['negative', -1],
  ['a text', 'null'],
  ['none', null],
])('knows no time where there is no sane one: %s', (_, updatedAt) => {
  expect(readTemplates([{ id: 'A', content: CONTENT, updatedAt }]).templates).toEqual([
    { id: 'A', content: CONTENT },
  ]);
});

it('takes of an id that stands twice the one updated last, and tells', () => {
  const rows = [3, 5, 4].map((n) => ({ id: 'A', content: `v${n}`, updatedAt: 1_700_000_000 + n }));
  const { templates, rejected } = readTemplates(rows);
  expect(templates.map(({ content }) => content)).toEqual(['v5']);
  expect(rejected).toHaveLength(2);
  expect(readTemplates([rows[0] ?? null, rows[0] ?? null]).rejected).toEqual([]);
});
