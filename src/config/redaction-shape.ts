import { z } from 'zod';
import { compilePattern, PatternError } from '../regex/index.ts';

const MAX_PATTERNS = 50;
/** It stands in the mask. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

const pattern = z.string({ error: 'expected a pattern' }).superRefine((text, context) => {
  const message = patternMistake(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

function patternMistake(text: string): string | undefined {
  try {
    return compilePattern(text).matchesEmpty
      ? 'this pattern finds the empty text: let it need a character'
      : undefined;
  } catch (error) {
    if (error instanceof PatternError) return `this pattern cannot be used: ${error.message}`;
    throw error;
  }
}

const ownPattern = z.strictObject({
  name: z
    .string({ error: 'expected a name' })
    .regex(NAME, { error: 'expected a name of letters, digits, dash and underscore, at most 40 of them' })
    .describe('What stands in its place: [redacted:<name>].'),
  pattern: pattern.describe('A regular expression as in rules; what it finds is masked.'),
});

export const redactionShape = z.strictObject({
  patterns: z
    .array(ownPattern)
    .max(MAX_PATTERNS)
    .optional()
    .describe('Secrets of your own kind, beside those that are known; at most 50. Default: none.'),
});
