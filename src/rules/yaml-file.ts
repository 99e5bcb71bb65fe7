import { type Document, LineCounter, parseDocument } from 'yaml';
import type { Place, Positioned } from './positioned.ts';
import { MAX_TOLD, type ProblemList } from './problems.ts';
import { placeAt, positionedFrom } from './yaml-reader.ts';

/** UTF-16 units. Real templates take a few thousand. */
const MAX_TEXT = 1_048_576;
/** The parser repeats what somebody wrote, however long it is. */
const MAX_MESSAGE_CHARS = 200;

export interface YamlFile {
  /** Undefined, with problems told, where there is nothing to work with. */
  readonly root?: Positioned | undefined;
  /** Where the text stopped being YAML: what is read from there on may not mean what it says. */
  readonly brokenAt?: Place | undefined;
}

/** Reads one YAML document as far as it can be read. */
export function readYaml(text: string, problems: ProblemList): YamlFile {
  if (text.length > MAX_TEXT) {
    problems.error('too-large', undefined, `The file is longer than ${MAX_TEXT} characters; split it.`);
    return {};
  }
  const lines = new LineCounter();
  const document = parse(text.replace(/^\uFEFF/, ''), lines, problems);
  if (document === undefined) return {};
  const [broken] = document.errors;
  const brokenAt = broken && placeAt(lines, broken.pos[0]);
  return { root: positionedFrom(document.contents, { document, lines }, problems), brokenAt };
}

function parse(text: string, lines: LineCounter, problems: ProblemList): Document | undefined {
  let document: Document;
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      merge: true,
      // Comparing each key with each takes minutes for a file of nothing but keys; the reader below looks them up.
      uniqueKeys: false,
      prettyErrors: false,
      // Nothing is printed either way, but a silent parser does not tell of a second document.
      logLevel: 'error',
    });
  } catch (error) {
    // The parser recurses: a RangeError is a nesting too deep for its stack.
    const reason = error instanceof RangeError ? 'it nests too deeply' : String(error);
    problems.error('too-deep', undefined, `The file cannot be read: ${reason}.`);
    return undefined;
  }
  for (const error of document.errors.slice(0, MAX_TOLD))
    problems.error('yaml-syntax', placeAt(lines, error.pos[0]), firstLine(error.message));
  for (const warning of document.warnings.slice(0, MAX_TOLD))
    problems.warn('yaml-syntax', placeAt(lines, warning.pos[0]), firstLine(warning.message));
  return document;
}

function firstLine(message: string): string {
  const [first = ''] = message.split('\n', 1);
  return `${first.slice(0, MAX_MESSAGE_CHARS).replace(/[.:]$/, '')}.`;
}
