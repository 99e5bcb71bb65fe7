import { resolve } from 'node:path';

/** No secret is longer; the operator named the wrong file. */
const MAX_CHARS = 65_536;

const REFUSALS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of its path is not a folder',
};

/** Reads what `*_file` keys name, relative to the configuration's folder, without the one newline at its end. */
export function secretFileReader(folder: string, readFile: (path: string) => string) {
  return (path: string): { readonly text: string } | { readonly refusal: string } => {
    try {
      const text = readFile(resolve(folder, path));
      if (text.length > MAX_CHARS) return { refusal: 'it is larger than 64 KiB' };
      return { text: text.replace(/\r?\n$/, '') };
    } catch (error) {
      return { refusal: refusalOf(error) };
    }
  };
}

/** Never the error's own text: it repeats the path, which may come from the environment. */
function refusalOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return Object.hasOwn(REFUSALS, code) ? (REFUSALS[code] ?? '') : 'it could not be opened';
}
