import { compilePattern, type Pattern, PatternError } from '../regex/index.ts';
import { javaTrim } from './text.ts';

/**
 * Compiles a rule's pattern: as Java does, and where Java refuses it, as other engines do, to whom
 * `[` inside a class is an ordinary character (the published policies have such a pattern).
 * @throws PatternError as Java's reading has it, where neither takes the pattern
 */
export function compileRulePattern(text: string): { readonly pattern: Pattern; readonly isJava: boolean } {
  const source = javaTrim(text);
  try {
    return { pattern: compilePattern(source), isJava: true };
  } catch (error) {
    const pattern = error instanceof PatternError ? compiledElsewhere(source) : undefined;
    if (pattern === undefined) throw error;
    return { pattern, isJava: false };
  }
}

function compiledElsewhere(source: string): Pattern | undefined {
  try {
    return compilePattern(source, { nestedClasses: false });
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}
