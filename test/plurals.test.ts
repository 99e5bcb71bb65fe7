import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { counted } from '../src/core/counted.ts';

/** What messages count. */
const NOUNS =
  'alerts|actors|APIs|attacks|attempts|characters|conditions|days|deliveries|destinations|entries|errors|events|gaps|groups|hours|' +
  'incidents|lines|matches|messages|minutes|notes|notifications|objects|places|requests|routes|rows|rules|seconds|silences|sources|' +
  'templates|tests|times|values|warnings|webhooks';
/** Bounds are constants of many, and read as such. */
const COUNT = String.raw`\$\{(?![A-Z_]+\})[^{}]*(?:\{[^{}]*\}[^{}]*)*\}`;
const FOUND = new RegExp(`${COUNT}(?: (?:more|new|other|open|different|dead|waiting))? (?:${NOUNS})\\b`, 'g');

/** Sentences in which the number before the noun is no count of it, or never one. */
const INNOCENT: readonly RegExp[] = [
  /(?:=== 1|< 2) \?/, // one is told apart right there
  /the event \$\{|\$\{(?:name|format|file|owner|who|which|what|shown|operator|aspect|term|destination|event|key|word|config|receiver)\} /,
  /kept quiet until/,
  /\$\{ids\.join/,
];

const SOURCES = readdirSync(join(import.meta.dirname, '..', 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => ({
    name,
    lines: readFileSync(join(import.meta.dirname, '..', 'src', name), 'utf8').split('\n'),
  }));

describe('what messages count', () => {
  it('is counted by a function that knows one from many: no "1 matches"', () => {
    const found = SOURCES.flatMap(({ name, lines }) =>
      lines.flatMap((line, index) => {
        const context = `${lines[index - 1] ?? ''}\n${line}`;
        if (/^\s*(?:\*|\/\/|\/\*)/.test(line) || INNOCENT.some((each) => each.test(context))) return [];
        return (line.match(FOUND) ?? []).map((text) => `${name}:${index + 1}: ${text}`);
      }),
    );
    expect(found).toEqual([]);
  });

  it.each([
    [0, '0 matches'],
    [1, '1 match'],
    [2, '2 matches'],
  ])('%d is told as "%s"', (count, text) => {
    expect(counted(count, 'match', 'matches')).toBe(text);
  });
});
