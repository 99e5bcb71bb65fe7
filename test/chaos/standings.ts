import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isJsonObject, type Json } from '../../src/core/json.ts';
import { type Chapter, causesOf, type Standing, tellLives, UNCLEAR } from './causes.ts';
import { type Ledger, notificationOf } from './ledger.ts';

/** One life as it stood in the database when it was over. */
export interface LifeEnd {
  readonly how: string;
  standing(destination: string, id: string): Standing | undefined;
}

/** One re-send of what had been taken. */
export interface Repeat {
  readonly destination: string;
  readonly id: string;
  /** Undefined where the daemon wrote nothing down that made it needful. */
  readonly because: string | undefined;
  /** What was known of it, life by life. */
  readonly lives: string;
}

export function repeatsOf({ destination, takes }: Ledger, ends: readonly LifeEnd[]): readonly Repeat[] {
  return [...takes]
    .filter(([, all]) => all.length > 1)
    .flatMap(([id, all]) => {
      const delivery = notificationOf(id);
      const lives = ends.map(
        (end): Chapter => ({ how: end.how, standing: end.standing(destination, delivery) }),
      );
      const told = tellLives(all, lives);
      return causesOf(all, lives).map((because) => ({ destination, id, because, lives: told }));
    });
}

/** Reads a copy: who opens a dead process's database mends it, and that is for the next life to do. */
export function readLifeEnd(database: string, how: string): LifeEnd {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-chaos-copy-'));
  try {
    const copy = join(folder, 'copy.db');
    for (const part of ['', '-wal'])
      if (existsSync(database + part)) copyFileSync(database + part, copy + part);
    const standings = readStandings(copy);
    return {
      how,
      // Slack is given no ids: of its digests nobody can say which is which.
      standing: (destination, id) =>
        standings.get(`${destination} ${id.startsWith('digest:') ? 'digest' : id}`),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readStandings(database: string): ReadonlyMap<string, Standing> {
  const db = new DatabaseSync(database);
  try {
    const isMade = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'outbox'").get() !== undefined;
    // A life may have ended among the migrations: not every column need be there.
    const rows = isMade ? db.prepare('SELECT * FROM outbox ORDER BY seq').all() : [];
    const standings = new Map<string, Standing>();
    for (const row of rows) {
      const { destination, delivery_id: id, kind, state, history } = row;
      const standing = {
        isSettled: state !== 'pending',
        attempts: typeof history === 'string' ? attemptsIn(JSON.parse(history)) : [],
      };
      standings.set(`${destination} ${id}`, standing);
      if (kind === 'digest')
        standings.set(`${destination} digest`, both(standings.get(`${destination} digest`), standing));
    }
    return standings;
  } finally {
    db.close();
  }
}

function both(one: Standing | undefined, other: Standing): Standing {
  if (one === undefined) return other;
  return {
    isSettled: one.isSettled && other.isSettled,
    attempts: [...one.attempts, ...other.attempts],
  };
}

function attemptsIn(history: Json): Standing['attempts'] {
  const entries = Array.isArray(history) ? history.filter(isJsonObject) : [];
  return entries
    .filter(({ outcome }) => outcome === 'retry' || outcome === 'held' || outcome === 'unclear')
    .map(({ outcome, reason, times }) => ({
      reason: outcome === 'unclear' ? UNCLEAR : String(reason ?? ''),
      times: Number(times),
    }));
}
