import { describe, expect, it } from 'vitest';
import { passesOf } from '../../test/cpu-time.ts';
import { decodeMetadata, decodePayload, PayloadError } from './index.ts';

const MEGABYTE = 1_048_576;
/** About ten times the worst of them. What takes the square of their length takes thousands. */
const MOST_PASSES = 200;

function filled(piece: string): string {
  return piece.repeat(Math.floor(MEGABYTE / piece.length));
}

function counted(piece: (index: number) => string): string {
  const pieces: string[] = [];
  for (let length = 0; length < MEGABYTE; length += pieces.at(-1)?.length ?? 0)
    pieces.push(piece(pieces.length));
  return pieces.join('');
}

const texts: readonly (readonly [string, string])[] = [
  ['quotes', filled('"')],
  ['quotes after a name', `path: ${filled('"')}`],
  ['backslashes', `path: "${filled('\\')}`],
  ['braces', filled('{')],
  ['nested messages', filled('x {')],
  ['nested lists', `x: ${filled('[')}`],
  ['angle brackets', `x ${filled('<')}`],
  ['octal escapes', `path: "${filled('\\303')}"`],
  ['hex escapes', `path: "${filled('\\xf0')}"`],
  ['letter escapes', `path: "${filled('\\n')}"`],
  ['an unterminated string', `path: "${filled('a')}`],
  ['unterminated after each quote', `path: ${filled(`"' `)}`],
  ['lone surrogates', `path: "${filled('\ud83d')}"`],
  ['string pieces', `path: ${filled('"a"')}`],
  ['strings on one line that ends as a string does', `${filled('path:"a"')}`],
  ['long lines that end as a string does', filled(`path:"" ip:"${'a'.repeat(300)}"\n`)],
  ['slashes', `path: "${filled('/')}"`],
  ['lines of slashes', filled(`path: "${'/'.repeat(990)}"\n`)],
  ['comments', filled('#\n')],
  ['one comment', filled('#')],
  ['blanks', filled(' ')],
  ['a word', filled('a')],
  ['digits', `time: ${filled('9')}`],
  ['zeros in hex', `time: 0x${filled('0')}1`],
  ['empty headers', filled('request_headers{}')],
  ['a list of empty headers', `request_headers[${filled('{},')}{}]`],
  ['header names', counted((index) => `request_headers{key:"${index.toString(36)}"}`)],
  [
    'header names that are large numbers',
    counted((index) => `request_headers{key:"${4_294_967_000 - index * 7}"}`),
  ],
  ['header values', `request_headers{value{values:[${filled('"",')}""]}}`],
  ['unknown numbers', filled('a:1 ')],
  ['unknown messages', filled('a{}')],
  ['an unknown list', `a:[${filled('1,')}1]`],
  ['JSON lists nested 500,000 deep', `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`],
  ['JSON objects nested 200,000 deep', '{"a":'.repeat(200_000)],
  ['JSON keys', `{${counted((index) => `"${index.toString(36)}":1,`)}"method":""}`],
  [
    'JSON keys that are large numbers',
    `{${counted((index) => `"${4_294_967_000 - index * 7}":1,`)}"method":""}`,
  ],
  ['JSON key over and over', `{${filled('"method":1,')}"method":""}`],
  [
    'JSON header string of many names',
    JSON.stringify({ requestHeaders: `{${counted((index) => `"h${index}":"",`)}"a":""}` }),
  ],
  [
    'JSON header string of one long value',
    JSON.stringify({ requestHeaders: JSON.stringify({ a: filled('x') }) }),
  ],
  ['JSON header string nested deep', JSON.stringify({ requestHeaders: filled('[') })],
  ['JSON header values', `{"requestHeaders":{"a":[${filled('1,')}1]}}`],
  ['JSON body', JSON.stringify({ requestPayload: filled('"\n') })],
  ['JSON empty objects', `{"requestPayload":[${filled('{},')}{}]}`],
  ['JSON number', `{"time":${filled('9')}}`],
  ['JSON number as text', `{"time":"${filled('9')}"}`],
  ['JSON blank number', `{"time":"${filled(' ')}"}`],
  ['JSON quotes', `{${filled('"')}`],
  ['JSON backslashes', `{"${filled('\\')}`],
];

function decode(text: string): 'decoded' | string {
  try {
    decodePayload(text);
    return 'decoded';
  } catch (error) {
    if (error instanceof PayloadError) return error.code;
    throw error;
  }
}

describe('a megabyte of hostile text decodes or fails in time', () => {
  it.each(texts)('%s', (_, text) => {
    expect(passesOf(() => decode(text), MOST_PASSES)).toBeLessThan(MOST_PASSES);
  });
  it.each(texts)('as metadata: %s', (_, text) => {
    const metadata = text.slice(0, 262_144);
    expect(passesOf(() => decodeMetadata(metadata), MOST_PASSES)).toBeLessThan(MOST_PASSES);
  });
});
