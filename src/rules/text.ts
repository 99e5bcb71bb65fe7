/** Java's `String.trim`: strips every character up to and including U+0020 from both ends. */
export function javaTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end -= 1;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** How texts are compared where letter case and surrounding blanks do not count. */
export function fold(text: string): string {
  return javaTrim(text).toLowerCase();
}

/** Java's `Double.parseDouble` as far as decimals go; undefined where the text is no number. */
export function parseDecimal(text: string): number | undefined {
  const trimmed = javaTrim(text);
  // Longer texts are no numbers anybody writes, and the pattern need not walk them.
  if (trimmed.length > 400 || !DECIMAL.test(trimmed)) return undefined;
  return Number(trimmed.replace(/[dDfF]$/, ''));
}
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/;

/** Java's `Integer.parseInt`; undefined where the text is no 32-bit integer. */
export function parseInt32(text: string): number | undefined {
  if (!/^[+-]?\d{1,400}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= -2_147_483_648 && value <= 2_147_483_647 ? value : undefined;
}
