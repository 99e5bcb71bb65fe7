// Strings of the text format that the engine's own JSON parser reads, many times faster than their characters one by one.

const BACKSLASH = 0x5c;

/**
 * Undoes the escapes that JSON has, too, and `\'`.
 * @param quoted with its double quotes, without control characters
 */
export function unescaped(quoted: string, hasApostrophes: boolean): string | undefined {
  const json = hasApostrophes ? withoutEscapedApostrophes(quoted) : quoted;
  const value: unknown = JSON.parse(json);
  return typeof value === 'string' ? value : undefined;
}

function withoutEscapedApostrophes(quoted: string): string {
  if (!quoted.includes('\\\\')) return quoted.replaceAll("\\'", "'");
  return quoted.replaceAll('\\\\', '\0').replaceAll("\\'", "'").replaceAll('\0', '\\\\');
}

/** More slashes are not looked at: a text of them alone would take long. */
const MAX_SLASHES = 1_000;

/** `\/` is JSON's alone. */
export function mayEscapeSlash(line: string): boolean {
  let at = line.indexOf('/');
  for (let slashes = 0; at >= 0; slashes += 1) {
    if (slashes === MAX_SLASHES || line.charCodeAt(at - 1) === BACKSLASH) return true;
    at = line.indexOf('/', at + 1);
  }
  return false;
}

/**
 * What a string of the text format holds that is a JSON string but for `\'`; undefined where it is none.
 * @param quoted with its double quotes, whatever lies between
 */
export function jsonString(quoted: string): string | undefined {
  const hasApostrophes = quoted.includes("'");
  // NUL stands in for something else while apostrophes are put right.
  if (hasApostrophes && quoted.includes('\0')) return undefined;
  try {
    return unescaped(quoted, hasApostrophes);
  } catch {
    return undefined;
  }
}
