import { expect, it } from 'vitest';
import { readVocabulary } from './vocabulary.ts';

it('reads what the reference page shows: a filter id under subCategory, no hosts, an unknown country', () => {
  const table = { subCategory: ['LocalFileInclusionLFIRFI'], latestAttack: 'null', ips: ['203.0.113.1'] };
  const actors = { country: [''], latestAttack: ['LocalFileInclusionLFIRFI', 'XSS'] };
  expect(readVocabulary(table, actors, { categoryCounts: [] })).toEqual({
    subCategories: ['LocalFileInclusionLFIRFI'],
    attacks: ['LocalFileInclusionLFIRFI', 'XSS'],
    hosts: [],
    countries: [],
  });
});

it('takes each name once, from wherever it stands, and leaves out what is none', () => {
  const table = { subCategory: ['SQLI', 'null', null, 7, 'x'.repeat(1_000)], hosts: ['a', 'b', 'a'] };
  const actors = { country: ['FR', 'US', 'FR'], latestAttack: 'null', host: ['b', 'c'] };
  const counts = { categoryCounts: [{ subCategory: 'XSS', count: 1 }, { subCategory: 'SQLI' }, null, 'x'] };
  expect(readVocabulary(table, actors, counts)).toEqual({
    subCategories: ['XSS', 'SQLI'],
    attacks: ['SQLI'],
    hosts: ['a', 'b', 'c'],
    countries: ['FR', 'US'],
  });
});
