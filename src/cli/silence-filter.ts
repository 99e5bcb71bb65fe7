import { LineCounter, type Node, parseDocument } from 'yaml';
import { type KnownNames, problemsOfFilter } from '../app/selections.ts';
import { linesOf, listProblems } from '../core/excerpt.ts';
import type { Problem } from '../core/problem.ts';
import { severityRank } from '../core/severity.ts';
import { subjectOf } from '../pipeline/quieted.ts';
import { ALERT_TERMS, type CompiledFilter, compileAlertFilter } from '../rules/index.ts';
import { CliError, type Io } from './io.ts';
import { isError } from './problems.ts';

/** A filter as it was written, and compiled. */
export interface WrittenFilter {
  readonly text: string;
  readonly filter: CompiledFilter;
}

const MAX_CHARS = 10_000;
/** As messages call what stands on the command line. */
const FILE = 'filter';

/**
 * Compiles what an operator wrote; what is wrong is told with a caret.
 * @param known names that it may hold; without them none is looked at
 */
export function readFilter(io: Io, text: string, known?: KnownNames): WrittenFilter {
  if (text.length > MAX_CHARS) throw new CliError(`the filter is longer than ${MAX_CHARS} characters`);
  const { filter, problems } = compiled(text, known);
  if (problems.length > 0) {
    const lineAt = linesOf(text);
    const lineOf = ({ line }: Problem) => (line === undefined ? undefined : lineAt(line));
    io.err(`${listProblems(problems, { colour: io.colour.err, lineOf })}\n`);
  }
  if (filter === undefined || problems.some(isError))
    throw new CliError(
      "nothing is silenced: the filter is not valid; write it such as '{ actor: { eq: 203.0.113.9 } }'",
    );
  if (problems.some(({ code }) => code === 'never-true'))
    throw new CliError('nothing is silenced: no alert could ever pass this filter');
  return { text, filter };
}

function compiled(text: string, known: KnownNames | undefined): ReturnType<typeof compileAlertFilter> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col: column } = lines.linePos(error.pos[0]);
    return {
      problems: [
        { code: 'yaml-syntax', severity: 'error', message: error.message, file: FILE, line, column },
      ],
    };
  }
  const node: Node | null = document.contents;
  const read = compileAlertFilter(node, { owner: FILE, file: FILE, yaml: { document, lines } });
  if (read.filter === undefined || known === undefined) return read;
  return { ...read, problems: [...read.problems, ...problemsOfFilter(read.filter, known, FILE)] };
}

/** Whether it passes alerts that have nothing in common. */
export function matchesEverything({ filter }: WrittenFilter): boolean {
  return [probe('INFO', 'a'), probe('CRITICAL', 'b')].every((alert) =>
    filter.matches(subjectOf(alert).subject),
  );
}

/** An alert as no real one is. */
function probe(severity: 'INFO' | 'CRITICAL', letter: string): Parameters<typeof subjectOf>[0] {
  const texts = [...ALERT_TERMS].map(([term, kind]) => {
    if (kind === 'number') return [term, severityRank(severity) * 1e9] as const;
    if (kind === 'flag') return [term, severity === 'CRITICAL'] as const;
    return [term, kind === 'address' ? `2001:db8::${letter}` : `tocsin-probe-${letter}`] as const;
  });
  const labels = Object.fromEntries(texts);
  const count = severityRank(severity) * 1e9;
  return { fingerprint: letter, labels, severity, count, lastSeenMs: 0, episode: 1, openedAtMs: 0 };
}
