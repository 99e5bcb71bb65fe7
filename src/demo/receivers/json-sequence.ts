import { isJsonObject, type JsonObject } from '../../core/json.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Reads JSON objects that simply follow each other. Ends with undefined at what is none. */
export function* readJsonSequence(text: string): Generator<JsonObject | undefined> {
  let at = skipBlanks(text, 0);
  while (at < text.length) {
    const end = objectEnd(text, at);
    const object = parseObject(text.slice(at, end));
    yield object;
    if (object === undefined) return;
    at = skipBlanks(text, end);
  }
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}

function objectEnd(text: string, from: number): number {
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) inString = !inString;
    else if (inString) at += code === BACKSLASH ? 1 : 0;
    else if (code === OPEN) depth += 1;
    else if (code === CLOSE) depth -= 1;
    if (depth === 0 && !inString) return at + 1;
  }
  return text.length;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
