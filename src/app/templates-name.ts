import { createHash } from 'node:crypto';

const MAX_STEM_CHARS = 100;
/** Devices on Windows, whatever stands behind the point. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
const SAFE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,180}\.yaml$/;

/** Whether a name is one that {@link fileNameFor} could have given: plain, visible, and inside its folder. */
export function isPulledName(name: string): boolean {
  return SAFE_NAME.test(name);
}

/**
 * The file for a template. Ids are somebody else's: what is not a letter, digit, point, dash or underscore becomes
 * an underscore, and a name that is taken gets a suffix made of the id.
 * @param isFree whether nobody else uses a name, whatever its case
 */
export function fileNameFor(id: string, isFree: (name: string) => boolean): string {
  const stem = stemOf(id);
  const plain = `${stem}.yaml`;
  if (isFree(plain)) return plain;
  const digest = createHash('sha256').update(id).digest('hex');
  const short = `${stem}-${digest.slice(0, 8)}.yaml`;
  return isFree(short) ? short : `${stem}-${digest}.yaml`;
}

function stemOf(id: string): string {
  const safe = id
    .replace(/\.ya?ml$/i, '')
    .slice(0, MAX_STEM_CHARS)
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[.-]+/, (start) => '_'.repeat(start.length));
  if (safe === '') return 'template';
  return RESERVED.test(safe) ? `_${safe}` : safe;
}
