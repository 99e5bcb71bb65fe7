/** Something wrong in a file that an operator wrote, in words that say what to do. Lines and columns count from 1. */
export interface Problem {
  /** From a closed set, kebab-case: `unknown-key`, `bad-duration`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** One sentence. Never holds a secret. */
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** `file:line:column: error code: message`, as editors and terminals understand it. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  return `${place === '' ? '' : `${place}: `}${problem.severity} ${problem.code}: ${problem.message}`;
}
