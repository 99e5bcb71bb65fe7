/** What is worked out of a header's name. */
export interface HeaderName {
  readonly folded: string;
  /** Of the folded name, as Java's HashMap spreads it. */
  readonly hash: number;
  /** The folded name as a JSON string. */
  readonly quoted: string;
}

/** Names come again in nearly every exchange. */
const known = new Map<string, HeaderName>();
const MOST_KEPT = 2_000;
/** Any other name is nobody's but a prankster's. */
const KEPT = /^[!-~]{1,64}$/;

export function headerName(written: string): HeaderName {
  const before = known.get(written);
  if (before !== undefined) return before;
  if (!KEPT.test(written)) return nameOf(written);
  // A copy: the text may be a slice of a payload, which would be kept with it.
  const own = Buffer.from(written, 'latin1').toString('latin1');
  const name = nameOf(own);
  if (known.size >= MOST_KEPT) known.clear();
  known.set(own, name);
  return name;
}

function nameOf(written: string): HeaderName {
  const folded = written.toLowerCase();
  return { folded, hash: spreadHash(folded), quoted: JSON.stringify(folded) };
}

function spreadHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash ^ (hash >>> 16);
}
