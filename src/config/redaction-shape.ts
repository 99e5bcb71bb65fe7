import { z } from 'zod';
import { createRedactor, MAX_PATTERNS, type OwnPattern, RedactionError } from '../redaction/index.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

const ownPattern = z
  .strictObject({
    name: z
      .string({ error: 'expected a name' })
      .regex(NAME, {
        error: 'expected a name of letters, digits, dash and underscore, at most 40 of them',
      })
      .describe('What stands in its place: [redacted:<name>].'),
    pattern: z
      .string({ error: 'expected a pattern' })
      .min(1)
      .describe('A regular expression as in rules; what it finds is masked.'),
  })
  .superRefine((own, context) => {
    // A name that cannot be is told of already.
    const message = NAME.test(own.name) ? mistakeIn([own]) : undefined;
    if (message !== undefined) context.addIssue({ code: 'custom', message, path: ['pattern'] });
  });

function mistakeIn(patterns: readonly OwnPattern[]): string | undefined {
  try {
    createRedactor({ patterns });
    return undefined;
  } catch (error) {
    if (error instanceof RedactionError) return error.message;
    throw error;
  }
}

export const redactionShape = z.strictObject({
  patterns: z
    .array(ownPattern)
    .max(MAX_PATTERNS)
    .optional()
    .describe(
      `Secrets of your own kind, beside those that are known; at most ${MAX_PATTERNS}. Default: none.`,
    ),
});
