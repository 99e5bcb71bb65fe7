import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { registry } from '../src/app/registry.ts';
import { loadConfig } from '../src/config/index.ts';
import { formatProblem } from '../src/core/problem.ts';
import { templateContext } from '../src/destinations/template-context.ts';
import { FILTERS, TAGS } from '../src/destinations/template-language.ts';
import { samplesOf } from '../src/destinations/template-samples.ts';

const page = readFileSync('docs/templates.md', 'utf8');
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
const VARIABLES = ['SLACK_WEBHOOK_URL', 'TEAMS_WEBHOOK_URL', 'PAGERDUTY_ROUTING_KEY'];

it.each(examples)('the destination in docs/templates.md is valid:\n%s', (text) => {
  const env = Object.fromEntries(VARIABLES.map((name) => [name, 'https://chat.example/hook']));
  const indented = text
    .replace(/^(?=.)/gm, '    ')
    .replace('    name:', '  - name:')
    .replace(/^ {4}#.*\n/, '');
  const source = 'sources: [{ name: a, type: akto, url: "https://akto.example", api_key: k }]';
  const config = `${source}\ndestinations:\n${indented}`;
  const loaded = loadConfig({ file: 'a.yaml', text: config, env, cwd: '/', registry, readFile: () => '' });
  expect(loaded.problems.map(formatProblem)).toEqual([]);
});

/** The names of a context, those of what loops call `alert` with that, and those further inside by themselves. */
function namesIn(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each) => namesIn(each, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (path === '' && key === 'data') return namesIn(inner, 'data.');
    const own = `${path}${key}`;
    const isOwn = key === 'group' || key === 'event';
    return [own, ...(isOwn ? [] : namesIn(inner, own === 'data.alerts' ? 'alert.' : ''))];
  });
}

it('docs/templates.md names all that a template sees and may say', () => {
  const samples = (['alert', 'digest', 'event'] as const).flatMap(samplesOf);
  const names = samples.flatMap(({ delivery }) => namesIn(templateContext(delivery), ''));
  const all = new Set([...names, ...FILTERS, ...TAGS]);
  expect([...all].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
