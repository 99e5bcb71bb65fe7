import { createHash } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { formatManifest, MANIFEST_NAME, type Manifest, parseManifest } from './templates-manifest.ts';

/** Why templates could not be pulled: one sentence that says what to do. */
export class PullError extends Error {}

/** What stands under a name. `other` is a link, a folder, or whatever else is no plain file. */
export type Standing =
  | { readonly kind: 'absent' }
  | { readonly kind: 'other' }
  | { readonly kind: 'file'; readonly text: string; readonly sha256: string };

const ABANDONED_AFTER_MS = 3_600_000;
const TEMPORARY = /^\.tocsin-pull-\d+\.tmp$/;

/** The folder that templates are pulled into. It never reads or writes through a link. */
export class TemplateFolder {
  readonly path: string;
  readonly manifest: Manifest;
  /** Of everything in it. */
  readonly names: readonly string[];

  /** Throws {@link PullError}. */
  constructor(path: string) {
    this.path = path;
    this.names = namesIn(path);
    this.manifest = this.#readManifest();
  }

  /** Throws {@link PullError} where a file is there and cannot be read. */
  at(name: string): Standing {
    const file = join(this.path, name);
    const found = statOf(file);
    if (found === undefined) return { kind: 'absent' };
    if (!found.isFile()) return { kind: 'other' };
    const bytes = attempt(() => readFileSync(file), `${file} cannot be read`);
    return { kind: 'file', text: bytes.toString('utf8'), sha256: sha256Of(bytes) };
  }

  /**
   * Writes files and then what is remembered of them. What is about to be written is remembered first: after a crash
   * in between, no file of ours looks like somebody's edit. Throws {@link PullError}; files written until then stay.
   * @param texts by file name
   */
  write(texts: ReadonlyMap<string, string>, manifest: Manifest, nowMs: number): void {
    if (texts.size === 0 && formatManifest(manifest) === formatManifest(this.manifest)) return;
    attempt(() => mkdirSync(this.path, { recursive: true }), `${this.path} cannot be made`);
    this.#sweep(nowMs - ABANDONED_AFTER_MS);
    if (texts.size > 0) this.#writeFile(MANIFEST_NAME, formatManifest(this.#beforeWriting(texts, manifest)));
    for (const [name, text] of texts) this.#writeFile(name, text);
    this.#writeFile(MANIFEST_NAME, formatManifest(manifest));
  }

  /** What a pull left that was cut off; one under way may have its own beside ours. */
  #sweep(beforeMs: number): void {
    for (const name of this.names.filter((each) => TEMPORARY.test(each))) {
      const file = join(this.path, name);
      const found = statOf(file);
      if (found === undefined || found.mtimeMs > beforeMs) continue;
      attempt(() => rmSync(file, { force: true }), `${file} cannot be removed`);
    }
  }

  /** What stands there now is ours as well, or given up: a pull may be cut off again and again. */
  #beforeWriting(texts: ReadonlyMap<string, string>, next: Manifest): Manifest {
    const marked = new Map(this.manifest);
    for (const [name, text] of texts) {
      const { source = '', id = '' } = next.get(name) ?? {};
      const standing = this.at(name);
      const before = standing.kind === 'file' ? { sha256: standing.sha256 } : {};
      marked.set(name, { source, id, ...before, writing: sha256Of(text) });
    }
    return marked;
  }

  #readManifest(): Manifest {
    const standing = this.at(MANIFEST_NAME);
    if (standing.kind === 'absent') return new Map();
    const manifest = standing.kind === 'file' ? parseManifest(standing.text) : undefined;
    if (manifest !== undefined) return manifest;
    throw new PullError(
      `${join(this.path, MANIFEST_NAME)} is not what a pull wrote; restore it, or delete it: files that differ from the server's then count as yours`,
    );
  }

  /** Whole or not at all: a reader never sees half a file. */
  #writeFile(name: string, text: string): void {
    const target = join(this.path, name);
    const temporary = join(this.path, `.tocsin-pull-${process.pid}.tmp`);
    attempt(() => {
      rmSync(temporary, { force: true });
      // Never through a link that somebody put there.
      const file = openSync(temporary, 'wx', 0o644);
      try {
        writeFileSync(file, text);
        fchmodSync(file, 0o644);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, target);
    }, `${target} cannot be written`);
  }
}

export function sha256Of(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function namesIn(path: string): readonly string[] {
  const found = statOf(path);
  if (found === undefined) return [];
  if (!found.isDirectory())
    throw new PullError(`${path} is a link or a file; name the folder itself with --into`);
  return attempt(() => readdirSync(path), `${path} cannot be read`);
}

function statOf(path: string) {
  return attempt(() => lstatSync(path, { throwIfNoEntry: false }), `${path} cannot be read`);
}

function attempt<T>(act: () => T, failure: string): T {
  try {
    return act();
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new PullError(`${failure} (${reason}); see that the folder is there and may be written`);
  }
}
