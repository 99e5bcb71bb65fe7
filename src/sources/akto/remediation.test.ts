import { describe, expect, it } from 'vitest';
import { boundMarkdown, MAX_REMEDIATION } from './remediation.ts';

describe('advice that is too long', () => {
  it.each<[why: string, text: string]>([
    ['lines', 'a line of advice\n'.repeat(1_000)],
    ['one line', 'x'.repeat(100_000)],
    ['a line break at its start alone', `\n${'x'.repeat(100_000)}`],
    ['characters of two units', '😀'.repeat(50_000)],
    ['half characters', '\ud800'.repeat(50_000)],
  ])('of %s is cut within its bound, and says so', (_, text) => {
    const cut = boundMarkdown(text);
    expect(cut.length).toBeLessThanOrEqual(MAX_REMEDIATION);
    expect(cut.length).toBeGreaterThan(MAX_REMEDIATION / 2);
    expect(cut).toMatch(/\n\n\*Shortened: Akto has \d+ characters on this\.\*$/);
    expect(cut.isWellFormed()).toBe(true);
  });

  it('is cut after a whole line, and a code block that the cut left open is closed', () => {
    const cut = boundMarkdown(`# Fix\n\`\`\`\n${'code();\n'.repeat(1_000)}\`\`\`\n`);
    expect(cut).toMatch(/\ncode\(\);\n```\n\n\*Shortened/);
  });

  it('is told whole where it is not', () => {
    expect(boundMarkdown('# Fix\n')).toBe('# Fix\n');
    expect(boundMarkdown('x'.repeat(MAX_REMEDIATION))).toHaveLength(MAX_REMEDIATION);
  });
});
