import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventId } from '../../core/event.ts';
import { openSqliteStore, type SqliteStore } from './index.ts';

let folder: string;
let file: string;
let open: SqliteStore[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-files-'));
  file = join(folder, 'tocsin.db');
  open = [];
});
afterEach(async () => {
  for (const each of open) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Kept, so that it is closed at the end. */
function start(path = file, exclusive = true): SqliteStore {
  const store = openSqliteStore({ file: path, exclusive });
  open.push(store);
  return store;
}

async function stop(store: SqliteStore): Promise<void> {
  open = open.filter((each) => each !== store);
  await store.close();
}

const idOf = (feedId: string): string => eventId('akto', 'malicious_events', feedId);

function add(store: SqliteStore, ...feedIds: string[]): Promise<void> {
  const feed = 'malicious_events' as const;
  const events = feedIds.map((feedId) => ({
    event: { id: idOf(feedId), source: 'akto', feed, feedId, timeMs: 1, raw: {} },
    rules: [],
  }));
  return store.transaction((tx) => tx.insertEvents(events, 0));
}

async function missing(store: SqliteStore, ...feedIds: string[]): Promise<readonly string[]> {
  return [...(await store.unseen(feedIds.map(idOf)))];
}

/** A database as a backup has it: one file, with an event `backup`. */
async function backup(): Promise<string> {
  const path = join(folder, 'backup.db');
  const store = start(path);
  await add(store, 'backup');
  await stop(store);
  return path;
}

const moveAway = (path = file): void => renameSync(path, `${path}.away`);
const putBack = (path = file): void => renameSync(`${path}.away`, path);

describe('a file that is not at its place any more', () => {
  it.each<[string, () => void | Promise<void>, RegExp]>([
    ['deleted', () => rmSync(file), /tocsin\.db was deleted or moved while .* put it back/],
    ['moved', () => moveAway(), /tocsin\.db was deleted or moved while .* put it back/],
    [
      'replaced',
      async () => renameSync(await backup(), file),
      /tocsin\.db was replaced by another .* restart/,
    ],
    ['gone with its folder', () => rmSync(folder, { recursive: true }), /tocsin\.db was deleted or moved/],
    ['left without its log', () => rmSync(`${file}-wal`), /tocsin\.db-wal was deleted .* start it again/],
    ["left without its log's index", () => rmSync(`${file}-shm`), /tocsin\.db-shm was deleted .* start it/],
  ])('%s: nothing is committed, and then nothing read or claimed either', async (_, spoil, sentence) => {
    const store = start();
    await add(store, 'a');
    await spoil();
    const refusal = { name: 'StoreError', kind: 'broken', message: expect.stringMatching(sentence) };
    await expect(add(store, 'b')).rejects.toMatchObject(refusal);
    await expect(missing(store, 'a')).rejects.toMatchObject(refusal);
    await expect(store.readCursor('akto', 'malicious_events')).rejects.toMatchObject(refusal);
    await expect(store.claim('siem', 0, 1, 1)).rejects.toMatchObject(refusal);
    await expect(store.records.openAlerts(1)).rejects.toMatchObject(refusal);
  });

  it('ends that by being back, with all that it had', async () => {
    const store = start();
    await add(store, 'a');
    for (const round of ['b', 'c']) {
      moveAway();
      await expect(add(store, round)).rejects.toThrow(/deleted or moved/);
      putBack();
      await add(store, round);
    }
    expect(await missing(store, 'a', 'b', 'c', 'd')).toEqual([idOf('d')]);
  });

  it('is noticed by a command that writes beside the daemon, too', async () => {
    start();
    const command = start(file, false);
    moveAway();
    await expect(add(command, 'a')).rejects.toThrow(/deleted or moved/);
  });
});

it('brings all that is committed into the file, wherever that is: its log need not be got back with it', async () => {
  const store = start();
  await add(store, 'a', 'b');
  moveAway();
  await expect(add(store, 'c')).rejects.toThrow(/deleted or moved/);
  const elsewhere = join(folder, 'elsewhere.db');
  copyFileSync(`${file}.away`, elsewhere);
  expect(await missing(start(elsewhere), 'a', 'b', 'c')).toEqual([idOf('c')]);
});

it.runIf(existsSync('/proc/self/fd'))('a deleted file can be got back as long as it is open', async () => {
  const store = start();
  await add(store, 'a', 'b');
  for (const ending of ['', '-wal', '-shm', '.lock']) rmSync(`${file}${ending}`);
  await expect(add(store, 'c')).rejects.toThrow(/deleted or moved/);
  const descriptor = readdirSync('/proc/self/fd').find((each) => leadsTo(each, `${file} (deleted)`));
  copyFileSync(`/proc/self/fd/${descriptor}`, file);
  await stop(store);
  expect(await missing(start(), 'a', 'b', 'c')).toEqual([idOf('c')]);
});

/** The descriptors of others come and go. */
function leadsTo(descriptor: string, path: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`) === path;
  } catch {
    return false;
  }
}

it('neither its log nor its end touches the database that was put in its place', async () => {
  const store = start();
  await add(store, 'a');
  renameSync(await backup(), file);
  await expect(add(store, 'b')).rejects.toThrow(/replaced by another file/);
  const command = start(file, false);
  await add(command, 'later');
  await stop(store);
  await add(command, 'latest');
  await stop(command);
  const restarted = start();
  expect(await missing(restarted, 'backup', 'later', 'latest', 'a', 'b')).toEqual([idOf('a'), idOf('b')]);
});

it.each(['-wal', '-shm'])('loses nothing by an end after %s was deleted', async (ending) => {
  const store = start();
  await add(store, 'a', 'b');
  rmSync(`${file}${ending}`);
  await expect(add(store, 'c')).rejects.toThrow(/start it again/);
  await stop(store);
  expect(await missing(start(), 'a', 'b', 'c')).toEqual([idOf('c')]);
});

it('minds nobody who looks or writes beside it, and no log that is emptied', async () => {
  const store = start();
  for (const round of ['a', 'b', 'c']) {
    const command = start(file, false);
    await add(command, `command ${round}`);
    await stop(command);
    await add(store, round);
  }
  await stop(store);
  await add(start(), 'd');
});

describe('a lock that is deleted', () => {
  const lock = (): string => `${file}.lock`;

  it('is taken anew before another daemon comes', async () => {
    const store = start();
    rmSync(lock());
    await add(store, 'a');
    expect(() => start()).toThrow(/in use by another Tocsin/);
    await stop(store);
    await add(start(), 'b');
  });

  it('leaves the file to another daemon that came first, until that one has ended', async () => {
    const first = start();
    rmSync(lock());
    const second = start();
    await expect(add(first, 'a')).rejects.toMatchObject({ kind: 'locked' });
    await expect(missing(first, 'a')).rejects.toMatchObject({ kind: 'locked' });
    await add(second, 'b');
    await stop(second);
    await add(first, 'c');
    expect(await missing(first, 'a', 'b', 'c')).toEqual([idOf('a')]);
  });
});
