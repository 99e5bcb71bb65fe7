import { StoreError } from '../../core/store.ts';
import type { Database } from './database.ts';
import { identityOf } from './identity.ts';
import type { FileLock } from './lock.ts';

/** SQLite deletes them when the last connection closes, and makes no others before that. */
const COMPANIONS = ['-wal', '-shm'] as const;

/**
 * The files of an open database, at whose places other ones may stand, or none: the operating system lets a file that is
 * open be deleted, moved and replaced, and SQLite writes on into what nobody will find again.
 */
export class OpenFiles {
  readonly #file: string;
  readonly #db: Database;
  readonly #lock: FileLock | undefined;
  /** As they were found at opening, by their paths. */
  readonly #known: ReadonlyMap<string, string | undefined>;
  #isAmiss = false;

  /** @param db has been read, so that its companions exist */
  constructor(file: string, db: Database, lock: FileLock | undefined) {
    this.#file = file;
    this.#db = db;
    this.#lock = lock;
    this.#known = new Map([file, ...companionsOf(file)].map((path) => [path, identityOf(path)]));
  }

  /** Outside a transaction. Throws {@link StoreError} where one is not at its place, until it is back. */
  verify(): void {
    const wasAmiss = this.#isAmiss;
    this.#isAmiss = true;
    const [strayed] = this.#strayed();
    if (strayed !== undefined) {
      if (!wasAmiss) this.#bringTogether();
      throw new StoreError('broken', this.#tell(strayed));
    }
    this.#lock?.keep();
    this.#isAmiss = false;
  }

  /** The same for what costs less than to look: only while something is known to be wrong. */
  verifyIfAmiss(): void {
    if (this.#isAmiss) this.verify();
  }

  release(): void {
    this.#lock?.release();
  }

  #strayed(): readonly string[] {
    return [...this.#known].filter(([path, identity]) => identityOf(path) !== identity).map(([path]) => path);
  }

  /**
   * Brings what is in the log into the database, wherever both are now: one file is more easily got back than two, and a log
   * that is left behind would be read into whichever database is put in its place. Where somebody else has made a log of his
   * own, what is his cannot be told from what is ours.
   */
  #bringTogether(): void {
    const theirs = this.#strayed().filter((path) => path !== this.#file && identityOf(path) !== undefined);
    if (theirs.length > 0) return;
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // Then two have to be got back.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  #tell(path: string): string {
    const isGone = identityOf(path) === undefined;
    const what = `${path} was ${isGone ? 'deleted or moved' : 'replaced by another file'} while it was in use, so nothing more is read or sent`;
    if (path !== this.#file)
      return `${what}; stop Tocsin without force, as it still has what stood there, and start it again`;
    const anew = isGone ? 'to begin with an empty one' : 'to use the other one';
    return `${what}; put it back, which ends this, or restart Tocsin ${anew}: what waited to be sent is lost by that, unless you get it back as docs/operations.md tells`;
  }
}

function companionsOf(file: string): readonly string[] {
  return COMPANIONS.map((ending) => `${file}${ending}`);
}
