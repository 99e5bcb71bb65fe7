import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';

const DEFAULT_FOLDER = 'pulled';

/** `pulled` in the first folder of rules that is named; undefined where only files are. */
export function defaultFolder(rulePaths: readonly string[]): string | undefined {
  const folder = rulePaths.find((path) =>
    existsSync(path) ? statSync(path).isDirectory() : !/\.ya?ml$/i.test(path),
  );
  return folder === undefined ? undefined : join(folder, DEFAULT_FOLDER);
}

/** Whether a path is one of the others, or inside one, links resolved. */
export function isUnder(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => {
    const way = relative(real(folder), real(path));
    return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
  });
}

/** The path with the links in what there is of it resolved. */
export function real(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(path);
  return folder === path ? path : join(real(folder), basename(path));
}

/** As people in `cwd` would write it. */
export function shownFrom(cwd: string, path: string): string {
  const way = relative(cwd, path);
  return way === '' || way.startsWith('..') ? path : way;
}
