import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registry } from '../../src/app/registry.ts';
import { loadConfig } from '../../src/config/index.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Delivery, Destination, Outcome } from '../../src/core/delivery.ts';
import { type FileConfig, fileConfig } from '../../src/destinations/file/config.ts';
import { type Files, type Handle, systemFiles } from '../../src/destinations/file/files.ts';
import { createFile, fileDestination } from '../../src/destinations/file/index.ts';
import { createLogFile } from '../../src/destinations/file/log-file.ts';
import type { Output } from '../../src/destinations/file/output.ts';
import { createStdout } from '../../src/destinations/file/stdout.ts';
import { runs } from '../seed.ts';
import { alertDelivery, eventDelivery, HOSTILE, NOW_MS, RAW_EVENT } from './deliveries.ts';
import { digestDelivery } from './digests.ts';

const running = new AbortController().signal;
const isDone = { kind: 'done' };
const open: { close(): unknown }[] = [];
let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-file-'));
  path = join(folder, 'events.jsonl');
});

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
  await rm(folder, { recursive: true, force: true });
});

const config = (more: Record<string, unknown> = {}): FileConfig =>
  fileConfig.parse({ name: 'archive', type: 'file', path, ...more });

function file(more: Record<string, unknown> = {}, clock: Clock = systemClock): Destination {
  const destination = fileDestination.create(config(more), { clock, random: () => 0.5 });
  open.push(destination);
  return destination;
}

function over(output: Output, more: Record<string, unknown> = {}): Destination {
  const destination = createFile(config(more), output, systemClock);
  open.push(destination);
  return destination;
}

/** Node has no call for it. */
const makePipe = (name: string): Buffer => execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', name]);

const deliver = (
  destination: Destination,
  batch: readonly Delivery[] = [alertDelivery()],
): Promise<Outcome> => destination.deliver(batch, running);

const events = (count: number, from = 0): Delivery[] =>
  Array.from({ length: count }, (_, i) => eventDelivery(`e${from + i}`));
const says = (kind: string, reason: string) => ({ kind, reason: expect.stringContaining(reason) });

/** The numbers of the events in a text of whole lines. */
const numbersIn = (text: string): number[] => {
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => Number(String(JSON.parse(line).tocsin_id).replace(/.*e/, '')));
};
const numbers = async (name = path): Promise<number[]> => numbersIn(await readFile(name, 'utf8'));
const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);
const rotated = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name !== 'events.jsonl').sort();

/** Every line there is, the oldest file first. */
async function everything(): Promise<number[]> {
  const texts = await Promise.all((await rotated()).map((name) => readFile(join(folder, name), 'utf8')));
  const last = await readFile(path, 'utf8').catch(() => '');
  return [...texts, last].flatMap(numbersIn);
}

describe('a file', () => {
  it("gets a line for each delivery, and is its owner's alone", async () => {
    expect(await deliver(file(), [...events(2), alertDelivery(), digestDelivery()])).toEqual(isDone);
    const lines = (await readFile(path, 'utf8')).split('\n');
    expect(lines).toHaveLength(5);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      time: '2026-11-21T20:44:05.250Z',
      tocsin_id: 'akto-prod/malicious_events/e0',
      event: RAW_EVENT,
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each(['raw', 'cim', 'ocsf', 'ecs', 'cef'])(
    'as %s has one line for whatever an attacker wrote',
    async (schema) => {
      const batch = HOSTILE.map(([, text]) => eventDelivery(text, { ...RAW_EVENT, url: text, host: text }));
      expect(await deliver(file({ schema }), batch)).toEqual(isDone);
      const text = await readFile(path, 'utf8');
      expect(text.split(/[\n\r\u0085\u2028\u2029]/)).toHaveLength(HOSTILE.length + 1);
      for (const line of text.split('\n').slice(0, -1))
        if (schema === 'cef') expect(line).toMatch(/^CEF:0\|/);
        else expect(() => JSON.parse(line)).not.toThrow();
    },
  );

  it('is appended to, its mode left alone', async () => {
    await deliver(file(), events(1));
    await chmod(path, 0o640);
    await deliver(file(), events(1, 1));
    expect([await numbers(), (await stat(path)).mode & 0o777]).toEqual([[0, 1], 0o640]);
  });

  it('loses the half line that a crash left, whose delivery comes again', async () => {
    await deliver(file(), events(2));
    await appendFile(path, '{"time":"2026-11-21T20:44:05.250Z","tocsin_id":"akto-prod/malici');
    await deliver(file(), events(1, 2));
    expect(await numbers()).toEqual([0, 1, 2]);
  });

  it('finds the beginning of a half line however long it is', async () => {
    await deliver(file(), events(1));
    await appendFile(path, `{"a":"${'x'.repeat(200_000)}`);
    await deliver(file(), events(1, 1));
    expect(await numbers()).toEqual([0, 1]);
  });

  it("that ends in half a line of somebody else's is left as it is", async () => {
    await writeFile(path, 'listen: 1234');
    expect(await deliver(file())).toMatchObject(says('hold', 'half a line that Tocsin did not write'));
    expect(await readFile(path, 'utf8')).toBe('listen: 1234');
  });

  it('takes deliveries at the same time, one after the other', async () => {
    const destination = file();
    await Promise.all([0, 50, 100].map((from) => deliver(destination, events(50, from))));
    expect(await numbers()).toEqual(range(150));
  });

  it('is not written to once it is told to stop', async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await file().deliver(events(1), stop.signal)).toMatchObject(says('retry', 'stopped'));
    await expect(stat(path)).rejects.toThrow();
  });
});

describe('rotation', () => {
  it('by size splits no line, loses none, and keeps their order', async () => {
    const destination = file({ max_size: '64KiB', keep: 100 });
    for (let i = 0; i < 10; i += 1) expect(await deliver(destination, events(100, i * 100))).toEqual(isDone);
    expect(await everything()).toEqual(range(1_000));
    const names = await rotated();
    expect(names.length).toBeGreaterThan(4);
    expect(names.every((name) => /^events\.jsonl\.\d{8}T\d{6}\.\d{3}Z$/.test(name))).toBe(true);
    for (const name of names) expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(65_536);
  });

  it('deletes the oldest only, and nothing that is not its own', async () => {
    await writeFile(join(folder, 'events.jsonl.bak'), '');
    const destination = file({ max_size: '64KiB', keep: 2 });
    for (let i = 0; i < 10; i += 1) await deliver(destination, events(100, i * 100));
    const names = await rotated();
    expect([names.length, names.includes('events.jsonl.bak')]).toEqual([3, true]);
    const left = await everything();
    expect(left).toEqual(range(left.length, 1_000 - left.length));
  });

  it('takes a line that is larger than a file may be', async () => {
    const destination = file({ max_size: '64KiB' });
    const large = eventDelivery('e1', { ...RAW_EVENT, payload: 'x'.repeat(100_000) });
    expect(await deliver(destination, [...events(1), large, ...events(1, 2)])).toEqual(isDone);
    expect(await everything()).toEqual([0, 1, 2]);
    expect(await rotated()).toHaveLength(2);
  });

  it.each([
    ['daily', 86_400_000],
    ['hourly', 3_600_000],
  ])('%s puts away what was last written in another one, after a restart too', async (rotate, periodMs) => {
    let nowMs = NOW_MS;
    const clock: Clock = { ...systemClock, now: () => nowMs };
    await deliver(file({ rotate }, clock), events(1));
    await utimes(path, NOW_MS / 1_000, NOW_MS / 1_000);
    const restarted = file({ rotate }, clock);
    await deliver(restarted, events(1, 1));
    expect(await rotated()).toEqual([]);
    nowMs += periodMs;
    await deliver(restarted, events(1, 2));
    nowMs -= 2 * periodMs;
    await deliver(restarted, events(1, 3));
    expect([await rotated(), await numbers()]).toMatchObject([{ length: 1 }, [2, 3]]);
    expect(await everything()).toEqual(range(4));
  });

  it('gives later names to later files where the clock goes back', async () => {
    let nowMs = NOW_MS;
    const clock: Clock = { ...systemClock, now: () => nowMs };
    const destination = file({ max_size: '64KiB', keep: 1_000 }, clock);
    for (let i = 0; i < 12; i += 1) {
      await deliver(destination, events(100, i * 100));
      nowMs -= 3_600_000;
    }
    expect((await rotated()).length).toBeGreaterThan(4);
    expect(await everything()).toEqual(range(1_200));
  });

  it.each([
    ['moved away', () => rename(path, join(folder, 'events.jsonl.1'))],
    ['deleted', () => rm(path)],
    ['cut to nothing in its place', () => truncate(path, 0)],
  ])('by others: a file that was %s', async (how, rotate) => {
    const destination = file();
    await deliver(destination, events(2));
    await rotate();
    expect(await deliver(destination, events(2, 2))).toEqual(isDone);
    expect(await numbers()).toEqual([2, 3]);
    if (how === 'moved away') expect(await numbers(join(folder, 'events.jsonl.1'))).toEqual([0, 1]);
  });
});

describe('what cannot be written to', () => {
  it.each<[string, string, () => Promise<unknown>]>([
    ['a symbolic link', 'it is a symbolic link', () => symlink('/etc/hostname', path)],
    ['a link to nothing', 'it is a symbolic link', () => symlink('/nowhere/x', path)],
    ['a folder', 'it is a folder', () => mkdir(path)],
    ['a pipe', 'it is not a plain file', async () => makePipe(path)],
    ['in no folder', 'its folder does not exist', () => rm(folder, { recursive: true })],
  ])('%s holds, and says why', async (_, sentence, prepare) => {
    await prepare();
    expect(await deliver(file())).toMatchObject(says('hold', `cannot write ${path}: ${sentence}`));
  });

  it('is taken up again once it can be', async () => {
    await rm(folder, { recursive: true });
    const destination = file();
    expect((await deliver(destination)).kind).toBe('hold');
    await mkdir(folder);
    expect(await deliver(destination)).toEqual(isDone);
  });

  it.each([
    ['ENOSPC', 'retry', 'the disk is full'],
    ['EDQUOT', 'retry', 'quota'],
    ['EFBIG', 'retry', 'ulimit'],
    ['EIO', 'retry', 'the disk failed'],
    ['EROFS', 'hold', 'read-only'],
    ['EACCES', 'hold', 'permission denied'],
    ['EWHATEVER', 'retry', 'it failed (EWHATEVER)'],
  ])('%s in the middle of a write is a %s, and leaves no half line', async (code, kind, sentence) => {
    const faulty = withFaults({ writes: [700, code] });
    const destination = over(logFile(faulty.files));
    expect(await deliver(destination, events(2))).toMatchObject(says(kind, sentence));
    expect(await readFile(path, 'utf8')).toBe('');
    faulty.heal();
    expect(await deliver(destination, events(2))).toEqual(isDone);
    expect(await numbers()).toEqual([0, 1]);
  });

  it('takes a write that came only half as far for what it is', async () => {
    const destination = over(logFile(withFaults({ writes: [1, 5, 700, 13] }).files));
    expect(await deliver(destination, events(9))).toEqual(isDone);
    expect(await numbers()).toEqual(range(9));
  });

  it('counts as written what went to the file before, where the disk fills after a rotation', async () => {
    const faulty = withFaults({ writes: ['all', 'ENOSPC'] });
    const destination = over(logFile(faulty.files, 65_536), { max_size: '64KiB' });
    const outcome = await deliver(destination, events(200));
    const done = outcome.kind === 'partial' ? outcome.items.filter(({ kind }) => kind === 'done').length : 0;
    expect(done).toBeGreaterThan(50);
    expect(await everything()).toEqual(range(done));
    faulty.heal();
    expect(await deliver(destination, events(200 - done, done))).toEqual(isDone);
    expect(await everything()).toEqual(range(200));
  });

  it('takes nothing for delivered that did not reach the disk', async () => {
    const faulty = withFaults({ syncs: ['EIO'] });
    const destination = over(logFile(faulty.files));
    expect(await deliver(destination, events(2))).toMatchObject(says('retry', 'the disk failed'));
    faulty.heal();
    expect(await deliver(destination, events(2))).toEqual(isDone);
    expect(await numbers()).toEqual([0, 1]);
  });

  it('bounds the time that a disk may take, and lets nothing overtake it', async () => {
    let letGo = (): void => {};
    const stuck = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const inner = logFile(systemFiles);
    const destination = over(
      { ...inner, append: (lines, signal) => stuck.then(() => inner.append(lines, signal)) },
      { timeout: '2s' },
    );
    expect(await deliver(destination, events(1))).toMatchObject(
      says('retry', 'did not take the lines in time'),
    );
    letGo();
    expect(await deliver(destination, events(2))).toEqual(isDone);
    expect(await numbers()).toEqual([0, 1]);
  });
});

describe('a crash', () => {
  it('at any step, between any two bytes, leaves whole lines, and every one that counted as delivered', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 4, maxLength: 8 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 4_000 }),
      async (sizes, steps, bytes) => {
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder);
        let done = 0;
        let output = logFile(dyingAfter(steps, bytes), 20_000);
        for (const size of [...sizes, ...sizes, 1]) {
          const lines = range(size, done).map((i) =>
            Buffer.from(`{"tocsin_id":"e${i}","x":"${'y'.repeat(400)}"}\n`),
          );
          const appended = await output.append(lines, running);
          done += appended.lines;
          if (appended.code === undefined) continue;
          // The next process.
          output = logFile(systemFiles, 20_000);
          done += (await output.append(lines.slice(appended.lines), running)).lines;
        }
        const found = await everything();
        expect([...new Set(found)].sort((a, b) => a - b)).toEqual(range(done));
        await output.close();
      },
    );
    await fc.assert(property, { numRuns: runs(60) });
  });
});

describe('stdout', () => {
  /** Both ends of a real pipe. */
  async function pipe() {
    const fifo = join(folder, 'pipe');
    makePipe(fifo);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    open.push({ close: () => closeSync(writer) });
    const read = (most = 1_048_576): string => {
      const into = Buffer.alloc(most);
      try {
        return into.toString('utf8', 0, readSync(reader, into));
      } catch {
        return '';
      }
    };
    return { writer, read, hangUp: () => closeSync(reader) };
  }

  it('gets whole lines as its reader takes them, and waits for a slow one', async () => {
    const { writer, read, hangUp } = await pipe();
    const destination = over(createStdout(systemClock, writer), { path: '-' });
    const sent = deliver(destination, events(500));
    let text = '';
    let isOver = false;
    void sent.then(() => {
      isOver = true;
    });
    while (!isOver) {
      text += read(20_000);
      await systemClock.sleep(2);
    }
    text += read();
    expect(await sent).toEqual(isDone);
    expect(numbersIn(text)).toEqual(range(500));
    hangUp();
  });

  it('keeps what a reader that stopped did not take, ends the line first, and sends no line for delivered twice', async () => {
    const { writer, read, hangUp } = await pipe();
    const destination = over(createStdout(systemClock, writer), { path: '-', timeout: '1s' });
    const outcome = await deliver(destination, events(500));
    const done = outcome.kind === 'partial' ? outcome.items.filter(({ kind }) => kind === 'done').length : 0;
    expect([done > 10, done < 500]).toEqual([true, true]);
    let text = read();
    // As after a reload: another destination, the same stdout.
    const again = deliver(over(createStdout(systemClock, writer), { path: '-' }), events(20, done));
    for (const _ of range(20)) {
      await systemClock.sleep(5);
      text += read();
    }
    expect(await again).toEqual(isDone);
    expect(numbersIn(text)).toEqual([...range(done + 1), ...range(20, done)]);
    hangUp();
  });

  it('holds where nobody reads it any more', async () => {
    const { writer, hangUp } = await pipe();
    hangUp();
    const destination = over(createStdout(systemClock, writer), { path: '-' });
    expect(await deliver(destination)).toMatchObject(
      says('hold', 'cannot write stdout: nobody reads it any more'),
    );
  });

  it('on a full disk is tried again', async () => {
    const full = openSync('/dev/full', 'w');
    open.push({ close: () => closeSync(full) });
    const destination = over(createStdout(systemClock, full), { path: '-' });
    expect(await deliver(destination)).toMatchObject(says('retry', 'the disk is full'));
  });
});

describe('its configuration', () => {
  const load = (...paths: readonly string[]) => {
    const destinations = paths.map(
      (each, i) => `  - { name: d${i}, type: file, path: "${each}", send: [events] }\n`,
    );
    const text = `sources:\n  - { name: a, type: akto, url: https://x, api_key: k }\ndestinations:\n${destinations.join('')}`;
    return loadConfig({
      file: 'c.yaml',
      text,
      env: { P: 'x.log' },
      cwd: '/etc/tocsin',
      registry,
      readFile: () => '',
    });
  };

  it('has paths relative to its folder', () => {
    const { config: loaded, problems } = load('out/x.log', '/var/y.log', '-');
    expect(problems).toEqual([]);
    const paths = loaded?.destinations.map(({ settings }) => ('path' in settings ? settings.path : ''));
    expect(paths).toEqual(['/etc/tocsin/out/x.log', '/var/y.log', '-']);
  });

  it.each([
    ['-', '-'],
    ['x.log', './y/../x.log'],
    ['/etc/tocsin/x.log', '${P}'],
  ])('refuses two destinations that write to the same place: %s and %s', (...paths) => {
    expect(load(...paths).problems).toMatchObject([{ code: 'shared-output', line: 5 }]);
  });

  it.each(['', 'a/', 'a\0b'])('refuses the path %j', (bad) => {
    expect(fileConfig.safeParse({ name: 'a', type: 'file', path: bad }).success).toBe(false);
  });
});

function logFile(files: Files, maxBytes = 1e9): Output {
  return createLogFile({ path, maxBytes, every: 'never', keep: 1_000, clock: systemClock, files });
}

interface Faults {
  /** What each write does: takes so many bytes at most, all of them, or fails so. The last one stays. */
  readonly writes?: readonly (number | string)[];
  readonly syncs?: readonly string[];
}

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** The real file system, with faults. */
function withFaults({ writes = ['all'], syncs = [] }: Faults) {
  let isHealed = false;
  let count = 0;
  const wrap = (handle: Handle): Handle => ({
    stat: () => handle.stat(),
    read: (...args) => handle.read(...args),
    truncate: (bytes) => handle.truncate(bytes),
    close: () => handle.close(),
    datasync: async () => {
      const [code] = isHealed ? [] : syncs;
      if (code !== undefined) throw failure(code);
      await handle.datasync();
    },
    write: async (bytes, offset, length) => {
      const fault = isHealed ? 'all' : (writes[Math.min(count, writes.length - 1)] ?? 'all');
      count += 1;
      if (typeof fault === 'string' && fault !== 'all') throw failure(fault);
      return handle.write(bytes, offset, fault === 'all' ? length : Math.min(length, Number(fault)));
    },
  });
  const files: Files = { ...systemFiles, open: async (name) => wrap(await systemFiles.open(name)) };
  return {
    files,
    heal: () => {
      isHealed = true;
    },
  };
}

/** The process dies at its `steps`th operation; where that is a write, after so many bytes of it. Nothing works after. */
function dyingAfter(steps: number, bytes: number): Files {
  let left = steps;
  const step = async <T>(
    work: () => Promise<T>,
    last: () => Promise<unknown> = async () => {},
  ): Promise<T> => {
    left -= 1;
    if (left === 0) await last();
    if (left <= 0) throw failure('EIO');
    return work();
  };
  const wrap = (handle: Handle): Handle => ({
    stat: () => step(() => handle.stat()),
    read: (...args) => step(() => handle.read(...args)),
    truncate: (size) => step(() => handle.truncate(size)),
    datasync: () => step(() => handle.datasync()),
    close: () => handle.close(),
    write: (data, offset, length) =>
      step(
        () => handle.write(data, offset, length),
        () => handle.write(data, offset, Math.min(bytes, length)),
      ),
  });
  return {
    open: (name) => step(async () => wrap(await systemFiles.open(name))),
    lstat: (name) => step(() => systemFiles.lstat(name)),
    rename: (from, to) =>
      step(
        () => systemFiles.rename(from, to),
        () => systemFiles.rename(from, to),
      ),
    unlink: (name) => step(() => systemFiles.unlink(name)),
    readdir: (name) => step(() => systemFiles.readdir(name)),
    syncFolder: (name) => step(() => systemFiles.syncFolder(name)),
  };
}
