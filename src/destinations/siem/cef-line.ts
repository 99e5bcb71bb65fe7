import { cut } from './bounds.ts';

/** A key of the extension and its value, longest as CEF's dictionary has it; undefined where there is none. */
export type CefField = readonly [
  key: string,
  value: string | number | undefined,
  longest: number,
  /** What a custom field means: they stand there together or not at all. */
  label?: string,
];

/** UTF-8 bytes of a whole line: what receivers of syslog take. */
const LONGEST_CEF_LINE = 8_000;
const LINE_BREAK = /\r\n|[\r\n]/g;
/** What ends a line or a string somewhere, and what terminals obey. */
const CONTROLS = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]/g;

/** `CEF:0|…|` of seven header values. No text can add a value, a key or a line. */
export function cefLine(header: readonly (string | number)[], fields: readonly CefField[]): string {
  const prefix = `CEF:0|${header.map((value) => headerValue(String(value))).join('|')}|`;
  const kept: string[] = [];
  let bytes = Buffer.byteLength(prefix);
  for (const field of fields) {
    const text = extension(field);
    const size = Buffer.byteLength(text) + 1;
    if (text === '' || bytes + size > LONGEST_CEF_LINE) continue;
    kept.push(text);
    bytes += size;
  }
  return prefix + kept.join(' ');
}

/** A custom field, which is nothing without its label. */
export function labelled(key: string, label: string, value: string | number | undefined): CefField {
  return [key, value, key.startsWith('cs') ? 4_000 : 1_023, label];
}

function headerValue(value: string): string {
  return plain(value)
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\|]/g, '\\$&');
}

function extension([key, value, longest, label]: CefField): string {
  if (value === undefined || value === '') return '';
  const text = plain(cut(String(value), longest)).trim();
  if (text === '') return '';
  const before = label === undefined ? '' : `${key}Label=${label} `;
  return `${before}${key}=${text.replace(/[\\=]/g, '\\$&').replace(LINE_BREAK, '\\n')}`;
}

function plain(text: string): string {
  return text.toWellFormed().replace(CONTROLS, ' ');
}
