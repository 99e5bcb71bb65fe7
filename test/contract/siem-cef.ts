import { isIPv4, isIPv6 } from 'node:net';

/**
 * What "Implementing ArcSight Common Event Format (CEF)", version 25, requires: "Header Information" (seven values,
 * severity 0 to 10), "Character Encoding" (escapes of header and extension), "Extension Dictionary" (names, types,
 * lengths), and that a custom field comes with its label.
 */
export interface CefEvent {
  readonly header: readonly string[];
  readonly extension: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

const TEXT = (longest: number) => (value: string) => value !== '' && value.length <= longest;
const INTEGER = (value: string): boolean => /^-?\d{1,16}$/.test(value);
const TIME = (value: string): boolean => /^\d{1,15}$/.test(value);
const PORT = (value: string): boolean => /^\d{1,5}$/.test(value) && Number(value) <= 65_535;

const DICTIONARY: Readonly<Record<string, (value: string) => boolean>> = {
  ...{ rt: TIME, start: TIME, end: TIME, cnt: INTEGER, cn1: INTEGER, cn2: INTEGER, cn3: INTEGER },
  ...{ src: isIPv4, dst: isIPv4, c6a2: isIPv6, c6a3: isIPv6, spt: PORT, dpt: PORT },
  ...{ act: TEXT(63), outcome: TEXT(63), reason: TEXT(1_023), cat: TEXT(1_023), msg: TEXT(1_023) },
  ...{ dhost: TEXT(1_023), suser: TEXT(1_023), request: TEXT(1_023), requestMethod: TEXT(1_023) },
  ...{ requestClientApplication: TEXT(1_023), requestContext: TEXT(2_048) },
  ...{
    cs1: TEXT(4_000),
    cs2: TEXT(4_000),
    cs3: TEXT(4_000),
    cs4: TEXT(4_000),
    cs5: TEXT(4_000),
    cs6: TEXT(4_000),
  },
  ...{ flexString1: TEXT(1_023), flexString2: TEXT(1_023) },
  // 40 in the dictionary. An id that loses its end is another's, so ours stays whole; see docs/siem-schemas.md.
  externalId: TEXT(1_023),
};
const HEADER = new RegExp(`^${'((?:\\\\.|[^\\\\|])*)\\|'.repeat(7)}`);
const CUSTOM = /^(cs\d|cn\d|c6a\d|flexString\d)$/;

/** Reads a line as a receiver does, and says what is wrong with it. */
export function readCef(line: string): CefEvent {
  const [header, rest] = readHeader(line);
  const extension = readExtension(rest);
  const [version, , , , classId, name, severity] = header;
  const problems = [
    ...(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/.test(line) && line.isWellFormed()
      ? []
      : ['a control character']),
    ...(version === 'CEF:0' && header.length === 7 ? [] : ['no header of CEF:0 and six more values']),
    ...(classId === '' || name === '' ? ['an empty class id or name'] : []),
    ...(/^(\d|10)$/.test(severity ?? '') ? [] : [`severity ${severity}`]),
    ...[...extension].flatMap(([key, value]) => fieldProblems(key, value, extension)),
    ...(extension.has('externalId') && extension.has('rt') ? [] : ['externalId or rt is missing']),
    ...(Buffer.byteLength(line) <= 8_000 ? [] : ['more than 8,000 bytes']),
  ];
  return { header, extension, problems };
}

function fieldProblems(key: string, value: string, extension: ReadonlyMap<string, string>): string[] {
  const label = /^(.+)Label$/.exec(key)?.[1];
  if (label !== undefined) return extension.has(label) && CUSTOM.test(label) ? [] : [`${key} labels nothing`];
  if (CUSTOM.test(key) && !extension.has(`${key}Label`)) return [`${key} has no label`];
  const fits = DICTIONARY[key];
  if (fits === undefined) return [`${key} is none of the dictionary's`];
  return fits(value) ? [] : [`${key} does not fit: ${value.slice(0, 60)}`];
}

/** Values end at a bar that no backslash stands before. */
function readHeader(line: string): [string[], string] {
  const [all = '', ...values] = HEADER.exec(line) ?? [];
  return [values.map((value) => value.replace(/\\(.)/g, '$1')), line.slice(all.length)];
}

/** A key begins the text or follows a blank, and ends at an equals sign that no backslash stands before. */
function readExtension(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  const starts = [...text.matchAll(/(?:^| )(\w+)=/g)];
  for (const [i, start] of starts.entries()) {
    const value = text.slice(start.index + start[0].length, starts[i + 1]?.index ?? text.length);
    const key = start[1] ?? '';
    if (fields.has(key)) throw new Error(`${key} stands there twice`);
    fields.set(key, unescaped(value));
  }
  return fields;
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
