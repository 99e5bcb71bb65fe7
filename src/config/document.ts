import {
  type Document,
  isMap,
  isScalar,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type YAMLError,
} from 'yaml';
import type { ConfigCode, Finding } from './codes.ts';

/** Longer is no configuration that a person wrote. */
const MAX_CHARS = 1_048_576;

export interface PositionedFile {
  readonly document: Document.Parsed<ParsedNode, true>;
  readonly lineCounter: LineCounter;
  readonly findings: readonly Finding[];
  /** Up to here the tree says what the operator wrote; after a syntax error it is a guess. */
  readonly trustedUntil: number;
}

/** Reads YAML 1.2 with the place of every node. Never throws; what is wrong is in `findings`. */
export function positionYaml(text: string): PositionedFile {
  if (text.length > MAX_CHARS) return unreadable('too-large', 'the file is larger than 1 MiB');
  try {
    return examine(text);
  } catch {
    // The parser recurses: nesting that no person writes ends its stack.
    return unreadable('yaml-syntax', 'the file cannot be read as YAML: is it nested too deeply?');
  }
}

function examine(text: string): PositionedFile {
  const lineCounter = new LineCounter();
  // Duplicate keys are found by the reader, which can then go on.
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
  const errors = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  const starts = entryStarts(document);
  const entryOf = (offset: number): number => starts.findLast((start) => start <= offset) ?? 0;
  const [first] = errors;
  return {
    document,
    lineCounter,
    findings: firstOfEachEntry(errors, entryOf).map((error) => syntaxFinding(error, text, lineCounter)),
    trustedUntil: first === undefined ? Number.POSITIVE_INFINITY : entryOf(first.pos[0]),
  };
}

/** One slip makes the parser stumble several times before it finds its feet at the next top-level key. */
function firstOfEachEntry(errors: readonly YAMLError[], entryOf: (offset: number) => number): YAMLError[] {
  const seen = new Set<number>();
  return errors.filter((error) => {
    const entry = entryOf(error.pos[0]);
    return !seen.has(entry) && seen.add(entry);
  });
}

function entryStarts(document: Document.Parsed<ParsedNode, true>): number[] {
  if (!isMap(document.contents)) return [];
  return document.contents.items.map(({ key }) => (isScalar(key) ? (key.range?.[0] ?? 0) : 0));
}

/** The parser's own messages repeat what stands in the file, which may be a secret: these do not. */
function syntaxFinding(error: YAMLError, text: string, lineCounter: LineCounter): Finding {
  const offset = Math.min(error.pos[0], text.length);
  if (error.code === 'TAB_AS_INDENT') {
    return { code: 'tab-indent', offset, message: 'indent with spaces: YAML takes no tabs there' };
  }
  const message = unquotedReference(text, offset, lineCounter) ?? SYNTAX[error.code] ?? 'this is not YAML';
  return { code: 'yaml-syntax', offset, message };
}

function unquotedReference(text: string, offset: number, lineCounter: LineCounter): string | undefined {
  const { line } = lineCounter.linePos(offset);
  const start = lineCounter.lineStarts[line - 1] ?? 0;
  const upToHere = text.slice(start, offset + 1);
  return /[{,[].*: *\$\{$/.test(upToHere) ? `write "\${NAME}" in quotes inside { } and [ ]` : undefined;
}

const SYNTAX: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'the name after * or & is not valid; put the value in quotes if it starts with one of them',
  BAD_DIRECTIVE: 'a line that starts with % is a YAML directive; remove it or put it in quotes',
  BAD_DQ_ESCAPE: 'unknown escape inside double quotes: write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation is wrong, or a list or mapping before it was never closed',
  BAD_SCALAR_START: 'a value that starts with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a value with ": " inside needs quotes, or the lines after it are indented too far',
  BLOCK_IN_FLOW: 'a block list or mapping cannot stand inside { } or [ ]',
  MISSING_CHAR:
    'something was opened here or before and never closed: look for a missing quote, ":", "]" or "}"',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line; is a ":" missing?',
  MULTIPLE_DOCS: 'a configuration is one YAML document: remove what follows this ---',
  TAG_RESOLVE_FAILED: 'YAML tags (!name) are not supported here; put the value in quotes',
  UNEXPECTED_TOKEN: 'this does not belong here: check the indentation and quotes up to this place',
  RESOURCE_EXHAUSTION: 'the file is nested too deeply',
};

function unreadable(code: ConfigCode, message: string): PositionedFile {
  const document = parseDocument('', { prettyErrors: false });
  return {
    document,
    lineCounter: new LineCounter(),
    findings: [{ code, offset: 0, message }],
    trustedUntil: 0,
  };
}
