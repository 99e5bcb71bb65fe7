import { isJsonObject } from '../core/json.ts';

/** Longer than any token; what is longer is no token and is not decoded. */
const MAX_PART = 65_536;

/** Whether a JSON web token stands among the blank-separated words of the text. */
export function holdsJwt(text: string): boolean {
  return text.split(/\s+/).some(isJwt);
}

function isJwt(word: string): boolean {
  const parts = word.split('.', 4);
  const [header = '', claims = ''] = parts;
  if (parts.length !== 3) return false;
  const decoded = decodeObject(header);
  return decoded !== undefined && Object.hasOwn(decoded, 'alg') && decodeObject(claims) !== undefined;
}

function decodeObject(part: string): object | undefined {
  if (part.length > MAX_PART || !/^[A-Za-z0-9+/]+={0,2}$/.test(part)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64').toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
